# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Files of a simulated eMRTD chip: EF.COM and data groups as a state writes them (ICAO 9303-10)."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from townhall_smartcard.emrtd.lds.files import LdsFile
from townhall_smartcard.emrtd.lds.mrz import check_digit
from townhall_smartcard.tlv import encode

_COUNT: Final = 0x02
_TAG_LIST: Final = 0x5C


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a simulated document names, as its zone spells it; dates of six digits."""

    surname: str = "ERIKSSON"
    given_names: str = "ANNA MARIA"
    document_number: str = "D23145890"
    state: str = "UTO"
    birth: str = "740812"
    sex: str = "F"
    expiry: str = "340415"
    optional: str = ""


def td1(holder: Holder) -> str:
    """Return the zone of a card; a number of more than nine signs goes on in the optional data."""
    number, digit, optional = holder.document_number, check_digit(holder.document_number), holder.optional
    if len(number) > 9:
        number, digit, optional = number[:9], "<", number[9:] + digit + "<" + optional
    first = f"I<{holder.state:<<3}{number:<<9}{check_digit(number) if digit != '<' else '<'}{optional:<<15}"
    birth, expiry = (each + check_digit(each) for each in (holder.birth, holder.expiry))
    second = f"{birth}{holder.sex}{expiry}{holder.state:<<3}{'':<<11}"
    whole = first[5:30] + second[0:7] + second[8:15] + second[18:29]
    return first + second + check_digit(whole) + f"{_name(holder):<<30}"[:30]


def td3(holder: Holder) -> str:
    """Return the zone of a passport."""
    number = f"{holder.document_number:<<9}"[:9]
    birth, expiry = (each + check_digit(each) for each in (holder.birth, holder.expiry))
    optional = f"{holder.optional:<<14}"
    begin = (
        f"{number}{check_digit(number)}{holder.state:<<3}{birth}{holder.sex}{expiry}{optional}{check_digit(optional)}"
    )
    whole = begin[0:10] + begin[13:20] + begin[21:43]
    return f"P<{holder.state:<<3}{_name(holder):<<39}"[:44] + begin + check_digit(whole)


def dg1(zone: str) -> bytes:
    """Return DG1 with a zone."""
    return encode(LdsFile.DG1.tag, encode(0x5F1F, zone.encode()))


def dg2(picture: bytes, *, is_jpeg_2000: bool = False) -> bytes:
    """Return DG2 with a face of ISO/IEC 19794-5:2005."""
    size = 20 + 12 + len(picture)
    face = struct.pack(">IH14x", size, 0) + struct.pack(">BBHHBBHH", 1, is_jpeg_2000, 0, 0, 1, 2, 0, 0) + picture
    record = b"FAC\x00010\x00" + struct.pack(">IH", 14 + size, 1) + face
    return _face_file(0x0008, encode(0x5F2E, record))


def dg2_39794(picture: bytes) -> bytes:
    """Return DG2 with a face of ISO/IEC 39794-5."""
    version = encode(0xA0, encode(0x80, b"\x03") + encode(0x81, b"\x07\xe3"))
    flat = encode(0xA0, encode(0x80, picture) + encode(0xA1, encode(0xA0, encode(0x80, b"\x02"))))
    representation = encode(0x30, encode(0x80, b"\x00") + encode(0xA1, encode(0xA0, flat)))
    record = encode(0x65, version + encode(0xA1, representation))
    return _face_file(0x001B, encode(0x7F2E, encode(0xA1, record)))


def displayed(file: LdsFile, picture: bytes) -> bytes:
    """Return DG5 or DG7 with a picture."""
    tag = 0x5F40 if file is LdsFile.DG5 else 0x5F43
    return encode(file.tag, encode(_COUNT, b"\x01") + encode(tag, picture))


def details(file: LdsFile, fields: dict[int, bytes], others: Iterable[bytes] = ()) -> bytes:
    """Return DG11 or DG12 with these data objects, and further names in a list of their own."""
    tags = b"".join(tag.to_bytes(2, "big") for tag in fields)
    objects = b"".join(encode(tag, value) for tag, value in fields.items())
    other = 0x5F0F if file is LdsFile.DG11 else 0x5F1A
    names = b"".join(encode(other, name) for name in others)
    listed = encode(0xA0, encode(_COUNT, bytes((names.count(other.to_bytes(2, "big")),))) + names) if names else b""
    return encode(file.tag, encode(_TAG_LIST, tags) + objects + listed)


def common(files: Iterable[LdsFile]) -> bytes:
    """Return EF.COM that lists these files."""
    listed = encode(_TAG_LIST, bytes(each.tag for each in files))
    return encode(LdsFile.COM.tag, encode(0x5F01, b"0107") + encode(0x5F36, b"040000") + listed)


def _face_file(format_type: int, block: bytes) -> bytes:
    header = encode(0x81, b"\x02") + encode(0x87, b"\x01\x01") + encode(0x88, format_type.to_bytes(2, "big"))
    template = encode(0x7F60, encode(0xA1, header) + block)
    return encode(LdsFile.DG2.tag, encode(0x7F61, encode(_COUNT, b"\x01") + template))


def _name(holder: Holder) -> str:
    return f"{holder.surname}<<{holder.given_names}".replace(" ", "<")
