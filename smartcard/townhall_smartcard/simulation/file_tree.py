# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Files of a simulated card by their paths, and which is selected; each card says itself which SELECTs it takes."""

from collections.abc import Mapping
from typing import Final

from townhall_smartcard.simulation.card_command import Answer, Command
from townhall_smartcard.status import StatusWord
from townhall_smartcard.tlv import encode

MASTER_FILE: Final = bytes.fromhex("3F00")


class FileTree:
    """Transparent files in folders. An application is a folder whose path is its name, or one with a name beside it."""

    def __init__(self, files: Mapping[bytes, bytes], folders: Mapping[bytes, bytes], *, tells_lengths: bool) -> None:
        """Take files by path, and folders by their path with the name by which SELECT finds them (or none)."""
        self._files: Final = dict(files)
        self._folders: Final = {MASTER_FILE: b"", **folders}
        self._tells_lengths: Final = tells_lengths
        self.selected = MASTER_FILE

    def reset(self) -> None:
        """Go back to the master file."""
        self.selected = MASTER_FILE

    @property
    def folder(self) -> bytes:
        """The folder that is selected, or has the file that is."""
        return self.selected if self.selected in self._folders else self.selected[:-2]

    def is_folder(self, path: bytes) -> bool:
        """Tell whether a path is a folder's."""
        return path in self._folders

    def select(self, path: bytes | None) -> Answer:
        """Select what is at a path, and tell of it (ISO/IEC 7816-4 §7.4)."""
        if path is None or (path not in self._files and path not in self._folders):
            return Answer(StatusWord.FILE_NOT_FOUND)
        self.selected = path
        control = encode(0x82, b"\x38" if path in self._folders else b"\x01")
        if path in self._files:
            length = len(self._files[path]) if self._tells_lengths else 0
            control = encode(0x80, length.to_bytes(2, "big")) + control
        return Answer(data=encode(0x62, control + encode(0x83, path[-2:])))

    def select_name(self, name: bytes) -> Answer:
        """Select an application by its name."""
        return self.select(next((path for path, each in self._folders.items() if each and each == name), None))

    def read(self, command: Command) -> Answer:
        """READ BINARY of the file that is selected."""
        content = self._files.get(self.selected)
        if content is None:
            return Answer(StatusWord.NO_CURRENT_FILE)
        offset, expected = command.p1 << 8 | command.p2, command.expected or 0
        if command.p1 & 0x80:
            return Answer(StatusWord.FUNCTION_NOT_SUPPORTED)
        if offset >= len(content):
            return Answer(StatusWord.WRONG_OFFSET)
        data = content[offset : offset + expected]
        return Answer(StatusWord.OK if len(data) == expected else StatusWord.END_OF_FILE, data)
