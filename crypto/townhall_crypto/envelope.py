# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The envelope, outer layer: which kiosk put which sealed payload at which place of its journal.

The keeper makes it around the visit's sealed bytes. Its id names its header, its signature is the device's, and
``prev_hash`` chains it to the envelope before it. Byte by byte: docs/formats/envelope.md.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field
from typing import Final

import msgspec

from townhall_crypto import canonical, namespaces
from townhall_crypto.device_key import DeviceKey, verify_device_signature
from townhall_crypto.errors import MalformedError, ProgrammingError, SignatureRefusedError
from townhall_crypto.inner_header import MAX_SEALED_BYTES

MAGIC: Final = b"townhall-envelope/v1\n"
VERSION: Final = 1
NO_PREVIOUS: Final = "0" * 64
"""``prev_hash`` of a journal's first envelope."""

_MAX_HEADER_BYTES: Final = 1024
_MAX_SIGNATURE_LINE_BYTES: Final = 96  # a P-256 signature has at most 72 bytes
_MAX_INTEGER: Final = 2**53 - 1
_MAX_NANOSECONDS: Final = 2**63 - 1
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,18}")

MAX_ENVELOPE_BYTES: Final = len(MAGIC) + _MAX_HEADER_BYTES + 1 + _MAX_SIGNATURE_LINE_BYTES + 1 + MAX_SEALED_BYTES
"""No envelope is longer."""


