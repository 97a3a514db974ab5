# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is said to the process that reads a zone in a picture, and what it answers."""

import enum
from dataclasses import dataclass, field
from typing import Final

import msgspec

from townhall_smartcard.emrtd.lds.mrz import Mrz
from townhall_smartcard.errors import TesseractMissingError

MOST_IMAGE_BYTES: Final = 16 << 20
MOST_PIXELS: Final = 16_000_000
MOST_TEXT_BYTES: Final = 64 << 10


class ReadImage(msgspec.Struct, frozen=True, tag=True):
    """Read what stands in this JPEG, PNG or PNM."""

    content: bytes

    def __repr__(self) -> str:
        """Show nothing of it."""
        return f"ReadImage({len(self.content)} bytes)"


class ImageText(msgspec.Struct, frozen=True, tag=True):
    """Lines that may be a zone's, as they were read; nothing of them is checked."""

    untrusted: str

    def __repr__(self) -> str:
        """Show nothing of it."""
        return "ImageText()"


class ImageRefusal(enum.Enum):
    """Why nothing was read."""

    NO_TESSERACT = "no-tesseract"  # the library, or its model, is not installed
    BROKEN = "broken"  # no picture of a kind that is taken, torn, or too large
    TOO_SLOW = "too-slow"
    CRASHED = "crashed"

    @property
    def code(self) -> str:
        """The failure code (docs/failure-codes.md)."""
        return _CODES[self]


_CODES: Final = {
    ImageRefusal.NO_TESSERACT: TesseractMissingError.code,
    ImageRefusal.BROKEN: "TH-CARD-061",
    ImageRefusal.TOO_SLOW: "TH-CARD-062",
    ImageRefusal.CRASHED: "TH-CARD-063",
}


class ImageNotRead(msgspec.Struct, frozen=True, tag=True):
    """Nothing was read."""

    why: ImageRefusal


@dataclass(frozen=True, slots=True)
class ZoneSeen:
    """A zone whose every check digit holds, and its lines as they were read. Personal data: no repr."""

    lines: str = field(repr=False)
    zone: Mrz = field(repr=False)


ImageAnswer = ImageText | ImageNotRead
