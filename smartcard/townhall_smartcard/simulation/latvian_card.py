# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The second Latvian identity card as a program: two applications, each with a directory, a certificate and a key."""

import enum
from dataclasses import dataclass
from typing import Final

from asn1crypto.algos import DigestInfo
from cryptography.hazmat.primitives.asymmetric import rsa

from townhall_crypto.card_signature import CardAlgorithm, Digest, Scheme
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.simulation.card_command import Answer, Command, parse_command
from townhall_smartcard.simulation.delivery import GET_RESPONSE, AnswerLine, Delivery
from townhall_smartcard.simulation.estonian_card_files import MASTER_FILE, ElementaryFile, Folder
from townhall_smartcard.simulation.estonian_card_pins import BLOCK_BYTES, MAXIMUM_TRIES, Pin
from townhall_smartcard.simulation.estonian_card_selection import (
    AUTHENTICATION_APPLICATION,
    MAIN_APPLICATION,
    SIGNATURE_APPLICATION,
    Selection,
)
from townhall_smartcard.simulation.national_keys import NationalCardKeys, NationalKey
from townhall_smartcard.status import StatusWord
from townhall_smartcard.tlv import encode

_SIGNED_DIGEST: Final = {Scheme.RSA_PKCS1: Digest.SHA256, Scheme.ECDSA: Digest.SHA384}


class LatvianChip(enum.Enum):
    """The two chips of this generation; the value is the ATR."""

    COSMO_8 = bytes.fromhex("3BDB960080B1FE451F830012428F536549440F900020")
    COSMO_X = bytes.fromhex("3BDC960080B1FE451F830012428F54654944320F900012")


@dataclass(frozen=True, slots=True, eq=False)
class _Use:
    """One key: where it is, how it is named, which PIN opens it, by which command it signs."""

    application: bytes
    reference: int
    pin: int
    counter: int
    template: int
    numbers: dict[Scheme, int]
    ins: int
    parameters: tuple[int, int]


_AUTHENTICATION: Final = _Use(
    AUTHENTICATION_APPLICATION, 0x81, 0x01, 1, 0xA4, {Scheme.RSA_PKCS1: 0x02, Scheme.ECDSA: 0x04}, 0x88, (0x00, 0x00)
)
_SIGNATURE: Final = _Use(
    SIGNATURE_APPLICATION, 0x9E, 0x85, 5, 0xB6, {Scheme.RSA_PKCS1: 0x42, Scheme.ECDSA: 0x54}, 0x2A, (0x9E, 0x9A)
)
_USES: Final = (_AUTHENTICATION, _SIGNATURE)


