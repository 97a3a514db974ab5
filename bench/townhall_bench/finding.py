# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A service found among 1,600 by mistyped words, the offices of 28 municipalities in the index too, beside SQLite."""

import json
import random
import sqlite3
import statistics
import tracemalloc
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Final

import msgspec

from townhall_bench.pairing import in_turns, seconds
from townhall_bench.row import Budget, Held, Row
from townhall_kiosk.finding.service_search import Findable, ServiceSearch
from townhall_kiosk.visit.choice_search import MOST_FOUND
from townhall_sync.catalogue_municipality import Fee, LocalFacts, Municipality, Office, read_municipality

SERVICES: Final = 1600
MUNICIPALITIES: Final = 28
_QUERIES: Final = 400
_ROUNDS: Final = 15
_MS: Final = 1000.0
_MIB: Final = 1024.0 * 1024.0
_LETTERS: Final = "aeiourtnslkdm"
_ACTS: Final = (
    *("permit", "application", "registration", "certificate", "notice", "benefit", "licence", "appeal", "change"),
    *("extract", "complaint", "payment", "subscription", "inspection", "consent", "renewal", "exemption", "report"),
)
_LITTLE: Final = ("for", "of", "your", "the", "and", "to", "with", "a", "from", "new")
_PEER: Final = "SQLite FTS5, trigrams, bm25"


def rows() -> Iterator[Row]:
    """Measure."""
    chance = random.Random(28)  # noqa: S311  # the same services each time, not a secret
    services = tuple(made_services(chance))
    wanted = [chance.choice(services) for _ in range(_QUERIES)]
    queries = [_mistyped(chance, each.title) for each in wanted]
    started = perf_counter()
    search = ServiceSearch("en", services)
    built = perf_counter() - started
    started = perf_counter()
    table = _Table(services)
    yield Row(
        "index 1,600 services, one language",
        built * _MS,
        "ms",
        _PEER,
        (perf_counter() - started) * _MS,
        Budget(3000, Held.VALUE),
    )
    yield Row("its memory", _memory(services), "MiB", "the texts themselves", _size(services), Budget(64, Held.VALUE))
    yield _municipality(services)
    yield Row(
        f"the service meant is among the first {MOST_FOUND}",
        _shown(queries, wanted, search.find),
        "%",
        _PEER,
        _shown(queries, wanted, table.find),
        Budget(99, Held.VALUE, at_least=True),
    )
    ours, theirs = _times(queries, search.find, table.find)
    for name, of in (("median", statistics.median), ("worst", max)):
        yield Row(
            f"find a service, mistyped ({name} of {_QUERIES})",
            of(ours) * _MS,
            "ms",
            _PEER,
            of(theirs) * _MS,
            Budget(50, Held.VALUE),
        )


def _shown(queries: list[str], wanted: list[Findable], find: Callable[[str], tuple[str, ...]]) -> float:
    """Return of how many queries in a hundred the service that was meant is among those that a kiosk shows."""
    met = sum(each.id in find(query)[:MOST_FOUND] for query, each in zip(queries, wanted, strict=True))
    return 100.0 * met / len(queries)


def made_services(chance: random.Random) -> Iterator[Findable]:
    """Return services with titles, words, summaries, and an office in each municipality."""
    nouns = [_word(chance) for _ in range(1200)]
    streets = [[_word(chance) for _ in range(12)] for _ in range(MUNICIPALITIES)]
    towns = [_word(chance) for _ in range(MUNICIPALITIES)]
    for number in range(SERVICES):
        first, second = chance.sample(nouns, 2)
        summary = " ".join(chance.choice(nouns if place % 2 else _LITTLE) for place in range(14))
        offices = (
            f"{town} {chance.choice(of_town)} {chance.randrange(1, 99)}"
            for town, of_town in zip(towns, streets, strict=True)
        )
        title = f"{chance.choice(_ACTS).capitalize()} for {first} {second}"
        yield Findable(f"service-{number}", title, tuple(chance.sample(nouns, 5)), summary, tuple(offices))


