# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which certificate of a module's card is for what, by the certificates alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from tests.smartcard.vendor.soft_tokens import LUXEMBOURG

from townhall_crypto.card_signature import CardAlgorithm, Digest, Scheme
from townhall_crypto.errors import CertificateRefusedError
from townhall_crypto.trust import Usage, validate_certificate
from townhall_smartcard.messages import PinRole
from townhall_smartcard.simulation.national_keys import CertifiedHolder, KeyKind, KeyUsage, NationalAuthority
from townhall_smartcard.vendor.keys import document_number, issuers, keys_by_role
from townhall_smartcard.vendor.messages import ShownCertificate

AUTHORITY = NationalAuthority("LU")
ALL = frozenset(Scheme)


def shown(certificate: bytes, *, has_key: bool = False, schemes: frozenset[Scheme] = ALL) -> ShownCertificate:
    return ShownCertificate(certificate, has_key, None, schemes)


def certificate(usage: KeyUsage, kind: KeyKind = KeyKind.P256, holder: CertifiedHolder = LUXEMBOURG) -> bytes:
    return AUTHORITY.issue(holder, usage, kind).certificate


def of_no_usage(curve: ec.EllipticCurve, *bits: str) -> bytes:
    """A certificate by its own key that says no usage, or these."""
    key, now = ec.generate_private_key(curve), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "SPECIMEN")])
    begun = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    begun = begun.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    if bits:
        names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
        said = {name: name in bits for name in names}
        usage = x509.KeyUsage(**said, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False)
        begun = begun.add_extension(usage, critical=True)
    return begun.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def test_non_repudiation_signs_and_anything_else_that_signs_authenticates() -> None:
    for_will, to_prove = certificate(KeyUsage.SIGNATURE), certificate(KeyUsage.AUTHENTICATION)
    found = keys_by_role((shown(for_will), shown(to_prove)))
    assert list(found) == [PinRole.AUTHENTICATION, PinRole.SIGNATURE]
    assert (found[PinRole.SIGNATURE].number, found[PinRole.AUTHENTICATION].number) == (0, 1)
    for_both = of_no_usage(ec.SECP256R1(), "digital_signature", "content_commitment")
    assert keys_by_role((shown(for_both),)).keys() == {PinRole.SIGNATURE}
    assert keys_by_role((shown(of_no_usage(ec.SECP256R1())),)).keys() == {PinRole.AUTHENTICATION}


def test_what_only_encrypts_or_issues_others_is_for_neither() -> None:
    only_encrypts = of_no_usage(ec.SECP256R1(), "key_agreement")
    assert keys_by_role((shown(only_encrypts), shown(AUTHORITY.anchor_der, has_key=True))) == {}
    assert issuers((shown(only_encrypts), shown(AUTHORITY.anchor_der), shown(b"none"))) == (AUTHORITY.anchor_der,)


def test_a_certificate_with_a_key_beside_it_comes_before_one_without_and_else_the_first() -> None:
    old, new, newer = (certificate(KeyUsage.AUTHENTICATION) for _ in range(3))
    several = (shown(old), shown(new, has_key=True), shown(newer, has_key=True))
    assert keys_by_role(several)[PinRole.AUTHENTICATION].number == 1
    assert keys_by_role((shown(old), shown(new)))[PinRole.AUTHENTICATION].number == 0


@pytest.mark.parametrize(
    ("kind", "schemes", "algorithm"),
    [
        (KeyKind.RSA_2048, ALL, CardAlgorithm(Scheme.RSA_PKCS1, Digest.SHA256)),
        (KeyKind.RSA_2048, frozenset({Scheme.RSA_PSS}), CardAlgorithm(Scheme.RSA_PSS, Digest.SHA256)),
        (KeyKind.RSA_2048, frozenset({Scheme.ECDSA}), None),
        (KeyKind.P384, frozenset({Scheme.ECDSA}), CardAlgorithm(Scheme.ECDSA, Digest.SHA384)),
        (KeyKind.P384, frozenset({Scheme.RSA_PKCS1, Scheme.RSA_PSS}), None),
    ],
)
def test_a_key_does_what_its_token_has_a_mechanism_for(
    kind: KeyKind, schemes: frozenset[Scheme], algorithm: CardAlgorithm | None
) -> None:
    found = keys_by_role((shown(certificate(KeyUsage.AUTHENTICATION, kind), schemes=schemes),))
    assert {key.algorithm for key in found.values()} == ({algorithm} - {None})


def test_a_curve_that_no_digest_fits_is_passed_over() -> None:
    odd, good = of_no_usage(ec.SECP224R1()), of_no_usage(ec.SECP521R1())
    found = keys_by_role((shown(odd), shown(good)))
    assert {role: (key.number, key.bytes_wide) for role, key in found.items()} == {PinRole.AUTHENTICATION: (1, 66)}


def test_the_number_of_a_card_is_told_where_its_tokens_agree_on_one_that_a_person_reads() -> None:
    found = keys_by_role((shown(certificate(KeyUsage.SIGNATURE)), shown(certificate(KeyUsage.AUTHENTICATION))))

    def told(*numbers: str) -> str:
        keys = zip(found.values(), numbers, strict=True)
        return document_number(
            replace(key, shown=msgspec.structs.replace(key.shown, untrusted_number=number)) for key, number in keys
        )

    assert told("AS0012345", "AS0012345 ") == "AS0012345"
    assert told("AS0012345", "AS0012346") == ""
    for odd in ("\x1b[2J", "\uff21\uff33\uff11", "1" * 17, ""):
        assert told(odd, odd) == ""


def test_no_changed_byte_of_a_certificate_raises_anything() -> None:
    good = certificate(KeyUsage.AUTHENTICATION)
    for place in range(len(good)):
        for changed in (good[:place], good[:place] + bytes((good[place] ^ 0xFF,)) + good[place + 1 :]):
            assert keys_by_role((shown(changed),)).keys() <= set(PinRole)
            assert len(issuers((shown(changed),))) <= 1


@pytest.mark.parametrize("number", ["99999999R", "IDCES-99999999R", "PNOES-99999999R"])
def test_spain_names_a_person_by_one_number_however_a_certificate_says_it(number: str) -> None:
    spain = NationalAuthority("ES")
    issued = spain.issue(CertifiedHolder("ES", "ESPAÑOLA ESPAÑOLA", "CARMEN", number), KeyUsage.SIGNATURE, KeyKind.P256)
    subject = validate_certificate(
        issued.certificate, spain.trusted(), datetime.now(UTC) + timedelta(minutes=1), Usage.SIGNATURE
    ).subject
    assert (subject.country, subject.personal_code, subject.given_names) == ("ES", "99999999R", "CARMEN")


@pytest.mark.parametrize(
    ("country", "number"),
    [("FR", "IDCFR-99999999R"), ("ES", "9999999R"), ("ES", "IDCFR-99999999R"), ("FR", "99999999R")],
)
def test_the_number_of_another_states_identity_card_names_nobody(country: str, number: str) -> None:
    state = NationalAuthority(country)
    issued = state.issue(CertifiedHolder(country, "SPECIMEN", "ANNE", number), KeyUsage.SIGNATURE, KeyKind.P256)
    with pytest.raises(CertificateRefusedError):
        validate_certificate(issued.certificate, state.trusted(), datetime.now(UTC), Usage.SIGNATURE)
