# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whatever others wrote that nobody can read is refused: no trustee, device or record crashes who reads it."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import pytest
from tests.voting.our_election import BOX_KEY, UUID, GoodRecord

from townhall_crypto.secret import Secret
from townhall_voting.ballot import parse_ballot
from townhall_voting.board.lists import RejectedList, verify_list
from townhall_voting.election import parse_election
from townhall_voting.eligibility.batches import BallotBatch, StatementBatch, parse_ballot_batch, parse_statement_batch
from townhall_voting.errors import RefusedError
from townhall_voting.hashing import HexHash
from townhall_voting.mode import Mode
from townhall_voting.ranked.shuffle_wire import parse_shuffle
from townhall_voting.record.ballot_judges import DirectJudge
from townhall_voting.record.credentials import parse_credentials
from townhall_voting.record.events import (
    BallotEvent,
    EncryptedTallyEvent,
    Event,
    PartialDecryptionEvent,
    ResultEvent,
    SetupEvent,
    ShuffleEvent,
    data_of,
    event_of,
)
from townhall_voting.record.findings import NotVerified
from townhall_voting.record.remembered import parse_remembered, write_remembered
from townhall_voting.record.verifier import Evidence, verify_record
from townhall_voting.trustees.combination import Combiner, OfferedShare, Requirement
from townhall_voting.trustees.key_file import unseal
from townhall_voting.trustees.private_keys import read_single_key
from townhall_voting.trustees.result import parse_result
from townhall_voting.trustees.side_car import check_side_car
from townhall_voting.trustees.tally import EncryptedTally, parse_encrypted_tally
from townhall_voting.trustees.trustee_list import parse_trustees

_DEEP: Final = 5000
"""Brackets: more than any interpreter nests."""
_PLACES: Final = 4

Reader = Callable[[bytes], object]


def unreadable(good: bytes) -> Iterator[bytes]:
    """Return ``good`` with bytes that are no UTF-8, or with brackets without end, at each of its first places."""
    yield b"\xff"
    yield b'"\xff"'
    yield b"[" * _DEEP
    yield b'{"x":' * _DEEP
    quotes = [place for place, byte in enumerate(good) if byte == ord('"')]
    values = [place for place, byte in enumerate(good) if byte in b":["]
    yield from (good[: place + 1] + b"\xff" + good[place + 1 :] for place in quotes[: 4 * _PLACES])
    yield from (good[: place + 1] + b"[" * _DEEP + good[place + 1 :] for place in values[:_PLACES])
    if good.startswith(b"{"):
        yield b'{"x":' + b"[" * _DEEP + b"]" * _DEEP + b"," + good[1:]


@dataclass(frozen=True, slots=True)
class Case:
    """A parser, and something that it reads."""

    read: Reader
    good: bytes


def of_kind(record: GoodRecord, kind: type[Event]) -> Event:
    return next(event for event in record.events if isinstance(event, kind))


