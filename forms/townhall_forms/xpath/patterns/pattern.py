# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Matches by following all ways at once: the time is text times pattern, whatever the form's author wrote."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from townhall_forms.xpath.errors import XPathLimitError
from townhall_forms.xpath.patterns.parser import parse
from townhall_forms.xpath.patterns.syntax import (
    Ahead,
    Choice,
    IsIn,
    Letter,
    Part,
    Place,
    Repetition,
    Sequence,
    is_word,
)

MAX_PATTERN = 1_000
MAX_STATES = 5_000
MAX_STEPS = 2_000_000  # reached only by looking ahead at every place of a long text


@dataclass(frozen=True, slots=True)
class _Fork:
    """Goes on at each of the places."""

    to: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Look:
    program: tuple["_State", ...]
    is_negated: bool


class _Found:
    """The end of a program."""


_State: TypeAlias = "IsIn | Place | _Fork | _Look | _Found"
_FOUND = _Found()


class Pattern:
    """A compiled regular expression."""

    def __init__(self, part: Part) -> None:
        self._program = _compile(part)

    def is_in(self, text: str) -> bool:
        """Say whether any part of ``text`` matches.

        Raises:
            XPathLimitError: it takes too long to say.
        """
        return _Run(text).search(self._program, 0, is_anchored=False)


@lru_cache(maxsize=512)
def compile_pattern(pattern: str) -> Pattern:
    """Compile a regular expression.

    Raises:
        XPathValueError: it is none, or none that runs here.
        XPathLimitError: it is too long, or becomes too long.
    """
    if len(pattern) > MAX_PATTERN:
        raise XPathLimitError(f"regular expression of {len(pattern)} characters")
    return Pattern(parse(pattern))


def _compile(part: Part) -> tuple[_State, ...]:
    program: list[_State] = []
    _emit(part, program)
    program.append(_FOUND)
    return tuple(program)


def _emit(part: Part, program: list[_State]) -> None:
    if len(program) > MAX_STATES:
        raise XPathLimitError("a regular expression with too many states")
    match part:
        case Letter(is_in=is_in):
            program.append(is_in)
        case Place():
            program.append(part)
        case Ahead(inner=inner, is_negated=is_negated):
            program.append(_Look(_compile(inner), is_negated))
        case Sequence(parts=parts):
            for each in parts:
                _emit(each, program)
        case Choice(parts=parts):
            _emit_choice(parts, program)
        case Repetition():
            _emit_repetition(part, program)


def _emit_choice(parts: tuple[Part, ...], program: list[_State]) -> None:
    fork = len(program)
    program.append(_FOUND)
    starts: list[int] = []
    ends: list[int] = []
    for each in parts:
        starts.append(len(program))
        _emit(each, program)
        ends.append(len(program))
        program.append(_FOUND)
    program[fork] = _Fork(tuple(starts))
    for end in ends:
        program[end] = _Fork((len(program),))


def _emit_repetition(repetition: Repetition, program: list[_State]) -> None:
    for _time in range(repetition.minimum):
        _emit(repetition.part, program)
    if repetition.maximum is None:
        fork = len(program)
        program.append(_FOUND)
        _emit(repetition.part, program)
        program.append(_Fork((fork,)))
        program[fork] = _Fork((fork + 1, len(program)))
        return
    forks: list[int] = []
    for _time in range(repetition.maximum - repetition.minimum):
        forks.append(len(program))
        program.append(_FOUND)
        _emit(repetition.part, program)
    for fork in forks:
        program[fork] = _Fork((fork + 1, len(program)))


class _Run:
    """One look through one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._steps = 0

    def search(self, program: tuple[_State, ...], start: int, *, is_anchored: bool) -> bool:
        text = self._text
        places: list[int] = [0]
        for at in range(start, len(text) + 1):
            waiting = self._closure(program, places, at)
            if waiting is None:
                return True
            if at == len(text):
                break
            letter = text[at]
            places = [place + 1 for place, is_in in waiting if is_in(letter)]
            if not is_anchored:
                places.append(0)
            elif not places:
                break
        return False

    def _closure(self, program: tuple[_State, ...], places: list[int], at: int) -> list[tuple[int, IsIn]] | None:
        """Return the letters that are waited for at a place of the text, or None where the end is reached."""
        seen: set[int] = set()
        waiting: list[tuple[int, IsIn]] = []
        stack = list(reversed(places))
        while stack:
            place = stack.pop()
            if place in seen:
                continue
            seen.add(place)
            state = program[place]
            match state:
                case _Fork(to=to):
                    stack.extend(to)
                case Place():
                    if self._is_at(state, at):
                        stack.append(place + 1)
                case _Look(program=inner, is_negated=is_negated):
                    if self.search(inner, at, is_anchored=True) is not is_negated:
                        stack.append(place + 1)
                case _Found():
                    return None
                case is_in:
                    waiting.append((place, is_in))
        self._steps += len(seen)
        if self._steps > MAX_STEPS:
            raise XPathLimitError("a regular expression that takes too long")
        return waiting

    def _is_at(self, place: Place, at: int) -> bool:
        match place:
            case Place.START:
                return at == 0
            case Place.END:
                return at == len(self._text)
            case _:
                before = at > 0 and is_word(self._text[at - 1])
                after = at < len(self._text) and is_word(self._text[at])
                return (before != after) is (place is Place.WORD_EDGE)
