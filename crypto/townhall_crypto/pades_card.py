# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Lets pyHanko sign with a card: it gets a digest, and returns what the card makes of it, once."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from asn1crypto.algos import DigestAlgorithm, MaskGenAlgorithm, RSASSAPSSParams, SignedDigestAlgorithm
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from pyhanko.sign.signers.pdf_cms import Signer

from townhall_crypto.card_signature import CardAlgorithm, Scheme, key_of, signature_bytes
from townhall_crypto.errors import CardSignatureRefusedError, MalformedError, ProgrammingError
from townhall_crypto.signature_key import CurveKey
from townhall_crypto.trust import parse_certificate

SignDigest = Callable[[bytes], Awaitable[bytes]]
"""Gets a digest of the card's own kind, returns the card's signature in the form of its scheme (``card_signature``)."""


class CardSigner(Signer):
    """Signs through ``sign_digest``, at most once, and never for a size estimate."""

    def __init__(
        self, certificate: bytes, chain: Sequence[bytes], algorithm: CardAlgorithm, sign_digest: SignDigest
    ) -> None:
        leaf = parse_certificate(certificate)
        super().__init__(signing_cert=leaf, signature_mechanism=_mechanism(algorithm))
        self.cert_registry.register_multiple([parse_certificate(der) for der in chain])
        self._algorithm: Final = algorithm
        self._signature_bytes: Final = expected_bytes(certificate, algorithm)
        self._sign_digest = sign_digest
        self._has_signed = False

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:  # noqa: FBT001, FBT002 - pyHanko's signature
        """Return the signature over ``data`` as CMS has it; raises CardSignatureRefusedError: the card gave none."""
        if dry_run or self._has_signed or digest_algorithm != self._algorithm.digest.value:
            raise ProgrammingError("the card signs one digest of its own kind, once, and nothing on trial")
        self._has_signed = True
        signature = await self._sign_digest(self._algorithm.digest.of(data))
        if len(signature) != self._signature_bytes:
            raise CardSignatureRefusedError("the card returned a signature of the wrong length")
        if self._algorithm.scheme is not Scheme.ECDSA:
            return signature
        half = len(signature) // 2
        return encode_dss_signature(int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big"))


def expected_bytes(certificate: bytes, algorithm: CardAlgorithm) -> int:
    """Return how long the card's signature is.

    Raises:
        ProgrammingError: the certificate's key does not sign so.
    """
    try:
        key = key_of(certificate)
    except MalformedError as error:
        raise ProgrammingError("only cards whose signatures can be checked sign documents") from error
    if isinstance(key, CurveKey) is not (algorithm.scheme is Scheme.ECDSA):
        raise ProgrammingError("the key of the certificate does not sign in this way")
    return signature_bytes(key)


def _mechanism(algorithm: CardAlgorithm) -> SignedDigestAlgorithm:
    digest = algorithm.digest.value
    match algorithm.scheme:
        case Scheme.ECDSA:
            return SignedDigestAlgorithm({"algorithm": f"{digest}_ecdsa"})
        case Scheme.RSA_PKCS1:
            return SignedDigestAlgorithm({"algorithm": f"{digest}_rsa"})
        case Scheme.RSA_PSS:  # RFC 4056; the salt as long as the digest, because so cards make it
            hashed = DigestAlgorithm({"algorithm": digest})
            parameters = {
                "hash_algorithm": hashed,
                "mask_gen_algorithm": MaskGenAlgorithm({"algorithm": "mgf1", "parameters": hashed}),
                "salt_length": algorithm.digest.size_bytes,
            }
            return SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": RSASSAPSSParams(parameters)})
