# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Batches have one spelling, one order and nothing twice."""

import random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_voting.eligibility.batches import (
    BallotBatch,
    CheckedBallot,
    StatementBatch,
    parse_ballot_batch,
    parse_statement_batch,
    sorted_by_hash,
)
from townhall_voting.errors import MalformedError
from townhall_voting.hashing import Fingerprint, HexHash, fingerprint
from townhall_voting.mode import Mode

DEFINITION = HexHash("ab" * 32)
FIRST, SECOND = sorted_by_hash([b"one", b"two"])
OPENED = tuple(CheckedBallot(h, "THB1:") for h in sorted(fingerprint(bytes([number])) for number in range(3)))
STATEMENTS = StatementBatch(
    mode=Mode.TEST, definition=DEFINITION, device="kiosk-1", opened=10, closed=0, made=2, statements=(FIRST, SECOND)
)
BALLOTS = BallotBatch(
    mode=Mode.OFFICIAL,
    definition=DEFINITION,
    device="kiosk-1",
    is_final=True,
    cast=2,
    checked=3,
    ballots=(FIRST, SECOND),
    opened=OPENED,
)


def test_a_batch_comes_back_as_it_was_written() -> None:
    assert parse_statement_batch(STATEMENTS.to_bytes()) == STATEMENTS
    assert parse_ballot_batch(BALLOTS.to_bytes()) == BALLOTS


@given(st.lists(st.binary(max_size=8), unique=True), st.randoms(use_true_random=False))
def test_no_order_of_making_is_left(items: list[bytes], shuffler: random.Random) -> None:
    again = list(items)
    shuffler.shuffle(again)
    assert sorted_by_hash(again) == sorted_by_hash(items)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"version":1', b'"version":2'),
        (b'"mode":"test"', b'"mode":"both"'),
        (b'"opened":10', b'"opened":-1'),
        (b'"opened":10', b'"opened": 10'),
        (b'"made":2', b'"made":2,"names":[]'),
        (b'"made":2', b'"made":2,"made":2'),
        (b'"abab', b'"ABAB'),
    ],
    ids=range(7),
)
def test_another_spelling_is_refused(old: bytes, new: bytes) -> None:
    spelled = STATEMENTS.to_bytes()
    assert old in spelled
    with pytest.raises(MalformedError):
        parse_statement_batch(spelled.replace(old, new))


@pytest.mark.parametrize("items", [(SECOND, FIRST), (FIRST, FIRST)], ids=["unsorted", "twice"])
def test_what_is_not_sorted_or_twice_is_refused(items: tuple[bytes, ...]) -> None:
    with pytest.raises(MalformedError):
        parse_statement_batch(msgspec.structs.replace(STATEMENTS, statements=items).to_bytes())
    with pytest.raises(MalformedError):
        parse_ballot_batch(msgspec.structs.replace(BALLOTS, ballots=items).to_bytes())


@pytest.mark.parametrize(
    "opened", [OPENED[::-1], (OPENED[0], OPENED[0]), (CheckedBallot(Fingerprint("short"), ""),)], ids=range(3)
)
def test_opened_ballots_are_sorted_and_named_by_their_hash(opened: tuple[CheckedBallot, ...]) -> None:
    with pytest.raises(MalformedError):
        parse_ballot_batch(msgspec.structs.replace(BALLOTS, opened=opened).to_bytes())


def test_a_batch_for_one_board_is_none_for_the_other() -> None:
    with pytest.raises(MalformedError):
        parse_ballot_batch(STATEMENTS.to_bytes())
    with pytest.raises(MalformedError):
        parse_statement_batch(BALLOTS.to_bytes())
