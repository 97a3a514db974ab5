# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Ballots checked in several processes get the same verdicts in the same order, and a process that dies is told."""

import io
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.voting.false_ballots import proofs_exchanged
from tests.voting.false_records import FORGERIES
from tests.voting.forger import Forger, Forgery
from tests.voting.our_election import UUID, GoodRecord

from townhall_voting.errors import BallotRefusal, CheckPoolError, ProgrammingError
from townhall_voting.record.ballot_judges import BadBallot, DirectJudge, GoodBallot, WeighedBallot
from townhall_voting.record.check_pool import CheckPool
from townhall_voting.record.findings import NotVerified
from townhall_voting.record.reasons import Refusal
from townhall_voting.record.verifier import Evidence, verify_record
from townhall_voting.trustees.tally import Tally


def children() -> set[int]:
    """The processes that this one has started and that still run."""
    lists = Path("/proc/self/task").glob("*/children")
    return {int(pid) for each in lists for pid in each.read_text().split()}


def weighed(good: GoodRecord, count: int) -> list[WeighedBallot]:
    ballots = [each.ballot.data for each in good.votes]
    made = [WeighedBallot(ballots[index % len(ballots)], 1 + index) for index in range(count)]
    made[4] = WeighedBallot(ballots[0].replace(b'"', b"'", 1), 1)
    return made


def test_verdicts_come_in_order_and_the_tally_is_the_same_as_in_one_process(good: GoodRecord) -> None:
    election = good.town.election
    direct, pooled = Tally(election), Tally(election)
    one = list(DirectJudge().judge(election, iter(weighed(good, 20)), direct))
    two = list(CheckPool(3).judge(election, iter(weighed(good, 20)), pooled))
    assert one == two
    assert two[4] == BadBallot(BallotRefusal.MALFORMED)
    assert sum(isinstance(each, GoodBallot) for each in two) == 19
    assert pooled.encrypted() == direct.encrypted()


def test_ballots_are_read_a_few_ahead_and_not_all(good: GoodRecord) -> None:
    read = 0

    def ballots() -> Iterator[WeighedBallot]:
        nonlocal read
        for ballot in weighed(good, 200):
            read += 1
            yield ballot

    verdicts = CheckPool(2).judge(good.town.election, ballots(), Tally(good.town.election))
    next(verdicts)
    assert read == 9
    verdicts.close()
    assert read == 9


def test_the_processes_end_with_the_work_and_when_it_is_given_up(good: GoodRecord) -> None:
    before = children()
    verdicts = CheckPool(2).judge(good.town.election, iter(weighed(good, 50)), Tally(good.town.election))
    next(verdicts)
    assert len(children() - before) == 2
    verdicts.close()
    assert children() == before
    list(CheckPool(2).judge(good.town.election, iter(weighed(good, 6)), Tally(good.town.election)))
    assert children() == before


def test_a_checking_process_that_hangs_does_not_keep_what_is_given_up(good: GoodRecord) -> None:
    before = children()
    verdicts = CheckPool(1).judge(good.town.election, iter(weighed(good, 50)), Tally(good.town.election))
    next(verdicts)
    (worker,) = children() - before
    os.kill(worker, signal.SIGSTOP)
    verdicts.close()
    assert children() == before


def test_a_checking_process_that_is_killed_is_told_and_no_verdict_is_made_up(good: GoodRecord) -> None:
    before = children()
    verdicts = CheckPool(1).judge(good.town.election, iter(weighed(good, 50)), Tally(good.town.election))
    next(verdicts)
    (worker,) = children() - before
    os.kill(worker, signal.SIGKILL)
    with pytest.raises(CheckPoolError):
        list(verdicts)
    assert children() == before


@pytest.mark.parametrize("forge", FORGERIES[:8], ids=lambda forge: forge.__name__)
def test_a_false_record_is_refused_at_the_same_place_on_several_cores(good: GoodRecord, forge: Forgery) -> None:
    false = forge(Forger(good))
    evidence = Evidence(false.uuid, false.side_cars, false.published)
    one = verify_record(io.BytesIO(false.data), evidence, DirectJudge())
    several = verify_record(io.BytesIO(false.data), evidence, CheckPool(2))
    assert isinstance(one, NotVerified)
    assert isinstance(several, NotVerified)
    assert (several.reason, several.place) == (one.reason, one.place)


def test_a_bad_ballot_is_told_before_damage_behind_it(good: GoodRecord) -> None:
    """Ballots are read ahead of their check: what stands later in the archive does not come first."""
    forger = Forger(good)
    damaged = bytearray(proofs_exchanged(forger).data)
    damaged[damaged.index(forger.ballots[2].data) + 40] ^= 1
    found = verify_record(io.BytesIO(bytes(damaged)), Evidence(UUID), CheckPool(2))
    assert isinstance(found, NotVerified)
    assert found.reason is Refusal.INDIVIDUAL_PROOF


def test_no_process_is_no_pool() -> None:
    with pytest.raises(ProgrammingError):
        CheckPool(0)
