# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A key of a simulated card with its certificate, and the card's way to sign: P-384 over a digest, r || s."""

from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA384

DIGEST_BYTES: Final = 48


@dataclass(frozen=True, slots=True)
class CertifiedKey:
    """A private key and the certificate (DER) over its public half."""

    private_key: ec.EllipticCurvePrivateKey = field(repr=False)
    certificate: bytes = field(repr=False)

    def sign_digest(self, digest: bytes) -> bytes:
        """Sign 48 bytes as they are; return r || s, 96 bytes."""
        der = self.private_key.sign(digest, ec.ECDSA(Prehashed(SHA384())))
        r, s = decode_dss_signature(der)
        return r.to_bytes(DIGEST_BYTES, "big") + s.to_bytes(DIGEST_BYTES, "big")

    def agree(self, point: bytes) -> bytes | None:
        """Return the x of the product with a point (uncompressed), or None for what is no point."""
        try:
            other = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP384R1(), point)
        except ValueError:
            return None
        return self.private_key.exchange(ec.ECDH(), other)


@dataclass(frozen=True, slots=True)
class CardKeys:
    """The two keys of a card."""

    authentication: CertifiedKey
    signature: CertifiedKey
