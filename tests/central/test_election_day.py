# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A whole election with everything that can go wrong in it: who should count counts, and the report says what fired."""

import json
import os
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from townhall_central.simulation.election_day.day import ElectionDay
from townhall_central.simulation.election_day.observed import observe
from townhall_central.simulation.election_day.plan import (
    CHOICES,
    LARGE,
    ROUNDS,
    SMALL,
    DayPlan,
    DaySize,
    Fault,
    draw_plan,
    escape_frequency,
    escape_probability,
)
from townhall_central.simulation.election_day.report import Outcome
from townhall_central.simulation.election_day.rows import report_of, sums_of
from townhall_voting.record.ballot_judges import BallotJudge, DirectJudge
from townhall_voting.record.check_pool import CheckPool

NOW = int(time.time())
SEED = 9
GOLDEN = Path(__file__).parent / "data" / "election-day.json"


@dataclass(frozen=True)
class Stated:
    """A statement that the board gets: by whom, when by its device's clock, and what the ballot in the box chose."""

    voter: int
    claimed_s: int
    chosen: int | None


def stated(plan: DayPlan) -> Iterator[Stated]:
    """Return, from the plan alone, every statement that counts if its person has no earlier one."""
    for visit in plan.visits:
        post = plan.posts[visit.post]
        claimed_s, made = visit.at_s + post.skew_s, visit.cast.made
        if post.is_destroyed and visit.round == ROUNDS - 1:
            continue
        match visit.fault:
            case Fault.NONE | Fault.MALLEATED:
                yield Stated(visit.voter, claimed_s, made)
            case Fault.BALLOT_LOST | Fault.BALLOT_REPLACED | Fault.CHECKED_CAST:
                yield Stated(visit.voter, claimed_s, None)
            case Fault.SECOND_PIN:
                yield Stated(visit.voter, claimed_s, (made + 1) % len(CHOICES))
                yield Stated(visit.voter, claimed_s + 1, made)
            case Fault.UNREDEEMED | Fault.STATEMENT_LOST | Fault.REVOKED | Fault.STRANGER | Fault.SHARED:
                pass


def expected(plan: DayPlan) -> tuple[tuple[int, ...], ...]:
    """Return what the result must be: the earliest statement of each person, none of those who voted on paper."""
    first: dict[int, Stated] = {}
    for each in sorted(stated(plan), key=lambda one: one.claimed_s):
        first.setdefault(each.voter, each)
    counted = [each.chosen for each in first.values() if each.voter not in plan.paper and each.chosen is not None]
    questions = zip(*(CHOICES[chosen] for chosen in counted), strict=True)
    return tuple(tuple(map(sum, zip(*answers, strict=True))) for answers in questions)


def run(folder: Path, plan: DayPlan, judge: BallotJudge, new_url: Callable[[], str] = str) -> bytes:
    """Run the day, compare with what should count, and leave the report in ``folder``; returns it."""
    day = ElectionDay(folder / "town", plan, NOW, new_url)
    try:
        day.vote()
        seen = observe(day, judge)
        report = report_of(seen)
    finally:
        day.town.end()
    (folder / "report.json").write_bytes(report.to_json())
    (folder / "report.txt").write_text(report.to_text())
    (folder / "seconds.json").write_text(json.dumps(day.seconds))
    why = "\n".join((f"now={NOW} verdict={seen.verdict if not seen.is_verified else 'believed'}", *report.unsound))
    assert report.is_sound, why
    assert sums_of(seen) == expected(plan), why
    return report.to_json()


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)
def test_every_promise_holds_or_only_its_rest_risk_comes_true_and_one_seed_gives_one_report(
    tmp_path: Path, new_url: Callable[[], str]
) -> None:
    assert run(tmp_path, draw_plan(SEED, SMALL), DirectJudge(), new_url) == GOLDEN.read_bytes()
    (record,) = (tmp_path / "town" / "public").glob("*.bel")
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / record.name).write_bytes(record.read_bytes())
    subprocess.run(["belenios-tool", "election", "verify"], cwd=alone, check=True, capture_output=True)


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_twenty_kiosks_three_desks_and_five_thousand_voters(tmp_path: Path) -> None:
    run(tmp_path, draw_plan(SEED, LARGE), CheckPool(os.cpu_count() or 1))


def test_the_report_names_each_threat_once_and_what_fired() -> None:
    told = json.loads(GOLDEN.read_bytes())
    threats = [row["threat"] for row in told["threats"]]
    assert len(set(threats)) == len(threats) == 28
    assert {row["outcome"] for row in told["threats"]} == {Outcome.HELD.value, Outcome.REST_RISK.value}
    booth = told["threats"][0]["fired"]
    assert booth["opening-false"] > 0
    assert booth["the person's own check"] > 0


def test_one_seed_is_one_day_and_another_seed_another() -> None:
    assert draw_plan(SEED, LARGE) == draw_plan(SEED, LARGE)
    assert draw_plan(SEED, LARGE) != draw_plan(SEED + 1, LARGE)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
def test_every_fault_and_every_kind_of_post_is_in_every_plan(size: DaySize) -> None:
    plan = draw_plan(SEED, size)
    assert {visit.fault for visit in plan.visits} == set(Fault)
    voters = Counter(visit.voter for visit in plan.visits)
    assert max(voters.values()) == 2
    assert set(range(size.voters)) - set(voters) == {v.other for v in plan.visits if v.fault is Fault.SHARED}
    assert {post.is_pair for post in plan.posts} == {True, False}
    swapped = sum(making.is_swapped for visit in plan.visits for making in (*visit.opened, visit.cast))
    assert swapped > 0


@pytest.mark.parametrize(("share", "swapped"), [(0.01, 50), (0.01, 300), (0.05, 20), (0.2, 5)])
def test_a_cheating_booth_escapes_as_often_as_the_stated_probability_says(share: float, swapped: int) -> None:
    stated_probability = escape_probability(share, swapped)
    found = escape_frequency(SEED, share, swapped, days=20_000)
    deviation = (stated_probability * (1 - stated_probability) / 20_000) ** 0.5
    assert abs(found - stated_probability) <= 4 * deviation
