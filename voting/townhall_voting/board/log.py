# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The public log of an election: what the ballot box has, batch by batch, append-only and signed.

Format: docs/formats/voting-log.md. Whoever finds their tracker in it holds the box to it: each tracker stands in the
record, or in the list of rejected ones with its reason. Entries are sorted and carry no time.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeAlias

import msgspec

from townhall_crypto import canonical
from townhall_crypto.checkpoint import Checkpoint, NoteSigner, NoteVerifier, sign_checkpoint, verify_checkpoint
from townhall_crypto.errors import CryptoError
from townhall_crypto.merkle import MerkleTree, leaf_hash
from townhall_crypto.namespaces import VOTING_LOG_LEAF
from townhall_voting.eligibility.batches import CheckedBallot
from townhall_voting.errors import LogRefusedError
from townhall_voting.hashing import Fingerprint, is_fingerprint
from townhall_voting.mode import Mode


class LoggedBallot(msgspec.Struct, frozen=True, forbid_unknown_fields=True, order=True):
    """A ballot in the box."""

    tracker: Fingerprint
    ballot: Fingerprint
    """h, what a card signed."""


class BallotsEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="ballots"):
    """Ballots of one election that came together, sorted by tracker."""

    election: Fingerprint
    ballots: tuple[LoggedBallot, ...]


class CheckedEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="checked"):
    """Ballots that people opened: void for ever. Sorted by h."""

    opened: tuple[CheckedBallot, ...]


class DeviceEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="device"):
    """What a device says it did: how many ballots were cast and opened there so far, and whether that is all."""

    device: str
    cast: Annotated[int, msgspec.Meta(ge=0)]
    checked: Annotated[int, msgspec.Meta(ge=0)]
    final: Annotated[int, msgspec.Meta(ge=0, le=1)]


class ClosedEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="closed"):
    """The box is closed: nothing follows."""


LogEntry: TypeAlias = BallotsEntry | CheckedEntry | DeviceEntry | ClosedEntry


@dataclass(frozen=True, slots=True)
class PublishedLog:
    """A log whose entries lead to the root of a checkpoint that the box signed."""

    checkpoint: Checkpoint
    entries: tuple[LogEntry, ...]

    def ballots(self, election: Fingerprint) -> Iterator[LoggedBallot]:
        """Return every ballot of an election that was ever listed."""
        batches = (entry for entry in self.entries if isinstance(entry, BallotsEntry) and entry.election == election)
        return (ballot for batch in batches for ballot in batch.ballots)

    def trackers(self, election: Fingerprint) -> frozenset[Fingerprint]:
        """Return every tracker of an election that was ever listed."""
        return frozenset(ballot.tracker for ballot in self.ballots(election))

    @property
    def checked(self) -> frozenset[Fingerprint]:
        """The h of every opened ballot."""
        entries = (entry for entry in self.entries if isinstance(entry, CheckedEntry))
        return frozenset(each.ballot for entry in entries for each in entry.opened)

    @property
    def is_closed(self) -> bool:
        """Whether the box said that nothing follows."""
        return bool(self.entries) and isinstance(self.entries[-1], ClosedEntry)


def check_extends(log: PublishedLog, earlier: Checkpoint) -> None:
    """Check that what the box signed at an earlier time is the beginning of ``log``: it forgot and changed nothing.

    Raises:
        LogRefusedError: it is not: the box has shown two logs.
    """
    tree = log_tree(log.entries[: earlier.size])
    if tree.size != earlier.size or tree.root() != earlier.root:
        raise LogRefusedError("the box signed another log before")


def has_root(log: PublishedLog, size: int, root: bytes) -> bool:
    """Tell whether ``root``, as a receipt bears it, is that of the first ``size`` entries of ``log``."""
    return 0 <= size <= len(log.entries) and log_tree(log.entries[:size]).root() == root


def log_name(election: str, mode: Mode) -> str:
    """Return the name of an election's public log: one for a test, another for the official election."""
    return f"townhall/{election}.{mode.value}/ballots"


def entry_bytes(entry: LogEntry) -> bytes:
    """Return the one line that spells ``entry``, without its newline: canonical JSON."""
    return canonical.encode(msgspec.to_builtins(entry))


def read_entry(untrusted_line: bytes) -> LogEntry:
    """Return the entry that a line, without its newline, spells.

    Raises:
        LogRefusedError: it spells none.
    """
    try:
        entry: LogEntry = msgspec.convert(canonical.decode(untrusted_line), LogEntry)
    except (CryptoError, msgspec.ValidationError) as error:
        raise LogRefusedError("a line that is no entry") from error
    return entry


def leaf_bytes(entry: LogEntry) -> bytes:
    """Return what is hashed as the entry's leaf (RFC 6962 §2.1 puts its zero byte before)."""
    return VOTING_LOG_LEAF + entry_bytes(entry)


def log_tree(entries: Iterable[LogEntry]) -> MerkleTree:
    """Return the Merkle tree over ``entries``."""
    tree = MerkleTree()
    for entry in entries:
        tree.append(leaf_hash(leaf_bytes(entry)))
    return tree


def write_log(entries: Sequence[LogEntry], signer: NoteSigner) -> tuple[bytes, str]:
    """Return the log's lines and its checkpoint, signed under the log's name."""
    lines = b"".join(entry_bytes(entry) + b"\n" for entry in entries)
    checkpoint = Checkpoint(signer.name, len(entries), log_tree(entries).root())
    return lines, sign_checkpoint(checkpoint, signer)


def read_log(untrusted_lines: bytes, untrusted_checkpoint: str, verifier: NoteVerifier) -> PublishedLog:
    """Return the log of these lines, which lead to the checkpoint that the box signed.

    Raises:
        LogRefusedError: a line is malformed, unsorted or repeats a ballot, something follows the closing, or the
            checkpoint is not signed by the box over these lines.
    """
    try:
        checkpoint = verify_checkpoint(untrusted_checkpoint, verifier)
    except CryptoError as error:
        raise LogRefusedError("not a log of this box") from error
    entries = tuple(read_entry(line) for line in _lines(untrusted_lines))
    if checkpoint.size != len(entries) or checkpoint.root != log_tree(entries).root():
        raise LogRefusedError("the checkpoint is of other entries")
    _check_entries(entries)
    return PublishedLog(checkpoint, entries)


def _lines(data: bytes) -> list[bytes]:
    if not data.endswith(b"\n") and data:
        raise LogRefusedError("a torn last line")
    return data.split(b"\n")[:-1]


def _check_entries(entries: Sequence[LogEntry]) -> None:
    seen: set[Fingerprint] = set()
    for place, entry in enumerate(entries):
        match entry:
            case BallotsEntry(election, ballots):
                listed = [ballot.tracker for ballot in ballots]
                named = [election, *listed, *(ballot.ballot for ballot in ballots)]
                news = {*listed, *(ballot.ballot for ballot in ballots)}
                if (
                    list(ballots) != sorted(ballots)
                    or len(news) != 2 * len(ballots)
                    or not all(map(is_fingerprint, named))
                ):
                    raise LogRefusedError("ballots out of order, or one twice")
            case CheckedEntry(opened):
                listed = [each.ballot for each in opened]
                news = set(listed)
                if listed != sorted(news) or not all(map(is_fingerprint, listed)):
                    raise LogRefusedError("opened ballots out of order, or one twice")
            case DeviceEntry():
                news = set()
            case ClosedEntry():
                news = set()
                if place != len(entries) - 1:
                    raise LogRefusedError("something follows the closing")
        if seen & news:
            raise LogRefusedError("a ballot that stood in the log before")
        seen |= news
