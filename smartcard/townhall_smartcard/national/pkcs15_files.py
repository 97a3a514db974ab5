# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Files of a PKCS#15 card: where its application is, and how a file is selected and read on cards that differ."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from townhall_smartcard.apdu import MAX_SHORT_LE, CommandApdu, Ins, ResponseApdu
from townhall_smartcard.errors import CardUnreadableError, CardUnsupportedError, UnexpectedStatusError
from townhall_smartcard.national.pkcs15_der import Place
from townhall_smartcard.national.pkcs15_objects import APPLICATION, MASTER_FILE, Application, application, applications
from townhall_smartcard.national.transaction import CardTransaction
from townhall_smartcard.status import StatusWord
from townhall_smartcard.tlv import encoded_length, parse_all

ISO_APPLET: Final = bytes.fromhex("F276A288BCFBA69D34F31001")
"""IsoApplet's own name, under which it keeps a whole tree of files."""

_DIRECTORY: Final = MASTER_FILE + bytes.fromhex("2F00")
_USUAL_PATH: Final = MASTER_FILE + bytes.fromhex("5015")
_OBJECT_DIRECTORY: Final = bytes.fromhex("5031")
_BY_IDENTIFIER, _BY_NAME, _FROM_MASTER_FILE, _FROM_HERE = 0x00, 0x04, 0x08, 0x09
_WANTED_ANSWERS: Final = (0x00, 0x04, 0x0C)  # control information, control parameters, nothing: cards differ
_REFUSED_FORM: Final = frozenset({StatusWord.WRONG_PARAMETERS, StatusWord.FUNCTION_NOT_SUPPORTED})
_MISSING: Final = _REFUSED_FORM | {
    StatusWord.FILE_NOT_FOUND,
    StatusWord.WRONG_DATA,
    StatusWord.WRONG_OFFSET,
    StatusWord.REFERENCE_NOT_FOUND,
    StatusWord.INSTRUCTION_NOT_SUPPORTED,
    StatusWord.CLASS_NOT_SUPPORTED,
    0x6999,  # Java Card: no applet of that name
}
_ENDS: Final = frozenset({StatusWord.WRONG_OFFSET, StatusWord.RECORD_NOT_FOUND, StatusWord.FILE_NOT_FOUND})
_MOST_RECORDS: Final = 64
_LONGEST_FILE: Final = 0x8000
_LONGEST_HEAD: Final = 8
_FILE_CONTROL: Final = frozenset({0x62, 0x6F})
_HAS_RECORDS: Final = frozenset({2, 3, 4, 5, 6, 7})  # of the descriptor's last three bits


Step: TypeAlias = Callable[[bytes], CommandApdu]
"""What selects the file of an identifier, from the folder that is selected."""


@dataclass(frozen=True, slots=True)
class FileHabits:
    """What cards of one maker want, where it is not what the standard makes likely."""

    blocks: tuple[int, ...] = (MAX_SHORT_LE, 0x80)
    """How much to ask for at a time; the next one where the first is refused."""
    tells_lengths: bool = True
    """False: what the card says of a file's length may be 0 for a file that is not empty."""
    takes_relative_paths: bool = False
    """Files of an application that is known by its name are selected by their path in it."""
    step: Step | None = None
    """Files are selected step by step with this alone, never by path."""
    names: tuple[bytes, ...] = ()
    """Applications with directories that do not have a name of PKCS#15."""


@dataclass(frozen=True, slots=True)
class _Selected:
    """What a card says of a file: None where it does not."""

    length: int | None
    has_records: bool


