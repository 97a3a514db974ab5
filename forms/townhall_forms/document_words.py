# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Makes any text safe to set on a page that people sign: nothing unseen, nothing that reorders, nothing overflowing.

A character that would not be seen as itself is written out as its code point, for example ``[U+202E]``: controls, marks
and overrides of direction, unassigned and private characters, letters that the bundled fonts lack, and a fourth accent
on one letter. So what a person reads is all there is, and a page can be set for every answer.
"""

import unicodedata
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final

_JOINERS: Final = frozenset("\u200c\u200d")
"""Zero-width (non-)joiners: Persian and Indic scripts are misspelt without them, and they move nothing."""
_WORD_MARKS: Final = frozenset("\u200e\u200f\u061c")
"""Directional marks, which translators need in sentences with numbers."""
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MOST_ACCENTS: Final = 3
_LONGEST_WORD: Final = 28
_PIECE: Final = 14
_BREAK: Final = "\u200b"


@dataclass(frozen=True, slots=True)
class Shown:
    """A text as it is set: its lines, and where they begin."""

    lines: tuple[str, ...] = field(repr=False)
    direction: str
    """``ltr`` or ``rtl``, by the first letter (UAX #9, P2 and P3); ``ltr`` without any letter, as numbers are read."""

    @property
    def spoken(self) -> str:
        """The same text in one line, without the places to break it."""
        return " ".join(self.lines).replace(_BREAK, "")


def shown_value(text: str, letters: AbstractSet[int]) -> Shown:
    """What somebody typed, or a card told: nothing of it may move what stands beside it."""
    return _shown(text, letters, allowed=_JOINERS)


def shown_words(text: str, letters: AbstractSet[int]) -> Shown:
    """What an author or translator wrote."""
    return _shown(text, letters, allowed=_JOINERS | _WORD_MARKS)


def _shown(text: str, letters: AbstractSet[int], allowed: AbstractSet[str]) -> Shown:
    plain = text.replace("\r\n", "\n").replace("\t", " ")
    lines = tuple(_breakable("".join(_visible(line, letters, allowed))) for line in plain.split("\n"))
    return Shown(lines, _direction_of(plain))


def _visible(line: str, letters: AbstractSet[int], allowed: AbstractSet[str]) -> Iterator[str]:
    accents = 0
    for character in line:
        accents = accents + 1 if unicodedata.combining(character) or _is_mark(character) else 0
        if character in allowed:
            yield character
        elif unicodedata.category(character) in _UNSEEN or ord(character) not in letters or accents > _MOST_ACCENTS:
            yield f"[U+{ord(character):04X}]"
        else:
            yield character


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M")


def _breakable(line: str) -> str:
    """Long words get places to break, because what runs over the edge of the page is not read."""
    return " ".join(_broken(word) if len(word) > _LONGEST_WORD else word for word in line.split(" "))


def _broken(word: str) -> str:
    pieces: list[str] = [""]
    for character in word:
        if len(pieces[-1]) >= _PIECE and not _is_mark(character) and character not in _JOINERS:
            pieces.append("")
        pieces[-1] += character
    return _BREAK.join(pieces)


def _direction_of(text: str) -> str:
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind in {"R", "AL"}:
            return "rtl"
        if kind == "L":
            return "ltr"
    return "ltr"
