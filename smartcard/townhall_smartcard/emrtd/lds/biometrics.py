# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""DG2, the face: templates around records of two standards, and the picture in them (ICAO 9303-10 §4.7.2)."""

import struct
from dataclasses import dataclass
from typing import Final

from townhall_smartcard.emrtd.lds.files import MAX_MEMBERS, LdsFile, content_of, members, reading
from townhall_smartcard.emrtd.lds.pictures import Picture, picture_of
from townhall_smartcard.errors import DataGroupUnreadableError
from townhall_smartcard.tlv import DataObject, parse_all, value_at

_GROUP: Final = 0x7F61
_TEMPLATE: Final = 0x7F60
_COUNT: Final = 0x02
_BLOCKS: Final = frozenset({0x5F2E, 0x7F2E})  # primitive and constructed
_FACES: Final = b"FAC\x00010\x00"  # ISO/IEC 19794-5:2005 §5.4
_RECORD_HEADER: Final = struct.Struct(">8xIH")
_FACE_HEADER: Final = struct.Struct(">IH14x")  # length of the record, number of feature points
_FEATURE_BYTES: Final = 8
_IMAGE_HEADER: Final = struct.Struct(">12x")
_ISO_39794_FACE: Final = 0x65  # [APPLICATION 5]


@dataclass(frozen=True, slots=True)
class Faces:
    """The pictures of a face; mostly one."""

    pictures: tuple[Picture, ...]


def parse_dg2(untrusted: bytes) -> Faces:
    """Read DG2.

    Raises:
        DataGroupUnreadableError: another file, torn, of another standard, without a picture, or with one of no known
            kind.
    """
    group = reading(LdsFile.DG2, lambda content: value_at(content, _GROUP), content_of(untrusted, LdsFile.DG2))
    objects = members(group, LdsFile.DG2)
    templates = [each.value for each in objects if each.tag == _TEMPLATE]
    if not 1 <= len(templates) <= MAX_MEMBERS:
        raise DataGroupUnreadableError(LdsFile.DG2.name)
    pictures = [picture_of(face, LdsFile.DG2) for template in templates for face in _faces_of(template)]
    if not pictures:
        raise DataGroupUnreadableError(LdsFile.DG2.name)
    return Faces(tuple(pictures))


def _faces_of(template: bytes) -> list[bytes]:
    blocks = [each.value for each in members(template, LdsFile.DG2) if each.tag in _BLOCKS]
    if len(blocks) != 1:
        raise DataGroupUnreadableError(LdsFile.DG2.name)
    block = blocks[0]
    try:
        return _iso_19794(block) if block.startswith(_FACES) else _iso_39794(block)
    except (struct.error, ValueError, IndexError):
        raise DataGroupUnreadableError(LdsFile.DG2.name) from None


def _iso_19794(record: bytes) -> list[bytes]:
    """Take a record of ISO/IEC 19794-5:2005 apart (§5.4 to §5.8)."""
    length, count = _RECORD_HEADER.unpack_from(record)
    if not 1 <= count <= MAX_MEMBERS or length > len(record):
        raise ValueError("a record longer than the file")
    found, at = [], _RECORD_HEADER.size
    for _ in range(count):
        face_length, features = _FACE_HEADER.unpack_from(record, at)
        image_at = at + _FACE_HEADER.size + features * _FEATURE_BYTES + _IMAGE_HEADER.size
        if not image_at < at + face_length <= length:
            raise ValueError("a face outside its record")
        found.append(record[image_at : at + face_length])
        at += face_length
    return found


def _iso_39794(block: bytes) -> list[bytes]:
    """Take a record of ISO/IEC 39794-5 apart: DER, as the profile of eMRTDs narrows it down."""
    objects = reading(LdsFile.DG2, parse_all, block)
    if [each.tag for each in objects] == [0xA1]:  # around the record in the template
        objects = members(objects[0].value, LdsFile.DG2)
    if [each.tag for each in objects] != [_ISO_39794_FACE]:
        raise DataGroupUnreadableError(LdsFile.DG2.name)
    representations = members(_inside(objects[0], 0xA1), LdsFile.DG2)
    if len(representations) > MAX_MEMBERS:
        raise DataGroupUnreadableError(LdsFile.DG2.name)
    # RepresentationBlock: imageRepresentation [1], base [0], imageRepresentation2DBlock [0], representationData2D [0]
    return [_inside(each, 0xA1, 0xA0, 0xA0, 0x80) for each in representations]


def _inside(outer: DataObject, *path: int) -> bytes:
    return reading(LdsFile.DG2, lambda content: value_at(content, *path), outer.value)
