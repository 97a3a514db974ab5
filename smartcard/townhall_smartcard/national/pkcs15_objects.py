# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Directories of a PKCS#15 card (ISO/IEC 7816-15): which application, keys, certificates and PINs it has, and where.

Files are longer than what stands in them: 00 or FF fills them up. Kinds of objects that nobody here uses are not read.
"""

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.national.pkcs15_der import (
    INTEGER,
    OCTETS,
    Place,
    bits,
    first,
    number,
    objects_of,
    path_of,
    place_of,
)
from townhall_smartcard.tlv import DataObject, encode, parse_all

APPLICATION: Final = bytes.fromhex("A000000063504B43532D3135")
"""As RSA Laboratories registered it: "PKCS-15" in letters after their number."""
MASTER_FILE: Final = bytes.fromhex("3F00")

_PREFIXES: Final = (APPLICATION, bytes.fromhex("E828BD080F"))  # the second is the standard's own
_MOST_OBJECTS: Final = 64
_LONGEST_IDENTIFIER: Final = 255
_LONGEST_PIN: Final = 64
_BITS, _ENUMERATED, _TEXT, _SEQUENCE = 0x03, 0x0A, 0x0C, 0x30
_CONTEXT_0, _CONTEXT_1, _CONTEXT_2 = 0xA0, 0xA1, 0xA2
_CONTEXT_0_PLAIN: Final = 0x80


class Directory(enum.IntEnum):
    """Kinds of directories that are used here, as EF.OD numbers them (§8.3)."""

    PRIVATE_KEYS = 0xA0
    CERTIFICATES = 0xA4
    PINS = 0xA8


class KeyUse(enum.IntEnum):
    """Bits of a key's usage (§8.4.1)."""

    SIGN = 2
    SIGN_RECOVER = 3
    NON_REPUDIATION = 9


class PinFlag(enum.IntEnum):
    """Bits of what a PIN is (§8.9.1)."""

    LOCAL = 1
    NEEDS_PADDING = 5
    UNBLOCKING = 6
    SECURITY_OFFICER = 7


class PinType(enum.IntEnum):
    """How digits become bytes (§8.9.1); others are for no keypad."""

    BCD = 0
    ASCII = 1
    UTF8 = 2
    HALF_NIBBLE_BCD = 3


Held: TypeAlias = Place | bytes
"""Where something is, or the thing itself where the directory holds it."""


@dataclass(frozen=True, slots=True)
class Application:
    """What EF.DIR says: a name, a path (empty: it says none), and where the object directory is, if that is unusual."""

    name: bytes
    path: bytes
    object_directory: bytes = b""


@dataclass(frozen=True, slots=True)
class Token:
    """What EF.TokenInfo says: the card's number, and algorithms by their number in key entries."""

    serial_number: bytes = field(default=b"", repr=False)
    algorithms: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    """A PKCS#11 mechanism, and the card's own reference of it."""


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A private key: its identifier, what it may do, and how commands name it."""

    identifier: bytes
    is_elliptic: bool
    uses: frozenset[int]
    reference: int | None
    path: bytes
    pin: bytes
    """The identifier of its PIN; empty: none is named."""
    algorithms: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CertificateEntry:
    """A certificate: the identifier that it shares with its key, and where it is."""

    identifier: bytes
    held: Held = field(repr=False)


@dataclass(frozen=True, slots=True)
class PinEntry:
    """A PIN, and how it is presented. ``stored`` is 0 where it is not filled up; ``label`` what people read."""

    identifier: bytes
    flags: frozenset[int]
    kind: int
    shortest: int
    longest: int
    stored: int
    reference: int
    padding: int
    path: bytes
    label: bytes = b""


def application(untrusted_directory: bytes) -> Application | None:
    """Return the first PKCS#15 application that EF.DIR names (ISO/IEC 7816-4 §8.2.2.1); None: it names none."""
    return next(applications(untrusted_directory), None)


def applications(untrusted_directory: bytes, *names: bytes) -> Iterator[Application]:
    """Yield the PKCS#15 applications that EF.DIR names, in its order; ``names`` are others that have directories."""
    for each in objects_of(untrusted_directory):
        if each.tag != 0x61:
            continue
        parts = parse_all(each.value)
        name = first(parts, 0x4F)
        if not name.startswith((*_PREFIXES, *names)):
            continue
        inside = parse_all(first(parts, 0x73))
        own = [child.value for child in inside if child.tag == _SEQUENCE]
        yield Application(name[:16], path_of(first(parts, 0x51)), place_of(own[0]).path if own else b"")


def object_directory(untrusted: bytes) -> dict[Directory, tuple[Held, ...]]:
    """Return where the directories of each kind are that EF.OD names (§8.3)."""
    found: dict[Directory, tuple[Held, ...]] = {}
    for each in objects_of(untrusted):
        if each.tag in set(Directory):
            kind = Directory(each.tag)
            found[kind] = (*found.get(kind, ()), _held_objects(each.value))
    return found


