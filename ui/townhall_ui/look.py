# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A theme made usable for one screen: fonts, colours and pixels for its direction and density."""

import enum
import functools
import math
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetricsF

from townhall_ui.errors import FontUnreadableError
from townhall_ui.screens import Direction
from townhall_ui.theme import Theme

_PROBE_PX = 1000


class Style(enum.Enum):
    """Kinds of text: height over running text (one figure a density, from roomy), and whether it is bold."""

    HERO = (2.8, 2.2, 1.8, 1.4, True)
    TITLE = (2.0, 1.6, 1.4, 1.2, True)
    HEADING = (1.36, 1.12, 1.0, 0.78, True)
    BODY = (1.0, 1.0, 0.78, 0.78, False)
    STRONG = (1.0, 1.0, 0.78, 0.78, True)
    SENTENCE = (1.0, 1.0, 1.0, 1.0, False)
    SMALL = (0.78, 0.78, 0.78, 0.78, False)
    SMALL_STRONG = (0.78, 0.78, 0.78, 0.78, True)
    BUTTON = (1.0, 1.0, 0.88, 0.88, True)
    BAND = (1.0, 1.0, 1.0, 1.0, True)
    SMALL_BAND = (0.8, 0.8, 0.8, 0.8, False)
    SMALL_BAND_STRONG = (0.8, 0.8, 0.8, 0.8, True)
    KEY = (1.1, 1.1, 1.1, 1.1, False)
    KEY_WORD = (0.79, 0.79, 0.79, 0.79, False)
    KEY_WORD_STRONG = (0.79, 0.79, 0.79, 0.79, True)
    DIGIT = (1.5, 1.5, 1.5, 1.5, True)
    NUMBER = (2.0, 1.7, 1.36, 1.2, True)
    COUNTDOWN = (6.0, 5.0, 4.0, 3.0, True)


_BAND_STYLES = (Style.BAND, Style.SMALL_BAND, Style.SMALL_BAND_STRONG)
_BOUNDS_MM = {
    **dict.fromkeys(_BAND_STYLES, (3.5, 5.0)),
    **dict.fromkeys((Style.KEY_WORD, Style.KEY_WORD_STRONG), (3.5, 4.3)),
    Style.KEY: (3.5, 6.0),
    Style.DIGIT: (3.5, 8.7),
}
"""Capitals in the band and on keys: those keep their places whatever the size of the page's text."""
_LEAST_MM = 3.5
"""No capital is lower, whatever the size and however tight the screen is set (VVSG 2.0, 7.1-G)."""

# Short lines and few of them: their pitch may be smaller, as a share of the font's size.
_TIGHTER = {Style.HERO: 0.1, Style.TITLE: 0.1, Style.HEADING: 0.1, Style.SMALL: 0.13, Style.SMALL_STRONG: 0.13}
_TIGHTER |= dict.fromkeys(_BAND_STYLES, 0.13)


class Density(enum.IntEnum):
    """How tightly a screen is set; the window takes the first that leaves nothing out."""

    ROOMY = 0
    DENSE = 1
    DENSER = 2
    DENSEST = 3


@functools.cache
def load_fonts(files: tuple[Path, ...]) -> tuple[str, ...]:
    """The families in ``files``, in their order, known to Qt from now on.

    Raises:
        FontUnreadableError: a file is missing or is no font.
    """
    families: list[str] = []
    for file in files:
        # From memory: Qt opens a font's file anew whenever it draws, and a locked visit opens none.
        font_id = QFontDatabase.addApplicationFontFromData(file.read_bytes()) if file.is_file() else -1
        if font_id < 0:
            raise FontUnreadableError(file.name)
        families.extend(name for name in QFontDatabase.applicationFontFamilies(font_id) if name not in families)
    return tuple(families)


@functools.cache
def _capital_share(families: tuple[str, ...]) -> float:
    font = QFont()
    font.setFamilies(list(families))
    font.setPixelSize(_PROBE_PX)
    return QFontMetricsF(font).capHeight() / _PROBE_PX


@dataclass(frozen=True, slots=True)
class Look:
    """What a widget needs to draw itself: sizes in pixels, fonts, colours, direction.

    Attributes:
        is_folded: whether a question and its keyboard take turns, because both have no room at once.
    """

    theme: Theme
    direction: Direction = Direction.LEFT_TO_RIGHT
    density: Density = Density.ROOMY
    is_folded: bool = False

    def px(self, mm: float) -> int:
        """Pixels at least ``mm`` long."""
        return self.theme.px(mm)

    def space(self, mm: float) -> int:
        """Pixels of white space that is ``mm`` on a roomy screen and less on a dense one."""
        return self.theme.px(mm * (1.0, 0.7, 0.45, 0.3)[self.density])

    def colour(self, role: str) -> QColor:
        """The colour of a role of the palette.

        Raises:
            KeyError: the palette has no such role.
        """
        return _colours(self.theme)[role]

    def font(self, style: Style) -> QFont:
        """The font of a style, its capitals as high as the text size says."""
        return _font(self.theme, style, self.density)

    def pitch(self, style: Style) -> float:
        """Pixels from one line of a style to the next."""
        em = self.font(style).pixelSize()
        # Arabic letters reach higher and lower than Latin capitals.
        share = 1.55 if self.direction is Direction.RIGHT_TO_LEFT else 1.32
        return em * (share - _TIGHTER.get(style, 0.0))

    @property
    def is_mirrored(self) -> bool:
        """Whether lines start on the right."""
        return self.direction is Direction.RIGHT_TO_LEFT

    @property
    def qt_direction(self) -> Qt.LayoutDirection:
        """The direction as Qt says it."""
        return Qt.LayoutDirection.RightToLeft if self.is_mirrored else Qt.LayoutDirection.LeftToRight

    @property
    def leading(self) -> Qt.AlignmentFlag:
        """The side where lines start; absolute, so that Latin names stand right in an Arabic page."""
        return Qt.AlignmentFlag.AlignRight if self.is_mirrored else Qt.AlignmentFlag.AlignLeft


@functools.lru_cache(maxsize=8)
def _colours(theme: Theme) -> dict[str, QColor]:
    palette = theme.palette
    return {role: QColor(value) for role, value in palette.roles().items()}


@functools.lru_cache(maxsize=256)
def _font(theme: Theme, style: Style, density: Density) -> QFont:
    families = load_fonts(tuple(theme.fonts))
    *shares, is_bold = style.value
    font = QFont()
    font.setFamilies(list(families))
    height_mm = theme.text_size.value * shares[density]
    least, most = _BOUNDS_MM.get(style, (_LEAST_MM, math.inf))
    height_mm = min(max(height_mm, least), most)
    font.setPixelSize(round(height_mm / theme.mm(1) / _capital_share(families)))
    font.setWeight(QFont.Weight.Bold if is_bold else QFont.Weight.Normal)
    return font
