# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The band at the top: Back where lines start, where we are and how it stands, then ways, help and Stop."""

import enum
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from townhall_ui.buttons import Button, Kind
from townhall_ui.icons import Icon
from townhall_ui.look import Look, Style
from townhall_ui.screens import AskedForWays, CalledForHelp, Frame, Intent, Stopped, WentBack
from townhall_ui.words import Sign, Words

HEADER_MM = 20.0
LOW_HEADER_MM = 16.0


class _Told(enum.Enum):
    """How much the band tells beside its buttons, from much to little."""

    IN_LINES = enum.auto()
    IN_ONE = enum.auto()
    STEP_ALONE = enum.auto()
    NOTHING = enum.auto()


@dataclass(frozen=True, slots=True)
class _Dress:
    """One way to draw the buttons of the band."""

    kind: Kind = Kind.BAND
    wraps: bool = False
    has_words: bool = True  # on the buttons for ways and help: their signs and places stay
    has_exit_words: bool = True  # on Back and Stop: the last to go


_DRESSES = (
    _Dress(),
    _Dress(Kind.SMALL_BAND),
    _Dress(wraps=True),
    _Dress(Kind.SMALL_BAND, wraps=True),
    _Dress(Kind.SMALL_BAND, wraps=True, has_words=False),
    _Dress(Kind.SMALL_BAND, has_words=False, has_exit_words=False),
)
_TOLD_SHARE = 0.28
"""Of the band's width, kept for what it tells: so the buttons look the same whatever that is."""


class Header(QWidget):
    """The band; its buttons keep their places on every screen.

    Args:
        look: sizes, fonts and colours.
        frame: what it says.
        place: pixels of the band's width and height, and of the margins left and right of the page's column.
        send: takes what its buttons mean.
    """

    def __init__(self, look: Look, frame: Frame, place: tuple[int, int, int], send: Callable[[Intent], None]) -> None:
        super().__init__()
        self.look, self.measures = look, place
        width, height, margin = place
        self._width = width - 2 * margin
        self.setLayoutDirection(look.qt_direction)
        self.setFixedHeight(height)
        self.back = self._button("back", Icon.BACK, lambda: send(WentBack()))
        self.ways = self._button("ways", Icon.WAYS, lambda: send(AskedForWays()))
        self.help = self._button("help", Icon.HELP, lambda: send(CalledForHelp()))
        self.stop = self._button("stop", Icon.CLOSE, lambda: send(Stopped()))
        self._mode = Words("", look, Style.SMALL_BAND_STRONG, colour="on_mode")
        self._status = Words("", look, Style.SMALL_BAND, colour="on_band")
        self._step = Words("", look, Style.SMALL_BAND_STRONG, colour="band_soft")
        self._house = Sign(Icon.HOUSE, look, "band_soft", 9)
        self._frame: Frame | None = None
        self._fill(margin)
        self.show_frame(frame)

    @property
    def buttons(self) -> list[Button]:
        """The buttons in the order in which they stand."""
        return [self.back, self.ways, self.help, self.stop]

    def _button(self, name: str, icon: Icon, act: Callable[[], None]) -> Button:
        button = Button("", self.look, Kind.BAND, icon=icon)
        button.setObjectName(name)
        button.clicked.connect(act)
        return button

    def _fill(self, margin: int) -> None:
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(margin, 0, margin, 0)
        row.setSpacing(self.look.px(4))
        row.addWidget(self.back, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._house, 0, Qt.AlignmentFlag.AlignVCenter)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch(1)
        for line in self._lines:
            words.addWidget(line)
        words.addStretch(1)
        row.addLayout(words, 1)
        for button in (self.ways, self.help, self.stop):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)

    @property
    def _lines(self) -> tuple[Words, Words, Words]:
        return self._mode, self._status, self._step

    def show_frame(self, frame: Frame) -> None:
        """Say what ``frame`` says; a label that is None: no such button."""
        if frame == self._frame:
            return
        self._frame = frame
        for button, caption in self._captions(frame):
            button.setVisible(caption is not None)
        self._status.set_colour("on_mode" if frame.mode else "on_band")
        self._step.set_colour("on_mode" if frame.mode else "band_soft")
        self._house.set_colour("on_mode" if frame.mode else "band_soft")
        for dress in _DRESSES:
            self._dress(dress, frame)
            if self._tell(frame) and self._has_room():
                break
        self.update()

    def _captions(self, frame: Frame) -> list[tuple[Button, str | None]]:
        return list(zip(self.buttons, (frame.back, frame.ways, frame.help, frame.stop), strict=True))

    def _dress(self, dress: _Dress, frame: Frame) -> None:
        for button, caption in self._captions(frame):
            has_words = dress.has_exit_words if button in {self.back, self.stop} else dress.has_words
            button.set_kind(dress.kind)
            button.setText((caption or "") if has_words else "")
            button.setAccessibleName(caption or "")
            is_wrapped = dress.wraps and has_words
            button.setFixedWidth(
                button.narrowest(self.height() - self.look.px(1)) if is_wrapped else button.sizeHint().width()
            )

    def _has_room(self) -> bool:
        """Whether the buttons leave enough of the band; Back counts as wide as Stop on screens that have none."""
        shown = [button for button in self.buttons if not button.isHidden()]
        widths = [button.minimumWidth() for button in shown]
        widths += [self.stop.minimumWidth()] if self.back.isHidden() else []
        is_low = all(
            button.heightForWidth(button.minimumWidth()) <= self.height() - self.look.px(1) for button in shown
        )
        taken = sum(widths) + self._row.spacing() * len(widths)
        return is_low and self._width - taken >= self._width * _TOLD_SHARE

    def _tell(self, frame: Frame) -> bool:
        """Tell as much as there is room for; the house gives way before the words do. False: not even the mode fits."""
        taken = sum(part.minimumWidth() + self._row.spacing() for part in self.buttons if not part.isHidden())
        for told in _Told:
            for has_house in (True, False):
                house = self._house.width() + self._row.spacing() if has_house else 0
                self._say(told, frame)
                if self._fits(self._width - taken - house):
                    self._house.setVisible(has_house)
                    return True
        return False

    def _say(self, told: _Told, frame: Frame) -> None:
        match told:
            case _Told.IN_LINES:
                lines = (frame.mode, frame.status, frame.step)
            case _Told.IN_ONE:
                lines = (frame.mode, " · ".join(text for text in (frame.status, frame.step) if text), "")
            case _Told.STEP_ALONE:
                lines = (frame.mode, "", frame.step)
            case _Told.NOTHING:
                lines = (frame.mode, "", "")
        for words, text in zip(self._lines, lines, strict=True):
            words.setText(text)
            words.setVisible(bool(text))

    def _fits(self, width: int) -> bool:
        lines = [line for line in self._lines if line.text()]
        is_wide = all(line.minimumSizeHint().width() <= width for line in lines)
        return is_wide and sum(line.heightForWidth(width) for line in lines) <= self.height() - self.look.px(2)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        is_mode = self._frame is not None and bool(self._frame.mode)
        painter.fillRect(self.rect(), self.look.colour("mode" if is_mode else "band"))
