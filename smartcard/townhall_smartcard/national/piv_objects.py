# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Data objects of PIV cards (NIST SP 800-73-4 part 1, appendix A): certificates, and the card's own identifier."""

import zlib
from datetime import date
from typing import Final

from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.messages import CardStatement
from townhall_smartcard.tlv import encoded_length, parse_all

_LONGEST_CERTIFICATE: Final = 0x8000
_CERTIFICATE: Final = 0x70
_CERTIFICATE_FACTS: Final = 0x71
_IS_COMPRESSED: Final = 0x01
_GZIP: Final = 16 + zlib.MAX_WBITS
_SEQUENCE: Final = 0x30
_CARD_NUMBER: Final = 0x34
_EXPIRES: Final = 0x35


def certificate_in(untrusted_object: bytes) -> bytes:
    """Return the certificate (DER) that a certificate object holds, unpacked if the card keeps it packed.

    Raises:
        CardUnreadableError: it holds none, or one that does not unpack.
    """
    found = {each.tag: each.value for each in parse_all(untrusted_object)}
    content, facts = found.get(_CERTIFICATE, b""), found.get(_CERTIFICATE_FACTS, b"")
    if facts[:1] and facts[0] & _IS_COMPRESSED:
        content = _unpacked(content)
    if content[:1] != bytes((_SEQUENCE,)) or encoded_length(content) > len(content):
        raise CardUnreadableError("the certificate object holds no certificate")
    return content[: encoded_length(content)]


def statement_in(untrusted_object: bytes) -> CardStatement:
    """Return what the card holder unique identifier states: the card's number, and until when the card is good.

    Raises:
        CardUnreadableError: torn, or a date that is none.
    """
    found = {each.tag: each.value for each in parse_all(untrusted_object)}
    number, expires = found.get(_CARD_NUMBER, b""), found.get(_EXPIRES)
    return CardStatement(
        document_number=number.hex().upper() if any(number) else "",
        expiry_date=None if expires is None else _day(expires),
    )


def _day(untrusted: bytes) -> date:
    """Read YYYYMMDD."""
    if len(untrusted) != 8 or not untrusted.isdigit():
        raise CardUnreadableError("a date that is none")
    try:
        return date(int(untrusted[:4]), int(untrusted[4:6]), int(untrusted[6:]))
    except ValueError:
        raise CardUnreadableError("a date that is none") from None


def _unpacked(untrusted: bytes) -> bytes:
    unpacking = zlib.decompressobj(_GZIP)
    try:
        content = unpacking.decompress(untrusted, _LONGEST_CERTIFICATE)
    except zlib.error:
        raise CardUnreadableError("a packed certificate that does not unpack") from None
    if not unpacking.eof:
        raise CardUnreadableError("a packed certificate that does not end")
    return content
