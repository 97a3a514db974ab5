# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A person's certificate is believed for one purpose, at one time, under given anchors, or refused with the reason."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID, ObjectIdentifier
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from townhall_crypto.errors import CertificateRefusal, CertificateRefusedError, ProgrammingError, TrustMaterialError
from townhall_crypto.trust import SubjectName, TrustAnchors, Usage, ValidatedCertificate, validate_certificate

if TYPE_CHECKING:
    from tests.crypto.conftest import CertificationAuthority, PrivateKey


def reason_of(der: bytes, authority: CertificationAuthority, usage: Usage = Usage.SIGNATURE) -> CertificateRefusal:
    with pytest.raises(CertificateRefusedError) as refused:
        validate_certificate(der, authority.anchors(), authority.now, usage)
    return refused.value.reason


# Hostile first.


def test_a_certificate_of_another_authority_of_the_same_name_is_untrusted(authority: CertificationAuthority) -> None:
    imposter = type(authority)()
    assert reason_of(imposter.issue().der, authority) is CertificateRefusal.UNTRUSTED


def test_the_intermediates_are_not_trusted_by_themselves(authority: CertificationAuthority) -> None:
    imposter = type(authority)()
    anchors = TrustAnchors((authority.root.der,), (imposter.issuer.der,))
    with pytest.raises(CertificateRefusedError) as refused:
        validate_certificate(imposter.issue().der, anchors, authority.now, Usage.SIGNATURE)
    assert refused.value.reason is CertificateRefusal.UNTRUSTED


def test_certificates_that_came_with_a_document_help_to_build_a_path_but_are_not_trusted(
    authority: CertificationAuthority,
) -> None:
    imposter = type(authority)()
    anchors = TrustAnchors((authority.root.der,))
    good, bad = authority.issue().der, imposter.issue().der
    others = (b"not a certificate", authority.issuer.der, imposter.issuer.der, imposter.root.der)
    assert validate_certificate(good, anchors, authority.now, Usage.SIGNATURE, others_der=others).der == good
    with pytest.raises(CertificateRefusedError):
        validate_certificate(bad, anchors, authority.now, Usage.SIGNATURE, others_der=others)


def test_without_any_anchor_nobody_is_trusted(authority: CertificationAuthority) -> None:
    with pytest.raises(CertificateRefusedError) as refused:
        validate_certificate(authority.issue().der, TrustAnchors(()), authority.now, Usage.SIGNATURE)
    assert refused.value.reason is CertificateRefusal.UNTRUSTED


def test_a_person_who_issues_a_certificate_to_somebody_else_is_no_authority(authority: CertificationAuthority) -> None:
    citizen = authority.issue(usages=("content_commitment", "key_cert_sign"))
    forged = type(authority)()
    forged.issuer = citizen
    victim = forged.issue(serial_number="PNOEE-49001010000").der
    with pytest.raises(CertificateRefusedError) as refused:
        validate_certificate(victim, authority.anchors(), authority.now, Usage.SIGNATURE, others_der=(citizen.der,))
    assert refused.value.reason is CertificateRefusal.UNTRUSTED


def test_an_anchor_is_not_a_person(authority: CertificationAuthority) -> None:
    person = authority.issue().der
    with pytest.raises(CertificateRefusedError) as refused:
        validate_certificate(person, TrustAnchors((person,)), authority.now, Usage.SIGNATURE)
    assert refused.value.reason is CertificateRefusal.UNTRUSTED


def test_a_flipped_bit_anywhere_is_refused(authority: CertificationAuthority) -> None:
    der = authority.issue().der
    anchors = authority.anchors()
    believed = [
        position
        for position in range(0, len(der), 3)
        if _is_believed(der[:position] + bytes([der[position] ^ 1]) + der[position + 1 :], anchors, authority)
    ]
    assert believed == []


def _is_believed(der: bytes, anchors: TrustAnchors, authority: CertificationAuthority) -> bool:
    try:
        validate_certificate(der, anchors, authority.now, Usage.SIGNATURE)
    except CertificateRefusedError:
        return False
    return True


