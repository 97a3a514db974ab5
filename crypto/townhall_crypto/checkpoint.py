# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Checkpoints: a log's size and root as a C2SP signed note (c2sp.org/tlog-checkpoint, docs/formats/log.md)."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Final, Protocol, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from townhall_crypto import namespaces
from townhall_crypto.device_key import DeviceKey, load_device_public_key, verify_device_signature
from townhall_crypto.errors import CheckpointRefusedError, MalformedError, ProgrammingError, SignatureRefusedError
from townhall_crypto.merkle import EMPTY_ROOT, HASH_BYTES

MAX_NOTE_BYTES: Final = 128 * 1024  # sixteen post-quantum cosignatures
_MAX_SIZE: Final = 2**53 - 1
_KEY_ID_BYTES: Final = 4
_ED25519: Final = b"\x01"
# 0xff is for types without an assigned byte. Type 0x02 signs the bare text, which would put a device signature outside
# of every namespace.
_DEVICE_P256: Final = b"\xfftownhall-device-p256-v1"
_SIGNATURE_MARK: Final = "— "

_NAME: Final = re.compile(r"[!-*,-~]{1,255}")  # printable ASCII, neither space nor plus
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,15}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's state: ``origin`` names the log, ``size`` counts its leaves, ``root`` is its Merkle root (32 bytes).

    Raises:
        ProgrammingError: a value that no checkpoint has.
    """

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.origin):
            raise ProgrammingError("origin: printable ASCII without space and plus, at most 255")
        if not 0 <= self.size <= _MAX_SIZE or len(self.root) != HASH_BYTES:
            raise ProgrammingError("size from 0 to 2**53 - 1, root of 32 bytes")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise ProgrammingError("an empty log has the root of an empty tree")

    def signed_bytes(self) -> bytes:
        """Return the note text: three lines."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n".encode()

    @classmethod
    def from_text(cls, untrusted_text: bytes) -> Self:
        """Return the checkpoint of its note text; extension lines are refused, for no log of ours writes them.

        Raises:
            MalformedError: the text is no checkpoint in its one spelling.
        """
        try:
            origin, size, root, end = untrusted_text.decode("ascii").split("\n")
            if end or not _SIZE.fullmatch(size):
                raise MalformedError("no checkpoint has such lines")
            checkpoint = cls(origin, int(size), base64.b64decode(root, validate=True))
        except (ValueError, ProgrammingError) as exc:
            raise MalformedError("a checkpoint with impossible lines") from exc
        if checkpoint.signed_bytes() != untrusted_text:
            raise MalformedError("a checkpoint in another spelling than its one")
        return checkpoint


class NoteSigner(Protocol):
    """A key that signs notes under a name."""

    @property
    def name(self) -> str:
        """The key's name, which is the log's origin."""
        ...

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell the keys of one name apart."""
        ...

    def sign_note(self, text: bytes) -> bytes:
        """Return the signature over a note's text."""
        ...


class NoteVerifier(Protocol):
    """A key that verifies notes of a name."""

    @property
    def name(self) -> str:
        """The key's name, which is the log's origin."""
        ...

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell the keys of one name apart."""
        ...

    def verify_note(self, text: bytes, untrusted_signature: bytes) -> bytes:
        """Return ``text``, which this key signed.

        Raises:
            SignatureRefusedError: it did not.
        """
        ...


class Ed25519NoteVerifier:
    """Verifies the centre's notes (signature type 0x01)."""

    def __init__(self, name: str, public: bytes) -> None:
        """Verify notes of ``name`` under the raw public key (32 bytes).

        Raises:
            MalformedError: no such name, or no such key.
        """
        self.name: Final = _checked_name(name)
        try:
            self._key = Ed25519PublicKey.from_public_bytes(public)
        except ValueError as exc:
            raise MalformedError("no Ed25519 public key") from exc
        self.key_id: Final = _key_id(name, _ED25519 + public)

    @classmethod
    def from_vkey(cls, untrusted: str) -> Self:
        """Return the verifier of a key in the spelling of ``vkey``.

        Raises:
            MalformedError: no such key, or another spelling: a mistyped one has another key id.
        """
        try:
            name, _key_id_hex, encoded = untrusted.split("+", 2)
            verifier = cls(name, base64.b64decode(encoded, validate=True).removeprefix(_ED25519))
        except ValueError as exc:
            raise MalformedError("not a log's verifier key") from exc
        if verifier.vkey != untrusted:
            raise MalformedError("not a log's verifier key, or a mistyped one")
        return verifier

    @property
    def vkey(self) -> str:
        """The verifier key as other programs take it: name, key id in hex, and base64 of type and key."""
        encoded = base64.b64encode(_ED25519 + self._key.public_bytes_raw()).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"

    def verify_note(self, text: bytes, untrusted_signature: bytes) -> bytes:
        """Return ``text``, which this key signed.

        Raises:
            SignatureRefusedError: it did not.
        """
        try:
            self._key.verify(untrusted_signature, text)
        except InvalidSignature:
            raise SignatureRefusedError from None
        return text


