# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Lets pyHanko sign with a card: it gets a digest and returns r||s, once for each signature."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from asn1crypto import keys, x509
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from pyhanko.sign.signers.pdf_cms import Signer

from townhall_crypto.errors import CardSignatureRefusedError, ProgrammingError
from townhall_crypto.trust import parse_certificate

SignDigest = Callable[[bytes], Awaitable[bytes]]
"""Gets a SHA-384 digest (48 bytes) of the signed attributes, returns the card's ECDSA signature as r||s."""

_NUMBER_BYTES: Final = {"secp256r1": 32, "secp384r1": 48, "secp521r1": 66}
"""How long r and s are, each, on the curve (SEC 1 §2.3.7, length of the order)."""


class CardSigner(Signer):
    """Signs through ``sign_digest``, at most once, and never for a size estimate."""

    def __init__(self, certificate: bytes, chain: Sequence[bytes], sign_digest: SignDigest) -> None:
        leaf = parse_certificate(certificate)
        super().__init__(signing_cert=leaf)
        self.cert_registry.register_multiple([parse_certificate(der) for der in chain])
        self._number_bytes = _length_of_numbers(leaf)
        self._sign_digest = sign_digest
        self._has_signed = False

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:  # noqa: FBT001, FBT002 - pyHanko's signature
        """Return the signature over ``data`` as DER; raises CardSignatureRefusedError when the card returns no r||s."""
        if dry_run or self._has_signed or digest_algorithm != "sha384":
            raise ProgrammingError("the card signs one SHA-384 digest, once, and nothing on trial")
        self._has_signed = True
        signature = await self._sign_digest(hashlib.sha384(data).digest())
        if len(signature) != 2 * self._number_bytes:
            raise CardSignatureRefusedError("the card returned a signature of the wrong length")
        r, s = signature[: self._number_bytes], signature[self._number_bytes :]
        return encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))


def _length_of_numbers(certificate: x509.Certificate) -> int:
    key: keys.PublicKeyInfo = certificate.public_key
    curve = key.curve[1] if key.algorithm == "ec" else ""
    if curve not in _NUMBER_BYTES:
        raise ProgrammingError("only cards with keys on P-256, P-384 or P-521 sign documents")
    return _NUMBER_BYTES[curve]
