# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Admission numbers: eight digits that the desk draws, and a ninth that tells a mistyped one from a good one.

The ninth is Damm's: every single wrong digit and every two neighbours in the wrong order are found.
H. M. Damm, "Total anti-symmetrische Quasigruppen", Marburg 2004. Nothing in it is secret and nothing is authenticated.
"""

import re
from collections.abc import Callable
from functools import reduce
from typing import Final

DRAWN_DIGITS: Final = 8
ADMISSION_DIGITS: Final = DRAWN_DIGITS + 1
GROUP_DIGITS: Final = 3
"""It is read, said and typed in groups of so many."""

_NUMBER: Final = re.compile(rf"[0-9]{{{ADMISSION_DIGITS}}}")
_DAMM: Final = tuple(
    tuple(map(int, row))
    for row in (
        "0317598642",
        "7092154863",
        "4206871359",
        "1750983426",
        "6123045978",
        "3674209581",
        "5869720134",
        "8945362017",
        "9438617205",
        "2581436790",
    )
)
"""Row: the digit so far; column: the next one. Weakly totally anti-symmetric: (c x) y = (c y) x only where x = y."""


def _remainder(digits: str) -> int:
    return reduce(lambda interim, digit: _DAMM[interim][int(digit)], digits, 0)


def draw_admission(draw_below: Callable[[int], int]) -> str:
    """Return a fresh admission number; ``draw_below`` draws evenly from nought up to, and without, what it is given."""
    drawn = f"{draw_below(10**DRAWN_DIGITS):0{DRAWN_DIGITS}}"
    return f"{drawn}{_remainder(drawn)}"


def is_admission(untrusted: str) -> bool:
    """Tell whether it can be an admission number: nine ASCII digits that lead to nought; whether given out or not."""
    return _NUMBER.fullmatch(untrusted) is not None and _remainder(untrusted) == 0


def admission_groups(number: str) -> tuple[str, ...]:
    """Return an admission number as it is read: in groups of three."""
    return tuple(number[start : start + GROUP_DIGITS] for start in range(0, len(number), GROUP_DIGITS))
