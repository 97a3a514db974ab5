# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Checks the proof that a person's card was there: its authentication key signed the visit's challenge."""

from datetime import datetime

from townhall_crypto.card_signature import CardAlgorithm, is_card_signature
from townhall_crypto.errors import MalformedError, SignatureRefusedError
from townhall_crypto.namespaces import CARD_CHALLENGE
from townhall_crypto.trust import TrustAnchors, Usage, ValidatedCertificate, validate_certificate
from townhall_forms.transaction import IdentityEvidence

_CHALLENGE_BYTES = 32


def verify_evidence(untrusted: IdentityEvidence, anchors: TrustAnchors, at: datetime) -> ValidatedCertificate:
    """Return the authentication certificate whose key signed the challenge.

    Raises:
        CertificateRefusedError: it is not good for authentication at that time.
        SignatureRefusedError: it did not sign this challenge.
    """
    try:
        challenge, signature = bytes.fromhex(untrusted.challenge), bytes.fromhex(untrusted.signature)
        certificate_der = bytes.fromhex(untrusted.certificate)
        algorithm = CardAlgorithm.named(untrusted.algorithm)
    except (ValueError, MalformedError) as exc:
        raise SignatureRefusedError("evidence that is no hex, or of no card's algorithm") from exc
    if len(challenge) != _CHALLENGE_BYTES:
        raise SignatureRefusedError("a challenge of another length")
    certificate = validate_certificate(certificate_der, anchors, at, Usage.AUTHENTICATION)
    digest = algorithm.digest.of(CARD_CHALLENGE + challenge)
    if not is_card_signature(certificate_der, algorithm, digest, signature):
        raise SignatureRefusedError
    return certificate
