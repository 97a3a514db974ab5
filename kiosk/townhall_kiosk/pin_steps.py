# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What each step at the PIN pad of a visit leads to: from the counters of the card to the accepted PIN; all pure."""

from collections.abc import Callable

from townhall_kiosk import effects as do
from townhall_kiosk import events as on
from townhall_kiosk import states as at
from townhall_kiosk.card_problem import CardProblem
from townhall_kiosk.events import Event
from townhall_kiosk.pin_life import states as pins
from townhall_kiosk.pin_life.errand import After, PinErrand, PinWay
from townhall_kiosk.reader_keys import states as keys
from townhall_kiosk.steps import Step
from townhall_smartcard.messages import PinRole


def pin_blocked(reader: str, role: PinRole, puk_tries: int, after: After) -> Step:
    """A PIN is blocked: set a new one with the PUK where that can be, else the card is to be taken out."""
    if puk_tries > 0:
        return Step(pins.OfferingNewPin(PinErrand(reader, role, PinWay.UNBLOCK, after, puk_tries)))
    blocked = CardProblem.PIN1_BLOCKED if role is PinRole.AUTHENTICATION else CardProblem.PIN2_BLOCKED
    return Step(at.CardRefused(blocked), (do.Forget(),))


def ask_pin(
    reader: str, role: PinRole, tries: int, notice: at.PinNotice = at.PinNotice.NONE, puk_tries: int = 0
) -> Step:
    """Open the pad; before the last try the person says that they know, and without a try there is no pad."""
    if tries <= 0:
        return pin_blocked(reader, role, puk_tries, After.READ if role is PinRole.AUTHENTICATION else After.DOCUMENT)
    if tries == 1:
        return Step(at.ConfirmingLastTry(reader, role))
    return Step(at.EnteringPin(reader, role, tries, notice))


def card_read(state: at.ReadingCard, event: on.CardRead) -> Step:
    """The counters decide whether, and how, PIN 1 is asked; a new card's PINs are set first."""
    if event.never_set is not None:
        is_first = event.never_set is PinRole.AUTHENTICATION
        tries = event.authentication_tries if is_first else event.signature_tries
        if tries > 0:
            errand = PinErrand(state.reader, event.never_set, PinWay.ACTIVATE, After.READ, tries)
            return Step(pins.OfferingNewPin(errand))
    if event.signature_tries <= 0:  # said before a form is filled in for nothing
        return pin_blocked(state.reader, PinRole.SIGNATURE, event.puk_tries, After.READ)
    return ask_pin(state.reader, PinRole.AUTHENTICATION, event.authentication_tries, puk_tries=event.puk_tries)


def use_pin(state: at.EnteringPin, event: on.PinGiven) -> Step:
    """Hand the PIN to the card, for what it was asked for."""
    command = do.ProveIdentity if state.role is PinRole.AUTHENTICATION else do.SignDocument
    return Step(
        at.UsingPin(state.reader, state.role, state.tries_left, state.last_try_confirmed),
        (command(state.reader, state.last_try_confirmed, event.pin),),
    )


def pin_accepted(state: at.UsingPin, _event: on.PinAccepted) -> Step:
    """PIN 1 opens the services; PIN 2 has signed, so what follows cannot be stopped by a card."""
    if state.role is PinRole.AUTHENTICATION:
        return Step(at.ChoosingService(state.reader))
    return Step(at.Committing(), (do.Commit(),))


def ask_again(notice: at.PinNotice) -> Callable[[at.UsingPin, Event], Step]:
    """Open the same pad once more; no try was used."""

    def take(state: at.UsingPin, _event: Event) -> Step:
        confirmed = state.last_try_confirmed
        return Step(at.EnteringPin(state.reader, state.role, state.tries_left, notice, confirmed))

    return take


def back_from_pin(state: at.EnteringPin | at.ConfirmingLastTry | keys.ReadyForPin, _event: on.WentBack) -> Step:
    """Back to the document; before PIN 1 there is nowhere to go back to."""
    if state.role is PinRole.AUTHENTICATION:
        return Step(state)
    tries = 1 if isinstance(state, at.ConfirmingLastTry) else state.tries_left
    return Step(at.ReadingDocument(state.reader, tries))
