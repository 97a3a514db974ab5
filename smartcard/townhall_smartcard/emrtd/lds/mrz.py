# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The machine readable zone of documents of all three sizes (ICAO 9303-3 to 9303-6): DG1, or typed by somebody."""

import enum
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from townhall_smartcard.emrtd.check_digit import check_digit as check_digit_of
from townhall_smartcard.emrtd.lds.files import LdsFile, content_of, members
from townhall_smartcard.emrtd.lds.mrz_layout import (
    FILLER,
    LAYOUTS,
    SIGNS,
    WHOLES,
    MrzField,
    MrzSize,
    split_lines,
)
from townhall_smartcard.emrtd.lds.text import split_name
from townhall_smartcard.emrtd.mrz_key import mrz_password
from townhall_smartcard.emrtd.pace import PacePassword
from townhall_smartcard.errors import DataGroupUnreadableError

_TAG: Final = 0x5F1F
_NUMBER: Final = (MrzField.DOCUMENT_NUMBER, MrzField.DOCUMENT_NUMBER_DIGIT, MrzField.OPTIONAL)


class Checked(enum.Enum):
    """What a check digit stands for."""

    DOCUMENT_NUMBER = "document-number"
    BIRTH = "birth"
    EXPIRY = "expiry"
    OPTIONAL = "optional"
    ALL = "all"


class Sex(enum.Enum):
    """As the zone spells it."""

    FEMALE = "F"
    MALE = "M"
    UNSPECIFIED = "<"


