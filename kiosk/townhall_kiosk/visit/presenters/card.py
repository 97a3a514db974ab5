# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Screens from "nobody is here" to the PIN pad."""

from dataclasses import replace

from townhall_kiosk import states as at
from townhall_kiosk.visit.desk import Desk
from townhall_kiosk.visit.presenters.frames import frame, line_status, page_words
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_smartcard.estonia import LONGEST_PIN, SHORTEST_PIN
from townhall_smartcard.messages import PinRole
from townhall_ui.screens import (
    AttractScreen,
    Choice,
    ChoiceScreen,
    MessageScreen,
    Picture,
    PinScreen,
    PinWords,
    Tone,
    WorkingScreen,
)

_LOW_TRIES = 2


def attract(around: Surroundings) -> AttractScreen:
    """Nobody is here; every language invites."""
    invitations = tuple(
        Choice(language, text("attract.touch"), hint=text("attract.what"), language=language)
        for language, text in around.texts.items()
    )
    heading = replace(frame(around, around.text("attract.heading")), status=line_status(around))
    return AttractScreen(heading, invitations, around.place)


def choose_language(around: Surroundings) -> ChoiceScreen:
    """A card is in; which language."""
    choices = tuple(
        Choice(language, text("language.endonym"), language=language) for language, text in around.texts.items()
    )
    return ChoiceScreen(frame(around, around.text("language.heading"), stop=True), choices, paging=page_words(around))


def waiting_for_card(around: Surroundings) -> MessageScreen:
    """Ask for the card."""
    text = around.text
    heading = frame(around, text("insert-card.heading"), stop=True)
    if not around.has_reader:
        return MessageScreen(heading, (text("insert-card.no-reader"),), Picture.HELP, Tone.PROBLEM)
    return MessageScreen(heading, (text("insert-card.how"), text("insert-card.privacy")), Picture.INSERT_CARD)


def several_cards(around: Surroundings) -> MessageScreen:
    """Two cards: none is picked silently."""
    text = around.text
    heading = frame(around, text("several-cards.heading"), stop=True)
    return MessageScreen(heading, (text("several-cards.how"),), Picture.TAKE_CARD, Tone.WARNING)


def _working(around: Surroundings, heading: str, *steps: str, current: int = 0) -> WorkingScreen:
    text = around.text
    return WorkingScreen(frame(around, text(heading)), tuple(map(text, steps)), current, text("working.leave-card"))


def reading_card(around: Surroundings) -> WorkingScreen:
    """The card is being read."""
    return _working(around, "reading.heading", "reading.step")


def using_pin(state: at.UsingPin, around: Surroundings) -> WorkingScreen:
    """The card checks a PIN and signs."""
    if state.role is PinRole.AUTHENTICATION:
        return _working(around, "checking.heading", "checking.step")
    return _working(around, "signing.heading", "signing.step", "signing.store")


def refused(state: at.CardRefused, around: Surroundings) -> MessageScreen:
    """Why this card cannot be used, and what helps."""
    text = around.text
    reason = state.problem.value
    heading = frame(around, text(f"card-{reason}.heading"), code=state.problem.code)
    return MessageScreen(heading, (text(f"card-{reason}.help"), text("take-card.now")), Picture.TAKE_CARD, Tone.PROBLEM)


def _which(role: PinRole) -> str:
    return "pin1" if role is PinRole.AUTHENTICATION else "pin2"


def last_try(state: at.ConfirmingLastTry, around: Surroundings) -> MessageScreen:
    """One try is left: the person decides with open eyes."""
    text, which = around.text, _which(state.role)
    heading = frame(
        around,
        text(f"{which}.last-try.heading"),
        proceed=text("last-try.button"),
        back=state.role is PinRole.SIGNATURE,
        stop=True,
    )
    return MessageScreen(heading, (text(f"{which}.last-try.what"), text("last-try.advice")), tone=Tone.WARNING)


def pin(state: at.EnteringPin, desk: Desk, around: Surroundings) -> PinScreen:
    """The PIN pad, with the tries left said before they run out."""
    text, which = around.text, _which(state.role)
    heading = frame(
        around,
        text(f"{which}.heading"),
        proceed=text(f"{which}.button"),
        back=state.role is PinRole.SIGNATURE,
        stop=True,
    )
    notices = []
    if state.notice is not at.PinNotice.NONE:
        notices.append(text(f"pin.{state.notice.value}"))
    if state.tries_left <= _LOW_TRIES or state.notice is at.PinNotice.WRONG:
        notices.append(text.counted("pin.tries-left", state.tries_left))
    introduction = text(f"{which}.introduction", service=_service_title(desk, around))
    return PinScreen(
        heading,
        PinWords(text("pin.clear"), text("pin.delete"), text("pin.entered", count="{count}")),
        introduction,
        SHORTEST_PIN[state.role],
        LONGEST_PIN,
        notice=" ".join(notices) or text("pin.privacy"),
        tone=Tone.WARNING if notices else Tone.PLAIN,
    )


def _service_title(desk: Desk, around: Surroundings) -> str:
    return desk.service.titles[around.language] if desk.service else ""
