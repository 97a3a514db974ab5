# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""How states write letters that no zone has in letters that it has (ICAO 9303-3 §6, tables A, B and C).

The first spelling is the recommended one; others are those of single languages, or allowed beside it. Letters of
table A that only lose a mark are not listed.
"""
# ruff: noqa: RUF001  # letters that look like others are what this file is about

from collections.abc import Mapping
from typing import Final


def _table(text: str) -> dict[str, tuple[str, ...]]:
    """Read lines of a letter and its spellings; ``-`` is none at all."""
    lines = (line.split() for line in text.strip().splitlines())
    return {letter: tuple(each.replace("-", "") for each in spellings) for letter, *spellings in lines}


_LATIN: Final = _table(
    """
    Ä AE A
    Å AA A
    Æ AE
    Ð D
    Ñ N NXX
    Ö OE O
    Ø OE
    Ü UE UXX U
    Þ TH
    ẞ SS
    Đ D
    Ħ H
    ı I
    Ĳ IJ
    Ŀ L
    Ł L
    Ŋ N
    Œ OE
    Ŧ T
    """
)

_CYRILLIC: Final = _table(
    """
    А A
    Б B
    В V
    Г G H
    Ґ G
    Д D
    Ђ D
    Ѓ G
    Е E
    Ё E IO
    Є IE YE
    Ж ZH Z
    З Z
    Ѕ DZ
    И I Y
    Й I
    І I
    Ї I YI
    Ј J
    К K
    Л L
    Љ LJ
    М M
    Н N
    Њ NJ
    О O
    П P
    Р R
    С S
    Т T
    Ћ C
    Ќ K
    У U
    Ў U
    Ф F
    Х KH H
    Ц TS C
    Ч CH C
    Џ DZ DJ
    Ш SH S
    Щ SHCH SHT
    Ъ IE
    Ы Y
    Ь -
    Э E
    Ю IU YU
    Я IA YA
    Ѫ U
    Ѵ Y I
    """
)

_ARABIC: Final = _table(
    """
    \u0621 XE
    \u0622 XAA
    \u0623 XAE
    \u0624 U
    \u0625 I
    \u0626 XI
    \u0627 A
    \u0628 B
    \u0629 XTA XAH
    \u062a T
    \u062b XTH
    \u062c J
    \u062d XH
    \u062e XKH
    \u062f D
    \u0630 XDH
    \u0631 R
    \u0632 Z
    \u0633 S
    \u0634 XSH
    \u0635 XSS
    \u0636 XDZ
    \u0637 XTT
    \u0638 XZZ
    \u0639 E
    \u063a G
    \u0640 -
    \u0641 F
    \u0642 Q
    \u0643 K
    \u0644 L
    \u0645 M
    \u0646 N
    \u0647 H
    \u0648 W
    \u0649 XAY
    \u064a Y
    \u064b -
    \u064c -
    \u064d -
    \u064e -
    \u064f -
    \u0650 -
    \u0652 -
    \u0670 -
    \u0671 XXA
    \u0679 XXT
    \u067c XRT
    \u067e P
    \u0681 XKE
    \u0685 XXH
    \u0686 XC
    \u0688 XXD
    \u0689 XDR
    \u0691 XXR
    \u0693 XRR
    \u0696 XRX
    \u0698 XJ
    \u069a XXS
    \u06a9 XKK
    \u06ab XXK
    \u06ad XNG
    \u06af XGG
    \u06ba XNN
    \u06bc XXN
    \u06be XDO
    \u06c0 XYH
    \u06c1 XXG
    \u06c2 XGE
    \u06c3 XTG
    \u06cc XYA XAY Y
    \u06cd XXY
    \u06d0 Y
    \u06d2 XYB
    \u06d3 XBE
    """
)

SPELLINGS: Final[Mapping[str, tuple[str, ...]]] = _LATIN | _CYRILLIC | _ARABIC
"""Capital letters with their spellings."""

DOUBLING: Final = "\u0651"
"""Shadda: what stands before it is written twice, where it is written at all."""
OMITTED: Final = frozenset("'’`.\u00b7\u200c\u200d")
"""Signs of names that the zone leaves out (ICAO 9303-3 §4.6)."""
PARTING: Final = frozenset(" -,\u00a0\u2010\u2013")
"""Signs that part words: a filler in the zone."""
