# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a card is worth while nobody can be asked: by the ages of the lists and the policy of the service."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from townhall_crypto.errors import CertificateRefusal, CertificateRefusedError, ProgrammingError, TrustMaterialError
from townhall_crypto.trust import TrustAnchors, Usage, prepare_trust, validate_certificate
from townhall_crypto.trust_revocation import ListTimes
from townhall_crypto.trust_verdict import (
    POLICIES,
    Doubt,
    Outcome,
    RevocationNeed,
    ServiceClass,
    TrustEvidence,
    TrustPolicy,
    judge,
    weaker,
)

if TYPE_CHECKING:
    from tests.crypto.conftest import CertificationAuthority

AT = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
FORM = POLICIES[ServiceClass.FORM_SUBMISSION]


def evidence(*, crl_age: timedelta = DAY, list_age: timedelta = DAY, crl_lasts: timedelta = 400 * DAY) -> TrustEvidence:
    return TrustEvidence(ListTimes(AT - crl_age, AT - crl_age + crl_lasts), AT - list_age)


@pytest.mark.parametrize(
    ("found", "doubts"),
    [
        (TrustEvidence(None, AT), (Doubt.NO_CRL,)),
        (TrustEvidence(None, None), (Doubt.LIST_UNDATED, Doubt.NO_CRL)),
        (evidence(crl_age=7 * DAY), ()),
        (evidence(crl_age=7 * DAY + SECOND), (Doubt.CRL_OLD,)),
        (evidence(crl_age=9 * DAY), (Doubt.CRL_OLD,)),
        (evidence(crl_lasts=DAY), ()),
        (evidence(crl_lasts=DAY - SECOND), (Doubt.CRL_ENDED,)),
        (evidence(crl_age=8 * DAY, crl_lasts=7 * DAY), (Doubt.CRL_ENDED, Doubt.CRL_OLD)),
        (evidence(list_age=30 * DAY), ()),
        (evidence(list_age=30 * DAY + SECOND), (Doubt.LIST_OLD,)),
        (evidence(list_age=-5 * timedelta(minutes=1)), ()),
        (evidence(list_age=-6 * timedelta(minutes=1)), (Doubt.LIST_AHEAD,)),
    ],
)
def test_every_age_is_good_at_its_limit_and_doubtful_beyond(found: TrustEvidence, doubts: tuple[Doubt, ...]) -> None:
    verdict = judge(found, FORM, AT)
    assert verdict.doubts == doubts
    assert verdict.outcome is (Outcome.PROVISIONAL if doubts else Outcome.ACCEPTED)
    assert verdict.evidence == found
    strict = judge(found, replace(FORM, revocation=RevocationNeed.REQUIRED), AT)
    assert strict.outcome is (Outcome.REFUSED if doubts else Outcome.ACCEPTED)


def test_a_service_that_needs_no_revocation_still_asks_who_the_issuers_are() -> None:
    policy = POLICIES[ServiceClass.IDENTIFICATION]
    assert judge(TrustEvidence(None, AT), policy, AT).outcome is Outcome.ACCEPTED
    assert judge(evidence(list_age=31 * DAY), policy, AT).outcome is Outcome.PROVISIONAL


def test_a_time_without_a_zone_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ProgrammingError):
        judge(evidence(), FORM, AT.replace(tzinfo=None))


@given(
    needs=st.sampled_from(RevocationNeed),
    crl_age=st.integers(0, 40),
    list_age=st.integers(0, 90),
    later=st.integers(0, 60),
)
def test_time_never_makes_a_verdict_better(needs: RevocationNeed, crl_age: int, list_age: int, later: int) -> None:
    policy = TrustPolicy(needs, 7 * DAY, 30 * DAY)
    found = evidence(crl_age=crl_age * DAY, list_age=list_age * DAY, crl_lasts=10 * DAY)
    order = [Outcome.ACCEPTED, Outcome.PROVISIONAL, Outcome.REFUSED]
    before, after = judge(found, policy, AT), judge(found, policy, AT + later * DAY)
    assert order.index(after.outcome) >= order.index(before.outcome)


