# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Pictures on chips: which kind the bytes are, and how large, without decoding one of them.

Nobody here opens a picture: that is for a process that may do nothing else. How many pixels it will have is told
beforehand, so that nobody unpacks a bomb.
"""

import enum
import struct
from dataclasses import dataclass, field
from typing import Final

from townhall_smartcard.emrtd.lds.files import LdsFile
from townhall_smartcard.errors import DataGroupUnreadableError

_JPEG: Final = b"\xff\xd8\xff"
_JP2: Final = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
_CODESTREAM: Final = b"\xff\x4f\xff\x51"
_SIZES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
"""Markers of JPEG whose segment tells the size (ITU-T T.81, table B.1)."""
_MAX_SEGMENTS: Final = 256


class PictureKind(enum.Enum):
    """How a picture is packed; the value is the media type."""

    JPEG = "image/jpeg"
    JPEG_2000 = "image/jp2"
    JPEG_2000_CODESTREAM = "image/j2c"


@dataclass(frozen=True, slots=True)
class Picture:
    """A packed picture. Personal data: no repr."""

    kind: PictureKind
    width: int
    height: int
    content: bytes = field(repr=False)


def picture_of(untrusted: bytes, file: LdsFile) -> Picture:
    """Return the picture that bytes are, by what they begin with, whatever is said about them.

    Raises:
        DataGroupUnreadableError: neither JPEG nor JPEG 2000, or without a size.
    """
    try:
        if untrusted.startswith(_JPEG):
            kind, size = PictureKind.JPEG, _jpeg_size(untrusted)
        elif untrusted.startswith(_CODESTREAM):
            kind, size = PictureKind.JPEG_2000_CODESTREAM, _codestream_size(untrusted, 0)
        elif untrusted.startswith(_JP2):
            kind, size = PictureKind.JPEG_2000, _codestream_size(untrusted, untrusted.index(_CODESTREAM))
        else:
            raise DataGroupUnreadableError(file.name)
    except (ValueError, struct.error, IndexError):
        raise DataGroupUnreadableError(file.name) from None
    if min(size) < 1:
        raise DataGroupUnreadableError(file.name)
    return Picture(kind, *size, untrusted)


def _jpeg_size(untrusted: bytes) -> tuple[int, int]:
    at = 2
    for _ in range(_MAX_SEGMENTS):
        marker, kind, length = struct.unpack_from(">BBH", untrusted, at)
        if marker != 0xFF or length < 2:
            raise ValueError("no segment")
        if kind in _SIZES:
            height, width = struct.unpack_from(">xHH", untrusted, at + 4)
            return width, height
        at += 2 + length
    raise ValueError("no size")


def _codestream_size(untrusted: bytes, at: int) -> tuple[int, int]:
    """Read SIZ (ITU-T T.800 §A.5.1): the grid's extent less its offset."""
    right, bottom, left, top = struct.unpack_from(">IIII", untrusted, at + 8)
    return right - left, bottom - top
