# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reads which letters a TrueType font can draw (OpenType ``cmap``, formats 4 and 12)."""

from collections.abc import Iterator
from pathlib import Path
from struct import unpack_from
from typing import Final

_UNICODE_TABLES: Final = ((3, 10), (0, 4), (0, 6), (3, 1), (0, 3))
"""Platform and encoding of the tables over Unicode, the fullest first."""


def letters_of(folder: Path) -> frozenset[int]:
    """Return the code points that at least one font of each weight draws; raises ValueError when none can be read.

    A letter that only the regular or only the bold files have is left out: both weights appear on a page.
    """
    bold, regular = set[int](), set[int]()
    for file in sorted(folder.glob("*.ttf")):
        weight = bold if "Bold" in file.stem else regular
        weight.update(_letters(file.read_bytes()))
    if not bold & regular:
        raise ValueError(f"no usable font in {folder.name}")
    return frozenset(bold & regular)


def _letters(font: bytes) -> Iterator[int]:
    cmap = _table(font, b"cmap")
    (count,) = unpack_from(">H", font, cmap + 2)
    places = {}
    for index in range(count):
        platform, encoding, offset = unpack_from(">HHI", font, cmap + 4 + 8 * index)
        places[platform, encoding] = cmap + offset
    for key in _UNICODE_TABLES:
        if key in places:
            (kind,) = unpack_from(">H", font, places[key])
            yield from _segments(font, places[key]) if kind == 4 else _groups(font, places[key])
            return


def _table(font: bytes, name: bytes) -> int:
    (count,) = unpack_from(">H", font, 4)
    for index in range(count):
        tag, _, offset, _ = unpack_from(">4sIII", font, 12 + 16 * index)
        if tag == name:
            place: int = offset
            return place
    raise ValueError("a font without the table that maps letters")


def _segments(font: bytes, place: int) -> Iterator[int]:
    """Format 4: runs of letters up to U+FFFF; a run may name glyph 0, which is no glyph."""
    (doubled,) = unpack_from(">H", font, place + 6)
    ends = place + 14
    for index in range(0, doubled, 2):
        (last,) = unpack_from(">H", font, ends + index)
        first, delta, ranges = (unpack_from(">H", font, ends + 2 + doubled * step + index)[0] for step in (1, 2, 3))
        at = ends + 2 + doubled * 3 + index
        for letter in range(first, min(last, 0xFFFE) + 1):
            (glyph,) = unpack_from(">H", font, at + ranges + 2 * (letter - first)) if ranges else (letter,)
            if glyph and (glyph + delta) % 0x10000:
                yield letter


def _groups(font: bytes, place: int) -> Iterator[int]:
    """Format 12: runs of letters of all planes."""
    (kind,) = unpack_from(">H", font, place)
    if kind != 12:
        raise ValueError("a font with a map of letters of an unknown format")
    (count,) = unpack_from(">I", font, place + 12)
    for index in range(count):
        first, last, _ = unpack_from(">III", font, place + 16 + 12 * index)
        yield from range(first, last + 1)
