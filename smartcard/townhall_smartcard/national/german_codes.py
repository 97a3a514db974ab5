# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The codes of a German card: access number, PIN, transport PIN and PUK, each used once and only where it helps.

Every code is a password of PACE (BSI TR-03110-2 §3.2), so none is sent; what it opens is a session under secure
messaging, in which the card takes RESET RETRY COUNTER with a new PIN (TR-03110-3 §B.6).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from townhall_smartcard.access_numbers import is_access_number
from townhall_smartcard.apdu import wipe
from townhall_smartcard.emrtd.agreement import Randomness
from townhall_smartcard.emrtd.pace import PacePassword, PaceRefused, PaceSession, PasswordReference, establish
from townhall_smartcard.emrtd.secure_messaging import SecureMessaging, SecureSession
from townhall_smartcard.emrtd.security_infos import SecurityInfo
from townhall_smartcard.emrtd.steps import run
from townhall_smartcard.errors import SecureMessagingError, UnexpectedStatusError
from townhall_smartcard.messages import PinTries
from townhall_smartcard.national.german_counter import gives_tries_back, set_new
from townhall_smartcard.national.german_pin import (
    MOST_TRIES,
    PIN_DIGITS,
    PUK_DIGITS,
    TRANSPORT_PIN_DIGITS,
    Blocked,
    Deactivated,
    PinEvent,
    PinState,
    Ready,
    Suspended,
    after,
    tries_in,
)
from townhall_smartcard.national.germany import OpenedGermanCard
from townhall_smartcard.national.new_pins import CodeUse, NewPinRefused
from townhall_smartcard.national.transaction import refusal_by_counter
from townhall_smartcard.pin_format import PinFacts
from townhall_smartcard.pin_rules import NewPin
from townhall_smartcard.pins import BLOCKED, PinRefusal, PinRefusalReason, refusal_before, wiped
from townhall_smartcard.processors import ApduProcessor
from townhall_smartcard.status import StatusWord

_PRESENT: Final = PinFacts(PasswordReference.PIN, TRANSPORT_PIN_DIGITS, PIN_DIGITS, PIN_DIGITS, 0x00)
_NEW: Final = PinFacts(PasswordReference.PIN, PIN_DIGITS, PIN_DIGITS, PIN_DIGITS, 0x00)
_WARNING_SW1: Final = 0x63


@dataclass(frozen=True, slots=True)
class AccessNumberNeeded:
    """The PIN is suspended: its last try wants the access number first. No try was used."""


@dataclass(frozen=True, slots=True)
class AccessNumberWrong:
    """The access number is another card's, or mistyped, or not of six digits. Nothing is counted."""


@dataclass(frozen=True, slots=True)
class PinDeactivated:
    """The online function is off. The authority that issued the card turns it on."""


@dataclass(frozen=True, slots=True)
class NothingToUnblock:
    """The PIN is not blocked, and the PUK is good for ten times alone: it was not used."""

    state: PinState


@dataclass(frozen=True, slots=True)
class PukWrong:
    """The card says no to this PUK; it does not tell how often it will."""


@dataclass(frozen=True, slots=True)
class PukSpent:
    """The PUK was used as often as the card allows: the authority alone can set a PIN now."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A code was right: what the card does next goes over ``channel``; ``state`` is the PIN's."""

    state: PinState
    channel: SecureMessaging = field(repr=False, compare=False)
    session: PaceSession = field(repr=False, compare=False)
    infos: tuple[SecurityInfo, ...] = field(repr=False, compare=False)


CodeRefusal: TypeAlias = PinRefusal | AccessNumberNeeded | AccessNumberWrong | PinDeactivated
ChangeRefusal: TypeAlias = CodeRefusal | NewPinRefused
UnblockRefusal: TypeAlias = PinRefusal | NothingToUnblock | PukWrong | PukSpent | PinDeactivated


