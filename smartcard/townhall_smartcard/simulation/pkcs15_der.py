# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What directories of simulated PKCS#15 cards are made of (ISO/IEC 7816-15 §8.2), in DER."""

from collections.abc import Iterable

from townhall_smartcard.tlv import encode


def sequence(*parts: bytes) -> bytes:
    """Return a SEQUENCE of what is encoded already."""
    return encode(0x30, b"".join(parts))


def octets(value: bytes) -> bytes:
    """Return an OCTET STRING."""
    return encode(0x04, value)


def text(value: str) -> bytes:
    """Return a UTF8String."""
    return encode(0x0C, value.encode())


def number(value: int) -> bytes:
    """Return an INTEGER, with the sign's zero where it takes one."""
    return encode(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def path(whole: bytes) -> bytes:
    """Return a path, without index and length."""
    return sequence(octets(whole))


def bits(*places: int) -> bytes:
    """Return a BIT STRING in which these bits are set, as short as DER wants it."""
    return encode(0x03, _packed(places))


def _packed(places: Iterable[int]) -> bytes:
    held = set(places)
    if not held:
        return b"\0"
    width = max(held) // 8 + 1
    whole = sum(1 << 8 * width - 1 - place for place in held)
    return bytes((8 * width - 1 - max(held),)) + whole.to_bytes(width, "big")
