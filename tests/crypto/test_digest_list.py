# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Lists of digests that an office signed: whose they are, and what is none."""

from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509 import load_der_x509_certificate
from hypothesis import given
from hypothesis import strategies as st

from townhall_crypto.digest_list import read_digest_list
from townhall_crypto.errors import CertificateRefusal, CertificateRefusedError, CryptoError
from townhall_crypto.state_errors import ContentRefusal, ContentRefusedError
from townhall_smartcard.simulation.national_keys import KeyKind, NationalAuthority
from townhall_smartcard.simulation.serbian_card import signed_list

AUTHORITY = NationalAuthority("RS", name="Townhall TEST CA Resursi")
SIGNER = AUTHORITY.issue_register("RS", "x", KeyKind.RSA_2048)
TRUST = AUTHORITY.trusted()
NOW = datetime.now(UTC)


def signed(content: bytes) -> bytes:
    begun = pkcs7.PKCS7SignatureBuilder().set_data(content)
    with_signer = begun.add_signer(load_der_x509_certificate(SIGNER.certificate), SIGNER.private_key, hashes.SHA256())
    return with_signer.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary])


def test_a_list_has_the_files_that_were_signed_and_no_other() -> None:
    known = read_digest_list(signed_list(SIGNER, b"one", b"two"), "resursi", TRUST, NOW)
    assert known.has(b"one")
    assert known.has(b"two")
    assert not known.has(b"three")
    assert known.country == "RS"


@pytest.mark.parametrize("content", [b"", bytes(31), bytes(33)])
def test_content_that_is_no_digests_is_no_list(content: bytes) -> None:
    with pytest.raises(ContentRefusedError) as refused:
        read_digest_list(signed(content), "resursi", TRUST, NOW)
    assert refused.value.reason is ContentRefusal.OTHER_CONTENT


def test_another_branch_is_untrusted() -> None:
    with pytest.raises(CertificateRefusedError) as refused:
        read_digest_list(signed_list(SIGNER, b"one"), "gradjani", TRUST, NOW)
    assert refused.value.reason is CertificateRefusal.UNTRUSTED


@given(st.data())
def test_a_changed_byte_is_refused_or_changes_no_digest(data: st.DataObject) -> None:
    good = signed_list(SIGNER, b"one")
    place = data.draw(st.integers(0, len(good) - 1))
    changed = good[:place] + bytes((good[place] ^ data.draw(st.integers(1, 255)),)) + good[place + 1 :]
    try:
        known = read_digest_list(changed, "resursi", TRUST, NOW)
    except CryptoError:
        return
    assert known.has(b"one")
