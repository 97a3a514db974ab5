# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A backup of a whole centre in a directory, and the way back; also the way from one kind of database to the other.

A backup is a data directory whose database is an SQLite file, whatever the centre uses. What came after it is gone from
a restored centre, so its log does not continue what kiosks have seen: an administrator with the device CA's passphrase
states that, kiosks believe the statement (``townhall_sync.restoration``), and send again what they still have.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import msgspec
from sqlalchemy import Connection, MetaData, func, insert, select

from townhall_central import device_ca, keys, log
from townhall_central.database import Database
from townhall_central.errors import BackupRefusedError, DirectoryError
from townhall_central.log_tree import grow
from townhall_central.place import place_of
from townhall_central.sqlite import SqliteFile
from townhall_central.tables import ENVELOPE, SCHEMA
from townhall_crypto.merkle import leaf_hash
from townhall_crypto.secret import Secret
from townhall_sync import wire

_ROWS = 8
"""Rows in memory at once: a row may hold an envelope of 16 MiB."""


@dataclass(frozen=True, slots=True)
class Copied:
    """The log in a backup: how long it is, and its root (hex)."""

    size: int
    root: str


def back_up(directory: Path, target: Path) -> Copied:
    """Copy a centre, which may go on serving, to an empty or missing directory.

    Of SQLite, writers wait while the rows are read, and kiosks send again.

    Raises:
        DirectoryError: no centre here, or something is at the target.
        BackupRefusedError: the centre's own log does not hold together; the backup is kept for engineers.
    """
    place = keys.database_place(directory)
    _require_empty(target)
    if target.resolve().is_relative_to(directory.resolve()):
        raise DirectoryError("a backup inside the centre's own directory would be lost with it")
    _copy_files(directory, target, keys.SETTINGS_FILE)
    source = Database.open(place, SCHEMA)
    try:
        with source.read() as reading:
            made = Database.create(
                SqliteFile(target / keys.DATABASE_FILE), SCHEMA, lambda writing: _copy_rows(reading, writing)
            )
    finally:
        source.close()
    try:
        with made.read() as connection:
            return _checked(connection)
    finally:
        made.close()


def restore(
    backup: Path, directory: Path, passphrase: Secret, *, now: int, database_url: str = ""
) -> wire.RestorationBody:
    """Make a centre out of a backup, in an empty or missing directory, and state to its kiosks that it was restored.

    Raises:
        DirectoryError: no backup there, something is at the directory, or the database is not empty.
        BackupRefusedError: its log does not hold together, or it holds what is newer than `now`.
        PassphraseRefusedError: not the device CA's.
    """
    place = place_of(directory, keys.DATABASE_FILE, database_url)
    root, _ = keys.load_root(backup)
    key = device_ca.open_key(keys.read_private(backup / keys.DEVICE_CA_FILE), passphrase)
    _require_empty(directory)
    _copy_files(backup, directory, keys.ROOT_FILE)
    settings = msgspec.json.encode(keys.DirectorySettings(database=database_url))
    keys.write_private(directory / keys.SETTINGS_FILE, settings)
    # A backup by an older program is brought to this one's schema, and stays as it is itself.
    brought = SqliteFile(directory / "restoring.db")
    brought.claim()  # for its mode
    shutil.copyfile(backup / keys.DATABASE_FILE, brought.path)
    Database.migrate(brought, SCHEMA)
    source = Database.open(brought, SCHEMA)
    try:
        with source.read() as reading:
            copied = _checked(reading)
            _require_past(reading, now)
            body = wire.RestorationBody(log_origin=root.log_origin, size=copied.size, root=copied.root, restored_at=now)

            def fill(writing: Connection) -> None:
                _copy_rows(reading, writing)
                log.state_restoration(writing, wire.sign_restoration(body, key))

            Database.create(place, SCHEMA, fill).close()
    finally:
        source.close()
        brought.path.unlink()
    # Last: a directory without it is a restoration that did not end.
    shutil.copyfile(backup / keys.ROOT_FILE, directory / keys.ROOT_FILE)
    (directory / keys.ROOT_FILE).chmod(0o600)
    return body


def _require_empty(directory: Path) -> None:
    if directory.exists() and any(directory.iterdir()):
        raise DirectoryError(f"{directory.name} is not empty")


def _copy_files(source: Path, target: Path, left_out: str) -> None:
    """Copy everything but the database and one file; nobody else may read the copy."""
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    target.chmod(0o700)
    left = {keys.DATABASE_FILE, f"{keys.DATABASE_FILE}-journal", left_out}
    try:
        for path in sorted(source.rglob("*")):
            to = target / path.relative_to(source)
            if path.is_dir():
                to.mkdir(mode=0o700)
            elif to.relative_to(target).parts[0] not in left:
                keys.write_private(to, path.read_bytes())
    except OSError as exc:
        raise DirectoryError("a file of the centre cannot be copied") from exc


def _copy_rows(source: Connection, target: Connection) -> None:
    for table in SCHEMA.metadata.sorted_tables:
        found = source.execute(select(table), execution_options={"yield_per": _ROWS})
        for rows in found.mappings().partitions():
            target.execute(insert(table), [dict(row) for row in rows])
    if target.dialect.name == "postgresql":
        _advance_sequences(target, SCHEMA.metadata)


def _advance_sequences(connection: Connection, metadata: MetaData) -> None:
    """Let PostgreSQL number new rows after the copied ones."""
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if column is not None and (last := connection.scalar(select(func.max(column)))) is not None:
            sequence = func.pg_get_serial_sequence(table.name, column.name)
            connection.execute(select(func.setval(sequence, last)))


def _checked(connection: Connection) -> Copied:
    """Return the log of a copy whose head is the one that its envelopes lead to, all of them."""
    head = log.read_head(connection)
    size = 0
    peaks: tuple[bytes, ...] = ()
    found = select(ENVELOPE.c.log_index, ENVELOPE.c.id).order_by(ENVELOPE.c.log_index)
    for index, envelope_id in connection.execute(found, execution_options={"yield_per": 1000}):
        if index != size:
            raise BackupRefusedError(f"envelope {size} of the log is missing")
        peaks, _nodes = grow(size, peaks, [leaf_hash(wire.central_leaf(envelope_id))])
        size += 1
    if (size, peaks) != (head.size, head.peaks):
        raise BackupRefusedError("the log's head is not the one of its envelopes")
    return Copied(size, head.checkpoint("x").root.hex())


def _require_past(connection: Connection, now: int) -> None:
    newest = connection.scalar(select(func.max(ENVELOPE.c.received_at)))
    if newest is not None and newest > now:
        raise BackupRefusedError("the clock is behind what the backup holds: set it, kiosks compare these times")
