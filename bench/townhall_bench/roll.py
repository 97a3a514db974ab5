# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A voter among a million: how long a look-up takes, and how much memory the mapped roll costs."""

import mmap
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from townhall_bench.pairing import in_turns, percentile, seconds
from townhall_bench.row import Budget, Held, Row
from townhall_bench.usage import pss_bytes
from townhall_crypto.secret import Secret
from townhall_voting.package.authored import read_authored
from townhall_voting.package.definition import Definition
from townhall_voting.package.roll import HASH_BYTES, Roll, RollKeys, Voter, build_roll

VOTERS: Final = 1_000_000
_REAL: Final = 100
_ENTRY_BYTES: Final = HASH_BYTES + 2
_LOOKUPS: Final = 20_000
_ROUNDS: Final = 5
_MS: Final = 1000.0
_MB: Final = 1e6
_EXAMPLE: Final = Path(__file__).resolve().parents[2] / "elections" / "small-town" / "election.yaml"


def rows() -> Iterator[Row]:
    """Measure."""
    definition = read_authored(_EXAMPLE.name, _EXAMPLE.read_bytes())
    keys = RollKeys.derive(Secret(bytes(32)), definition)
    voters = [Voter("EE", f"4840315{number:04d}") for number in range(2 * _REAL)]
    with tempfile.TemporaryDirectory() as folder:
        path, database = _million(Path(folder), definition, keys)
        before = pss_bytes([os.getpid()])
        roll = _mapped(path, definition)

        def look_up(voter: Voter) -> float:
            return seconds(lambda: roll.district_of(voter, keys))()

        times = [look_up(voter) for voter in voters * (_LOOKUPS // len(voters))]
        used = pss_bytes([os.getpid()]) - before
        ours, theirs = in_turns(
            seconds(lambda: [roll.district_of(voter, keys) for voter in voters]),
            seconds(lambda: [_selected(database, keys.entry(voter)) for voter in voters]),
            _ROUNDS,
        )
    each = _MS / len(voters)
    peer, within = "SQLite finds the same hashes by primary key", Budget(5, Held.VALUE)
    yield Row("look a voter up among a million", ours * each, "ms", peer, theirs * each, within)
    slowest = percentile(times, 0.99) * _MS
    yield Row("look a voter up among a million, p99", slowest, "ms", peer, theirs * each, within)
    size = VOTERS * _ENTRY_BYTES / _MB
    yield Row("roll of a million after 20,000 look-ups", used / _MB, "MB", "its file", size, Budget(200, Held.VALUE))


def _mapped(path: Path, definition: Definition) -> Roll:
    """Map the roll for the rest of this process, as the keeper does."""
    with path.open("rb") as file:
        return Roll.over(memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)), definition)


def _million(folder: Path, definition: Definition, keys: RollKeys) -> tuple[Path, sqlite3.Connection]:
    """Write a roll of some people and of random hashes, which is what others look like; and its hashes as a table."""
    real = build_roll([(Voter("EE", f"4840315{number:04d}"), "hill") for number in range(_REAL)], definition, keys)
    head, body = real[:8], real[16:]
    entries = [body[start : start + _ENTRY_BYTES] for start in range(0, len(body), _ENTRY_BYTES)]
    drawn = os.urandom((VOTERS - len(entries)) * HASH_BYTES)
    entries += [drawn[start : start + HASH_BYTES] + b"\x00\x00" for start in range(0, len(drawn), HASH_BYTES)]
    entries.sort()
    path = folder / "roll.bin"
    path.write_bytes(head + len(entries).to_bytes(8, "big") + b"".join(entries))
    database = sqlite3.connect(folder / "roll.db")
    database.execute("CREATE TABLE roll (hash BLOB PRIMARY KEY) WITHOUT ROWID")
    with database:
        database.executemany("INSERT INTO roll VALUES (?)", ((entry[:HASH_BYTES],) for entry in entries))
    return path, database


def _selected(database: sqlite3.Connection, wanted: bytes) -> bool:
    return database.execute("SELECT 1 FROM roll WHERE hash = ?", (wanted,)).fetchone() is not None