class GermanCodes:
    """The codes of one card in one transaction; every method begins with SELECT.

    Codes are wiped and used at most once, after the state of the PIN was asked for. All raise what ``NationalCard``
    does; whether a card that broke off has counted a try, or has the new PIN, it tells when it is asked again.
    """

    def __init__(self, card: ApduProcessor, randomness: Randomness = os.urandom) -> None:
        """Take the card."""
        self._card: Final = card
        self._randomness: Final = randomness

    def state(self) -> PinState:
        """Return the state of the PIN; this uses no try. A transport PIN is a PIN to whoever only asks."""
        return OpenedGermanCard(self._card).pin_state()

    def prove_presence(self, access_number: bytearray) -> Opened | AccessNumberWrong:
        """Open the card with the number that is printed on it: whoever can is where the card is, and no more."""
        with wiped(access_number):
            if not is_access_number(access_number):
                return AccessNumberWrong()
            card = OpenedGermanCard(self._card)
            state = card.pin_state()
            way = self._opened(card, PasswordReference.CAN, access_number)
            return AccessNumberWrong() if way is None else way.opened(card, after(state, PinEvent.CAN_RIGHT))

    def enter(
        self,
        pin: bytearray,
        access_number: bytearray | None = None,
        *,
        last_try_confirmed: bool,
        rights: bytes = b"",
    ) -> Opened | CodeRefusal:
        """Open the card with the PIN; a suspended one with the access number before it, which is else not used.

        ``rights`` are a terminal's that will authenticate itself in the session (7F4C, with tag).
        """
        with _all_wiped(pin, access_number):
            if refusal := refusal_before(pin, TRANSPORT_PIN_DIGITS, PIN_DIGITS):
                return refusal
            card = OpenedGermanCard(self._card)
            state = card.pin_state()
            if isinstance(state, Deactivated):
                return PinDeactivated()
            if refusal := refusal_by_counter(_tries(state), last_try_confirmed=last_try_confirmed):
                return refusal
            return self._enter(card, state, pin, access_number, rights)

    def set_pin(
        self, present: bytearray, new: NewPin, access_number: bytearray | None = None, *, last_try_confirmed: bool
    ) -> ChangeRefusal | None:
        """Replace the PIN, or the transport PIN of a new card, by one that its holder chose; None is success.

        A weak new PIN is refused before a code is used.
        """
        with _all_wiped(present, new.digits, access_number):
            card = OpenedGermanCard(self._card)
            state = card.pin_state()
            if isinstance(state, Deactivated):
                return PinDeactivated()
            use = CodeUse(_PRESENT, lambda: _tries(state))
            if refusal := use.refusal_unsent(present, new, _NEW, last_try_confirmed=last_try_confirmed):
                return refusal
            opened = self._enter(card, state, present, access_number)
            return set_new(opened.channel, new) if isinstance(opened, Opened) else opened

    def unblock(self, puk: bytearray) -> UnblockRefusal | None:
        """Give a blocked PIN all its tries back; None is success. The PIN stays what it was: no PUK sets one."""
        with wiped(puk):
            if refusal := refusal_before(puk, PUK_DIGITS, PUK_DIGITS):
                return refusal
            card = OpenedGermanCard(self._card)
            state = card.pin_state()
            if isinstance(state, Deactivated):
                return PinDeactivated()
            if not isinstance(state, Blocked):
                return NothingToUnblock(state)
            try:
                way = self._opened(card, PasswordReference.PUK, puk)
            except UnexpectedStatusError as exc:
                if exc.status >> 8 == _WARNING_SW1 or exc.status == StatusWord.AUTHENTICATION_METHOD_BLOCKED:
                    return PukSpent()
                raise
            if way is None:
                return PukWrong()
            return None if _has_tries_again(card, way.channel) else PukSpent()

    def _enter(
        self,
        card: OpenedGermanCard,
        state: PinState,
        pin: bytearray,
        access_number: bytearray | None,
        rights: bytes = b"",
    ) -> Opened | CodeRefusal:
        if not isinstance(state, Suspended):
            return self._told(card, state, pin, self._opened(card, PasswordReference.PIN, pin, rights=rights))
        if access_number is None:
            return AccessNumberNeeded()
        session = None
        if is_access_number(access_number):
            session = self._opened(card, PasswordReference.CAN, access_number)
        if session is not None and _stays_resumed(card):
            opened = self._opened(card, PasswordReference.PIN, pin, rights=rights)
        else:
            session = self._opened(card, PasswordReference.CAN, access_number) if session is not None else None
            if session is None:
                return AccessNumberWrong()
            opened = self._opened(card, PasswordReference.PIN, pin, session.channel, rights=rights)
        return self._told(card, after(state, PinEvent.CAN_RIGHT), pin, opened)

    def _opened(
        self,
        card: OpenedGermanCard,
        reference: PasswordReference,
        code: bytearray,
        inside: SecureMessaging | None = None,
        *,
        rights: bytes = b"",
    ) -> "_Way | None":
        """Go through PACE, inside a session where there is one; None where the card says that the code is wrong."""
        steps = establish(
            card.offer,
            PacePassword(reference, code),
            self._randomness,
            names_parameters=card.names_parameters,
            rights=rights,
        )
        outcome = run(steps, card.card if inside is None else inside)
        if isinstance(outcome, PaceRefused):
            return None
        return _Way(SecureMessaging(card.card, SecureSession(outcome.keys)), outcome)

    def _told(self, card: OpenedGermanCard, state: PinState, pin: bytearray, way: "_Way | None") -> Opened | PinRefusal:
        if way is not None:
            is_transport = len(pin) == TRANSPORT_PIN_DIGITS
            event = PinEvent.TRANSPORT_PIN_RIGHT if is_transport else PinEvent.PIN_RIGHT
            return way.opened(card, after(state, event))
        # Some cards do not count in their answer, and some count to two alone: what is worse for the person is true.
        left = min(tries_in(card.pin_state()), tries_in(after(state, PinEvent.PIN_WRONG)))
        return PinRefusal(PinRefusalReason.WRONG, left) if left else BLOCKED


