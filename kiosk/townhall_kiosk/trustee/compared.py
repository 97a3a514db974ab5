# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A hash as people compare it, whole: sixteen words in four lines, and the digits in eight groups."""

import re
from typing import Final

from townhall_voting.hashing import HexHash
from townhall_voting.words import words

_WORDS: Final = 16
_IN_LINE: Final = 4
_WORD: Final = re.compile(r"[a-z]{5}")


def word_lines(seen: HexHash) -> tuple[str, ...]:
    """Return the four lines of words."""
    spelled = words(bytes.fromhex(seen), _WORDS).split("-")
    return tuple(" ".join(spelled[start : start + _IN_LINE]) for start in range(0, _WORDS, _IN_LINE))


def digit_lines(seen: HexHash) -> tuple[str, ...]:
    """Return the digits in two lines of four groups."""
    groups = [seen[start : start + 8] for start in range(0, len(seen), 8)]
    return " ".join(groups[:4]), " ".join(groups[4:])


def as_words(seen: HexHash) -> str:
    """Return the lines of words for a terminal."""
    return "".join(f"    {line}\n" for line in word_lines(seen))


def is_same(seen: HexHash, typed: str) -> bool:
    """Whether ``typed`` are the words of this hash, all of them, whatever stands between."""
    return _WORD.findall(typed.lower()) == " ".join(word_lines(seen)).split()
