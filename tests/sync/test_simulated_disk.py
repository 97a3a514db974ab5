# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The disk that loses its power: what it may keep, what it must keep, and that no call is overlooked."""

import os
import random
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from townhall_sync.simulated_disk import Image, SimulatedDisk, materialise
from townhall_sync.simulated_disk_calls import (
    STRACE,
    Call,
    MadeDirectory,
    Opened,
    Removed,
    Renamed,
    Resized,
    Said,
    Synced,
    Wrote,
    read_calls,
)
from townhall_sync.simulated_survival import Survival

ROOT = "/disk"
ROOT_HANDLE = 90


def after(calls: Iterable[Call]) -> SimulatedDisk:
    disk = SimulatedDisk(ROOT)
    for call in calls:
        disk.do(call)
    return disk


def images(disk: SimulatedDisk, tries: int = 40) -> list[Image]:
    dice = random.Random(7)  # noqa: S311  a test's dice
    return [disk.after_cut(survival, dice) for survival in Survival for _try in range(tries)]


def made(content: bytes, *, named: bool = True) -> list[Call]:
    """The calls that make the file ``a`` with a content that is safe."""
    calls: list[Call] = [Opened(1, f"{ROOT}/a", creates=True, truncates=False), Wrote(1, 0, content), Synced(1)]
    names: list[Call] = [Opened(ROOT_HANDLE, ROOT, creates=False, truncates=False), Synced(ROOT_HANDLE)]
    return [*calls, *names] if named else calls


def test_what_was_synced_by_content_and_name_is_there_after_every_cut() -> None:
    assert all(image == {"a": b"old"} for image in images(after(made(b"old"))))


def test_a_synced_file_without_a_synced_name_may_be_gone() -> None:
    found = images(after(made(b"old", named=False)))
    assert {} in found
    assert {"a": b"old"} in found


def test_unsynced_bytes_may_be_there_or_not_and_sectors_each_for_itself() -> None:
    disk = after([*made(bytes(1536)), Wrote(1, 256, b"n" * 1024)])
    found = {content for image in images(disk) if (content := image["a"]) is not None}
    assert bytes(1536) in found
    assert bytes(256) + b"n" * 1024 + bytes(256) in found
    assert bytes(512) + b"n" * 512 + bytes(512) in found, "the middle sector alone"
    sectors = {content[start : start + 512] for content in found for start in (0, 512, 1024)}
    half = b"n" * 256
    assert sectors == {bytes(512), b"n" * 512, bytes(256) + half, half + bytes(256)}, "a sector is old or new"


def test_what_was_never_written_may_hold_anything_where_the_length_arrived() -> None:
    disk = after([*made(b""), Wrote(1, 0, b"n" * 2048)])
    litter = [image["a"] for image in images(disk) if image["a"]]
    assert any(content and set(content) - {0, ord("n")} for content in litter)


def test_the_oldest_calls_may_be_there_without_the_newest_and_the_other_way_round() -> None:
    disk = after([*made(b"aaaa"), Wrote(1, 0, b"b"), Wrote(1, 3, b"c")])
    assert {image["a"] for image in images(disk)} == {b"aaaa", b"baaa", b"aaac", b"baac"}


def test_a_cut_changes_nothing_of_the_disk() -> None:
    disk = after([*made(b"aaaa"), Wrote(1, 0, b"b"), Removed(f"{ROOT}/a")])
    before = disk.pending
    images(disk)
    assert disk.pending == before == 2


def test_names_go_and_change_only_with_their_directory() -> None:
    gone = images(after([*made(b"old"), Removed(f"{ROOT}/a")]))
    assert {} in gone
    assert {"a": b"old"} in gone
    renamed = images(after([*made(b"old"), Renamed(f"{ROOT}/a", f"{ROOT}/b"), Synced(ROOT_HANDLE)]))
    assert all(image == {"b": b"old"} for image in renamed)


