# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Signatures of a state's register: by the hashes that registers used, and by nothing else."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from hypothesis import given
from hypothesis import strategies as st

from townhall_crypto.errors import CertificateRefusal, CertificateRefusedError
from townhall_crypto.register_signature import BELGIAN_REGISTER, is_register_signature, register_key
from townhall_crypto.signature_key import SignatureKey, read_key
from townhall_crypto.trust import TrustAnchors, parse_certificate
from townhall_smartcard.simulation.national_keys import KeyKind, NationalAuthority, NationalKey

AUTHORITY = NationalAuthority("BE")
RSA = AUTHORITY.issue_register("BE", "RRN", KeyKind.RSA_2048)
CURVE = AUTHORITY.issue_register("BE", "RRN", KeyKind.P384)
CONTENT = b"what a register wrote"
BELIEVED = (hashes.SHA1(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512())  # noqa: S303  # cards of that time


def key_of(register: NationalKey) -> SignatureKey:
    return read_key(parse_certificate(register.certificate).public_key)


def signed(register: NationalKey, hashed: hashes.HashAlgorithm) -> bytes:
    if isinstance(register.private_key, rsa.RSAPrivateKey):
        return register.private_key.sign(CONTENT, padding.PKCS1v15(), hashed)
    return register.private_key.sign(CONTENT, ec.ECDSA(hashed))


@pytest.mark.parametrize("register", [RSA, CURVE], ids=["rsa", "curve"])
@pytest.mark.parametrize("hashed", BELIEVED, ids=lambda each: each.name)
def test_every_hash_that_registers_used_is_tried(register: NationalKey, hashed: hashes.HashAlgorithm) -> None:
    signature, key = signed(register, hashed), key_of(register)
    assert is_register_signature(key, CONTENT, signature)
    assert not is_register_signature(key, CONTENT + b".", signature)
    assert not is_register_signature(key, CONTENT, signature[:-1])
    assert not is_register_signature(key_of(CURVE if register is RSA else RSA), CONTENT, signature)


def test_md5_is_not_believed() -> None:
    assert not is_register_signature(key_of(RSA), CONTENT, signed(RSA, hashes.MD5()))  # noqa: S303  # refused


def test_a_file_may_be_longer_than_the_curve_s_signature() -> None:
    signature = signed(CURVE, hashes.SHA384())
    assert is_register_signature(key_of(CURVE), CONTENT, signature + bytes(9))


@given(st.binary(max_size=300))
def test_no_other_bytes_are_a_signature(content: bytes) -> None:
    for register in (RSA, CURVE):
        assert not is_register_signature(key_of(register), CONTENT, content)


def test_the_register_is_who_bears_its_name_under_a_trusted_authority() -> None:
    now, anchors = datetime.now(UTC), AUTHORITY.trusted()
    assert register_key(CURVE.certificate, BELGIAN_REGISTER, anchors, now) == key_of(CURVE)
    stranger = TrustAnchors((NationalAuthority("BE").anchor_der,))
    for certificate, trusted, reason in (
        (CURVE.certificate, stranger, CertificateRefusal.UNTRUSTED),
        (AUTHORITY.anchor_der, anchors, CertificateRefusal.UNTRUSTED),
        (b"", anchors, CertificateRefusal.UNPARSABLE),
        (b"\x30\x00", anchors, CertificateRefusal.UNPARSABLE),
    ):
        with pytest.raises(CertificateRefusedError) as refused:
            register_key(certificate, BELGIAN_REGISTER, trusted, now)
        assert refused.value.reason is reason
