# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Services found by what a person types, in one language: by title, words and summary, errors and endings forgiven."""

from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import log
from types import MappingProxyType
from typing import Final

from townhall_kiosk.finding.spellings import Likeness, Spellings
from townhall_kiosk.finding.words import LONGEST, Stems

_MOST_WORDS: Final = 12  # of what was typed
_WORTH: Final[Mapping[Likeness, float]] = MappingProxyType(
    {
        Likeness.SAME: 1.0,
        Likeness.BEGINNING: 0.8,
        Likeness.ONE_ERROR: 0.6,
        Likeness.PART: 0.5,
        Likeness.TWO_ERRORS: 0.4,
    }
)
_FIELDS: Final = (1.0, 0.8, 0.4, 0.3)  # title, words, summary, what the municipality says
_NAMES: Final = 2  # fields that are names of the service
_BY_STEM: Final = 0.9
_SAME_TITLE, _TITLE_BEGINS = 2.0, 1.3
_COMMON: Final = 0.01  # how rare a word is that every service has
_WEAKEST: Final = 0.2  # of the best: what is less is left out


@dataclass(frozen=True, slots=True)
class Findable:
    """One service as one language tells of it."""

    id: str
    title: str
    words: tuple[str, ...] = ()
    summary: str = ""
    here: tuple[str, ...] = ()  # the office, as the municipality names it


class ServiceSearch:
    """Built once; every search only reads it."""

    def __init__(self, language: str, services: Iterable[Findable]) -> None:
        """Take the services in the order in which equals are shown."""
        self._stems = Stems(language)
        self._ids: list[str] = []
        self._titles: list[str] = []
        fields: dict[str, dict[int, int]] = {}  # spelling -> service -> its best field
        for number, each in enumerate(services):
            self._ids.append(each.id)
            self._titles.append(" ".join(word.spelling for word in self._stems.remembered(each.title)))
            for field, texts in enumerate(((each.title,), each.words, (each.summary,), each.here)):
                for spelling in self._spelled(texts, are_names=field < _NAMES):
                    fields.setdefault(spelling, {}).setdefault(number, field)
        self._stems.forget()
        self._spellings = Spellings(fields)
        ordered = [fields[spelling] for spelling in self._spellings.sorted]
        self._services = [array("I", of) for of in ordered]
        self._of_field = [bytes(of.values()) for of in ordered]

    def _spelled(self, texts: Iterable[str], *, are_names: bool) -> Iterator[str]:
        """Return all spellings under which texts are found: words, stems, and of names neighbours written as one."""
        for text in texts:
            words = self._stems.remembered(text)
            for word in words:
                yield from (word.spelling, word.stem)
            if are_names:
                yield from (one.spelling + other.spelling for one, other in pairwise(words))

    def find(self, words: str) -> tuple[str, ...]:
        """Return the ids of the services that fit, the best first; nothing fits no words.

        A service that has more of the words, and rarer ones, stands before one with fewer; a title before the words
        that people use, and these before a summary.
        """
        typed = self._stems.words(words[:LONGEST])[:_MOST_WORDS]
        totals: dict[int, float] = {}
        for word in typed:
            gains = self._gains(word.spelling, word.stem)
            rarity = max(_COMMON, log((1 + len(self._ids) / len(gains)) / 2)) if gains else 0.0
            for service, gain in gains.items():
                totals[service] = totals.get(service, 0.0) + rarity * gain
        line = " ".join(word.spelling for word in typed)
        for service in totals:
            title = self._titles[service]
            if title.startswith(line):
                totals[service] *= _SAME_TITLE if title == line else _TITLE_BEGINS
        weakest = _WEAKEST * max(totals.values(), default=0.0)
        best = sorted((-total, service) for service, total in totals.items() if total >= weakest)
        return tuple(self._ids[service] for _total, service in best)

    def _gains(self, spelling: str, stem: str) -> dict[int, float]:
        """Return what one word is worth to each service that has one like it."""
        worth = {number: _WORTH[likeness] for number, likeness in self._spellings.like(spelling).items()}
        if stem != spelling:
            for number, likeness in self._spellings.like(stem).items():
                worth[number] = max(worth.get(number, 0.0), _BY_STEM * _WORTH[likeness])
        gains: dict[int, float] = {}
        for number, like in worth.items():
            for service, field in zip(self._services[number], self._of_field[number], strict=True):
                gain = like * _FIELDS[field]
                if gain > gains.get(service, 0.0):
                    gains[service] = gain
        return gains
