# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Files of eMRTD chips: read as the standard writes them, refused with one typed error if they are anything else."""

import io
import struct
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from townhall_smartcard.emrtd.lds.biometrics import parse_dg2
from townhall_smartcard.emrtd.lds.common import parse_common
from townhall_smartcard.emrtd.lds.details import parse_dg11, parse_dg12, parse_dg16
from townhall_smartcard.emrtd.lds.displayed import parse_dg13, parse_dg15, parse_displayed
from townhall_smartcard.emrtd.lds.files import MAX_FILE_BYTES, LdsFile
from townhall_smartcard.emrtd.lds.mrz import parse_dg1
from townhall_smartcard.emrtd.lds.pictures import PictureKind, picture_of
from townhall_smartcard.emrtd.lds.security_object import parse_security_object
from townhall_smartcard.emrtd.lds.text import PartialDate, decode_text
from townhall_smartcard.errors import DataGroupUnreadableError
from townhall_smartcard.simulation import lds_files, states
from townhall_smartcard.simulation.state_keys import CurveStateKey
from townhall_smartcard.tlv import encode


def picture(kind: str = "JPEG", width: int = 12, height: int = 16) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (width, height), "navy").save(written, kind)
    return written.getvalue()


JPEG = picture()
NOTIFY = encode(0x70, encode(0x02, b"\x01") + encode(0xA1, encode(0x5F50, b"20240102") + encode(0x5F51, b"DOE<<JOHN")))
DETAILS = lds_files.details(
    LdsFile.DG11,
    {
        0x5F0E: "Щербаков<<Юрій<Олегович".encode(),
        0x5F10: b"37807202718",
        0x5F2B: b"19780720",
        0x5F11: "Київ<UKR".encode(),
        0x5F42: b"1 Main St<Tallinn",
    },
    [b"Smith<<Al", b"Jones"],
)
DOCUMENT = lds_files.details(LdsFile.DG12, {0x5F19: b"Police", 0x5F26: bytes.fromhex("20240131")})
PARSERS: dict[str, tuple[Callable[[bytes], object], bytes]] = {
    "COM": (parse_common, lds_files.common([LdsFile.DG1, LdsFile.DG2])),
    "DG1": (parse_dg1, lds_files.dg1(lds_files.td1(lds_files.Holder()))),
    "DG2": (parse_dg2, lds_files.dg2(JPEG)),
    "DG2, new": (parse_dg2, lds_files.dg2_39794(JPEG)),
    "DG5": (lambda file: parse_displayed(file, LdsFile.DG5), lds_files.displayed(LdsFile.DG5, JPEG)),
    "DG7": (lambda file: parse_displayed(file, LdsFile.DG7), lds_files.displayed(LdsFile.DG7, JPEG)),
    "DG11": (parse_dg11, DETAILS),
    "DG12": (parse_dg12, DOCUMENT),
    "DG13": (parse_dg13, encode(0x6D, b"anything")),
    "DG15": (parse_dg15, encode(0x6F, CurveStateKey("brainpoolp256r1").public.dump())),
    "DG16": (parse_dg16, NOTIFY),
    "SOD": (parse_security_object, states.lds_security_object({1: bytes(32), 2: bytes(32)})),
}


