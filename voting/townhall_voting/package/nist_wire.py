# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A NIST Ballot Definition (SP 1500-20, 1.0.0) as far as it can be held; a member that is not here is refused by name.

Left out without a word, because it concerns paper or people who are not on the ballot: formats, shapes and positions on
a sheet, offices, persons, contact, administration. Members are the format's own, in our spelling.
"""

from typing import Annotated, Final, TypeAlias

import msgspec

_Ignored: TypeAlias = msgspec.Raw
_NOTHING: Final = msgspec.Raw()


class _Held(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="@type", rename="pascal"):
    pass


class LanguageString(_Held, frozen=True, tag="BallotDefinition.LanguageString"):
    """One text in one language."""

    content: str
    language: str


class InternationalizedText(_Held, frozen=True, tag="BallotDefinition.InternationalizedText"):
    """One text in several languages."""

    text: tuple[LanguageString, ...]
    label: _Ignored = _NOTHING


class ExternalIdentifier(_Held, frozen=True, tag="BallotDefinition.ExternalIdentifier"):
    """A further name of a thing; those of ours carry what the format has no member for."""

    type: str
    value: str
    other_type: str = ""
    label: _Ignored = _NOTHING


class Party(_Held, frozen=True, tag="BallotDefinition.Party"):
    """A party or list; its name is the candidate's second line."""

    id: str = msgspec.field(name="@id")
    name: InternationalizedText
    abbreviation: _Ignored = _NOTHING
    color: _Ignored = _NOTHING
    contact_information: _Ignored = _NOTHING
    external_identifier: _Ignored = _NOTHING
    is_recognized_party: _Ignored = _NOTHING
    leader_person_ids: _Ignored = _NOTHING
    logo_uri: _Ignored = _NOTHING
    party_scope_gp_unit_ids: _Ignored = _NOTHING
    slogan: _Ignored = _NOTHING


class ReportingUnit(_Held, frozen=True, tag="BallotDefinition.ReportingUnit"):
    """A district or place; those that a ballot style names become districts."""

    id: str = msgspec.field(name="@id")
    type: str
    name: InternationalizedText | None = None
    external_identifier: tuple[ExternalIdentifier, ...] = ()
    authority_ids: _Ignored = _NOTHING
    composing_gp_unit_ids: _Ignored = _NOTHING
    contact_information: _Ignored = _NOTHING
    election_administration: _Ignored = _NOTHING
    is_districted: _Ignored = _NOTHING
    is_mail_only: _Ignored = _NOTHING
    number: _Ignored = _NOTHING
    other_type: _Ignored = _NOTHING
    party_registration: _Ignored = _NOTHING
    spatial_dimension: _Ignored = _NOTHING
    total_sub_units: _Ignored = _NOTHING
    voters_registered: _Ignored = _NOTHING


class Candidate(_Held, frozen=True, tag="BallotDefinition.Candidate"):
    """Somebody who stands in one or more contests."""

    id: str = msgspec.field(name="@id")
    ballot_name: InternationalizedText
    campaign_slogan: InternationalizedText | None = None
    party_id: str = ""
    external_identifier: tuple[ExternalIdentifier, ...] = ()
    contact_information: _Ignored = _NOTHING
    file_date: _Ignored = _NOTHING
    is_incumbent: _Ignored = _NOTHING
    person_id: _Ignored = _NOTHING
    pre_election_status: _Ignored = _NOTHING
    read_name: _Ignored = _NOTHING


class CandidateOption(_Held, frozen=True, tag="BallotDefinition.CandidateOption"):
    """A choice of a contest: one candidate."""

    id: str = msgspec.field(name="@id")
    candidate_ids: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=1)]
    is_write_in: bool = False
    sequence_order: _Ignored = _NOTHING
    external_identifier: _Ignored = _NOTHING


