# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The proof that a card was there: everything but a good certificate's signature over this challenge is refused."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from townhall_central.inbox.evidence import verify_evidence
from townhall_crypto.errors import CertificateRefusal, CertificateRefusedError, RefusedError, SignatureRefusedError
from townhall_crypto.trust import TrustAnchors
from townhall_forms.transaction import IdentityEvidence
from townhall_smartcard.identity import challenge_digest
from townhall_smartcard.simulation.estonian_card_keys import CertifiedKey
from townhall_smartcard.simulation.pki import Standing, TestPki

AT = datetime.fromtimestamp(1_800_000_000, UTC)
CHALLENGE = bytes(range(32))


class Card(Protocol):
    """What the fixtures of this part call a citizen's card."""

    @property
    def authentication(self) -> CertifiedKey: ...

    @property
    def signature(self) -> CertifiedKey: ...

    def evidence(self, challenge: bytes = ...) -> IdentityEvidence: ...


class NewCard(Protocol):
    """Makes one."""

    def __call__(self, *, standing: Standing = ...) -> Card: ...


def test_what_the_kiosk_asks_a_card_to_sign_is_what_is_checked(card: Card, pki: TestPki) -> None:
    signature = card.authentication.sign_digest(challenge_digest(CHALLENGE))
    evidence = IdentityEvidence(CHALLENGE.hex(), signature.hex(), card.authentication.certificate.hex())
    certificate = verify_evidence(evidence, pki.trust_anchors, AT)
    assert certificate.der == card.authentication.certificate
    assert certificate.subject.surname == "JÕEORG"


def test_a_signature_over_another_challenge_is_refused(card: Card, pki: TestPki) -> None:
    evidence = replace(card.evidence(CHALLENGE), challenge=bytes(32).hex())
    with pytest.raises(SignatureRefusedError):
        verify_evidence(evidence, pki.trust_anchors, AT)


def test_a_signature_without_our_namespace_is_refused(card: Card, pki: TestPki) -> None:
    digest = hashes.Hash(hashes.SHA384())
    digest.update(CHALLENGE)
    signature = card.authentication.sign_digest(digest.finalize())
    with pytest.raises(SignatureRefusedError):
        verify_evidence(replace(card.evidence(CHALLENGE), signature=signature.hex()), pki.trust_anchors, AT)


def test_the_signing_certificate_identifies_nobody(card: Card, pki: TestPki) -> None:
    signature = card.signature.sign_digest(challenge_digest(CHALLENGE))
    evidence = IdentityEvidence(CHALLENGE.hex(), signature.hex(), card.signature.certificate.hex())
    with pytest.raises(CertificateRefusedError) as refused:
        verify_evidence(evidence, pki.trust_anchors, AT)
    assert refused.value.reason is CertificateRefusal.WRONG_USAGE


@pytest.mark.parametrize("standing", [Standing.REVOKED, Standing.EXPIRED, Standing.FUTURE])
def test_a_certificate_that_does_not_hold_is_refused(new_card: NewCard, pki: TestPki, standing: Standing) -> None:
    card = new_card(standing=standing)
    with pytest.raises(CertificateRefusedError) as refused:
        verify_evidence(card.evidence(CHALLENGE), pki.trust_anchors, AT)
    expected = {
        Standing.REVOKED: CertificateRefusal.REVOKED,
        Standing.EXPIRED: CertificateRefusal.EXPIRED,
        Standing.FUTURE: CertificateRefusal.NOT_YET_VALID,
    }
    assert refused.value.reason is expected[standing]


def test_a_certificate_is_judged_at_the_given_time(card: Card, pki: TestPki) -> None:
    with pytest.raises(CertificateRefusedError):
        verify_evidence(card.evidence(CHALLENGE), pki.trust_anchors, AT + timedelta(days=3000))


def test_nobody_is_identified_without_anchors(card: Card) -> None:
    with pytest.raises(CertificateRefusedError):
        verify_evidence(card.evidence(CHALLENGE), TrustAnchors(()), AT)


@pytest.mark.parametrize("challenge", ["", "00", "00" * 31, "00" * 33])
def test_a_challenge_of_another_length_is_refused(card: Card, pki: TestPki, challenge: str) -> None:
    with pytest.raises(SignatureRefusedError):
        verify_evidence(replace(card.evidence(), challenge=challenge), pki.trust_anchors, AT)


@pytest.mark.parametrize("part", ["challenge", "signature", "certificate"])
def test_what_is_no_hex_is_refused(pki: TestPki, part: str) -> None:
    fields = {"challenge": "00" * 32, "signature": "00" * 96, "certificate": "30"} | {part: "zz"}
    with pytest.raises(SignatureRefusedError):
        verify_evidence(IdentityEvidence(**fields), pki.trust_anchors, AT)


@settings(deadline=None)  # a shared machine may be slow
@given(signature=st.binary(max_size=200))
def test_no_other_signature_passes(card: Card, pki: TestPki, signature: bytes) -> None:
    with pytest.raises(RefusedError):
        verify_evidence(replace(card.evidence(CHALLENGE), signature=signature.hex()), pki.trust_anchors, AT)


def test_a_signature_by_another_curve_is_refused(card: Card, pki: TestPki) -> None:
    der = ec.generate_private_key(ec.SECP256R1()).sign(CHALLENGE, ec.ECDSA(hashes.SHA384()))
    with pytest.raises(SignatureRefusedError):
        verify_evidence(replace(card.evidence(CHALLENGE), signature=der[:64].hex()), pki.trust_anchors, AT)
