# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The identity and address files of Belgian cards: a tag of one byte, a length, a text; zeros behind the last.

A length takes seven bits a byte, and all of its bytes but the last have the eighth bit set. That is not BER.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.messages import CardStatement
from townhall_smartcard.national.record_fields import day_of, text_in

_MOST_LENGTH_BYTES: Final = 2
_MORE_LENGTH: Final = 0x80
_STRUCTURE: Final = 0x00  # the version of the file's structure, as the first object where it is there

_CARD_NUMBER, _VALID_FROM, _VALID_UNTIL, _NATIONAL_NUMBER = 1, 3, 4, 6
_SURNAME, _GIVEN_NAMES, _NATIONALITY, _BIRTH_PLACE, _BIRTH_DATE, _SEX = 7, 8, 10, 11, 12, 13
_PHOTO_DIGEST: Final = 17
_STREET, _POSTCODE, _TOWN = 1, 2, 3

_SEXES: Final = {"M": "M", "F": "F", "V": "F", "W": "F"}  # vrouw, Weiblich
_MONTHS: Final[Mapping[str, int]] = {
    name: number
    for number, names in enumerate(
        (
            "JAN JANV",
            "FEB FEV FÉV",
            "MAAR MARS MÄR MAR MRZ",
            "APR AVR",
            "MEI MAI",
            "JUN JUIN",
            "JUL JUIL",
            "AUG AOUT AOÛT",
            "SEP SEPT",
            "OKT OCT",
            "NOV",
            "DEC DEZ DÉC",
        ),
        start=1,
    )
    for name in names.split()
}
"""As the three languages shorten them."""
_VALIDITY: Final = re.compile(r"([0-9]{2})\.([0-9]{2})\.([0-9]{4})")
_BIRTH: Final = re.compile(r"([0-9]{1,2})[ .]+([^\W\d_]{3,4})[ .]+([0-9]{4})")


def parse_records(untrusted: bytes) -> Mapping[int, bytes]:
    """Return what stands under each tag.

    Raises:
        CardUnreadableError: torn, a tag twice, or something behind the end.
    """
    found: dict[int, bytes] = {}
    position = 0
    while position < len(untrusted):
        tag = untrusted[position]
        if not any(untrusted[position:]):
            break
        if tag == _STRUCTURE and position:
            raise CardUnreadableError("something behind the last record")
        length, start = _length(untrusted, position + 1)
        if tag in found or start + length > len(untrusted):
            raise CardUnreadableError("records that contradict themselves")
        found[tag] = untrusted[start : start + length]
        position = start + length
    return found


def identity_in(records: Mapping[int, bytes]) -> CardStatement:
    """Return what the identity file states; a birth date in words that nobody uses is as good as none.

    Raises:
        CardUnreadableError: a text that is none, or a validity that is none.
    """
    sex = text_in(records, _SEX)
    return CardStatement(
        surname=text_in(records, _SURNAME),
        given_names=text_in(records, _GIVEN_NAMES),
        sex=_SEXES.get(sex, sex),
        nationality=text_in(records, _NATIONALITY),
        birth_date=_birth_date(text_in(records, _BIRTH_DATE)),
        birth_place=text_in(records, _BIRTH_PLACE),
        personal_code=text_in(records, _NATIONAL_NUMBER),
        document_number=text_in(records, _CARD_NUMBER),
        issuing_date=_validity(text_in(records, _VALID_FROM)),
        expiry_date=_validity(text_in(records, _VALID_UNTIL)),
    )


def address_in(records: Mapping[int, bytes]) -> tuple[str, ...]:
    """Return the lines of the address file that hold anything: street and number, postcode and town.

    Raises:
        CardUnreadableError: a text that is none.
    """
    town = f"{text_in(records, _POSTCODE)} {text_in(records, _TOWN)}".strip()
    return tuple(line for line in (text_in(records, _STREET), town) if line)


def photo_digest_in(records: Mapping[int, bytes]) -> bytes:
    """Return the digest of the photo that the identity file holds; nothing where it holds none."""
    return records.get(_PHOTO_DIGEST, b"")


def _length(untrusted: bytes, position: int) -> tuple[int, int]:
    """Return a length and where it ends."""
    length = 0
    for place in range(position, min(position + _MOST_LENGTH_BYTES, len(untrusted))):
        length = length << 7 | untrusted[place] & ~_MORE_LENGTH
        if not untrusted[place] & _MORE_LENGTH:
            return length, place + 1
    raise CardUnreadableError("a length that no record has")


def _validity(text: str) -> date | None:
    if not text:
        return None
    found = _VALIDITY.fullmatch(text)
    if found is None:
        raise CardUnreadableError("a date that is none")
    day, month, year = map(int, found.groups())
    return day_of(year, month, day)


def _birth_date(text: str) -> date | None:
    """Read day, month in words, year; None for a year alone, which some people have, or for other words."""
    found = _BIRTH.fullmatch(text)
    month = None if found is None else _MONTHS.get(found[2].upper())
    if found is None or month is None:
        return None
    try:
        return date(int(found[3]), month, int(found[1]))
    except ValueError:
        return None
