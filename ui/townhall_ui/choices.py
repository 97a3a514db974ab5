# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Choices as wide as the page: one touch goes on, or marks one of several, or marks many."""

import math
from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QPushButton, QRadioButton, QSizePolicy

from townhall_ui.buttons import ENTER_KEYS, paint_box
from townhall_ui.icons import Icon, draw_icon
from townhall_ui.look import Look, Style
from townhall_ui.screens import Choice
from townhall_ui.theme import TARGET_MM
from townhall_ui.typeset import Block, Setting

_PADDING_MM = 5.0
_MARK_MM = 9.0
_MARK_GAP_MM = 4.0


class ChoiceFace:
    """How a choice is measured and drawn, whatever kind of button it is."""

    def __init__(self, button: QAbstractButton, choice: Choice, look: Look, *, hint_style: Style = Style.SMALL) -> None:
        self._button, self._choice, self._look = button, choice, look
        is_foreign = bool(choice.language)
        self._settings = [Setting(choice.label, look, Style.STRONG, align=look.leading, is_foreign=is_foreign)]
        if choice.hint:
            self._settings.append(Setting(choice.hint, look, hint_style, align=look.leading))
        button.setText(choice.label)
        button.setObjectName(f"choice:{choice.id}")
        button.setAccessibleName(choice.label)
        button.setAccessibleDescription(choice.hint)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        button.setSizePolicy(policy)
        button.setMinimumHeight(look.px(TARGET_MM))

    def _around(self) -> int:
        return 2 * self._look.px(_PADDING_MM) + self._look.px(_MARK_MM + _MARK_GAP_MM)

    def blocks(self, width: float) -> list[Block]:
        """Label and hint as set in a button of this width."""
        return [setting.at(width - self._around()) for setting in self._settings]

    def height(self, width: int) -> int:
        """Pixels of height that a width needs."""
        return self._height_of(sum(block.height for block in self.blocks(width)))

    def _height_of(self, words: float) -> int:
        return max(math.ceil(words) + 2 * self._look.px(2), self._look.px(TARGET_MM))

    def hint_size(self) -> QSize:
        """The size with every text on one line."""
        width = max(setting.natural_width for setting in self._settings) + 1 + self._around()
        return QSize(width, self.height(width))

    def least_size(self) -> QSize:
        """The narrowest that breaks no word."""
        return self._least_size_of(self._settings)

    def _least_size_of(self, settings: Sequence[Setting]) -> QSize:
        word = max(setting.word_width for setting in settings)
        return QSize(word + 1 + self._around(), self._look.px(TARGET_MM))

    def words_place(self) -> QRectF:
        """Where label and hint stand in the button."""
        look, rect = self._look, QRectF(self._button.rect())
        mark = look.px(_MARK_MM + _MARK_GAP_MM)
        is_mark_left = self._button.isCheckable() != look.is_mirrored
        return rect.adjusted(
            look.px(_PADDING_MM) + (mark if is_mark_left else 0),
            0,
            -look.px(_PADDING_MM) - (0 if is_mark_left else mark),
            0,
        )

    def paint(self) -> None:
        """Draw the button."""
        painter = QPainter(self._button)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink, hint_ink = self._paint_ground(painter)
        place = self.words_place()
        blocks = self.blocks(self._button.width())
        top = (self._button.height() - sum(block.height for block in blocks)) / 2
        for block, role in zip(blocks, (ink, hint_ink), strict=False):
            painter.setPen(self._look.colour(role))
            block.draw(painter, QRectF(place.left(), top, place.width(), block.height))
            top += block.height
        self._paint_mark(painter, place, ink)
        painter.end()

    def _paint_ground(self, painter: QPainter) -> tuple[str, str]:
        button, area = self._button, QRectF(self._button.rect())
        if button.hasFocus():
            # A chosen one has a thick edge already: the focus shows by one twice as thick.
            edge_mm = 1.8 if button.isChecked() else 1.0
            paint_box(painter, area, self._look, fill="focus", edge="on_focus", edge_mm=edge_mm)
            return "on_focus", "on_focus"
        if not self._choice.is_available:
            paint_box(painter, area, self._look, fill="asleep", edge="asleep", edge_mm=0.4)
            return "on_asleep", "on_asleep"
        if button.isDown():
            paint_box(painter, area, self._look, fill="plain_tint", edge="plain", edge_mm=0.8)
        elif button.isChecked():
            paint_box(painter, area, self._look, fill="chosen", edge="primary", edge_mm=0.8)
        else:
            paint_box(painter, area, self._look, fill="page", edge="edge", edge_mm=0.4)
        return "ink", "muted"

    def _paint_mark(self, painter: QPainter, words: QRectF, ink: str) -> None:
        look, button = self._look, self._button
        if not button.isCheckable():
            if self._choice.is_available:
                colour = look.colour("primary" if ink == "ink" else ink)
                draw_icon(painter, Icon.FORWARD, self._mark_area(words), colour, mirrored=look.is_mirrored)
            return
        area = self._paint_box_of_mark(painter, words)
        side = area.width()
        if button.isChecked() and isinstance(button, QRadioButton):
            painter.setBrush(look.colour("ink"))
            painter.drawEllipse(area.adjusted(side / 4, side / 4, -side / 4, -side / 4))
        elif button.isChecked():
            draw_icon(painter, Icon.CHECK, area.adjusted(side / 8, side / 8, -side / 8, -side / 8), look.colour("ink"))

    def _mark_area(self, words: QRectF) -> QRectF:
        side, gap = float(self._look.px(_MARK_MM)), self._look.px(_MARK_GAP_MM)
        is_left = self._button.isCheckable() != self._look.is_mirrored
        left = words.left() - gap - side if is_left else words.right() + gap
        return QRectF(left, (self._button.height() - side) / 2, side, side)

    def _paint_box_of_mark(self, painter: QPainter, words: QRectF) -> QRectF:
        """The empty box or circle, and where it is."""
        look, area = self._look, self._mark_area(words)
        painter.setPen(QPen(look.colour("ink"), look.px(0.5)))
        painter.setBrush(look.colour("page"))
        if isinstance(self._button, QRadioButton):
            painter.drawEllipse(area)
        else:
            painter.drawRoundedRect(area, look.px(1), look.px(1))
        return area


