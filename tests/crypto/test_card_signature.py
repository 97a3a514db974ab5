# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Signatures of cards: each scheme by its own key, and by nothing else."""

from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from asn1crypto import algos
from asn1crypto import x509 as asn1_x509
from asn1crypto.core import Null
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from townhall_crypto.card_signature import CardAlgorithm, Digest, Scheme, is_card_signature, key_of, signature_bytes
from townhall_crypto.errors import MalformedError

HASHES: Final = {Digest.SHA256: hashes.SHA256(), Digest.SHA384: hashes.SHA384(), Digest.SHA512: hashes.SHA512()}
ISSUER: Final = ec.generate_private_key(ec.SECP384R1())
RSA: Final = rsa.generate_private_key(65537, 2048)
CURVES: Final = (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1(), ec.BrainpoolP384R1())


def certificate(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "somebody")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key)
        .serial_number(7)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
    )
    return built.sign(ISSUER, hashes.SHA384()).public_bytes(Encoding.DER)


def plain(key: ec.EllipticCurvePrivateKey, digest: bytes, kind: Digest) -> bytes:
    r, s = decode_dss_signature(key.sign(digest, ec.ECDSA(Prehashed(HASHES[kind]))))
    width = (key.key_size + 7) // 8
    return r.to_bytes(width, "big") + s.to_bytes(width, "big")


def rsa_signed(scheme: Scheme, digest: bytes, kind: Digest) -> bytes:
    hashed = HASHES[kind]
    padded = padding.PKCS1v15() if scheme is Scheme.RSA_PKCS1 else padding.PSS(padding.MGF1(hashed), kind.size_bytes)
    return RSA.sign(digest, padded, Prehashed(hashed))


@pytest.mark.parametrize("curve", CURVES, ids=lambda each: each.name)
@pytest.mark.parametrize("kind", list(Digest))
def test_a_signature_on_a_curve_is_by_its_key_alone(curve: ec.EllipticCurve, kind: Digest) -> None:
    key, digest = ec.generate_private_key(curve), kind.of(b"said")
    signature, algorithm = plain(key, digest, kind), CardAlgorithm(Scheme.ECDSA, kind)
    der = certificate(key.public_key())
    assert signature_bytes(key_of(der)) == len(signature)
    assert is_card_signature(der, algorithm, digest, signature)
    assert not is_card_signature(certificate(ISSUER.public_key()), algorithm, digest, signature)
    assert not is_card_signature(der, algorithm, kind.of(b"other"), signature)
    assert not is_card_signature(der, algorithm, digest, signature[:-1])
    assert not is_card_signature(der, algorithm, digest, b"\0" + signature)
    assert not is_card_signature(der, CardAlgorithm(Scheme.RSA_PKCS1, kind), digest, signature)


@pytest.mark.parametrize("scheme", [Scheme.RSA_PKCS1, Scheme.RSA_PSS])
@pytest.mark.parametrize("kind", list(Digest))
def test_an_rsa_signature_is_of_its_scheme_alone(scheme: Scheme, kind: Digest) -> None:
    digest, der = kind.of(b"said"), certificate(RSA.public_key())
    signature = rsa_signed(scheme, digest, kind)
    assert signature_bytes(key_of(der)) == 256
    for other in Scheme:
        assert is_card_signature(der, CardAlgorithm(other, kind), digest, signature) == (other is scheme)
    assert not is_card_signature(der, CardAlgorithm(scheme, kind), kind.of(b"other"), signature)
    for other_kind in set(Digest) - {kind}:
        assert not is_card_signature(der, CardAlgorithm(scheme, other_kind), other_kind.of(b"said"), signature)


def test_a_digest_of_another_length_is_signed_by_nobody() -> None:
    digest = Digest.SHA256.of(b"said")
    signature = rsa_signed(Scheme.RSA_PKCS1, digest, Digest.SHA256)
    assert not is_card_signature(
        certificate(RSA.public_key()), CardAlgorithm(Scheme.RSA_PKCS1, Digest.SHA384), digest, signature
    )


def test_parameters_that_the_strict_parser_refuses_do_not_decide() -> None:
    """Finland's cards of 2022 name ecdsa-with-SHA384 with NULL parameters (RFC 5758 §3.2 has none)."""
    key, digest = ec.generate_private_key(ec.SECP384R1()), Digest.SHA384.of(b"said")
    odd = asn1_x509.Certificate.load(certificate(key.public_key()))
    for place in (odd["tbs_certificate"]["signature"], odd["signature_algorithm"]):
        place["parameters"] = Null()
    der = odd.dump(force=True)
    assert algos.SignedDigestAlgorithm.load(odd["signature_algorithm"].dump())["parameters"].dump() == Null().dump()
    assert is_card_signature(der, CardAlgorithm(Scheme.ECDSA, Digest.SHA384), digest, plain(key, digest, Digest.SHA384))


@given(st.binary(max_size=200))
def test_what_is_no_certificate_signed_nothing(untrusted: bytes) -> None:
    assert not is_card_signature(untrusted, CardAlgorithm(Scheme.ECDSA, Digest.SHA384), bytes(48), bytes(96))
    with pytest.raises(MalformedError):
        key_of(untrusted)


@pytest.mark.parametrize("signature", [bytes(96), b"\xff" * 96])
def test_numbers_outside_the_group_are_no_signature(signature: bytes) -> None:
    der = certificate(ISSUER.public_key())
    assert not is_card_signature(der, CardAlgorithm(Scheme.ECDSA, Digest.SHA384), bytes(48), signature)
