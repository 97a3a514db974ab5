# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The access key printed on a document: three fields of its machine readable zone (ICAO 9303-11 §4.3.2, §9.7.3)."""

import hashlib
from typing import Final

from townhall_smartcard.apdu import wipe
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.emrtd.check_digit import FILLER, check_digit
from townhall_smartcard.emrtd.pace import PacePassword, PasswordReference
from townhall_smartcard.errors import CardMisuseError

_SHORTEST_NUMBER: Final = 9
_DATE_BYTES: Final = 6


def mrz_password(document_number: RawCommand, date_of_birth: RawCommand, date_of_expiry: RawCommand) -> PacePassword:
    """Return the password of a document; its secret is the caller's to wipe.

    Args:
        document_number: all of it, also where it goes on in the optional data; fillers behind it do not count.
        date_of_birth: YYMMDD, as printed: unknown parts are fillers.
        date_of_expiry: YYMMDD.

    Raises:
        CardMisuseError: a date has another length, or there is a character that no machine readable zone has.
    """
    if len(date_of_birth) != _DATE_BYTES or len(date_of_expiry) != _DATE_BYTES:
        raise CardMisuseError("a date of another length")
    number = bytearray(document_number.rstrip(bytes((FILLER,))).ljust(_SHORTEST_NUMBER, bytes((FILLER,))))
    information = bytearray()
    try:
        for field in (number, date_of_birth, date_of_expiry):
            information += field
            information.append(check_digit(field))
        secret = bytearray(hashlib.sha1(information).digest())  # noqa: S324  # as the standard has it
        return PacePassword(PasswordReference.MRZ, secret)
    finally:
        wipe(information)
        wipe(number)
