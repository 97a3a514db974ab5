# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The suites of the sealed payload: how one secret is wrapped for one recipient (HPKE, RFC 9180, base mode)."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from townhall_crypto.errors import MalformedError, SealBrokenError, SealFault
from townhall_crypto.secret import Secret

SECRET_BYTES: Final = 32
_X25519_BYTES: Final = 32
_MLKEM_SEED_BYTES: Final = 64
_MLKEM_PUBLIC_BYTES: Final = 1184
_GCM_TAG_BYTES: Final = 16

HpkePublicKey: TypeAlias = X25519PublicKey | hpke.MLKEM768X25519PublicKey
HpkePrivateKey: TypeAlias = X25519PrivateKey | hpke.MLKEM768X25519PrivateKey


class Suite(Enum):
    """The registry of suites; the number stands in the inner header, and unknown numbers are refused."""

    HYBRID = 1
    """ML-KEM-768 with X25519 (X-Wing, HPKE KEM 0x647a), HKDF-SHA256, AES-256-GCM."""

    CLASSIC = 2
    """X25519 (HPKE KEM 0x0020), HKDF-SHA256, AES-256-GCM. For outside test vectors: production refuses it."""


PRODUCTION_SUITES: Final = frozenset({Suite.HYBRID})


@dataclass(frozen=True, slots=True)
class _Parameters:
    kem: hpke.KEM
    encapsulated_bytes: int
    public_bytes: int
    private_bytes: int
    load_public: Callable[[bytes], HpkePublicKey]
    load_private: Callable[[bytearray], HpkePrivateKey]


def _load_hybrid_public(data: bytes) -> HpkePublicKey:
    return hpke.MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(data[:_MLKEM_PUBLIC_BYTES]),
        X25519PublicKey.from_public_bytes(data[_MLKEM_PUBLIC_BYTES:]),
    )


def _load_hybrid_private(data: bytearray) -> HpkePrivateKey:
    view = memoryview(data)
    return hpke.MLKEM768X25519PrivateKey(
        MLKEM768PrivateKey.from_seed_bytes(view[:_MLKEM_SEED_BYTES]),
        X25519PrivateKey.from_private_bytes(view[_MLKEM_SEED_BYTES:]),
    )


_PARAMETERS: Final = {
    Suite.HYBRID: _Parameters(
        kem=hpke.KEM.MLKEM768_X25519,
        encapsulated_bytes=1120,
        public_bytes=_MLKEM_PUBLIC_BYTES + _X25519_BYTES,
        private_bytes=_MLKEM_SEED_BYTES + _X25519_BYTES,
        load_public=_load_hybrid_public,
        load_private=_load_hybrid_private,
    ),
    Suite.CLASSIC: _Parameters(
        kem=hpke.KEM.X25519,
        encapsulated_bytes=_X25519_BYTES,
        public_bytes=_X25519_BYTES,
        private_bytes=_X25519_BYTES,
        load_public=X25519PublicKey.from_public_bytes,
        load_private=X25519PrivateKey.from_private_bytes,
    ),
}


def wrap_bytes(suite: Suite) -> int:
    """Return the length of one wrapped secret: encapsulated key, secret, tag."""
    return _PARAMETERS[suite].encapsulated_bytes + SECRET_BYTES + _GCM_TAG_BYTES


def load_public(suite: Suite, untrusted_public: bytes) -> HpkePublicKey:
    """Return the HPKE key of raw public bytes (hybrid: ML-KEM-768 key, 1,184 bytes, then X25519 key, 32 bytes).

    Raises:
        MalformedError: the bytes are no public key of this suite.
    """
    if len(untrusted_public) != _PARAMETERS[suite].public_bytes:
        raise MalformedError(f"a public key of {len(untrusted_public)} bytes")
    try:
        return _PARAMETERS[suite].load_public(untrusted_public)
    except ValueError as exc:
        raise MalformedError("these bytes are no public key of the suite") from exc


def load_private(suite: Suite, private: Secret) -> HpkePrivateKey:
    """Return the HPKE key of raw private bytes (hybrid: ML-KEM seed, 64 bytes, then X25519 key, 32 bytes).

    Raises:
        MalformedError: wrong length.
    """
    data = private.reveal()
    if len(data) != _PARAMETERS[suite].private_bytes:
        raise MalformedError("a private key of the wrong length")
    return _PARAMETERS[suite].load_private(data)


def generate_private(suite: Suite) -> Secret:
    """Return fresh raw private bytes: uniformly random, as both ML-KEM seeds (FIPS 203) and X25519 keys are."""
    return Secret.random(_PARAMETERS[suite].private_bytes)


def public_bytes(suite: Suite, private: Secret) -> bytes:
    """Return the raw public bytes that belong to raw private bytes."""
    data = memoryview(private.reveal())
    x25519 = X25519PrivateKey.from_private_bytes(data[-_X25519_BYTES:]).public_key().public_bytes_raw()
    if suite is Suite.CLASSIC:
        return x25519
    mlkem = MLKEM768PrivateKey.from_seed_bytes(data[:_MLKEM_SEED_BYTES]).public_key().public_bytes_raw()
    return mlkem + x25519


def wrap(suite: Suite, secret: Secret, recipient: HpkePublicKey, info: bytes) -> bytes:
    """Return ``secret`` for ``recipient``: encapsulated key, then ciphertext; ``info`` is bound to it.

    Raises:
        MalformedError: the public key is degenerate (a low-order X25519 point).
    """
    try:
        return _hpke(suite).encrypt(secret.reveal(), recipient, info)
    except ValueError as exc:
        raise MalformedError("the recipient's public key is degenerate") from exc


def unwrap(suite: Suite, untrusted_wrap: bytes, key: HpkePrivateKey, info: bytes) -> Secret:
    """Return the secret that was wrapped for ``key`` with the same ``info``.

    Raises:
        SealBrokenError: it was not, or it was changed since.
    """
    try:
        return Secret(_hpke(suite).decrypt(untrusted_wrap, key, info))
    except (InvalidTag, ValueError):
        raise SealBrokenError(SealFault.WRAP) from None


def _hpke(suite: Suite) -> hpke.Suite:
    return hpke.Suite(_PARAMETERS[suite].kem, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
