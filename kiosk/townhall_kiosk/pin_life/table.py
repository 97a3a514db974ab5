# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The rows of the session table for a new PIN (ADR 0042); read top-down in the order of an errand.

The code that gives the right is entered first, then the new PIN twice. Nothing goes to the card before all three are
there, and after that nothing is sent again: a card that breaks off leaves the person with an honest sentence.
"""

from dataclasses import replace

from townhall_kiosk import effects as do
from townhall_kiosk import events as on
from townhall_kiosk import states as at
from townhall_kiosk.card_problem import CardProblem
from townhall_kiosk.pin_life import effects as make
from townhall_kiosk.pin_life import events as happened
from townhall_kiosk.pin_life import states as pins
from townhall_kiosk.pin_life.errand import After, PinErrand
from townhall_kiosk.pin_steps import pin_blocked
from townhall_kiosk.reader_keys import states as keys
from townhall_kiosk.steps import Step, ended, refuse, stop
from townhall_kiosk.table_row import row
from townhall_smartcard.messages import PinRole
from townhall_smartcard.pin_rules import NewPinFault

_CODE = (pins.ConfirmingLastCode, pins.EnteringCode)


def _ask_code(
    errand: PinErrand, notice: at.PinNotice = at.PinNotice.NONE, faults: tuple[NewPinFault, ...] = ()
) -> Step:
    """Open the pad for the code; before its last try the person says that they know."""
    if errand.tries_left == 1 and not errand.last_try_confirmed:
        return Step(pins.ConfirmingLastCode(errand))
    return Step(pins.EnteringCode(errand, notice, faults))


def _chosen(state: pins.ChoosingPin, event: happened.PinChosen) -> Step:
    if event.tries_left <= 0:
        return Step(state)
    return _ask_code(PinErrand(state.reader, event.role, event.way, After.SERVICES, event.tries_left))


def back_from_code(
    state: pins.ConfirmingLastCode | pins.EnteringCode | keys.ReadyForNewPin, _event: on.WentBack
) -> Step:
    """Back to the choice of PINs, or to what offered this one."""
    errand = replace(state.errand, last_try_confirmed=False)
    if errand.after is After.SERVICES:
        return Step(pins.ChoosingPin(errand.reader))
    return Step(pins.OfferingNewPin(errand))


def _code_wrong(state: pins.ReplacingPin, event: on.PinWasWrong) -> Step:
    if event.tries_left <= 0:
        return _code_blocked(state, on.PinWasBlocked(event.puk_tries))
    errand = replace(state.errand, tries_left=event.tries_left, last_try_confirmed=False)
    return _ask_code(errand, at.PinNotice.WRONG)


def _code_blocked(state: pins.ReplacingPin, event: on.PinWasBlocked) -> Step:
    """The PUK may still help, if it was not the PUK."""
    errand = state.errand
    if errand.code is PinRole.UNBLOCKING:
        return Step(at.CardRefused(CardProblem.PUK_BLOCKED), (do.Forget(),))
    return pin_blocked(errand.reader, errand.role, event.puk_tries, errand.after)


def _go_on(state: pins.NewPinSet, _event: on.Continued) -> Step:
    reader = state.errand.reader
    match state.errand.after:
        case After.READ:
            return Step(at.ReadingCard(reader), (do.ReadCard(reader),))
        case After.SERVICES:
            return Step(at.ChoosingService(reader))
        case After.DOCUMENT:
            return Step(at.ReadingDocument(reader, state.tries))


def _leave(state: pins.NewPinUnknown, _event: on.Continued) -> Step:
    if state.card_is_in:
        return Step(at.TakingCard(at.Outcome.NOTHING_SENT), (do.Forget(),))
    return ended(at.Outcome.NOTHING_SENT)


def _again(notice: at.PinNotice, state: pins.ReplacingPin) -> Step:
    """Ask for the code once more; nothing was sent."""
    return Step(pins.EnteringCode(state.errand, notice))


PIN_TABLE = (
    row(
        at.ChoosingService,
        happened.PinsWanted,
        lambda s, _e: Step(pins.ChoosingPin(s.reader)),
        pins.ChoosingPin,
    ),
    row(pins.ChoosingPin, happened.PinChosen, _chosen, pins.ChoosingPin, *_CODE),
    row(pins.ChoosingPin, on.WentBack, lambda s, _e: Step(at.ChoosingService(s.reader)), at.ChoosingService),
    row(pins.ChoosingPin, on.StopPressed, stop, at.TakingCard),
    row(pins.OfferingNewPin, on.Continued, lambda s, _e: _ask_code(s.errand), *_CODE),
    row(pins.OfferingNewPin, on.StopPressed, stop, at.TakingCard),
    # The code that gives the right
    row(
        pins.ConfirmingLastCode,
        on.Continued,
        lambda s, _e: _ask_code(replace(s.errand, last_try_confirmed=True)),
        pins.EnteringCode,
    ),
    row(pins.ConfirmingLastCode, on.WentBack, back_from_code, pins.ChoosingPin, pins.OfferingNewPin),
    row(pins.ConfirmingLastCode, on.StopPressed, stop, at.TakingCard),
    row(
        pins.EnteringCode,
        on.PinGiven,
        lambda s, e: Step(pins.EnteringNewPin(s.errand), (make.KeepCode(e.pin),)),
        pins.EnteringNewPin,
    ),
    row(pins.EnteringCode, on.WentBack, back_from_code, pins.ChoosingPin, pins.OfferingNewPin),
    row(pins.EnteringCode, on.StopPressed, stop, at.TakingCard),
    # The new PIN, twice
    row(
        pins.EnteringNewPin,
        on.PinGiven,
        lambda s, e: Step(s, (make.JudgeNewPin(s.errand, e.pin),)),
        pins.EnteringNewPin,
    ),
    row(
        pins.EnteringNewPin,
        happened.NewPinFits,
        lambda s, _e: Step(pins.RepeatingNewPin(s.errand)),
        pins.RepeatingNewPin,
    ),
    row(
        pins.EnteringNewPin,
        happened.NewPinUnfit,
        lambda s, e: Step(pins.EnteringNewPin(s.errand, e.faults)),
        pins.EnteringNewPin,
    ),
    row(
        pins.EnteringNewPin,
        on.WentBack,
        lambda s, _e: Step(pins.EnteringCode(s.errand), (make.ForgetCodes(),)),
        pins.EnteringCode,
    ),
    row(pins.EnteringNewPin, on.StopPressed, stop, at.TakingCard),
    row(
        pins.RepeatingNewPin,
        on.PinGiven,
        lambda s, e: Step(pins.ReplacingPin(s.errand), (make.ReplacePin(s.errand, e.pin),)),
        pins.ReplacingPin,
    ),
    row(
        pins.RepeatingNewPin,
        on.WentBack,
        lambda s, _e: Step(pins.EnteringNewPin(s.errand)),
        pins.EnteringNewPin,
    ),
    row(pins.RepeatingNewPin, on.StopPressed, stop, at.TakingCard),
    # The card's answer
    row(
        pins.ReplacingPin,
        happened.NewPinDiffers,
        lambda s, _e: Step(pins.EnteringNewPin(s.errand, has_differed=True)),
        pins.EnteringNewPin,
    ),
    row(
        pins.ReplacingPin,
        happened.NewPinUnfit,
        lambda s, e: Step(pins.EnteringCode(s.errand, faults=e.faults)),
        pins.EnteringCode,
    ),
    row(
        pins.ReplacingPin,
        happened.PinWasReplaced,
        lambda s, e: Step(pins.NewPinSet(s.errand, e.tries)),
        pins.NewPinSet,
    ),
    row(
        pins.ReplacingPin,
        on.PinWasWrong,
        _code_wrong,
        *(*_CODE, pins.OfferingNewPin, at.CardRefused),
    ),
    row(pins.ReplacingPin, on.PinWasBlocked, _code_blocked, pins.OfferingNewPin, at.CardRefused),
    row(
        pins.ReplacingPin,
        on.LastTryWasReached,
        lambda s, _e: _ask_code(replace(s.errand, tries_left=1, last_try_confirmed=False)),
        pins.ConfirmingLastCode,
    ),
    row(
        pins.ReplacingPin,
        on.PinLengthWasRefused,
        lambda s, _e: _again(at.PinNotice.LENGTH, s),
        pins.EnteringCode,
    ),
    row(
        pins.ReplacingPin,
        on.CardWasDisturbed,
        lambda s, _e: _again(at.PinNotice.INTERRUPTED, s),
        pins.EnteringCode,
    ),
    row(
        pins.ReplacingPin,
        happened.CardBrokeOff,
        lambda s, _e: Step(pins.NewPinUnknown(s.errand.role, card_is_in=True), (do.Forget(),)),
        pins.NewPinUnknown,
    ),
    row(
        pins.ReplacingPin,
        on.PinNotEntered,
        lambda s, e: Step(pins.EnteringCode(s.errand, e.reason)),
        pins.EnteringCode,
    ),
    row(pins.ReplacingPin, on.CardFailed, refuse, at.CardRefused),
    row(
        pins.NewPinSet,
        on.Continued,
        _go_on,
        *(at.ReadingCard, at.ChoosingService, at.ReadingDocument),
    ),
    row(pins.NewPinUnknown, on.Continued, _leave, at.TakingCard, at.Ended),
    row(
        pins.NewPinUnknown,
        on.TimeUp,
        lambda s, _e: Step(s) if s.card_is_in else ended(at.Outcome.NOTHING_SENT),
        pins.NewPinUnknown,
        at.Ended,
    ),
)