def token(untrusted: bytes) -> Token:
    """Return what EF.TokenInfo says (§8.10)."""
    whole = next(objects_of(untrusted), None)
    if whole is None or whole.tag != _SEQUENCE:
        raise CardUnreadableError("no token information")
    parts = parse_all(whole.value)
    listed = [parse_all(each.value) for each in parse_all(first(parts, _CONTEXT_2)) if each.tag == _SEQUENCE]
    algorithms: dict[int, tuple[int, int]] = {}
    for each in listed[:_MOST_OBJECTS]:
        numbers = [number(part.value) for part in each if part.tag == INTEGER]
        if len(numbers) > 2:  # the last one is what the card calls it
            algorithms[numbers[0]] = (numbers[1], numbers[-1])
    return Token(first(parts, OCTETS)[:_LONGEST_IDENTIFIER], algorithms)


def private_keys(untrusted_directory: bytes) -> tuple[KeyEntry, ...]:
    """Return the RSA and elliptic keys of a private key directory (§8.4)."""
    return tuple(
        _key(each, is_elliptic=each.tag == _CONTEXT_0)
        for each in objects_of(untrusted_directory)
        if each.tag in (_SEQUENCE, _CONTEXT_0)
    )


def certificates(untrusted_directory: bytes) -> tuple[CertificateEntry, ...]:
    """Return the X.509 certificates of a certificate directory (§8.7)."""
    return tuple(_certificate(each) for each in objects_of(untrusted_directory) if each.tag == _SEQUENCE)


def pins(untrusted_directory: bytes) -> tuple[PinEntry, ...]:
    """Return the PINs of a directory of authentication objects (§8.9)."""
    return tuple(_pin(each) for each in objects_of(untrusted_directory) if each.tag == _SEQUENCE)


def _key(entry: DataObject, *, is_elliptic: bool) -> KeyEntry:
    common, own, kind = _attributes(entry)
    plain = [number(each.value) for each in own if each.tag == INTEGER]
    held = _value(kind)
    return KeyEntry(
        identifier=_identifier(own),
        is_elliptic=is_elliptic,
        uses=bits(first(own, _BITS)),
        reference=plain[0] & 0xFF if plain else None,
        path=held.path if isinstance(held, Place) else b"",
        pin=first(common, OCTETS),
        algorithms=tuple(number(each.value) for each in parse_all(first(own, _CONTEXT_1)) if each.tag == INTEGER),
    )


def _certificate(entry: DataObject) -> CertificateEntry:
    _, own, kind = _attributes(entry)
    return CertificateEntry(_identifier(own), _value(kind))


def _pin(entry: DataObject) -> PinEntry:
    common, own, kind = _attributes(entry)
    flags = bits(first(kind, _BITS))
    kinds = [number(each.value) for each in kind if each.tag == _ENUMERATED]
    lengths = [number(each.value) for each in kind if each.tag == INTEGER]
    if not kinds or not 2 <= len(lengths) <= 3:
        raise CardUnreadableError("a PIN without lengths")
    shortest, stored, longest = lengths[0], lengths[1], lengths[-1]
    longest = longest or stored
    if not shortest <= longest <= _LONGEST_PIN or not stored <= _LONGEST_PIN:
        raise CardUnreadableError("impossible lengths of a PIN")
    own_path = [each.value for each in kind if each.tag == _SEQUENCE]
    return PinEntry(
        identifier=_identifier(own),
        flags=flags,
        kind=kinds[0],
        shortest=shortest,
        longest=longest,
        stored=stored if PinFlag.NEEDS_PADDING in flags else 0,
        reference=number(first(kind, _CONTEXT_0_PLAIN)) & 0xFF,
        padding=(first(kind, OCTETS) or b"\xff")[0],
        path=place_of(own_path[0]).path if own_path else b"",
        label=first(common, _TEXT)[:_LONGEST_IDENTIFIER],
    )


def _attributes(entry: DataObject) -> tuple[tuple[DataObject, ...], tuple[DataObject, ...], tuple[DataObject, ...]]:
    """Return the attributes that all objects have, those of the class, and those of the kind (§8.2)."""
    parts = parse_all(entry.value)
    sequences = [each.value for each in parts if each.tag == _SEQUENCE]
    inside = [each.value for each in parse_all(first(parts, _CONTEXT_1)) if each.tag == _SEQUENCE]
    if len(sequences) < 2 or not inside:
        raise CardUnreadableError("an object without attributes")
    return parse_all(sequences[0]), parse_all(sequences[1]), parse_all(inside[0])


def _value(kind: tuple[DataObject, ...]) -> Held:
    """Return where an object's value is, or the value: [0], written as the object itself or around it."""
    if not kind:
        raise CardUnreadableError("an object without a value")
    first = kind[0]
    if first.tag == _SEQUENCE:
        return place_of(first.value)
    if first.tag != _CONTEXT_0:
        raise CardUnreadableError("a value that is nowhere")
    inside = parse_all(first.value)
    is_around = len(inside) == 1 and inside[0].tag == _SEQUENCE
    return first.value if is_around else encode(_SEQUENCE, first.value)


def _held_objects(untrusted: bytes) -> Held:
    """Return where a directory's objects are, or the objects."""
    parts = parse_all(untrusted)
    if len(parts) != 1 or parts[0].tag not in (_SEQUENCE, _CONTEXT_0):
        raise CardUnreadableError("a directory that is nowhere")
    return parts[0].value if parts[0].tag == _CONTEXT_0 else place_of(parts[0].value)


def _identifier(attributes: tuple[DataObject, ...]) -> bytes:
    return first(attributes, OCTETS)[:_LONGEST_IDENTIFIER]
