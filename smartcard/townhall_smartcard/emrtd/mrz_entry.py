# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A machine readable zone as somebody typed it, or as a reader that plays a keyboard did: read, or every mistake named.

Nothing is mended here: an O where a zero belongs opens no chip, and whoever typed it can look at the document again.
"""

import enum
import re
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from townhall_smartcard.emrtd.lds.mrz import Checked, Mrz, check_digit, parse_mrz
from townhall_smartcard.emrtd.lds.mrz_layout import (
    DIGITS_ONLY,
    FILLER,
    LAYOUTS,
    LETTERS_ONLY,
    SIGNS,
    WHOLES,
    MrzField,
    MrzSize,
    Span,
    split_lines,
)

LONGEST_ENTRY: Final = 512
"""More than any zone with all that readers put around it."""
MOST_MISTAKES: Final = 8
"""Whoever made more looks at the whole line again."""

_LINE_ENDS: Final = re.compile(r"[\r\n\t\v\f\x1c\x1d\x1e\x85\u2028\u2029]+")
_LOOK_ALIKES: Final = ("O0", "Q0", "D0", "I1", "S5", "B8", "Z2", "G6")
_DIGIT_OF: Final = {
    Checked.DOCUMENT_NUMBER: (MrzField.DOCUMENT_NUMBER, MrzField.DOCUMENT_NUMBER_DIGIT),
    Checked.BIRTH: (MrzField.BIRTH, MrzField.BIRTH_DIGIT),
    Checked.EXPIRY: (MrzField.EXPIRY, MrzField.EXPIRY_DIGIT),
    Checked.OPTIONAL: (MrzField.OPTIONAL, MrzField.OPTIONAL_DIGIT),
}


class MrzFault(enum.Enum):
    """What is wrong at a place of a zone that was typed; the value is its name in texts and files."""

    EMPTY = "empty"  # nothing was typed
    SIGN = "sign"  # no zone has this sign
    LENGTH = "length"  # a line is longer or shorter than those of any document
    LETTER_FOR_DIGIT = "letter-for-digit"
    DIGIT_FOR_LETTER = "digit-for-letter"
    CHECK_DIGIT = "check-digit"  # something before this check digit was mistyped, or it was

    @property
    def code(self) -> str:
        """The failure code (docs/failure-codes.md) that a screen shows."""
        return _CODES[self]


_CODES: Final = {
    MrzFault.EMPTY: "TH-CARD-040",
    MrzFault.SIGN: "TH-CARD-041",
    MrzFault.LENGTH: "TH-CARD-042",
    MrzFault.LETTER_FOR_DIGIT: "TH-CARD-043",
    MrzFault.DIGIT_FOR_LETTER: "TH-CARD-044",
    MrzFault.CHECK_DIGIT: "TH-CARD-045",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A sign of a zone, as people count: lines and signs from 1."""

    line: int
    sign: int


@dataclass(frozen=True, slots=True)
class MrzMistake:
    """One mistake. It says where, and never what was typed."""

    fault: MrzFault
    at: Place
    """The sign; of a line that is too long or too short, the last one that it has. Line 0: it was typed in one."""
    about: Checked | None = None
    """What the check digit stands for."""
    wanted: int = 0
    """How long the line, or the whole of it, should be."""
    look_at: tuple[Place, ...] = ()
    """Signs that are easily taken for another, with which this check digit would be right."""


@dataclass(frozen=True, slots=True)
class Framing:
    """What a reader is set up to send before and after the zone, beside control characters and ends of lines."""

    prefix: str = ""
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class TypedZone:
    """A zone whose every check digit holds. Personal data: no repr."""

    zone: Mrz = field(repr=False)


@dataclass(frozen=True, slots=True)
class ZoneRefused:
    """Why it was not read; the first mistake is the one to mend first."""

    mistakes: tuple[MrzMistake, ...]


ZoneEntry: TypeAlias = TypedZone | ZoneRefused
_BARE: Final = Framing()


def read_entry(untrusted: str, framing: Framing = _BARE) -> ZoneEntry:
    """Read what was typed: lines apart in any usual way or one behind the other, capitals or not, blanks or not.

    Ends of lines are carriage return, line feed, tab or any separator; other control characters (STX, ETX) and the
    framing are left out. A line that is apart must be as long as the document's.
    """
    lines = _lines(untrusted[:LONGEST_ENTRY], framing)
    if not lines:
        return ZoneRefused((MrzMistake(MrzFault.EMPTY, Place(0, 0)),))
    if strange := _strange_signs(lines):
        return ZoneRefused(strange)
    size = _size_of(lines)
    if not isinstance(size, MrzSize):
        return ZoneRefused(size)
    found = split_lines("".join(lines))
    if found is None:
        raise AssertionError(size)
    mistakes = _misplaced(*found) or _wrong_digits(*found)
    return ZoneRefused(mistakes[:MOST_MISTAKES]) if mistakes else TypedZone(parse_mrz("".join(lines)))


def is_complete(typed: str, framing: Framing = _BARE) -> bool:
    """Tell whether these are as many lines and signs as some document has: then the end of a line ends the whole."""
    lines = _lines(typed[:LONGEST_ENTRY], framing)
    return bool(lines) and isinstance(_size_of(lines), MrzSize)


