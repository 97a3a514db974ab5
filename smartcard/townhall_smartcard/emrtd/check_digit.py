# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The check digit of a machine readable zone (ICAO 9303-3 §4.9)."""

from typing import Final

from townhall_smartcard.connection import RawCommand
from townhall_smartcard.errors import CardMisuseError

FILLER: Final = 0x3C
_WEIGHTS: Final = (7, 3, 1)
_VALUES: Final = {each: value for value, each in enumerate(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")} | {FILLER: 0}


def check_digit(field: RawCommand) -> int:
    """Return the check digit of a field, as its character.

    Raises:
        CardMisuseError: there is a character that no machine readable zone has.
    """
    if any(each not in _VALUES for each in field):
        raise CardMisuseError("a character that no machine readable zone has")
    total = sum(_VALUES[each] * _WEIGHTS[place % len(_WEIGHTS)] for place, each in enumerate(field))
    return 0x30 + total % 10