def test_a_directory_that_is_gone_takes_everything_with_it() -> None:
    inside = f"{ROOT}/d"
    calls: list[Call] = [
        MadeDirectory(inside),
        Opened(1, f"{inside}/a", creates=True, truncates=False),
        Wrote(1, 0, b"old"),
        Synced(1),
        Opened(2, inside, creates=False, truncates=False),
        Synced(2),
    ]
    found = images(after(calls))
    assert {} in found
    assert {"d": None, "d/a": b"old"} in found


def test_lengths_follow_the_calls(tmp_path: Path) -> None:
    calls = [*made(b"abcdef"), Resized(1, 3), Resized(1, 5, only_grows=True), Resized(1, 2, only_grows=True), Synced(1)]
    image = images(after(calls))[0]
    assert image == {"a": b"abc\0\0"}
    materialise(image, tmp_path)
    assert (tmp_path / "a").read_bytes() == b"abc\0\0"


PROGRAM = """
import os, sys
os.mkdir(sys.argv[1] + "/d")
fd = os.open(sys.argv[1] + "/d/\\u00fc", os.O_RDWR | os.O_CREAT, 0o600)
os.pwrite(fd, b"\\x00a" * 3, 10); os.posix_fallocate(fd, 0, 99); os.ftruncate(fd, 12); os.fdatasync(fd)
os.close(fd)
os.rename(sys.argv[1] + "/d/\\u00fc", sys.argv[1] + "/d/b")
os.unlink(sys.argv[1] + "/d/b")
os.write(1, b"done")
"""


def recorded(tmp_path: Path, program: str) -> list[Call]:
    (tmp_path / "disk").mkdir()
    calls, disk = str(tmp_path / "calls"), str(tmp_path / "disk")
    command = [*STRACE, "-o", calls, sys.executable, "-I", "-c", program, disk]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return list(read_calls(Path(calls).read_text(), disk))


def test_the_calls_of_a_real_process_are_read(tmp_path: Path) -> None:
    root = str(tmp_path / "disk")
    assert recorded(tmp_path, PROGRAM) == [
        MadeDirectory(f"{root}/d"),
        Opened(1, f"{root}/d/ü", creates=True, truncates=False),
        Wrote(1, 10, b"\0a\0a\0a"),
        Resized(1, 99, only_grows=True),
        Resized(1, 12),
        Synced(1),
        Renamed(f"{root}/d/ü", f"{root}/d/b"),
        Removed(f"{root}/d/b"),
        Said(b"done"),
    ]


@pytest.mark.parametrize(
    "program",
    [
        "os.writev(fd, [b'a', b'b'])",
        "import mmap; os.ftruncate(fd, 4096); mmap.mmap(fd, 4096)[0:1] = b'a'",
        "os.dup(fd)",
        "os.symlink('a', sys.argv[1] + '/b')",
        "os.truncate(sys.argv[1] + '/a', 9)",
    ],
)
def test_a_call_that_the_model_does_not_know_ends_the_reading(tmp_path: Path, program: str) -> None:
    beginning = f"import os, sys; fd = os.open(sys.argv[1] + '/a', os.O_RDWR | os.O_CREAT); {program}"
    with pytest.raises(ValueError, match="not understood"):
        recorded(tmp_path, beginning)


def test_a_thread_that_was_interrupted_is_read_when_its_call_ends() -> None:
    name = "".join(f"\\x{byte:02x}" for byte in b"/disk/a")
    recording = os.linesep.join(
        [
            f'7 openat(AT_FDCWD, "{name}", O_RDWR|O_CREAT, 0600) = 3',
            r'7 pwrite64(3, "\x61", 1, 0 <unfinished ...>',
            r'8 write(1, "\x62", 1) = 1',
            "7 <... pwrite64 resumed>)              = 1",
            "8 +++ exited with 0 +++",
        ]
    )
    assert [type(call) for call in read_calls(recording, ROOT)] == [Opened, Said, Wrote]
