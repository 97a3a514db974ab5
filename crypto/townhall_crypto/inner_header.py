# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The open part of a sealed payload, and the frame around its three parts (docs/formats/sealed-payload.md)."""

import re
from dataclasses import dataclass
from typing import Final

import msgspec

from townhall_crypto import canonical, suites
from townhall_crypto.errors import MalformedError, ProgrammingError
from townhall_crypto.suites import Suite

MAGIC: Final = b"townhall-sealed-payload/v1\n"
RANDOM_BYTES: Final = 16
MAX_RECIPIENTS: Final = 16
SIZE_CLASSES: Final = tuple(kib * 1024 for kib in (4, 16, 64, 256, 1024, 4096, 16384))
"""Lengths that a padded payload can have, in bytes."""

_LENGTH_BYTES: Final = 2
_MAX_HEADER_BYTES: Final = 2048  # sixteen recipients take some 1,350
_TAG_BYTES: Final = 16
_KIND: Final = re.compile(r"[a-z][a-z0-9.-]{0,63}")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_SALT: Final = re.compile(r"[0-9a-f]{32}")

MAX_SEALED_BYTES: Final = (
    len(MAGIC)
    + _LENGTH_BYTES
    + _MAX_HEADER_BYTES
    + MAX_RECIPIENTS * max(suites.wrap_bytes(suite) for suite in Suite)
    + SIZE_CLASSES[-1]
    + _TAG_BYTES
)
"""No sealed payload is longer."""


class _Fields(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The header's JSON members, before their values are checked."""

    suite: int
    kind: str
    recipients: list[str]
    size_class: int
    commitment: str
    salt: str


@dataclass(frozen=True, slots=True)
class InnerHeader:
    """What a sealed payload shows to everybody.

    ``recipients`` are key ids in the order of the wraps; ``size_class`` is the length of the padded payload in bytes;
    ``commitment`` fixes the one secret that opens the payload; ``salt`` is 16 random bytes, so equal payloads have
    nothing in common.

    Raises:
        ProgrammingError: a value that no sealed payload has.
    """

    suite: Suite
    kind: str
    recipients: tuple[str, ...]
    size_class: int
    commitment: bytes
    salt: bytes

    def __post_init__(self) -> None:
        if not _KIND.fullmatch(self.kind):
            raise ProgrammingError("kind: lower-case letters, digits, dots and hyphens, at most 64")
        if not 1 <= len(self.recipients) <= MAX_RECIPIENTS or len(set(self.recipients)) != len(self.recipients):
            raise ProgrammingError(f"recipients: 1 to {MAX_RECIPIENTS}, each once")
        if not all(_HASH.fullmatch(key_id) for key_id in self.recipients):
            raise ProgrammingError("recipients: key ids of 64 hex digits")
        if self.size_class not in SIZE_CLASSES:
            raise ProgrammingError("size_class: not one of the classes")

    def to_bytes(self) -> bytes:
        """Return the canonical form: what HPKE's info and the body's associated data bind."""
        return canonical.encode(
            {
                "suite": self.suite.value,
                "kind": self.kind,
                "recipients": self.recipients,
                "size_class": self.size_class,
                "commitment": self.commitment.hex(),
                "salt": self.salt.hex(),
            }
        )

    @classmethod
    def from_bytes(cls, untrusted_header: bytes) -> "InnerHeader":
        """Return the header of its canonical form.

        Raises:
            MalformedError: not canonical, a member missing or unknown, or a value that no sealed payload has.
        """
        try:
            fields = msgspec.convert(canonical.decode(untrusted_header), _Fields)
            if not _HASH.fullmatch(fields.commitment) or not _SALT.fullmatch(fields.salt):
                raise MalformedError("commitment or salt are not hex of their length")
            return cls(
                suite=Suite(fields.suite),
                kind=fields.kind,
                recipients=tuple(fields.recipients),
                size_class=fields.size_class,
                commitment=bytes.fromhex(fields.commitment),
                salt=bytes.fromhex(fields.salt),
            )
        except (msgspec.ValidationError, ProgrammingError, ValueError) as exc:
            raise MalformedError("an inner header with impossible members") from exc


@dataclass(frozen=True, slots=True)
class SealedParts:
    """A sealed payload taken apart; ``header_bytes`` are the canonical form of ``header``."""

    header: InnerHeader
    header_bytes: bytes
    wraps: tuple[bytes, ...]
    body: bytes


def join_sealed(parts: SealedParts) -> bytes:
    """Return the bytes of a sealed payload."""
    length = len(parts.header_bytes).to_bytes(_LENGTH_BYTES, "big")
    return b"".join((MAGIC, length, parts.header_bytes, *parts.wraps, parts.body))


def split_sealed(untrusted_sealed: bytes) -> SealedParts:
    """Take a sealed payload apart; every byte belongs to exactly one part.

    Raises:
        MalformedError: the bytes do not follow the format, from the first to the last.
    """
    if not untrusted_sealed.startswith(MAGIC):
        raise MalformedError("no sealed payload begins so")
    start = len(MAGIC) + _LENGTH_BYTES
    header_length = int.from_bytes(untrusted_sealed[len(MAGIC) : start], "big")
    if header_length > _MAX_HEADER_BYTES:
        raise MalformedError(f"an inner header of {header_length} bytes")
    header_bytes = untrusted_sealed[start : start + header_length]
    header = InnerHeader.from_bytes(header_bytes)
    wrap_length = suites.wrap_bytes(header.suite)
    wraps_start = start + header_length
    body_start = wraps_start + wrap_length * len(header.recipients)
    if len(untrusted_sealed) != body_start + header.size_class + _TAG_BYTES:
        raise MalformedError("a sealed payload of another length than its header says")
    wraps = tuple(untrusted_sealed[at : at + wrap_length] for at in range(wraps_start, body_start, wrap_length))
    return SealedParts(header, header_bytes, wraps, untrusted_sealed[body_start:])
