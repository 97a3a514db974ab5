# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A good record with anything changed is not believed, and whatever ours believes, the tool believes."""

import io
import random
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Final, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.voting.conftest import BeleniosTool, RepeatableRandomness
from tests.voting.our_election import UUID, GoodRecord, OurElection, archive

from townhall_voting.election import HomomorphicQuestion
from townhall_voting.record.archive import read_events, read_head
from townhall_voting.record.ballot_judges import DirectJudge
from townhall_voting.record.events import BallotEvent, Event, PartialDecryptionEvent, data_of
from townhall_voting.record.findings import NotVerified, Outcome, Verified
from townhall_voting.record.reasons import Refusal
from townhall_voting.record.remembered import write_remembered
from townhall_voting.record.verifier import Evidence, verify_record

SAMPLE: Final = 61
"""Every so manieth byte in the quick run: prime, so that it meets every column of a block."""


@pytest.fixture(scope="module")
def tiny() -> GoodRecord:
    """As small as a record can be: one question, one ballot; so every byte of it can be tried."""
    town = OurElection(RepeatableRandomness("a tiny record"), questions=(HomomorphicQuestion("?", ("a",), 0, 1),))
    votes = (town.vote(((1,),)),)
    events = tuple(town.events(votes))
    return GoodRecord(town, votes, events, dict(town.side_cars), town.published(votes))


def verify(data: bytes, record: GoodRecord, remembered: bytes | None = None) -> Outcome:
    return verify_record(
        io.BytesIO(data), Evidence(UUID, record.side_cars, record.published), DirectJudge(), remembered
    )


COLUMNS: Final = {
    "name": 3,
    "mode": 103,
    "uid": 110,
    "gid": 118,
    "size": 130,
    "time": 140,
    "sum": 150,
    "type": 156,
    "rest": 300,
}
"""A byte of each field of a block."""


# Every byte of the file


@dataclass(frozen=True, slots=True)
class Stretch:
    """An event's bytes in the archive, and what a verifier remembers of all before it."""

    begin: int
    end: int
    remembered: bytes | None


def stretches(record: GoodRecord) -> Iterator[Stretch]:
    """The archive in pieces; what stands before a piece is remembered, so that trying one costs little."""
    stream = io.BytesIO(record.data)
    begin, remembered = 0, None
    for recorded in read_events(stream, read_head(stream)):
        yield Stretch(begin, recorded.head.offset, remembered)
        before = verify(record.data[: recorded.head.offset], record)
        assert isinstance(before, Verified)
        begin, remembered = recorded.head.offset, write_remembered(record.town.election, before.remembered)


def believed_with_another_byte(record: GoodRecord, step: int) -> list[tuple[int, int]]:
    """Return which bits of the file can be flipped unnoticed, trying one bit of every ``step``-th byte."""
    believed, tried, data = [], 0, record.data
    for stretch in stretches(record):
        for index in range(stretch.begin + -stretch.begin % step, stretch.end, step):
            bit = 1 << index % 8
            changed = bytearray(data)
            changed[index] ^= bit
            tried += 1
            if isinstance(verify(bytes(changed), record, stretch.remembered), Verified):
                believed.append((index, bit))
    assert tried == len(range(0, len(data), step))
    return believed


def test_no_changed_byte_of_a_good_record_is_believed(tiny: GoodRecord) -> None:
    assert believed_with_another_byte(tiny, SAMPLE) == []


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_no_changed_byte_of_a_good_record_is_believed_whichever(tiny: GoodRecord, good: GoodRecord) -> None:
    """Every byte of a small record, and every 61st of a larger one: minutes, not hours."""
    assert believed_with_another_byte(tiny, 1) == []
    assert believed_with_another_byte(good, SAMPLE) == []


def test_every_field_of_every_block_is_told_as_a_block(good: GoodRecord) -> None:
    data = good.data
    stream, found = io.BytesIO(data), set()
    begins = [0, *(each.place.offset for each in read_events(stream, read_head(stream)))]
    for begin in begins:
        for column in COLUMNS.values():
            changed = bytearray(data)
            changed[begin + column] ^= 1
            outcome = verify(bytes(changed), good)
            assert isinstance(outcome, NotVerified)
            found.add(outcome.reason)
    assert found == {Refusal.BLOCK}


