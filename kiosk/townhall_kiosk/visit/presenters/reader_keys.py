# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Screens for a PIN at the reader's own keys: what to do there, and what is waited for while somebody does it."""

from townhall_kiosk.pin_life.errand import PinErrand, PinWay
from townhall_kiosk.reader_keys import states as keys
from townhall_kiosk.visit.desk import Desk
from townhall_kiosk.visit.presenters import card, pin_life
from townhall_kiosk.visit.presenters.frames import frame
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_smartcard.messages import PinRole
from townhall_ui.screens import MessageScreen, Tone, WorkingScreen


def present(state: keys.Asking, desk: Desk, around: Surroundings) -> MessageScreen:
    """Return the screen from which the person begins."""
    match state:
        case keys.ReadyForPin(role=role):
            service = card.service_title(desk, around)
            introduction = around.text(f"{card.which(role)}.introduction", service=service)
            return _ready(state, role, introduction, around)
        case keys.ReadyForVotePin():
            return _ready(state, PinRole.SIGNATURE, around.text("voting.pin.introduction"), around)
        case keys.ReadyForNewPin():
            return _ready_for_new(state, around)


def _ready(
    state: keys.ReadyForPin | keys.ReadyForVotePin, role: PinRole, introduction: str, around: Surroundings
) -> MessageScreen:
    text = around.text
    heading = frame(
        around,
        text("at-reader.heading", pin=pin_life.name_of(role, around)),
        proceed=text("at-reader.button"),
        back=role is PinRole.SIGNATURE,
        stop=True,
    )
    notices = card.pin_notices(state.notice, state.tries_left, around)
    words = (*_joined(notices), introduction, text("at-reader.what", seconds=around.entry_s))
    return MessageScreen(heading, words, tone=Tone.WARNING if notices else Tone.PLAIN)


def _ready_for_new(state: keys.ReadyForNewPin, around: Surroundings) -> MessageScreen:
    text, errand = around.text, state.errand
    pin = pin_life.name_of(errand.role, around)
    heading = frame(
        around, text("at-reader.new.heading", pin=pin), proceed=text("at-reader.button"), back=True, stop=True
    )
    notices = pin_life.code_notices(state.notice, state.faults, errand, around)
    order = text(f"at-reader.new.{errand.way.value}", pin=pin)
    limits = text("at-reader.each", seconds=around.entry_s)
    words = (*_joined(notices), order, pin_life.advice(errand.role, around), limits)
    return MessageScreen(heading, words, tone=Tone.WARNING if notices else Tone.PLAIN)


def entering(role: PinRole, tries_left: int, around: Surroundings) -> WorkingScreen:
    """Somebody enters a PIN at the reader, or should: how long it waits, and how to cancel there."""
    text = around.text
    heading = frame(around, text("at-reader.now.heading", pin=pin_life.name_of(role, around)), ways=False)
    note = (text.counted("pin.tries-left", tries_left), text("at-reader.now.cancel"), text("working.leave-card"))
    seconds = text.counted("still-there.seconds", around.countdown_s)
    return WorkingScreen(heading, (text("at-reader.now.step"),), 0, " ".join(note), seconds)


def entering_new(errand: PinErrand, around: Surroundings) -> WorkingScreen:
    """Somebody enters two codes at the reader, one of them twice; the reader says which."""
    text, pin = around.text, pin_life.name_of(errand.role, around)
    heading = frame(around, text("at-reader.new.now"), ways=False)
    present = text("at-reader.new.puk-step") if errand.way is PinWay.UNBLOCK else text("at-reader.new.present-step")
    steps = (present, text("at-reader.new.new-step", pin=pin))
    return WorkingScreen(heading, steps, 0, f"{text('at-reader.now.cancel')} {text('working.leave-card')}")


def _joined(notices: list[str]) -> tuple[str, ...]:
    return (" ".join(notices),) if notices else ()
