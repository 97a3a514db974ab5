# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The polling station's sets: all or nothing, and nothing in their files of order, time or company."""

import asyncio
import hashlib
import itertools
import os
import random
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from townhall_kiosk.voting import sets_on_disk
from townhall_kiosk.voting.errors import StoreDamagedError
from townhall_kiosk.voting.sets_on_disk import CURRENT, Part, Sets, SetsOnDisk, decode_set, encode_set
from townhall_sync.durable import sync_directory
from townhall_sync.errors import JournalFaultError, JournalFullError

SALT = bytes(32)


def one(*members: bytes) -> frozenset[bytes]:
    return frozenset(members)


def test_what_was_put_in_is_there_after_opening_again(tmp_path: Path) -> None:
    sets = SetsOnDisk(tmp_path / "voting")
    sets.replace({Part.BALLOTS: one(b"b1", b"b2"), Part.ELIGIBILITY: one(b"e1")})
    sets.replace({Part.BALLOTS: one(b"b3")})
    again = SetsOnDisk(tmp_path / "voting").read()
    assert (again[Part.BALLOTS], again[Part.ELIGIBILITY], again[Part.MARKS]) == (one(b"b3"), one(b"e1"), one())


def test_a_file_follows_from_its_members_and_not_from_their_order_or_number_of_comings() -> None:
    members = [bytes([number]) * (number + 1) for number in range(6)]
    spelled = {encode_set(order, SALT) for order in itertools.permutations(members)}
    assert spelled == {encode_set([*members, *members], SALT)}
    assert decode_set(spelled.pop()) == frozenset(members)


def test_two_disks_with_the_same_members_differ_by_no_more_than_salts(tmp_path: Path) -> None:
    members = [os.urandom(40) for _ in range(5)]
    for name, order in (("one", members), ("other", members[::-1])):
        sets, there = SetsOnDisk(tmp_path / name, bytes), frozenset[bytes]()
        for member in order:
            there |= {member}
            sets.replace({Part.BALLOTS: there})
    images = [{path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "other")]
    assert images[0] == images[1]


def test_nothing_of_an_older_file_stays(tmp_path: Path) -> None:
    sets = SetsOnDisk(tmp_path)
    for number in range(4):
        sets.replace({Part.BALLOTS: one(*(bytes([each]) for each in range(number))), Part.MARKS: one(b"m")})
    assert {path.name.partition(".")[0] for path in tmp_path.iterdir()} == {CURRENT, "ballots", "marks"}
    assert len(list(tmp_path.iterdir())) == 3


def test_an_older_file_is_overwritten_before_its_name_goes(tmp_path: Path) -> None:
    sets = SetsOnDisk(tmp_path)
    sets.replace({Part.BALLOTS: one(b"canary of a ballot")})
    (old,) = tmp_path.glob("ballots.*")
    kept = tmp_path.parent / "kept"
    os.link(old, kept)  # what an unlinked file's blocks hold
    sets.replace({Part.BALLOTS: one(b"another")})
    assert not old.exists()
    assert set(kept.read_bytes()) == {0}


def test_times_of_files_are_the_same_long_past_one(tmp_path: Path) -> None:
    SetsOnDisk(tmp_path).replace({part: one(part.value.encode()) for part in Part})
    assert {(path.stat().st_mtime_ns, path.stat().st_atime_ns) for path in tmp_path.iterdir()} == {(0, 0)}


@pytest.mark.parametrize("name", ["missing", "cut", "flipped", "exchanged", "added", "current"])
def test_a_file_that_is_not_the_one_written_is_refused(tmp_path: Path, name: str) -> None:
    SetsOnDisk(tmp_path).replace({Part.BALLOTS: one(b"b1", b"b2"), Part.ELIGIBILITY: one(b"e")})
    (ballots,), (envelopes,) = tmp_path.glob("ballots.*"), tmp_path.glob("eligibility.*")
    data = ballots.read_bytes()
    match name:
        case "missing":
            ballots.unlink()
        case "cut":
            ballots.write_bytes(data[:-1])
        case "flipped":
            ballots.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
        case "exchanged":
            ballots.write_bytes(envelopes.read_bytes())
        case "added":
            ballots.write_bytes(encode_set([b"b1", b"b2", b"stuffed"], SALT))
        case _:
            (tmp_path / CURRENT).write_bytes(b"{}")
    with pytest.raises(StoreDamagedError):
        SetsOnDisk(tmp_path)


def test_only_the_one_spelling_of_a_set_is_read() -> None:
    good = encode_set([b"a", b"bb"], SALT)
    assert decode_set(good) == {b"a", b"bb"}
    turned = sorted((b"a", b"bb"), key=lambda member: hashlib.sha256(member).digest(), reverse=True)
    head = good[: -(4 + 1 + 4 + 2)]
    wrong = head + b"".join(len(member).to_bytes(4, "big") + member for member in turned)
    for bad in (wrong, good + b"x", good[:-1], b"", b"townhall-voting-set/v1\n", good.replace(b"v1", b"v2")):
        with pytest.raises(StoreDamagedError):
            decode_set(bad)


