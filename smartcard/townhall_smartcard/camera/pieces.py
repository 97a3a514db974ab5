# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Takes a picture of printed lines apart before anybody reads them: turned straight, line by line, every ``<`` out.

Debian's model for tesseract was never shown rows of ``<``, and reads letters into them that are not there. What is
one can be seen without reading: a mark that opens to the right.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Final, TypeAlias

from PIL import Image, ImageFilter, ImageOps

_STEPS: Final = tuple(each / 2 for each in range(-12, 13))
_FINE_STEPS: Final = tuple(each / 10 for each in range(-4, 5))
_LOOKED_AT: Final = 500
"""Pixels of width that are enough to see how a picture is turned."""
_LINE_SHARE, _MARK_SHARE = 0.2, 0.16
_LOWEST_LINE: Final = 10
_FEWEST_MARKS: Final = 20  # of a line that may be a zone's
_SIDE: Final = 12  # a mark is looked at in so many squares each way
_INKED, _BARE = 0.45, 0.3


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line that is to be read."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Fillers:
    """A row of ``<``."""

    count: int


Line: TypeAlias = tuple[Piece | Fillers, ...]


def take_apart(grey: Image.Image) -> tuple[Image.Image, tuple[Line, ...]]:
    """Return the picture turned straight, dark on light, and its lines from the top, each from the left."""
    ink = _straight(ImageOps.invert(ImageOps.autocontrast(grey, cutoff=1)))
    lines = (_line(ink, top, bottom) for top, bottom in _bands(ink))
    return ImageOps.invert(ink), tuple(line for line in lines if line)


def _straight(ink: Image.Image) -> Image.Image:
    small = ink.reduce(max(1, ink.width // _LOOKED_AT))

    def sharpness(degrees: float) -> int:
        rows = _rows(small.rotate(degrees, Image.Resampling.BILINEAR))
        return sum((one - other) ** 2 for one, other in pairwise(rows))

    rough = max(_STEPS, key=sharpness)
    return ink.rotate(max((rough + each for each in _FINE_STEPS), key=sharpness), Image.Resampling.BICUBIC)


def _rows(ink: Image.Image) -> bytes:
    """Return how much ink each row has."""
    return ink.resize((1, ink.height), Image.Resampling.BOX).tobytes()


def _bands(ink: Image.Image) -> list[tuple[int, int]]:
    """Return where lines begin and end."""
    rows = _rows(ink)
    return [(top, bottom) for top, bottom in _spans(rows, _LINE_SHARE) if bottom - top >= _LOWEST_LINE]


def _spans(amounts: Sequence[int], share: float) -> list[tuple[int, int]]:
    """Return where amounts lie above a share of the way from the usual least to the most."""
    least = sorted(amounts)[len(amounts) // 10]
    limit = least + (max(amounts) - least) * share
    found, at = [], 0
    for is_above, group in groupby(amounts, key=lambda amount: amount > limit):
        length = len(list(group))
        if is_above:
            found.append((at, at + length))
        at += length
    return found


def _line(ink: Image.Image, top: int, bottom: int) -> Line:
    """Take one line apart; nothing where it has too few marks to be a zone's."""
    strip = ink.crop((0, top, ink.width, bottom)).filter(ImageFilter.BoxBlur((bottom - top) / 30))
    columns = strip.resize((strip.width, 1), Image.Resampling.BOX).tobytes()
    least = (bottom - top) // 8
    marks = [(left, right) for left, right in _spans(columns, _MARK_SHARE) if right - left >= least]
    if len(marks) < _FEWEST_MARKS:
        return ()
    found: list[Piece | Fillers] = []
    for is_filler, group in groupby(marks, key=lambda mark: _is_filler(strip, mark)):
        run = list(group)
        left, right = run[0][0], run[-1][1]
        found.append(Fillers(len(run)) if is_filler else Piece(left, top, right - left, bottom - top))
    return tuple(found)


_Mark: TypeAlias = tuple[int, int]


def _is_filler(strip: Image.Image, mark: _Mark) -> bool:
    """Tell whether a mark is ``<``: ink amid its left side and at both ends of its right, bare in between."""
    left, right = mark
    height = _inked_rows(strip.crop((left, 0, right, strip.height)))
    if height is None:
        return False
    shape = strip.crop((left, height[0], right, height[1])).resize((_SIDE, _SIDE), Image.Resampling.BOX)
    squares = shape.tobytes()
    most = max(squares) or 1

    def ink(columns: range, rows: range) -> float:
        amounts = [squares[row * _SIDE + column] for row in rows for column in columns]
        return max(amounts) / most

    start, end = range(3), range(_SIDE - 3, _SIDE)
    ends, middle = (range(2), range(_SIDE - 2, _SIDE)), range(_SIDE // 2 - 1, _SIDE // 2 + 1)
    is_open = ink(end, middle) < _BARE and all(ink(start, each) < _BARE for each in ends)
    return is_open and ink(start, middle) > _INKED and all(ink(end, each) > _INKED for each in ends)


def _inked_rows(mark: Image.Image) -> tuple[int, int] | None:
    """Return from which row to which a mark reaches."""
    spans = _spans(_rows(mark), _LINE_SHARE)
    return (spans[0][0], spans[-1][1]) if spans else None
