# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A theme made usable for one screen: fonts, colours and pixels for its direction and density."""

import enum
import functools
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
    SMALL = (0.78, 0.78, 0.78, 0.78, False)
    SMALL_STRONG = (0.78, 0.78, 0.78, 0.78, True)
    BUTTON = (1.0, 1.0, 0.88, 0.88, True)
    KEY = (1.1, 1.1, 1.1, 1.1, False)
    DIGIT = (1.5, 1.5, 1.5, 1.5, True)
    NUMBER = (2.0, 1.7, 1.36, 1.2, True)
    COUNTDOWN = (6.0, 5.0, 4.0, 3.0, True)


# Short lines and few of them: their pitch may be smaller, as a share of the font's size.
_TIGHTER = {Style.HERO: 0.1, Style.TITLE: 0.1, Style.HEADING: 0.1, Style.SMALL: 0.13, Style.SMALL_STRONG: 0.13}


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
        font_id = QFontDatabase.addApplicationFont(str(file))
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
    """What a widget needs to draw itself: sizes in pixels, fonts, colours, direction."""

    theme: Theme
    direction: Direction = Direction.LEFT_TO_RIGHT
    density: Density = Density.ROOMY

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
    font.setPixelSize(round(theme.text_size.value * shares[density] / theme.mm(1) / _capital_share(families)))
    font.setWeight(QFont.Weight.Bold if is_bold else QFont.Weight.Normal)
    return font