def _word(chance: random.Random) -> str:
    """Return something that can be spoken: the pairs of letters of a language are as uneven as here."""
    return "".join(
        chance.choice("rtnslkdmpvbgh") + chance.choice("aeiou") + chance.choice(("", "n", "s", "r"))
        for _ in range(chance.randrange(2, 5))
    )


def _mistyped(chance: random.Random, title: str) -> str:
    """Return words of a title, each longer one with an error."""
    words = title.casefold().split()
    wanted = words if chance.random() < 0.5 else words[-2:]
    return " ".join(_with_error(chance, word) if len(word) >= 5 else word for word in wanted)


def _with_error(chance: random.Random, word: str) -> str:
    place = chance.randrange(1, len(word) - 1)
    match chance.randrange(4):
        case 0:
            return word[:place] + word[place + 1 :]
        case 1:
            return word[:place] + chance.choice(_LETTERS) + word[place:]
        case 2:
            return word[:place] + chance.choice(_LETTERS) + word[place + 1 :]
        case _:
            return word[:place] + word[place + 1] + word[place] + word[place + 2 :]


def _municipality(services: tuple[Findable, ...]) -> Row:
    """The file of a municipality that says everything of every service, in one language; a kiosk reads one."""
    facts = LocalFacts(Fee("15.00", "EUR", {"en": "Half"}), {"en": "9 to 17"}, Office({"en": "Desk"}, "Kopli 3"))
    names = [each.id for each in services]
    content = msgspec.json.encode(Municipality(1, {"en": "Tamme"}, dict.fromkeys(names, facts)))
    ours, theirs = in_turns(
        seconds(lambda: read_municipality(content, languages=["en"], services=names)),
        seconds(lambda: json.loads(content)),
        _ROUNDS,
    )
    what = "read and check a municipality's facts"
    return Row(what, ours * _MS, "ms", "json.loads of the same bytes", theirs * _MS, Budget(50, Held.VALUE))


def _memory(services: tuple[Findable, ...]) -> float:
    tracemalloc.start()
    search = ServiceSearch("en", services)
    taken, _most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del search
    return taken / _MIB


def _size(services: tuple[Findable, ...]) -> float:
    return sum(len(" ".join((each.title, *each.words, each.summary, *each.here))) for each in services) / _MIB


class _Table:
    """A table of trigrams; it forgives no errors by itself, so the trigrams of what was typed are any of them."""

    def __init__(self, services: tuple[Findable, ...]) -> None:
        self._database = sqlite3.connect(":memory:")
        self._database.execute(
            "CREATE VIRTUAL TABLE found USING fts5(id UNINDEXED, title, words, summary, here, tokenize='trigram')"
        )
        self._database.executemany(
            "INSERT INTO found VALUES (?, ?, ?, ?, ?)",
            ((each.id, each.title, " ".join(each.words), each.summary, " ".join(each.here)) for each in services),
        )

    def find(self, words: str) -> tuple[str, ...]:
        parts = {word[place : place + 3] for word in words.split() for place in range(len(word) - 2)}
        sought = " OR ".join(f'"{part}"' for part in sorted(parts))
        asked = "SELECT id FROM found WHERE found MATCH ? ORDER BY bm25(found, 0, 10, 8, 4, 3) LIMIT ?"
        return tuple(name for (name,) in self._database.execute(asked, (sought, MOST_FOUND)))


def _times(
    queries: list[str], ours: Callable[[str], tuple[str, ...]], theirs: Callable[[str], tuple[str, ...]]
) -> tuple[list[float], list[float]]:
    """Return the seconds of each query by both, taken in turns."""
    taken: tuple[list[float], list[float]] = ([], [])
    for query in queries:
        for find, measured in zip((ours, theirs), taken, strict=True):
            started = perf_counter()
            find(query)
            measured.append(perf_counter() - started)
    return taken
