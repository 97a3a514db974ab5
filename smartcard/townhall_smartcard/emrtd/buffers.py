# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What EF.ATR/INFO says of the chip's buffers (ISO/IEC 7816-4 §12.7.1): how long an answer may be."""

from collections.abc import Iterator
from typing import Final

from townhall_smartcard.apdu import MAX_EXTENDED_LE
from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.tlv import encoded_length, parse_all

_EXTENDED_LENGTH_INFORMATION: Final = 0x7F66
_INTEGER: Final = 0x02
_STATUS_BYTES: Final = 2
_SHORTEST: Final = 256


def longest_answer(untrusted: bytes) -> int | None:
    """Return how many bytes before the status word an answer may have; None where no extended lengths are announced.

    Only a chip that states its buffers may be sent extended lengths for reading (ICAO 9303-11 §9.3.1.2). What makes no
    sense announces nothing: short lengths always work.
    """
    try:
        (sizes,) = (value for tag, value in _objects(untrusted) if tag == _EXTENDED_LENGTH_INFORMATION)
        command, response = (int.from_bytes(each.value, "big") for each in parse_all(sizes) if each.tag == _INTEGER)
    except (CardUnreadableError, ValueError):
        return None
    longest = min(response - _STATUS_BYTES, MAX_EXTENDED_LE)
    return longest if longest > _SHORTEST and command > _SHORTEST else None


def _objects(untrusted: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the data objects before the zeros that fill up the file."""
    while untrusted and untrusted[0]:
        length = encoded_length(untrusted)
        (found,) = parse_all(untrusted[:length])
        yield found.tag, found.value
        untrusted = untrusted[length:]
