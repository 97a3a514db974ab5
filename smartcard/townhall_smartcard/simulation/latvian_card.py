# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The second Latvian identity card as a program: two applications, each with a directory, a certificate and a key."""

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from asn1crypto.algos import DigestInfo
from cryptography.hazmat.primitives.asymmetric import rsa

from townhall_crypto.card_signature import CardAlgorithm, Digest, Scheme
from townhall_smartcard.simulation.card_command import Answer, Command
from townhall_smartcard.simulation.delivery import Delivery
from townhall_smartcard.simulation.estonian_card_files import MASTER_FILE, ElementaryFile, Folder
from townhall_smartcard.simulation.estonian_card_pins import BLOCK_BYTES, MAXIMUM_TRIES
from townhall_smartcard.simulation.estonian_card_selection import (
    AUTHENTICATION_APPLICATION,
    MAIN_APPLICATION,
    SIGNATURE_APPLICATION,
)
from townhall_smartcard.simulation.national_keys import NationalCardKeys, NationalKey
from townhall_smartcard.simulation.two_pin_card import TwoPinCard
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


class LatvianCard(TwoPinCard[_Use]):
    """One card of the second generation."""

    def __init__(
        self,
        keys: NationalCardKeys,
        *,
        pins: tuple[bytes, bytes] = (b"1234", b"123456"),
        chip: LatvianChip = LatvianChip.COSMO_8,
        delivery: Delivery = Delivery.DIRECT,
    ) -> None:
        """Personalise a card with RSA keys of 2048 bits or keys on P-384; ``pins`` are PIN 1 and PIN 2."""
        super().__init__(_USES, keys, pins, _files(keys), delivery)
        self.atr: Final = chip.value

    def _commands(self) -> Mapping[int, Callable[[Command], Answer]]:
        return {
            0x20: self._verify,
            0x22: self._set_environment,
            0x2A: self._sign,
            0x88: self._sign,
            0xCB: self._read_counter,
        }

    def _verify(self, command: Command) -> Answer:
        use = next((each for each in _USES if each.pin == command.p2), None)
        if use is None or command.p1 or (use is _SIGNATURE and self._here() != use.application):
            return Answer(StatusWord.REFERENCE_NOT_FOUND)
        if len(command.data) != BLOCK_BYTES:
            return Answer(StatusWord.WRONG_LENGTH)
        return self._checked(use, command.data)

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
        return self._signed(use, signature)


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
