# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The data of a Serbian identity card as a program: one application, files with headers, lists that a state signed."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509 import load_der_x509_certificate

from townhall_smartcard.connection import RawCommand
from townhall_smartcard.simulation.card_command import LONGEST_ANSWER, Answer, Command
from townhall_smartcard.simulation.delivery import AnswerLine, Delivery
from townhall_smartcard.simulation.national_keys import NationalKey
from townhall_smartcard.status import StatusWord

CITIZENS: Final = bytes.fromhex("F381000002534552494401")
_ATR: Final = bytes.fromhex("3BFF9400008131804380318065B0850201F3120FFF82900079")
_DOCUMENT, _PERSON, _ADDRESS, _PHOTO, _FIXED_LIST, _ADDRESS_LIST = 0x0F02, 0x0F03, 0x0F04, 0x0F06, 0x0F1C, 0x0F1D
_JPEG: Final = bytes.fromhex("FFD8FFE000104A46494600010101004800480000FFD9")


@dataclass(frozen=True, slots=True)
class SerbianPerson:
    """A person: nobody who lives. Texts by the tags that the files give them."""

    document: Mapping[int, str] = field(
        default_factory=lambda: {1546: "009900001", 1549: "01022026", 1550: "01022036", 1551: "MUP R SRBIJE"}
    )
    person: Mapping[int, str] = field(
        default_factory=lambda: {
            1558: "1503984715009",
            1559: "ПРИМЕРИЋ",
            1560: "ЈЕЛЕНА",
            1562: "Ж",
            1563: "НОВИ САД",
            1566: "15031984",
        },
        repr=False,
    )
    address: Mapping[int, str] = field(
        default_factory=lambda: {
            1568: "СРБ",
            1569: "СТАРИ ГРАД",
            1570: "БЕОГРАД",
            1571: "ПРИМЕРНА",
            1572: "12",
            1573: "Б",
            1575: "3",
            1578: "7",
        },
        repr=False,
    )
    photo: bytes = field(default=_JPEG, repr=False)


def serbian_files(person: SerbianPerson, signer: NationalKey, *, number: int = 0) -> dict[int, bytes]:
    """Return all files by identifier, lists and headers included; ``number`` stands in the header of the photo."""
    files = {
        _DOCUMENT: with_header(_DOCUMENT, _records(person.document)),
        _PERSON: with_header(_PERSON, _records(person.person)),
        _ADDRESS: with_header(_ADDRESS, _records(person.address)),
        _PHOTO: with_header(_PHOTO, with_header(number, person.photo)),
    }
    fixed = signed_list(signer, *(files[each] for each in (_DOCUMENT, _PERSON, _PHOTO)))
    files[_FIXED_LIST] = with_header(_FIXED_LIST, with_header(0, fixed))
    files[_ADDRESS_LIST] = with_header(_ADDRESS_LIST, with_header(0, signed_list(signer, files[_ADDRESS])))
    return files


def with_header(number: int, content: bytes) -> bytes:
    """Return content behind a number and its length, lowest byte first."""
    return number.to_bytes(2, "little") + len(content).to_bytes(2, "little") + content


def signed_list(signer: NationalKey, *files: bytes) -> bytes:
    """Sign the digests of files, one behind the other (CMS, the content inside)."""
    content = b"".join(hashlib.sha256(each).digest() for each in files)
    begun = pkcs7.PKCS7SignatureBuilder().set_data(content)
    signed = begun.add_signer(load_der_x509_certificate(signer.certificate), signer.private_key, hashes.SHA256())
    return signed.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary, pkcs7.PKCS7Options.NoCapabilities])


class SerbianSimulation:
    """One card: its ATR, its files and its answers. Not for use from two threads at once."""

    def __init__(
        self,
        files: Mapping[int, bytes],
        *,
        application: bytes = CITIZENS,
        atr: bytes = _ATR,
        delivery: Delivery = Delivery.DIRECT,
    ) -> None:
        """Make a card of files by identifier."""
        self.atr: Final = atr
        self._files: Final = dict(files)
        self._application: Final = application
        self._line: Final = AnswerLine(delivery)
        self._is_open = False
        self._file: bytes | None = None

    def reset(self) -> None:
        """Do what power-off does: nothing is selected."""
        self._is_open, self._file = False, None
        self._line.clear()

    def transmit(self, command: RawCommand) -> bytes:
        """Answer one command; every sequence of bytes gets an answer."""
        return self._line.answer(command, self._execute)

    def _execute(self, command: Command) -> Answer:
        if command.ins == 0xA4 and command.parameters == (0x04, 0x00):
            if command.data != self._application:
                return Answer(StatusWord.FILE_NOT_FOUND)
            self._is_open, self._file = True, None
            return Answer()
        if not self._is_open:
            return Answer(StatusWord.INSTRUCTION_NOT_SUPPORTED)
        does = {0xA4: self._select, 0xB0: self._read}.get(command.ins)
        return Answer(StatusWord.INSTRUCTION_NOT_SUPPORTED) if does is None else does(command)

    def _select(self, command: Command) -> Answer:
        if command.parameters != (0x08, 0x00):
            return Answer(StatusWord.WRONG_PARAMETERS)
        self._file = self._files.get(int.from_bytes(command.data, "big"))
        return Answer(StatusWord.FILE_NOT_FOUND) if self._file is None else Answer()

    def _read(self, command: Command) -> Answer:
        if self._file is None:
            return Answer(StatusWord.NO_CURRENT_FILE)
        left = self._file[command.p1 << 8 | command.p2 :]
        return Answer(data=left[: command.expected or LONGEST_ANSWER]) if left else Answer(StatusWord.WRONG_OFFSET)


def _records(texts: Mapping[int, str]) -> bytes:
    return b"".join(with_header(tag, text.encode()) for tag, text in texts.items())