# Every byte of what is recorded, with all hashes made good again


Choose = Callable[[bytes], Iterable[int]]
"""Chooses which bytes of a value are changed."""
_TOKEN: Final = re.compile(rb'"[^"]*":|"|[0-9]+|[A-Za-z+/]+|.', re.DOTALL)


def every(step: int) -> Choose:
    """Choose every ``step``-th byte."""
    return lambda value: range(0, len(value), step)


def of_each_class(count: int) -> Choose:
    """Choose up to ``count`` bytes of each class, by a fixed seed."""

    def choose(value: bytes) -> list[int]:
        chance = random.Random(len(value))  # noqa: S311  # a test's choice
        return sorted(
            index for places in classes(value).values() for index in chance.sample(places, min(count, len(places)))
        )

    return choose


def classes(value: bytes) -> dict[tuple[bytes, str], list[int]]:
    """Sort a value's bytes into classes.

    A class is the JSON key that stands last before the byte, and what the byte is in its token: the first, the last or
    an inner one of a number or a word, a byte of a key, or a sign of the notation.
    """
    found: dict[tuple[bytes, str], list[int]] = {}
    key = b""
    for token in _TOKEN.finditer(value):
        text = token[0]
        key = text if text.endswith(b":") and len(text) > 1 else key
        kind = "key" if key == text else "digit" if text.isdigit() else "letter" if text.isalpha() else repr(text[:1])
        for index in range(*token.span()):
            edge = "first" if index == token.start() else "last" if index == token.end() - 1 else "inner"
            found.setdefault((key, f"{kind} {edge}"), []).append(index)
    return found


def mended(record: GoodRecord, choose: Choose) -> Iterator[tuple[str, GoodRecord]]:
    """Records with one byte of an event's data or of a side-car changed; the archive around it is made anew."""
    for height, event in enumerate(record.events):
        for field in fields(event):
            value = getattr(event, field.name)
            for changed in _changes(value, choose):
                new: Event = replace(event, **{field.name: changed})  # type: ignore[arg-type]  # of the field's type
                events = [*record.events[:height], new, *record.events[height + 1 :]]
                yield f"{event.kind} {field.name}", record.with_events(events)
    for owner, side_car in record.side_cars.items():
        for changed in _changes(side_car, choose):
            assert isinstance(changed, bytes)
            yield f"side-car {owner}", replace(record, side_cars=record.side_cars | {owner: changed})


def _changes(value: bytes | int, choose: Choose) -> Iterator[bytes | int]:
    if isinstance(value, int):
        yield from {value - 1, value + 1, 0} - {value}
        return
    for index in choose(value):
        changed = bytearray(value)
        # Digits become digits, so that most changes get past the parser; the rest become anything.
        digit = changed[index] - ord("0")
        changed[index] = ord("0") + (digit + 1) % 10 if 0 <= digit <= 9 else changed[index] ^ 1
        yield bytes(changed)


def believed_with_other_data(record: GoodRecord, choose: Choose) -> tuple[list[str], set[Refusal]]:
    believed, reasons = [], set()
    for name, changed in mended(record, choose):
        outcome = verify(changed.data, changed)
        if isinstance(outcome, NotVerified):
            reasons.add(outcome.reason)
        else:
            believed.append(name)
    return believed, reasons


def test_no_changed_datum_is_believed_though_every_hash_is_made_good(tiny: GoodRecord) -> None:
    believed, reasons = believed_with_other_data(tiny, every(SAMPLE))
    assert believed == []
    assert len(reasons) > 10


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_no_changed_datum_of_any_class_is_believed(tiny: GoodRecord, good: GoodRecord) -> None:
    """Not every byte, each of which costs a whole verification: by a seed some of every class (``classes``).

    Every byte of a small archive itself is tried above, where what stands before it is remembered.
    """
    assert believed_with_other_data(tiny, of_each_class(6))[0] == []
    assert believed_with_other_data(good, of_each_class(1))[0] == []


