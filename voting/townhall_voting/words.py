# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Hashes as words that people read aloud and compare: proquints, five letters for sixteen bits, in any language.

D. S. Wilkerson, "A Proposal for Proquints: Identifiers that are Readable, Spellable, and Pronounceable".
"""

from typing import Final

SHORT_WORDS: Final = 4
"""Enough to tell one's own slip or receipt from others; what must withstand an attacker is compared whole."""

_CONSONANTS: Final = "bdfghjklmnprstvz"
_VOWELS: Final = "aiou"


def words(data: bytes, count: int = SHORT_WORDS) -> str:
    """Return the first ``count`` words of ``data`` (two bytes each), joined by hyphens."""
    pairs = (data[start : start + 2] for start in range(0, min(2 * count, len(data) // 2 * 2), 2))
    return "-".join(_word(int.from_bytes(pair, "big")) for pair in pairs)


def _word(number: int) -> str:
    return "".join(
        (
            _CONSONANTS[number >> 12],
            _VOWELS[number >> 10 & 3],
            _CONSONANTS[number >> 6 & 15],
            _VOWELS[number >> 4 & 3],
            _CONSONANTS[number & 15],
        )
    )
