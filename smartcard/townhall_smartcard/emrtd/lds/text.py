# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Texts and dates as data groups spell them (ICAO 9303-10 §4.7.11, §4.7.12)."""

from dataclasses import dataclass
from typing import Final

_FILLER: Final = "<"
_JOINERS: Final = frozenset("\u200c\u200d")
"""Signs without a shape that belong into names: the joiners of Persian and Indic scripts."""


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date of which month and day may be unknown (ICAO 9303-3 §4.8)."""

    year: int
    month: int | None = None
    day: int | None = None

    def __str__(self) -> str:
        """Return it as ISO 8601 does, as far as it is known."""
        known = [f"{self.year:04}"] + [f"{each:02}" for each in (self.month, self.day) if each]
        return "-".join(known)


def decode_text(untrusted: bytes) -> str:
    """Return a text: UTF-8, or Latin-1 where it is none.

    What no eye can see is left out: marks that turn the direction of what follows can only deceive the reader.
    """
    try:
        text = untrusted.decode()
    except UnicodeDecodeError:
        text = untrusted.decode("latin-1")
    return "".join(each for each in text if each.isprintable() or each in _JOINERS).strip()


def split_fields(text: str) -> tuple[str, ...]:
    """Split a text at its fillers, empty fields left out."""
    return tuple(each.strip() for each in text.split(_FILLER) if each.strip())


def split_name(text: str) -> tuple[str, str]:
    """Return the two parts of a name, ``PRIMARY<<SECONDARY<NAMES``, with spaces between the words of each."""
    primary, _, secondary = text.partition(_FILLER * 2)
    return " ".join(split_fields(primary)), " ".join(split_fields(secondary))


def decode_date(untrusted: bytes) -> PartialDate | None:
    """Return a date of eight digits, or of four bytes of two digits each; None where it is no date."""
    text = untrusted.hex() if len(untrusted) == 4 else untrusted.decode("ascii", errors="replace")
    text = text.replace(_FILLER, "0").replace(" ", "0")
    if len(text) != 8 or not (text.isascii() and text.isdecimal()):
        return None
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:])
    if not year or month > 12 or day > 31:
        return None
    return PartialDate(year, month or None, (day or None) if month else None)
