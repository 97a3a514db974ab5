# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Secure messaging as a chip does it (ICAO 9303-11 §9.8), for the simulated cards."""

import enum
import hmac
from typing import Final

from townhall_smartcard.apdu import SECURE_BITS, CommandApdu
from townhall_smartcard.emrtd.cipher import SessionKeys
from townhall_smartcard.emrtd.secure_messaging import (
    CHECKSUM,
    CRYPTOGRAM,
    EXPECTED_LENGTH,
    PADDED,
    PLAIN_STRUCTURE_CRYPTOGRAM,
    PROCESSING_STATUS,
    SecureSession,
)
from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.simulation.card_command import Command
from townhall_smartcard.tlv import encode, parse_all

_CHECKSUM_OBJECT_BYTES: Final = 10


class ChannelFault(enum.Enum):
    """What can be wrong with a protected answer; nothing of such an answer may be believed."""

    WRONG_CHECKSUM = "wrong checksum"
    BARE_STATUS = "bare status"
    WRONG_PADDING = "wrong padding"
    NO_STATUS = "no status"
    FOREIGN_OBJECT = "foreign object"


class ChipChannel:
    """One session; over with the first command that is not covered by a right checksum."""

    def __init__(self, keys: SessionKeys, counter: int = 0) -> None:
        self._session = SecureSession(keys, counter)
        self._is_odd = False

    def opened(self, command: Command) -> CommandApdu:
        """Return the command that came protected.

        Raises:
            CardUnreadableError: it is not the terminal's: the session is over.
        """
        counter = self._session.next_counter()
        objects, checksum = command.data[:-_CHECKSUM_OBJECT_BYTES], command.data[-_CHECKSUM_OBJECT_BYTES:]
        header = bytes((command.cla, command.ins, command.p1, command.p2))
        if not hmac.compare_digest(checksum, encode(CHECKSUM, self._session.checksum(counter, objects, header))):
            raise CardUnreadableError("wrong checksum")
        self._is_odd = bool(command.ins & 1)
        data, expected = b"", None
        for each in parse_all(objects):
            if each.tag == EXPECTED_LENGTH:
                expected = int.from_bytes(each.value, "big") or 1 << 8 * len(each.value)
            elif each.tag == (PLAIN_STRUCTURE_CRYPTOGRAM if self._is_odd else CRYPTOGRAM):
                data = self._session.decrypt(counter, each.value[0 if self._is_odd else len(PADDED) :])
            else:
                raise CardUnreadableError("a data object that no command has")
        return CommandApdu(command.cla & ~SECURE_BITS, command.ins, command.p1, command.p2, data, expected)

    def protected(self, plain: bytes, fault: ChannelFault | None = None) -> bytes:
        """Return an answer protected, its status word repeated outside; with ``fault``, so that nobody believes it."""
        counter, data, status = self._session.next_counter(), plain[:-2], plain[-2:]
        if fault is ChannelFault.BARE_STATUS:
            return status
        objects = b"" if fault is ChannelFault.NO_STATUS else encode(PROCESSING_STATUS, status)
        if data:
            objects = self._cryptogram(counter, data, is_padded=fault is not ChannelFault.WRONG_PADDING) + objects
        if fault is ChannelFault.FOREIGN_OBJECT:
            objects += encode(0x80, b"\x00")
        checksum = bytearray(self._session.checksum(counter, objects))
        checksum[-1] ^= fault is ChannelFault.WRONG_CHECKSUM
        return objects + encode(CHECKSUM, bytes(checksum)) + status

    def _cryptogram(self, counter: bytes, data: bytes, *, is_padded: bool) -> bytes:
        tag, mark = (PLAIN_STRUCTURE_CRYPTOGRAM, b"") if self._is_odd else (CRYPTOGRAM, PADDED)
        if is_padded:
            return encode(tag, mark + self._session.encrypt(counter, data))
        keys = self._session.keys
        blocks = bytes(len(data) // keys.cipher.block_bytes * keys.cipher.block_bytes or keys.cipher.block_bytes)
        start = keys.cipher.first_block(keys.encryption, counter)
        return encode(tag, mark + keys.cipher.encrypt(keys.encryption, start, blocks))
