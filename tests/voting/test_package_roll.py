# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The roll: voters are found with the key; without it nobody is, whatever is tried."""

import hashlib
import hmac
import mmap
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.voting.test_package_roll_key import OfficerCard

from townhall_crypto.secret import Secret
from townhall_voting.errors import MalformedError, RollEntryRefusedError
from townhall_voting.mode import Mode
from townhall_voting.package.definition import Definition
from townhall_voting.package.roll import HASH_BYTES, Roll, RollKeys, Voter, build_roll
from townhall_voting.package.roll_key import wrap_roll_key


def code(number: int) -> str:
    return f"3800101{number:04d}"


VOTERS = [(Voter("EE", code(number)), "harbour" if number % 2 else "hill") for number in range(500)]
"""Of ten thousand codes that a thief can try, every twentieth votes."""
ROLL_KEY = bytes(range(32))


@pytest.fixture
def keys(town: Definition) -> RollKeys:
    return RollKeys.derive(Secret(ROLL_KEY), town, "desk-1")


@pytest.fixture
def data(town: Definition, keys: RollKeys) -> bytes:
    return build_roll(VOTERS, town, keys)


def test_every_voter_is_found_with_their_district_and_nobody_else(
    town: Definition, keys: RollKeys, data: bytes
) -> None:
    roll = Roll.over(memoryview(data), town)
    assert len(roll) == len(VOTERS)
    assert all(roll.district_of(voter, keys) == district for voter, district in VOTERS)
    strangers = [Voter("EE", code(500)), Voter("LV", code(1)), Voter("EE", ""), Voter("", "EE" + code(1))]
    assert all(roll.district_of(stranger, keys) is None for stranger in strangers)


def test_a_mapped_file_is_searched_as_it_lies(town: Definition, keys: RollKeys, data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "roll"
    path.write_bytes(data)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        view = memoryview(mapped)
        assert Roll.over(view, town).district_of(*VOTERS[7][:1], keys) == "harbour"
        view.release()


def test_the_file_says_nothing_of_the_order_in_which_voters_were_listed(
    town: Definition, keys: RollKeys, data: bytes
) -> None:
    assert build_roll(list(reversed(VOTERS)), town, keys) == data


def guesses(data: bytes, town: Definition) -> Iterator[bytes]:
    """Whatever a thief without the key can hash a code with: nothing, what lies on the disk, what the source says."""
    officers = [OfficerCard().certificate for _ in range(2)]
    wrapped = wrap_roll_key(Secret(ROLL_KEY), officers, town)
    disk = [b"", town.to_bytes(), data[:16], data, hashlib.sha256(data).digest()]
    disk += [wrapped.to_bytes(), wrapped.wraps[0].wrapped, *(holder.point for holder in wrapped.holders)]
    public = [RollKeys.derive(Secret(bytes(32)), town, device).entries for device in ("", "desk-1")]
    for number in range(10_000):
        voter = Voter("EE", code(number))
        for text in (voter.to_bytes(), voter.personal_code.encode(), b"EE" + voter.personal_code.encode()):
            yield hashlib.sha256(text).digest()[:HASH_BYTES]
            for key in (*disk, *(bytes(secret.reveal()) for secret in public)):
                yield hmac.digest(key, text, "sha256")[:HASH_BYTES]


def test_a_stolen_disk_finds_nobody_though_every_national_code_is_tried(
    town: Definition, keys: RollKeys, data: bytes
) -> None:
    hashes = set(Roll.over(memoryview(data), town).hashes())
    assert {keys.entry(voter) for voter, _ in VOTERS} == hashes, "with the key everybody is found, so the test can fail"
    assert not hashes & set(guesses(data, town))
    marks = {keys.mark(voter) for voter, _ in VOTERS}
    assert not {mark[:HASH_BYTES] for mark in marks} & hashes, "a mark says not whose entry it is"


def test_a_test_and_the_official_election_share_no_entry_and_no_mark(town: Definition, keys: RollKeys) -> None:
    official = msgspec.structs.replace(town, mode=Mode.OFFICIAL)
    other = RollKeys.derive(Secret(ROLL_KEY), official, "desk-1")
    voter = VOTERS[0][0]
    assert keys.entry(voter) != other.entry(voter)
    assert keys.mark(voter) != other.mark(voter)


def test_marks_of_two_devices_cannot_be_compared_but_the_roll_is_one(town: Definition, keys: RollKeys) -> None:
    other = RollKeys.derive(Secret(ROLL_KEY), town, "kiosk-1")
    voter = VOTERS[0][0]
    assert keys.mark(voter) != other.mark(voter)
    assert keys.entry(voter) == other.entry(voter)


def test_after_closing_the_keys_are_gone(town: Definition, keys: RollKeys, data: bytes) -> None:
    keys.wipe()
    assert keys.entries.is_wiped
    assert keys.marks.is_wiped
    with pytest.raises(Exception, match="wiped"):
        Roll.over(memoryview(data), town).district_of(VOTERS[0][0], keys)


def test_a_line_that_cannot_stand_is_told_by_its_number_without_naming_anybody(
    town: Definition, keys: RollKeys
) -> None:
    with pytest.raises(RollEntryRefusedError, match=r"^entry 2: the same person stands above already$"):
        build_roll([VOTERS[0], VOTERS[0]], town, keys)
    with pytest.raises(RollEntryRefusedError, match=r"^entry 1: there is no district valley$"):
        build_roll([(VOTERS[0][0], "valley")], town, keys)
    assert code(0) not in repr(VOTERS[0][0])


@pytest.mark.parametrize("cut", [0, 5, 15, 17, -1])
def test_bytes_that_are_no_roll_are_refused(town: Definition, data: bytes, cut: int) -> None:
    with pytest.raises(MalformedError):
        Roll.over(memoryview(data[:cut]), town)


def test_an_empty_roll_holds_nobody(town: Definition, keys: RollKeys) -> None:
    roll = Roll.over(memoryview(build_roll([], town, keys)), town)
    assert len(roll) == 0
    assert roll.district_of(VOTERS[0][0], keys) is None


def test_a_roll_that_names_a_district_that_is_not_there_is_refused(town: Definition, keys: RollKeys) -> None:
    broken = bytearray(build_roll(VOTERS[:1], town, keys))
    broken[-2:] = b"\xff\xff"
    with pytest.raises(MalformedError):
        Roll.over(memoryview(bytes(broken)), town).district_of(VOTERS[0][0], keys)
