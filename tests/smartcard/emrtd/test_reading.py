# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reading files: any length, any block, any chip; and what a chip says of its buffers."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_smartcard.apdu import CommandApdu, ResponseApdu
from townhall_smartcard.emrtd.buffers import longest_answer
from townhall_smartcard.emrtd.files import FileReference, reference_of
from townhall_smartcard.emrtd.lds.files import LdsFile
from townhall_smartcard.emrtd.reading import FileReader
from townhall_smartcard.errors import CardUnreadableError, UnexpectedStatusError
from townhall_smartcard.processors import processors_for
from townhall_smartcard.simulation.card_command import Command
from townhall_smartcard.simulation.chip_files import ChipFiles, FileHabits, PastEnd
from townhall_smartcard.tlv import encode

PHOTO = reference_of(LdsFile.DG2)


class Chip:
    """Files that are open to everybody."""

    def __init__(self, files: dict[int, bytes], habits: FileHabits) -> None:
        self._files = ChipFiles({}, files, habits)
        self._files.select(Command(0, 0xA4, 4, 12, bytes.fromhex("A0000002471001")), is_open=True)
        self.asked: list[CommandApdu] = []

    def exchange(self, command: CommandApdu) -> ResponseApdu:
        self.asked.append(command)
        parsed = Command(command.cla, command.ins, command.p1, command.p2, bytes(command.data), command.le)
        answer = (
            self._files.select(parsed, is_open=True) if command.ins == 0xA4 else self._files.read(parsed, is_open=True)
        )
        return ResponseApdu(answer.data, answer.status)


LENGTHS = st.integers(2, 300) | st.integers(32_000, 34_000) | st.integers(60_000, 70_000)
HABITS = st.builds(FileHabits, st.sampled_from(PastEnd), st.booleans(), longest_read=st.none() | st.integers(60, 300))


@given(
    length=LENGTHS,
    behind=st.sampled_from([0, 1, 500]),
    block=st.integers(40, 1000),
    habits=HABITS,
    cautious=st.booleans(),
)
def test_a_file_is_read_as_it_is_and_nothing_behind_it(
    length: int, behind: int, block: int, habits: FileHabits, *, cautious: bool
) -> None:
    content = encode(0x75, bytes(place & 0xFF for place in range(length)))
    chip = Chip({0x0102: content + bytes(behind)}, habits)
    assert FileReader(chip, block, is_cautious=cautious).read(PHOTO) == content
    assert all((each.le or 0) <= block for each in chip.asked)


@given(length=st.integers(2, 300), habits=HABITS)
def test_the_cautious_way_never_asks_for_more_than_there_is(length: int, habits: FileHabits) -> None:
    content = encode(0x61, bytes(length))
    chip = Chip({0x0102: content}, habits)
    assert FileReader(chip, 256, is_cautious=True).read(PHOTO) == content
    assert all((each.p1 << 8 | each.p2) + (each.le or 0) <= max(4, len(content)) for each in chip.asked[1:])
    assert [each.ins for each in chip.asked[:2]] == [0xA4, 0xB0]


def test_a_small_file_takes_one_command() -> None:
    chip = Chip({0x011E: bytes.fromhex("6004AABBCCDD")}, FileHabits())
    assert FileReader(chip, 223).read(reference_of(LdsFile.COM)) == bytes.fromhex("6004AABBCCDD")
    assert [each.name for each in chip.asked] == ["00B09E00"]


@pytest.mark.parametrize("habits", [FileHabits(), FileHabits(has_short_identifiers=False)], ids=["short", "long"])
@pytest.mark.parametrize("cautious", [True, False])
def test_a_file_that_is_not_there_is_none(habits: FileHabits, *, cautious: bool) -> None:
    assert FileReader(Chip({}, habits), 223, is_cautious=cautious).read(PHOTO) is None


