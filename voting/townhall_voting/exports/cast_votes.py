# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Ranked contests as NIST Cast Vote Records (SP 1500-103, version 1.0.0); others have none, since only sums are known.

Every contest was shuffled by itself, so a record is one person's ranking in one contest and nothing ties two together.
"""

from collections.abc import Iterator
from typing import Final

from townhall_voting.errors import ExportRefusedError
from townhall_voting.exports.cdf import (
    SCOPE,
    VENDOR,
    Dialect,
    Issue,
    Json,
    candidate_id,
    contest_id,
    option_id,
    style_id,
    to_bytes,
    vote_variation,
)
from townhall_voting.exports.outcome import Outcome, RankedVotes, StyleOutcome
from townhall_voting.package.contests import Contest
from townhall_voting.package.definition import Definition

_CDF: Final = Dialect("CVR")
_ELECTION: Final = "election"
_DEVICE: Final = "public-record"


def write_cast_votes(outcome: Outcome, issue: Issue) -> bytes:
    """Return the file.

    Raises:
        ExportRefusedError: no contest of this election is ranked.
    """
    definition = outcome.definition
    if not any(contest.is_ranked for contest in definition.contests):
        raise ExportRefusedError(
            "no contest is ranked: of the others only sums are known, so there are no single votes"
        )
    return to_bytes(
        _CDF.thing(
            "CastVoteRecordReport",
            CVR=list(_records(outcome)),
            Election=[_election(definition)],
            GeneratedDate=issue.moment,
            GpUnit=_units(definition),
            ReportGeneratingDeviceIds=[_DEVICE],
            ReportingDevice=[_CDF.named("ReportingDevice", _DEVICE, Application=VENDOR)],
            ReportType=["aggregated"],
            Version="1.0.0",
            Notes=issue.issuer,
        )
    )


def _records(outcome: Outcome) -> Iterator[Json]:
    number = 0
    for style in outcome.styles:
        for contest in outcome.definition.contests_of(style.style):
            votes = style.votes[contest.id]
            for ranks in votes.ballots if isinstance(votes, RankedVotes) else ():
                number += 1
                yield _record(number, style, contest, ranks)


def _record(number: int, style: StyleOutcome, contest: Contest, ranks: tuple[int, ...]) -> Json:
    chosen: list[Json] = [
        _selection(contest, candidate.id, rank)
        for candidate, rank in zip(contest.candidates, ranks, strict=True)
        if rank
    ]
    snapshot = _CDF.named(
        "CVRSnapshot",
        f"cvr-{number}-original",
        Type="original",
        CVRContest=[_CDF.thing("CVRContest", ContestId=contest_id(contest), CVRContestSelection=chosen)],
    )
    return _CDF.thing(
        "CVR",
        ElectionId=_ELECTION,
        CVRSnapshot=[snapshot],
        CurrentSnapshotId=f"cvr-{number}-original",
        BallotStyleUnitId=style_id(style.style),
    )


def _selection(contest: Contest, candidate: str, rank: int) -> Json:
    position = _CDF.thing("SelectionPosition", HasIndication="yes", NumberVotes=1, Rank=rank)
    return _CDF.thing(
        "CVRContestSelection",
        ContestSelectionId=option_id(contest, candidate),
        Rank=rank,
        SelectionPosition=[position],
    )


def _election(definition: Definition) -> dict[str, Json]:
    language = definition.languages[0]
    ranked = [contest for contest in definition.contests if contest.is_ranked]
    candidates: list[Json] = [
        _CDF.named("Candidate", candidate_id(contest, each.id), Name=each.name[language])
        for contest in ranked
        for each in contest.candidates
    ]
    return _CDF.named(
        "Election",
        _ELECTION,
        Name=definition.title[language],
        ElectionScopeId=SCOPE,
        Candidate=candidates,
        Contest=[_contest(contest, language) for contest in ranked],
    )


def _contest(contest: Contest, language: str) -> Json:
    selections: list[Json] = [
        _CDF.named("CandidateSelection", option_id(contest, each.id), CandidateIds=[candidate_id(contest, each.id)])
        for each in contest.candidates
    ]
    return _CDF.named(
        "CandidateContest",
        contest_id(contest),
        Name=contest.title[language],
        ContestSelection=selections,
        NumberElected=contest.seats,
        VotesAllowed=contest.maximum,
        **vote_variation(contest),
    )


def _units(definition: Definition) -> list[Json]:
    def unit(identifier: str) -> Json:
        return _CDF.named("GpUnit", identifier, Type="other", OtherType="ballot-style-area")

    return [unit(SCOPE), *(unit(style_id(style.id)) for style in definition.styles)]
