# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which signs stand on which key of the Latin keyboard: data, three rows a page."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeyPage:
    """One page: ten keys, eleven keys, ten keys; and an eleventh for the last row where there is no shift."""

    top: str
    middle: str
    bottom: str
    corner: str = ""


LETTERS = KeyPage("qwertyuiop", "asdfghjkl'-", "zxcvbnm,./")
# Estonian, German, Nordic, French, Spanish, Portuguese, Italian.
MORE_LETTERS = KeyPage("äöüõšžåæøß", "áàâãçéèêëíì", "îïñóòôúùûœ")
SYMBOLS = KeyPage("1234567890", "-'/.,:;()&@", '!?"+=#%*_€', "§")

_CAPITALS = {"ß": "\u1e9e", "'": "'", "-": "-"}


def capital(sign: str) -> str:
    """The capital of one letter as one letter; other signs stay."""
    return _CAPITALS.get(sign, sign.upper())
