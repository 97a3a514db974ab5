# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Sizes in millimetres, colours by role, and which fonts: what a screen looks like, as data."""

import enum
import math
from dataclasses import asdict, dataclass
from pathlib import Path

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
class Palette:
    """Colours by role, each ``#rrggbb``; a contrast mode is one of these."""

    page: str = "#ffffff"
    ink: str = "#0b0c0c"
    muted: str = "#3f474d"  # running text of lesser weight
    surface: str = "#eef2f4"  # panels, trays of keys
    edge: str = "#667078"  # the line around a control
    rule: str = "#cfd6da"  # lines that only decorate
    band: str = "#10344a"
    on_band: str = "#ffffff"
    band_soft: str = "#c9dbe6"  # lesser text on the band
    primary: str = "#005a30"
    primary_deep: str = "#003a1f"
    on_primary: str = "#ffffff"
    focus: str = "#ffdd00"
    on_focus: str = "#0b0c0c"
    asleep: str = "#dde3e7"  # a control that cannot be used now
    on_asleep: str = "#4b545b"
    chosen: str = "#e3f0e9"
    plain_tint: str = "#e8f0f5"
    good: str = "#005a30"
    good_tint: str = "#e3f0e9"
    warning: str = "#7a4100"
    warning_tint: str = "#fff2d6"
    problem: str = "#8a0f14"
    problem_tint: str = "#fdecec"

    def roles(self) -> dict[str, str]:
        """Each role and its colour."""
        return asdict(self)


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
    palette: Palette = Palette()
    text_size: TextSize = TextSize.SECOND

    def __hash__(self) -> int:
        """Over what tells themes apart most: widgets look their fonts up by theme all the time."""
        return hash((self.ppi, self.text_size.value))

    def px(self, mm: float) -> int:
        """Pixels that are at least ``mm`` long."""
        return math.ceil(mm * self.ppi / MM_PER_INCH)

    def mm(self, px: float) -> float:
        """Millimetres that ``px`` pixels take on this panel."""
        return px * MM_PER_INCH / self.ppi
