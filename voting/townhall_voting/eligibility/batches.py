# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a device sends the two boards: statements to one, ballots to the other, each sorted so that no order is left.

Format: docs/formats/voting-batches.md. A batch travels as the sealed payload of an envelope (kind as below): the device
that signed the envelope vouches for what the batch says of itself.
"""

import hashlib
from collections.abc import Iterable
from typing import Annotated, Final, Literal, TypeVar

import msgspec

from townhall_voting.errors import MalformedError
from townhall_voting.hashing import Fingerprint, HexHash, is_fingerprint
from townhall_voting.mode import Mode
from townhall_voting.untrusted_json import read_json

STATEMENT_KIND: Final = "voting-statement"
"""Of one statement (R), sealed by the device that made it."""
STATEMENTS_KIND: Final = "voting-statements"
BALLOTS_KIND: Final = "voting-ballots"
MINIMUM_BATCH: Final = 10
"""Fewer leave only when polls close: one statement and one ballot alone would tell whose is whose."""

MAX_CODE: Final = 4096
"""Characters of a code: more than the largest QR holds of them."""

_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
_Time = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799)]  # the end of the year 9999: dates end there
_Hash = Annotated[HexHash, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class StatementBatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """For the eligibility board: statements (R), and since when and until when this device was open."""

    version: Literal[1] = 1
    mode: Mode
    definition: _Hash
    """SHA-256 of the election package's definition."""
    device: str
    opened: _Time
    """Unix seconds of the opening by two officers."""
    closed: _Time
    """Unix seconds of the closing for good, 0 while polls are open."""
    made: _Count
    """How many statements this device has made so far: a number missing at the end is an alarm."""
    statements: tuple[bytes, ...]
    """Statements, each sealed to the eligibility board (``STATEMENT_KIND``), sorted by the SHA-256 of these bytes."""

    def to_bytes(self) -> bytes:
        """Return the one spelling."""
        return msgspec.json.encode(self)


class CheckedBallot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A ballot that a person opened instead of casting: void for ever, and published with what opens it."""

    ballot: Fingerprint
    code: Annotated[str, msgspec.Meta(max_length=MAX_CODE)]
    """Text of its QR (docs/formats/ballot-seed.md, section 6)."""


class BallotBatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """For the ballot box: ballots and opened ones, and how many there are in all; no time at all."""

    version: Literal[1] = 1
    mode: Mode
    definition: _Hash
    device: str
    is_final: bool
    """Whether polls are closed for good here: nothing follows."""
    cast: _Count
    """How many ballots were cast on this device so far."""
    checked: _Count
    """How many were opened on this device so far."""
    ballots: tuple[bytes, ...]
    """Signed ballots, sorted by their SHA-256."""
    opened: tuple[CheckedBallot, ...]
    """Sorted by ballot."""

    def to_bytes(self) -> bytes:
        """Return the one spelling."""
        return msgspec.json.encode(self)


_Batch = TypeVar("_Batch", StatementBatch, BallotBatch)


def sorted_by_hash(items: Iterable[bytes]) -> tuple[bytes, ...]:
    """Return ``items`` in the order of their SHA-256, in which nobody can see when each was made."""
    return tuple(sorted(items, key=lambda item: hashlib.sha256(item).digest()))


def parse_statement_batch(data: bytes) -> StatementBatch:
    """Return the batch that ``data`` spells; the statements themselves are not read.

    Raises:
        MalformedError: another format, spelling or order, or a statement twice.
    """
    batch = _parse(data, StatementBatch)
    _check_sorted(batch.statements)
    return batch


def parse_ballot_batch(data: bytes) -> BallotBatch:
    """Return the batch that ``data`` spells; the ballots themselves are not read.

    Raises:
        MalformedError: another format, spelling or order, or a ballot twice.
    """
    batch = _parse(data, BallotBatch)
    _check_sorted(batch.ballots)
    opened = [each.ballot for each in batch.opened]
    if opened != sorted(set(opened)) or not all(map(is_fingerprint, opened)):
        raise MalformedError("opened ballots out of order")
    return batch


def _parse(data: bytes, kind: type[_Batch]) -> _Batch:
    batch = read_json(data, kind)
    if batch.to_bytes() != data:
        raise MalformedError("a batch in another spelling")
    return batch


def _check_sorted(items: tuple[bytes, ...]) -> None:
    if items != sorted_by_hash(set(items)):
        raise MalformedError("out of order, or twice the same")
