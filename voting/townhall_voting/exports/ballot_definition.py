# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""An election's definition as a NIST Ballot Definition (SP 1500-20, version 1.0.0)."""

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
    district_id,
    option_id,
    place_id,
    test_mark,
    to_bytes,
    vote_variation,
)
from townhall_voting.package.contests import Contest, Presentation
from townhall_voting.package.definition import BallotStyle, Definition

_CDF: Final = Dialect("BallotDefinition")


def write_ballot_definition(definition: Definition, issue: Issue) -> bytes:
    """Return the file. What the format has no member for (minimum, blank, order by lot) are identifiers of ours."""
    return to_bytes(
        _CDF.thing(
            "BallotDefinition",
            Election=[_election(definition)],
            GpUnit=_units(definition),
            GeneratedDate=issue.moment,
            Issuer=issue.issuer,
            IssuerAbbreviation=definition.id,
            VendorApplicationId=VENDOR,
            Version="1.0.0",
            **test_mark(definition),
        )
        | {"SequenceStart": 1, "SequenceEnd": 1}
    )


def _election(definition: Definition) -> dict[str, Json]:
    return _CDF.thing(
        "Election",
        Name=_CDF.texts(definition.title),
        Type="other",
        OtherType="unstated",
        ElectionScopeId=SCOPE,
        Candidate=[candidate for contest in definition.contests for candidate in _candidates(contest)],
        Contest=[_contest(contest) for contest in definition.contests],
        BallotStyle=[_style(definition, style) for style in definition.styles],
        ExternalIdentifier=_CDF.identifiers({"id": definition.id}),
        **dates(definition),
    )


def _candidates(contest: Contest) -> list[Json]:
    return [
        _CDF.named(
            "Candidate",
            candidate_id(contest, each.id),
            BallotName=_CDF.texts(each.name),
            CampaignSlogan=_CDF.texts(each.second_line),
            ExternalIdentifier=_CDF.identifiers({"id": each.id, "number": each.number}),
        )
        for each in contest.candidates
    ]


def _contest(contest: Contest) -> Json:
    language = next(iter(contest.title))
    facts = {
        "id": contest.id,
        "minimum": str(contest.minimum),
        "blank": "allowed" if contest.blank else "",
        "presentation": contest.presentation.value if contest.presentation is Presentation.SHUFFLED else "",
    }
    options: list[Json] = [
        _CDF.named("CandidateOption", option_id(contest, each.id), CandidateIds=[candidate_id(contest, each.id)])
        for each in contest.candidates
    ]
    return _CDF.named(
        "CandidateContest",
        contest_id(contest),
        Name=contest.title[language],
        BallotTitle=_CDF.texts(contest.title),
        BallotSubTitle=_CDF.texts(contest.instruction),
        ContestOption=options,
        ElectionDistrictId=SCOPE,
        VotesAllowed=contest.maximum,
        NumberElected=contest.seats,
        HasRotation=contest.presentation is not Presentation.STRAIGHT,
        ExternalIdentifier=_CDF.identifiers(facts),
        **vote_variation(contest),
    )


def _style(definition: Definition, style: BallotStyle) -> Json:
    ordered: list[Json] = [
        _CDF.thing("OrderedContest", ContestId=contest_id(contest)) for contest in definition.contests_of(style.id)
    ]
    districts: list[Json] = [district_id(each.id) for each in definition.districts if each.style == style.id]
    return _CDF.thing(
        "BallotStyle",
        GpUnitIds=districts,
        OrderedContent=ordered,
        Language=list(definition.languages),
        ExternalIdentifier=_CDF.identifiers({"id": style.id}),
    )


def _units(definition: Definition) -> list[Json]:
    districts: list[Json] = [
        _CDF.named(
            "ReportingUnit",
            district_id(each.id),
            Name=_CDF.texts(each.name),
            Type="ballot-style-area",
            ExternalIdentifier=_CDF.identifiers({"id": each.id}),
        )
        for each in definition.districts
    ]
    places: list[Json] = [
        _CDF.named(
            "ReportingUnit",
            place_id(each.id),
            Name=_CDF.texts(each.name),
            Type="polling-place",
            ComposingGpUnitIds=[district_id(district) for district in each.districts],
        )
        for each in definition.places
    ]
    within: list[Json] = [district_id(each.id) for each in definition.districts]
    scope: Json = _CDF.named(
        "ReportingUnit", SCOPE, Name=_CDF.texts(definition.title), Type="municipality", ComposingGpUnitIds=within
    )
    return [scope, *districts, *places]