def test_two_certificates_are_worth_what_the_older_list_is_worth() -> None:
    old, new = ListTimes(AT - 3 * DAY, AT + 9 * DAY), ListTimes(AT - DAY, AT + DAY)
    assert weaker(old, new) == weaker(new, old) == ListTimes(AT - 3 * DAY, AT + DAY)
    assert weaker(old, None) is weaker(None, old) is None


# With real lists.


def test_the_oldest_list_of_the_path_decides(authority: CertificationAuthority) -> None:
    der, now = authority.issue().der, authority.now
    persons = authority.revocation_list(authority.issuer, published=now - DAY)
    issuers = authority.revocation_list(authority.root, published=now - 8 * DAY, next_update=now + 90 * DAY)
    found = validate_certificate(der, authority.anchors(persons, issuers), now, Usage.SIGNATURE)
    assert found.revocation == ListTimes(now - 8 * DAY, now + 6 * DAY)
    assert judge(TrustEvidence(found.revocation, now), FORM, now).doubts == (Doubt.CRL_OLD,)
    alone = validate_certificate(der, authority.anchors(persons), now, Usage.SIGNATURE)
    assert alone.revocation is None


def test_a_newer_list_takes_the_place_of_an_older_one(authority: CertificationAuthority) -> None:
    der, now = authority.issue().der, authority.now
    lists = [authority.revocation_list(authority.issuer, published=now - days * DAY) for days in (9, 2, 5)]
    lists.append(authority.revocation_list(authority.root, published=now - DAY))
    found = validate_certificate(der, authority.anchors(*lists), now, Usage.SIGNATURE)
    assert found.revocation is not None
    assert found.revocation.this_update == now - 2 * DAY


def test_prepared_trust_judges_as_unprepared_does_and_unreadable_trust_is_told(
    authority: CertificationAuthority,
) -> None:
    der = authority.issue().der
    anchors = authority.anchors(authority.revocation_list(authority.issuer, [der]))
    forged = type(authority)()
    same_name = replace(anchors, crls_der=(forged.revocation_list(forged.issuer, [der]),))
    prepare_trust(anchors)
    prepare_trust(same_name)
    with pytest.raises(CertificateRefusedError) as refused:
        validate_certificate(der, anchors, authority.now, Usage.SIGNATURE)
    assert refused.value.reason is CertificateRefusal.REVOKED
    assert validate_certificate(der, same_name, authority.now, Usage.SIGNATURE).revocation is None
    with pytest.raises(TrustMaterialError):
        prepare_trust(TrustAnchors((b"x",)))


def test_a_list_of_100000_cards_is_not_walked_in_python(authority: CertificationAuthority) -> None:
    """Counted in calls of the interpreter, not in seconds: walking the list would take hundreds of thousands."""
    import sys  # noqa: PLC0415 - for the count alone

    der, now = authority.issue().der, authority.now
    anchors = authority.anchors(big_list(authority, 100_000), authority.revocation_list(authority.root))
    prepare_trust(anchors)
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(count)
    try:
        found = validate_certificate(der, anchors, now, Usage.SIGNATURE)
    finally:
        sys.setprofile(None)
    assert found.revocation_checked
    assert calls < 100_000


def big_list(authority: CertificationAuthority, length: int) -> bytes:
    builder = x509.CertificateRevocationListBuilder(
        authority.issuer.certificate.subject, authority.now - DAY, authority.now + 6 * DAY
    )
    revoked = [
        x509.RevokedCertificateBuilder(serial, authority.now - 2 * DAY).build() for serial in range(1, length + 1)
    ]
    builder._revoked_certificates = revoked
    return builder.sign(authority.issuer.key, hashes.SHA512()).public_bytes(Encoding.DER)