def _lines(untrusted: str, framing: Framing) -> tuple[str, ...]:
    """Return the lines as capitals, without what is no sign of anything."""
    kept = "".join(each for each in _LINE_ENDS.sub("\n", untrusted) if each == "\n" or each.isprintable())
    bare = kept.strip().removeprefix(framing.prefix).removesuffix(framing.suffix)
    lines = ("".join(_capital(each) for each in line if not each.isspace()) for line in bare.split("\n"))
    return tuple(each for each in lines if each)


def _capital(sign: str) -> str:
    return sign.upper() if sign.isascii() else sign


def _strange_signs(lines: tuple[str, ...]) -> tuple[MrzMistake, ...]:
    places = (
        Place(number, at)
        for number, line in enumerate(lines, start=1)
        for at, sign in enumerate(line, start=1)
        if sign not in SIGNS
    )
    return tuple(MrzMistake(MrzFault.SIGN, each) for each in places)[:MOST_MISTAKES]


def _size_of(lines: tuple[str, ...]) -> MrzSize | tuple[MrzMistake, ...]:
    """Return the size whose lines these are, or each line that is too long or too short for the nearest size."""
    if len(lines) == 1:
        return _size_of_one(lines[0])
    by_count = [size for size in MrzSize if size.value[0] == len(lines)]
    if not by_count:
        return (MrzMistake(MrzFault.LENGTH, Place(len(lines), len(lines[-1]))),)
    size = min(by_count, key=lambda each: sum(abs(len(line) - each.value[1]) for line in lines))
    _, length = size.value
    return size if all(len(line) == length for line in lines) else _too_long_or_short(lines, length)


def _size_of_one(line: str) -> MrzSize | tuple[MrzMistake, ...]:
    nearest = min(MrzSize, key=lambda size: abs(len(line) - size.signs))
    if len(line) == nearest.signs:
        return nearest
    return (MrzMistake(MrzFault.LENGTH, Place(0, len(line)), wanted=nearest.signs),)


def _too_long_or_short(lines: tuple[str, ...], length: int) -> tuple[MrzMistake, ...]:
    wrong = ((number, len(line)) for number, line in enumerate(lines, start=1) if len(line) != length)
    return tuple(MrzMistake(MrzFault.LENGTH, Place(number, signs), wanted=length) for number, signs in wrong)


def _misplaced(size: MrzSize, lines: tuple[str, ...]) -> tuple[MrzMistake, ...]:
    """Return letters where only digits can stand, and the other way round, in the order in which they are read."""
    found = [
        MrzMistake(fault, place)
        for fields, fault, is_wrong in (
            (DIGITS_ONLY, MrzFault.LETTER_FOR_DIGIT, str.isalpha),
            ((MrzField.DOCUMENT_CODE, *LETTERS_ONLY), MrzFault.DIGIT_FOR_LETTER, str.isdecimal),
        )
        for each in fields
        if each in LAYOUTS[size]
        for place, sign in _signs_of(LAYOUTS[size][each], lines)
        if is_wrong(sign)
    ]
    return tuple(sorted(found, key=lambda mistake: (mistake.at.line, mistake.at.sign)))


def _wrong_digits(size: MrzSize, lines: tuple[str, ...]) -> tuple[MrzMistake, ...]:
    found = []
    for about in parse_mrz("".join(lines)).failed:
        signs, digit = _checked_signs(about, size, lines)
        found.append(MrzMistake(MrzFault.CHECK_DIGIT, digit[0], about, look_at=_look_alikes(signs, digit)))
    order = list(Checked)
    return tuple(sorted(found, key=lambda mistake: order.index(mistake.about or Checked.ALL)))


_Sign: TypeAlias = tuple[Place, str]


def _signs_of(span: Span, lines: tuple[str, ...]) -> list[_Sign]:
    return [(Place(span.line + 1, span.start + at), sign) for at, sign in enumerate(span.of(lines), start=1)]


def _checked_signs(about: Checked, size: MrzSize, lines: tuple[str, ...]) -> tuple[list[_Sign], _Sign]:
    """Return the signs that a check digit stands for, and itself."""
    layout = LAYOUTS[size]
    if about is Checked.ALL:
        signs = [sign for span in WHOLES[size] for sign in _signs_of(span, lines)]
        return signs, _signs_of(layout[MrzField.ALL_DIGIT], lines)[0]
    of, digit_field = _DIGIT_OF[about]
    signs, digit = _signs_of(layout[of], lines), _signs_of(layout[digit_field], lines)[0]
    if about is Checked.DOCUMENT_NUMBER and digit[1] == FILLER and size is not MrzSize.TD3:
        rest = _signs_of(layout[MrzField.OPTIONAL], lines)
        length = "".join(sign for _, sign in rest).find(FILLER)
        rest = rest[: length if length >= 0 else len(rest)]
        return ([*signs, *rest[:-1]], rest[-1]) if rest else (signs, digit)
    return signs, digit


def _look_alikes(signs: list[_Sign], digit: _Sign) -> tuple[Place, ...]:
    """Return where another sign of much the same look would make the check digit right."""
    text = "".join(sign for _, sign in signs)
    return tuple(
        place
        for at, (place, sign) in enumerate(signs)
        for pair in _LOOK_ALIKES
        if sign in pair and check_digit(text[:at] + pair.replace(sign, "") + text[at + 1 :]) == digit[1]
    )
