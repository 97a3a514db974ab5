# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The store: transactions that hold or leave nothing, and SQLite's faults in our words."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from townhall_sync.errors import (
    JournalCorruptError,
    JournalFaultError,
    JournalForeignError,
    JournalFullError,
    JournalInUseError,
    JournalReadOnlyError,
    SyncError,
)
from townhall_sync.journal_rows import EnvelopeRow, OutboxRow
from townhall_sync.sqlite_store import SCHEMA, JournalStore, _fault

ROW = EnvelopeRow(1, b"header", b"signature", b"note")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def store(path: Path) -> Iterator[JournalStore]:
    made = JournalStore(path, 1000)
    yield made
    made.close()


def test_what_a_transaction_wrote_is_read_back(store: JournalStore) -> None:
    assert store.is_empty()
    with store.transaction():
        store.add_entry(0, b"entry")
        store.add_envelope(ROW, b"sealed")
        store.set_head(b"head")
        store.set_centre(b"centre")
        store.set_receipt(1, b"receipt")
    assert not store.is_empty()
    assert list(store.entries()) == [(0, b"entry")]
    assert (list(store.envelopes()), store.envelope(1), store.envelope(2)) == ([ROW], ROW, None)
    assert (store.payload(1), store.payload(2)) == (b"sealed", None)
    assert [row.sealed for row in store.payloads()] == [b"sealed"]
    assert list(store.outbox()) == [OutboxRow(1, is_isolated=False)]
    assert (store.head(), store.centre(), store.receipt(1), store.receipt(2)) == (b"head", b"centre", b"receipt", None)
    assert list(store.receipts()) == [(1, b"receipt")]


def test_rows_are_replaced_and_removed(store: JournalStore) -> None:
    with store.transaction():
        store.add_envelope(ROW, b"sealed")
        store.set_outbox(OutboxRow(1, is_isolated=True))
    assert list(store.outbox()) == [OutboxRow(1, is_isolated=True)]
    with store.transaction():
        store.remove_outbox(1)
        store.remove_payload(1)
    assert list(store.outbox()) == []
    assert list(store.payloads()) == []


def test_a_transaction_that_raises_leaves_nothing(store: JournalStore) -> None:
    def fail() -> None:
        with store.transaction():
            store.add_entry(0, b"entry")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert store.is_empty()


def test_a_second_opener_is_turned_away_and_the_first_goes_on(store: JournalStore, path: Path) -> None:
    with pytest.raises(JournalInUseError):
        JournalStore(path, 1000)
    with store.transaction():
        store.add_entry(0, b"entry")


def test_another_thread_may_not_use_it(store: JournalStore) -> None:
    caught: list[BaseException] = []

    def use() -> None:
        try:
            store.is_empty()
        except sqlite3.ProgrammingError as exc:
            caught.append(exc)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert caught


def test_a_newer_schema_is_refused_and_kept(path: Path) -> None:
    JournalStore(path, 1000).close()
    with sqlite3.connect(path) as database:
        database.execute(f"PRAGMA user_version={SCHEMA + 1}")
    database.close()
    with pytest.raises(JournalForeignError):
        JournalStore(path, 1000)
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (SCHEMA + 1,)
    database.close()


@pytest.mark.parametrize("content", [b"not a database at all " * 50, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_what_is_no_database_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(JournalCorruptError):
        JournalStore(path, 1000)


def test_freed_bytes_are_overwritten_on_the_disk(store: JournalStore, path: Path) -> None:
    secret = b"to be forgotten " * 64
    with store.transaction():
        store.add_envelope(ROW, secret)
    store.fold()
    assert secret[:64] in path.read_bytes()
    with store.transaction():
        store.remove_payload(1)
    store.fold()
    assert all(secret[:64] not in each.read_bytes() for each in path.parent.iterdir())


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (sqlite3.SQLITE_FULL, JournalFullError),
        (sqlite3.SQLITE_CORRUPT, JournalCorruptError),
        (sqlite3.SQLITE_CORRUPT_INDEX, JournalCorruptError),
        (sqlite3.SQLITE_NOTADB, JournalCorruptError),
        (sqlite3.SQLITE_CONSTRAINT, JournalCorruptError),
        (sqlite3.SQLITE_BUSY, JournalInUseError),
        (sqlite3.SQLITE_IOERR_FSYNC, JournalFaultError),
        (sqlite3.SQLITE_IOERR_READ, JournalFaultError),
        (sqlite3.SQLITE_READONLY, JournalReadOnlyError),
    ],
)
def test_each_fault_of_sqlite_has_its_name(code: int, expected: type[SyncError]) -> None:
    fault = sqlite3.OperationalError()
    fault.sqlite_errorcode = code
    fault.sqlite_errorname = "NAME"
    assert type(_fault(fault)) is expected
