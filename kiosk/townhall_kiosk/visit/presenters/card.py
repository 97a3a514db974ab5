# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Screens from "nobody is here" to the PIN pad."""

from dataclasses import replace

from babel.lists import format_list

from townhall_kiosk import states as at
from townhall_kiosk.visit.desk import Desk
from townhall_kiosk.visit.presenters.frames import frame, line_status, page_words
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_smartcard.estonia import LONGEST_PIN, SHORTEST_PIN
from townhall_smartcard.messages import ACCESS_NUMBER_DIGITS, PinRole
from townhall_ui.screens import (
    AccessNumberScreen,
    AttractScreen,
    Choice,
    ChoiceScreen,
    Frame,
    MessageScreen,
    Picture,
    PinScreen,
    PinWords,
    Tone,
    WorkingScreen,
)
from townhall_voting.package.definition import DeviceRole

_LOW_TRIES = 2
_MOST_OFFERED = 3


def attract(around: Surroundings) -> AttractScreen:
    """Nobody is here; every language invites."""
    invitations = tuple(_invitation(around, language) for language in around.texts)
    heading = replace(frame(around, around.text("attract.heading")), status=line_status(around))
    return AttractScreen(heading, invitations, around.place)


def _invitation(around: Surroundings, language: str) -> Choice:
    """What can be done here, in one language: the first services by name."""
    text = around.texts[language]
    if around.role is DeviceRole.BOOTH:
        return Choice(language, text("attract.touch"), hint=text("attract.booth"), language=language)
    titles = [service.titles[language] for service in around.services[:_MOST_OFFERED]]
    offer = text("attract.what", services=format_list(titles, locale=text.locale))
    return Choice(language, text("attract.touch"), hint=offer, language=language)


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
        return no_reader(heading, around)
    return MessageScreen(heading, (text("insert-card.how"), text("insert-card.privacy")), Picture.INSERT_CARD)


def no_reader(heading: Frame, around: Surroundings) -> MessageScreen:
    """A card is wanted where no reader is."""
    return MessageScreen(heading, (around.text("insert-card.no-reader"),), Picture.HELP, Tone.PROBLEM)


def several_cards(around: Surroundings) -> MessageScreen:
    """Two cards: none is picked silently."""
    text = around.text
    heading = frame(around, text("several-cards.heading"), stop=True)
    return MessageScreen(heading, (text("several-cards.how"),), Picture.TAKE_CARD, Tone.WARNING)


def _working(around: Surroundings, heading: str, *steps: str, current: int = 0) -> WorkingScreen:
    text = around.text
    return WorkingScreen(
        frame(around, text(heading), ways=False), tuple(map(text, steps)), current, text("working.leave-card")
    )


def reading_card(around: Surroundings) -> WorkingScreen:
    """The card is being read."""
    return _working(around, "reading.heading", "reading.step")


def using_pin(state: at.UsingPin, around: Surroundings) -> WorkingScreen:
    """The card checks a PIN that was typed, and signs."""
    if state.role is PinRole.AUTHENTICATION:
        return _working(around, "checking.heading", "checking.step")
    return _working(around, "signing.heading", "signing.step", "signing.store")


def access_number(state: at.EnteringAccessNumber, around: Surroundings) -> AccessNumberScreen:
    """The number pad, and where on the card the number is found."""
    text = around.text
    heading = frame(around, text("access-number.heading"), proceed=text("access-number.button"), stop=True)
    notice = text("access-number.wrong") if state.was_wrong else text("access-number.leave-card")
    return AccessNumberScreen(
        heading,
        PinWords(text("pin.clear"), text("pin.delete"), text("pin.entered", count="{count}")),
        text("access-number.where"),
        ACCESS_NUMBER_DIGITS,
        notice,
        Tone.WARNING if state.was_wrong else Tone.PLAIN,
    )


def refused(state: at.CardRefused, around: Surroundings) -> MessageScreen:
    """Why this card cannot be used, and what helps."""
    text = around.text
    reason = state.problem.value
    heading = frame(around, text(f"card-{reason}.heading"), code=state.problem.code)
    return MessageScreen(heading, (text(f"card-{reason}.help"), text("take-card.now")), Picture.TAKE_CARD, Tone.PROBLEM)


def which(role: PinRole) -> str:
    """Return what ids of texts about a PIN begin with."""
    return "pin1" if role is PinRole.AUTHENTICATION else "pin2"


def last_try(state: at.ConfirmingLastTry, around: Surroundings) -> MessageScreen:
    """One try is left: the person decides with open eyes."""
    text, pin = around.text, which(state.role)
    heading = frame(
        around,
        text(f"{pin}.last-try.heading"),
        proceed=text("last-try.button"),
        back=state.role is PinRole.SIGNATURE,
        stop=True,
    )
    return MessageScreen(heading, (text(f"{pin}.last-try.what"), text("last-try.advice")), tone=Tone.WARNING)


def pin(state: at.EnteringPin, desk: Desk, around: Surroundings) -> PinScreen:
    """The PIN pad, with the tries left said before they run out."""
    introduction = around.text(f"{which(state.role)}.introduction", service=service_title(desk, around))
    return pin_pad(state, introduction, around.text(f"{which(state.role)}.button"), around)


def pin_pad(state: at.EnteringPin, introduction: str, button: str, around: Surroundings) -> PinScreen:
    """The pad, for whatever ``introduction`` says that is signed by ``button``."""
    text, pin = around.text, which(state.role)
    heading = frame(
        around,
        text(f"{pin}.heading"),
        proceed=button,
        back=state.role is PinRole.SIGNATURE,
        stop=True,
    )
    notices = pin_notices(state.notice, state.tries_left, around)
    return PinScreen(
        heading,
        PinWords(text("pin.clear"), text("pin.delete"), text("pin.entered", count="{count}")),
        introduction,
        SHORTEST_PIN[state.role],
        LONGEST_PIN,
        notice=" ".join(notices) or text("pin.privacy"),
        tone=Tone.WARNING if notices else Tone.PLAIN,
    )


def pin_notices(notice: at.PinNotice, tries_left: int, around: Surroundings) -> list[str]:
    """Return what became of the PIN before, and the tries left before they run out."""
    text, found = around.text, []
    if notice is not at.PinNotice.NONE:
        found.append(text(f"pin.{notice.value}"))
    if tries_left <= _LOW_TRIES or notice is at.PinNotice.WRONG:
        found.append(text.counted("pin.tries-left", tries_left))
    return found


def service_title(desk: Desk, around: Surroundings) -> str:
    """Return the name of the chosen service in the person's language; empty before one is chosen."""
    return desk.service.titles[around.language] if desk.service else ""
