# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A disk that fails at any call of any act: full, faulty, read-only. No false "done", nothing accepted lost."""

import errno
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import msgspec
import pytest

if TYPE_CHECKING:
    from tests.sync import failing_child as child
else:
    # Tests are no package (style rule 26).
    child = SimpleNamespace(**run_path(str(Path(__file__).with_name("failing_child.py"))))

HERE = Path(__file__).parent
WRITE, SYNC, READ, RESIZE = 1, 2, 4, 8
CORRUPT, FAULT, READ_ONLY = "TH-SYNC-011", "TH-SYNC-015", "TH-SYNC-016"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("library") / "failing_disk.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", made, HERE / "failing_disk.c", "-ldl"], check=True)
    return made


def play(library: Path, directory: Path, kinds: int, error: int, *, once: bool) -> list["child.Result"]:
    """Let every act fail at every call of these kinds; return what came of each."""
    disk = directory / "disk"
    disk.mkdir()
    environment = {**os.environ, "LD_PRELOAD": str(library), "FAILING_DISK": str(disk)}
    command = [sys.executable, str(HERE / "failing_child.py"), str(disk), str(kinds), str(error), str(int(once))]
    done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=250)
    assert done.returncode == 0, done.stderr.decode()
    return [msgspec.json.decode(line, type=child.Result) for line in done.stdout.splitlines()]


def failed(results: list["child.Result"]) -> list["child.Result"]:
    """Those whose disk failed; each act ended with one that met no failure, so none was left out."""
    assert sum(not each.failed for each in results) == len({each.act for each in results}) == 6
    assert all(not each.code for each in results if not each.failed)
    return [each for each in results if each.failed]


def assert_nothing_is_lost(results: list["child.Result"]) -> None:
    for each in results:
        assert (each.again, each.lost, each.recovers, each.believed) == ("", 0, True, False), each


def test_a_disk_full_at_any_write_lets_the_present_citizen_finish(library: Path, tmp_path: Path) -> None:
    results = failed(play(library, tmp_path, WRITE, errno.ENOSPC, once=False))
    assert_nothing_is_lost(results)
    assert Counter(each.act for each in results).keys() >= {"open", "commit", "receipt", "audit", "free"}
    assert len(results) > 40
    for each in results:
        assert (each.code, each.present) == ("", ""), each


@pytest.mark.parametrize(
    ("kinds", "codes"),
    # SQLite says of a sector that cannot be read that the database is damaged, and so it is.
    [(WRITE, {FAULT}), (SYNC, {FAULT}), (RESIZE, {FAULT}), (READ, {FAULT, CORRUPT})],
    ids=["write", "sync", "resize", "read"],
)
def test_a_disk_that_fails_once_is_not_believed_until_the_journal_is_opened_again(
    library: Path, tmp_path: Path, kinds: int, codes: set[str]
) -> None:
    results = failed(play(library, tmp_path, kinds, errno.EIO, once=True))
    assert_nothing_is_lost(results)
    assert {each.code for each in results} <= {"", *codes}
    for each in results:
        assert not each.code or each.present == ("" if each.act == "open" else FAULT), each


def test_a_disk_that_turns_read_only_is_told_by_its_name(library: Path, tmp_path: Path) -> None:
    results = failed(play(library, tmp_path, WRITE, errno.EROFS, once=False))
    assert_nothing_is_lost(results)
    assert {each.code for each in results} <= {"", FAULT, READ_ONLY}
    assert any(each.code for each in results)
