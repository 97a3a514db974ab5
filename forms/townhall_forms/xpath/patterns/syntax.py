# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a regular expression is made of."""

import enum
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

IsIn: TypeAlias = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Letter:
    """One character out of a set."""

    is_in: IsIn


class Place(enum.Enum):
    """Something that is true of a place in the text."""

    START = "^"
    END = "$"
    WORD_EDGE = "b"
    NO_WORD_EDGE = "B"


@dataclass(frozen=True, slots=True)
class Ahead:
    """What must, or must not, follow."""

    inner: "Part"
    is_negated: bool


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts one after the other."""

    parts: tuple["Part", ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several parts."""

    parts: tuple["Part", ...]


@dataclass(frozen=True, slots=True)
class Repetition:
    """A part so many times; ``maximum`` None has no end."""

    part: "Part"
    minimum: int
    maximum: int | None


Part: TypeAlias = Letter | Place | Ahead | Sequence | Choice | Repetition

_SPACE = frozenset(" \t\n\r\f\v")


def is_digit(letter: str) -> bool:
    r"""Say whether it is of ``\d``: ASCII, as in the engines that authors test with."""
    return "0" <= letter <= "9"


def is_word(letter: str) -> bool:
    r"""Say whether it is of ``\w``."""
    return letter == "_" or (letter.isascii() and letter.isalnum())


def is_space(letter: str) -> bool:
    r"""Say whether it is of ``\s``."""
    return letter in _SPACE


def in_category(name: str) -> IsIn | None:
    r"""Return the set of ``\p{name}``: a general category of Unicode, or None for what is none."""
    short = {"Alpha": "L", "Digit": "Nd", "Punct": "P", "Upper": "Lu", "Lower": "Ll", "Letter": "L"}.get(name, name)
    if len(short) not in {1, 2} or short[0] not in "LMNPSZC":
        return None
    return lambda letter: unicodedata.category(letter).startswith(short)
