# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which folder and file of a simulated Estonian card are selected: SELECT and READ BINARY."""

from typing import Final

from townhall_smartcard.simulation.card_command import LONGEST_ANSWER, Answer, Command
from townhall_smartcard.simulation.estonian_card_files import MASTER_FILE, ElementaryFile, Folder
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import Person
from townhall_smartcard.status import StatusWord

MAIN_APPLICATION: Final = bytes.fromhex("A000000077010800070000FE00000100")
AUTHENTICATION_APPLICATION: Final = bytes.fromhex("E828BD080FF2504F5420415750")
SIGNATURE_APPLICATION: Final = b"QSCD Application"

_BY_NAME: Final = 0x04
_NO_ANSWER: Final = 0x0C
_ANSWER_FORMS: Final = (0x00, 0x04, _NO_ANSWER)


def personalised_files(person: Person, keys: CardKeys) -> Folder:
    """Return the master file of a card made out to a person."""
    records = tuple(
        ElementaryFile(bytes((0x50, number)), record) for number, record in enumerate(person.records(), start=1)
    )
    document_number = person.document_number.encode()
    serial = ElementaryFile(b"\xd0\x03", bytes((0x04, len(document_number))) + document_number)
    authentication = ElementaryFile(b"\x34\x01", keys.authentication.certificate)
    signature = ElementaryFile(b"\x34\x1f", keys.signature.certificate)
    return Folder(
        MASTER_FILE,
        MAIN_APPLICATION,
        (
            serial,
            Folder(b"\x50\x00", children=records),
            Folder(b"\xad\xf1", AUTHENTICATION_APPLICATION, (authentication,)),
            Folder(b"\xad\xf2", SIGNATURE_APPLICATION, (signature,)),
        ),
    )


class Selection:
    """The card's place in its tree of files."""

    def __init__(self, master: Folder) -> None:
        """Begin at the master file."""
        self._master = master
        self.folder = master
        self._file: ElementaryFile | None = None

    def reset(self) -> None:
        """Go back to the master file."""
        self.folder = self._master
        self._file = None

    def select(self, command: Command) -> Answer:
        """SELECT by identifier, name or path, with or without control parameters in the answer."""
        if command.p2 not in _ANSWER_FORMS:
            return Answer(StatusWord.WRONG_PARAMETERS)
        if command.p1 not in (0x00, 0x01, 0x02, _BY_NAME, 0x08, 0x09):
            return Answer(StatusWord.WRONG_PARAMETERS)
        if command.p1 != _BY_NAME and len(command.data) % 2:
            return Answer(StatusWord.LENGTH_INCONSISTENT_WITH_PARAMETERS)
        place = self._find(command.p1, command.data)
        if place is None:
            return Answer(StatusWord.FILE_NOT_FOUND)
        self._enter(command, place)
        return Answer(data=b"" if command.p2 == _NO_ANSWER else place.control_parameters())

    def read(self, command: Command) -> Answer:
        """READ BINARY of the selected file; the answer may be shorter than asked, its status then says so."""
        if self._file is None:
            return Answer(StatusWord.NO_CURRENT_FILE)
        if command.p1 & 0x80:  # short identifiers: this card has none
            return Answer(StatusWord.FUNCTION_NOT_SUPPORTED)
        offset = command.p1 << 8 | command.p2
        if offset >= len(self._file.content):
            return Answer(StatusWord.WRONG_OFFSET)
        expected = command.expected or LONGEST_ANSWER
        data = self._file.content[offset : offset + expected]
        is_short = len(data) < expected < LONGEST_ANSWER
        return Answer(StatusWord.END_OF_FILE if is_short else StatusWord.OK, data)

    def _find(self, method: int, data: bytes) -> ElementaryFile | Folder | None:
        if method == _BY_NAME:
            return next((each for each in self._applications() if each.name == data), None)
        if method in (0x08, 0x09):
            return (self._master if method == 0x08 else self._here()).at(data)
        if data in (b"", MASTER_FILE) and method == 0x00:
            return self._master
        return self.folder.child(data) or (self._master.child(data) if method == 0x00 else None)

    def _here(self) -> Folder:
        """Applications are reached from within each other by path: all of them lie in the main one."""
        return self._master if self.folder.name else self.folder

    def _applications(self) -> tuple[Folder, ...]:
        inner = tuple(each for each in self._master.children if isinstance(each, Folder) and each.name)
        return (self._master, *inner)

    def _enter(self, command: Command, place: ElementaryFile | Folder) -> None:
        if isinstance(place, Folder):
            self.folder, self._file = place, None
            return
        self._file = place
        if command.p1 in (0x08, 0x09) and len(command.data) > 2:
            parent = (self._master if command.p1 == 0x08 else self._here()).at(command.data[:-2])
            self.folder = parent if isinstance(parent, Folder) else self.folder
