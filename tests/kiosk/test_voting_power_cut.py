# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The power goes after any call while votes are cast: statement, ballot and mark are all there, or none of them is."""

import importlib.util
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from townhall_kiosk.errors import KioskError
from townhall_kiosk.voting.sets_on_disk import Part, SetsOnDisk
from townhall_sync.simulated_disk import Image, SimulatedDisk, materialise
from townhall_sync.simulated_disk_calls import STRACE, Call, Said, Synced, read_calls
from townhall_sync.simulated_survival import Survival

CHILD = Path(__file__).with_name("recorded_casting.py")


def load_child() -> ModuleType:
    specification = importlib.util.spec_from_file_location("recorded_casting", CHILD)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


if TYPE_CHECKING:
    from tests.kiosk import recorded_casting as life
else:
    life = load_child()


def record(directory: Path, fault: str = "none") -> tuple[str, tuple[Call, ...]]:
    """Cast under strace; return the disk's root and every call on it."""
    root, file = directory / "disk", directory / "recording"
    root.mkdir()
    program = [sys.executable, str(CHILD), str(root / "voting"), fault]
    done = subprocess.run([*STRACE, "-o", file, *program], capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    return str(root), tuple(read_calls(file.read_text(), str(root)))


def images(root: str, calls: tuple[Call, ...], ways: int, seed: int) -> Iterator[tuple[Image, int, str]]:
    """Yield what the disk may hold after each call, in so many ways each, and how many pairs were acknowledged."""
    disk, dice, said = SimulatedDisk(root), random.Random(seed), b""  # noqa: S311  a test's dice
    for place, call in enumerate(calls):
        disk.do(call)
        if isinstance(call, Said):
            said += call.text
        if disk.pending:
            for survival in dice.sample(tuple(Survival), ways):
                yield disk.after_cut(survival, dice), said.count(b"\n"), f"after call {place}, {survival.value}"


def check(image: Image, acknowledged: int, name: str, directory: Path) -> None:
    """Open the real sets on what a cut left."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    materialise(image, directory)
    try:
        sets = SetsOnDisk(directory / "voting")
        there = sets.read()
        whole = [
            {number for number in range(1, life.PAIRS + 1) if of(number) in there[part]}
            for part, of in (
                (Part.ELIGIBILITY, life.statement),
                (Part.BALLOTS, life.ballot),
                (Part.MARKS, life.mark),
            )
        ]
        assert whole[0] == whole[1] == whole[2]
        assert len(there[Part.BALLOTS]) == len(whole[1])
        assert set(range(1, acknowledged + 1)) <= whole[0] <= set(range(1, acknowledged + 2))
        sets.replace({Part.BALLOTS: there[Part.BALLOTS] | {b"after the power came back"}})
    except (AssertionError, KioskError, OSError) as exc:
        raise AssertionError(f"{name}: {type(exc).__name__} {exc}") from exc


def check_all(root: str, calls: tuple[Call, ...], directory: Path, ways: int, seed: int) -> int:
    checked = 0
    for image, acknowledged, name in images(root, calls, ways, seed):
        check(image, acknowledged, name, directory / "cut")
        checked += 1
    return checked


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, tuple[Call, ...]]:
    return record(tmp_path_factory.mktemp("recorded"))


def test_a_power_cut_after_any_call_leaves_both_halves_of_a_vote_or_none(
    recording: tuple[str, tuple[Call, ...]], tmp_path: Path
) -> None:
    assert check_all(*recording, tmp_path, ways=4, seed=1) > 300


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_thousands_of_power_cuts_leave_both_halves_of_a_vote_or_none(
    recording: tuple[str, tuple[Call, ...]], tmp_path: Path
) -> None:
    checked = sum(check_all(*recording, tmp_path, ways=len(Survival), seed=seed) for seed in range(10))
    assert checked > 5000


@pytest.mark.parametrize("fault", ["no sync of files", "no sync of names", "old files first"])
def test_a_store_with_one_mistake_is_found_out(fault: str, tmp_path: Path) -> None:
    root, calls = record(tmp_path, fault)
    with pytest.raises(AssertionError, match="after call"):
        check_all(root, calls, tmp_path, ways=len(Survival), seed=2)


def test_a_disk_that_only_says_that_it_synced_is_found_out(
    recording: tuple[str, tuple[Call, ...]], tmp_path: Path
) -> None:
    root, calls = recording
    with pytest.raises(AssertionError, match="after call"):
        check_all(root, tuple(call for call in calls if not isinstance(call, Synced)), tmp_path, ways=4, seed=3)