@pytest.fixture
def no_room(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """A disk that is full after so many bytes."""

    def arrange(room: int) -> None:
        left = [room]
        real = os.pwrite

        def pwrite(descriptor: int, data: bytes, offset: int) -> int:
            if not any(data):
                return real(descriptor, data, offset)
            if not left[0]:
                raise OSError(28, "No space left on device")
            part = data[: left[0]]
            left[0] -= len(part)
            return real(descriptor, part, offset)

        monkeypatch.setattr(os, "pwrite", pwrite)

    return arrange


@pytest.mark.parametrize("room", [0, 1, 60, 100, 200, 300])
def test_on_a_full_disk_the_sets_stay_as_they_were(tmp_path: Path, no_room: Callable[[int], None], room: int) -> None:
    sets = SetsOnDisk(tmp_path)
    before: Sets = {Part.BALLOTS: one(b"b1"), Part.ELIGIBILITY: one(b"e1")}
    sets.replace(before)
    no_room(room)
    with pytest.raises(JournalFullError):
        sets.replace({Part.BALLOTS: one(b"b1", b"b2" * 90), Part.ELIGIBILITY: one(b"e1", b"e2" * 90)})
    for again in (sets.read(), SetsOnDisk(tmp_path).read()):
        assert {part: again[part] for part in before} == before


def test_a_change_that_counts_is_done_though_the_disk_keeps_what_was_before_until_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sets = SetsOnDisk(tmp_path)
    sets.replace({Part.BALLOTS: one(b"b1")})
    real = os.pwrite

    def full(descriptor: int, data: bytes, offset: int) -> int:
        if not any(data):
            raise OSError(28, "No space left on device")
        return real(descriptor, data, offset)

    monkeypatch.setattr(os, "pwrite", full)
    sets.replace({Part.BALLOTS: one(b"b1", b"b2")})
    assert sets.read()[Part.BALLOTS] == one(b"b1", b"b2")
    with pytest.raises(JournalFullError):
        sets.replace({Part.BALLOTS: one(b"b3")})
    monkeypatch.setattr(os, "pwrite", real)
    assert sets.read()[Part.BALLOTS] == one(b"b1", b"b2")
    sets.replace({Part.BALLOTS: one(b"b1", b"b2", b"b3")})
    assert SetsOnDisk(tmp_path).read()[Part.BALLOTS] == one(b"b1", b"b2", b"b3")
    assert len(list(tmp_path.iterdir())) == 2, "nothing of before stays"


def test_who_is_cancelled_lets_nobody_write_beside_the_change_that_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sets = SetsOnDisk(tmp_path)
    has_begun, may_end = threading.Event(), threading.Event()
    real = SetsOnDisk.replace

    def slow(self: SetsOnDisk, changes: Sets) -> None:
        has_begun.set()
        may_end.wait()
        real(self, changes)

    async def scene() -> None:
        change = asyncio.create_task(sets.change({Part.BALLOTS: one(b"b1")}))
        await asyncio.to_thread(has_begun.wait)
        change.cancel()
        for _ in range(5):  # turns of the loop: who does not wait is over after one
            await asyncio.sleep(0)
        was_over = change.done()
        may_end.set()
        assert not was_over, "it holds what its caller has locked until the disk has it"
        with pytest.raises(asyncio.CancelledError):
            await change
        assert sets.read()[Part.BALLOTS] == one(b"b1")

    monkeypatch.setattr(SetsOnDisk, "replace", slow)
    asyncio.run(scene())


def test_random_lives_end_as_a_plain_dict_does(tmp_path: Path) -> None:
    dice, model = random.Random(7), dict.fromkeys(Part, frozenset[bytes]())  # noqa: S311  a test's dice
    sets = SetsOnDisk(tmp_path)
    for _ in range(60):
        chosen = dice.sample(list(Part), dice.randint(1, 3))
        changes = {
            part: frozenset(dice.randbytes(dice.randint(0, 30)) for _ in range(dice.randint(0, 4))) for part in chosen
        }
        sets.replace(changes)
        model.update(changes)
        if dice.random() < 0.3:
            sets = SetsOnDisk(tmp_path)
        assert dict(sets.read()) == model


def test_after_a_fault_at_the_rename_nothing_more_is_written_before_opening_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sets = SetsOnDisk(tmp_path)
    sets.replace({Part.BALLOTS: one(b"b1")})
    real = sync_directory
    calls = iter((True, False))

    def failing(directory: Path) -> None:
        if not next(calls):
            raise OSError(5, "Input/output error")
        real(directory)

    monkeypatch.setattr(sets_on_disk, "sync_directory", failing)
    with pytest.raises(JournalFaultError):
        sets.replace({Part.BALLOTS: one(b"b1", b"b2")})
    monkeypatch.setattr(sets_on_disk, "sync_directory", real)
    with pytest.raises(JournalFaultError):
        sets.replace({Part.BALLOTS: one(b"b3")})
    assert SetsOnDisk(tmp_path).read()[Part.BALLOTS] in {one(b"b1"), one(b"b1", b"b2")}