def cases(record: GoodRecord, ranked: GoodRecord) -> Iterator[tuple[str, Case]]:
    """Return every parser of the record, of what stands beside it and of what devices send."""
    town, election = record.town, record.town.election
    group = election.group
    setup, share = of_kind(record, SetupEvent), record.town.share(tally_of(record), 1)
    assert isinstance(setup, SetupEvent)
    tally = tally_of(record)
    yield "ballot", Case(lambda data: parse_ballot(election, data), record.votes[0].ballot.data)
    yield "election", Case(parse_election, election.data)
    yield "trustees", Case(lambda data: parse_trustees(group, data), town.trustees.data)
    yield "credentials", Case(lambda data: parse_credentials(group, data), setup.credentials)
    yield "tally", Case(lambda data: parse_encrypted_tally(election, data, tally.sized_data), tally.data)
    yield "size of a tally", Case(lambda data: parse_encrypted_tally(election, tally.data, data), tally.sized_data)
    yield "result", Case(lambda data: parse_result(election, data), data_of(of_kind(record, ResultEvent))[0])
    shuffle = of_kind(ranked, ShuffleEvent)
    yield "shuffle", Case(lambda data: parse_shuffle(ranked.town.group, data), data_of(shuffle)[0])
    first, owned = data_of(shuffle)
    yield "owner of a shuffle", Case(lambda data: event_of("Shuffle", (first, data)), owned)
    yield "owner of a share", Case(lambda data: event_of("PartialDecryption", (first, data)), owned)
    combiner = Combiner(election, town.trustees, tally, Requirement.SIDE_CAR)
    yield "share", Case(lambda data: combiner.check(replace(share, decryption=data)), share.decryption)
    assert share.side_car is not None
    valid = combiner.check(share).decryption
    yield "side-car", Case(lambda data: check_side_car(combiner.statement(1), valid, data), share.side_car)
    rejected = record.published.rejected
    yield "list of a board", Case(lambda data: verify_list(data, RejectedList, BOX_KEY.public_der), rejected)
    yield "key of a trustee", Case(lambda data: unseal(data, Secret(b"1" * 24)), b'{"kind":"townhall.trustee-key.v1"}')
    yield "single key", Case(lambda data: read_single_key(group, data), b'"1234"')
    definition = HexHash("0" * 64)
    statements = StatementBatch(
        mode=Mode.TEST, definition=definition, device="k", opened=1, closed=0, made=1, statements=(b"R",)
    )
    ballots = BallotBatch(
        mode=Mode.TEST, definition=definition, device="k", is_final=True, cast=1, checked=0, ballots=(b"B",), opened=()
    )
    yield "batch of statements", Case(parse_statement_batch, statements.to_bytes())
    yield "batch of ballots", Case(parse_ballot_batch, ballots.to_bytes())
    found = verify_record(io.BytesIO(record.data), Evidence(UUID, record.side_cars), DirectJudge())
    assert not isinstance(found, NotVerified)
    yield (
        "memory of a verifier",
        Case(lambda data: parse_remembered(election, data), write_remembered(election, found.remembered)),
    )


def tally_of(record: GoodRecord) -> EncryptedTally:
    return record.town.tally(each.ballot for each in record.votes)


def test_what_nobody_can_read_is_refused_by_whoever_reads_it(good: GoodRecord, good_ranked: GoodRecord) -> None:
    for name, case in cases(good, good_ranked):
        taken = [number for number, data in enumerate(unreadable(case.good)) if is_read(case.read, data)]
        assert (name, taken) == (name, [])


def is_read(read: Reader, data: bytes) -> bool:
    """Tell whether it is taken; refusing is the one other thing that a reader may do."""
    try:
        read(data)
    except RefusedError:
        return False
    return True


@pytest.mark.parametrize("kind", [SetupEvent, BallotEvent, EncryptedTallyEvent, PartialDecryptionEvent, ResultEvent])
def test_a_record_that_nobody_can_read_gets_its_verdict(good: GoodRecord, kind: type[Event]) -> None:
    at = next(place for place, event in enumerate(good.events) if isinstance(event, kind))
    for false in false_events(good.events[at]):
        changed = good.with_events([*good.events[:at], false, *good.events[at + 1 :]])
        evidence = Evidence(UUID, good.side_cars, good.published)
        assert isinstance(verify_record(io.BytesIO(changed.data), evidence, DirectJudge()), NotVerified)


def false_events(event: Event) -> Iterator[Event]:
    match event:
        case SetupEvent(election, trustees, credentials):
            yield from (replace(event, election=data) for data in unreadable(election))
            yield from (replace(event, trustees=data) for data in unreadable(trustees))
            yield from (replace(event, credentials=data) for data in unreadable(credentials))
        case BallotEvent(ballot):
            yield from map(BallotEvent, unreadable(ballot))
        case EncryptedTallyEvent(tally, count, weight):
            yield from (EncryptedTallyEvent(data, count, weight) for data in unreadable(tally))
        case PartialDecryptionEvent(owner, share):
            yield from (PartialDecryptionEvent(owner, data) for data in unreadable(share))
        case ResultEvent(result):
            yield from map(ResultEvent, unreadable(result))


def test_a_share_that_nobody_can_read_is_left_out_and_its_trustee_named(good: GoodRecord) -> None:
    tally, town = tally_of(good), good.town
    combiner = Combiner(town.election, town.trustees, tally, Requirement.SIDE_CAR)
    first, second = (town.share(tally, owner) for owner in (1, 2))
    for data in unreadable(first.decryption):
        side_car = OfferedShare(1, first.decryption, data)
        found = combiner.combine([replace(first, decryption=data), side_car, first, second])
        assert [share.owner for share in found.used] == [1, 2]
        assert [error.owner for error in found.refused] == [1, 1]
