# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Text broken into lines, measured and drawn: nothing is ever cut off, no line is longer than people read with ease."""

import unicodedata

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QTextLayout, QTextLine, QTextOption

from townhall_ui.look import Look, Style
from townhall_ui.theme import LINE_CHARACTERS

UNBOUNDED = 1 << 20
"""A width that no text reaches, for measuring it on one line."""


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
        self._lines = self._break(max(width, 1.0))
        self.height = self._pitch * max(1, len(self._lines))
        self.natural_width = max((line.naturalTextWidth() for line in self._lines), default=0.0)

    def _break(self, width: float) -> list[QTextLine]:
        lines: list[QTextLine] = []
        capital = self._layout.font().pixelSize() * 0.714
        self._layout.beginLayout()
        while (line := self._layout.createLine()).isValid():
            line.setLineWidth(width)
            if width < UNBOUNDED and line.textLength() > LINE_CHARACTERS:
                line.setNumColumns(self._last_break(line.textStart()), width)
            baseline = self._pitch * len(lines) + (self._pitch + capital) / 2
            line.setPosition(QPointF(0, baseline - line.ascent()))
            lines.append(line)
        self._layout.endLayout()
        return lines

    def _last_break(self, start: int) -> int:
        """How many signs from ``start`` end with the last space that a line of reading length has."""
        space = self._layout.text().rfind(" ", start, start + LINE_CHARACTERS)
        return space - start + 1 if space > start else LINE_CHARACTERS

    @property
    def lines(self) -> tuple[str, ...]:
        """The text of each line."""
        text = self._layout.text()
        return tuple(text[line.textStart() : line.textStart() + line.textLength()] for line in self._lines)

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


def natural_width(text: str, look: Look, style: Style) -> float:
    """Pixels that ``text`` takes on one line."""
    return Block(text, look, style, UNBOUNDED, align=Qt.AlignmentFlag.AlignLeft).natural_width


def longest_word_width(text: str, look: Look, style: Style) -> float:
    """Pixels of the longest word: narrower than this, a word would be broken."""
    return max((natural_width(word, look, style) for word in text.split()), default=0.0)