class Pkcs15Files:
    """The files of one card in one transaction."""

    def __init__(self, card: CardTransaction, habits: FileHabits = FileHabits()) -> None:
        self._card: Final = card
        self._habits: Final = habits
        self._name = b""
        self._base = _USUAL_PATH
        self._wanted_answers: tuple[int, ...] = _WANTED_ANSWERS
        self._takes_paths = True
        self._folder: bytes | None = None  # that of the file read last; None: it may be any

    @property
    def is_iso_applet(self) -> bool:
        """Tell whether IsoApplet answered to its name."""
        return self._name == ISO_APPLET

    def open(self) -> bytes:
        """Find the application, and return its object directory.

        Raises:
            CardUnsupportedError: there is none.
        """
        self._name = next((name for name in (APPLICATION, ISO_APPLET) if self._enter(name)), b"")
        directory = self._read_if_there(_DIRECTORY)
        entry = application(directory) if directory else None
        bases = [_USUAL_PATH]
        if self._name == APPLICATION:
            bases.insert(0, b"")
        if entry is not None and entry.path:
            bases.insert(0, _from_master_file(entry.path))
        elif entry is not None and not self._name and self._enter(entry.name):
            self._name = entry.name
            bases.insert(0, b"")
        odd = entry.object_directory if entry is not None else b""
        for self._base in dict.fromkeys(bases):
            content = self._read_if_there(odd or _OBJECT_DIRECTORY)
            if content is not None:
                return content
        raise CardUnsupportedError

    def listed(self) -> Iterator[bytes]:
        """Go into one after the other of the applications that EF.DIR lists; yield each one's object directory.

        Files are found in the application that was yielded last.
        """
        self._name = b""
        for entry in applications(self._read_if_there(_DIRECTORY) or b"", *self._habits.names):
            if self._go_into(entry):
                yield self.read(Place(entry.object_directory or _OBJECT_DIRECTORY))

    def _go_into(self, entry: Application) -> bool:
        if entry.path:
            self._name, self._base = b"", _from_master_file(entry.path)
            return True
        self._name, self._base = entry.name, b""
        is_there = self._enter(entry.name)
        self._folder = b"" if is_there else None
        return is_there

    def begin(self) -> None:
        """Select the application by its name again, where it has one that the card takes."""
        if self._name and not self._enter(self._name):
            raise CardUnreadableError("the application is no longer there")

    def select_folder(self, path: bytes) -> None:
        """Select the folder of a key or a PIN: the application's own where ``path`` is empty."""
        whole, self._folder = self._whole(path), None
        if whole:
            self._select(whole)
        else:
            self.begin()

    def is_below(self, path: bytes) -> bool:
        """Tell whether a key's path names a file of its own, and not just the application's folder."""
        return bool(path) and self._whole(path) != self._base

    def read(self, place: Place) -> bytes:
        """Read a file, or the part of it that a path names."""
        path = self._whole(place.path)
        found = self._select(path)
        self._folder = path[:-2]
        try:
            content = self._records(place.index) if found.has_records else self._transparent(found.length)
        except UnexpectedStatusError as exc:
            if exc.status != StatusWord.INCOMPATIBLE_FILE_STRUCTURE:
                raise
            return self._records(place.index)
        if found.has_records:
            return content
        until = len(content) if place.length is None else place.index + place.length
        if until > len(content):
            raise CardUnreadableError("a path behind the end of its file")
        return content[place.index : until]

    def _enter(self, name: bytes) -> bool:
        self._folder = None
        answer = self._card.ask(CommandApdu(0x00, Ins.SELECT, _BY_NAME, 0x00, name, le=MAX_SHORT_LE))
        if not answer.is_ok and answer.status not in _MISSING:
            raise UnexpectedStatusError("SELECT application", answer.status)
        return answer.is_ok

    def _read_if_there(self, path: bytes) -> bytes | None:
        try:
            return self.read(Place(path))
        except UnexpectedStatusError as exc:
            if exc.status in _MISSING:
                return None
            raise

    def _whole(self, path: bytes) -> bytes:
        """Return a path from the master file; from the application where only its name is known."""
        return path if path.startswith(MASTER_FILE) else self._base + path

    def _select(self, path: bytes) -> _Selected:
        if self._habits.step is not None:
            return self._select_by(self._habits.step, path)
        if not path.startswith(MASTER_FILE) and self._habits.takes_relative_paths:
            if self._folder != b"":  # else the application's folder is the one that is selected
                self.begin()
            return self._expected(self._select_once(_FROM_HERE, path))
        if not path.startswith(MASTER_FILE):
            self.begin()
        elif self._takes_paths and len(path) > len(MASTER_FILE):
            answer = self._select_once(_FROM_MASTER_FILE, path[len(MASTER_FILE) :])
            if answer.is_ok:
                return _facts(answer.data)
            if answer.status not in _MISSING:
                raise UnexpectedStatusError("SELECT file", answer.status)
        answer = ResponseApdu(b"", StatusWord.FILE_NOT_FOUND)
        for step in range(0, len(path), 2):
            answer = self._select_once(_BY_IDENTIFIER, path[step : step + 2])
            self._expected(answer)
        if len(path) > len(MASTER_FILE) and path.startswith(MASTER_FILE):
            self._takes_paths = False
        return _facts(answer.data)

    def _select_by(self, step: Step, path: bytes) -> _Selected:
        answer, folder = ResponseApdu(b"", StatusWord.FILE_NOT_FOUND), path[:-2]
        is_near, self._folder = folder == self._folder, None
        if not is_near and not path.startswith(MASTER_FILE):
            self.begin()
        for place in range(len(folder) if is_near else 0, len(path), 2):
            answer = self._card.ask(step(path[place : place + 2]))
            self._expected(answer)
        return _facts(answer.data)

    def _expected(self, answer: ResponseApdu) -> _Selected:
        if not answer.is_ok:
            raise UnexpectedStatusError("SELECT file", answer.status)
        return _facts(answer.data)

    def _select_once(self, how: int, path: bytes) -> ResponseApdu:
        """Select in the first form of answer that the card takes; that form is kept."""
        for place, wanted in enumerate(self._wanted_answers):
            le = None if wanted == _WANTED_ANSWERS[-1] else MAX_SHORT_LE
            answer = self._card.ask(CommandApdu(0x00, Ins.SELECT, how, wanted, path, le=le))
            if answer.status not in _REFUSED_FORM:
                self._wanted_answers = self._wanted_answers[place:]
                return answer
        return answer

    def _transparent(self, length: int | None) -> bytes:
        if length is not None and (length or self._habits.tells_lengths):
            return self._card.read_selected(length, *self._habits.blocks) if length else b""
        content, block = bytearray(), self._habits.blocks[0]
        while len(content) < _LONGEST_FILE:
            high, low = divmod(len(content), 0x100)
            answer = self._card.ask(CommandApdu(0x00, Ins.READ_BINARY, high, low, le=block))
            if content and answer.status in _ENDS:
                break
            if not answer.is_ok and answer.status != StatusWord.END_OF_FILE:
                raise UnexpectedStatusError("READ BINARY", answer.status)
            content += answer.data
            if not answer.data or answer.status == StatusWord.END_OF_FILE:
                break
            if len(answer.data) < block and _is_whole(content):
                break
        return bytes(content[:_LONGEST_FILE])

    def _records(self, only: int) -> bytes:
        """Read all records, or the one that a path names; they count from 1."""
        content = bytearray()
        for number in (only,) if only else range(1, _MOST_RECORDS + 1):
            answer = self._card.ask(CommandApdu(0x00, Ins.READ_RECORD, number & 0xFF, 0x04, le=MAX_SHORT_LE))
            if content and answer.status in _ENDS:
                break
            if not answer.is_ok:
                raise UnexpectedStatusError("READ RECORD", answer.status)
            content += answer.data
        return bytes(content)


def _from_master_file(path: bytes) -> bytes:
    return path if path.startswith(MASTER_FILE) else MASTER_FILE + path


def _is_whole(untrusted: bytes | bytearray) -> bool:
    """Tell whether what was read so far ends where a data object does."""
    position = 0
    while position < len(untrusted):
        try:
            position += encoded_length(bytes(untrusted[position : position + _LONGEST_HEAD]))
        except CardUnreadableError:
            return False
    return position == len(untrusted)


def _facts(untrusted_control: bytes) -> _Selected:
    """Read a file's length and kind from its control information (ISO/IEC 7816-4 §7.4.3), if the card gave any."""
    inside = b"".join(each.value for each in parse_all(untrusted_control) if each.tag in _FILE_CONTROL)
    parts = {each.tag: each.value for each in reversed(parse_all(inside))}
    length = parts.get(0x80, parts.get(0x81))
    kind = parts.get(0x82, b"")
    whole = None if length is None else int.from_bytes(length, "big")
    if whole is not None and whole > _LONGEST_FILE:
        raise CardUnreadableError("impossible length of a file")
    return _Selected(whole, bool(kind) and not kind[0] & 0x38 and kind[0] & 0x07 in _HAS_RECORDS)
