# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Secure messaging: commands and answers under the keys of a session (ICAO 9303-11 §9.8).

::

    driver -> SecureMessaging -> ResponseChaining -> CommandChaining -> Formatting -> CardConnection

A session ends with the first answer that is not covered by a right checksum: both sides count messages, and nothing
brings two counters together again.
"""

import hmac
from dataclasses import replace
from typing import Final

from townhall_smartcard.apdu import (
    MAX_EXTENDED_LE,
    MAX_SHORT_DATA,
    MAX_SHORT_LE,
    SECURE_BITS,
    CommandApdu,
    ResponseApdu,
    wipe,
)
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.emrtd.cipher import CHECKSUM_BYTES, Cipher, SessionKeys, pad, unpad
from townhall_smartcard.errors import CardMisuseError, CardUnreadableError, SecureMessagingError
from townhall_smartcard.processors import ApduProcessor
from townhall_smartcard.tlv import DataObject, encode, parse_all

CRYPTOGRAM: Final = 0x87  # begins with the kind of padding
PLAIN_STRUCTURE_CRYPTOGRAM: Final = 0x85  # with odd instruction codes: no such byte
EXPECTED_LENGTH: Final = 0x97
PROCESSING_STATUS: Final = 0x99
CHECKSUM: Final = 0x8E
PADDED: Final = b"\x01"
_CHECKSUM_OBJECT_BYTES: Final = 2 + CHECKSUM_BYTES
_STATUS_OBJECT_BYTES: Final = 4


def largest_plain_answer(cipher: Cipher, room: int = MAX_SHORT_LE) -> int:
    """Return the longest answer whose protected form fits ``room`` bytes: 223 of a short response, 231 under 3DES.

    ``room`` is without the status word; of 23 bytes and more.
    """
    left = room - _STATUS_OBJECT_BYTES - _CHECKSUM_OBJECT_BYTES
    left -= 3 if left < 0x83 else 4 if left < 0x104 else 5  # tag, length, kind of padding
    return left // cipher.block_bytes * cipher.block_bytes - 1


class SecureSession:
    """Keys and the send sequence counter; takes commands to protect and answers to check, in turn. Pure: no wire."""

    def __init__(self, keys: SessionKeys, counter: int = 0) -> None:
        """Begin with the counter as PACE and Chip Authentication leave it; BAC gives another."""
        self.keys: Final = keys
        self._counter = counter

    def next_counter(self) -> bytes:
        """Count the next message; return the counter as it goes into its checksum.

        Raises:
            SecureMessagingError: the counter is at its end; to begin anew would use it twice.
        """
        self._counter += 1
        if self._counter >> 8 * self.keys.cipher.block_bytes:
            raise SecureMessagingError(0)
        return self._counter.to_bytes(self.keys.cipher.block_bytes, "big")

    def protect(self, command: CommandApdu) -> CommandApdu:
        """Return the protected command. An answer beyond ``largest_plain_answer`` needs an extended APDU.

        Raises:
            CardMisuseError: the command is protected already.
        """
        if command.cla & SECURE_BITS:
            raise CardMisuseError(f"{command.name} under two layers of secure messaging")
        counter, cla = self.next_counter(), command.cla | SECURE_BITS
        objects = self._cryptogram(counter, command) + _expected_length(command.le)
        header = bytes((cla, command.ins, command.p1, command.p2))
        data = objects + encode(CHECKSUM, self.checksum(counter, objects, header))
        return replace(command, cla=cla, data=data, le=_outer_length(command, data))

    def check(self, answer: ResponseApdu) -> ResponseApdu:
        """Return what the card said under the checksum, its status word included.

        Raises:
            SecureMessagingError: nothing of it can be believed.
        """
        counter = self.next_counter()
        covered, checksum = answer.data[:-_CHECKSUM_OBJECT_BYTES], answer.data[-_CHECKSUM_OBJECT_BYTES:]
        expected = encode(CHECKSUM, self.checksum(counter, covered))
        # Never a bare status word, not even a good one; and nothing is parsed before it is known to be the card's.
        if not covered or not hmac.compare_digest(checksum, expected):
            raise SecureMessagingError(answer.status)
        try:
            return self._opened(counter, parse_all(covered))
        except CardUnreadableError as exc:
            raise SecureMessagingError(answer.status) from exc

    def checksum(self, counter: bytes, objects: bytes, header: bytes = b"") -> bytes:
        """Return the checksum over the counter, a command's header, and data objects; the latter two padded, if any."""
        parts = (pad(part, len(counter)) for part in (header, objects) if part)
        return self.keys.cipher.checksum(self.keys.checksum, counter + b"".join(parts))

    def encrypt(self, counter: bytes, plain: RawCommand) -> bytes:
        """Pad and encrypt one message's data, which may be a PIN."""
        cipher, key = self.keys.cipher, self.keys.encryption
        padded = pad(plain, cipher.block_bytes)
        try:
            return cipher.encrypt(key, cipher.first_block(key, counter), padded)
        finally:
            wipe(padded)

    def decrypt(self, counter: bytes, checked: bytes) -> bytes:
        """Decrypt one message's data and take the padding away; raises CardUnreadableError."""
        cipher, key = self.keys.cipher, self.keys.encryption
        return unpad(cipher.decrypt(key, cipher.first_block(key, counter), checked))

    def _cryptogram(self, counter: bytes, command: CommandApdu) -> bytes:
        if not command.data:
            return b""
        encrypted = self.encrypt(counter, command.data)
        if command.ins & 1:
            return encode(PLAIN_STRUCTURE_CRYPTOGRAM, encrypted)
        return encode(CRYPTOGRAM, PADDED + encrypted)

    def _opened(self, counter: bytes, objects: tuple[DataObject, ...]) -> ResponseApdu:
        match [(each.tag, each.value) for each in objects]:
            case [(0x99, status)] if len(status) == 2:
                return ResponseApdu.parse(status)
            case [(0x87, cryptogram), (0x99, status)] if len(status) == 2 and cryptogram[:1] == PADDED:
                return ResponseApdu.parse(self.decrypt(counter, cryptogram[1:]) + status)
            case [(0x85, cryptogram), (0x99, status)] if len(status) == 2:
                return ResponseApdu.parse(self.decrypt(counter, cryptogram) + status)
            case _:
                raise CardUnreadableError("data objects that no answer has")


