# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What anybody can see after a simulated day: lists, record, verdicts; what the rows of the report are judged by."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from townhall_central.simulation.election_day.day import DECRYPTING, ElectionDay
from townhall_central.simulation.election_day.plan import DayPlan, Fault, Visit
from townhall_central.vote.closing import ClosedElection
from townhall_voting.board.lists import EligibilityReport, RejectedList
from townhall_voting.board.log import PublishedLog, read_log
from townhall_voting.record.ballot_judges import BallotJudge, GoodBallot
from townhall_voting.record.completion import Counted
from townhall_voting.record.findings import Outcome, Verified
from townhall_voting.record.verifier import Evidence, verify_record
from townhall_voting.trustees.side_car import file_name


@dataclass(frozen=True, slots=True)
class Observed:
    """A day that was counted."""

    day: ElectionDay
    decided: Counter[str]
    closed: ClosedElection
    counted: Counted
    alarms: Counter[str]
    rejected: RejectedList
    report: EligibilityReport
    verdict: Outcome

    @property
    def plan(self) -> DayPlan:
        """The day's plan."""
        return self.day.plan

    @property
    def reasons(self) -> Counter[str]:
        """How many ballots were rejected for each reason."""
        return Counter(each.reason.value for each in self.rejected.rejected)

    def visits(self, *faults: Fault) -> list[Visit]:
        """Return the visits of these faults."""
        return [visit for visit in self.plan.visits if visit.fault in faults]

    def trackers(self, visits: Iterable[Visit]) -> set[str]:
        """Return the trackers that these visits took home."""
        return {self.day.casts[visit].tracker for visit in visits if visit in self.day.casts}

    def rejected_as(self, reason: str) -> set[str]:
        """Return the trackers that were rejected for a reason."""
        return {each.tracker for each in self.rejected.rejected if each.reason.value == reason}

    @property
    def log(self) -> PublishedLog:
        """The public log, verified."""
        files = self.day.town.published
        return read_log(files.log, files.checkpoint, files.log_key)

    @property
    def counted_trackers(self) -> set[str]:
        """Every tracker in the record, as the strict verifier found it; none where it refuses the record."""
        return {each.tracker for each in self.good_ballots}

    @property
    def good_ballots(self) -> list[GoodBallot]:
        """The record's ballots."""
        if not isinstance(self.verdict, Verified):
            return []
        return [each.ballot for each in self.verdict.remembered.ballots]

    @property
    def is_verified(self) -> bool:
        """Whether the strict verifier believes record, log and lists."""
        return isinstance(self.verdict, Verified)


def observe(day: ElectionDay, judge: BallotJudge) -> Observed:
    """Have the day end, and look at it with the strict verifier."""
    decided = day.decide()
    closed, counted = day.count()
    town = day.town
    record = town.public / closed.record
    side_cars = {owner: (town.public / file_name(record.stem, owner)).read_bytes() for owner in DECRYPTING}
    with day.timed("verifying"), record.open("rb") as stream:
        verdict = verify_record(stream, Evidence(record.stem, side_cars, town.published), judge)
    report = town.report(town.settle().report)
    return Observed(day, decided, closed, counted, day.alarms(), town.rejected, report, verdict)
