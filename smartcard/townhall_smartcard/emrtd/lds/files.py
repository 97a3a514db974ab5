# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The files of the eMRTD application by number, tag and identifier (ICAO 9303-10 §4.6, table 34)."""

import enum
from collections.abc import Callable
from typing import Final, TypeVar

from townhall_smartcard.errors import CardUnreadableError, DataGroupUnreadableError
from townhall_smartcard.tlv import DataObject, parse_all

MAX_FILE_BYTES: Final = 1 << 20
"""More than any chip of a document holds."""
MAX_MEMBERS: Final = 32
"""More than any file lists of one thing."""

_Parsed = TypeVar("_Parsed")


class LdsFile(enum.Enum):
    """One elementary file: its tag, and its identifier; the short identifier is the identifier's last five bits."""

    COM = (0x60, 0x011E)
    DG1 = (0x61, 0x0101)
    DG2 = (0x75, 0x0102)
    DG3 = (0x63, 0x0103)
    DG4 = (0x76, 0x0104)
    DG5 = (0x65, 0x0105)
    DG6 = (0x66, 0x0106)
    DG7 = (0x67, 0x0107)
    DG8 = (0x68, 0x0108)
    DG9 = (0x69, 0x0109)
    DG10 = (0x6A, 0x010A)
    DG11 = (0x6B, 0x010B)
    DG12 = (0x6C, 0x010C)
    DG13 = (0x6D, 0x010D)
    DG14 = (0x6E, 0x010E)
    DG15 = (0x6F, 0x010F)
    DG16 = (0x70, 0x0110)
    SOD = (0x77, 0x011D)

    def __init__(self, tag: int, identifier: int) -> None:
        self.tag = tag
        self.identifier = identifier

    @property
    def number(self) -> int:
        """The number of the data group; 0 for EF.COM and EF.SOD."""
        return self.identifier & 0xFF if self.name.startswith("DG") else 0

    @classmethod
    def group(cls, number: int) -> "LdsFile | None":
        """Return the data group of this number."""
        return next((each for each in cls if each.number == number), None) if number else None

    @classmethod
    def tagged(cls, tag: int) -> "LdsFile | None":
        """Return the file of this tag."""
        return next((each for each in cls if each.tag == tag), None)


def content_of(untrusted: bytes, file: LdsFile) -> bytes:
    """Return what stands inside a file's outer tag.

    Raises:
        DataGroupUnreadableError: it is another file, torn, or longer than any.
    """
    if len(untrusted) > MAX_FILE_BYTES:
        raise DataGroupUnreadableError(file.name)
    objects = members(untrusted, file)
    if len(objects) != 1 or objects[0].tag != file.tag:
        raise DataGroupUnreadableError(file.name)
    return objects[0].value


def members(untrusted: bytes, file: LdsFile) -> tuple[DataObject, ...]:
    """Split a value of a file into its data objects; raises ``DataGroupUnreadableError``."""
    return reading(file, parse_all, untrusted)


def reading(file: LdsFile, parse: Callable[[bytes], _Parsed], untrusted: bytes) -> _Parsed:
    """Let ``parse`` read a part of ``file``: whatever it cannot read makes the file unreadable."""
    try:
        return parse(untrusted)
    except DataGroupUnreadableError:
        raise
    except (CardUnreadableError, ValueError, IndexError, OverflowError):
        raise DataGroupUnreadableError(file.name) from None
