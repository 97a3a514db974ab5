# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Honest records, ours and the tool's, verify in both; what is remembered of them spares work and nothing else."""

import io
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.voting.our_election import UUID, GoodRecord, OurElection, archive, tally_event

from townhall_voting.election import Election
from townhall_voting.errors import MalformedError, ProgrammingError
from townhall_voting.hashing import fingerprint
from townhall_voting.record.ballot_judges import BallotJudge, DirectJudge, Verdict, WeighedBallot
from townhall_voting.record.credentials import PublicCredential, write_credentials
from townhall_voting.record.events import BallotEvent, EndBallotsEvent, SetupEvent
from townhall_voting.record.findings import NotVerified, Outcome, Verified
from townhall_voting.record.grammar import Phase
from townhall_voting.record.reasons import Concern, Refusal
from townhall_voting.record.remembered import parse_remembered, write_remembered
from townhall_voting.record.verifier import Evidence, verify_record
from townhall_voting.trustees.tally import Tally

if TYPE_CHECKING:
    from tests.voting.conftest import NewTool


class CountingJudge:
    """The direct judge, and how many ballots it was asked about."""

    def __init__(self) -> None:
        self.asked = 0

    def judge(
        self, election: Election, ballots: Iterator[WeighedBallot], tally: Tally
    ) -> Generator[Verdict, None, None]:
        for verdict in DirectJudge().judge(election, ballots, tally):
            self.asked += 1
            yield verdict


def verify(
    data: bytes, evidence: Evidence, remembered: bytes | None = None, judge: BallotJudge | None = None
) -> Outcome:
    return verify_record(io.BytesIO(data), evidence, judge or DirectJudge(), remembered)


def evidence(record: GoodRecord) -> Evidence:
    return Evidence(UUID, record.side_cars, record.published)


@pytest.mark.parametrize("kind", ["sums", "ranked"])
def test_an_honest_record_of_ours_verifies_in_ours_and_in_the_tool(
    new_tool: "NewTool", good: GoodRecord, good_ranked: GoodRecord, kind: str
) -> None:
    record = good if kind == "sums" else good_ranked
    found = verify(record.data, evidence(record))
    assert isinstance(found, Verified)
    facts = found.facts
    assert facts.phase is Phase.COMPLETE
    assert facts.concerns == []
    assert (facts.ballot_count, facts.credential_count, facts.total_weight) == (len(record.votes),) * 3
    assert (facts.published_count, facts.rejected_count) == (len(record.votes), 0)
    assert facts.decrypted_by == [1, 2]
    assert facts.shuffled_by == ([1, 2] if kind == "ranked" else [])
    assert facts.result is not None
    if kind == "sums":
        assert facts.result.questions == ((2, 1, 2), (1, 1, 1))
    tool = new_tool()
    tool.write(f"{UUID}.bel", record.data)
    tool.verify()


@pytest.mark.parametrize("kind", ["sums", "ranked"])
def test_a_record_of_the_tool_verifies_without_side_cars_which_is_told(
    tool_records: dict[str, Path], kind: str
) -> None:
    path = tool_records[kind]
    found = verify(path.read_bytes(), Evidence(path.stem, side_cars=None))
    assert isinstance(found, Verified)
    assert found.facts.phase is Phase.COMPLETE
    assert {Concern.NO_SIDE_CARS, Concern.NO_LOG} <= set(found.facts.concerns)
    asked = verify(path.read_bytes(), Evidence(path.stem))
    assert isinstance(asked, NotVerified)
    assert asked.reason is Refusal.NO_SIDE_CAR


def test_a_record_is_good_at_every_event_on_its_way_and_says_how_far_it_is(good: GoodRecord) -> None:
    phases = [Phase.VOTING] * 4 + [Phase.CLOSED, Phase.TALLIED, Phase.DECRYPTING, Phase.DECRYPTING, Phase.COMPLETE]
    for count, phase in enumerate(phases, start=1):
        found = verify(archive(good.events[:count]), evidence(good))
        assert isinstance(found, Verified)
        assert found.facts.phase is phase


def test_what_was_verified_is_not_checked_again_and_new_ballots_are(good: GoodRecord) -> None:
    for count in range(1, len(good.events) + 1):
        first = verify(archive(good.events[:count]), evidence(good))
        assert isinstance(first, Verified)
        remembered = write_remembered(good.town.election, first.remembered)
        judge = CountingJudge()
        again = verify(good.data, evidence(good), remembered, judge)
        assert isinstance(again, Verified)
        assert again.facts.remembered_count == min(count - 1, 3)
        assert judge.asked == 3 - again.facts.remembered_count
        whole = verify(good.data, evidence(good))
        assert isinstance(whole, Verified)
        assert again.facts.result == whole.facts.result
        assert again.remembered == whole.remembered


