# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""An election's outcome as NIST Election Results Reporting (SP 1500-100, version 2)."""

from collections.abc import Iterator
from enum import Enum
from typing import Final

from townhall_voting.exports.cdf import (
    SCOPE,
    VENDOR,
    Dialect,
    Issue,
    Json,
    candidate_id,
    contest_id,
    dates,
    option_id,
    place_id,
    style_id,
    test_mark,
    to_bytes,
    vote_variation,
)
from townhall_voting.exports.elected import Candidacy
from townhall_voting.exports.outcome import Outcome
from townhall_voting.package.contests import Candidate, Contest

_CDF: Final = Dialect("ElectionResults")
_STATUS: Final = {
    Candidacy.ELECTED: "winner",
    Candidacy.TIED: "",
    Candidacy.NOT_ELECTED: "defeated",
}


class Standing(Enum):
    """How final a result is, in the format's words."""

    COMPLETE = "unofficial-complete"
    CERTIFIED = "certified"
    RECOUNT = "recount"
    CORRECTION = "correction"


def write_results_report(outcome: Outcome, issue: Issue, standing: Standing) -> bytes:
    """Return the file.

    Votes are by ballot style, which is what was decrypted; ballots are by place, which is what was counted there. Blank
    votes have no member: they are among the undervotes, and an identifier of ours tells their number.
    """
    return to_bytes(
        _CDF.thing(
            "ElectionReport",
            Election=[_election(outcome)],
            GpUnit=_units(outcome),
            Format="summary-contest",
            Status=standing.value,
            GeneratedDate=issue.moment,
            Issuer=issue.issuer,
            IssuerAbbreviation=outcome.definition.id,
            VendorApplicationId=VENDOR,
            **test_mark(outcome.definition),
        )
        | {"SequenceStart": 1, "SequenceEnd": 1}
    )


def _election(outcome: Outcome) -> dict[str, Json]:
    definition = outcome.definition
    return _CDF.thing(
        "Election",
        Name=_CDF.texts(definition.title),
        Type="other",
        OtherType="unstated",
        ElectionScopeId=SCOPE,
        Candidate=[each for contest in definition.contests for each in _candidates(outcome, contest)],
        Contest=[_contest(outcome, contest) for contest in definition.contests],
        BallotCounts=[_ballots(SCOPE, outcome.ballots), *_by_style(outcome), *_by_place(outcome)],
        ExternalIdentifier=_CDF.identifiers({"id": definition.id}),
        **dates(definition),
    )


def _candidates(outcome: Outcome, contest: Contest) -> Iterator[Json]:
    """Yield the candidates, each with what a ranked contest's count says; of a tie it says nothing."""
    elected = outcome.elected(contest)
    for place, candidate in enumerate(contest.candidates):
        yield _candidate(contest, candidate, "" if elected is None else _STATUS[elected.standing(place)])


def _candidate(contest: Contest, candidate: Candidate, status: str) -> Json:
    return _CDF.named(
        "Candidate",
        candidate_id(contest, candidate.id),
        BallotName=_CDF.texts(candidate.name),
        PostElectionStatus=status,
        CampaignSlogan=_CDF.texts(candidate.second_line),
        ExternalIdentifier=_CDF.identifiers({"number": candidate.number}),
    )


def _contest(outcome: Outcome, contest: Contest) -> Json:
    counted = outcome.of(contest)
    unused: list[Json] = [
        _CDF.thing("OtherCounts", GpUnitId=style_id(style.style), Overvotes=0)
        | {"Undervotes": outcome.unused(contest, style, votes)}
        for style, votes in counted
    ]
    language = next(iter(contest.title))
    elected = outcome.elected(contest)
    facts = {
        "blank-votes": str(outcome.total(contest).blank) if counted and contest.blank else "",
        "undecided-seats": str(contest.seats - len(elected.winners)) if elected is not None and elected.tied else "",
    }
    return _CDF.named(
        "CandidateContest",
        contest_id(contest),
        Name=contest.title[language],
        BallotTitle=_CDF.texts(contest.title),
        ContestSelection=[_selection(outcome, contest, place) for place in range(len(contest.candidates))],
        ElectionDistrictId=SCOPE,
        VotesAllowed=contest.maximum,
        NumberElected=contest.seats,
        OtherCounts=unused,
        ExternalIdentifier=_CDF.identifiers(facts),
        **vote_variation(contest),
    )


def _selection(outcome: Outcome, contest: Contest, place: int) -> Json:
    candidate = contest.candidates[place].id
    counts: list[Json] = [
        _CDF.thing("VoteCounts", GpUnitId=style_id(style.style), Type="total", Count=votes.candidates[place])
        for style, votes in outcome.of(contest)
    ]
    return _CDF.named(
        "CandidateSelection",
        option_id(contest, candidate),
        CandidateIds=[candidate_id(contest, candidate)],
        VoteCounts=counts,
    )


def _by_style(outcome: Outcome) -> list[Json]:
    return [_ballots(style_id(style.style), style.ballots) for style in outcome.styles]


def _by_place(outcome: Outcome) -> list[Json]:
    return [
        _CDF.thing("BallotCounts", GpUnitId=place_id(each.place), Type="total", BallotsCast=each.accepted)
        | {"BallotsRejected": each.duplicate + each.refused + each.void}
        for each in outcome.places
    ]


def _ballots(unit: str, count: int) -> Json:
    return _CDF.thing("BallotCounts", GpUnitId=unit, Type="total", BallotsCast=count)


def _units(outcome: Outcome) -> list[Json]:
    definition = outcome.definition
    language = definition.languages[0]
    styles: list[Json] = []
    for style in definition.styles:
        names = " + ".join(each.name[language] for each in definition.districts if each.style == style.id)
        name = _CDF.texts({language: names})
        styles.append(_CDF.named("ReportingUnit", style_id(style.id), Name=name, Type="ballot-style-area"))
    places: list[Json] = [
        _CDF.named("ReportingUnit", place_id(each.id), Name=_CDF.texts(each.name), Type="polling-place")
        for each in definition.places
    ]
    scope: Json = _CDF.named(
        "ReportingUnit",
        SCOPE,
        Name=_CDF.texts(definition.title),
        Type="municipality",
        VotersRegistered=outcome.roll_size,
        VotersParticipated=outcome.ballots,
    )
    return [scope, *styles, *places]