def press_by_key(button: QAbstractButton, event: QKeyEvent) -> bool:
    """Enter marks a choice without a mark; with one it is the screen's, which goes on; whether it was used here."""
    if event.key() not in ENTER_KEYS or (button.isCheckable() and button.isChecked()):
        return False
    if not event.isAutoRepeat():
        button.click()
    return True


class ChoiceButton(QPushButton):
    """A choice that goes on at a touch, or, if checkable, one of many marks (role: check box)."""

    def __init__(self, choice: Choice, look: Look, *, is_mark: bool) -> None:
        super().__init__()
        self.choice = choice
        self.setCheckable(is_mark)
        self.setChecked(is_mark and choice.is_chosen)
        self.face = ChoiceFace(self, choice, look)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self.face.height(width)

    def sizeHint(self) -> QSize:
        return self.face.hint_size()

    def minimumSizeHint(self) -> QSize:
        return self.face.least_size()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if press_by_key(self, event):
            return
        if event.key() == Qt.Key.Key_Space:
            super().keyPressEvent(event)
        else:
            event.ignore()

    def paintEvent(self, _event: QPaintEvent) -> None:
        self.face.paint()


class RadioChoice(QRadioButton):
    """A choice that excludes the others (role: radio button); the one who builds the group keeps it exclusive."""

    def __init__(self, choice: Choice, look: Look) -> None:
        super().__init__()
        self.choice = choice
        # Qt's own exclusive groups leave all but one out of the Tab order.
        self.setAutoExclusive(False)
        self.setChecked(choice.is_chosen)
        self.face = ChoiceFace(self, choice, look)

    def hitButton(self, position: QPoint) -> bool:
        """The whole width answers, not the mark alone."""
        return self.rect().contains(position)

    def nextCheckState(self) -> None:
        """A second touch leaves the choice chosen."""
        self.setChecked(True)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self.face.height(width)

    def sizeHint(self) -> QSize:
        return self.face.hint_size()

    def minimumSizeHint(self) -> QSize:
        return self.face.least_size()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if press_by_key(self, event):
            return
        if event.key() == Qt.Key.Key_Space:
            super().keyPressEvent(event)
        else:
            event.ignore()

    def paintEvent(self, _event: QPaintEvent) -> None:
        self.face.paint()
