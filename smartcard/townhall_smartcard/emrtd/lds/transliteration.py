# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Names in their own letters and in those of the machine readable zone (ICAO 9303-3 §6)."""

import unicodedata
from typing import Final

from townhall_smartcard.emrtd.lds.transliteration_tables import DOUBLING, OMITTED, PARTING, SPELLINGS

_MAX_SIGNS: Final = 200
"""No name is longer; the zone holds 39 signs."""


def transliterate(name: str) -> str | None:
    """Return a name as the zone writes it, in the recommended spelling, words parted by single spaces.

    None: a letter is of a script that the tables do not have.
    """
    parts = _spellings_of(name)
    if parts is None:
        return None
    return " ".join("".join(part[0] for part in parts).split())


def is_spelling_of(zone_name: str, name: str, *, is_cut: bool = False) -> bool:
    """Tell whether the zone's name may be a spelling of ``name``, by any of the allowed spellings of each letter.

    ``is_cut``: the zone had no room for all of it, so what it has must be a beginning.
    """
    parts, wanted = _spellings_of(name), " ".join(zone_name.split())
    if parts is None:
        return False
    reached = {0}
    for spellings in parts:
        following = {end for at in reached for each in spellings if (end := _after(wanted, at, each)) is not None}
        if is_cut and len(wanted) in reached:
            return True
        reached = following
        if not reached:
            return False
    return len(wanted) in reached or (len(wanted) - 1 in reached and wanted.endswith(" "))


def _after(wanted: str, at: int, spelling: str) -> int | None:
    """Return where ``wanted`` goes on behind a spelling, None where it has another one."""
    if spelling == " " and (at == 0 or wanted[at - 1 : at] == " "):
        return at  # words are parted once, whatever stands between them
    return at + len(spelling) if wanted.startswith(spelling, at) else None


def _spellings_of(name: str) -> list[tuple[str, ...]] | None:
    """Return the allowed spellings of each letter; None at a letter of an unknown script."""
    found: list[tuple[str, ...]] = []
    for sign in unicodedata.normalize("NFC", name.strip()[:_MAX_SIGNS]):
        spellings = _of_sign(sign)
        if sign == DOUBLING:
            spellings = ("", *(found[-1] if found else ()))
        if spellings is None:
            return None
        found.append(spellings)
    return found


def _of_sign(sign: str) -> tuple[str, ...] | None:
    if sign in OMITTED or unicodedata.combining(sign):
        return SPELLINGS.get(sign, ("",))
    if sign in PARTING:
        return (" ",)
    for capital in (sign, sign.upper(), "ẞ" if sign == "ß" else sign):
        if capital in SPELLINGS:
            return SPELLINGS[capital]
    plain = "".join(each for each in unicodedata.normalize("NFD", sign.upper()) if not unicodedata.combining(each))
    return (plain,) if plain.isascii() and plain.isalpha() else None