class Ed25519NoteSigner:
    """Signs the centre's notes (signature type 0x01)."""

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        """Sign notes as ``name`` with ``key``, which signs nothing but notes: this type has no room for a namespace.

        Raises:
            MalformedError: no such name.
        """
        self._key = key
        self.verifier: Final = Ed25519NoteVerifier(name, key.public_key().public_bytes_raw())
        self.name: Final = name
        self.key_id: Final = self.verifier.key_id

    def sign_note(self, text: bytes) -> bytes:
        """Return the signature over a note's text."""
        return self._key.sign(text)


class DeviceNoteVerifier:
    """Verifies kiosks' notes (signature type 0xff, ``townhall-device-p256-v1``)."""

    def __init__(self, name: str, public_der: bytes) -> None:
        """Verify notes of ``name`` under a device's public key (DER SubjectPublicKeyInfo).

        Raises:
            MalformedError: no such name, or no such key.
        """
        load_device_public_key(public_der)
        self._public_der = public_der
        self.name: Final = _checked_name(name)
        self.key_id: Final = _key_id(name, _DEVICE_P256 + public_der)

    def verify_note(self, text: bytes, untrusted_signature: bytes) -> bytes:
        """Return ``text``, which this key signed.

        Raises:
            SignatureRefusedError: it did not.
        """
        return verify_device_signature(self._public_der, namespaces.CHECKPOINT_SIGNATURE, text, untrusted_signature)


class DeviceNoteSigner:
    """Signs a kiosk's notes with its device key (signature type 0xff, ``townhall-device-p256-v1``)."""

    def __init__(self, name: str, key: DeviceKey) -> None:
        """Sign notes as ``name`` with ``key``.

        Raises:
            MalformedError: no such name.
        """
        self._key = key
        self.verifier: Final = DeviceNoteVerifier(name, key.public_der)
        self.name: Final = name
        self.key_id: Final = self.verifier.key_id

    def sign_note(self, text: bytes) -> bytes:
        """Return the signature over a note's text."""
        return self._key.sign(namespaces.CHECKPOINT_SIGNATURE, text)


def sign_checkpoint(checkpoint: Checkpoint, signer: NoteSigner) -> str:
    """Return the signed note of ``checkpoint``.

    The caller never signs two that are inconsistent.

    Raises:
        ProgrammingError: ``signer`` is named otherwise than the log.
    """
    if signer.name != checkpoint.origin:
        raise ProgrammingError("the signer's name is not the log's origin")
    text = checkpoint.signed_bytes()
    encoded = base64.b64encode(signer.key_id + signer.sign_note(text)).decode()
    return f"{text.decode()}\n{_SIGNATURE_MARK}{signer.name} {encoded}\n"


def verify_checkpoint(untrusted_note: str, verifier: NoteVerifier) -> Checkpoint:
    """Return the checkpoint that ``verifier``'s key signed for the log of that name.

    Lines of unknown keys (witnesses) are ignored; each line of the known key must verify.

    Raises:
        CheckpointRefusedError: the note is no checkpoint of this log, or not signed by this key.
    """
    try:
        text, untrusted_lines = _split_note(untrusted_note)
        signatures = [each for each in map(_parse_line, untrusted_lines) if _is_by(each, verifier)]
        for _name, _id, signature in signatures:
            verifier.verify_note(text, signature)
        checkpoint = Checkpoint.from_text(text)
    except (MalformedError, SignatureRefusedError) as exc:
        raise CheckpointRefusedError("not a note of this log") from exc
    if not signatures:
        raise CheckpointRefusedError("not signed by this key")
    if checkpoint.origin != verifier.name:
        raise CheckpointRefusedError("signed for another log")
    return checkpoint


def _split_note(untrusted_note: str) -> tuple[bytes, list[str]]:
    """Return the text and the signature lines of a note; nothing of either is verified."""
    try:
        size_bytes = len(untrusted_note.encode())
    except UnicodeEncodeError:
        raise MalformedError("a note that has no UTF-8 form") from None
    if size_bytes > MAX_NOTE_BYTES:
        raise MalformedError(f"a note of {size_bytes} bytes")
    if any(character < " " and character != "\n" for character in untrusted_note):
        raise MalformedError("a note with control characters")
    text, separator, signatures = untrusted_note.rpartition("\n\n")
    if not separator or not signatures.endswith("\n"):
        raise MalformedError("a note without signatures")
    return f"{text}\n".encode(), signatures.removesuffix("\n").split("\n")


def _parse_line(untrusted_line: str) -> tuple[str, bytes, bytes]:
    """Return name, key id and signature of a signature line."""
    if not untrusted_line.startswith(_SIGNATURE_MARK):
        raise MalformedError("no signature line begins so")
    name, separator, encoded = untrusted_line.removeprefix(_SIGNATURE_MARK).partition(" ")
    try:
        decoded = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedError("a signature that is no base64") from None
    if not name or not separator or len(decoded) <= _KEY_ID_BYTES or base64.b64encode(decoded).decode() != encoded:
        raise MalformedError("a signature line of another shape")
    return name, decoded[:_KEY_ID_BYTES], decoded[_KEY_ID_BYTES:]


def _is_by(signature: tuple[str, bytes, bytes], verifier: NoteVerifier) -> bool:
    return signature[:2] == (verifier.name, verifier.key_id)


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise MalformedError("name: printable ASCII without space and plus, at most 255")
    return name


def _key_id(name: str, typed_key: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + typed_key).digest()[:_KEY_ID_BYTES]
