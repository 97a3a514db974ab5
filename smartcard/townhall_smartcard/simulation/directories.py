# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Directories of simulated state cards (ISO/IEC 7816-15): an application with its PINs, keys on P-384, certificates."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from townhall_smartcard.simulation.pkcs15_der import bits, number, octets, path, sequence, text
from townhall_smartcard.tlv import encode

_KEY_BITS: Final = 384
_PINS, _KEYS, _CERTIFICATES = 0xA8, 0xA0, 0xA4
_FILES: Final = {_PINS: bytes.fromhex("4401"), _KEYS: bytes.fromhex("4402"), _CERTIFICATES: bytes.fromhex("4404")}
_OBJECT_DIRECTORY: Final = bytes.fromhex("5031")
_TOKEN: Final = bytes.fromhex("5032")
_SERIAL_NUMBER: Final = bytes.fromhex("00A1B2C3D4E5F607")
ASCII: Final = 1
UTF8: Final = 2


@dataclass(frozen=True, slots=True)
class PinRow:
    """A PIN as a directory has it; ``path`` is where commands find it, None where it says nothing."""

    label: str
    identifier: bytes
    reference: int
    shortest: int
    longest: int
    stored: int
    flags: tuple[int, ...]
    path: bytes | None = None
    kind: int = ASCII

    def encode(self) -> bytes:
        """Return the entry (§8.9.1)."""
        place = () if self.path is None else (path(self.path),)
        how = sequence(
            bits(*self.flags),
            encode(0x0A, bytes((self.kind,))),
            *(number(each) for each in (self.shortest, self.stored, self.longest)),
            encode(0x80, bytes((self.reference,))),
            octets(b"\0"),
            *place,
        )
        return sequence(sequence(text(self.label), bits(0)), sequence(octets(self.identifier)), encode(0xA1, how))


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key with its certificate; both have one identifier. ``pin`` is nothing where no PIN guards the key."""

    label: str
    identifier: bytes
    pin: bytes
    uses: tuple[int, ...]
    reference: int
    path: bytes
    certificate: bytes
    """The path of its certificate."""

    def encode(self) -> bytes:
        """Return the entry of the private key (§8.4)."""
        guarded = (octets(self.pin),) if self.pin else ()
        common = sequence(text(self.label), bits(0), *guarded)
        own = sequence(octets(self.identifier), bits(*self.uses), bits(0, 2, 3), number(self.reference))
        kind = encode(0xA1, sequence(path(self.path), number(_KEY_BITS)))
        return encode(0xA0, common + own + kind)

    def encode_certificate(self) -> bytes:
        """Return the entry of the certificate (§8.7)."""
        kind = encode(0xA1, sequence(path(self.certificate)))
        return sequence(sequence(text(self.label), bits()), sequence(octets(self.identifier)), kind)


def application_files(
    folder: bytes, pins: Iterable[PinRow], keys: Iterable[KeyRow], *, is_relative: bool = False
) -> dict[bytes, bytes]:
    """Return the directories of one application by their paths, which begin with ``folder``.

    ``is_relative``: what they say of each other begins in the application, not at the master file.
    """
    rows, said = tuple(keys), b"" if is_relative else folder
    contents = {
        _PINS: b"".join(each.encode() for each in pins),
        _KEYS: b"".join(each.encode() for each in rows),
        _CERTIFICATES: b"".join(each.encode_certificate() for each in rows),
    }
    listed = b"".join(encode(kind, path(said + file)) for kind, file in _FILES.items())
    token = sequence(number(0), octets(_SERIAL_NUMBER), text("Townhall"), encode(0x80, b"Townhall TEST"), bits(5))
    files = {_OBJECT_DIRECTORY: listed, _TOKEN: token}
    files |= {_FILES[kind]: content for kind, content in contents.items()}
    return {folder + identifier: content for identifier, content in files.items()}


def listed_application(name: bytes, label: str, place: bytes | None = None) -> bytes:
    """Return an entry of EF.DIR (ISO/IEC 7816-4 §12.2.2); without a place the application is selected by its name."""
    at = b"" if place is None else encode(0x51, place)
    return encode(0x61, encode(0x4F, name) + encode(0x50, label.encode()) + at)
