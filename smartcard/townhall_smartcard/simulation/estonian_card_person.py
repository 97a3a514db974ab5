# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whom a simulated Estonian card is made out to: nobody who lives, in the form the real card uses.

Personal codes have a correct check digit and a serial number from 990 on, as the national test persons have.
"""

import enum
from dataclasses import dataclass
from datetime import date
from typing import Final

_FIRST_WEIGHTS: Final = (1, 2, 3, 4, 5, 6, 7, 8, 9, 1)
_SECOND_WEIGHTS: Final = (3, 4, 5, 6, 7, 8, 9, 1, 2, 3)
_FIRST_CENTURY: Final = 18
_REMARKS: Final = 6  # records 10 to 15: residence permit and notes
_EMPTY_RECORD: Final = b"\x00"


class Sex(enum.Enum):
    """As printed on the card."""

    MALE = "M"
    FEMALE = "N"


def check_digit(first_ten: str) -> int:
    """Return the eleventh digit of a personal code.

    Raises:
        ValueError: ``first_ten`` are not ten digits.
    """
    if len(first_ten) != len(_FIRST_WEIGHTS) or not (first_ten.isascii() and first_ten.isdigit()):
        raise ValueError("a personal code has ten digits before its check digit")
    digits = [int(digit) for digit in first_ten]
    for weights in (_FIRST_WEIGHTS, _SECOND_WEIGHTS):
        remainder = sum(digit * weight for digit, weight in zip(digits, weights, strict=True)) % 11
        if remainder < 10:
            return remainder
    return 0


def personal_code(birth: date, sex: Sex, serial: int) -> str:
    """Return the eleven digits: sex and century, birth date, serial number (three digits), check digit."""
    century = birth.year // 100 - _FIRST_CENTURY
    first_ten = f"{2 * century + (1 if sex is Sex.MALE else 2)}{birth:%y%m%d}{serial:03d}"
    return f"{first_ten}{check_digit(first_ten)}"


@dataclass(frozen=True, slots=True)
class Person:
    """A holder of a card."""

    surname: str
    given_names: str
    personal_code: str
    sex: Sex
    birth: date
    document_number: str
    citizenship: str = "EST"
    birth_country: str = "EST"
    issued: date = date(2025, 2, 3)
    expires: date = date(2099, 12, 31)  # the plastic never expires by the calendar of a test machine

    def records(self) -> tuple[bytes, ...]:
        """Return records 1 to 15 of the personal data file, UTF-8; an empty one is a single zero byte."""
        texts = (
            self.surname,
            self.given_names,
            self.sex.value,
            self.citizenship,
            f"{self.birth:%d %m %Y} {self.birth_country}",
            self.personal_code,
            self.document_number,
            f"{self.expires:%d %m %Y}",
            f"{self.issued:%d %m %Y}",
        )
        return tuple(text.encode() or _EMPTY_RECORD for text in texts) + (_EMPTY_RECORD,) * _REMARKS


def _person(surname: str, given_names: str, sex: Sex, birth: date, serial: int) -> Person:
    return Person(surname, given_names, personal_code(birth, sex, serial), sex, birth, f"TT0000{serial}")


KADRI: Final = _person("ÕISPUU", "KADRI-LIIS", Sex.FEMALE, date(1984, 3, 15), 991)
"""The person of the demo."""

JUHAN: Final = _person("RÄNDUR", "JUHAN", Sex.MALE, date(1957, 11, 2), 992)
"""Somebody else: for two cards at once."""

AINO: Final = _person("ŽUKOVSKAJA-VÄLJATAGA", "AINO ÜLLE-MARIA", Sex.FEMALE, date(2004, 2, 29), 993)
"""A long name with every letter that Estonian has beyond Latin's."""
