# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""National cards judged by their certificates: each part apart, and nothing believed that nobody vouches for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from townhall_crypto.trust import TrustAnchors
from townhall_kiosk.documents.national_verdict import NationalOutcome, Part, judge_national
from townhall_smartcard.emrtd.passive_verdict import Standing
from townhall_smartcard.emrtd.session import ChipVerdict
from townhall_smartcard.messages import PinRole
from townhall_smartcard.national.contract import NationalContents
from townhall_smartcard.national.registry import national_family
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation.every_family import EVERY_FAMILY, READ_AT_DESKS, NationalSample

NOW = datetime.now(UTC)


def contents_of(sample: NationalSample) -> NationalContents:
    family = national_family(sample.family)
    assert family is not None
    return family.driver(processors_for(sample.card)).read()


@pytest.fixture(scope="module")
def sample() -> NationalSample:
    return EVERY_FAMILY["Finland 4"]()


def outcome(sample: NationalSample, anchors: TrustAnchors, at: datetime = NOW, country: str = "FI") -> NationalOutcome:
    return judge_national(country, contents_of(sample), ChipVerdict.PROVED, anchors, at).outcome


def test_a_card_in_force_by_a_trusted_issuer_is_verified(sample: NationalSample) -> None:
    verdict = judge_national("FI", contents_of(sample), ChipVerdict.PROVED, sample.anchors, datetime.now(UTC))
    assert set(verdict.parts.values()) == {Standing.GOOD}
    assert verdict.outcome is NationalOutcome.VERIFIED
    assert verdict.subject is not None
    assert verdict.subject.personal_code == sample.holder.serial_number


def test_who_nobody_vouches_for_is_not_named(sample: NationalSample) -> None:
    stranger = EVERY_FAMILY["Finland 4"]().anchors
    verdict = judge_national("FI", contents_of(sample), ChipVerdict.PROVED, stranger, NOW)
    assert (verdict.outcome, verdict.subject) == (NationalOutcome.ISSUER_UNKNOWN, None)


def test_what_is_known_from_long_ago_leaves_a_doubt(sample: NationalSample) -> None:
    later = datetime.now(UTC) + timedelta(days=40)
    verdict = judge_national("FI", contents_of(sample), ChipVerdict.PROVED, sample.anchors, later)
    assert verdict.outcome is NationalOutcome.PROVISIONAL
    doubted = {part for part, standing in verdict.parts.items() if standing is Standing.UNKNOWN}
    assert doubted == {Part.REVOCATION, Part.FRESHNESS}
    undated = replace(sample.anchors, crls_der=(), signed_at=None)
    assert outcome(sample, undated, datetime.now(UTC)) is NationalOutcome.PROVISIONAL


def test_a_card_past_its_date_or_before_it_is_not_in_force(sample: NationalSample) -> None:
    for days in (5000, -5000):
        assert outcome(sample, sample.anchors, NOW + timedelta(days=days)) is NationalOutcome.NOT_IN_FORCE


def test_a_card_of_another_state_s_application_is_inconsistent(sample: NationalSample) -> None:
    assert outcome(sample, sample.anchors, datetime.now(UTC), country="LV") is NationalOutcome.INCONSISTENT


def test_two_people_s_certificates_on_one_card_are_inconsistent() -> None:
    one = EVERY_FAMILY["Latvia 2019, P-384"]()
    contents = contents_of(one)
    stated = replace(contents.stated, personal_code="another", surname="ELSE", given_names="SOMEBODY")
    verdict = judge_national("LV", replace(contents, stated=stated), ChipVerdict.PROVED, one.anchors, datetime.now(UTC))
    assert verdict.outcome is NationalOutcome.INCONSISTENT


def test_a_card_that_does_not_have_its_key_is_a_copy(sample: NationalSample) -> None:
    now = datetime.now(UTC)
    copied = judge_national("FI", contents_of(sample), ChipVerdict.NOT_PROVED, sample.anchors, now)
    assert copied.outcome is NationalOutcome.COPY
    silent = judge_national("FI", contents_of(sample), ChipVerdict.NOT_OFFERED, sample.anchors, now)
    assert silent.outcome is NationalOutcome.PROVISIONAL


def test_a_card_without_certificates_is_nobody_s(sample: NationalSample) -> None:
    bare = replace(contents_of(sample), certificates={})
    verdict = judge_national("FI", bare, ChipVerdict.NOT_OFFERED, sample.anchors, NOW)
    assert (verdict.outcome, verdict.subject) == (NationalOutcome.ISSUER_UNKNOWN, None)


def test_certificates_swapped_between_the_roles_are_not_taken(sample: NationalSample) -> None:
    contents = contents_of(sample)
    one, other = (contents.certificates[role] for role in (PinRole.AUTHENTICATION, PinRole.SIGNATURE))
    swapped = replace(contents, certificates={PinRole.AUTHENTICATION: other, PinRole.SIGNATURE: one})
    verdict = judge_national("FI", swapped, ChipVerdict.PROVED, sample.anchors, datetime.now(UTC))
    assert verdict.outcome is NationalOutcome.ISSUER_UNKNOWN


def test_a_card_that_any_country_may_issue_is_judged_without_a_country() -> None:
    sample = READ_AT_DESKS["PKCS#15, P-256"]()
    family = national_family(sample.family)
    assert family is not None
    verdict = judge_national(family.country, contents_of(sample), ChipVerdict.PROVED, sample.anchors, datetime.now(UTC))
    assert Part.COUNTRY not in verdict.parts
    assert verdict.outcome is NationalOutcome.VERIFIED
    stranger = READ_AT_DESKS["PKCS#15, P-256"]().anchors
    refused = judge_national(family.country, contents_of(sample), ChipVerdict.PROVED, stranger, NOW)
    assert (refused.outcome, refused.subject) == (NationalOutcome.ISSUER_UNKNOWN, None)