class LatvianCard:
    """One card: its ATR, its memory and its answers. Not for use from two threads at once."""

    def __init__(
        self,
        keys: NationalCardKeys,
        *,
        pins: tuple[bytes, bytes] = (b"1234", b"123456"),
        chip: LatvianChip = LatvianChip.COSMO_8,
        delivery: Delivery = Delivery.DIRECT,
    ) -> None:
        """Personalise a card with RSA keys of 2048 bits or keys on P-384; ``pins`` are PIN 1 and PIN 2."""
        self.atr: Final = chip.value
        self._line: Final = AnswerLine(delivery)
        self._keys: Final = {_AUTHENTICATION: keys.authentication, _SIGNATURE: keys.signature}
        self._pins: Final = {_AUTHENTICATION: Pin(pins[0], 4), _SIGNATURE: Pin(pins[1], 6)}
        self._selection: Final = Selection(_files(keys))
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
            0x2A: self._sign,
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

    def _here(self) -> bytes:
        return self._selection.folder.name

    def _verify(self, command: Command) -> Answer:
        use = next((each for each in _USES if each.pin == command.p2), None)
        if use is None or command.p1 or (use is _SIGNATURE and self._here() != use.application):
            return Answer(StatusWord.REFERENCE_NOT_FOUND)
        if len(command.data) != BLOCK_BYTES:
            return Answer(StatusWord.WRONG_LENGTH)
        pin = self._pins[use]
        if pin.tries_left == 0:
            return Answer(StatusWord.AUTHENTICATION_METHOD_BLOCKED)
        return Answer() if pin.verify(command.data) else Answer(0x63C0 | pin.tries_left)

    def _read_counter(self, command: Command) -> Answer:
        for use, pin in self._pins.items():
            query = bytes.fromhex("4D087006BF81") + bytes((use.counter,)) + bytes.fromhex("02A080")
            is_here = use is _AUTHENTICATION or self._here() == use.application
            if command.data == query and command.parameters == (0x3F, 0xFF) and is_here:
                counters = encode(0x9A, bytes((MAXIMUM_TRIES,))) + encode(0x9B, bytes((pin.tries_left,)))
                inner = encode(0xBF8100 | use.counter, encode(0xA0, counters))
                return Answer(data=encode(0x70, inner))
        return Answer(StatusWord.REFERENCE_NOT_FOUND)

    def _set_environment(self, command: Command) -> Answer:
        for use, key in self._keys.items():
            named = bytes((0x80, 0x01, use.numbers[_scheme(key)], 0x84, 0x01, use.reference))
            if command.parameters == (0x41, use.template) and self._here() == use.application:
                self._environment = use if command.data == named else None
                return Answer() if command.data == named else Answer(StatusWord.WRONG_DATA)
        return Answer(StatusWord.REFERENCE_NOT_FOUND)

    def _sign(self, command: Command) -> Answer:
        use = self._environment
        if use is None or (command.ins, command.parameters) != (use.ins, use.parameters):
            return Answer(StatusWord.CONDITIONS_NOT_SATISFIED)
        if not self._pins[use].is_verified:
            return Answer(StatusWord.SECURITY_STATUS_NOT_SATISFIED)
        key = self._keys[use]
        scheme = _scheme(key)
        is_info = use is _AUTHENTICATION and scheme is Scheme.RSA_PKCS1
        digest = sha256_in(command.data) if is_info else command.data
        signature = None if digest is None else key.sign(CardAlgorithm(scheme, _SIGNED_DIGEST[scheme]), digest)
        if use is _SIGNATURE:
            self._pins[use].is_verified = False
        return Answer(StatusWord.WRONG_DATA) if signature is None else Answer(data=signature)


def _scheme(key: NationalKey) -> Scheme:
    return Scheme.RSA_PKCS1 if isinstance(key.private_key, rsa.RSAPrivateKey) else Scheme.ECDSA


def sha256_in(untrusted: bytes) -> bytes | None:
    """Take the SHA-256 out of a DigestInfo; None for anything else."""
    try:
        info = DigestInfo.load(untrusted, strict=True)
        is_sha256 = info["digest_algorithm"]["algorithm"].native == Digest.SHA256.value
        digest: bytes = info["digest"].native
    except (ValueError, TypeError):
        return None
    return digest if is_sha256 else None


def _files(keys: NationalCardKeys) -> Folder:
    """Return the master file: each application with EF.OD, directories of keys and certificates, and a certificate."""
    applications = (
        Folder(b"\xad\xf1", AUTHENTICATION_APPLICATION, _application(_AUTHENTICATION, keys.authentication)),
        Folder(b"\xad\xf2", SIGNATURE_APPLICATION, _application(_SIGNATURE, keys.signature)),
    )
    return Folder(MASTER_FILE, MAIN_APPLICATION, applications)


def _application(use: _Use, key: NationalKey) -> tuple[ElementaryFile, ...]:
    """Files of one application; their identifiers are this card's own affair, its directories tell them."""
    keys, certificates, certificate = b"\x70\x01", b"\x70\x05", b"\x34\x11"
    paths = ((0xA0, keys), (0xA4, certificates))
    named = b"".join(encode(tag, encode(0x30, encode(0x04, path))) for tag, path in paths)
    label = encode(0x30, encode(0x0C, b"key"))
    reference = encode(0x02, bytes((0x00, use.reference)))
    attributes = encode(0x30, encode(0x04, b"\x01") + encode(0x03, b"\x05\x20") + reference)
    points_to = encode(0xA1, encode(0x30, encode(0x30, encode(0x04, b""))))
    kind = 0x30 if _scheme(key) is Scheme.RSA_PKCS1 else 0xA0
    at = encode(0xA1, encode(0x30, encode(0x30, encode(0x04, certificate))))
    described = encode(0x30, label + encode(0x30, encode(0x04, b"\x01")) + at)
    filling = bytes(5)
    return (
        ElementaryFile(b"\x50\x31", named + filling),
        ElementaryFile(keys, encode(kind, label + attributes + points_to) + filling),
        ElementaryFile(certificates, described + filling),
        ElementaryFile(certificate, key.certificate),
    )
