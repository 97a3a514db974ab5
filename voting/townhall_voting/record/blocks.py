# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The members of a Belenios archive: old-style tar blocks of 512 bytes, in the one spelling that the tool writes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol

from townhall_voting.errors import RecordRefusedError
from townhall_voting.record.reasons import Place, Refusal

BLOCK_BYTES: Final = 512
MAX_MEMBER_BYTES: Final = 1 << 30
"""More than the voting keys of a million voters need."""
MAX_TIMESTAMP: Final = 0o77777777777
_CHUNK_BYTES: Final = 1 << 20  # a member that claims more than there is costs no memory
_FIELDS: Final = re.compile(
    rb"(?P<name>[!-~]{1,99})\0+"
    rb"0000644\x000000000\x000000000\0(?P<size>[0-7]{11})\0(?P<timestamp>[0-7]{11})\0[0-7]{6}\0 0\0+"
)


class ByteStream(Protocol):
    """Where an archive is read from, once and in order."""

    def read(self, size_bytes: int, /) -> bytes:
        """Return up to ``size_bytes`` more bytes; none at the end."""


@dataclass(frozen=True, slots=True)
class Member:
    """A named piece of the archive; ``offset`` is where its block begins, ``timestamp`` is in Unix seconds."""

    name: str
    body: bytes = field(repr=False)
    timestamp: int
    offset: int

    @property
    def end(self) -> int:
        """Where the next member begins."""
        return self.offset + BLOCK_BYTES + len(self.body) + _padding_bytes(len(self.body))


def member_bytes(name: str, body: bytes, timestamp: int) -> bytes:
    """Return a member: block, body and padding. ``timestamp`` is the same in a whole archive."""
    return _block(name.encode(), len(body), timestamp) + body + bytes(_padding_bytes(len(body)))


def read_members(stream: ByteStream, offset: int) -> Iterator[Member]:
    """Return the members from ``offset`` on, where ``stream`` stands, to its end.

    Raises:
        RecordRefusedError: BLOCK, TRUNCATED, PADDING or TOO_LARGE, with the offset of the member's block.
    """
    while block := stream.read(BLOCK_BYTES):
        member = _read_member(stream, block, Place(offset))
        yield member
        offset = member.end


def _read_member(stream: ByteStream, block: bytes, place: Place) -> Member:
    if len(block) < BLOCK_BYTES:
        raise RecordRefusedError(Refusal.TRUNCATED, place)
    fields = _FIELDS.fullmatch(block)
    if fields is None:
        raise RecordRefusedError(Refusal.BLOCK, place)
    size_bytes, timestamp = int(fields["size"], 8), int(fields["timestamp"], 8)
    if block != _block(fields["name"], size_bytes, timestamp):
        raise RecordRefusedError(Refusal.BLOCK, place)
    if size_bytes > MAX_MEMBER_BYTES:
        raise RecordRefusedError(Refusal.TOO_LARGE, place)
    body, padding = _read(stream, size_bytes, place), _read(stream, _padding_bytes(size_bytes), place)
    if any(padding):
        raise RecordRefusedError(Refusal.PADDING, place)
    return Member(fields["name"].decode(), body, timestamp, place.offset)


def _read(stream: ByteStream, size_bytes: int, place: Place) -> bytes:
    chunks, missing = [], size_bytes
    while missing:
        chunk = stream.read(min(missing, _CHUNK_BYTES))
        if not chunk:
            raise RecordRefusedError(Refusal.TRUNCATED, place)
        chunks.append(chunk)
        missing -= len(chunk)
    return b"".join(chunks)


def _block(name: bytes, size_bytes: int, timestamp: int) -> bytes:
    """Return the 512 bytes before a member: mode, owners, size, time, checksum (docs/formats/record.md, section 1)."""
    before = name.ljust(100, b"\0") + b"0000644\x000000000\x000000000\0%011o\0%011o\0" % (size_bytes, timestamp)
    after = b"0".ljust(BLOCK_BYTES - 156, b"\0")
    return before + b"%06o\0 " % (sum(before) + 8 * ord(" ") + sum(after)) + after


def _padding_bytes(size_bytes: int) -> int:
    return -size_bytes % BLOCK_BYTES
