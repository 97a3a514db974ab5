# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is said to the process that unpacks a picture, and what it answers."""

import enum
from typing import Final

import msgspec

from townhall_smartcard.emrtd.lds.pictures import PictureKind

MOST_PIXELS: Final = 6_000_000
"""More than any face on a chip has; what says that it has more is not unpacked."""
LARGEST_SIDE: Final = 800
"""The longer side of what comes back, in pixels: no screen shows a face larger."""
MOST_ANSWER_BYTES: Final = 3 * LARGEST_SIDE * LARGEST_SIDE + 1024


class OpenPicture(msgspec.Struct, frozen=True, tag=True):
    """Unpack this picture, whose header says that it is of this kind and size."""

    kind: PictureKind
    width: int
    height: int
    content: bytes

    def __repr__(self) -> str:
        """Show nothing of it."""
        return f"OpenPicture({self.kind.value}, {self.width} x {self.height})"


class Pixels(msgspec.Struct, frozen=True, tag=True):
    """A picture, three bytes a pixel (red, green, blue), row by row from the top; made smaller where it was large."""

    width: int
    height: int
    rgb: bytes

    def __repr__(self) -> str:
        """Show nothing of it."""
        return f"Pixels({self.width} x {self.height})"


class PictureRefusal(enum.Enum):
    """Why a picture is not shown."""

    TOO_LARGE = "too-large"  # it says that it has more pixels than any face
    BROKEN = "broken"  # torn, or not what its header says
    TOO_SLOW = "too-slow"  # its process was ended at its deadline
    CRASHED = "crashed"  # its process ended by itself
    NO_PROCESS = "no-process"  # there is none to unpack it

    @property
    def code(self) -> str:
        """The failure code (docs/failure-codes.md) that a screen shows."""
        return _CODES[self]


_CODES: Final = {
    PictureRefusal.TOO_LARGE: "TH-CARD-050",
    PictureRefusal.BROKEN: "TH-CARD-051",
    PictureRefusal.TOO_SLOW: "TH-CARD-052",
    PictureRefusal.CRASHED: "TH-CARD-053",
    PictureRefusal.NO_PROCESS: "TH-CARD-054",
}


class NotOpened(msgspec.Struct, frozen=True, tag=True):
    """It was not unpacked."""

    why: PictureRefusal


PictureAnswer = Pixels | NotOpened
