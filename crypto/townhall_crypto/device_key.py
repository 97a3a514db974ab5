# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The key that makes a kiosk that kiosk: signs envelopes, checkpoints, receipts and requests."""

import contextlib
import logging
import os
import secrets
import stat
from functools import lru_cache
from pathlib import Path
from typing import Final, Protocol, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from townhall_crypto import namespaces
from townhall_crypto.errors import (
    DeviceKeyExistsError,
    DeviceKeyExposedError,
    DeviceKeyLockedError,
    DeviceKeyMissingError,
    MalformedError,
    ProgrammingError,
    SignatureRefusedError,
)
from townhall_crypto.secret import Secret

_log = logging.getLogger(__name__)

_MAX_KEY_FILE_BYTES: Final = 4096
_SIGNATURE_BASE_START: Final = b'"'


class DeviceKey(Protocol):
    """Port: a P-256 key that signs and does not leave its place (a file here, a TPM later)."""

    @property
    def public_der(self) -> bytes:
        """The public key as DER SubjectPublicKeyInfo."""
        ...

    def sign(self, namespace: bytes, message: bytes) -> bytes:
        """Return the ECDSA-SHA256 signature (DER) over ``namespace`` and ``message``, one after the other.

        Raises:
            ProgrammingError: ``namespace`` is none of those that device keys sign.
        """
        ...


class FileDeviceKey:
    """A device key in an encrypted PKCS#8 file. For development, tests and the demo: each load says so in the log."""

    is_development: Final = True

    def __init__(self, private_key: ec.EllipticCurvePrivateKey) -> None:
        """Use ``create`` or ``load``; a key that is in no file serves tests alone."""
        self._private_key = private_key
        self._public_der = private_key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @classmethod
    def create(cls, path: Path, passphrase: Secret) -> Self:
        """Make a new key and keep it in ``path``, encrypted, for the owner alone; durable when the call returns.

        Raises:
            DeviceKeyExistsError: ``path`` exists; it is left as it is.
            OSError: the disk refuses.
        """
        key = cls(ec.generate_private_key(ec.SECP256R1()))
        encrypted = key._private_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(bytes(passphrase.reveal())),
        )
        _write_new(path, encrypted)
        _warn()
        return key

    @classmethod
    def load(cls, path: Path, passphrase: Secret) -> Self:
        """Return the key of ``path``.

        Raises:
            DeviceKeyMissingError: there is no such file.
            DeviceKeyExposedError: others than its owner have rights on it, or it is no regular file of this user.
            DeviceKeyLockedError: the passphrase does not open it, or it holds no P-256 key.
        """
        encrypted = _read_private(path)
        try:
            key = serialization.load_pem_private_key(encrypted, bytes(passphrase.reveal()))
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise DeviceKeyLockedError from None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            raise DeviceKeyLockedError
        _warn()
        return cls(key)

    @property
    def public_der(self) -> bytes:
        """The public key as DER SubjectPublicKeyInfo."""
        return self._public_der

    def sign(self, namespace: bytes, message: bytes) -> bytes:
        """Return the ECDSA-SHA256 signature (DER) over ``namespace`` and ``message``, one after the other.

        Raises:
            ProgrammingError: ``namespace`` is none of those that device keys sign, or ``message`` is no RFC 9421
                signature base where the namespace says so.
        """
        if not _is_separated(namespace, message):
            raise ProgrammingError("only RFC 9421 signature bases are signed without a namespace")
        return self._private_key.sign(namespace + message, ec.ECDSA(SHA256()))

    def __repr__(self) -> str:
        return "<FileDeviceKey, development only>"


def verify_device_signature(public_der: bytes, namespace: bytes, message: bytes, untrusted_signature: bytes) -> bytes:
    """Return ``message``, which the owner of ``public_der`` signed under ``namespace``.

    Raises:
        MalformedError: ``public_der`` is no P-256 public key.
        SignatureRefusedError: the signature is not by this key over these bytes, or not in DER's one spelling.
        ProgrammingError: ``namespace`` is none of those that device keys sign.
    """
    if not _is_separated(namespace, message):
        raise SignatureRefusedError("no signature base begins so")
    public_key = load_device_public_key(public_der)
    try:
        public_key.verify(untrusted_signature, namespace + message, ec.ECDSA(SHA256()))
    except InvalidSignature:  # the library accepts DER's one spelling alone; a test holds it to that
        raise SignatureRefusedError from None
    return message


@lru_cache(maxsize=256)  # whoever checks signatures checks many by few keys
def load_device_public_key(untrusted_public_der: bytes) -> ec.EllipticCurvePublicKey:
    """Return the P-256 key of DER SubjectPublicKeyInfo bytes.

    Raises:
        MalformedError: they hold no such key, or hold it in another spelling.
    """
    try:
        key = serialization.load_der_public_key(untrusted_public_der)
    except (ValueError, UnsupportedAlgorithm):
        raise MalformedError("no DER public key") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise MalformedError("no P-256 public key")
    spelling = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    if spelling != untrusted_public_der:
        raise MalformedError("a public key in another spelling than DER's")
    return key


def _is_separated(namespace: bytes, message: bytes) -> bool:
    """Whether these bytes can be told from those of every other namespace."""
    if namespace not in namespaces.DEVICE_SIGNATURES:
        raise ProgrammingError("not a namespace of device signatures")
    return namespace != namespaces.HTTP_SIGNATURE or message.startswith(_SIGNATURE_BASE_START)


def _warn() -> None:
    _log.warning("the device key is a file: for development and tests only, not for a kiosk that serves people")


def _write_new(path: Path, content: bytes) -> None:
    """Create ``path`` with ``content``: whole and durable, or not at all; never over an existing file."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(partial, path)  # unlike a rename, it fails if path exists
    except FileExistsError as exc:
        raise DeviceKeyExistsError from exc
    finally:
        with contextlib.suppress(FileNotFoundError):
            partial.unlink()
    _sync_directory(path.parent)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_private(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError as exc:
        raise DeviceKeyMissingError from exc
    except OSError as exc:  # a symbolic link, or no right to read
        raise DeviceKeyExposedError from exc
    try:
        status = os.fstat(descriptor)
        is_private = not stat.S_IMODE(status.st_mode) & 0o077
        if not (stat.S_ISREG(status.st_mode) and is_private and status.st_uid == os.geteuid()):
            raise DeviceKeyExposedError
        return os.read(descriptor, _MAX_KEY_FILE_BYTES)
    finally:
        os.close(descriptor)
