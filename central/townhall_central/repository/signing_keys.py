# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Administrators' key files: Ed25519, encrypted with the person's own passphrase; their public halves as PEM beside.

Each person makes their own (``townhall-admin key``) and hands over the public file alone: nobody can sign twice.
"""

import os
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from securesystemslib.signer import CryptoSigner, SSlibKey

from townhall_central.errors import PassphraseRefusedError, SigningKeyError
from townhall_central.keys import read_private, write_private
from townhall_crypto.secret import Secret

MIN_PASSPHRASE = 12


def make_key(path: Path, passphrase: Secret) -> Path:
    """Make ``path`` (encrypted) and the public file beside it, ``.pub``; returns the latter.

    Raises:
        PassphraseRefusedError: shorter than 12 bytes.
        DirectoryError: the file exists.
    """
    if len(passphrase.reveal()) < MIN_PASSPHRASE:
        raise PassphraseRefusedError(f"at least {MIN_PASSPHRASE} characters")
    key = Ed25519PrivateKey.generate()
    encryption = BestAvailableEncryption(bytes(passphrase.reveal()))
    write_private(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    public = path.with_suffix(".pub")
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return public


def load_signer(path: Path, passphrase: Secret) -> CryptoSigner:
    """Open a key file.

    Raises:
        SigningKeyError: the passphrase does not open it, or it holds neither Ed25519 nor ECDSA.
        DirectoryError: it is missing, or others may read it.
    """
    try:
        key = load_pem_private_key(read_private(path), bytes(passphrase.reveal()))
    except (ValueError, TypeError, UnsupportedAlgorithm) as exc:
        raise SigningKeyError(f"{path.name}: the passphrase does not open it, or it is no encrypted key") from exc
    if not isinstance(key, Ed25519PrivateKey | EllipticCurvePrivateKey):
        raise SigningKeyError(f"{path.name}: neither Ed25519 nor ECDSA")
    return CryptoSigner(key)


def load_public(path: Path) -> SSlibKey:
    """Read a public file.

    Raises:
        SigningKeyError: it holds no Ed25519 or ECDSA public key.
    """
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as exc:
        raise SigningKeyError(f"{path.name}: no public key (PEM)") from exc
    if not isinstance(key, Ed25519PublicKey | EllipticCurvePublicKey):
        raise SigningKeyError(f"{path.name}: neither Ed25519 nor ECDSA")
    return SSlibKey.from_crypto(key)


def write_whole(path: Path, content: bytes) -> None:
    """Put a file in place by one rename: a reader sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