@dataclass(frozen=True, slots=True)
class MrzDate:
    """A date of six digits; a part that is unknown is fillers, and then 0."""

    year: int
    month: int
    day: int

    def as_birth(self, today: date) -> str:
        """Return it as ISO 8601 does, as far as it is known: the latest century in which it is past."""
        century = today.year // 100 * 100
        year = century + self.year
        if (year, self.month, self.day) > (today.year, today.month, today.day):
            year -= 100
        return self._spelt(year)

    def as_expiry(self, today: date) -> str:
        """Return it as ISO 8601 does: the century that is nearest to today."""
        candidates = (today.year // 100 * 100 + self.year + shift for shift in (-100, 0, 100))
        return self._spelt(min(candidates, key=lambda year: abs(year - today.year)))

    def _spelt(self, year: int) -> str:
        return "-".join([f"{year:04}"] + [f"{each:02}" for each in (self.month, self.day) if each])


@dataclass(frozen=True, slots=True)
class Mrz:
    """What the zone says. Personal data: no repr. States are as spelt there, mostly three letters."""

    size: MrzSize
    document_code: str
    issuer: str
    document_number: str = field(repr=False)
    surname: str = field(repr=False)
    given_names: str = field(repr=False)
    is_name_cut: bool
    """Whether the zone may have had no room for all of the name."""
    nationality: str = field(repr=False)
    birth: MrzDate | None = field(repr=False)
    sex: Sex = field(repr=False)
    expiry: MrzDate | None = field(repr=False)
    optional: tuple[str, ...] = field(repr=False)
    key: tuple[str, str, str] = field(repr=False)
    """Number, birth and expiry sign by sign: what opens the chip."""
    failed: frozenset[Checked] = frozenset()
    """Check digits that are not what they should be: of a typed zone, something was mistyped."""

    def password(self) -> PacePassword:
        """Return the chip's password; its secret is the caller's to wipe."""
        return mrz_password(*(each.encode() for each in self.key))


def parse_dg1(untrusted: bytes) -> Mrz:
    """Read DG1.

    Raises:
        DataGroupUnreadableError: another file, torn, or no zone of any size.
    """
    objects = members(content_of(untrusted, LdsFile.DG1), LdsFile.DG1)
    if len(objects) != 1 or objects[0].tag != _TAG:
        raise DataGroupUnreadableError(LdsFile.DG1.name)
    return parse_mrz(objects[0].value.decode("ascii", errors="replace"))


def parse_mrz(untrusted: str) -> Mrz:
    """Read a zone, its lines one behind the other or a line each.

    Raises:
        DataGroupUnreadableError: of no size, or with a sign that no zone has.
    """
    signs = "".join(untrusted.split())
    found = split_lines(signs)
    if found is None or not set(signs) <= SIGNS:
        raise DataGroupUnreadableError(LdsFile.DG1.name)
    return _parse(*found)


def check_digit(signs: str) -> str:
    """Return the check digit of a field whose signs are a zone's."""
    return chr(check_digit_of(signs.encode()))


def _parse(size: MrzSize, lines: tuple[str, ...]) -> Mrz:
    said = {field: span.of(lines) for field, span in LAYOUTS[size].items()}
    number, number_digit, optional = (said[each] for each in _NUMBER)
    if size is not MrzSize.TD3:
        number, number_digit, optional = _document_number(number, number_digit, optional)
    birth, expiry = said[MrzField.BIRTH], said[MrzField.EXPIRY]
    digits = {
        Checked.DOCUMENT_NUMBER: (number, number_digit),
        Checked.BIRTH: (birth, said[MrzField.BIRTH_DIGIT]),
        Checked.EXPIRY: (expiry, said[MrzField.EXPIRY_DIGIT]),
        Checked.ALL: ("".join(span.of(lines) for span in WHOLES[size]), said[MrzField.ALL_DIGIT]),
    }
    if MrzField.OPTIONAL_DIGIT in said:
        digits[Checked.OPTIONAL] = (optional, said[MrzField.OPTIONAL_DIGIT])
    further = (_strip(said[MrzField.FURTHER]),) if MrzField.FURTHER in said else ()
    surname, given_names = split_name(said[MrzField.NAME])
    return Mrz(
        size=size,
        document_code=_strip(said[MrzField.DOCUMENT_CODE]),
        issuer=_strip(said[MrzField.ISSUER]),
        document_number=_strip(number),
        surname=surname,
        given_names=given_names,
        is_name_cut=said[MrzField.NAME][-1] != FILLER,
        nationality=_strip(said[MrzField.NATIONALITY]),
        birth=_date(birth),
        sex=_sex(said[MrzField.SEX]),
        expiry=_date(expiry),
        optional=(_strip(optional), *further),
        key=(number.rstrip(FILLER), birth, expiry),
        failed=_failed(digits),
    )


def _document_number(field_signs: str, digit: str, optional: str) -> tuple[str, str, str]:
    """Return number, check digit and what is left of the optional data.

    Where a filler stands instead of the check digit, the number goes on in the optional data, and its check digit is
    the last sign before the next filler (ICAO 9303-5 §4.2.2, 9303-6 §4.2.2).
    """
    if digit != FILLER:
        return field_signs, digit, optional
    rest, _, left = optional.partition(FILLER)
    return field_signs + rest[:-1], rest[-1:] or FILLER, left


def _failed(digits: dict[Checked, tuple[str, str]]) -> frozenset[Checked]:
    return frozenset(name for name, (signs, digit) in digits.items() if not _is_right(signs, digit))


def _is_right(signs: str, digit: str) -> bool:
    """An empty field may have a filler for its digit (ICAO 9303-4 §4.2.2.2)."""
    return check_digit(signs) == digit or (digit == FILLER and not signs.strip(FILLER))


def _date(signs: str) -> MrzDate | None:
    """Return a date; None where not even the year is known, or it is no date."""
    known = signs.replace(FILLER, "0")
    if not known.isdecimal() or FILLER in signs[:2]:
        return None
    year, month, day = int(known[:2]), int(known[2:4]), int(known[4:])
    return MrzDate(year, month, day if month else 0) if month <= 12 and day <= 31 else None


def _sex(sign: str) -> Sex:
    return {"F": Sex.FEMALE, "M": Sex.MALE}.get(sign, Sex.UNSPECIFIED)


def _strip(signs: str) -> str:
    """Return a field without its fillers; those inside stand for spaces or hyphens."""
    return signs.strip(FILLER).replace(FILLER, " ")
