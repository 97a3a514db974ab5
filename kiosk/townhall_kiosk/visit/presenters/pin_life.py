# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Screens on which a card's holder gives a PIN a new value."""

from townhall_kiosk import states as at
from townhall_kiosk.pin_life import states as pins
from townhall_kiosk.pin_life.errand import PinErrand, PinWay
from townhall_kiosk.visit.desk import Desk
from townhall_kiosk.visit.pin_work import puk_tries
from townhall_kiosk.visit.presenters.frames import frame, page_words
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_smartcard.estonia import LONGEST_PIN, SHORTEST_PIN
from townhall_smartcard.messages import PinRole
from townhall_smartcard.pin_rules import NewPinFault
from townhall_ui.screens import (
    Choice,
    ChoiceScreen,
    Frame,
    MessageScreen,
    Picture,
    PinScreen,
    PinWords,
    Screen,
    Tone,
    WorkingScreen,
)

PINS = "pins"
"""Id of the choice that leads here."""
_LOW_TRIES = 2
_ASKED = {PinWay.CHANGE: "present", PinWay.ACTIVATE: "envelope", PinWay.UNBLOCK: "puk"}


def present(state: pins.State, desk: Desk, around: Surroundings) -> Screen:  # noqa: PLR0911  # one line a state
    """Return the screen of ``state``."""
    match state:
        case pins.ChoosingPin():
            return _choosing(desk, around)
        case pins.OfferingNewPin(errand=errand):
            return _offering(errand, around)
        case pins.ConfirmingLastCode(errand=errand):
            return _last_code(errand, around)
        case pins.EnteringCode():
            return _code(state, around)
        case pins.EnteringNewPin():
            return _new_pin(state, around)
        case pins.RepeatingNewPin(errand=errand):
            return _repeated(errand, around)
        case pins.ReplacingPin(errand=errand):
            return _working(errand, around)
        case pins.NewPinSet(errand=errand):
            return _set(errand, around)
        case pins.NewPinUnknown():
            return _unknown(state, around)


def offered(desk: Desk, around: Surroundings) -> tuple[Choice, ...]:
    """Return the choice that leads here, where this card's PINs can be set here."""
    if desk.contents is None or not desk.contents.replaceable:
        return ()
    return (Choice(PINS, around.text("pins.heading"), hint=around.text("pins.what")),)


def choice_of(role: PinRole, way: PinWay) -> str:
    """Return the id of a choice of one PIN and a way."""
    return f"{way.value} {role.value}"


def choices(desk: Desk) -> dict[str, tuple[PinRole, PinWay, int]]:
    """Return what can be chosen, by id: which PIN, how, and the tries of the code that gives the right."""
    contents = desk.contents
    if contents is None:
        return {}
    puk = puk_tries(contents)
    found = [
        *((role, PinWay.CHANGE, contents.tries[role].left) for role in contents.replaceable),
        *((role, PinWay.UNBLOCK, puk) for role in contents.replaceable if role is not PinRole.UNBLOCKING),
    ]
    return {choice_of(role, way): (role, way, left) for role, way, left in found if left > 0}


def name_of(role: PinRole, around: Surroundings) -> str:
    """Return what people call a PIN."""
    return around.text(f"pins.name.{role.value}")


def _choosing(desk: Desk, around: Surroundings) -> ChoiceScreen:
    text = around.text
    found = tuple(
        Choice(id_, text(f"pins.{way.value}", pin=name_of(role, around)))
        for id_, (role, way, _left) in choices(desk).items()
    )
    heading = frame(around, text("pins.heading"), back=True, stop=True)
    return ChoiceScreen(heading, found, introduction=text("pins.introduction"), paging=page_words(around))


def _offering(errand: PinErrand, around: Surroundings) -> MessageScreen:
    text, pin = around.text, name_of(errand.role, around)
    if errand.way is PinWay.ACTIVATE:
        heading = frame(
            around, text("pins.never-set.heading", pin=pin), proceed=text("pins.never-set.button"), stop=True
        )
        return MessageScreen(heading, (text("pins.never-set.what", pin=pin),))
    blocked = f"card-{errand.role.value}-blocked.heading"
    heading = frame(around, text(blocked), proceed=text("pins.blocked.button"), stop=True)
    words = (text("pins.blocked.what", pin=pin), text("pins.blocked.without"))
    return MessageScreen(heading, words, tone=Tone.WARNING)


