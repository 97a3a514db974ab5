# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A PIV card as a program (NIST SP 800-73-4): one application, data objects, one PIN, two keys."""

import gzip
from collections.abc import Mapping
from datetime import date
from functools import reduce
from operator import xor
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from townhall_smartcard.connection import RawCommand
from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.simulation.card_command import Answer, Command
from townhall_smartcard.simulation.delivery import AnswerLine, Delivery
from townhall_smartcard.simulation.estonian_card_pins import BLOCK_BYTES, Pin
from townhall_smartcard.simulation.national_keys import NationalCardKeys, PrivateKey
from townhall_smartcard.status import StatusWord
from townhall_smartcard.tlv import encode, parse_all

CARD_NUMBER: Final = bytes.fromhex("6f9619ff8b86d011b42d00cf4fc964ff")
EXPIRES: Final = date(2039, 12, 31)

_PREFIX: Final = bytes.fromhex("A000000308")
_APPLICATION: Final = _PREFIX + bytes.fromhex("000010000100")
_CHAINED: Final = 0x10
_PIN: Final = 0x80
_PIN_BYTES: Final = 8
_SIGNATURE_KEY: Final = 0x9C
_DIGESTS: Final[dict[int, hashes.HashAlgorithm]] = {32: hashes.SHA256(), 48: hashes.SHA384()}


def _atr() -> bytes:
    """Return the ATR of a card of no known maker: T=1, and what it calls itself (ISO/IEC 7816-3 §8.2)."""
    calls_itself = b"TownhallPIV"
    said = bytes((0x80 | len(calls_itself), 0x01)) + calls_itself
    return b"\x3b" + said + bytes((reduce(xor, said),))


