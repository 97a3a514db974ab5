# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Text broken into lines, measured and drawn: nothing is ever cut off, no line is longer than people read with ease."""

import math
import unicodedata

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QTextLayout, QTextLine, QTextOption

from townhall_ui.look import Look, Style
from townhall_ui.theme import LINE_CHARACTERS

UNBOUNDED = 1 << 20
"""A width that no text reaches, for measuring it on one line."""
_SHIFTS = {Qt.AlignmentFlag.AlignRight: 1.0, Qt.AlignmentFlag.AlignHCenter: 0.5}


class Block:
    """A text set in one style for one width.

    A foreign text (a name, an address, a number) runs as its own first letter says, wherever the page begins.

    Attributes:
        height: pixels of all lines.
        natural_width: pixels of the longest line.
    """

    def __init__(  # noqa: PLR0913 - what, how and how wide
        self,
        text: str,
        look: Look,
        style: Style,
        width: float,
        *,
        align: Qt.AlignmentFlag,
        is_foreign: bool = False,
    ) -> None:
        self._pitch = look.pitch(style)
        self._layout = QTextLayout(text.replace("\n", "\u2028"), look.font(style))
        option = QTextOption(align | Qt.AlignmentFlag.AlignAbsolute)
        option.setTextDirection(own_direction(text, look) if is_foreign else look.qt_direction)
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self._layout.setTextOption(option)
        self._layout.setCacheEnabled(True)
        self._lines = self._break(max(width, 1.0), align)
        self.height = self._pitch * max(1, len(self._lines))
        self.natural_width = max((line.naturalTextWidth() for line in self._lines), default=0.0)

    def _break(self, width: float, align: Qt.AlignmentFlag) -> list[QTextLine]:
        lines: list[QTextLine] = []
        capital = self._layout.font().pixelSize() * 0.714
        self._layout.beginLayout()
        while (line := self._layout.createLine()).isValid():
            room = self._fit(line, width)
            baseline = self._pitch * len(lines) + (self._pitch + capital) / 2
            line.setPosition(QPointF((width - room) * _SHIFTS.get(align, 0.0), baseline - line.ascent()))
            lines.append(line)
        self._layout.endLayout()
        return lines

    def _fit(self, line: QTextLine, width: float) -> float:
        """Break the line at ``width``, or narrower where it would have too many signs; the width taken."""
        line.setLineWidth(width)
        while width < UNBOUNDED and len(self._text_of(line).rstrip()) > LINE_CHARACTERS:
            width *= 0.96
            line.setLineWidth(width)
        return width

    def _text_of(self, line: QTextLine) -> str:
        return self._layout.text()[line.textStart() : line.textStart() + line.textLength()]

    @property
    def text(self) -> str:
        """The text that was set."""
        return self._layout.text()

    @property
    def font(self) -> QFont:
        """The font of the text."""
        return self._layout.font()

    @property
    def lines(self) -> tuple[str, ...]:
        """The text of each line."""
        return tuple(self._text_of(line).rstrip() for line in self._lines)

    def draw(self, painter: QPainter, area: QRectF) -> None:
        """Draw with the painter's pen, centred from top to bottom of ``area``, which has the block's width."""
        top = area.top() + (area.height() - self.height) / 2
        self._layout.draw(painter, QPointF(area.left(), top))


def own_direction(text: str, look: Look) -> Qt.LayoutDirection:
    """The direction of the first letter that has one; the page's where none has."""
    for sign in text:
        kind = unicodedata.bidirectional(sign)
        if kind in {"R", "AL"}:
            return Qt.LayoutDirection.RightToLeft
        if kind == "L":
            return Qt.LayoutDirection.LeftToRight
    return look.qt_direction


class Setting:
    """A text with its style and side: set anew only for a width that it was not set for yet.

    It is dropped with its widget, so that no text outlives the screen it stood on.
    """

    def __init__(
        self, text: str, look: Look, style: Style, *, align: Qt.AlignmentFlag, is_foreign: bool = False
    ) -> None:
        self.text, self.look, self.style, self.align = text, look, style, align
        self._is_foreign = is_foreign
        self._blocks: dict[float, Block] = {}
        self._word_width: int | None = None

    def at(self, width: float) -> Block:
        """The text set for ``width`` pixels."""
        if width not in self._blocks:
            self._blocks[width] = Block(
                self.text, self.look, self.style, width, align=self.align, is_foreign=self._is_foreign
            )
        return self._blocks[width]

    @property
    def natural_width(self) -> int:
        """Whole pixels that the text needs on one line."""
        return math.ceil(self.at(UNBOUNDED).natural_width) + 1

    @property
    def word_width(self) -> int:
        """Whole pixels of the longest word: narrower than this, a word would be broken."""
        if self._word_width is None:
            words = self.text.split()
            longest = [natural_width(word, self.look, self.style) for word in words] if len(words) > 1 else []
            self._word_width = math.ceil(max(longest)) + 1 if longest else self.natural_width
        return self._word_width


def natural_width(text: str, look: Look, style: Style) -> float:
    """Pixels that ``text`` takes on one line."""
    return Block(text, look, style, UNBOUNDED, align=Qt.AlignmentFlag.AlignLeft).natural_width
