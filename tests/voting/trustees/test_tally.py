# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The encrypted tally is the tool's to the byte, in whatever order and parts ballots are added."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from townhall_voting.errors import ProgrammingError, TallyRefusedError
from townhall_voting.schnorr_group import BELENIOS_2048, RFC_3526_2048
from townhall_voting.trustees.tally import Tally, parse_encrypted_tally

if TYPE_CHECKING:
    from tests.voting.trustees.conftest import NewCount, SingleTrustees

    NewSingles = Callable[..., SingleTrustees]

RANKED = {"type": "NonHomomorphic", "value": {"answers": ["x", "y", "z"], "question": "Rank"}}
BRIDGE = {"answers": ["Yes", "No"], "blank": True, "min": 0, "max": 1, "question": "Build the bridge?"}


def test_the_tool_computes_the_same_bytes(new_count: "NewCount", single_trustees: "NewSingles") -> None:
    count = new_count(single_trustees(1).trustees)
    for voter, vote in enumerate((((1, 0, 0), (1, 0, 1)), ((0, 1, 0), (0, 1, 0)))):
        ballot = count.ballot(voter, vote)
        count.tool.add("Ballot", ballot.data)
        count.tally.add(ballot)
    count.tool.add("EndBallots")
    theirs = count.tool.run("election", "compute-encrypted-tally").splitlines()
    ours = count.tally.encrypted()
    assert [ours.data, ours.sized_data] == theirs
    assert parse_encrypted_tally(count.election, *theirs) == ours


def test_ranked_ballots_are_listed_as_the_tool_sorts_them(new_count: "NewCount", single_trustees: "NewSingles") -> None:
    count = new_count(single_trustees(1, RFC_3526_2048).trustees, BRIDGE, RANKED, group="RFC-3526-2048")
    for voter in range(3):
        ballot = count.ballot(voter, ((0, 1, 0), (voter, 2, 255)))
        count.tool.add("Ballot", ballot.data)
        count.tally.add(ballot)
    count.tool.add("EndBallots")
    theirs = count.tool.run("election", "compute-encrypted-tally").splitlines()
    ours = count.tally.encrypted()
    assert [ours.data, ours.sized_data] == theirs
    columns = json.loads(ours.data)
    columns[1].reverse()
    with pytest.raises(TallyRefusedError):
        parse_encrypted_tally(count.election, compact(columns), ours.sized_data)
    shuffled = ours.shuffled((ours.ciphertexts[0], ours.ciphertexts[1][::-1]))
    assert shuffled.hash == ours.hash
    with pytest.raises(ProgrammingError):
        ours.shuffled((ours.ciphertexts[0], ours.ciphertexts[1][:2]))


def test_parts_added_in_any_order_and_included_give_the_same_tally(
    new_count: "NewCount", single_trustees: "NewSingles"
) -> None:
    count = new_count(single_trustees(1).trustees)
    ballots = [count.ballot(voter, ((1, 0, 0), (0, 1, 1))) for voter in range(4)]
    whole, part = Tally(count.election), Tally(count.election)
    for ballot in ballots:
        whole.add(ballot)
    part.add(ballots[3])
    rest = Tally(count.election)
    for ballot in (ballots[2], ballots[0], ballots[1]):
        rest.add(ballot)
    part.include(rest.encrypted())
    assert part.encrypted() == whole.encrypted()
    assert whole.encrypted().num_tallied == 4


def test_a_weight_counts_as_that_many_ballots(new_count: "NewCount", single_trustees: "NewSingles") -> None:
    count = new_count(single_trustees(1).trustees)
    ballot = count.ballot(0, ((1, 0, 0), (0, 1, 1)))
    weighed, repeated = Tally(count.election), Tally(count.election)
    weighed.add(ballot, 3)
    for _ in range(3):
        repeated.add(ballot)
    assert weighed.encrypted().data == repeated.encrypted().data
    assert (weighed.encrypted().num_tallied, weighed.encrypted().total_weight) == (1, 3)
    for weight in (0, -1):
        with pytest.raises(ProgrammingError):
            weighed.add(ballot, weight)


def test_an_election_without_ballots_has_a_tally_of_ones(new_count: "NewCount", single_trustees: "NewSingles") -> None:
    count = new_count(single_trustees(1).trustees)
    count.tool.add("EndBallots")
    theirs = count.tool.run("election", "compute-encrypted-tally").splitlines()
    ours = count.tally.encrypted()
    assert [ours.data, ours.sized_data] == theirs


def test_a_ballot_of_another_election_is_not_added(new_count: "NewCount", single_trustees: "NewSingles") -> None:
    trustees = single_trustees(1).trustees
    count, other = new_count(trustees), new_count(trustees)
    with pytest.raises(ProgrammingError):
        count.tally.add(other.ballot(0, ((1, 0, 0), (0, 1, 1))))


def test_a_tally_in_another_shape_or_spelling_is_refused(new_count: "NewCount", single_trustees: "NewSingles") -> None:
    count = new_count(single_trustees(1).trustees)
    count.tally.add(count.ballot(0, ((1, 0, 0), (0, 1, 1))))
    good = count.tally.encrypted()
    columns, size = json.loads(good.data), json.loads(good.sized_data)
    no_element = str(BELENIOS_2048.modulus - 1)
    for data in (
        good.data + b"\n",
        b"[]",
        b"nonsense",
        compact(columns[:1]),
        compact([columns[0][:2], columns[1]]),
        compact([[columns[0][0] | {"alpha": no_element}, *columns[0][1:]], columns[1]]),
        compact([[columns[0][0] | {"alpha": "0"}, *columns[0][1:]], columns[1]]),
        compact([[columns[0][0] | {"alpha": "-1"}, *columns[0][1:]], columns[1]]),
    ):
        with pytest.raises(TallyRefusedError):
            parse_encrypted_tally(count.election, data, good.sized_data)
    for changed in (
        {"num_tallied": -1},
        {"num_tallied": 2},
        {"total_weight": "1"},
        {"total_weight": str(2**40)},
        {"encrypted_tally": "0" * 64},
        {"more": 1},
    ):
        with pytest.raises(TallyRefusedError):
            parse_encrypted_tally(count.election, good.data, compact(size | changed))


def compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
