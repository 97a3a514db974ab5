# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The outcome of an election: its definition, what verified records counted, and what the places report."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from townhall_voting.board.lists import EligibilityReport, PlaceCounts
from townhall_voting.errors import ExportRefusedError
from townhall_voting.exports.elected import Elected, elect
from townhall_voting.hashing import Fingerprint
from townhall_voting.package.contests import Contest, Id
from townhall_voting.package.definition import Definition
from townhall_voting.package.package import ElectionPackage
from townhall_voting.ranked.counting import Ranks
from townhall_voting.record.findings import Facts, Verified
from townhall_voting.trustees.result import Counts, Rankings


@dataclass(frozen=True, slots=True)
class ChosenVotes:
    """Votes of a contest in which people choose: by candidate, in the contest's order; and how many voted blank."""

    candidates: Counts
    blank: int


@dataclass(frozen=True, slots=True)
class RankedVotes:
    """Votes of a ranked contest, in the order of the last shuffle: a rank for each candidate, 0 for none."""

    ballots: Rankings = field(repr=False)


@dataclass(frozen=True, slots=True)
class StyleOutcome:
    """What one record counted: how many ballots, and the votes of each of its contests."""

    style: Id
    fingerprint: Fingerprint
    ballots: int
    votes: Mapping[Id, ChosenVotes | RankedVotes]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The whole election."""

    definition: Definition
    styles: tuple[StyleOutcome, ...]
    places: tuple[PlaceCounts, ...]
    roll_size: int

    @property
    def ballots(self) -> int:
        """How many ballots were counted."""
        return sum(style.ballots for style in self.styles)

    def of(self, contest: Contest) -> tuple[tuple[StyleOutcome, ChosenVotes], ...]:
        """Return the votes of a contest in which people choose, for each ballot style that asks it."""
        found = ((style, style.votes.get(contest.id)) for style in self.styles)
        return tuple((style, votes) for style, votes in found if isinstance(votes, ChosenVotes))

    def total(self, contest: Contest) -> ChosenVotes:
        """Return a contest's votes over all ballot styles."""
        votes = [votes for _style, votes in self.of(contest)]
        counted = tuple(sum(column) for column in zip(*(each.candidates for each in votes), strict=True))
        return ChosenVotes(counted, sum(each.blank for each in votes))

    def elected(self, contest: Contest) -> Elected | None:
        """Return who is elected in a ranked contest, over all ballot styles; None where people choose."""
        if not contest.is_ranked:
            return None
        votes = [style.votes.get(contest.id) for style in self.styles]
        return elect(contest, [Ranks(each) for of in votes if isinstance(of, RankedVotes) for each in of.ballots])

    def unused(self, contest: Contest, style: StyleOutcome, votes: ChosenVotes) -> int:
        """Return how many choices people could have made in a contest and did not; a blank vote makes none."""
        return style.ballots * contest.maximum - sum(votes.candidates)


def outcome_of(package: ElectionPackage, records: Iterable[Verified], report: EligibilityReport) -> Outcome:
    """Return the outcome that verified records and the eligibility board's verified report tell of a package.

    Raises:
        ExportRefusedError: a record or the report is not of this package, has no result yet, or one is missing.
    """
    definition = package.definition
    by_election = {_fingerprint(each.facts): each.facts for each in records}
    if strays := by_election.keys() - {each.fingerprint for each in package.elections.values()}:
        raise ExportRefusedError(f"a record of another election: {', '.join(sorted(strays))}")
    ours = hashlib.sha256(definition.to_bytes()).hexdigest()
    if report.mode is not definition.mode or report.definition != ours or report.roll_version != package.roll_version:
        raise ExportRefusedError("the eligibility report is of another election")
    if strange := {each.place for each in report.places} - {place.id for place in definition.places}:
        raise ExportRefusedError(f"the eligibility report names places that are not there: {', '.join(strange)}")
    styles = []
    for style, election in package.elections.items():
        facts = by_election.get(election.fingerprint)
        if facts is None:
            raise ExportRefusedError(f"the record of ballot style {style} is missing")
        styles.append(_style(style, package, facts))
    counted, accepted = sum(style.ballots for style in styles), sum(place.accepted for place in report.places)
    if counted > accepted:  # fewer are no contradiction: opened ones, and those that never came, are accepted as well
        raise ExportRefusedError(f"{counted} ballots are counted, and the eligibility board accepted {accepted}")
    return Outcome(definition, tuple(styles), report.places, report.roll_size)


def _fingerprint(facts: Facts) -> Fingerprint:
    if facts.election is None:
        raise ExportRefusedError("a record without an election")
    return facts.election.fingerprint


def _style(style: Id, package: ElectionPackage, facts: Facts) -> StyleOutcome:
    if facts.result is None:
        raise ExportRefusedError(f"the record of ballot style {style} has no result yet")
    if facts.total_weight != facts.ballot_count:
        raise ExportRefusedError(f"in the record of ballot style {style} a ballot counts more than once")
    contests = package.definition.contests_of(style)
    votes = {
        contest.id: _votes(contest, question)
        for contest, question in zip(contests, facts.result.questions, strict=True)
    }
    return StyleOutcome(style, package.elections[style].fingerprint, facts.ballot_count, MappingProxyType(votes))


def _votes(contest: Contest, question: Counts | Rankings) -> ChosenVotes | RankedVotes:
    counts: list[int] = []
    rankings: list[tuple[int, ...]] = []
    for each in question:
        if isinstance(each, int):
            counts.append(each)
        else:
            rankings.append(each)
    if contest.is_ranked:
        return RankedVotes(tuple(rankings))
    blank = counts.pop(0) if contest.blank else 0
    return ChosenVotes(tuple(counts), blank)