def _has_tries_again(card: OpenedGermanCard, channel: SecureMessaging) -> bool:
    """Have the PIN get its tries back; False: the PUK was used up.

    Cards that others wrote give them back for the PUK alone, and then do not understand a protected command without
    any data object: they refuse it, unprotected, and say in the open that the PIN may be entered.
    """
    try:
        return gives_tries_back(channel)
    except SecureMessagingError as exc:
        is_refused = exc.status == StatusWord.SECURE_MESSAGING_OBJECTS_WRONG
        if is_refused and isinstance(card.pin_state(), Ready):
            return True
        raise


@dataclass(frozen=True, slots=True)
class _Way:
    """What a right code led to."""

    channel: SecureMessaging
    session: PaceSession

    def opened(self, card: OpenedGermanCard, state: PinState) -> Opened:
        return Opened(state, self.channel, self.session, card.infos)


def _stays_resumed(card: OpenedGermanCard) -> bool:
    """Tell whether the card takes the last try outside the session of the access number, which this ends.

    The standard wants it inside (TR-03110-2 §3.3). There are cards that cannot go through PACE inside a session, and
    would count a right PIN as a wrong one: they say in the open that the PIN may be used. A card that keeps to the
    standard says that it is suspended again, which costs nothing but the access number once more.
    """
    try:
        return isinstance(card.pin_state(), Ready)
    except UnexpectedStatusError:
        return False


def _tries(state: PinState) -> PinTries:
    return PinTries(tries_in(state), MOST_TRIES)


@contextmanager
def _all_wiped(*codes: bytearray | None) -> Iterator[None]:
    try:
        yield
    finally:
        for each in codes:
            if each is not None:
                wipe(each)
