# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where each field of a machine readable zone stands, by the size of the document: data (ICAO 9303-4 to 9303-6)."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

FILLER: Final = "<"
SIGNS: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<")
"""All that stands in a zone (ICAO 9303-3 §4.3)."""


class MrzSize(enum.Enum):
    """The sizes of documents: lines, and signs a line."""

    TD1 = (3, 30)
    TD2 = (2, 36)
    TD3 = (2, 44)

    @property
    def signs(self) -> int:
        """How many signs the whole zone has."""
        lines, length = self.value
        return lines * length


class MrzField(enum.Enum):
    """The fields, in no order; the value is their name in texts and files."""

    DOCUMENT_CODE = "document-code"
    ISSUER = "issuer"
    NAME = "name"
    DOCUMENT_NUMBER = "document-number"
    DOCUMENT_NUMBER_DIGIT = "document-number-digit"
    NATIONALITY = "nationality"
    BIRTH = "birth"
    BIRTH_DIGIT = "birth-digit"
    SEX = "sex"
    EXPIRY = "expiry"
    EXPIRY_DIGIT = "expiry-digit"
    OPTIONAL = "optional"
    OPTIONAL_DIGIT = "optional-digit"
    FURTHER = "further"  # the second optional field of a card
    ALL_DIGIT = "all-digit"


@dataclass(frozen=True, slots=True)
class Span:
    """Some signs of one line; all counted from 0, the end is not part of it."""

    line: int
    start: int
    end: int

    def of(self, lines: tuple[str, ...]) -> str:
        """Return these signs."""
        return lines[self.line][self.start : self.end]


_TWO_LINES: Final[Mapping[MrzField, Span]] = {
    MrzField.DOCUMENT_CODE: Span(0, 0, 2),
    MrzField.ISSUER: Span(0, 2, 5),
    MrzField.DOCUMENT_NUMBER: Span(1, 0, 9),
    MrzField.DOCUMENT_NUMBER_DIGIT: Span(1, 9, 10),
    MrzField.NATIONALITY: Span(1, 10, 13),
    MrzField.BIRTH: Span(1, 13, 19),
    MrzField.BIRTH_DIGIT: Span(1, 19, 20),
    MrzField.SEX: Span(1, 20, 21),
    MrzField.EXPIRY: Span(1, 21, 27),
    MrzField.EXPIRY_DIGIT: Span(1, 27, 28),
}
LAYOUTS: Final[Mapping[MrzSize, Mapping[MrzField, Span]]] = {
    MrzSize.TD1: {
        MrzField.DOCUMENT_CODE: Span(0, 0, 2),
        MrzField.ISSUER: Span(0, 2, 5),
        MrzField.DOCUMENT_NUMBER: Span(0, 5, 14),
        MrzField.DOCUMENT_NUMBER_DIGIT: Span(0, 14, 15),
        MrzField.OPTIONAL: Span(0, 15, 30),
        MrzField.BIRTH: Span(1, 0, 6),
        MrzField.BIRTH_DIGIT: Span(1, 6, 7),
        MrzField.SEX: Span(1, 7, 8),
        MrzField.EXPIRY: Span(1, 8, 14),
        MrzField.EXPIRY_DIGIT: Span(1, 14, 15),
        MrzField.NATIONALITY: Span(1, 15, 18),
        MrzField.FURTHER: Span(1, 18, 29),
        MrzField.ALL_DIGIT: Span(1, 29, 30),
        MrzField.NAME: Span(2, 0, 30),
    },
    MrzSize.TD2: {
        **_TWO_LINES,
        MrzField.NAME: Span(0, 5, 36),
        MrzField.OPTIONAL: Span(1, 28, 35),
        MrzField.ALL_DIGIT: Span(1, 35, 36),
    },
    MrzSize.TD3: {
        **_TWO_LINES,
        MrzField.NAME: Span(0, 5, 44),
        MrzField.OPTIONAL: Span(1, 28, 42),
        MrzField.OPTIONAL_DIGIT: Span(1, 42, 43),
        MrzField.ALL_DIGIT: Span(1, 43, 44),
    },
}
"""Each field by size."""

WHOLES: Final[Mapping[MrzSize, tuple[Span, ...]]] = {
    MrzSize.TD1: (Span(0, 5, 30), Span(1, 0, 7), Span(1, 8, 15), Span(1, 18, 29)),
    MrzSize.TD2: (Span(1, 0, 10), Span(1, 13, 20), Span(1, 21, 35)),
    MrzSize.TD3: (Span(1, 0, 10), Span(1, 13, 20), Span(1, 21, 43)),
}
"""What the last check digit stands for (ICAO 9303-4 §4.2.2.2, 9303-5 §4.2.2, 9303-6 §4.2.2)."""

LETTERS_ONLY: Final = (MrzField.ISSUER, MrzField.NATIONALITY, MrzField.SEX, MrzField.NAME)
"""Fields without digits (ICAO 9303-3 §4.6, §5)."""
DIGITS_ONLY: Final = (
    *(MrzField.BIRTH, MrzField.BIRTH_DIGIT, MrzField.EXPIRY, MrzField.EXPIRY_DIGIT),
    *(MrzField.DOCUMENT_NUMBER_DIGIT, MrzField.OPTIONAL_DIGIT, MrzField.ALL_DIGIT),
)
"""Fields without letters; what is unknown or absent there is fillers."""


def split_lines(signs: str) -> tuple[MrzSize, tuple[str, ...]] | None:
    """Return size and lines of a zone whose lines stand one behind the other; None where it is of no size."""
    size = next((each for each in MrzSize if each.signs == len(signs)), None)
    if size is None:
        return None
    _, length = size.value
    return size, tuple(signs[at : at + length] for at in range(0, len(signs), length))
