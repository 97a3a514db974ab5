# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Sizes in millimetres, colours by role, and which fonts: what a screen looks like, as data."""

import enum
import math
from dataclasses import dataclass
from pathlib import Path

from townhall_ui.palettes import Contrast, Palette

__all__ = [
    "GAP_MM",
    "LINE_CHARACTERS",
    "MM_PER_INCH",
    "PRIMARY_MM",
    "TARGET_MM",
    "Contrast",
    "Palette",
    "TextSize",
    "Theme",
]

MM_PER_INCH = 25.4

TARGET_MM = 15.0
"""The smallest thing to touch."""
PRIMARY_MM = 20.0
"""The primary button and the keys of a PIN or number pad."""
GAP_MM = 4.0
"""Between two things to touch."""
LINE_CHARACTERS = 60
"""The longest line of running text."""


class TextSize(enum.Enum):
    """Height of capital letters in running text, in millimetres."""

    FIRST = 3.9
    SECOND = 5.0
    THIRD = 6.6
    FOURTH = 8.7


@dataclass(frozen=True, slots=True)
class Theme:
    """How the window looks on one panel.

    Args:
        ppi: the panel's pixels an inch as measured on the glass. With a scale factor set in Qt: device-independent
            pixels an inch.
        fonts: files of the fonts to use; the first family leads, the others fill the letters it lacks.
        palette: the contrast mode.
        text_size: one of the four sizes.
    """

    ppi: float
    fonts: tuple[Path, ...]
    palette: Palette = Contrast.DEFAULT.value
    text_size: TextSize = TextSize.SECOND

    def __hash__(self) -> int:
        """Over what tells themes apart most: widgets look their fonts up by theme all the time."""
        return hash((self.ppi, self.text_size.value, self.palette.page, self.palette.ink))

    def px(self, mm: float) -> int:
        """Pixels that are at least ``mm`` long."""
        return math.ceil(mm * self.ppi / MM_PER_INCH)

    def mm(self, px: float) -> float:
        """Millimetres that ``px`` pixels take on this panel."""
        return px * MM_PER_INCH / self.ppi