def _last_code(errand: PinErrand, around: Surroundings) -> MessageScreen:
    text, which = around.text, errand.code.value
    heading = frame(around, text(f"{which}.last-try.heading"), proceed=text("last-try.button"), back=True, stop=True)
    return MessageScreen(heading, (text(f"{which}.last-try.what"), text("last-try.advice")), tone=Tone.WARNING)


def _code(state: pins.EnteringCode, around: Surroundings) -> PinScreen:
    text, errand = around.text, state.errand
    notices = code_notices(state.notice, state.faults, errand, around)
    pin = name_of(errand.role, around)
    heading = _pad_frame(text(f"pins.{_ASKED[errand.way]}.heading", pin=pin), text("button.continue"), around)
    return _pad(heading, errand.code, text("pins.code.introduction", pin=pin), notices, around)


def code_notices(
    notice: at.PinNotice, faults: tuple[NewPinFault, ...], errand: PinErrand, around: Surroundings
) -> list[str]:
    """Return what became of the codes that were entered before, and the tries left before they run out."""
    text, found = around.text, list(_faults(faults, around))
    if notice is at.PinNotice.WRONG and errand.code is PinRole.UNBLOCKING:
        found.append(text("puk.wrong"))
    elif notice is not at.PinNotice.NONE:
        found.append(text(f"pin.{notice.value}"))
    if errand.tries_left <= _LOW_TRIES or notice is at.PinNotice.WRONG:
        found.append(text.counted("pin.tries-left", errand.tries_left))
    return found


def advice(role: PinRole, around: Surroundings) -> str:
    """Return how long a new PIN is, and what nobody should choose."""
    return around.text("pins.new.introduction", shortest=SHORTEST_PIN[role], longest=LONGEST_PIN)


def _new_pin(state: pins.EnteringNewPin, around: Surroundings) -> PinScreen:
    text, role = around.text, state.errand.role
    notices = [text("pins.differed")] if state.has_differed else list(_faults(state.faults, around))
    introduction = advice(role, around)
    heading = _pad_frame(text("pins.new.heading", pin=name_of(role, around)), text("button.continue"), around)
    return _pad(heading, role, introduction, notices, around)


def _repeated(errand: PinErrand, around: Surroundings) -> PinScreen:
    text, pin = around.text, name_of(errand.role, around)
    heading = _pad_frame(text("pins.repeat.heading", pin=pin), text("pins.repeat.button", pin=pin), around)
    return _pad(heading, errand.role, text("pins.repeat.introduction"), [], around)


def _pad_frame(heading: str, button: str, around: Surroundings) -> Frame:
    return frame(around, heading, proceed=button, back=True, stop=True)


def _pad(heading: Frame, role: PinRole, introduction: str, notices: list[str], around: Surroundings) -> PinScreen:
    text = around.text
    return PinScreen(
        heading,
        PinWords(text("pin.clear"), text("pin.delete"), text("pin.entered", count="{count}")),
        introduction,
        SHORTEST_PIN[role],
        LONGEST_PIN,
        notice=" ".join(notices) or text("pin.privacy"),
        tone=Tone.WARNING if notices else Tone.PLAIN,
    )


def _faults(faults: tuple[NewPinFault, ...], around: Surroundings) -> tuple[str, ...]:
    """Why a new PIN will not do; the first reason is enough to choose a better one."""
    return tuple(around.text(f"pins.{fault.value}") for fault in faults[:1])


def _working(errand: PinErrand, around: Surroundings) -> WorkingScreen:
    text, pin = around.text, name_of(errand.role, around)
    heading = frame(around, text("pins.working.heading", pin=pin), ways=False)
    return WorkingScreen(heading, (text("pins.working.step", pin=pin),), 0, text("working.leave-card"))


def _set(errand: PinErrand, around: Surroundings) -> MessageScreen:
    text, pin = around.text, name_of(errand.role, around)
    heading = frame(around, text("pins.set.heading", pin=pin), proceed=text("button.continue"))
    return MessageScreen(heading, (text("pins.set.what"),), Picture.DONE, Tone.GOOD)


def _unknown(state: pins.NewPinUnknown, around: Surroundings) -> MessageScreen:
    text, pin = around.text, name_of(state.role, around)
    heading = frame(around, text("pins.unknown.heading"), proceed=text("button.continue"), code=state.code)
    return MessageScreen(heading, (text("pins.unknown.what", pin=pin),), tone=Tone.WARNING)