class PivSimulation:
    """One card: its ATR, its memory and its answers. Not for use from two threads at once."""

    def __init__(
        self,
        keys: NationalCardKeys,
        *,
        pin: bytes = b"123456",
        is_compressed: bool = False,
        has_signature_key: bool = True,
        delivery: Delivery = Delivery.DIRECT,
    ) -> None:
        """Personalise a card with keys of 2048 bits, P-256 or P-384; ``is_compressed``: certificates are packed."""
        self.atr: Final = _atr()
        self._line: Final = AnswerLine(delivery)
        self._pin: Final = Pin(pin, 6)
        issued = {0x9A: (b"\x5f\xc1\x05", keys.authentication), 0x9C: (b"\x5f\xc1\x0a", keys.signature)}
        if not has_signature_key:
            del issued[_SIGNATURE_KEY]
        self._keys: Final[Mapping[int, PrivateKey]] = {name: key.private_key for name, (_, key) in issued.items()}
        self._objects: Final = {
            tag: _certificate(key.certificate, is_compressed=is_compressed) for tag, key in issued.values()
        } | _fixed_objects()
        self._is_selected = False
        self._is_just_verified = False
        self._chain = b""

    def reset(self) -> None:
        """Do what power-off does: selection, the opened PIN and a chain are gone; the counter stays."""
        self._is_selected = self._is_just_verified = self._pin.is_verified = False
        self._chain = b""
        self._line.clear()

    def tries_left(self) -> int:
        """Return the counter as the card's memory holds it."""
        return self._pin.tries_left

    def transmit(self, command: RawCommand) -> bytes:
        """Answer one command; every sequence of bytes gets an answer."""
        return self._line.answer(command, self._execute, classes=_CHAINED)

    def _execute(self, command: Command) -> Answer:
        if command.ins != 0x87:
            self._chain, self._is_just_verified = b"", False
            if command.cla:
                return Answer(StatusWord.CHAINING_NOT_SUPPORTED)
        if command.ins == 0xA4:
            return self._select(command)
        if not self._is_selected:
            return Answer(StatusWord.INSTRUCTION_NOT_SUPPORTED)
        does = {0xCB: self._get_data, 0x20: self._verify, 0x87: self._authenticate}.get(command.ins)
        return Answer(StatusWord.INSTRUCTION_NOT_SUPPORTED) if does is None else does(command)

    def _select(self, command: Command) -> Answer:
        is_ours = len(command.data) >= len(_PREFIX) and _APPLICATION.startswith(command.data)
        if command.parameters != (0x04, 0x00) or not is_ours:
            return Answer(StatusWord.FILE_NOT_FOUND)
        self._is_selected = True
        authority = encode(0x79, encode(0x4F, _PREFIX))
        return Answer(data=encode(0x61, encode(0x4F, _APPLICATION[len(_PREFIX) :]) + authority))

    def _get_data(self, command: Command) -> Answer:
        if command.parameters != (0x3F, 0xFF):
            return Answer(StatusWord.WRONG_PARAMETERS)
        wanted = command.data[2:] if command.data[:1] == b"\x5c" and command.data[1:2] else b""
        content = self._objects.get(wanted)
        return Answer(StatusWord.FILE_NOT_FOUND) if content is None else Answer(data=encode(0x53, content))

    def _verify(self, command: Command) -> Answer:
        if command.p2 != _PIN:
            return Answer(StatusWord.REFERENCE_NOT_FOUND)
        if command.data and not command.p1:
            return self._compare(command.data)
        if command.p1 == 0xFF and not command.data:
            self._pin.is_verified = False
            return Answer()
        return Answer(StatusWord.WRONG_PARAMETERS) if command.p1 else self._standing()

    def _standing(self) -> Answer:
        """Tell of the PIN: open, blocked, or how many tries are left."""
        if self._pin.is_verified:
            return Answer()
        left = self._pin.tries_left
        return Answer(0x63C0 | left if left else StatusWord.AUTHENTICATION_METHOD_BLOCKED)

    def _compare(self, block: bytes) -> Answer:
        if len(block) != _PIN_BYTES:
            return Answer(StatusWord.WRONG_DATA)
        self._is_just_verified = self._pin.verify(block.ljust(BLOCK_BYTES, b"\xff"))
        return self._standing()

    def _authenticate(self, command: Command) -> Answer:
        self._chain += command.data
        if command.cla:
            return Answer()
        template, self._chain = self._chain, b""
        is_just_verified, self._is_just_verified = self._is_just_verified, False
        key = self._keys.get(command.p2)
        if key is None or command.p1 != _number(key):
            return Answer(StatusWord.WRONG_PARAMETERS)
        if not (is_just_verified if command.p2 == _SIGNATURE_KEY else self._pin.is_verified):
            return Answer(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
        challenge = _challenge_in(template)
        made = None if challenge is None else _applied(key, challenge)
        return Answer(StatusWord.WRONG_DATA) if made is None else Answer(data=encode(0x7C, encode(0x82, made)))


def _certificate(der: bytes, *, is_compressed: bool) -> bytes:
    content = gzip.compress(der) if is_compressed else der
    return encode(0x70, content) + encode(0x71, bytes((is_compressed,))) + encode(0xFE, b"")


def _fixed_objects() -> dict[bytes, bytes]:
    """Return the card holder unique identifier, unsigned, and the card capability container (part 1 §3.1)."""
    identifier = encode(0x30, _credential_number()) + encode(0x34, CARD_NUMBER)
    identifier += encode(0x35, EXPIRES.strftime("%Y%m%d").encode()) + encode(0x3E, b"") + encode(0xFE, b"")
    capability = encode(0xF0, bytes.fromhex("A000000116FF02") + bytes(14)) + encode(0xF1, b"\x21")
    capability += encode(0xF2, b"\x21") + encode(0xF3, b"") + encode(0xF4, b"\x00") + encode(0xF5, b"\x10")
    capability += b"".join(encode(tag, b"") for tag in (0xF6, 0xF7, 0xFA, 0xFB, 0xFC, 0xFD, 0xFE))
    return {b"\x5f\xc1\x02": identifier, b"\x5f\xc1\x07": capability}


def _credential_number() -> bytes:
    """Return a FASC-N of nines, of a card outside the federal scheme: signs of four bits, lowest first, odd parity."""
    signs = "B9999D9999D999999D0D1D0000000000300001F"  # start, fields between separators, end
    signs += f"{reduce(xor, (int(each, 16) for each in signs)):X}"
    bits = ""
    for each in signs:
        four = f"{int(each, 16):04b}"[::-1]
        bits += four + ("0" if four.count("1") % 2 else "1")
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def _number(key: PrivateKey) -> int:
    """Return the algorithm of a key as such cards number it (SP 800-78-4 §6.2)."""
    if isinstance(key, rsa.RSAPrivateKey):
        return 0x07
    return 0x11 if isinstance(key.curve, ec.SECP256R1) else 0x14


def _challenge_in(template: bytes) -> bytes | None:
    """Return what is to be signed: the challenge (81) beside an empty response (82); None for any other template."""
    try:
        (outer,) = parse_all(template)
        parts = {each.tag: each.value for each in parse_all(outer.value)}
    except (CardUnreadableError, ValueError):
        return None
    return parts[0x81] if outer.tag == 0x7C and parts.keys() == {0x81, 0x82} and not parts[0x82] else None


def _applied(key: PrivateKey, challenge: bytes) -> bytes | None:
    """Apply the key as the card does: RSA to a padded block, ECDSA to a digest; None for another length."""
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.private_numbers()
        modulus, wide = numbers.public_numbers.n, key.key_size // 8
        block = int.from_bytes(challenge, "big")
        return pow(block, numbers.d, modulus).to_bytes(wide, "big") if len(challenge) == wide else None
    if len(challenge) != (key.key_size + 7) // 8:
        return None
    return key.sign(challenge, ec.ECDSA(Prehashed(_DIGESTS[len(challenge)])))
