# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Words on a screen: running text, the heading, and notices that differ by shape, colour and word."""

import math

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFocusEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from townhall_ui.icons import Icon, draw_icon
from townhall_ui.look import Look, Style
from townhall_ui.screens import Tone
from townhall_ui.typeset import UNBOUNDED, Block, Setting

TONE_ICONS = {
    Tone.PLAIN: Icon.NOTICE,
    Tone.GOOD: Icon.GOOD,
    Tone.WARNING: Icon.WARNING,
    Tone.PROBLEM: Icon.PROBLEM,
}
TONE_COLOURS = {
    Tone.PLAIN: ("plain", "plain_tint"),
    Tone.GOOD: ("good", "good_tint"),
    Tone.WARNING: ("warning", "warning_tint"),
    Tone.PROBLEM: ("problem", "problem_tint"),
}


class Words(QLabel):
    """Plain text that wraps, in one style and colour; as wide as its place allows, as high as it needs."""

    def __init__(  # noqa: PLR0913 - one word a property of text
        self,
        text: str,
        look: Look,
        style: Style = Style.BODY,
        *,
        colour: str = "ink",
        align: Qt.AlignmentFlag | None = None,
        is_foreign: bool = False,
    ) -> None:
        super().__init__()
        self.look = look
        self._colour = look.colour(colour)
        self._setting = Setting("", look, style, align=align or look.leading, is_foreign=is_foreign)
        self._is_foreign = is_foreign
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(look.font(style))
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setText(text)

    def setText(self, text: str) -> None:
        old = self._setting
        self._setting = Setting(text, self.look, old.style, align=old.align, is_foreign=self._is_foreign)
        super().setText(text)

    def set_colour(self, role: str) -> None:
        """Write in another colour."""
        self._colour = self.look.colour(role)
        self.update()

    def block(self, width: float) -> Block:
        """The text set for ``width`` pixels."""
        return self._setting.at(width)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return math.ceil(self.block(width).height)

    def sizeHint(self) -> QSize:
        return QSize(self._setting.natural_width, math.ceil(self.block(UNBOUNDED).height))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._setting.word_width, math.ceil(self.look.pitch(self._setting.style)))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self._colour)
        self.block(self.width()).draw(painter, QRectF(self.rect()))


class Heading(Words):
    """The heading of a screen: has the focus when the screen appears, and says the whole screen to a screen reader."""

    def __init__(self, text: str, look: Look, style: Style = Style.HEADING, *, colour: str = "ink") -> None:
        super().__init__(text, look, style, colour=colour)
        self.setObjectName("heading")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._is_reached_by_key = False

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the focus only to those who move it: a screen that opens with a yellow heading alarms the others."""
        self._is_reached_by_key = event.reason() in {
            Qt.FocusReason.TabFocusReason,
            Qt.FocusReason.BacktabFocusReason,
        }
        super().focusInEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not (self.hasFocus() and self._is_reached_by_key):
            super().paintEvent(event)
            return
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.look.colour("focus"))
        edge = self.look.px(0.8)
        painter.fillRect(0, self.height() - edge, self.width(), edge, self.look.colour("on_focus"))
        painter.setPen(self.look.colour("on_focus"))
        self.block(self.width()).draw(painter, QRectF(self.rect()))


class Sign(QWidget):
    """An icon of a given size; says nothing to a screen reader, since the words beside it do."""

    def __init__(self, icon: Icon, look: Look, colour: str, side_mm: float) -> None:
        super().__init__()
        self._icon, self._look, self._colour = icon, look, look.colour(colour)
        self.setFixedSize(look.px(side_mm), look.px(side_mm))

    def set_colour(self, role: str) -> None:
        """Be drawn in another colour."""
        self._colour = self._look.colour(role)
        self.update()

    def sizeHint(self) -> QSize:
        return self.size()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        look = self._look
        area = QRectF(self.rect())
        draw_icon(painter, self._icon, area, self._colour, mirrored=look.is_mirrored, ground=look.colour("page"))


class Notice(QWidget):
    """A text in a tinted box with a sign: what is wrong, what to mind, what went well."""

    def __init__(self, text: str, look: Look, tone: Tone) -> None:
        super().__init__()
        self._look = look
        self._colour, self._tint = (look.colour(role) for role in TONE_COLOURS[tone])
        self.words = Words(text, look, Style.BODY if tone is Tone.PLAIN else Style.STRONG)
        row = QHBoxLayout(self)
        row.setContentsMargins(*(look.px(3 if side % 2 == 0 else 2) for side in range(4)))
        row.setSpacing(look.px(3))
        row.addWidget(Sign(TONE_ICONS[tone], look, TONE_COLOURS[tone][0], 9), alignment=Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.words, 1, Qt.AlignmentFlag.AlignVCenter)

    @property
    def text(self) -> str:
        """What the notice says."""
        return self.words.text()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(self._tint)
        painter.setPen(QPen(self._colour, self._look.px(0.4)))
        inset = self._look.px(0.4) / 2
        radius = self._look.px(1.2)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), radius, radius)
