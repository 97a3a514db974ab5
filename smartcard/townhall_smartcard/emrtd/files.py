# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The files of an eMRTD chip as commands name them (ICAO 9303-10 §3.11); ``LdsFile`` lists those of the application."""

from dataclasses import dataclass
from typing import Final

from townhall_smartcard.emrtd.lds.files import LdsFile

APPLICATION: Final = bytes.fromhex("A0000002471001")
"""The name of the eMRTD application."""


@dataclass(frozen=True, slots=True)
class FileReference:
    """A transparent file: its identifier of two bytes, and the short one that READ BINARY takes."""

    identifier: int
    short_identifier: int

    @property
    def selector(self) -> bytes:
        """The identifier as SELECT takes it."""
        return self.identifier.to_bytes(2, "big")


CARD_ACCESS: Final = FileReference(0x011C, 0x1C)
CARD_SECURITY: Final = FileReference(0x011D, 0x1D)
ATR_INFO: Final = FileReference(0x2F01, 0x01)
DIRECTORY: Final = FileReference(0x2F00, 0x1E)


def reference_of(file: LdsFile) -> FileReference:
    """Return a file of the application: its short identifier is the last five bits of the other."""
    return FileReference(file.identifier, file.identifier & 0x1F)
