# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The band at the top: Back where lines start, where we are and how it stands, Stop where lines end."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from townhall_ui.buttons import Button, Kind
from townhall_ui.icons import Icon
from townhall_ui.look import Look, Style
from townhall_ui.screens import Frame, Intent, Stopped, WentBack
from townhall_ui.words import Sign, Words

HEADER_MM = 20.0


class Header(QWidget):
    """The band; its buttons keep their places on every screen.

    Args:
        look: sizes, fonts and colours.
        frame: what it says.
        margin: pixels left and right of the page's column.
        send: takes ``WentBack`` and ``Stopped``.
    """

    def __init__(self, look: Look, frame: Frame, margin: int, send: Callable[[Intent], None]) -> None:
        super().__init__()
        self._look = look
        self.setLayoutDirection(look.qt_direction)
        self.setFixedHeight(look.px(HEADER_MM))
        self.back = self._button("back", Icon.BACK)
        self.back.clicked.connect(lambda: send(WentBack()))
        self.stop = self._button("stop", Icon.CLOSE)
        self.stop.clicked.connect(lambda: send(Stopped()))
        self._status = Words("", look, Style.SMALL, colour="on_band")
        self._step = Words("", look, Style.SMALL_STRONG, colour="band_soft")
        row = QHBoxLayout(self)
        row.setContentsMargins(margin, 0, margin, 0)
        row.setSpacing(look.px(5))
        row.addWidget(self.back, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(Sign(Icon.HOUSE, look, "band_soft", 9), 0, Qt.AlignmentFlag.AlignVCenter)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch(1)
        words.addWidget(self._status)
        words.addWidget(self._step)
        words.addStretch(1)
        row.addLayout(words, 1)
        row.addWidget(self.stop, 0, Qt.AlignmentFlag.AlignVCenter)
        self.show_frame(frame)

    def _button(self, name: str, icon: Icon) -> Button:
        button = Button("", self._look, Kind.BAND, icon=icon)
        button.setObjectName(name)
        return button

    def show_frame(self, frame: Frame) -> None:
        """Say what ``frame`` says; a label that is None: no such button."""
        for button, caption in ((self.back, frame.back), (self.stop, frame.stop)):
            button.set_caption(caption or "")
            button.setVisible(caption is not None)
        for words, text in ((self._status, frame.status), (self._step, frame.step)):
            words.setText(text)
            words.setVisible(bool(text))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._look.colour("band"))
