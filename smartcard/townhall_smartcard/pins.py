# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What may happen to a PIN at a card, apart from its being right."""

import enum
from dataclasses import dataclass
from typing import Final, Protocol

from townhall_smartcard.errors import UnexpectedStatusError
from townhall_smartcard.messages import PinTries
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


@dataclass(frozen=True, slots=True)
class PinRefusal:
    """A PIN that led to nothing; ``tries_left`` is meant for WRONG alone."""

    reason: PinRefusalReason
    tries_left: int = 0


BLOCKED: Final = PinRefusal(PinRefusalReason.BLOCKED)
LENGTH: Final = PinRefusal(PinRefusalReason.LENGTH)
LAST_TRY_UNCONFIRMED: Final = PinRefusal(PinRefusalReason.LAST_TRY_UNCONFIRMED, 1)

NOT_ACTIVATED: Final = PinRefusal(PinRefusalReason.NOT_ACTIVATED)


class CountsTries(Protocol):
    """A way to ask the card how many tries a PIN has left."""

    def __call__(self) -> PinTries:
        """Ask the card now."""
        ...


def refusal_before(pin: bytearray, shortest: int, longest: int) -> PinRefusal | None:
    """Return why the card need not even be asked: a length or a character that no PIN of this card has."""
    is_possible = shortest <= len(pin) <= longest and all(0x30 <= digit <= 0x39 for digit in pin)
    return None if is_possible else LENGTH


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
