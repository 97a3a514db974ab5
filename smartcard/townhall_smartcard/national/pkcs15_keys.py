# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A key of a PKCS#15 card with its certificate: what it does, what it is for, and what its signatures look like."""

from dataclasses import dataclass
from typing import Final

from asn1crypto.x509 import Certificate
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from townhall_crypto.card_signature import CardAlgorithm, Digest, Scheme, key_of
from townhall_crypto.errors import MalformedError
from townhall_crypto.signature_key import UNREADABLE
from townhall_smartcard.errors import CardUnreadableError, CardUnsupportedError
from townhall_smartcard.messages import PinRole
from townhall_smartcard.national.pkcs15_objects import KeyEntry, KeyUse
from townhall_smartcard.tlv import encoded_length

_DIGESTS: Final = {32: Digest.SHA256, 48: Digest.SHA384, 66: Digest.SHA512}
_SEQUENCE: Final = 0x30


@dataclass(frozen=True, slots=True)
class CertifiedKey:
    """A key that has a certificate, and what it does."""

    entry: KeyEntry
    certificate: bytes
    algorithm: CardAlgorithm
    bytes_wide: int
    """Of the modulus, or of a coordinate."""


def certified_key(entry: KeyEntry, untrusted: bytes) -> CertifiedKey:
    """Return what a key does, as its certificate says.

    Raises:
        CardUnreadableError: no certificate, one without a readable key, or of another kind than the directory says.
        CardUnsupportedError: a curve that no digest of ours is as wide as.
    """
    if untrusted[:1] != bytes((_SEQUENCE,)) or encoded_length(untrusted) > len(untrusted):
        raise CardUnreadableError("the certificate file holds no certificate")
    certificate = untrusted[: encoded_length(untrusted)]
    algorithm, bytes_wide = algorithm_of(certificate)
    if entry.is_elliptic != (algorithm.scheme is Scheme.ECDSA):
        raise CardUnreadableError("a certificate of another kind of key")
    return CertifiedKey(entry, certificate, algorithm, bytes_wide)


def algorithm_of(certificate: bytes) -> tuple[CardAlgorithm, int]:
    """Return what the key of a certificate does, and how wide its modulus or a coordinate is in bytes.

    Raises:
        CardUnreadableError: no certificate, or one without a readable key.
        CardUnsupportedError: a curve that no digest of ours is as wide as.
    """
    try:
        key = key_of(certificate)
    except MalformedError as exc:
        raise CardUnreadableError("a certificate without a readable key") from exc
    if isinstance(key, rsa.RSAPublicKey):
        return CardAlgorithm(Scheme.RSA_PKCS1, Digest.SHA256), (key.key_size + 7) // 8
    if key.curve.named is None or (wide := (key.curve.named.key_size + 7) // 8) not in _DIGESTS:
        raise CardUnsupportedError
    return CardAlgorithm(Scheme.ECDSA, _DIGESTS[wide]), wide


def role_of(key: CertifiedKey) -> PinRole:
    """Return what a key is for: by its own usage, and where that leaves it open by the certificate's."""
    uses = key.entry.uses
    is_for_will = KeyUse.NON_REPUDIATION in uses
    if not is_for_will or uses & {KeyUse.SIGN, KeyUse.SIGN_RECOVER}:
        certified = certified_uses(key.certificate)
        is_for_will = is_for_will if certified is None else "non_repudiation" in certified
    return PinRole.SIGNATURE if is_for_will else PinRole.AUTHENTICATION


def certified_uses(certificate: bytes) -> frozenset[str] | None:
    """Return the key usage that a certificate names (RFC 5280 §4.2.1.3); None: it names none.

    Raises:
        CardUnreadableError: it cannot be read.
    """
    try:
        usage = Certificate.load(certificate).key_usage_value
        return None if usage is None else frozenset(usage.native)
    except UNREADABLE as exc:
        raise CardUnreadableError("a certificate whose usage cannot be read") from exc


def plain_signature(untrusted: bytes, bytes_wide: int) -> bytes:
    """Return r || s, of a card that gives that or DER."""
    try:
        r, s = decode_dss_signature(untrusted)
        return r.to_bytes(bytes_wide, "big") + s.to_bytes(bytes_wide, "big")
    except (ValueError, OverflowError):
        if len(untrusted) != 2 * bytes_wide:
            raise CardUnreadableError("impossible signature") from None
        return untrusted
