# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Files and folders of a simulated card, and how SELECT finds them (ISO/IEC 7816-4 §11.2.2)."""

from dataclasses import dataclass, field
from typing import Final

MASTER_FILE: Final = b"\x3f\x00"


@dataclass(frozen=True, slots=True)
class ElementaryFile:
    """A transparent file."""

    identifier: bytes  # two bytes
    content: bytes = field(repr=False)
    length_tag: int = 0x80
    """81 where the maker counts structural information as well (ISO/IEC 7816-4 §7.4.3)."""

    def control_parameters(self) -> bytes:
        """Return the template 62 with the file's length alone, as these cards give it."""
        return bytes((0x62, 0x04, self.length_tag, 0x02)) + len(self.content).to_bytes(2, "big")


@dataclass(frozen=True, slots=True)
class Folder:
    """A dedicated file; an application if it has a name."""

    identifier: bytes
    name: bytes = b""
    children: "tuple[ElementaryFile | Folder, ...]" = ()

    def child(self, identifier: bytes) -> "ElementaryFile | Folder | None":
        """Return the file or folder of that identifier directly in here."""
        return next((each for each in self.children if each.identifier == identifier), None)

    def at(self, path: bytes) -> "ElementaryFile | Folder | None":
        """Follow a path of identifiers, two bytes each, from here."""
        place: ElementaryFile | Folder | None = self
        for start in range(0, len(path), 2):
            place = place.child(path[start : start + 2]) if isinstance(place, Folder) else None
        return place

    def control_parameters(self) -> bytes:
        """Return the template 62 with identifier and name."""
        inner = b"\x83\x02" + self.identifier
        if self.name:
            inner += bytes((0x84, len(self.name))) + self.name
        return bytes((0x62, len(inner))) + inner
