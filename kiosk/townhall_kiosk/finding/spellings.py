# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which of many spellings are like a word: the same, beginning with it, holding it, or a typing error or two away."""

import enum
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

_EDGE: Final = "\0"  # before and behind a word; no word has it
_ONE_ERROR_FROM, _TWO_ERRORS_FROM = 4, 8  # letters: shorter words are like too many others
_PART_FROM: Final = 3
_BROKEN: Final = 3  # pairs of letters that one error can take away: two letters exchanged are in three


class Likeness(enum.IntEnum):
    """How like a spelling is to what was typed; less is more like."""

    SAME = 0
    BEGINNING = 1  # what was typed begins it
    ONE_ERROR = 2
    PART = 3  # what was typed is inside it
    TWO_ERRORS = 4


class Spellings:
    """Spellings by the pairs of letters in them. A pair of neighbours is in every word that is like the one typed."""

    def __init__(self, spellings: Iterable[str]) -> None:
        """Take all spellings; their numbers are their places in order."""
        self.sorted: Final = sorted(set(spellings))
        holding: dict[str, array[int]] = {}
        for number, spelling in enumerate(self.sorted):
            for pair in _pairs(spelling):
                holding.setdefault(pair, array("I")).append(number)
        self._holding = holding

    def like(self, word: str) -> dict[int, Likeness]:
        """Return the numbers of all spellings that are like a word, with how like they are."""
        found: dict[int, Likeness] = {}
        for number in self._with_errors(word):
            errors = errors_between(word, self.sorted[number], errors_in(word))
            if errors is not None:
                found[number] = (Likeness.SAME, Likeness.ONE_ERROR, Likeness.TWO_ERRORS)[errors]
        for number in self._holders(word):
            found[number] = min(Likeness.PART, found.get(number, Likeness.PART))
        for number in self._beginning(word):
            is_same = self.sorted[number] == word
            found[number] = Likeness.SAME if is_same else Likeness.BEGINNING
        return found

    def _beginning(self, word: str) -> Iterator[int]:
        number = bisect_left(self.sorted, word)
        while number < len(self.sorted) and self.sorted[number].startswith(word):
            yield number
            number += 1

    def _holders(self, word: str) -> Iterator[int]:
        """Return those that hold the word somewhere: among those that have its rarest pair."""
        if len(word) < _PART_FROM:
            return
        rarest = min((self._holding.get(pair, _NONE) for pair in _pairs(word, "")), key=len)
        yield from (number for number in rarest if word in self.sorted[number])

    def _with_errors(self, word: str) -> Iterator[int]:
        """Return those that have so many of the word's pairs that there may be no more than its errors between."""
        allowed = errors_in(word)
        if not allowed:
            return
        pairs = _pairs(word)
        shared: Counter[int] = Counter()
        for pair in pairs:
            shared.update(self._holding.get(pair, _NONE))
        least = max(1, len(pairs) - _BROKEN * allowed)
        for number, count in shared.items():
            if count >= least and abs(len(self.sorted[number]) - len(word)) <= allowed:
                yield number


_NONE: "Final[array[int]]" = array("I")


def _pairs(word: str, edge: str = _EDGE) -> set[str]:
    whole = f"{edge}{word}{edge}"
    return {whole[place : place + 2] for place in range(len(whole) - 1)}


def errors_in(word: str) -> int:
    """Return how many typing errors are forgiven in a word."""
    return (len(word) >= _ONE_ERROR_FROM) + (len(word) >= _TWO_ERRORS_FROM)


def errors_between(one: str, other: str, most: int) -> int | None:
    """Return how many typing errors lie between two words, None where there are more than ``most``.

    A letter too many, missing, another one, or two neighbours exchanged are one error each (optimal string alignment).
    """
    if abs(len(one) - len(other)) > most:
        return None
    before: list[int] = []
    row = list(range(len(other) + 1))
    for place, sign in enumerate(one, 1):
        row, before, earlier = [place], row, before
        for column, against in enumerate(other, 1):
            cost = min(before[column] + 1, row[column - 1] + 1, before[column - 1] + (sign != against))
            if place > 1 and column > 1 and sign == other[column - 2] and one[place - 2] == against:
                cost = min(cost, earlier[column - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return None
    return row[-1] if row[-1] <= most else None
