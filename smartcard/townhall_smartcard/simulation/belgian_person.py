# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whom a simulated Belgian card was made out to, as its files say it, and the register's signatures over them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from townhall_smartcard.simulation.national_keys import NationalKey

_PADDED_ADDRESS_BYTES: Final = 117
_CHIP_NUMBER: Final = bytes.fromhex("534C494E0123456789ABCDEF00000001")
# A JPEG of one grey point: what it shows does not matter here.
_PHOTO: Final = bytes.fromhex("FFD8FFE000104A46494600010101004800480000FFD9")


@dataclass(frozen=True, slots=True)
class BelgianPerson:
    """A person and an address: nobody who lives. Texts as the files have them."""

    surname: str = "SPECIMEN"
    given_names: str = "Noé Marie"
    national_number: str = "84031500153"
    card_number: str = "592000000117"
    birth_date: str = "15 MARS 1984"
    address: tuple[str, str, str] = ("Rue du Marché 12", "1000", "Bruxelles")
    photo: bytes = field(default=_PHOTO, repr=False)

    def identity(self, photo_hash: str) -> bytes:
        """Return the identity file; the photo's digest is of that hash."""
        texts = {
            1: self.card_number,
            3: "01.02.2026",
            4: "01.02.2036",
            5: "Bruxelles",
            6: self.national_number,
            7: self.surname,
            8: self.given_names,
            9: "J",
            10: "Belge",
            11: "Bruxelles",
            12: self.birth_date,
            13: "F",
            14: "",
            15: "1",
            16: "0",
        }
        records = {tag: text.encode() for tag, text in texts.items()}
        records[2] = _CHIP_NUMBER
        if self.photo:
            records[17] = hashlib.new(photo_hash, self.photo).digest()
        return record_file(dict(sorted(records.items())))

    def address_file(self) -> bytes:
        """Return the address file with the zeros behind it."""
        return record_file({tag: text.encode() for tag, text in enumerate(self.address, 1)}).ljust(
            _PADDED_ADDRESS_BYTES, b"\0"
        )


@dataclass(frozen=True, slots=True)
class BelgianFiles:
    """What lies in the identity folder; a file that is empty is not there."""

    identity: bytes = field(repr=False)
    identity_signature: bytes = field(repr=False)
    address: bytes = field(repr=False)
    address_signature: bytes = field(repr=False)
    photo: bytes = field(repr=False)

    @classmethod
    def signed(cls, person: BelgianPerson, register: NationalKey) -> "BelgianFiles":
        """Write the files and have the register sign them."""
        photo_hash = "sha256" if isinstance(register.private_key, rsa.RSAPrivateKey) else "sha384"
        identity, address = person.identity(photo_hash), person.address_file()
        first = register_signature(register, identity)
        second = register_signature(register, address.rstrip(b"\0") + first)
        return cls(identity, first, address, second, person.photo)


def record_file(records: Mapping[int, bytes]) -> bytes:
    """Write records: a tag, a length of seven bits a byte, a value."""
    return b"".join(bytes((tag,)) + _length(len(value)) + value for tag, value in records.items())


def register_signature(register: NationalKey, content: bytes, *, is_old: bool = False) -> bytes:
    """Sign as the register does: RSA with SHA-256, or with SHA-1 as of old, or ECDSA with SHA-384 as DER."""
    if isinstance(register.private_key, ec.EllipticCurvePrivateKey):
        return register.private_key.sign(content, ec.ECDSA(hashes.SHA384()))
    hashed = hashes.SHA1() if is_old else hashes.SHA256()  # noqa: S303  # cards of that time have it
    return register.private_key.sign(content, padding.PKCS1v15(), hashed)


def _length(size_bytes: int) -> bytes:
    if size_bytes < 0x80:
        return bytes((size_bytes,))
    return bytes((0x80 | size_bytes >> 7, size_bytes & 0x7F))