def test_a_changed_beginning_is_checked_anew_whatever_is_remembered(good: GoodRecord) -> None:
    first = verify(good.data, evidence(good))
    assert isinstance(first, Verified)
    remembered = write_remembered(good.town.election, first.remembered)
    spoiled = bytearray(good.data)
    ballot = good.votes[0].ballot.data
    at = good.data.index(ballot) + 900
    spoiled[at] ^= 1
    assert isinstance(verify(bytes(spoiled), evidence(good), remembered), NotVerified)
    other = archive(good.events, timestamp=1)
    judge = CountingJudge()
    found = verify(other, evidence(good), remembered, judge)
    assert isinstance(found, Verified)
    assert (found.facts.remembered_count, judge.asked) == (0, 3)
    shorter = archive([*good.events[:2], *good.events[3:4]])
    judge = CountingJudge()
    verify(shorter, evidence(good), remembered, judge)
    assert judge.asked == 2


def test_a_second_ballot_of_a_remembered_voter_is_refused(good: GoodRecord) -> None:
    first = verify(archive(good.events[:3]), evidence(good))
    assert isinstance(first, Verified)
    again = verify(
        archive([*good.events[:3], good.events[1]]),
        evidence(good),
        write_remembered(good.town.election, first.remembered),
    )
    assert isinstance(again, NotVerified)
    assert again.reason is Refusal.SECOND_BALLOT


def test_what_another_program_or_election_remembers_is_not_used(good: GoodRecord, good_ranked: GoodRecord) -> None:
    first = verify(good.data, evidence(good))
    assert isinstance(first, Verified)
    election = good.town.election
    data = write_remembered(election, first.remembered)
    assert parse_remembered(election, data) == first.remembered
    for wrong in (
        b"",
        b"{}",
        data.replace(b".v1", b".v0"),
        data[:-2],
        data.replace(b'"num_tallied\\":3', b'"num_tallied\\":2'),
    ):
        with pytest.raises(MalformedError):
            parse_remembered(election, wrong)
        judge = CountingJudge()
        assert isinstance(verify(good.data, evidence(good), wrong, judge), Verified)
        assert judge.asked == 3
    with pytest.raises(MalformedError):
        parse_remembered(good_ranked.town.election, data)


def test_lists_in_another_order_are_told_and_not_refused(good: GoodRecord) -> None:
    setup = good.events[0]
    assert isinstance(setup, SetupEvent)
    keys = setup.credentials[1:-1].split(b",")
    backwards = replace(setup, credentials=b"[" + b",".join(keys[::-1]) + b"]")
    found = verify(archive([backwards, *good.events[3:0:-1], *good.events[4:]]), evidence(good))
    assert isinstance(found, Verified)
    assert found.facts.concerns == [Concern.UNSORTED_CREDENTIALS, Concern.UNSORTED_BALLOTS]


def test_weights_count_as_in_the_tool_and_are_told_and_no_box_may_give_any(
    new_tool: "NewTool", good: GoodRecord
) -> None:
    town: OurElection = good.town
    ballots = [each.ballot for each in good.votes]
    weights = {ballots[0].credential: 1, ballots[1].credential: 5, ballots[2].credential: 1000}
    credentials = write_credentials(PublicCredential(key, weight) for key, weight in weights.items())
    tally = Tally(town.election)
    for ballot in ballots:
        tally.add(ballot, weights[ballot.credential])
    counted = tally.encrypted()

    setup = SetupEvent(town.election.data, town.trustees.data, credentials)
    cast = sorted((BallotEvent(each.data) for each in ballots), key=lambda event: fingerprint(event.ballot))
    data = archive([setup, *cast, EndBallotsEvent(), tally_event(counted), *town.decryption(counted)])
    found = verify(data, Evidence(UUID, dict(town.side_cars)))
    assert isinstance(found, Verified)
    assert found.facts.concerns == [Concern.WEIGHTS, Concern.NO_LOG]
    assert found.facts.result is not None
    assert found.facts.result.questions == ((1001, 5, 1005), (5, 1, 1000))
    boxed = verify(data, Evidence(UUID, dict(town.side_cars), good.published))
    assert isinstance(boxed, NotVerified)
    assert boxed.reason is Refusal.WEIGHTED
    tool = new_tool()
    tool.write(f"{UUID}.bel", data)
    tool.verify()


class ForgetfulJudge:
    """Leaves out the last verdict."""

    def judge(
        self, election: Election, ballots: Iterator[WeighedBallot], tally: Tally
    ) -> Generator[Verdict, None, None]:
        yield from list(DirectJudge().judge(election, ballots, tally))[:-1]


def test_a_judge_that_leaves_out_a_ballot_is_not_believed(good: GoodRecord) -> None:
    with pytest.raises(ProgrammingError):
        verify(good.data, evidence(good), judge=ForgetfulJudge())


def test_the_watch_is_told_every_step_to_the_end(good: GoodRecord) -> None:
    told: list[int] = []
    verify_record(io.BytesIO(good.data), evidence(good), DirectJudge(), watch=told.append)
    assert told == sorted(set(told))
    assert told[-1] == len(good.data)
    assert len(told) == len(good.events) - 1


def test_the_page_has_every_reason_and_concern_with_its_meaning() -> None:
    page = Path(__file__).parents[2] / "docs" / "formats" / "verification-report.md"
    rows = [line for line in page.read_text("utf-8").splitlines() if line.startswith(("| R", "| W"))]
    assert rows == [f"| {each.code} | {each.name} | {each.meaning} |" for each in (*Refusal, *Concern)]
    assert len({each.code for each in (*Refusal, *Concern)}) == len(rows)
