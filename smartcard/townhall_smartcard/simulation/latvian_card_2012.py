# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The first Latvian identity card as a program: one application with both RSA keys, and no directory.

It answers what recorded cards were asked. What they did with a PIN after a signature is not recorded: here it stays
open for authentication and closes for the signature.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from townhall_crypto.card_signature import CardAlgorithm, Digest, Scheme
from townhall_smartcard.simulation.card_command import Answer, Command
from townhall_smartcard.simulation.delivery import Delivery
from townhall_smartcard.simulation.estonian_card_files import MASTER_FILE, ElementaryFile, Folder
from townhall_smartcard.simulation.estonian_card_pins import BLOCK_BYTES, MAXIMUM_TRIES
from townhall_smartcard.simulation.estonian_card_selection import (
    AUTHENTICATION_APPLICATION,
    MAIN_APPLICATION,
)
from townhall_smartcard.simulation.latvian_card import sha256_in
from townhall_smartcard.simulation.national_keys import NationalCardKeys
from townhall_smartcard.simulation.two_pin_card import TwoPinCard
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


class LatvianCard2012(TwoPinCard[_Use]):
    """One card of the first generation."""

    def __init__(
        self,
        keys: NationalCardKeys,
        *,
        pins: tuple[bytes, bytes] = (b"1234", b"123456"),
        delivery: Delivery = Delivery.DIRECT,
    ) -> None:
        """Personalise a card with RSA keys of 2048 bits; ``pins`` are PIN 1 and PIN 2."""
        super().__init__((_AUTHENTICATION, _SIGNATURE), keys, pins, _files(keys), delivery)
        self.atr: Final = _ATR

    def _commands(self) -> Mapping[int, Callable[[Command], Answer]]:
        return {
            0x20: self._verify,
            0x22: self._set_environment,
            0x88: self._sign,
            0xCB: self._read_counter,
        }

    def _is_in_application(self) -> bool:
        return self._here() == AUTHENTICATION_APPLICATION

    def _verify(self, command: Command) -> Answer:
        use = next((each for each in self._pins if each.pin == command.p2), None)
        if use is None or command.p1 or not self._is_in_application():
            return Answer(StatusWord.REFERENCE_NOT_FOUND)
        block, rest = command.data[:BLOCK_BYTES], command.data[BLOCK_BYTES:]
        if rest != b"\xff" * (_PIN_BYTES - BLOCK_BYTES):
            return Answer(StatusWord.WRONG_LENGTH)
        return self._checked(use, block)

    def _read_counter(self, command: Command) -> Answer:
        use = next((each for each in self._pins if each.counted_in == self._here()), None)
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
        return self._signed(use, signature)


def _files(keys: NationalCardKeys) -> Folder:
    """Return the master file: one application, in which both certificates lie."""
    certificates = (
        ElementaryFile(b"\xa0\x01", keys.signature.certificate),
        ElementaryFile(b"\xa0\x02", keys.authentication.certificate),
    )
    application = Folder(b"\xad\xf1", AUTHENTICATION_APPLICATION, certificates)
    return Folder(MASTER_FILE, MAIN_APPLICATION, (application,))
