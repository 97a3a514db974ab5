# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The power goes after any call of a real journal: whatever the disk then holds, nothing acknowledged is lost.

A journal's two lives are recorded by strace. ``SimulatedDisk`` follows the recording call by call and says what may
stand on the disk if the power goes there; the real journal is opened on that.
"""

import importlib.util
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import msgspec
import pytest

from townhall_crypto.device_key import FileDeviceKey
from townhall_crypto.envelope import verify_envelope
from townhall_crypto.secret import Secret
from townhall_sync.clock import SimulatedClock
from townhall_sync.errors import OutOfServiceError
from townhall_sync.journal import Journal
from townhall_sync.simulated_disk import Image, SimulatedDisk, materialise
from townhall_sync.simulated_disk_calls import (
    STRACE,
    Call,
    Opened,
    Removed,
    Resized,
    Said,
    Synced,
    SyncFailed,
    read_calls,
)
from townhall_sync.simulated_survival import Survival

CHILD = Path(__file__).with_name("recorded_life.py")
LIVES = ("1", "2")
CUTS, MANY_CUTS = 360, 12_000


def load_child() -> ModuleType:
    specification = importlib.util.spec_from_file_location("recorded_life", CHILD)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module
    specification.loader.exec_module(module)
    return module


if TYPE_CHECKING:
    from tests.sync import recorded_life as life
else:
    life = load_child()


@dataclass(frozen=True)
class Recording:
    """The calls of each life, and the key of the kiosk that lived them."""

    root: Path
    key: FileDeviceKey
    lives: tuple[tuple[Call, ...], ...]

    def steps(self) -> Iterator[tuple[SimulatedDisk, list[life.Acknowledged]]]:
        """Yield the disk after each call, with everything acknowledged by then; the same objects each time."""
        disk, rest = SimulatedDisk(str(self.root)), b""
        said: list[life.Acknowledged] = []
        for calls in self.lives:
            disk.restart_process()
            for call in calls:
                disk.do(call)
                if isinstance(call, Said):
                    *lines, rest = (rest + call.text).split(b"\n")
                    said += [msgspec.json.decode(line, type=life.Acknowledged) for line in lines]
                yield disk, said


def record(directory: Path, fault: str = "none", names: Sequence[str] = LIVES, inject: Sequence[str] = ()) -> Recording:
    """Let a journal live its lives, one process each, under strace; ``inject`` are strace's options for the first."""
    key_file, root = directory / "device.key", directory / "disk"
    key = FileDeviceKey.create(key_file, Secret(b"passphrase of a test"))
    root.mkdir()
    lives = []
    for which in names:
        file = directory / f"life-{which}"
        program = [sys.executable, str(CHILD), str(root / "home" / "journal"), str(key_file), which, fault]
        done = subprocess.run(
            [*STRACE, *(inject if which == names[0] else ()), "-o", file, *program],
            capture_output=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr.decode()
        lives.append(tuple(read_calls(file.read_text(), str(root))))
    return Recording(root, key, tuple(lives))


@dataclass
class Cut:
    """One instant at which the power goes, one way in which the disk is left, and what had been acknowledged."""

    image: Image
    said: Sequence[life.Acknowledged]
    name: str

    def check(self, directory: Path, key: FileDeviceKey) -> None:
        """Open the real journal on it."""
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir()
        materialise(self.image, directory)
        try:
            self._check(directory / "home" / "journal", key)
        except (AssertionError, OutOfServiceError, KeyError) as exc:
            raise AssertionError(f"{self.name}: {type(exc).__name__} {exc}") from exc

    def _check(self, directory: Path, key: FileDeviceKey) -> None:
        journal = Journal.open(directory, kiosk="kiosk-1", key=key, clock=SimulatedClock(), policy=life.POLICY)
        try:
            self._check_acknowledged(journal)
            self._check_whole(journal, key)
        finally:
            journal.close()

    def _check_acknowledged(self, journal: Journal) -> None:
        tree, envelopes = journal._log.tree, journal._log.ledger.envelopes
        assert all(tree.size >= each.size and tree.root(each.size).hex() == each.root for each in self.said)
        committed = {each.number: each for each in self.said if each.number}
        # One more may have been on its way.
        assert len(committed) <= len(envelopes) <= len(committed) + 1
        for each in committed.values():
            again = journal.commit(life.sealed(each.number))
            assert (again.is_repeat, again.envelope_id, again.seq) == (True, each.envelope_id, each.seq)

    @staticmethod
    def _check_whole(journal: Journal, key: FileDeviceKey) -> None:
        for pending in journal.pending():
            verify_envelope(journal.envelope_bytes(pending.envelope_id), key.public_der)
        for seq in journal.delivered_kept():
            journal.receipt(seq)
        last = journal.status().last_seq
        assert journal.commit(b"after the power came back").seq == last + 1
        journal.checkpoint()
        journal.restore_reserve()
        assert journal.status().accepts_visits


def cuts(recording: Recording, count: int, seed: int) -> Iterator[Cut]:
    """Yield about ``count`` cuts: every instant at which something is pending, in ways that take turns."""
    dice = random.Random(seed)  # noqa: S311  a test's dice
    instants = sum(1 for disk, _said in recording.steps() if disk.pending)
    made = 0
    for place, (disk, said) in enumerate(recording.steps()):
        if not disk.pending:
            continue
        made += count
        while made >= instants:
            made -= instants
            survival = dice.choice(tuple(Survival))
            yield Cut(disk.after_cut(survival, dice), tuple(said), f"after call {place}, {survival.value} survives")


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return record(tmp_path_factory.mktemp("recorded"))


def check_all(recording: Recording, directory: Path, count: int, seed: int) -> int:
    checked = 0
    for cut in cuts(recording, count, seed):
        cut.check(directory / "cut", recording.key)
        checked += 1
    return checked


def test_a_power_cut_after_any_call_loses_nothing_acknowledged_and_corrupts_nothing(
    recording: Recording, tmp_path: Path
) -> None:
    assert check_all(recording, tmp_path, CUTS, seed=1) >= 300


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_thousands_of_power_cuts_lose_nothing_acknowledged_and_corrupt_nothing(
    recording: Recording, tmp_path: Path
) -> None:
    assert check_all(recording, tmp_path, MANY_CUTS, seed=2) >= 10_000


def test_the_recorded_lives_hold_everything_that_a_journal_does(recording: Recording) -> None:
    calls = [call for calls in recording.lives for call in calls]
    names = {Path(call.path).name for call in calls if isinstance(call, Opened)}
    removed = {Path(call.path).name for call in calls if isinstance(call, Removed)}
    assert {"journal", "journal.db", "journal.db-wal", "journal.db-journal", "head", "reserve"} <= names
    assert {"reserve", "journal.db-wal"} <= removed
    wal = {call.handle for call in calls if isinstance(call, Opened) and call.path.endswith("-wal")}
    folds = [call for call in calls if isinstance(call, Resized) and call.handle in wal and not call.size]
    assert len(folds) > 5
    last = [said for _disk, said in recording.steps()][-1]
    assert len({each.number for each in last if each.number}) > 12


@pytest.mark.parametrize(
    "fault", ["synchronous=OFF", "synchronous=NORMAL", "no sync of directories", "head before the commit"]
)
def test_a_journal_with_one_mistake_is_found_out(fault: str, tmp_path: Path) -> None:
    recording = record(tmp_path, fault)
    with pytest.raises(AssertionError, match="after call"):
        check_all(recording, tmp_path, 4 * CUTS, seed=3)


def test_a_disk_that_only_says_that_it_synced_is_found_out(recording: Recording, tmp_path: Path) -> None:
    lives = tuple(tuple(call for call in calls if not isinstance(call, Synced)) for calls in recording.lives)
    with pytest.raises(AssertionError, match="after call"):
        check_all(Recording(recording.root, recording.key, lives), tmp_path, CUTS, seed=4)


FAILED_SYNCS = (7, 11, 14, 18)
"""At the opening, in a commit, in a fold, in a later commit."""


def after_a_failed_sync(directory: Path, which: int, fault: str = "none") -> Recording:
    """A life whose sync of this number fails, and the next life, in which everybody asks again."""
    inject = ("-e", f"inject=fdatasync:error=EIO:when={which}")
    recording = record(directory, fault, ("failing", "repeating"), inject)
    assert any(isinstance(call, SyncFailed) for call in recording.lives[0])
    return recording


@pytest.mark.parametrize("which", FAILED_SYNCS)
def test_after_a_failed_sync_nothing_is_promised_on_what_memory_shows(which: int, tmp_path: Path) -> None:
    recording = after_a_failed_sync(tmp_path, which)
    last = [said for _disk, said in recording.steps()][-1]
    assert {each.number for each in last if each.number} == {1, 2, 3, 4, 5, 6}
    assert check_all(recording, tmp_path, 60, seed=5) > 30


def test_a_journal_that_believes_what_memory_shows_is_found_out(tmp_path: Path) -> None:
    recording = after_a_failed_sync(tmp_path, FAILED_SYNCS[1], "nothing made safe at the opening")
    with pytest.raises(AssertionError, match="after call"):
        check_all(recording, tmp_path, CUTS, seed=6)
