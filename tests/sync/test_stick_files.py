# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A stick that an enemy prepared, that is full, read-only or pulled: nothing outside it is read or written."""

import errno
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from townhall_sync import stick_files
from townhall_sync.errors import StickFaultError, StickUnusableError
from townhall_sync.stick import Folder
from townhall_sync.stick_files import Stick

NAME = "ab" + "0" * 62
OTHER = "cd" + "1" * 62


def tree(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """What an enemy would like to have read, or written over."""
    made = tmp_path / "outside"
    made.mkdir()
    (made / NAME).write_bytes(b"secret")
    return made


@pytest.fixture
def mounted(tmp_path: Path) -> Path:
    made = tmp_path / "stick"
    made.mkdir()
    return made


@pytest.mark.parametrize("folder", list(Folder), ids=lambda folder: folder.folder)
def test_what_is_written_is_read_and_is_small_enough_for_fat(mounted: Path, folder: Folder) -> None:
    with Stick(mounted) as stick:
        assert stick.read(folder, NAME) is None
        assert stick.write(folder, NAME, b"first")
        assert not stick.write(folder, NAME, b"first")
        assert stick.write(folder, NAME, b"second")
        assert stick.read(folder, NAME) == b"second"
    (path,) = tree(mounted)
    assert set(path) <= set("abcdefghijklmnopqrstuvwxyz0123456789/")
    assert all(len(part) <= 64 for part in path.split("/"))
    with Stick(mounted) as stick:
        stick.remove(folder, NAME)
        stick.remove(folder, NAME)
    assert tree(mounted) == {}


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_no_link_is_followed_at_any_depth(mounted: Path, outside: Path, depth: int) -> None:
    before = tree(outside)
    parts = ["townhall", "envelopes", "ab", NAME]
    above = mounted.joinpath(*parts[:depth])
    above.mkdir(parents=True, exist_ok=True)
    (above / parts[depth]).symlink_to(outside if depth < 3 else outside / NAME)
    with Stick(mounted) as stick:
        assert stick.read(Folder.ENVELOPES, NAME) is None
        if depth < 3:
            with pytest.raises(StickUnusableError):
                stick.write(Folder.ENVELOPES, NAME, b"x")
        else:  # the link itself is replaced
            assert stick.write(Folder.ENVELOPES, NAME, b"x")
            assert stick.read(Folder.ENVELOPES, NAME) == b"x"
        stick.remove(Folder.ENVELOPES, NAME)
        stick.sweep()
    assert tree(outside) == before


def test_a_link_to_a_stick_is_no_stick(tmp_path: Path, mounted: Path) -> None:
    (tmp_path / "link").symlink_to(mounted)
    for name in ("link", "missing"):
        with pytest.raises(StickUnusableError):
            Stick(tmp_path / name)


@pytest.mark.parametrize("kind", ["pipe", "socket", "directory", "device", "too-long", "loop"])
def test_only_plain_files_of_a_bounded_length_are_read(
    mounted: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Stick(mounted) as stick:
        stick.write(Folder.QUESTIONS, OTHER, b"{}")
        place = mounted / "townhall" / "questions" / NAME
        match kind:
            case "pipe":
                os.mkfifo(place)
            case "socket":
                monkeypatch.chdir(place.parent)  # a socket's path is short
                with socket.socket(socket.AF_UNIX) as bound:
                    bound.bind(NAME)
            case "directory":
                place.mkdir()
            case "device":
                try:
                    os.mknod(place, 0o600 | 0o020000, os.makedev(1, 5))  # /dev/zero: endless
                except PermissionError:
                    place.symlink_to("/dev/zero")
            case "too-long":
                with place.open("wb") as file:
                    file.truncate(1 << 40)  # sparse: a terabyte that takes no room
            case "loop":
                place.symlink_to(place)
        assert stick.read(Folder.QUESTIONS, NAME) is None
        assert set(stick.names(Folder.QUESTIONS)) == {NAME, OTHER}


def test_a_file_that_grows_while_it_is_read_is_not_taken(mounted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Stick(mounted) as stick:
        stick.write(Folder.QUESTIONS, NAME, b"x")
        path = mounted / "townhall" / "questions" / NAME
        true_fstat = os.fstat

        def grow(fd: int) -> os.stat_result:
            found = true_fstat(fd)
            path.write_bytes(b"y" * (Folder.QUESTIONS.max_bytes + 1))
            return found

        monkeypatch.setattr(os, "fstat", grow)
        assert stick.read(Folder.QUESTIONS, NAME) is None


def test_names_that_are_not_ours_are_not_looked_at_and_a_listing_ends(
    mounted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stick_files, "MAX_LISTED", 100)
    folder = mounted / "townhall" / "consignments"
    folder.mkdir(parents=True)
    hostile = ["..a", "-rf", "A" * 64, NAME.upper(), NAME + ".json", "0" * 63, "\n", "é" * 60, "CON", NAME[:-1] + "g"]
    for name in hostile:
        (folder / name).write_bytes(b"x")
    with Stick(mounted) as stick:
        assert list(stick.names(Folder.CONSIGNMENTS)) == []
        for number in range(200):
            (folder / f"{number:064x}").write_bytes(b"x")
        assert 80 <= len(list(stick.names(Folder.CONSIGNMENTS))) <= 100


FAULTS = ["open", "mkdir", "fsync", "rename"]


@pytest.mark.parametrize("number", [errno.EIO, errno.ENODEV, errno.ESTALE])
def test_a_stick_that_is_pulled_at_any_step_leaves_the_old_file_or_the_new(
    mounted: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    old, new = b"old" * 1000, b"new" * 1000
    with Stick(mounted) as stick:
        stick.write(Folder.REPLIES, NAME, old)
    seen = set()
    for step in range(1, 40):
        with monkeypatch.context() as pulled, Stick(mounted) as stick:
            steps = iter(range(1, step))
            for name in FAULTS:
                pulled.setattr(os, name, _pulled(getattr(os, name), steps, number))
            try:
                stick.write(Folder.REPLIES, NAME, new)
            except StickFaultError:
                is_whole = False
            else:
                is_whole = True
        with Stick(mounted) as stick:
            found = stick.read(Folder.REPLIES, NAME)
            assert found in {old, new}
            seen.add(found)
            stick.sweep()
            stick.write(Folder.REPLIES, NAME, old)
        assert set(tree(mounted)) == {f"townhall/replies/ab/{NAME}"}
        if is_whole:
            break
    assert seen == {old, new}
    assert step > 6


def _pulled(true: object, steps: object, number: int) -> object:
    def call(*arguments: object, **names: object) -> object:
        if next(steps, None) is None:  # type: ignore[call-overload]  # an iterator that all calls share
            raise OSError(number, os.strerror(number))
        return true(*arguments, **names)  # type: ignore[operator]  # the function of that name

    return call


CHILD = """
import sys
from pathlib import Path
from townhall_sync.errors import StickError
from townhall_sync.stick import Folder
from townhall_sync.stick_files import Stick

disk = Path(sys.argv[1])
with Stick(disk) as stick:
    number = 0
    try:
        while number < 500:
            stick.write(Folder.ENVELOPES, f"{number:064x}", bytes([number % 256]) * 50_000)
            number += 1
    except StickError as error:
        print(error.code, number)
    print(all(stick.read(Folder.ENVELOPES, f"{n:064x}") == bytes([n % 256]) * 50_000 for n in range(number)))
    print(stick.read(Folder.ENVELOPES, f"{number:064x}") is None)
print(len(list(disk.rglob("*.part"))))
"""


def on_disk(tmp_path: Path, options: str) -> list[str]:
    """Run the child on a file system of its own, mounted where nobody else sees it."""
    disk = tmp_path / "disk"
    disk.mkdir()
    unshare = ["unshare", "-m", "--propagation", "unchanged"] if os.geteuid() == 0 else ["unshare", "-Urm"]
    shell = f'mount -t tmpfs -o {options} tmpfs "$0"; trap \'umount "$0"\' EXIT; "$1" -c "$2" "$0"'
    command = [*unshare, "sh", "-ec", shell, str(disk), sys.executable, CHILD]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_full_stick_keeps_what_is_whole_and_nothing_half(tmp_path: Path) -> None:
    stopped, are_whole, is_absent, parts = on_disk(tmp_path, "size=1m")
    code, number = stopped.split()
    assert code == "TH-SYNC-052"
    assert 10 < int(number) < 25
    assert (are_whole, is_absent, parts) == ("True", "True", "0")


def test_a_stick_that_cannot_be_written_to_says_so(tmp_path: Path) -> None:
    assert on_disk(tmp_path, "size=1m,ro")[0] == "TH-SYNC-053 0"


def test_a_file_for_people_goes_through_no_link_either(mounted: Path, outside: Path) -> None:
    with Stick(mounted) as stick:
        stick.lay(("reports", "kiosk-1"), "readiness.pdf", b"%PDF")
        for name in ("../x", ".hidden", "a/b", "", "x" * 101, "a:b"):
            with pytest.raises(ValueError, match="name"):
                stick.lay(("reports", "kiosk-1"), name, b"x")
    assert tree(mounted) == {"townhall/reports/kiosk-1/readiness.pdf": b"%PDF"}
    before = tree(outside)
    (mounted / "townhall" / "reports" / "kiosk-2").symlink_to(outside)
    with Stick(mounted) as stick, pytest.raises(StickUnusableError):
        stick.lay(("reports", "kiosk-2"), NAME, b"x")
    assert tree(outside) == before
