# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which signs stand on which key of the keyboards: data, three rows a page, three pages a layout."""

import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeyPage:
    """One page: ten keys, eleven keys, ten keys; and an eleventh that leads the last row where there is no shift.

    A row with fewer signs has fewer keys.
    """

    top: str
    middle: str
    bottom: str
    corner: str = ""

    @property
    def signs(self) -> str:
        """All signs of the page."""
        return self.top + self.middle + self.bottom + self.corner


@dataclass(frozen=True, slots=True)
class KeyLayout:
    """The pages of one script, as people of one language know them."""

    letters: KeyPage
    more: KeyPage
    symbols: KeyPage
    is_right_to_left: bool = False


LETTERS = KeyPage("qwertyuiop", "asdfghjkl'-", "zxcvbnm,./")
ESTONIAN_LETTERS = KeyPage("qwertyuiop", "asdfghjklöä", "zxcvbnmõü-")
FRENCH_LETTERS = KeyPage("azertyuiop", "qsdfghjklmé", "wxcvbn'-èà")
# Estonian, German, Nordic, French, Spanish, Portuguese, Italian.
MORE_LETTERS = KeyPage("äöüõšžåæøß", "áàâãçéèêëíì", "îïñóòôúùûœ")
SYMBOLS = KeyPage("1234567890", "-'/.,:;()&@", '!?"+=#%*_€', "§")

# Rows in the order of the standard keyboard (101); what has no room there follows at the end of the last row.
ARABIC_LETTERS = KeyPage("ضصثقفغعهخح", "شسيبلاتنمكط", "ءأرىةوزظدج", "ذ")
# Letters with hamza and madda, of Persian, Urdu and Kurdish names, and the marks over and under letters.
MORE_ARABIC = KeyPage("إآؤئٱپچژگڤ", "کیےھٹڈڑںەۆێ", "ڵڕ\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652", "ـ")
ARABIC_SYMBOLS = KeyPage("1234567890", "-'/.،:؛()&@", '!؟"+=#%*_€', "§")

LATIN = KeyLayout(LETTERS, MORE_LETTERS, SYMBOLS)
ESTONIAN = KeyLayout(ESTONIAN_LETTERS, MORE_LETTERS, SYMBOLS)
FRENCH = KeyLayout(FRENCH_LETTERS, MORE_LETTERS, SYMBOLS)
ARABIC = KeyLayout(ARABIC_LETTERS, MORE_ARABIC, ARABIC_SYMBOLS, is_right_to_left=True)

# What stands in lines that are printed for machines (OCR-B of documents); the sign between words is on both pages.
PRINTED = KeyLayout(
    KeyPage("QWERTYUIOP", "ASDFGHJKL", "ZXCVBNM", "<"), KeyPage("", "", ""), KeyPage("1234567890", "", "", "<")
)
PRINTED_LAYOUTS = (PRINTED, PRINTED)
"""These, and no other script."""

_BY_LANGUAGE = {"et": ESTONIAN, "fr": FRENCH, "ar": ARABIC}
_CAPITALS = {"ß": "\u1e9e", "'": "'", "-": "-"}


def layouts_for(language: str) -> tuple[KeyLayout, KeyLayout]:
    """The keyboard of a language (BCP 47), and the one that its key for the other script leads to."""
    own = _BY_LANGUAGE.get(language.split("-", maxsplit=1)[0].lower(), LATIN)
    return own, LATIN if own.is_right_to_left else ARABIC


def capital(sign: str) -> str:
    """The capital of one letter as one letter; other signs stay."""
    return _CAPITALS.get(sign, sign.upper())


def caption(sign: str) -> str:
    """What stands on the key of a sign: a mark that needs a letter is shown on the stroke that joins letters."""
    return f"\u0640{sign}" if unicodedata.combining(sign) else sign
