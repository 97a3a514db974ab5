# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reads transparent files in as few commands as the chip allows (ICAO 9303-10 §3.6, ISO/IEC 7816-4 §11.3.3).

A file says at its start how long it is. The first command selects it by its short identifier and asks for as much as an
answer holds; chips that do not like that are asked by SELECT, for the first bytes, and for the rest.
"""

from typing import Final

from townhall_smartcard.apdu import MAX_SHORT_LE, CommandApdu, Ins, ResponseApdu
from townhall_smartcard.emrtd.files import FileReference
from townhall_smartcard.emrtd.lds.files import MAX_FILE_BYTES
from townhall_smartcard.errors import CardUnreadableError, UnexpectedStatusError
from townhall_smartcard.processors import ApduProcessor
from townhall_smartcard.status import StatusWord
from townhall_smartcard.tlv import encode, encoded_length, value_at

_HEAD_BYTES: Final = 4  # tag and length of any file but the longest: those are asked for more
_LONGEST_HEAD: Final = 7
_SHORT_IDENTIFIER: Final = 0x80
_LAST_SHORT_OFFSET: Final = 0x7FFF
_OFFSET: Final = 0x54
_DISCRETIONARY: Final = 0x53
_DISCRETIONARY_HEAD_BYTES: Final = 4
_OTHER_LENGTH_SW1: Final = 0x6C
_READ: Final = frozenset({StatusWord.OK, StatusWord.END_OF_FILE})
CLOSED: Final = frozenset({StatusWord.SECURITY_STATUS_NOT_SATISFIED, StatusWord.AUTHENTICATION_METHOD_BLOCKED})
"""What a chip says of a file that it does not show to whoever asks."""


class FileReader:
    """Reads files over one way to the card."""

    def __init__(
        self, card: ApduProcessor, block: int, *, short_block: int = MAX_SHORT_LE, is_cautious: bool = False
    ) -> None:
        """Take the longest answer that the way carries, and the longest that it carries in a short response.

        ``is_cautious`` never asks for more than there is.
        """
        self._card: Final = card
        self._block: Final = block
        self._short_block: Final = min(block, short_block)
        self._is_cautious: Final = is_cautious

    def read(self, file: FileReference) -> bytes | None:
        """Return the file, without what stands behind its data object; None where it is not there.

        Raises:
            UnexpectedStatusError: it is closed, or the chip refuses.
            CardUnreadableError: the chip gives less than it promised, or promises more than any file has.
        """
        head = self.head(file)
        if head is None:
            return None
        content = bytearray(head)
        while (total := _total(bytes(content[:_LONGEST_HEAD]))) is None:
            content += self._part(len(content), _LONGEST_HEAD - len(content))
        if total > MAX_FILE_BYTES:
            raise CardUnreadableError(f"a file of {total} bytes")
        while len(content) < total:
            content += self._part(len(content), total - len(content))
        return bytes(content[:total])

    def head(self, file: FileReference, at_least: int = _HEAD_BYTES) -> bytes | None:
        """Return the file's start, ``at_least`` so much of it as is there; None where there is no such file.

        Raises:
            UnexpectedStatusError: it is closed, or the chip refuses.
        """
        if not self._is_cautious:
            command = CommandApdu(0x00, Ins.READ_BINARY, _SHORT_IDENTIFIER | file.short_identifier, 0x00)
            answer = self._ask(command, self._block)
            if answer.status in _READ and answer.data:
                return answer.data
            if answer.status == StatusWord.FILE_NOT_FOUND:
                return None
            if answer.status in CLOSED:
                raise UnexpectedStatusError(command.name, answer.status)
        command = CommandApdu(0x00, Ins.SELECT, 0x02, 0x0C, file.selector)
        answer = self._card.exchange(command)
        if answer.status == StatusWord.FILE_NOT_FOUND:
            return None
        if not answer.is_ok:
            raise UnexpectedStatusError(command.name, answer.status)
        return self._part(0, at_least)

    def _part(self, offset: int, wanted: int) -> bytes:
        """Return between one and ``wanted`` bytes from ``offset`` of the file that is current."""
        if offset <= _LAST_SHORT_OFFSET:
            asked = self._fitting(min(wanted, self._block))
            answer = self._ask(CommandApdu(0x00, Ins.READ_BINARY, *divmod(offset, 256)), asked)
            found = _accepted(answer)
        else:
            asked = min(wanted, self._block - _DISCRETIONARY_HEAD_BYTES)
            if self._fitting(_in_object(asked)) < _in_object(asked):
                asked = self._short_block - _DISCRETIONARY_HEAD_BYTES
            data = encode(_OFFSET, offset.to_bytes(max(2, (offset.bit_length() + 7) // 8), "big"))
            answer = self._ask(CommandApdu(0x00, Ins.READ_BINARY_AT, 0x00, 0x00, data), _in_object(asked))
            found = value_at(_accepted(answer), _DISCRETIONARY)
        if not 0 < len(found) <= asked:
            raise CardUnreadableError(f"{len(found)} of {asked} bytes at {offset}")
        return found

    def _fitting(self, wanted: int) -> int:
        """Return as much of it as an answer has room for.

        Up to 256 bytes are asked for by a short command, whatever the chip can do; its answer holds the protection too.
        """
        return self._short_block if self._short_block < wanted <= MAX_SHORT_LE else wanted

    def _ask(self, command: CommandApdu, wanted: int) -> ResponseApdu:
        """Ask, and once more where the chip names another length: that is all that there is."""
        answer = self._card.exchange(command.with_le(wanted))
        named = answer.status & 0xFF
        if answer.status >> 8 == _OTHER_LENGTH_SW1 and 0 < named < wanted and not answer.data:
            answer = self._card.exchange(command.with_le(named))
        return answer


def _in_object(count: int) -> int:
    """Return how long the data object is that brings so many bytes."""
    return len(encode(_DISCRETIONARY, bytes(count)))


def _total(head: bytes) -> int | None:
    """Return how long the file is that begins so; None where more of it is needed to tell."""
    try:
        return encoded_length(head)
    except CardUnreadableError:
        if len(head) >= _LONGEST_HEAD:
            raise
        return None


def _accepted(answer: ResponseApdu) -> bytes:
    if answer.status not in _READ:
        raise UnexpectedStatusError("READ BINARY", answer.status)
    return answer.data
