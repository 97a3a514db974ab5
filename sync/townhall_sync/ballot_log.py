# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The ballot box's public log on its way to kiosks: its signed checkpoint and the hashes of its leaves, by any road.

The centre and a stick only carry it. Whether a kiosk believes it is decided where the box's key is known. Format:
docs/formats/wire.md.
"""

import hashlib
from typing import Annotated, Final, Protocol

import msgspec

from townhall_crypto.merkle import HASH_BYTES
from townhall_sync.errors import MessageMalformedError
from townhall_sync.wire import Count, NoteText, decode_base64, encode_base64

MAX_LEAVES: Final = 65_536
"""A batch of each of a hundred kiosks in each hour of a month of voting."""
PAGE_LEAVES: Final = 1_024
"""Leaves in one answer over the line, at most: it is a message of the protocol's usual length."""
MAX_PART_BYTES: Final = 3 * 1024 * 1024

ORIGIN: Final = "^[!-*,-~]{1,128}$"
"""A log's name, as a pattern: printable ASCII without space and plus."""


class BallotLogPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The newest checkpoint, and the hashes of its leaves from ``start`` on (32 bytes each, one after another).

    All of them by stick and from the box; over the line at most ``PAGE_LEAVES``.
    """

    checkpoint: NoteText
    start: Count
    leaves: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9+/]*={0,2}$(?!\n)", max_length=MAX_LEAVES * 44)]

    def hashes(self) -> bytes:
        """Return the hashes.

        Raises:
            MessageMalformedError: no whole number of them, or too many.
        """
        hashes = decode_base64(self.leaves)
        if len(hashes) % HASH_BYTES or len(hashes) > MAX_LEAVES * HASH_BYTES:
            raise MessageMalformedError("a torn hash, or too many")
        return hashes


class BallotLogs(Protocol):
    """Port: a road on which ballot logs come."""

    async def ballot_log(self, origin: str, start: int) -> BallotLogPart | None:
        """Ask for the log of that name from leaf ``start`` on; None: no usable answer now, or no such log."""


def part_of(note: str, leaves: bytes, start: int, count: int = MAX_LEAVES) -> BallotLogPart:
    """Return a part of a log whose leaves' hashes are all in ``leaves``."""
    begins = start * HASH_BYTES
    taken = leaves[begins : begins + count * HASH_BYTES]
    return BallotLogPart(checkpoint=note, start=start, leaves=encode_base64(taken))


def file_name(origin: str) -> str:
    """Return what a log's file on a stick is called."""
    return hashlib.sha256(origin.encode()).hexdigest()


async def fetch(road: BallotLogs, origin: str, known: bytes) -> tuple[str, bytes] | None:
    """Return the newest note and the hashes of all its leaves, of which the ``known`` ones are taken as they are.

    None: no usable answer. Nothing of it is verified.
    """
    leaves = known
    while True:
        start = len(leaves) // HASH_BYTES
        part = await road.ballot_log(origin, start)
        if part is None or part.start != start:
            return None
        try:
            more = part.hashes()
        except MessageMalformedError:
            return None
        leaves += more
        if not more or len(more) % (PAGE_LEAVES * HASH_BYTES) or len(leaves) > MAX_LEAVES * HASH_BYTES:
            return part.checkpoint, leaves


class KnownBallotLogs:
    """Ballot logs that lie here already: those of a stick, or a test's. Implements ``BallotLogs``."""

    def __init__(self, logs: dict[str, tuple[str, bytes]]) -> None:
        """``logs``: note and all leaves' hashes, by origin; whoever holds the mapping may change it."""
        self._logs = logs

    async def ballot_log(self, origin: str, start: int) -> BallotLogPart | None:
        """Return a page of it."""
        if origin not in self._logs:
            return None
        note, leaves = self._logs[origin]
        return part_of(note, leaves, start, PAGE_LEAVES)
