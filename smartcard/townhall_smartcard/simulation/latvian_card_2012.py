# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The first Latvian identity card as a program: one application with both RSA keys, and no directory.

It answers what recorded cards were asked. What they did with a PIN after a signature is not recorded: here it stays
open for authentication and closes for the signature.
"""

from dataclasses import dataclass
from typing import Final

from townhall_crypto.card_signature import CardAlgorithm, Digest, Scheme
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.simulation.card_command import Answer, Command, parse_command
from townhall_smartcard.simulation.delivery import GET_RESPONSE, AnswerLine, Delivery
from townhall_smartcard.simulation.estonian_card_files import MASTER_FILE, ElementaryFile, Folder
from townhall_smartcard.simulation.estonian_card_pins import BLOCK_BYTES, MAXIMUM_TRIES, Pin
from townhall_smartcard.simulation.estonian_card_selection import (
    AUTHENTICATION_APPLICATION,
    MAIN_APPLICATION,
    Selection,
)
from townhall_smartcard.simulation.latvian_card import sha256_in
from townhall_smartcard.simulation.national_keys import NationalCardKeys
from townhall_smartcard.status import StatusWord
from townhall_smartcard.tlv import encode

_ATR: Final = bytes.fromhex("3BDD18008131FE45904C41545649412D65494490008C")
_ALGORITHM: Final = CardAlgorithm(Scheme.RSA_PKCS1, Digest.SHA256)
_PIN_BYTES: Final = 64
_COUNTER_QUERY: Final = bytes.fromhex("4D087006BF810102A080")  # the same for both PINs: each in its application


@dataclass(frozen=True, slots=True, eq=False)
class _Use:
    """One key: how it is named, which PIN opens it, where that is counted and as what."""

    key: int
    pin: int
    counted_in: bytes
    counter: int


_AUTHENTICATION: Final = _Use(0x82, 0x01, MAIN_APPLICATION, 0xBF8101)
_SIGNATURE: Final = _Use(0x81, 0x81, AUTHENTICATION_APPLICATION, 0xBF8105)


class LatvianCard2012:
    """One card: its ATR, its memory and its answers. Not for use from two threads at once."""

    def __init__(
        self,
        keys: NationalCardKeys,
        *,
        pins: tuple[bytes, bytes] = (b"1234", b"123456"),
        delivery: Delivery = Delivery.DIRECT,
    ) -> None:
        """Personalise a card with RSA keys of 2048 bits; ``pins`` are PIN 1 and PIN 2."""
        self.atr: Final = _ATR
        self._line: Final = AnswerLine(delivery)
        self._keys: Final = {_AUTHENTICATION: keys.authentication, _SIGNATURE: keys.signature}
        self._pins: Final = {_AUTHENTICATION: Pin(pins[0], 4), _SIGNATURE: Pin(pins[1], 6)}
        certificates = (
            ElementaryFile(b"\xa0\x01", keys.signature.certificate),
            ElementaryFile(b"\xa0\x02", keys.authentication.certificate),
        )
        application = Folder(b"\xad\xf1", AUTHENTICATION_APPLICATION, certificates)
        self._selection: Final = Selection(Folder(MASTER_FILE, MAIN_APPLICATION, (application,)))
        self._environment: _Use | None = None

    def reset(self) -> None:
        """Do what power-off does: selection, opened PINs and environment are gone; counters stay."""
        self._selection.reset()
        self._environment = None
        self._line.clear()
        for pin in self._pins.values():
            pin.is_verified = False

    def tries_left(self) -> tuple[int, int]:
        """Return both counters as the card's memory holds them."""
        return self._pins[_AUTHENTICATION].tries_left, self._pins[_SIGNATURE].tries_left

    def transmit(self, command: RawCommand) -> bytes:
        """Answer one command; every sequence of bytes gets an answer."""
        parsed = parse_command(bytes(command))
        if parsed is None:
            return Answer(StatusWord.WRONG_LENGTH).to_bytes()
        if parsed.cla:
            return Answer(StatusWord.CLASS_NOT_SUPPORTED).to_bytes()
        if parsed.ins == GET_RESPONSE:
            return self._line.fetch(parsed).to_bytes()
        self._line.clear()
        return self._line.deliver(parsed, self._execute(parsed)).to_bytes()

    def _execute(self, command: Command) -> Answer:
        does = {
            0xB0: self._selection.read,
            0x20: self._verify,
            0x22: self._set_environment,
            0x88: self._sign,
            0xA4: self._select,
            0xCB: self._read_counter,
        }.get(command.ins)
        return Answer(StatusWord.INSTRUCTION_NOT_SUPPORTED) if does is None else does(command)

    def _select(self, command: Command) -> Answer:
        answer = self._selection.select(command)
        if command.p1 == 0x04 and answer.status == StatusWord.OK:
            self._environment = None
            self._pins[_SIGNATURE].is_verified = False
        return answer

    def _is_in_application(self) -> bool:
        return self._selection.folder.name == AUTHENTICATION_APPLICATION

    def _verify(self, command: Command) -> Answer:
        use = next((each for each in self._pins if each.pin == command.p2), None)
        if use is None or command.p1 or not self._is_in_application():
            return Answer(StatusWord.REFERENCE_NOT_FOUND)
        block, rest = command.data[:BLOCK_BYTES], command.data[BLOCK_BYTES:]
        if rest != b"\xff" * (_PIN_BYTES - BLOCK_BYTES):
            return Answer(StatusWord.WRONG_LENGTH)
        pin = self._pins[use]
        if pin.tries_left == 0:
            return Answer(StatusWord.AUTHENTICATION_METHOD_BLOCKED)
        return Answer() if pin.verify(block) else Answer(0x63C0 | pin.tries_left)

    def _read_counter(self, command: Command) -> Answer:
        use = next((each for each in self._pins if each.counted_in == self._selection.folder.name), None)
        if use is None or command.parameters != (0x3F, 0xFF) or command.data != _COUNTER_QUERY:
            return Answer(StatusWord.REFERENCE_NOT_FOUND)
        counters = encode(0x9A, bytes((MAXIMUM_TRIES,))) + encode(0x9B, bytes((self._pins[use].tries_left,)))
        return Answer(data=encode(0x70, encode(use.counter, encode(0xA0, counters))))

    def _set_environment(self, command: Command) -> Answer:
        named = {bytes((0x80, 0x01, 0x02, 0x84, 0x01, use.key)): use for use in self._keys}
        is_possible = command.parameters == (0x41, 0xA4) and self._is_in_application()
        self._environment = named.get(command.data) if is_possible else None
        return Answer() if self._environment else Answer(StatusWord.REFERENCE_NOT_FOUND)

    def _sign(self, command: Command) -> Answer:
        use = self._environment
        if use is None or command.parameters != (0x00, 0x00):
            return Answer(StatusWord.CONDITIONS_NOT_SATISFIED)
        if not self._pins[use].is_verified:
            return Answer(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
        digest = sha256_in(command.data)
        signature = None if digest is None else self._keys[use].sign(_ALGORITHM, digest)
        if use is _SIGNATURE:
            self._pins[use].is_verified = False
        return Answer(StatusWord.WRONG_DATA) if signature is None else Answer(data=signature)