def test_beyond_32767_bytes_the_offset_is_a_data_object() -> None:
    chip = Chip({0x0102: encode(0x75, bytes(66_000))}, FileHabits())
    FileReader(chip, 20_000).read(PHOTO)
    assert [(each.name, bytes(each.data).hex(), each.le) for each in chip.asked] == [
        ("00B08200", "", 20_000),
        ("00B04E20", "", 20_000),
        ("00B10000", "54029c40", 20_000),
        ("00B10000", "5402ea5c", 66_005 - 0xEA5C + 4),
    ]


def test_a_chip_without_the_odd_form_gives_what_it_can_and_the_rest_is_refused() -> None:
    chip = Chip({0x0102: encode(0x75, bytes(40_000))}, FileHabits(has_odd_read=False))
    with pytest.raises(UnexpectedStatusError):
        FileReader(chip, 20_000).read(PHOTO)


class Scripted:
    def __init__(self, *answers: str) -> None:
        self._answers = iter(answers)

    def transmit(self, _command: bytes | bytearray) -> bytes:
        return bytes.fromhex(next(self._answers))


@pytest.mark.parametrize(
    "answers",
    [
        ("7582010000009000", "9000"),  # nothing where there should be more
        ("7582010000009000", "6282"),
        ("7582010000009000", "6B00"),
        ("7582010000009000", "6C00"),  # a length that is none
        ("7582010000009000", "6C05", "6C04", "6C03", "6C02"),  # asked once more in each layer, not for ever
        ("7582010000009000", "AA" * 224 + "9000"),  # more than was asked for
        ("758400000001AABB9000",),  # a length that no file has
        ("758080808080809000",),
        ("6A86", "6A86"),
        ("6A86", "9000", "6986"),
        ("9000", "9000", "9000"),
        ("75819000", "9000"),
    ],
)
def test_a_chip_that_makes_no_sense_is_refused(answers: tuple[str, ...]) -> None:
    with pytest.raises(CardUnreadableError):
        FileReader(processors_for(Scripted(*answers)), 223).read(PHOTO)


@pytest.mark.parametrize("status", ["6982", "6983"])
def test_a_closed_file_is_not_asked_for_twice(status: str) -> None:
    with pytest.raises(UnexpectedStatusError) as caught:
        FileReader(processors_for(Scripted(status)), 223).read(reference_of(LdsFile.DG3))
    assert caught.value.status == int(status, 16)


def test_the_files_have_the_identifiers_of_part_10() -> None:
    assert reference_of(LdsFile.DG16) == FileReference(0x0110, 0x10)
    assert reference_of(LdsFile.DG1).selector == b"\x01\x01"


@pytest.mark.parametrize(
    ("content", "longest"),
    [
        ("7F6608 02020400 02020400", 1022),
        ("470300004 0 7F660A 0203010000 0203010000 0000", 65534),
        ("7F660A 0203010100 0203010100", 65536),
        ("7F6608 02020400 02020100", None),  # no more than a short answer holds
        ("7F6608 02020100 02020400", None),
        ("7F6604 02020400", None),
        ("4703000040", None),
        ("7F6608 02020400", None),
        ("", None),
        ("0000", None),
        ("7F66", None),
    ],
)
def test_what_a_chip_says_of_its_buffers_is_taken_where_it_makes_sense(content: str, longest: int | None) -> None:
    assert longest_answer(bytes.fromhex(content.replace(" ", ""))) == longest


@given(st.binary(max_size=40))
def test_any_bytes_announce_something_or_nothing(untrusted: bytes) -> None:
    longest = longest_answer(untrusted)
    assert longest is None or 256 < longest <= 65536


@given(st.lists(st.binary(max_size=12).map(bytes.hex), min_size=8, max_size=8))
def test_any_answers_end_in_a_file_or_a_refusal(answers: list[str]) -> None:
    with contextlib.suppress(CardUnreadableError, StopIteration):
        FileReader(processors_for(Scripted(*answers)), 223).read(PHOTO)
