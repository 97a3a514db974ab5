# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The files of a simulated eMRTD chip: SELECT and READ BINARY in both forms (ICAO 9303-10 §3.6)."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from townhall_smartcard.apdu import Ins
from townhall_smartcard.emrtd.files import APPLICATION, ATR_INFO, CARD_ACCESS, DIRECTORY
from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.simulation.card_command import Answer, Command
from townhall_smartcard.status import StatusWord
from townhall_smartcard.tlv import encode, value_at

_MASTER_FILE: Final = b"\x3f\x00"
_PUBLIC: Final = frozenset(each.identifier for each in (CARD_ACCESS, ATR_INFO, DIRECTORY))
_CLOSED_TO_ALL: Final = frozenset({0x0103, 0x0104})  # fingerprints and irises, without Terminal Authentication
_SHORT_IDENTIFIER: Final = 0x80


class PastEnd(enum.Enum):
    """What a chip says to whoever asks for more than there is. All are about in the field."""

    WARN = "6282"  # gives what there is
    GIVE = "9000"  # likewise, without a word
    NAME = "6Cxx"  # tells how much there is
    REFUSE = "6700"


@dataclass(frozen=True, slots=True)
class FileHabits:
    """How a chip gives its files away."""

    past_end: PastEnd = PastEnd.WARN
    has_short_identifiers: bool = True
    has_odd_read: bool = True
    has_way_back: bool = True
    """Without it, the master file cannot be selected once the application is."""
    longest_read: int | None = None
    """No answer has more bytes than that, whatever is asked; None: as much as is asked."""


class ChipFiles:
    """Two folders of files by identifier, and which one is current."""

    def __init__(self, master: Mapping[int, bytes], application: Mapping[int, bytes], habits: FileHabits) -> None:
        self._master: Final = master
        self._application: Final = application
        self._habits: Final = habits
        self._folder = master
        self._file: int | None = None

    def reset(self) -> None:
        """Go back to the master file."""
        self._folder, self._file = self._master, None

    @property
    def is_in_application(self) -> bool:
        """Tell whether the eMRTD application is selected."""
        return self._folder is self._application

    def select(self, command: Command, *, is_open: bool) -> Answer:
        """SELECT by name, or by identifier in the current folder."""
        match command.p1, command.data:
            case (0x04, name):
                return self._enter(self._application if name == APPLICATION else None)
            case (0x00, identifier) if identifier in (b"", _MASTER_FILE):
                is_there = self._habits.has_way_back or not self.is_in_application
                return self._enter(self._master if is_there else None)
            case (0x00 | 0x02, identifier) if len(identifier) == 2:
                return self._select_file(int.from_bytes(identifier, "big"), is_open=is_open)
            case _:
                return Answer(StatusWord.WRONG_PARAMETERS)

    def read(self, command: Command, *, is_open: bool) -> Answer:
        """READ BINARY, even and odd."""
        if command.ins == Ins.READ_BINARY_AT:
            return self._read_at(command, is_open=is_open) if self._habits.has_odd_read else _unknown()
        offset = command.p1 << 8 | command.p2
        if command.p1 & _SHORT_IDENTIFIER:
            refusal = self._select_short(command.p1 & 0x1F, is_open=is_open)
            if refusal is not None:
                return refusal
            offset = command.p2
        return self._part(offset, command.expected or 0, is_open=is_open)

    def _enter(self, folder: Mapping[int, bytes] | None) -> Answer:
        if folder is None:
            return Answer(StatusWord.FILE_NOT_FOUND)
        self._folder, self._file = folder, None
        return Answer()

    def _select_short(self, short: int, *, is_open: bool) -> Answer | None:
        if not self._habits.has_short_identifiers:
            return Answer(StatusWord.FUNCTION_NOT_SUPPORTED)
        # In the master file 01 is EF.ATR/INFO and 1E is EF.DIR; all others are the last five bits of the identifier.
        special = {ATR_INFO.short_identifier: ATR_INFO, DIRECTORY.short_identifier: DIRECTORY}
        if self._folder is self._master and short in special:
            answer = self._select_file(special[short].identifier, is_open=is_open)
        else:
            answer = self._select_file(0x0100 | short, is_open=is_open)
        return None if answer.status == StatusWord.OK else answer

    def _select_file(self, identifier: int, *, is_open: bool) -> Answer:
        if not self._is_shown(identifier, is_open=is_open):
            return Answer(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
        if identifier not in self._folder:
            return Answer(StatusWord.FILE_NOT_FOUND)
        self._file = identifier
        return Answer()

    def _is_shown(self, identifier: int, *, is_open: bool) -> bool:
        if self._folder is self._master:
            return is_open or identifier in _PUBLIC
        return is_open and identifier not in _CLOSED_TO_ALL

    def _read_at(self, command: Command, *, is_open: bool) -> Answer:
        try:
            offset = int.from_bytes(value_at(command.data, 0x54), "big")
        except CardUnreadableError:
            return Answer(StatusWord.WRONG_DATA)
        wanted = command.expected or 0
        head = 2 if wanted <= 0x81 else 3 if wanted <= 0x102 else 4
        answer = self._part(offset, max(0, wanted - head), is_open=is_open)
        return Answer(answer.status, encode(0x53, answer.data)) if answer.data else answer

    def _part(self, offset: int, wanted: int, *, is_open: bool) -> Answer:
        if self._file is None or not self._is_shown(self._file, is_open=is_open):
            return Answer(StatusWord.NO_CURRENT_FILE)
        content = self._folder[self._file]
        left = len(content) - offset
        if left <= 0:
            return Answer(StatusWord.WRONG_OFFSET)
        longest = self._habits.longest_read
        data = content[offset : offset + (wanted if longest is None else min(wanted, longest))]
        return Answer(data=data) if wanted <= left else self._past_end(data, left)

    def _past_end(self, data: bytes, left: int) -> Answer:
        match self._habits.past_end:
            case PastEnd.WARN:
                return Answer(StatusWord.END_OF_FILE, data)
            case PastEnd.GIVE:
                return Answer(data=data)
            case PastEnd.NAME if left <= 0xFF:
                return Answer(0x6C00 | left)
            case _:
                return Answer(StatusWord.WRONG_LENGTH)


def _unknown() -> Answer:
    return Answer(StatusWord.INSTRUCTION_NOT_SUPPORTED)
