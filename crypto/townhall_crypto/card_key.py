# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The P-384 key that a card's certificate names: checks its signatures, and agrees on secrets that only the card can.

The card's part of an agreement (ECDH, SP 800-56A §5.7.1.2) runs through processes that need not know its outcome: the
point that goes to the card is blinded, and what comes back says nothing without the blinding.
"""

from dataclasses import dataclass, field
from typing import Final, Self

from asn1crypto.x509 import Certificate
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from townhall_crypto.errors import MalformedError
from townhall_crypto.secret import Secret
from townhall_crypto.signature_key import UNREADABLE

NUMBER_BYTES: Final = 48
SIGNATURE_BYTES: Final = 2 * NUMBER_BYTES
POINT_BYTES: Final = 1 + 2 * NUMBER_BYTES
_CURVE: Final = ec.SECP384R1()
_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973
_EVEN: Final = b"\x02"


def card_public_key(certificate_der: bytes) -> ec.EllipticCurvePublicKey:
    """Return the key of a card's certificate; whether that is trusted is not asked here.

    Raises:
        MalformedError: no certificate, or its key is not on P-384.
    """
    try:
        # The key alone goes to the strict library: it refuses whole certificates that people carry.
        key = load_der_public_key(Certificate.load(certificate_der).public_key.dump())
    except (UnsupportedAlgorithm, *UNREADABLE) as error:
        raise MalformedError("no certificate with a readable key") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP384R1):
        raise MalformedError("not a key on P-384")
    return key


def is_signature(certificate_der: bytes, digest: bytes, signature: bytes) -> bool:
    """Tell whether ``signature`` (r || s) over ``digest`` (SHA-384) is by the certificate's key, a P-384 one."""
    if len(signature) != SIGNATURE_BYTES:
        return False
    r, s = (int.from_bytes(half, "big") for half in (signature[:NUMBER_BYTES], signature[NUMBER_BYTES:]))
    try:
        key = card_public_key(certificate_der)
        key.verify(encode_dss_signature(r, s), digest, ec.ECDSA(Prehashed(SHA384())))
    except (InvalidSignature, MalformedError, ValueError):
        return False
    return True


class EphemeralKey:
    """One side of agreements with any number of cards, each on a secret of its own; drop it when all are made."""

    def __init__(self) -> None:
        """Draw a fresh key."""
        self._key: Final = ec.generate_private_key(_CURVE)
        self.point: Final = _uncompressed(self._key.public_key())

    def agree(self, key: ec.EllipticCurvePublicKey) -> Secret:
        """Return the secret that the holder of ``key`` finds again from ``point``, and nobody else."""
        return Secret(self._key.exchange(ec.ECDH(), key))


@dataclass(frozen=True, slots=True)
class Agreement:
    """A fresh secret that the holder of a card's key can find again from ``ephemeral`` (a point, uncompressed)."""

    ephemeral: bytes
    shared: Secret = field(repr=False)


def agree(key: ec.EllipticCurvePublicKey) -> Agreement:
    """Return a fresh secret for the holder of ``key``; the ephemeral private key is gone when this returns."""
    ephemeral = EphemeralKey()
    return Agreement(ephemeral.point, ephemeral.agree(key))


@dataclass(frozen=True, slots=True)
class BlindedPoint:
    """What goes to the card instead of the ephemeral point; only whoever holds this can use the card's answer."""

    point: bytes
    _blinding: Secret = field(repr=False)

    @classmethod
    def of(cls, ephemeral: bytes) -> Self:
        """Blind the ephemeral point of an agreement.

        Raises:
            MalformedError: it is no point of the curve, uncompressed.
        """
        blinding = ec.generate_private_key(_CURVE)
        blinded = _with_x(blinding.exchange(ec.ECDH(), _point(ephemeral)))
        number = blinding.private_numbers().private_value
        return cls(_uncompressed(blinded), Secret(number.to_bytes(NUMBER_BYTES, "big")))

    def unblind(self, untrusted_x: bytes) -> Secret:
        """Return the agreement's secret from what the card made of ``point``; the blinding is used up.

        An x alone leaves the point's sign open; the outcome is an x again, the same for both.

        Raises:
            MalformedError: no x of a point; the card answered something else.
        """
        if len(untrusted_x) != NUMBER_BYTES:
            raise MalformedError("no x of a point")
        inverse = pow(int.from_bytes(self._blinding.reveal(), "big"), -1, _ORDER)
        self._blinding.wipe()
        return Secret(ec.derive_private_key(inverse, _CURVE).exchange(ec.ECDH(), _with_x(untrusted_x)))


def _point(uncompressed: bytes) -> ec.EllipticCurvePublicKey:
    if len(uncompressed) != POINT_BYTES:
        raise MalformedError("no point of P-384, uncompressed")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, uncompressed)
    except ValueError as error:
        raise MalformedError("no point of P-384, uncompressed") from error


def _with_x(x: bytes) -> ec.EllipticCurvePublicKey:
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, _EVEN + x)
    except ValueError as error:
        raise MalformedError("no x of a point") from error


def _uncompressed(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
