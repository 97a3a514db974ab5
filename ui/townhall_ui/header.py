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
LOW_HEADER_MM = 16.0


class Header(QWidget):
    """The band; its buttons keep their places on every screen.

    Args:
        look: sizes, fonts and colours.
        frame: what it says.
        place: pixels of the band's width and height, and of the margins left and right of the page's column.
        send: takes ``WentBack`` and ``Stopped``.
    """

    def __init__(self, look: Look, frame: Frame, place: tuple[int, int, int], send: Callable[[Intent], None]) -> None:
        super().__init__()
        width, height, margin = place
        self._width = width - 2 * margin
        self._look = look
        self.setLayoutDirection(look.qt_direction)
        self.setFixedHeight(height)
        self.back = self._button("back", Icon.BACK)
        self.back.clicked.connect(lambda: send(WentBack()))
        self.stop = self._button("stop", Icon.CLOSE)
        self.stop.clicked.connect(lambda: send(Stopped()))
        self._status = Words("", look, Style.SMALL, colour="on_band")
        self._step = Words("", look, Style.SMALL_STRONG, colour="band_soft")
        self._house = Sign(Icon.HOUSE, look, "band_soft", 9)
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(margin, 0, margin, 0)
        row.setSpacing(look.px(5))
        row.addWidget(self.back, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._house, 0, Qt.AlignmentFlag.AlignVCenter)
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
        self._house.setVisible(True)
        self._say(frame.status, frame.step)
        if self._overhang() > 0:
            self._say(" · ".join(text for text in (frame.status, frame.step) if text), "")
        if self._overhang() > 0:
            self._house.setVisible(False)

    def _say(self, status: str, step: str) -> None:
        for words, text in ((self._status, status), (self._step, step)):
            words.setText(text)
            words.setVisible(bool(text))

    def _overhang(self) -> int:
        """Pixels by which the words would stand over the band."""
        beside = [part for part in (self.back, self._house, self.stop) if not part.isHidden()]
        taken = sum(part.sizeHint().width() + self._row.spacing() for part in beside)
        width = self._width - taken
        height = sum(part.heightForWidth(width) for part in (self._status, self._step) if part.text())
        return height - self.height()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._look.colour("band"))
