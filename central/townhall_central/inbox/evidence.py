# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Checks the proof that a person's card was there: its authentication key signed the visit's challenge."""

from datetime import datetime
from hashlib import sha384

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.serialization import load_der_public_key

from townhall_crypto.errors import SignatureRefusedError
from townhall_crypto.namespaces import CARD_CHALLENGE
from townhall_crypto.trust import TrustAnchors, Usage, ValidatedCertificate, parse_certificate, validate_certificate
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
    except ValueError as exc:
        raise SignatureRefusedError("evidence that is no hex") from exc
    if len(challenge) != _CHALLENGE_BYTES or len(signature) % 2 or not signature:
        raise SignatureRefusedError("a challenge or signature of another length")
    certificate = validate_certificate(certificate_der, anchors, at, Usage.AUTHENTICATION)
    half = len(signature) // 2
    r, s = int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
    digest = sha384(CARD_CHALLENGE + challenge).digest()
    try:
        # The key alone goes to the strict library: it refuses whole certificates that people carry.
        key = load_der_public_key(parse_certificate(certificate_der).public_key.dump())
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise SignatureRefusedError("not the kind of key that cards sign challenges with")
        key.verify(encode_dss_signature(r, s), digest, ec.ECDSA(Prehashed(SHA384())))
    except (InvalidSignature, UnsupportedAlgorithm, ValueError) as exc:
        raise SignatureRefusedError from exc
    return certificate