class BallotMeasureOption(_Held, frozen=True, tag="BallotDefinition.BallotMeasureOption"):
    """A choice of a ballot measure: a text."""

    id: str = msgspec.field(name="@id")
    selection: InternationalizedText
    sequence_order: _Ignored = _NOTHING
    external_identifier: _Ignored = _NOTHING


class CandidateContest(_Held, frozen=True, tag="BallotDefinition.CandidateContest"):
    """A contest between candidates."""

    id: str = msgspec.field(name="@id")
    name: str
    votes_allowed: int
    contest_option: tuple[CandidateOption, ...]
    election_district_id: str
    ballot_title: InternationalizedText | None = None
    ballot_sub_title: InternationalizedText | None = None
    number_elected: int = 1
    has_rotation: bool = False
    vote_variation: str = "plurality"
    external_identifier: tuple[ExternalIdentifier, ...] = ()
    abbreviation: _Ignored = _NOTHING
    office_ids: _Ignored = _NOTHING
    sequence_order: _Ignored = _NOTHING
    total_sub_units: _Ignored = _NOTHING


class BallotMeasureContest(_Held, frozen=True, tag="BallotDefinition.BallotMeasureContest"):
    """A question with answers that are texts."""

    id: str = msgspec.field(name="@id")
    name: str
    contest_option: tuple[BallotMeasureOption, ...]
    election_district_id: str
    ballot_title: InternationalizedText | None = None
    ballot_sub_title: InternationalizedText | None = None
    has_rotation: bool = False
    vote_variation: str = "plurality"
    external_identifier: tuple[ExternalIdentifier, ...] = ()
    abbreviation: _Ignored = _NOTHING
    info_uri: _Ignored = _NOTHING
    other_type: _Ignored = _NOTHING
    sequence_order: _Ignored = _NOTHING
    total_sub_units: _Ignored = _NOTHING
    type: _Ignored = _NOTHING


class OrderedContest(_Held, frozen=True, tag="BallotDefinition.OrderedContest"):
    """A contest's place on a ballot style."""

    contest_id: str
    ordered_contest_option_ids: tuple[str, ...] = ()
    physical: _Ignored = _NOTHING


class BallotStyle(_Held, frozen=True, tag="BallotDefinition.BallotStyle"):
    """Which contests the voters of some units get."""

    gp_unit_ids: tuple[str, ...]
    ordered_content: tuple[OrderedContest, ...] = ()
    external_identifier: tuple[ExternalIdentifier, ...] = ()
    language: _Ignored = _NOTHING
    image_uri: _Ignored = _NOTHING


class Election(_Held, frozen=True, tag="BallotDefinition.Election"):
    """The election."""

    name: InternationalizedText
    start_date: str
    end_date: str
    type: str
    election_scope_id: str
    contest: tuple[CandidateContest | BallotMeasureContest, ...]
    ballot_style: tuple[BallotStyle, ...]
    candidate: tuple[Candidate, ...] = ()
    contact_information: _Ignored = _NOTHING
    external_identifier: _Ignored = _NOTHING
    other_type: _Ignored = _NOTHING


class BallotDefinition(_Held, frozen=True, tag="BallotDefinition.BallotDefinition"):
    """The whole file."""

    election: Annotated[tuple[Election, ...], msgspec.Meta(min_length=1, max_length=1)]
    gp_unit: tuple[ReportingUnit, ...]
    version: str
    party: tuple[Party, ...] = ()
    is_test: bool = False
    ballot_format: _Ignored = _NOTHING
    external_identifier: _Ignored = _NOTHING
    generated_date: _Ignored = _NOTHING
    issuer: _Ignored = _NOTHING
    issuer_abbreviation: _Ignored = _NOTHING
    notes: _Ignored = _NOTHING
    office: _Ignored = _NOTHING
    office_group: _Ignored = _NOTHING
    person: _Ignored = _NOTHING
    sequence_end: _Ignored = _NOTHING
    sequence_start: _Ignored = _NOTHING
    shape: _Ignored = _NOTHING
    test_type: _Ignored = _NOTHING
    vendor_application_id: _Ignored = _NOTHING