@pytest.mark.parametrize("name", PARSERS)
@given(data=st.data())
def test_no_bytes_bring_anything_but_a_value_or_the_one_error(name: str, data: st.DataObject) -> None:
    parse, good = PARSERS[name]
    made = bytearray(good)
    for _ in range(data.draw(st.integers(0, 4))):
        made[data.draw(st.integers(0, min(len(made), 80) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(made)))
    junk = data.draw(st.binary(max_size=60))
    for untrusted in (bytes(made), bytes(made[:cut]), bytes(made[:cut]) + junk, junk):
        try:
            parse(untrusted)
        except DataGroupUnreadableError as error:
            assert str(error) == f"{error.file} cannot be read"  # noqa: PT017  # most bytes raise, some do not


@pytest.mark.parametrize("name", [each for each in PARSERS if each != "SOD"])
def test_a_file_of_another_number_is_refused(name: str) -> None:
    parse, good = PARSERS[name]
    with pytest.raises(DataGroupUnreadableError):
        parse(bytes((good[0] ^ 0x10,)) + good[1:])


@pytest.mark.parametrize("name", [each for each in PARSERS if each != "SOD"])
def test_bytes_behind_a_file_are_refused(name: str) -> None:
    parse, good = PARSERS[name]
    with pytest.raises(DataGroupUnreadableError):
        parse(good + encode(0x04, b""))


def test_a_file_longer_than_any_is_not_looked_at() -> None:
    with pytest.raises(DataGroupUnreadableError):
        parse_dg13(encode(0x6D, bytes(MAX_FILE_BYTES)))


def test_the_common_file_tells_versions_and_groups_each_once() -> None:
    made = encode(0x60, encode(0x5F01, b"0108") + encode(0x5F36, b"04\xff") + encode(0x5C, b"\x61\x75\x61\x60\x99"))
    found = parse_common(made)
    assert (found.lds_version, found.unicode_version, found.files) == ("0108", "", (LdsFile.DG1, LdsFile.DG2))


@pytest.mark.parametrize("make", [lds_files.dg2, lds_files.dg2_39794])
@pytest.mark.parametrize("kind", [PictureKind.JPEG, PictureKind.JPEG_2000])
def test_the_face_is_the_picture_that_the_state_put_in(kind: PictureKind, make: Callable[[bytes], bytes]) -> None:
    content = picture("JPEG" if kind is PictureKind.JPEG else "JPEG2000", 30, 40)
    (found,) = parse_dg2(make(content)).pictures
    assert (found.kind, found.width, found.height, found.content) == (kind, 30, 40, content)


def faces(count: int, *, length: int = 0, features: int = 0) -> bytes:
    size = 32 + features * 8 + len(JPEG)
    face = struct.pack(">IH14x", length or size, features) + bytes(features * 8 + 12) + JPEG
    record = b"FAC\x00010\x00" + struct.pack(">IH", 14 + size * count, count) + face * count
    return encode(0x75, encode(0x7F61, encode(0x02, b"\x01") + encode(0x7F60, encode(0x5F2E, record))))


def test_feature_points_are_stepped_over_and_several_faces_are_read() -> None:
    assert [each.content for each in parse_dg2(faces(2, features=5)).pictures] == [JPEG, JPEG]


@pytest.mark.parametrize("made", [faces(1, length=1 << 31), faces(1, length=10), faces(0), faces(1, features=0)[:-1]])
def test_a_face_that_reaches_beyond_its_record_is_refused(made: bytes) -> None:
    with pytest.raises(DataGroupUnreadableError):
        parse_dg2(made)


def test_how_many_pixels_a_picture_has_is_known_before_anybody_opens_it() -> None:
    bomb = bytearray(JPEG)
    at = bomb.index(b"\xff\xc0")
    bomb[at + 5 : at + 9] = b"\xff\xff\xff\xff"
    found = picture_of(bytes(bomb), LdsFile.DG2)
    assert (found.width, found.height) == (65535, 65535)


@pytest.mark.parametrize("content", [b"", b"GIF89a", JPEG[:3], b"\xff\xd8\xff\xe0\x00\x00", JPEG[:20]])
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(DataGroupUnreadableError):
        picture_of(content, LdsFile.DG5)


def test_names_stand_in_the_state_s_own_letters() -> None:
    found = parse_dg11(DETAILS)
    assert (found.surname, found.given_names) == ("Щербаков", "Юрій Олегович")
    assert found.other_names == ("Smith Al", "Jones")
    assert (found.personal_number, found.birth) == ("37807202718", PartialDate(1978, 7, 20))
    assert (found.birth_place, found.address) == (("Київ", "UKR"), ("1 Main St", "Tallinn"))
    assert "Щербаков" not in repr(found)


def test_a_field_that_stands_twice_is_refused() -> None:
    with pytest.raises(DataGroupUnreadableError):
        parse_dg11(encode(0x6B, encode(0x5F10, b"1") + encode(0x5F10, b"2")))


def test_the_document_tells_by_whom_and_when() -> None:
    found = parse_dg12(DOCUMENT)
    assert (found.issuing_authority, found.issued) == ("Police", PartialDate(2024, 1, 31))


@pytest.mark.parametrize(
    ("spelt", "date"),
    [
        (b"19780720", PartialDate(1978, 7, 20)),
        (b"1978<<<<", PartialDate(1978)),
        (b"19780700", PartialDate(1978, 7)),
        (b"19780020", PartialDate(1978)),
        (b"19781320", None),
        (b"00000000", None),
        (b"1978-7-2", None),
        (bytes.fromhex("19780720"), PartialDate(1978, 7, 20)),
        (b"\xff\xff\xff\xff", None),
    ],
)
def test_dates_are_read_as_far_as_they_are_known(spelt: bytes, date: PartialDate | None) -> None:
    assert parse_dg11(encode(0x6B, encode(0x5F2B, spelt))).birth == date


def test_people_to_notify_are_read() -> None:
    (found,) = parse_dg16(NOTIFY)
    assert (found.name, found.recorded) == ("DOE JOHN", PartialDate(2024, 1, 2))


def test_marks_that_turn_a_text_round_are_left_out_and_joiners_stay() -> None:
    assert decode_text("A\u202eB\x00\n\u2066C\u200cD".encode()) == "ABC\u200cD"
    assert decode_text(b"M\xfcller") == "Müller"


@pytest.mark.parametrize(
    "content",
    [
        states.lds_security_object({}),
        states.lds_security_object({1: bytes(20)}),
        states.lds_security_object({1: bytes(32), 2: bytes(31)}),
        states.lds_security_object({17: bytes(32)}),
        states.lds_security_object({0: bytes(32)}),
        states.lds_security_object({1: bytes(16)}, "md5"),
    ],
)
def test_a_security_object_with_hashes_that_none_has_is_refused(content: bytes) -> None:
    with pytest.raises(DataGroupUnreadableError):
        parse_security_object(content)


def test_a_group_with_two_hashes_is_refused() -> None:
    once = states.lds_security_object({1: bytes(32), 2: bytes(32)})
    with pytest.raises(DataGroupUnreadableError):
        parse_security_object(once.replace(b"\x02\x01\x02\x04", b"\x02\x01\x01\x04"))


def test_files_are_found_by_number_and_by_tag() -> None:
    assert LdsFile.group(14) is LdsFile.DG14
    assert LdsFile.group(0) is None
    assert LdsFile.group(17) is None
    assert LdsFile.tagged(0x77) is LdsFile.SOD
    assert LdsFile.SOD.number == 0
