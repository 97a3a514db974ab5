# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The journal's one way to change: rows, log entries and a new signed head in one transaction, or nothing."""

import logging
import secrets
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from townhall_crypto.checkpoint import Checkpoint, DeviceNoteSigner, sign_checkpoint
from townhall_crypto.device_key import DeviceKey
from townhall_crypto.merkle import MerkleTree, leaf_hash
from townhall_sync.audit import Entry, Event, check_facts, leaf_data
from townhall_sync.changes import Change
from townhall_sync.clock import Clock
from townhall_sync.errors import (
    JournalCorruptError,
    JournalFullError,
    JournalRolledBackError,
    OutOfServiceError,
)
from townhall_sync.head_file import AcknowledgedHead, HeadFile
from townhall_sync.journal_records import JournalPolicy
from townhall_sync.ledger import Ledger
from townhall_sync.reserve import Reserve
from townhall_sync.sqlite_store import SCHEMA, JournalStore
from townhall_sync.verification import Owner, check_note, log_origin, read_tree, verify_journal

_DATABASE: Final = "journal.db"
_log = logging.getLogger(__name__)


class JournalLog:
    """An open, verified log with its tables. One thread; unusable after the first fault of the disk."""

    def __init__(self, directory: Path, key: DeviceKey, clock: Clock, policy: JournalPolicy) -> None:
        """Open the files of ``directory``; ``begin`` or ``resume`` follows.

        Raises:
            OutOfServiceError: see ``JournalStore``; or the log is gone although there was one.
        """
        self.boot: Final = secrets.token_hex(8)  # a monotonic time means something within one opening only
        self.reserve: Final = Reserve(directory, policy.reserve_bytes)
        self._key = key
        self._clock = clock
        self._store = JournalStore(directory / _DATABASE, policy.fold_pages)
        with ExitStack() as undo:
            undo.callback(self._store.close)
            self._head_file = HeadFile(directory)
            undo.pop_all()

    @classmethod
    def open(cls, directory: Path, kiosk: str, key: DeviceKey, clock: Clock, policy: JournalPolicy) -> "JournalLog":
        """Return the log of ``directory``, verified and safe on the disk; a new one where there was none.

        Raises:
            OutOfServiceError: it cannot be used; the class says why.
        """
        log = cls(directory, key, clock, policy)
        with ExitStack() as undo:
            undo.callback(log.close)
            log._load(Owner(kiosk, key.public_der))
            log._store.make_safe()
            log._note_opening()
            undo.pop_all()
        return log

    def _load(self, owner: Owner) -> None:
        acknowledged = self._head_file.read()
        if self._store.is_empty():
            if acknowledged is not None:
                raise JournalCorruptError("the log is gone")
            self._create(owner)
            return
        self.ledger, self.tree = verify_journal(self._store, owner)
        self._make_signer()
        if acknowledged is not None:
            self.require_not_before(acknowledged)

    def _note_opening(self) -> None:
        # Without this, a full disk could never be opened, and so never be emptied by delivery.
        try:
            self.append(Change(Event.JOURNAL_OPENED, {"boot": self.boot, "schema": SCHEMA}))
        except JournalFullError:
            _log.warning("the disk is full: the opening is not in the log")

    def _create(self, owner: Owner) -> None:
        facts = {"kiosk": owner.kiosk, "journal_id": secrets.token_hex(16), "key_sha256": owner.key_sha256}
        entry = self._entry(Change(Event.JOURNAL_CREATED, facts))
        self.ledger, self.tree = Ledger.begin(entry), MerkleTree()
        self._make_signer()
        with self._store.transaction():
            head, _note = self._write([(entry, Change(Event.JOURNAL_CREATED, facts))])
        self._acknowledge(head)

    def _make_signer(self) -> None:
        self._signer = DeviceNoteSigner(log_origin(self.ledger.kiosk, self.ledger.journal_id), self._key)

    def require_not_before(self, head: AcknowledgedHead) -> None:
        """Check that the log contains a state that somebody was told of.

        Raises:
            JournalRolledBackError: it does not: an older image, or another journal.
        """
        if head.journal_id != self.ledger.journal_id:
            raise JournalRolledBackError("another journal was acknowledged")
        if head.size > self.tree.size or self.tree.root(head.size) != head.root:
            raise JournalRolledBackError("the log is older than what was acknowledged, or another")

    def verify(self) -> None:
        """Check the tables once more from the first entry to the last.

        Raises:
            OutOfServiceError: they are not what this log wrote.
        """
        _ledger, tree = verify_journal(self.store, Owner(self.ledger.kiosk, self._key.public_der))
        if (tree.size, tree.root()) != (self.tree.size, self.tree.root()):
            raise JournalCorruptError("the log on the disk is not the one that was written")

    @property
    def store(self) -> JournalStore:
        """The tables, for reading."""
        return self._store

    def corrupt(self, what: str) -> JournalCorruptError:
        """Return the error that says what was found on reading; nothing may follow it before the journal is opened."""
        fault = JournalCorruptError(what)
        self._store.fault = self._store.fault or fault
        return fault

    def fold(self) -> None:
        """Fold the WAL into the database; where the disk is full, the reserve is given up for it.

        Raises:
            JournalFullError: there is no room; nothing is lost.
            OutOfServiceError: the disk failed; open the journal again.
        """
        try:
            self._store.fold()
        except JournalFullError:
            if not self.reserve.release():
                raise
            _log.warning("the disk is full: the reserve was released")
            self._store.fold()

    def append(self, *changes: Change) -> bytes:
        """Commit ``changes`` together and return the new head's note; the disk has them when this returns.

        When the disk is full, the reserve is given up first.

        Raises:
            JournalFullError: nothing was committed, and the reserve is used up.
            OutOfServiceError: whether it was committed is known only after opening again.
        """
        try:
            return self._commit(changes)
        except JournalFullError:
            if not self.reserve.release():
                raise
            _log.warning("the disk is full: the reserve was released")
            return self._commit((Change(Event.RESERVE_RELEASED, {}), *changes))

    def _commit(self, changes: tuple[Change, ...]) -> bytes:
        entries = [(self._entry(change), change) for change in changes]
        with ExitStack() as undo:
            undo.callback(self._forget_appended)
            with self._store.transaction():
                head, note = self._write(entries)
            undo.pop_all()
        for entry, _change in entries:
            self.ledger.apply(entry)
        self._acknowledge(head)
        self._fold_if_long()
        return note

    def _fold_if_long(self) -> None:
        # The commit is on the disk: a fault here is told to whoever uses the journal next.
        try:
            self._store.fold_if_long()
        except (JournalFullError, OutOfServiceError) as exc:
            _log.error("%s: the journal could not be folded", exc.code)

    def _forget_appended(self) -> None:
        """Bring the tree back to what is stored, after a commit that was undone."""
        if self._store.fault is None:
            self.tree = read_tree(self._store)

    def _write(self, entries: list[tuple[Entry, Change]]) -> tuple[Checkpoint, bytes]:
        for entry, _change in entries:
            stored = entry.to_bytes()
            self._store.add_entry(self.tree.append(leaf_hash(leaf_data(stored))), stored)
        head = Checkpoint(self._signer.name, self.tree.size, self.tree.root())
        note = sign_checkpoint(head, self._signer).encode()
        for _entry, change in entries:
            change.write(self._store, note)
        self._store.set_head(note)
        return head, note

    def _entry(self, change: Change) -> Entry:
        facts = check_facts(change.event, change.facts)
        wall, monotonic_ns = self._clock.wall(), self._clock.monotonic_ns()
        return Entry(change.event.value.name, wall, str(monotonic_ns), self.boot, facts)

    def check_note(self, note: bytes) -> str:
        """Return the text of a kept checkpoint of this log, verified again.

        Raises:
            JournalCorruptError: it is not what was written.
        """
        check_note(note, self.ledger, self.tree, self._key.public_der)
        return note.decode()

    def _acknowledge(self, head: Checkpoint) -> None:
        self._head_file.write(AcknowledgedHead(self.ledger.journal_id, head.size, head.root))

    def close(self) -> None:
        """Close the files."""
        self._head_file.sync()
        self._head_file.close()
        self._store.close()
