# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What directories of PKCS#15 cards are made of (ISO/IEC 7816-15 §8.2): objects, paths, numbers, bits.

Whatever stands there against the standard is a ``CardUnreadableError``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.tlv import DataObject, encoded_length, parse_all

INTEGER: Final = 0x02
OCTETS: Final = 0x04

_FILLING: Final = frozenset({0x00, 0xFF})
_MOST_OBJECTS: Final = 64
_LONGEST_PATH: Final = 16
_LONGEST_NUMBER: Final = 4
_LONGEST_HEAD: Final = 8
_PATH_LENGTH: Final = 0x80


@dataclass(frozen=True, slots=True)
class Place:
    """A part of a file: of ``length`` bytes from ``index``, or a record; None: all that is there."""

    path: bytes
    index: int = 0
    length: int | None = None


def objects_of(untrusted: bytes) -> Iterator[DataObject]:
    """Yield the objects of a file, records or not, and step over what fills it up."""
    position = count = 0
    while position < len(untrusted):
        if untrusted[position] in _FILLING:
            position += 1
            continue
        count += 1
        if count > _MOST_OBJECTS:
            raise CardUnreadableError("a directory without end")
        end = position + encoded_length(untrusted[position : position + _LONGEST_HEAD])
        (found,) = parse_all(untrusted[position:end])
        yield found
        position = end


def place_of(untrusted: bytes) -> Place:
    """Read a path with its index and length (§8.2.5)."""
    parts = parse_all(untrusted)
    index, length = first(parts, INTEGER), first(parts, _PATH_LENGTH)
    return Place(path_of(first(parts, OCTETS)), number(index) if index else 0, number(length) if length else None)


def path_of(untrusted: bytes) -> bytes:
    """Return a path that a card can have: identifiers of two bytes each, few of them."""
    if len(untrusted) > _LONGEST_PATH or len(untrusted) % 2:
        raise CardUnreadableError("impossible path")
    return untrusted


def first(parts: tuple[DataObject, ...], tag: int) -> bytes:
    """Return the value of the first part of a tag; nothing where there is none."""
    return next((each.value for each in parts if each.tag == tag), b"")


def number(untrusted: bytes) -> int:
    """Read a whole number; cards write 81 to FF without the sign's zero as well, so that none is below nothing."""
    if len(untrusted) > _LONGEST_NUMBER:
        raise CardUnreadableError("impossible number")
    return int.from_bytes(untrusted, "big")


def bits(untrusted: bytes) -> frozenset[int]:
    """Return which bits of a BIT STRING are set; the first is 0."""
    content = untrusted[1 : 1 + _LONGEST_NUMBER]
    return frozenset(8 * place + bit for place, each in enumerate(content) for bit in range(8) if each & 0x80 >> bit)
