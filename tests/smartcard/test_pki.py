# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The simulated cards' certificates pass every check that real ones must pass, and fail where they should."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from townhall_crypto.errors import CertificateRefusal, CertificateRefusedError
from townhall_crypto.trust import Usage, validate_certificate
from townhall_smartcard.simulation.estonian_card_person import AINO, JUHAN, KADRI, Person
from townhall_smartcard.simulation.pki import Role, Standing, TestPki

AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def pki() -> TestPki:
    return TestPki(AT)


@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        (Standing.REVOKED, CertificateRefusal.REVOKED),
        (Standing.EXPIRED, CertificateRefusal.EXPIRED),
        (Standing.FUTURE, CertificateRefusal.NOT_YET_VALID),
    ],
)
@pytest.mark.parametrize(
    ("role", "usage"), [(Role.AUTHENTICATION, Usage.AUTHENTICATION), (Role.SIGNATURE, Usage.SIGNATURE)]
)
def test_bad_standing_is_refused(
    pki: TestPki, standing: Standing, reason: CertificateRefusal, role: Role, usage: Usage
) -> None:
    certificate = pki.issue(JUHAN, role, standing).certificate
    with pytest.raises(CertificateRefusedError) as refused:
        validate_certificate(certificate, pki.trust_anchors, AT, usage)
    assert refused.value.reason is reason


def test_another_pki_of_the_same_name_is_not_trusted(pki: TestPki) -> None:
    stranger = TestPki(AT).issue(KADRI, Role.SIGNATURE)
    with pytest.raises(CertificateRefusedError):
        validate_certificate(stranger.certificate, pki.trust_anchors, AT, Usage.SIGNATURE)


@pytest.mark.parametrize("person", [KADRI, JUHAN, AINO])
def test_a_good_person_passes_with_revocation_checked(pki: TestPki, person: Person) -> None:
    keys = pki.issue_card_keys(person)
    for key, usage in ((keys.authentication, Usage.AUTHENTICATION), (keys.signature, Usage.SIGNATURE)):
        validated = validate_certificate(key.certificate, pki.trust_anchors, AT, usage)
        assert validated.revocation_checked
        assert validated.subject.personal_code == person.personal_code
        assert (validated.subject.surname, validated.subject.given_names) == (person.surname, person.given_names)


def test_neither_certificate_does_for_the_other_purpose(pki: TestPki) -> None:
    keys = pki.issue_card_keys(KADRI)
    for key, usage in ((keys.authentication, Usage.SIGNATURE), (keys.signature, Usage.AUTHENTICATION)):
        with pytest.raises(CertificateRefusedError):
            validate_certificate(key.certificate, pki.trust_anchors, AT, usage)


def test_the_certificates_have_the_profile_of_estonias(pki: TestPki) -> None:
    keys = pki.issue_card_keys(KADRI)
    authentication = x509.load_der_x509_certificate(keys.authentication.certificate)
    signature = x509.load_der_x509_certificate(keys.signature.certificate)
    for certificate in (authentication, signature):
        values = {attribute.oid: attribute.value for attribute in certificate.subject}
        assert values[NameOID.COMMON_NAME] == "ÕISPUU,KADRI-LIIS,48403159910"
        assert values[NameOID.SERIAL_NUMBER] == "PNOEE-48403159910"
        public = certificate.public_key()
        assert isinstance(public, ec.EllipticCurvePublicKey)
        assert public.curve.name == "secp384r1"
    usage = authentication.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert (usage.value.digital_signature, usage.value.key_agreement, usage.value.content_commitment) == (
        True,
        True,
        False,
    )
    purposes = authentication.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert list(purposes.value) == [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.EMAIL_PROTECTION]
    usage = signature.extensions.get_extension_for_class(x509.KeyUsage)
    assert (usage.value.digital_signature, usage.value.content_commitment) == (False, True)
    policies = signature.extensions.get_extension_for_class(x509.CertificatePolicies)
    assert "0.4.0.194112.1.2" in [policy.policy_identifier.dotted_string for policy in policies.value]


def test_the_key_is_the_certificates(pki: TestPki) -> None:
    issued = pki.issue(KADRI, Role.AUTHENTICATION)
    assert x509.load_der_x509_certificate(issued.certificate).public_key() == issued.private_key.public_key()


def test_issuing_more_changes_no_authority_and_no_earlier_certificate(pki: TestPki) -> None:
    before = (pki.anchors_der, pki.intermediates_der)
    first, second = (pki.issue(KADRI, Role.SIGNATURE) for _ in range(2))
    assert (pki.anchors_der, pki.intermediates_der) == before
    serials = {x509.load_der_x509_certificate(each.certificate).serial_number for each in (first, second)}
    assert len(serials) == 2


def test_a_whole_town_is_certified_at_once_as_one_by_one(pki: TestPki) -> None:
    town = [KADRI, JUHAN, AINO]
    issued = pki.issue_many(town, Role.SIGNATURE)
    for person, each in zip(town, issued, strict=True):
        validated = validate_certificate(each.certificate, pki.trust_anchors, AT, Usage.SIGNATURE)
        assert validated.revocation_checked
        assert validated.subject.personal_code == person.personal_code
        assert (validated.subject.surname, validated.subject.given_names) == (person.surname, person.given_names)
        certificate = x509.load_der_x509_certificate(each.certificate)
        assert certificate.public_key() == each.private_key.public_key()
        identifier = x509.SubjectKeyIdentifier.from_public_key(each.private_key.public_key())
        assert certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value == identifier
        with pytest.raises(CertificateRefusedError):
            validate_certificate(each.certificate, TestPki(AT).trust_anchors, AT, Usage.SIGNATURE)
    assert len({x509.load_der_x509_certificate(each.certificate).serial_number for each in issued}) == len(town)


def test_everybody_can_see_that_the_authorities_are_for_tests(pki: TestPki) -> None:
    for der in (*pki.anchors_der, *pki.intermediates_der):
        name = x509.load_der_x509_certificate(der).subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
        assert "Townhall TEST" in str(name)


def test_lists_are_fresh_and_name_the_revoked(pki: TestPki) -> None:
    revoked = x509.load_der_x509_certificate(pki.issue(JUHAN, Role.SIGNATURE, Standing.REVOKED).certificate)
    of_issuer, of_root = (x509.load_der_x509_crl(der) for der in pki.crls_der)
    assert of_issuer.get_revoked_certificate_by_serial_number(revoked.serial_number) is not None
    assert len(list(of_root)) == 0
    for crl in (of_issuer, of_root):
        assert crl.next_update_utc is not None
        assert crl.last_update_utc <= AT < crl.next_update_utc
        assert AT - crl.last_update_utc == timedelta(hours=1)


def test_openssl_builds_the_same_chain(tmp_path: Path) -> None:
    pki = TestPki()
    files = {
        "root": pki.anchors_der[0],
        "issuer": pki.intermediates_der[0],
        "person": pki.issue(KADRI, Role.SIGNATURE).certificate,
    }
    for name, der in files.items():
        subprocess.run(["openssl", "x509", "-inform", "DER", "-out", tmp_path / name], input=der, check=True)
    command = ["openssl", "verify", "-x509_strict", "-CAfile", "root", "-untrusted", "issuer", "person"]
    verdict = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert verdict.stdout.strip().endswith("person: OK"), verdict.stderr


def test_no_private_key_lies_in_the_package() -> None:
    folder = Path(__file__).resolve().parents[2] / "smartcard" / "townhall_smartcard" / "simulation"
    for path in folder.iterdir():
        assert path.is_dir() or b"PRIVATE KEY" not in path.read_bytes()
