# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The directories of a simulated PKCS#15 card (ISO/IEC 7816-15), written as the standard's examples are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric import rsa

from townhall_smartcard.simulation.national_keys import PrivateKey
from townhall_smartcard.simulation.pkcs15_der import bits, number, octets, path, sequence
from townhall_smartcard.tlv import encode

MASTER_FILE: Final = bytes.fromhex("3F00")
FOLDER: Final = bytes.fromhex("5015")
SERIAL_NUMBER: Final = bytes.fromhex("00A1B2C3D4E5F607")

_APPLICATION: Final = bytes.fromhex("A000000063504B43532D3135")
_PIN: Final = b"\x01"
_FILLING: Final = 32
_DIRECTORIES: Final = {0xA8: bytes.fromhex("4401"), 0xA0: bytes.fromhex("4402"), 0xA4: bytes.fromhex("4404")}


@dataclass(frozen=True, slots=True)
class PinHabits:
    """How a card wants its PIN."""

    block_bytes: int
    padding: int
    reference: int = 1


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """One key: its number, what it is for, and whether it is a file."""

    reference: int
    is_for_will: bool
    has_file: bool

    @property
    def identifier(self) -> bytes:
        """What key and certificate share."""
        return bytes((0x44 + self.reference,))

    @property
    def file(self) -> bytes:
        """The key's own file."""
        return bytes((0x4B, self.reference))

    @property
    def certificate_file(self) -> bytes:
        """The certificate's."""
        return bytes((0x43, self.reference))


def card_files(keys: Mapping[KeyPlace, tuple[bytes, PrivateKey]], pin: PinHabits) -> dict[bytes, bytes]:
    """Return every file by its path; ``keys`` come with their certificates (DER)."""
    folder = MASTER_FILE + FOLDER
    contents = {
        bytes.fromhex("5031"): b"".join(encode(kind, path(folder + file)) for kind, file in _DIRECTORIES.items()),
        bytes.fromhex("5032"): _token(),
        _DIRECTORIES[0xA8]: _pin_entry(pin),
        _DIRECTORIES[0xA0]: b"".join(_key_entry(place, key) for place, (_, key) in keys.items()),
        _DIRECTORIES[0xA4]: b"".join(_certificate_entry(place) for place in keys),
    }
    files = {folder + file: content + bytes(_FILLING) for file, content in contents.items()}
    named = encode(0x4F, _APPLICATION) + encode(0x50, b"Townhall TEST") + encode(0x51, folder)
    files[MASTER_FILE + bytes.fromhex("2F00")] = encode(0x61, named)
    files |= {folder + place.certificate_file: der for place, (der, _) in keys.items()}
    return files | {folder + place.file: b"\0" for place in keys if place.has_file}


def _token() -> bytes:
    name = encode(0x0C, b"Townhall")
    return sequence(number(0), octets(SERIAL_NUMBER), name, encode(0x80, b"Townhall TEST"), bits(5))


def _pin_entry(pin: PinHabits) -> bytes:
    common = sequence(encode(0x0C, b"PIN"), bits(0))
    lengths = number(4), number(pin.block_bytes), number(min(pin.block_bytes, 12))
    how = sequence(
        bits(1, 4, 5),
        encode(0x0A, b"\x01"),
        *lengths,
        encode(0x80, bytes((pin.reference,))),
        octets(bytes((pin.padding,))),
        path(MASTER_FILE + FOLDER),
    )
    return sequence(common, sequence(octets(_PIN)), encode(0xA1, how))


def _key_entry(place: KeyPlace, key: PrivateKey) -> bytes:
    will = encode(0x02, b"\x01") if place.is_for_will else b""
    common = sequence(encode(0x0C, _label(place)), bits(0), octets(_PIN), will)
    uses = bits(9) if place.is_for_will else bits(2)
    own = sequence(octets(place.identifier), uses, bits(0, 2, 3), number(place.reference))
    place_of_key = MASTER_FILE + FOLDER + (place.file if place.has_file else b"")
    if isinstance(key, rsa.RSAPrivateKey):
        return sequence(common, own, encode(0xA1, sequence(path(place_of_key), number(key.key_size))))
    kind = encode(0xA1, sequence(path(place_of_key), number(key.key_size)))
    return encode(0xA0, common + own + kind)


def _certificate_entry(place: KeyPlace) -> bytes:
    at = path(MASTER_FILE + FOLDER + place.certificate_file)
    common = sequence(encode(0x0C, _label(place)), bits())
    return sequence(common, sequence(octets(place.identifier)), encode(0xA1, sequence(at)))


def _label(place: KeyPlace) -> bytes:
    return b"signature" if place.is_for_will else b"authentication"