@given(junk=st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
def test_bytes_that_are_no_certificate_are_unparsable(authority: CertificationAuthority, junk: bytes) -> None:
    assert reason_of(junk, authority) is CertificateRefusal.UNPARSABLE


def test_a_certificate_with_bytes_behind_it_is_unparsable(authority: CertificationAuthority) -> None:
    assert reason_of(authority.issue().der + b"\x00", authority) is CertificateRefusal.UNPARSABLE


def test_a_critical_extension_that_nobody_understands_is_refused(authority: CertificationAuthority) -> None:
    strange = x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.4.1.55555.1"), b"\x05\x00")
    assert reason_of(authority.issue(extension=strange).der, authority) is CertificateRefusal.UNTRUSTED


# Usage.


@pytest.mark.parametrize(
    ("usages", "usage"),
    [
        (("digital_signature", "key_agreement"), Usage.SIGNATURE),
        (("content_commitment",), Usage.AUTHENTICATION),
        (("key_encipherment",), Usage.SIGNATURE),
        ((), Usage.SIGNATURE),
        ((), Usage.AUTHENTICATION),
    ],
)
def test_a_key_is_not_used_for_what_it_was_not_issued_for(
    authority: CertificationAuthority, usages: tuple[str, ...], usage: Usage
) -> None:
    assert reason_of(authority.issue(usages=usages).der, authority, usage) is CertificateRefusal.WRONG_USAGE


def test_an_authority_is_not_a_person_whatever_its_key_usage_says(authority: CertificationAuthority) -> None:
    der = authority.issue(is_authority=True).der
    assert reason_of(der, authority) is CertificateRefusal.WRONG_USAGE


# Time.


def test_a_certificate_is_refused_before_and_after_its_time_and_good_at_both_ends(
    authority: CertificationAuthority,
) -> None:
    start, end = authority.now, authority.now + timedelta(days=5)
    der = authority.issue(not_before=start, not_after=end).der
    second = timedelta(seconds=1)

    def outcome(at_offset: timedelta) -> CertificateRefusal | None:
        try:
            validate_certificate(der, authority.anchors(), authority.now + at_offset, Usage.SIGNATURE)
        except CertificateRefusedError as refused:
            return refused.reason
        return None

    assert outcome(-second) is CertificateRefusal.NOT_YET_VALID
    assert outcome(timedelta(0)) is None
    assert outcome(timedelta(days=5)) is None
    assert outcome(timedelta(days=5) + second) is CertificateRefusal.EXPIRED


def test_an_expired_issuer_is_expired(authority: CertificationAuthority) -> None:
    old = type(authority)(issuer_ends=authority.now - timedelta(days=1))
    der = old.issue().der
    with pytest.raises(CertificateRefusedError) as refused:
        validate_certificate(der, old.anchors(), old.now, Usage.SIGNATURE)
    assert refused.value.reason is CertificateRefusal.EXPIRED


def test_a_time_without_a_zone_is_a_mistake_of_the_caller(authority: CertificationAuthority) -> None:
    with pytest.raises(ProgrammingError):
        validate_certificate(
            authority.issue().der, authority.anchors(), authority.now.replace(tzinfo=None), Usage.SIGNATURE
        )


# What a validated certificate says.


@pytest.fixture(scope="module")
def validated(authority: CertificationAuthority) -> ValidatedCertificate:
    return validate_certificate(authority.issue().der, authority.anchors(), authority.now, Usage.SIGNATURE)


def test_the_subject_is_read_by_its_standard_attributes(validated: ValidatedCertificate) -> None:
    subject = validated.subject
    assert (subject.personal_code, subject.surname, subject.given_names, subject.country) == (
        "38001085718",
        "JÕEORG",
        "JAAK-KRISTJAN",
        "EE",
    )


def test_the_chain_leads_from_the_issuer_to_the_anchor(
    validated: ValidatedCertificate, authority: CertificationAuthority
) -> None:
    assert validated.chain_der == (authority.issuer.der, authority.root.der)


def test_the_end_of_validity_and_the_usage_are_told(
    validated: ValidatedCertificate, authority: CertificationAuthority
) -> None:
    assert validated.not_after == authority.now + timedelta(days=100)
    assert validated.usage is Usage.SIGNATURE


def test_no_representation_names_the_person(validated: ValidatedCertificate) -> None:
    assert not any(word in repr(validated) for word in ("38001085718", "ORG", "KRISTJAN"))


def test_no_refusal_names_the_person(authority: CertificationAuthority) -> None:
    der = type(authority)().issue().der
    with pytest.raises(CertificateRefusedError) as refused:
        validate_certificate(der, authority.anchors(), authority.now, Usage.SIGNATURE)
    assert refused.value.__suppress_context__
    assert "ORG" not in str(refused.value)


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP384R1()),
        ec.generate_private_key(ec.SECP256R1()),
        rsa.generate_private_key(public_exponent=65537, key_size=2048),
    ],
    ids=["P-384", "P-256", "RSA-2048"],
)
def test_cards_with_elliptic_and_rsa_keys_are_accepted_for_both_purposes(
    authority: CertificationAuthority, key: PrivateKey
) -> None:
    for usage, bits in ((Usage.SIGNATURE, "content_commitment"), (Usage.AUTHENTICATION, "digital_signature")):
        der = authority.issue(key=key, usages=(bits,)).der
        assert validate_certificate(der, authority.anchors(), authority.now, usage).usage is usage


