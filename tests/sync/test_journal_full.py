# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A disk without room: the reserve lets the citizen of the moment finish, and nothing accepted is hurt."""

import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from townhall_crypto.device_key import FileDeviceKey
from townhall_crypto.secret import Secret
from townhall_sync.errors import JournalFaultError, JournalFullError
from townhall_sync.journal import Journal
from townhall_sync.reserve import Reserve
from townhall_sync.simulated_kiosk import SimulatedKiosk

CHILD = Path(__file__).with_name("committing_child.py")
RESERVE = 256 * 1024


def in_tmpfs(tmp_path: Path, size: int, script: str) -> str:
    """Run a shell script where $DISK is a file system of ``size`` bytes of its own; return what it printed."""
    disk = tmp_path / "disk"
    disk.mkdir()
    # Unchanged: in a chroot the propagation of / cannot be changed; the mount is taken away again instead.
    unshare = ["unshare", "-m", "--propagation", "unchanged"] if os.geteuid() == 0 else ["unshare", "-Urm"]
    shell = f'mount -t tmpfs -o size={size} tmpfs "$DISK"; trap \'umount "$DISK"\' EXIT; {script}'
    environment = {**os.environ, "DISK": str(disk)}
    done = subprocess.run(
        [*unshare, "sh", "-ec", shell], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_full_disk_costs_no_accepted_transaction(tmp_path: Path) -> None:
    key_file = tmp_path / "device.key"
    FileDeviceKey.create(key_file, Secret(b"passphrase of a test"))
    child = f'"{sys.executable}" "{CHILD}" "$DISK/journal" "{key_file}"'
    # Full, opened again while still full, then again with room: the second tmpfs is larger by remounting.
    script = f"""
        {child} 1 {RESERVE}
        {child} 1 {RESERVE} | tail -n 1
        mount -o remount,size=8m "$DISK"
        {child} 1 {RESERVE} | sed -n '1p;$p'
    """
    lines = in_tmpfs(tmp_path, 1024 * 1024, script).splitlines()
    acknowledged = [line.split() for line in lines[: lines.index(next(x for x in lines if x.startswith("FULL")))]]
    first_full = lines[len(acknowledged)].split()
    assert len(acknowledged) > 20
    assert [int(seq) for _number, _id, seq in acknowledged] == list(range(1, len(acknowledged) + 1))
    assert first_full == ["FULL", str(len(acknowledged)), "False", "False"]
    reopened_full, first_again, last = lines[len(acknowledged) + 1 :]
    assert reopened_full.split()[2:] == ["False", "False"]
    assert first_again.split() == acknowledged[0]
    assert int(last.split()[1]) > 10 * len(acknowledged) / 4


def commit_until_full(journal: Journal, sealed: Callable[[int], bytes]) -> None:
    for number in count(2):
        journal.commit(sealed(number))


def test_the_reserve_gives_room_for_more_and_then_it_is_said(
    kiosk: SimulatedKiosk, sealed: Callable[[int], bytes]
) -> None:
    journal = kiosk.open()
    journal.commit(sealed(1))
    database = journal._log._store._database
    pages = database.execute("PRAGMA page_count").fetchone()[0]
    database.execute(f"PRAGMA max_page_count={pages}").fetchall()
    with pytest.raises(JournalFullError):
        commit_until_full(journal, sealed)
    status = journal.status()
    assert not status.reserve_held
    assert not status.accepts_visits
    database.execute("PRAGMA max_page_count=100000").fetchall()
    before = status.last_seq
    assert journal.commit(sealed(100)).seq == before + 1
    assert journal.commit(sealed(1)).is_repeat
    journal = kiosk.open()
    assert journal.status().reserve_held
    assert journal.status().last_seq == before + 1


def test_a_reserve_holds_real_blocks_and_is_given_up_once(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path, 128 * 1024)
    assert not reserve.is_held()
    assert reserve.restore()
    assert (tmp_path / "reserve").stat().st_blocks * 512 >= 128 * 1024
    assert reserve.release()
    assert not reserve.release()
    assert not reserve.is_held()


def test_a_sparse_file_is_no_reserve(tmp_path: Path) -> None:
    (tmp_path / "reserve").touch()
    os.truncate(tmp_path / "reserve", 128 * 1024)
    assert not Reserve(tmp_path, 128 * 1024).is_held()


def test_a_reserve_is_not_taken_where_it_would_fill_the_disk(tmp_path: Path) -> None:
    assert not Reserve(tmp_path, 2**60).restore()
    assert not (tmp_path / "reserve").exists()


@pytest.fixture
def file_limit() -> Iterator[Callable[[int], None]]:
    """Limit how long this process may make a file; a write beyond it fails as on a broken disk (EFBIG)."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_write_that_fails_ends_the_use_of_the_journal_until_it_is_opened_again(
    kiosk: SimulatedKiosk, sealed: Callable[[int], bytes], file_limit: Callable[[int], None]
) -> None:
    journal = kiosk.open()
    for number in range(60):
        journal.commit(sealed(number))
    file_limit((kiosk.directory / "journal.db-wal").stat().st_size + 4096)
    with pytest.raises(JournalFaultError):
        journal.commit(sealed(60))
    file_limit(resource.RLIM_INFINITY)
    with pytest.raises(JournalFaultError):  # its outcome is unknown, so nothing may follow it
        journal.commit(sealed(61))
    journal = kiosk.open()
    committed = journal.commit(sealed(60))
    assert committed.seq == 61
    assert journal.commit(sealed(59)).seq == 60
