# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Signatures as national cards make them: ECDSA as r || s, RSA by PKCS#1 v1.5, RSA-PSS; checked by a certificate's key.

The key is taken out of the certificate by asn1crypto, and where that cannot read it by ``cryptography``: one parser's
taste never decides whether a citizen's card works.
"""

import hashlib
from dataclasses import dataclass
from enum import Enum
from typing import Final

from asn1crypto.keys import PublicKeyInfo
from asn1crypto.x509 import Certificate
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import InvalidVersion, load_der_x509_certificate

from townhall_crypto.errors import MalformedError
from townhall_crypto.plain_ecdsa import is_ecdsa_signature
from townhall_crypto.signature_key import UNREADABLE, CurveKey, SignatureKey, read_key
from townhall_crypto.state_errors import KeyRefusedError


class Scheme(Enum):
    """How a card's key signs, and with it the form of the signature."""

    ECDSA = "ecdsa"
    """r || s, both as long as a coordinate of the key's curve: 64, 96 or 132 bytes for P-256, P-384 and P-521."""
    RSA_PKCS1 = "rsa-pkcs1"
    """RSASSA-PKCS1-v1_5 (RFC 8017 §8.2), as long as the modulus."""
    RSA_PSS = "rsa-pss"
    """RSASSA-PSS (RFC 8017 §8.1): MGF1 with the same hash, the salt as long as the digest; as long as the modulus."""


class Digest(Enum):
    """The hash whose digest goes to the card; the value is hashlib's name."""

    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA512 = "sha512"

    @property
    def size_bytes(self) -> int:
        """How long such a digest is."""
        return hashlib.new(self.value).digest_size

    def of(self, message: bytes) -> bytes:
        """Return the digest of a message."""
        return hashlib.new(self.value, message).digest()


@dataclass(frozen=True, slots=True)
class CardAlgorithm:
    """What a key of a card does with which digest."""

    scheme: Scheme
    digest: Digest

    @property
    def name(self) -> str:
        """The algorithm as evidence names it: ``ecdsa-sha384``."""
        return f"{self.scheme.value}-{self.digest.value}"

    @classmethod
    def named(cls, name: str) -> "CardAlgorithm":
        """Return the algorithm of a name.

        Raises:
            MalformedError: it names none.
        """
        scheme, _, digest = name.rpartition("-")
        try:
            return cls(Scheme(scheme), Digest(digest))
        except ValueError:
            raise MalformedError("no algorithm of a card") from None


ECDSA_SHA384: Final = CardAlgorithm(Scheme.ECDSA, Digest.SHA384)
"""What most cards do; where nothing else is said, this is meant."""
LEAST_RSA_BITS: Final = 2048
_HASHES: Final[dict[Digest, hashes.HashAlgorithm]] = {
    Digest.SHA256: hashes.SHA256(),
    Digest.SHA384: hashes.SHA384(),
    Digest.SHA512: hashes.SHA512(),
}


def key_of(certificate_der: bytes) -> SignatureKey:
    """Return the key of a card's certificate; whether that is trusted is not asked here.

    Raises:
        MalformedError: no certificate, or no key whose signatures can be checked.
    """
    for take in (_taken_by_asn1crypto, _taken_by_cryptography):
        try:
            return read_key(take(certificate_der))
        except (KeyRefusedError, UnsupportedAlgorithm, InvalidVersion, *UNREADABLE):
            continue
    raise MalformedError("no certificate with a readable key")


def signature_bytes(key: SignatureKey) -> int:
    """Return how long a signature by this key is."""
    return 2 * key.curve.coordinate_bytes if isinstance(key, CurveKey) else (key.key_size + 7) // 8


def is_card_signature(certificate_der: bytes, algorithm: CardAlgorithm, digest: bytes, signature: bytes) -> bool:
    """Tell whether ``signature`` over ``digest`` (of ``algorithm.digest``) is by the certificate's key.

    None by an RSA key of less than ``LEAST_RSA_BITS`` is: a person's word must outlast such a key.
    """
    if len(digest) != algorithm.digest.size_bytes:
        return False
    try:
        key = key_of(certificate_der)
        if len(signature) != signature_bytes(key):
            return False
        if isinstance(key, CurveKey):
            return algorithm.scheme is Scheme.ECDSA and _is_ecdsa(key, algorithm.digest, digest, signature)
        is_long = key.key_size >= LEAST_RSA_BITS
        return is_long and algorithm.scheme is not Scheme.ECDSA and _is_rsa(key, algorithm, digest, signature)
    except (MalformedError, UnsupportedAlgorithm, ValueError):
        return False


def _taken_by_asn1crypto(certificate_der: bytes) -> PublicKeyInfo:
    return Certificate.load(certificate_der).public_key


def _taken_by_cryptography(certificate_der: bytes) -> PublicKeyInfo:
    key = load_der_x509_certificate(certificate_der).public_key()
    return PublicKeyInfo.load(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def _is_ecdsa(key: CurveKey, name: Digest, digest: bytes, signature: bytes) -> bool:
    half = len(signature) // 2
    r, s = int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
    if key.curve.named is None:
        return is_ecdsa_signature(key.curve, (key.x, key.y), digest, (r, s))
    public = ec.EllipticCurvePublicNumbers(key.x, key.y, key.curve.named).public_key()
    try:
        public.verify(encode_dss_signature(r, s), digest, ec.ECDSA(Prehashed(_HASHES[name])))
    except InvalidSignature:
        return False
    return True


def _is_rsa(key: rsa.RSAPublicKey, algorithm: CardAlgorithm, digest: bytes, signature: bytes) -> bool:
    hashed = _HASHES[algorithm.digest]
    padded = (
        padding.PSS(mgf=padding.MGF1(hashed), salt_length=algorithm.digest.size_bytes)
        if algorithm.scheme is Scheme.RSA_PSS
        else padding.PKCS1v15()
    )
    try:
        key.verify(signature, digest, padded, Prehashed(hashed))
    except InvalidSignature:
        return False
    return True