def test_the_issuer_alone_may_be_the_anchor_as_a_trust_list_names_it(authority: CertificationAuthority) -> None:
    anchors = TrustAnchors((authority.issuer.der,))
    validated = validate_certificate(authority.issue().der, anchors, authority.now, Usage.SIGNATURE)
    assert validated.chain_der == (authority.issuer.der,)


@pytest.mark.parametrize(
    "identifier",
    [
        "38001085718",
        "PNOEE38001085718",
        "pnoee-380",
        "IDCEE-AB0398170",
        "PNO-1",
        "320000-00001",
        "",
    ],  # the last but one: Latvia's
)
def test_a_subject_without_a_national_personal_number_is_unparsable(
    authority: CertificationAuthority, identifier: str
) -> None:
    assert reason_of(authority.issue(serial_number=identifier).der, authority) is CertificateRefusal.UNPARSABLE


def test_a_subject_with_two_personal_numbers_is_unparsable(authority: CertificationAuthority) -> None:
    der = authority.issue(more=((NameOID.SERIAL_NUMBER, "PNOEE-49001010000"),)).der
    assert reason_of(der, authority) is CertificateRefusal.UNPARSABLE


def test_people_with_one_name_only_exist_and_people_without_any_do_not(authority: CertificationAuthority) -> None:
    der = authority.issue(surname="").der
    subject = validate_certificate(der, authority.anchors(), authority.now, Usage.SIGNATURE).subject
    assert subject == SubjectName(subject.personal_code, "", "JAAK-KRISTJAN", "EE")
    nameless = authority.issue(surname="", given_names="").der
    assert reason_of(nameless, authority) is CertificateRefusal.UNPARSABLE


def test_it_works_while_an_event_loop_runs(authority: CertificationAuthority) -> None:
    async def visit() -> str:
        certificate = validate_certificate(authority.issue().der, authority.anchors(), authority.now, Usage.SIGNATURE)
        return certificate.subject.personal_code

    assert asyncio.run(visit()) == "38001085718"


@pytest.mark.parametrize("broken", [TrustAnchors((b"x",)), TrustAnchors((), (b"x",)), TrustAnchors((), (), (b"x",))])
def test_trust_data_that_cannot_be_read_are_not_passed_over(
    authority: CertificationAuthority, broken: TrustAnchors
) -> None:
    with pytest.raises(TrustMaterialError):
        validate_certificate(authority.issue().der, broken, authority.now, Usage.SIGNATURE)
