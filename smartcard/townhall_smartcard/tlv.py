# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""BER-TLV data objects as cards use them (ISO/IEC 7816-4 annex E), read strictly."""

from dataclasses import dataclass

from townhall_smartcard.errors import CardUnreadableError

_MAX_LENGTH_BYTES = 3


@dataclass(frozen=True, slots=True)
class DataObject:
    """A tag with its value."""

    tag: int
    value: bytes


def parse_all(untrusted: bytes) -> tuple[DataObject, ...]:
    """Split bytes into the data objects that they are, without a byte left over.

    Raises:
        CardUnreadableError: torn, or left-over bytes.
    """
    found: list[DataObject] = []
    position = 0
    while position < len(untrusted):
        tag, position = _tag(untrusted, position)
        length, position = _length(untrusted, position)
        if position + length > len(untrusted):
            raise CardUnreadableError("torn data object")
        found.append(DataObject(tag, untrusted[position : position + length]))
        position += length
    return tuple(found)


def value_at(untrusted: bytes, *path: int) -> bytes:
    """Return the value under the tags of ``path``, one inside the other.

    Raises:
        CardUnreadableError: torn, or one of the tags is not there exactly once.
    """
    value = untrusted
    for tag in path:
        found = [each.value for each in parse_all(value) if each.tag == tag]
        if len(found) != 1:
            raise CardUnreadableError(f"data object {tag:X} is there {len(found)} times")
        value = found[0]
    return value


def encode(tag: int, value: bytes) -> bytes:
    """Return one data object, its length in as few bytes as it takes."""
    length = len(value)
    prefix = tag.to_bytes((tag.bit_length() + 7) // 8, "big")
    if length < 0x80:
        return prefix + bytes((length,)) + value
    count = (length.bit_length() + 7) // 8
    return prefix + bytes((0x80 | count,)) + length.to_bytes(count, "big") + value


def encoded_length(untrusted: bytes) -> int:
    """Return how many bytes the first data object takes, header included, as its header says.

    Raises:
        CardUnreadableError: the header is torn.
    """
    _, position = _tag(untrusted, 0)
    length, position = _length(untrusted, position)
    return position + length


def _tag(untrusted: bytes, position: int) -> tuple[int, int]:
    tag = _byte(untrusted, position)
    position += 1
    if tag & 0x1F != 0x1F:
        return tag, position
    while True:
        following = _byte(untrusted, position)
        tag = tag << 8 | following
        position += 1
        if tag > 0xFFFFFF:
            raise CardUnreadableError("tag of more than three bytes")
        if not following & 0x80:
            return tag, position


def _length(untrusted: bytes, position: int) -> tuple[int, int]:
    first = _byte(untrusted, position)
    position += 1
    if first < 0x80:
        return first, position
    count = first & 0x7F
    if not 1 <= count <= _MAX_LENGTH_BYTES:
        raise CardUnreadableError("length that no card uses")
    if position + count > len(untrusted):
        raise CardUnreadableError("torn length")
    return int.from_bytes(untrusted[position : position + count], "big"), position + count


def _byte(untrusted: bytes, position: int) -> int:
    if position >= len(untrusted):
        raise CardUnreadableError("torn data object")
    return untrusted[position]
