# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What may happen to a PIN at a card, apart from its being right."""

import enum
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from townhall_smartcard.apdu import wipe
from townhall_smartcard.errors import UnexpectedStatusError
from townhall_smartcard.messages import PinTries
from townhall_smartcard.pin_format import PinFacts, verify_command
from townhall_smartcard.processors import ApduProcessor
from townhall_smartcard.status import StatusWord, tries_left

_BLOCKED: Final = frozenset({StatusWord.AUTHENTICATION_METHOD_BLOCKED, StatusWord.REFERENCE_DATA_NOT_USABLE})
_LENGTH: Final = frozenset({StatusWord.WRONG_LENGTH, StatusWord.WRONG_DATA})


class PinRefusalReason(enum.Enum):
    """Why there is no signature."""

    WRONG = "wrong"
    BLOCKED = "blocked"
    LENGTH = "length"
    LAST_TRY_UNCONFIRMED = "last-try-unconfirmed"
    NOT_ACTIVATED = "not-activated"
    TIMED_OUT = "timed-out"
    """Nobody entered it at the reader in time."""
    CANCELLED = "cancelled"
    """Whoever stood at the reader cancelled."""
    DIFFERED = "differed"
    """A new PIN was entered twice at the reader, and not alike."""


@dataclass(frozen=True, slots=True)
class PinRefusal:
    """A PIN that led to nothing; ``tries_left`` is meant for WRONG alone."""

    reason: PinRefusalReason
    tries_left: int = 0


BLOCKED: Final = PinRefusal(PinRefusalReason.BLOCKED)
LENGTH: Final = PinRefusal(PinRefusalReason.LENGTH)
LAST_TRY_UNCONFIRMED: Final = PinRefusal(PinRefusalReason.LAST_TRY_UNCONFIRMED, 1)

NOT_ACTIVATED: Final = PinRefusal(PinRefusalReason.NOT_ACTIVATED)


class ReaderKeys(Protocol):
    """A reader with keys of its own, asked in place of a PIN: what is entered there goes to the card and nowhere else.

    Both return the card's status word, or why no command reached the card, and raise ``PinPadError`` where the reader
    does not do what it says that it can.
    """

    def verify(self, facts: PinFacts) -> "int | PinRefusal":
        """Have a PIN entered and presented to the card."""
        ...

    def replace(self, header: tuple[int, int], present: PinFacts | None, new: PinFacts) -> "int | PinRefusal":
        """Have a new PIN entered twice, after ``present`` if that is one; ``header`` is instruction and P1."""
        ...


Pin: TypeAlias = bytearray | ReaderKeys
"""A PIN that was entered on the screen, or where else it is to be entered."""


class CountsTries(Protocol):
    """A way to ask the card how many tries a PIN has left."""

    def __call__(self) -> PinTries:
        """Ask the card now."""
        ...


@contextmanager
def wiped(pin: Pin) -> Iterator[None]:
    """Wipe a PIN when this ends, whichever way; one that is entered at the reader was never here."""
    try:
        yield
    finally:
        if isinstance(pin, bytearray):
            wipe(pin)


def refusal_before(pin: Pin, shortest: int, longest: int) -> PinRefusal | None:
    """Return why the card need not even be asked: a length or a character that no PIN of this card has.

    Of what is entered at a reader, the reader sees to that.
    """
    if not isinstance(pin, bytearray):
        return None
    is_possible = shortest <= len(pin) <= longest and all(0x30 <= digit <= 0x39 for digit in pin)
    return None if is_possible else LENGTH


def present_pin(card: ApduProcessor, facts: PinFacts, pin: Pin, count_tries: CountsTries) -> PinRefusal | None:
    """Present a PIN, once. ``count_tries`` is asked where the card's answer does not count.

    Raises:
        PinPadError: the reader has no keys after all.
        UnexpectedStatusError: no VERIFY ends like this.
    """
    answered = _typed(card, facts, pin) if isinstance(pin, bytearray) else pin.verify(facts)
    return answered if isinstance(answered, PinRefusal) else refusal_of(answered, count_tries)


def _typed(card: ApduProcessor, facts: PinFacts, pin: bytearray) -> int:
    block = facts.block(pin)
    try:
        return card.exchange(verify_command(facts, block)).status
    finally:
        wipe(block)


def refusal_of(status: int, count_tries: CountsTries) -> PinRefusal | None:
    """Read the status word of a VERIFY; None is a right PIN.

    63Cx counts; 6300 does not, so the counter is read again; 63C0, 6983 and 6984 are a blocked PIN; 6700 and 6A80 a
    length that the card does not take.

    Raises:
        UnexpectedStatusError: no VERIFY ends like this; whether a try was used is unknown.
    """
    if status == StatusWord.OK:
        return None
    if status in _BLOCKED:
        return BLOCKED
    if status in _LENGTH:
        return LENGTH
    left = count_tries().left if status == StatusWord.VERIFICATION_FAILED else tries_left(status)
    if left is None:
        raise UnexpectedStatusError("VERIFY", status)
    return PinRefusal(PinRefusalReason.WRONG, left) if left else BLOCKED