class SecureMessaging:
    """An ``ApduProcessor`` under which every command is protected."""

    def __init__(self, below: ApduProcessor, session: SecureSession) -> None:
        """Take the way to the card, whose processors must pass protected commands on unchanged."""
        self._below = below
        self._session: SecureSession | None = session

    def exchange(self, command: CommandApdu) -> ResponseApdu:
        """Send ``command`` protected and check its answer.

        Raises:
            SecureMessagingError: the answer cannot be believed, or one before could not.
        """
        session = self._session
        if session is None:
            raise SecureMessagingError(0)
        self._session = None  # whatever interrupts an exchange leaves two counters that differ
        protected = session.protect(command)
        answer = session.check(self._below.exchange(protected))
        self._session = session
        return answer


def _expected_length(le: int | None) -> bytes:
    if le is None:
        return b""
    length = bytes((le & 0xFF,)) if le <= MAX_SHORT_LE else (le & 0xFFFF).to_bytes(2, "big")
    return encode(EXPECTED_LENGTH, length)


def _outer_length(command: CommandApdu, data: bytes) -> int:
    """Every protected command has an answer with data: Le is there, long enough, in the form that the rest takes."""
    is_long = len(data) > MAX_SHORT_DATA or (command.le or 0) > MAX_SHORT_LE
    return MAX_EXTENDED_LE if is_long else MAX_SHORT_LE