def test_every_byte_is_in_a_class_and_no_class_is_left_out() -> None:
    value = b'{"alpha":"12345","proof":[{"challenge":"7","x":"ab"}]}'
    sorted_out = classes(value)
    assert sorted(index for places in sorted_out.values() for index in places) == list(range(len(value)))
    assert {(b'"alpha":', f"digit {edge}") for edge in ("first", "inner", "last")} <= set(sorted_out)
    chosen = set(of_each_class(1)(value))
    assert all(len(chosen & set(places)) == 1 for places in sorted_out.values())


# Events left out, repeated, moved, or of another record


def rebuilt(good: GoodRecord, other: GoodRecord) -> st.SearchStrategy[list[Event]]:
    """Lists of events near an honest one: cuts, and up to three events dropped, doubled, exchanged or replaced."""
    size = len(good.events)
    places = st.integers(0, size - 1)
    edits = st.lists(st.tuples(st.sampled_from(["drop", "double", "swap", "replace"]), places, places), max_size=3)

    def edit(length: int, wanted: Sequence[tuple[str, int, int]]) -> list[Event]:
        events = list(good.events[:length])
        for kind, one, two in wanted:
            if not events:
                break
            first, second = one % len(events), two % len(events)
            match kind:
                case "drop":
                    del events[first]
                case "double":
                    events.insert(second, events[first])
                case "swap":
                    events[first], events[second] = events[second], events[first]
                case _:
                    events[first] = other.events[two % len(other.events)]
        return events

    return st.builds(edit, st.integers(1, size), edits)


def check_that_the_tool_believes_it_too(good: GoodRecord, events: Sequence[Event], timestamp: int) -> None:
    data = archive(events, timestamp)
    if isinstance(verify(data, good), NotVerified):
        return
    cast = [event for event in events if isinstance(event, BallotEvent)]
    if len(events) == len(cast) + 1:  # still open: any of the ballots
        assert {each.ballot for each in cast} <= {each.ballot.data for each in good.votes}
    else:
        # Trustees decrypt in any order: while some are waited for, any of the shares may be there.
        shares, others = shares_and_others(events)
        all_shares, all_others = shares_and_others(good.events)
        assert sorted(others) == sorted(all_others[: len(others)])
        assert Counter(shares) <= Counter(all_shares)
    with tempfile.TemporaryDirectory() as folder:
        tool = BeleniosTool(Path(folder))
        tool.write(f"{UUID}.bel", data)
        tool.verify()


Spelled: TypeAlias = tuple[str, tuple[bytes, ...]]


def shares_and_others(events: Sequence[Event]) -> tuple[list[Spelled], list[Spelled]]:
    shares = [spelled(event) for event in events if isinstance(event, PartialDecryptionEvent)]
    return shares, [spelled(event) for event in events if not isinstance(event, PartialDecryptionEvent)]


def spelled(event: Event) -> Spelled:
    return event.kind, data_of(event)


@pytest.fixture(scope="module")
def stranger() -> GoodRecord:
    """Another record of the same questions, whose events are put into the first."""
    town = OurElection(RepeatableRandomness("a stranger's record"))
    votes = tuple(town.vote(((1, 0, 0), (0, 1, 0))) for _ in range(2))
    events = tuple(town.events(votes))
    return GoodRecord(town, votes, events, dict(town.side_cars), town.published(votes))


def test_a_record_that_waits_for_the_first_share_and_has_the_second_is_believed_by_both(good: GoodRecord) -> None:
    first = next(index for index, event in enumerate(good.events) if isinstance(event, PartialDecryptionEvent))
    events = [*good.events[:first], good.events[first + 1]]
    assert isinstance(verify(archive(events), good), Verified)
    check_that_the_tool_believes_it_too(good, events, timestamp=0)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), timestamp=st.integers(0, 0o77777777777))
def test_whatever_ours_believes_the_tool_believes(
    good: GoodRecord, stranger: GoodRecord, data: st.DataObject, timestamp: int
) -> None:
    check_that_the_tool_believes_it_too(good, data.draw(rebuilt(good, stranger)), timestamp)


@pytest.mark.long
@pytest.mark.timeout(7200)
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), timestamp=st.integers(0, 0o77777777777))
def test_whatever_ours_believes_the_tool_believes_in_many_tries(
    good: GoodRecord, stranger: GoodRecord, data: st.DataObject, timestamp: int
) -> None:
    check_that_the_tool_believes_it_too(good, data.draw(rebuilt(good, stranger)), timestamp)