class _CreatedFields(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    wall: int
    monotonic_ns: str
    last_server_time: int


class _Fields(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The header's JSON members, before their values are checked."""

    version: int
    kiosk: str
    journal_id: str
    boot: str
    seq: int
    prev_hash: str
    created: _CreatedFields
    sealed_sha256: str


@dataclass(frozen=True, slots=True)
class Created:
    """When the keeper accepted the payload, by the three clocks it has; none of them is trusted alone.

    ``wall``: Unix seconds of the kiosk's clock. ``monotonic_ns``: nanoseconds since the boot. ``last_server_time``:
    Unix seconds of the newest time that the centre signed, 0 if none yet.

    Raises:
        ProgrammingError: a value is negative or too large to be written.
    """

    wall: int
    monotonic_ns: int
    last_server_time: int

    def __post_init__(self) -> None:
        if not (0 <= self.wall <= _MAX_INTEGER and 0 <= self.last_server_time <= _MAX_INTEGER):
            raise ProgrammingError("a time outside of 0 to 2**53 - 1 seconds")
        if not 0 <= self.monotonic_ns <= _MAX_NANOSECONDS:
            raise ProgrammingError("a monotonic time outside of 0 to 2**63 - 1 nanoseconds")


@dataclass(frozen=True, slots=True)
class OuterHeader:
    """What an envelope says in the open.

    ``kiosk``, ``journal_id`` and ``boot`` are names (letters, digits, ``._-``; at most 64). ``seq`` counts from 1 in
    each journal. ``prev_hash`` is the id of the envelope before, ``NO_PREVIOUS`` exactly for ``seq`` 1.
    ``sealed_sha256`` is the lower-case hex SHA-256 of the sealed payload's bytes.

    Raises:
        ProgrammingError: a value that no header has.
    """

    kiosk: str
    journal_id: str
    boot: str
    seq: int
    prev_hash: str
    created: Created
    sealed_sha256: str
    version: int = VERSION
    _canonical: bytes = field(init=False, repr=False, compare=False)
    """The canonical form, made once: signature, id and envelope are all over these bytes."""

    def __post_init__(self) -> None:
        if self.version != VERSION:
            raise ProgrammingError("an unknown version")
        if not all(_NAME.fullmatch(name) for name in (self.kiosk, self.journal_id, self.boot)):
            raise ProgrammingError("kiosk, journal and boot: letters, digits, dot, underscore, hyphen; at most 64")
        if not 1 <= self.seq <= _MAX_INTEGER:
            raise ProgrammingError("seq: from 1 to 2**53 - 1")
        if not (_HASH.fullmatch(self.prev_hash) and _HASH.fullmatch(self.sealed_sha256)):
            raise ProgrammingError("hashes: 64 lower-case hex digits")
        if (self.seq == 1) != (self.prev_hash == NO_PREVIOUS):
            raise ProgrammingError("the first envelope of a journal, and no other, has no previous one")
        object.__setattr__(self, "_canonical", self._encoded())

    def signed_bytes(self) -> bytes:
        """Return the canonical form: what the device signs and what the id hashes, each under its namespace."""
        return self._canonical

    def _encoded(self) -> bytes:
        # A string: 2**53 nanoseconds are 104 days, and kiosks run longer than that.
        nanoseconds = str(self.created.monotonic_ns)
        created = _CreatedFields(self.created.wall, nanoseconds, self.created.last_server_time)
        fields = _Fields(
            self.version,
            self.kiosk,
            self.journal_id,
            self.boot,
            self.seq,
            self.prev_hash,
            created,
            self.sealed_sha256,
        )
        # RFC 8785, which for these plain ASCII values is what msgspec writes when it sorts.
        return msgspec.json.encode(fields, order="sorted")

    @property
    def envelope_id(self) -> str:
        """The envelope's id: lower-case hex SHA-256 over namespace and canonical header."""
        return hashlib.sha256(namespaces.ENVELOPE_ID + self.signed_bytes()).hexdigest()

    @classmethod
    def from_bytes(cls, untrusted_header: bytes) -> "OuterHeader":
        """Return the header of its canonical form.

        Raises:
            MalformedError: not canonical, a member missing or unknown, or a value that no header has.
        """
        try:
            fields = msgspec.convert(canonical.decode(untrusted_header), _Fields)
            if not _DECIMAL.fullmatch(fields.created.monotonic_ns):
                raise MalformedError("monotonic_ns is no decimal number")
            created = Created(fields.created.wall, int(fields.created.monotonic_ns), fields.created.last_server_time)
            return cls(
                fields.kiosk,
                fields.journal_id,
                fields.boot,
                fields.seq,
                fields.prev_hash,
                created,
                fields.sealed_sha256,
                fields.version,
            )
        except (msgspec.ValidationError, ProgrammingError) as exc:
            raise MalformedError("an outer header with impossible members") from exc


@dataclass(frozen=True, slots=True)
class Envelope:
    """A header, the device's signature over it (DER), and the sealed payload that it names."""

    header: OuterHeader
    signature: bytes
    sealed: bytes = field(repr=False)

    def to_bytes(self) -> bytes:
        """Return the bytes that are stored, sent and carried: three readable lines, then the sealed payload."""
        return b"".join(
            (MAGIC, self.header.signed_bytes(), b"\n", base64.b64encode(self.signature), b"\n", self.sealed)
        )

    @classmethod
    def from_bytes(cls, untrusted_envelope: bytes) -> "Envelope":
        """Take an envelope apart without believing it: neither signature nor hash is checked.

        Raises:
            MalformedError: the bytes do not follow the format.
        """
        if not untrusted_envelope.startswith(MAGIC):
            raise MalformedError("no envelope begins so")
        if len(untrusted_envelope) > MAX_ENVELOPE_BYTES:
            raise MalformedError(f"an envelope of {len(untrusted_envelope)} bytes")
        header_line, signature_start = _line(untrusted_envelope, len(MAGIC), _MAX_HEADER_BYTES)
        signature_line, sealed_start = _line(untrusted_envelope, signature_start, _MAX_SIGNATURE_LINE_BYTES)
        header = OuterHeader.from_bytes(header_line)
        return cls(header, _base64(signature_line), untrusted_envelope[sealed_start:])


def sealed_sha256(sealed: bytes) -> str:
    """Return what ``OuterHeader.sealed_sha256`` holds; plain SHA-256, for a sealed payload begins with its own name."""
    return hashlib.sha256(sealed).hexdigest()


@dataclass(frozen=True, slots=True)
class HashedPayload:
    """A sealed payload with its ``sealed_sha256``, so that megabytes are hashed once; only ``of`` makes one."""

    sealed: bytes = field(repr=False)
    sha256: str

    @classmethod
    def of(cls, sealed: bytes) -> "HashedPayload":
        """Hash a sealed payload."""
        return cls(sealed, sealed_sha256(sealed))


def sign_envelope(header: OuterHeader, sealed: bytes, key: DeviceKey) -> Envelope:
    """Return the envelope of ``header`` and ``sealed``, signed by the device; raises as ``sign_hashed``."""
    return sign_hashed(header, HashedPayload.of(sealed), key)


def sign_hashed(header: OuterHeader, payload: HashedPayload, key: DeviceKey) -> Envelope:
    """Return the envelope of ``header`` and ``payload``, signed by the device.

    Raises:
        ProgrammingError: ``header`` names another sealed payload, or this one is longer than any is.
    """
    if header.sealed_sha256 != payload.sha256:
        raise ProgrammingError("the header names another sealed payload")
    if len(payload.sealed) > MAX_SEALED_BYTES:
        raise ProgrammingError(f"a sealed payload of {len(payload.sealed)} bytes")
    return Envelope(header, key.sign(namespaces.ENVELOPE_SIGNATURE, header.signed_bytes()), payload.sealed)


def verify_envelope(untrusted_envelope: bytes, public_key_der: bytes) -> Envelope:
    """Return the envelope that the owner of ``public_key_der`` made, header and sealed payload belonging together.

    Two signatures by one key over one header differ: compare envelopes by id, not by bytes.

    Raises:
        MalformedError: the bytes do not follow the format, or the key is no P-256 key.
        SignatureRefusedError: the header is signed by another key, or names another sealed payload.
    """
    envelope = Envelope.from_bytes(untrusted_envelope)
    verify_device_signature(
        public_key_der, namespaces.ENVELOPE_SIGNATURE, envelope.header.signed_bytes(), envelope.signature
    )
    if envelope.header.sealed_sha256 != sealed_sha256(envelope.sealed):
        raise SignatureRefusedError("the signed header names another sealed payload")
    return envelope


def _line(data: bytes, start: int, max_bytes: int) -> tuple[bytes, int]:
    """Return the line that begins at ``start``, without its newline, and where the next one begins."""
    end = data.find(b"\n", start, start + max_bytes + 1)
    if end < 0:
        raise MalformedError("a line is too long, or missing")
    return data[start:end], end + 1


def _base64(line: bytes) -> bytes:
    try:
        decoded = base64.b64decode(line, validate=True)
    except binascii.Error:
        raise MalformedError("a signature that is no base64") from None
    if base64.b64encode(decoded) != line:
        raise MalformedError("base64 in another spelling than the canonical one")
    return decoded
