# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reads a regular expression."""

import string
from collections.abc import Mapping
from typing import NoReturn

from townhall_forms.xpath.errors import XPathLimitError, XPathValueError
from townhall_forms.xpath.patterns.syntax import (
    Ahead,
    Choice,
    IsIn,
    Letter,
    Part,
    Place,
    Repetition,
    Sequence,
    in_category,
    is_digit,
    is_space,
    is_word,
)

MAX_DEPTH = 30
MAX_REPETITIONS = 1_000

_CONTROL: Mapping[str, str] = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}
_SETS: Mapping[str, IsIn] = {"d": is_digit, "w": is_word, "s": is_space}
_HEX_LENGTH: Mapping[str, int] = {"x": 2, "u": 4}


def parse(pattern: str) -> Part:
    """Read a pattern.

    Raises:
        XPathValueError: it is none, or needs what only backtracking can do: back references, looking behind.
        XPathLimitError: it is nested too deeply or repeats too often.
    """
    ignores_case = pattern.startswith("(?i)")
    reader = _Reader(pattern.removeprefix("(?i)"), ignores_case=ignores_case)
    part = reader.choice()
    if reader.rest():
        reader.fail("a bracket closes that none opens")
    return part


class _Reader:
    def __init__(self, pattern: str, *, ignores_case: bool) -> None:
        self._pattern = pattern
        self._next = 0
        self._depth = 0
        self._ignores_case = ignores_case

    def rest(self) -> str:
        return self._pattern[self._next :]

    def fail(self, why: str) -> NoReturn:
        raise XPathValueError(f"regular expression {self._pattern!r}: {why}")

    def _accept(self, text: str) -> bool:
        if self._pattern.startswith(text, self._next):
            self._next += len(text)
            return True
        return False

    def _take(self) -> str:
        if self._next >= len(self._pattern):
            self.fail("it ends too early")
        self._next += 1
        return self._pattern[self._next - 1]

    def choice(self) -> Part:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise XPathLimitError("a regular expression nested too deeply")
        parts = [self._sequence()]
        while self._accept("|"):
            parts.append(self._sequence())
        self._depth -= 1
        return parts[0] if len(parts) == 1 else Choice(tuple(parts))

    def _sequence(self) -> Part:
        parts: list[Part] = []
        while self.rest() and self.rest()[0] not in "|)":
            parts.append(self._repeated(self._atom()))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _repeated(self, part: Part) -> Part:
        bounds = self._bounds()
        if bounds is None:
            return part
        self._accept("?")  # lazy: finds the same
        if self.rest()[:1] in {"*", "+"} or self._bounds() is not None:
            self.fail("a repetition of a repetition")
        minimum, maximum = bounds
        if max(minimum, maximum or 0) > MAX_REPETITIONS:
            raise XPathLimitError("a regular expression that repeats too often")
        return Repetition(part, minimum, maximum)

    def _bounds(self) -> tuple[int, int | None] | None:
        for sign, bounds in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._accept(sign):
                return bounds
        rest = self.rest()
        inside, end, _after = rest[1:].partition("}")
        low, comma, high = inside.partition(",")
        if not rest.startswith("{") or not end or not _is_count(low) or (high and not _is_count(high)):
            return None  # a brace that is no count is a brace
        self._next += len(inside) + 2
        maximum = int(high) if high else None if comma else int(low)
        if maximum is not None and maximum < int(low):
            self.fail("a repetition from more to fewer")
        return int(low), maximum

    def _atom(self) -> Part:
        letter = self._take()
        if letter == "(":
            return self._group()
        if letter == "\\":
            return self._escape()
        if letter in "*+?":
            self.fail("nothing to repeat")
        if letter in "^$":
            return Place(letter)
        if letter == "[":
            return Letter(self._set())
        return Letter(_is_of_one_line if letter == "." else self._exactly(letter))

    def _exactly(self, letter: str) -> IsIn:
        if self._ignores_case:
            return lambda other: other.casefold() == letter.casefold()
        return lambda other: other == letter

    def _group(self) -> Part:
        ahead: bool | None = None
        if self._accept("?"):
            if self._accept("=") or self._accept("!"):
                ahead = self._pattern[self._next - 1] == "!"
            elif self._accept("<") and self.rest()[:1] not in {"=", "!"}:
                self._next = self._pattern.find(">", self._next) + 1 or len(self._pattern)
            elif not self._accept(":"):
                self.fail("a kind of group that is not supported")
        part = self.choice()
        if not self._accept(")"):
            self.fail("a bracket that nothing closes")
        return part if ahead is None else Ahead(part, ahead)

    def _escape(self) -> Part:
        letter = self._take()
        if letter in "bB":
            return Place.WORD_EDGE if letter == "b" else Place.NO_WORD_EDGE
        if letter in "123456789k":
            self.fail("a back reference")
        return Letter(self._escaped(letter))

    def _escaped(self, letter: str) -> IsIn:
        r"""Return the set of an escape; ``letter`` follows the backslash."""
        lower = letter.lower()
        if lower in _SETS:
            return _negated(_SETS[lower]) if letter.isupper() else _SETS[lower]
        if lower == "p":
            found = in_category(self._category())
            if found is None:
                self.fail("an unknown category of characters")
            return _negated(found) if letter.isupper() else found
        if letter.isascii() and letter.isalnum() and letter not in _CONTROL and letter not in _HEX_LENGTH:
            self.fail("an unknown escape")
        return self._exactly(self._literal(letter))

    def _category(self) -> str:
        if not self._accept("{"):
            return self._take()
        name, end, _rest = self.rest().partition("}")
        self._next += len(name) + len(end)
        return name.removeprefix("Is")

    def _literal(self, letter: str) -> str:
        length = _HEX_LENGTH.get(letter)
        if length is None:
            return _CONTROL.get(letter, letter)
        digits = self.rest()[:length]
        if len(digits) < length or not set(digits) <= set(string.hexdigits):
            self.fail("an escape that is no hexadecimal number")
        self._next += length
        return chr(int(digits, 16))

    def _set(self) -> IsIn:
        is_negated = self._accept("^")
        members: list[IsIn] = []
        is_first = True
        while is_first or not self._accept("]"):
            is_first = False
            members.append(self._member())
        found = _any_of(members)
        return _negated(found) if is_negated else found

    def _member(self) -> IsIn:
        letter = self._take()
        if letter == "\\":
            escaped = self._take()
            if escaped.lower() in _SETS or escaped.lower() == "p":
                return self._escaped(escaped)
            letter = "\b" if escaped == "b" else self._literal(escaped)
        if not self.rest().startswith("-") or self.rest()[1:2] in {"]", ""}:
            return self._exactly(letter)
        self._next += 1
        last = self._take()
        if last == "\\":
            last = self._literal(self._take())
        if last < letter:
            self.fail("a range that ends before it begins")
        return self._range(letter, last)

    def _range(self, first: str, last: str) -> IsIn:
        if self._ignores_case:
            return lambda other: first <= other.lower() <= last or first <= other.upper() <= last
        return lambda other: first <= other <= last


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5


def _is_of_one_line(letter: str) -> bool:
    return letter not in "\n\r\u2028\u2029"


def _negated(is_in: IsIn) -> IsIn:
    return lambda other: not is_in(other)


def _any_of(members: list[IsIn]) -> IsIn:
    if len(members) == 1:
        return members[0]
    return lambda other: any(is_in(other) for is_in in members)
