# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which new PINs nobody should choose: what a thief who holds the card would try first.

The rules are a table: a code for the reason, and what it finds. No PIN is copied here, so none is left to wipe.
"""

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

_DATE_FORMS: Final = ("%d%m%Y", "%m%d%Y", "%Y%m%d", "%d%m%y", "%m%d%y", "%y%m%d")
_TELLING: Final = 4  # digits in a row that make a date or a code recognisable: a year, a day with its month
_UNKNOWN: Final = 4  # digits beside them that leave as much to guess as the shortest PIN does


class NewPinFault(enum.Enum):
    """Why a new PIN is not set; the values are stable."""

    LENGTH = "new-pin-length"
    """Shorter or longer than this card takes, or not all digits."""
    SAME = "new-pin-same"
    """The present one."""
    REPEATS = "new-pin-repeats"
    """One group of digits again and again: 7777, 121212."""
    RUN = "new-pin-run"
    """Digits that follow each other, up or down: 4567, 2109."""
    BIRTH_DATE = "new-pin-birth-date"
    PERSONAL_CODE = "new-pin-personal-code"
    NOT_TAKEN = "new-pin-not-taken"
    """The card refuses it, for a reason of its own."""


@dataclass(frozen=True, slots=True, eq=False)
class NewPin:
    """A PIN that its holder chose, ASCII digits, and what the card says of the holder."""

    digits: bytearray = field(repr=False)
    birth_date: date | None = field(repr=False)
    personal_code: str = field(repr=False)


def weaknesses(new: NewPin) -> tuple[NewPinFault, ...]:
    """Return why a thief would try this PIN early, in the order of the table; nothing for a good one.

    A PIN is weak by a date or a code if four digits in a row or more are of it, and fewer than four are not.
    """
    return tuple(fault for fault, finds in _RULES if finds(new))


def _repeats(new: NewPin) -> bool:
    pin = new.digits
    periods = range(1, len(pin) // 2 + 1)
    return any(all(pin[at] == pin[at - period] for at in range(period, len(pin))) for period in periods)


def _runs(new: NewPin) -> bool:
    pin = new.digits
    steps = {(pin[at] - pin[at - 1]) % 10 for at in range(1, len(pin))}
    return steps in ({1}, {9})


def _is_birth_date(new: NewPin) -> bool:
    born = new.birth_date
    return born is not None and any(_is_mostly(new.digits, born.strftime(form)) for form in _DATE_FORMS)


def _is_personal_code(new: NewPin) -> bool:
    return _is_mostly(new.digits, "".join(each for each in new.personal_code if each.isdecimal()))


def _is_mostly(pin: bytearray, known: str) -> bool:
    alike = _longest_in_both(pin, known.encode())
    return alike >= _TELLING and len(pin) - alike < _UNKNOWN


def _longest_in_both(pin: bytearray, known: bytes) -> int:
    """Return the length of the longest row of bytes that stands in both."""
    longest = 0
    ending_here = [0] * (len(known) + 1)
    for digit in pin:
        before = ending_here
        ending_here = [0] + [before[at] + 1 if digit == each else 0 for at, each in enumerate(known)]
        longest = max(longest, *ending_here)
    return longest


_RULES: Final[tuple[tuple[NewPinFault, Callable[[NewPin], bool]], ...]] = (
    (NewPinFault.REPEATS, _repeats),
    (NewPinFault.RUN, _runs),
    (NewPinFault.BIRTH_DATE, _is_birth_date),
    (NewPinFault.PERSONAL_CODE, _is_personal_code),
)
