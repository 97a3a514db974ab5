# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A large record, whose membership is told for all ballots together, gets the verdict that a small one gets."""

import io

import pytest
from tests.voting.conftest import RepeatableRandomness
from tests.voting.false_records import FORGERIES
from tests.voting.forger import Forger, Forgery
from tests.voting.our_election import GoodRecord, good_record

from townhall_kiosk.verify import run
from townhall_voting.record.ballot_judges import DirectJudge
from townhall_voting.record.findings import NotVerified, Verified
from townhall_voting.record.verifier import Evidence, verify_record


@pytest.fixture(scope="module")
def good() -> GoodRecord:
    return good_record(RepeatableRandomness("a record as if it were large"))


@pytest.fixture(autouse=True)
def _every_record_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "_SMALL_BYTES", 0)


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_its_first_fault_is_told(good: GoodRecord, forge: Forgery) -> None:
    false = forge(Forger(good))
    evidence = Evidence(false.uuid, false.side_cars, false.published)
    small = verify_record(io.BytesIO(false.data), evidence, DirectJudge())
    large = run.verify_stream(io.BytesIO(false.data), evidence, processes=1)
    assert isinstance(small, NotVerified)
    assert isinstance(large, NotVerified)
    assert (large.reason, large.place, large.detail) == (small.reason, small.place, small.detail)


@pytest.mark.parametrize("processes", [1, 2])
def test_an_honest_one_is_verified(good: GoodRecord, processes: int) -> None:
    evidence = Evidence(good.town.election.uuid, good.side_cars, good.published)
    found = run.verify_stream(io.BytesIO(good.data), evidence, processes)
    assert isinstance(found, Verified)
    assert found.facts.ballot_count == len(good.votes)
