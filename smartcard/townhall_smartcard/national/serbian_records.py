# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Files of Serbian identity cards: a header, then records of a tag, a length and a text; numbers lowest byte first."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.messages import CardStatement
from townhall_smartcard.national.record_fields import day_of, text_in

HEADER_BYTES: Final = 4
"""Of a file, and of a record: a number, and how many bytes follow."""

_CARD_NUMBER, _ISSUED, _EXPIRES = 1546, 1549, 1550
_PERSONAL_NUMBER, _SURNAME, _GIVEN_NAMES, _SEX, _BIRTH_PLACE, _BIRTH_DATE = 1558, 1559, 1560, 1562, 1563, 1566
_NATIONALITY: Final = 1583  # of foreigners
_COMMUNITY, _PLACE, _STREET, _NUMBER, _LETTER, _ENTRANCE, _FLOOR, _FLAT = (
    1569,
    1570,
    1571,
    1572,
    1573,
    1574,
    1575,
    1578,
)
_SEXES: Final = {"M": "M", "М": "M", "Ž": "F", "Ж": "F"}  # noqa: RUF001  # in either script


def length_in(header: bytes) -> int:
    """Return how many bytes follow a header of ``HEADER_BYTES``."""
    return int.from_bytes(header[2:HEADER_BYTES], "little")


def parse_records(untrusted: bytes) -> Mapping[int, bytes]:
    """Return what stands under each tag of a file without its header.

    Raises:
        CardUnreadableError: torn, or a tag twice.
    """
    found: dict[int, bytes] = {}
    position = 0
    while position < len(untrusted):
        start = position + HEADER_BYTES
        header = untrusted[position:start]
        tag, end = int.from_bytes(header[:2], "little"), start + length_in(header)
        if len(header) < HEADER_BYTES or end > len(untrusted) or tag in found:
            raise CardUnreadableError("records that contradict themselves")
        found[tag] = untrusted[start:end]
        position = end
    return found


def statement_in(document: Mapping[int, bytes], person: Mapping[int, bytes]) -> CardStatement:
    """Return what the files of the document and of the person state.

    Raises:
        CardUnreadableError: a text or a date that is none.
    """
    sex = text_in(person, _SEX)
    return CardStatement(
        surname=text_in(person, _SURNAME),
        given_names=text_in(person, _GIVEN_NAMES),
        sex=_SEXES.get(sex, sex),
        nationality=text_in(person, _NATIONALITY),
        birth_date=_day(text_in(person, _BIRTH_DATE)),
        birth_place=text_in(person, _BIRTH_PLACE),
        personal_code=text_in(person, _PERSONAL_NUMBER),
        document_number=text_in(document, _CARD_NUMBER),
        issuing_date=_day(text_in(document, _ISSUED)),
        expiry_date=_day(text_in(document, _EXPIRES)),
    )


def address_in(records: Mapping[int, bytes]) -> tuple[str, ...]:
    """Return the lines of the address that hold anything: street with house, then place and community.

    Raises:
        CardUnreadableError: a text that is none.
    """
    house = text_in(records, _NUMBER) + text_in(records, _LETTER)
    inside = "/".join(part for part in (text_in(records, each) for each in (_ENTRANCE, _FLOOR, _FLAT)) if part)
    street = " ".join(part for part in (text_in(records, _STREET), house, inside) if part)
    town = ", ".join(dict.fromkeys(part for part in (text_in(records, _PLACE), text_in(records, _COMMUNITY)) if part))
    return tuple(line for line in (street, town) if line)


def _day(text: str) -> date | None:
    """Read DDMMYYYY; None for nothing."""
    if not text:
        return None
    if len(text) != 8 or not (text.isascii() and text.isdecimal()):
        raise CardUnreadableError("a date that is none")
    return day_of(int(text[4:]), int(text[2:4]), int(text[:2]))
