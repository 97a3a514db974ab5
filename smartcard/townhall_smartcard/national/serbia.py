# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Driver of Serbian identity cards since 2014, of citizens and of foreigners: data only, its keys are not used.

Each file begins with how long it is. The state signed lists of digests: one of the files of the document, the person
and the photo, one of the address. Nothing on the card says that those two lists belong together.
"""

from dataclasses import replace
from typing import Final

from townhall_crypto.card_signature import CardAlgorithm
from townhall_smartcard.apdu import MAX_SHORT_LE, CommandApdu, Ins
from townhall_smartcard.errors import CardUnreadableError, CardUnsupportedError, UnexpectedStatusError
from townhall_smartcard.messages import PinRole, PinTries
from townhall_smartcard.national.contract import Evidence, EvidenceAbout, EvidenceForm, NationalContents
from townhall_smartcard.national.serbian_records import (
    HEADER_BYTES,
    address_in,
    length_in,
    parse_records,
    statement_in,
)
from townhall_smartcard.national.transaction import CardTransaction
from townhall_smartcard.pin_format import PinFacts
from townhall_smartcard.pins import Pin, PinRefusal, wiped
from townhall_smartcard.processors import ApduProcessor
from townhall_smartcard.status import StatusWord

APPLICATIONS: Final = tuple(bytes.fromhex("F381000002534552" + each) for each in ("494401", "494601", "525001"))
"""Of citizens (SERID), and the two of foreigners (SERIF, SERRP)."""
DOCUMENT: Final = "0F02"

_PERSON: Final = "0F03"
_ADDRESS: Final = "0F04"
_PHOTO: Final = "0F06"
_FIXED_LIST: Final = "0F1C"
_ADDRESS_LIST: Final = "0F1D"
_BLOCK: Final = 0xFF
_LONGEST_FILE: Final = 0x8000  # what the offset of READ BINARY can say
_SEQUENCE: Final = 0x30


def select_application(name: bytes) -> CommandApdu:
    """Return the command that selects one of the applications."""
    return CommandApdu(0x00, Ins.SELECT, 0x04, 0x00, name, le=MAX_SHORT_LE)


def select_file(path: str) -> CommandApdu:
    """Return the command that selects a file of the selected application."""
    return CommandApdu(0x00, Ins.SELECT, 0x08, 0x00, bytes.fromhex(path), le=HEADER_BYTES)


class SerbianCard:
    """One card in one transaction; see ``NationalCard``. It has no key here."""

    def __init__(self, card: ApduProcessor) -> None:
        self._card: Final = CardTransaction(card)

    def read(self) -> NationalContents:
        """Read document, person, address and photo, and the lists that the state signed."""
        self._begin()
        document, person = self._required(DOCUMENT), self._required(_PERSON)
        address, photo = self._file(_ADDRESS), self._file(_PHOTO)
        stated = statement_in(_records(document), _records(person))
        fixed = _signed_data(self._file(_FIXED_LIST))
        evidence = [_evidence(EvidenceAbout.IDENTITY, each, fixed) for each in (document, person)]
        if address:
            evidence.append(_evidence(EvidenceAbout.ADDRESS, address, _signed_data(self._file(_ADDRESS_LIST))))
        if photo:
            evidence.append(_evidence(EvidenceAbout.PHOTO, photo, fixed))
        picture = photo[2 * HEADER_BYTES :]  # the file holds one record
        return NationalContents(
            stated=replace(stated, address=address_in(_records(address)), untrusted_photo=picture),
            certificates={},
            algorithms={},
            tries={},
            evidence=tuple(evidence),
        )

    def read_certificate(self, role: PinRole) -> bytes:  # noqa: ARG002  # the contract's
        """Refuse: this driver reads no key."""
        raise CardUnsupportedError

    def read_tries(self, role: PinRole) -> PinTries:  # noqa: ARG002  # the contract's
        """Refuse: this driver uses no PIN."""
        raise CardUnsupportedError

    def pin_facts(self, role: PinRole) -> PinFacts:  # noqa: ARG002  # the contract's
        """Refuse: this driver uses no PIN."""
        raise CardUnsupportedError

    def algorithm(self, role: PinRole) -> CardAlgorithm:  # noqa: ARG002  # the contract's
        """Refuse: this driver reads no key."""
        raise CardUnsupportedError

    def authenticate(
        self,
        pin: Pin,
        digest: bytes,  # noqa: ARG002  # the contract's, as the next
        *,
        last_try_confirmed: bool,  # noqa: ARG002
    ) -> bytes | PinRefusal:
        """Wipe the PIN and refuse: it is not sent."""
        with wiped(pin):
            raise CardUnsupportedError

    sign = authenticate

    def _begin(self) -> None:
        status = 0
        for name in APPLICATIONS:
            answer = self._card.ask(select_application(name))
            if answer.is_ok:
                return
            status = answer.status
        raise UnexpectedStatusError("SELECT application", status)

    def _required(self, path: str) -> bytes:
        content = self._file(path)
        if not content:
            raise CardUnreadableError("no file of the document or the person")
        return content

    def _file(self, path: str) -> bytes:
        """Return a file with its header; nothing where the card has none."""
        selected = self._card.ask(select_file(path))
        if selected.status == StatusWord.FILE_NOT_FOUND:
            return b""
        if not selected.is_ok:
            raise UnexpectedStatusError("SELECT file", selected.status)
        header = self._read(0, HEADER_BYTES)
        if len(header) != HEADER_BYTES:
            raise CardUnreadableError("a file without a header")
        length = HEADER_BYTES + length_in(header)
        if length > _LONGEST_FILE:
            raise CardUnreadableError("impossible length of a file")
        content = bytearray(header)
        while len(content) < length:
            content += self._read(len(content), min(_BLOCK, length - len(content)))
        return bytes(content)

    def _read(self, offset: int, wanted: int) -> bytes:
        answer = CommandApdu(0x00, Ins.READ_BINARY, offset >> 8, offset & 0xFF, le=wanted)
        data = self._card.expect("READ BINARY", answer)
        if not 0 < len(data) <= wanted:
            raise CardUnreadableError(f"READ BINARY gave {len(data)} bytes of {wanted}")
        return data


def _records(file: bytes) -> dict[int, bytes]:
    return dict(parse_records(file[HEADER_BYTES:]))


def _signed_data(file: bytes) -> bytes:
    """Return the CMS in a file: as it is, or as the one record of the file."""
    content = file[HEADER_BYTES:]
    return content if content[:1] == bytes((_SEQUENCE,)) else content[HEADER_BYTES:]


def _evidence(about: EvidenceAbout, file: bytes, signed_data: bytes) -> Evidence:
    return Evidence(about, EvidenceForm.DIGEST_LIST, file, signed_data)
