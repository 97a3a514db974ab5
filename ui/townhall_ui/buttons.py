# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Buttons: drawn by role, wrapping their words, never smaller than a finger, with a focus nobody overlooks."""

import enum
import math
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QPushButton, QSizePolicy

from townhall_ui.icons import Icon, draw_icon
from townhall_ui.look import Look, Style
from townhall_ui.theme import PRIMARY_MM, TARGET_MM
from townhall_ui.typeset import Block, Setting

ENTER_KEYS = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter})


@dataclass(frozen=True, slots=True)
class Face:
    """How one kind of button looks: roles of colours, its style of text and its least height."""

    fill: str
    ink: str
    edge: str
    pressed: str
    style: Style
    height_mm: float
    width_mm: float
    padding_mm: float


class Kind(enum.Enum):
    """What a button is for."""

    PRIMARY = Face("primary", "on_primary", "primary_deep", "primary_deep", Style.BUTTON, PRIMARY_MM, 44, 7)
    SECONDARY = Face("page", "ink", "edge", "surface", Style.BUTTON, TARGET_MM, 24, 5)
    ACTION = Face("page", "ink", "edge", "surface", Style.SMALL_STRONG, TARGET_MM, 24, 4)
    TOOL = Face("page", "ink", "edge", "surface", Style.SMALL_STRONG, TARGET_MM, TARGET_MM, 2.5)
    BAND = Face("band", "on_band", "band_soft", "band_deep", Style.BAND, TARGET_MM, 24, 4)
    SMALL_BAND = Face("band", "on_band", "band_soft", "band_deep", Style.SMALL_BAND_STRONG, TARGET_MM, TARGET_MM, 3)
    KEY = Face("page", "ink", "edge", "plain_tint", Style.KEY, TARGET_MM, TARGET_MM, 0.5)
    WORD_KEY = Face("page", "ink", "edge", "plain_tint", Style.KEY_WORD, PRIMARY_MM, TARGET_MM, 2.5)
    DIGIT = Face("page", "ink", "edge", "plain_tint", Style.DIGIT, PRIMARY_MM, PRIMARY_MM, 0.5)
    WORD_DIGIT = Face("surface", "ink", "edge", "plain_tint", Style.KEY_WORD_STRONG, PRIMARY_MM, PRIMARY_MM, 0.5)


class Button(QPushButton):
    """A push button with words, a sign, or both; Enter presses it as Space does.

    Args:
        caption: the words on it; empty where the sign stands alone.
        look: sizes, fonts and colours.
        kind: what it is for.
        icon: a sign before the words.
        name: what a screen reader says where that differs from the caption; needed where the caption is empty.
    """

    def __init__(self, caption: str, look: Look, kind: Kind, *, icon: Icon | None = None, name: str = "") -> None:
        super().__init__()
        self.look, self.kind, self.icon_sign = look, kind, icon
        self.setText(caption)
        self.is_icon_last = False
        self.setAccessibleName(name or caption)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMinimumSize(look.px(kind.value.width_mm), look.px(kind.value.height_mm))

    def setText(self, text: str) -> None:
        align = self.look.leading if self.icon_sign is not None else Qt.AlignmentFlag.AlignHCenter
        self._setting = Setting(text, self.look, self.kind.value.style, align=align)
        super().setText(text)

    def setEnabled(self, is_enabled: bool) -> None:  # noqa: FBT001 - Qt's signature
        super().setEnabled(is_enabled)
        # Whoever touches a sleeping button is there: the touch goes to the window behind it.
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents, not is_enabled)

    def set_kind(self, kind: Kind) -> None:
        """Be drawn as another kind, at least as large as that asks for."""
        self.setMinimumSize(self.look.px(kind.value.width_mm), self.look.px(kind.value.height_mm))
        if kind is not self.kind:
            self.kind = kind
            self.setText(self.text())

    def narrowest(self, height: int) -> int:
        """The least width at which the words, unbroken, fit the height; the whole line's where none does."""
        widest, least = self.sizeHint().width(), self.minimumSizeHint().width()
        fitting = [width for width in range(least, widest, 8) if self.heightForWidth(width) <= height]
        return fitting[0] if fitting else widest

    def set_caption(self, caption: str) -> None:
        """Say something else."""
        if caption != self.text():
            self.setText(caption)
            self.setAccessibleName(caption)

    def _icon_space(self) -> int:
        if self.icon_sign is None:
            return 0
        return self.look.px(7) + (self.look.px(2.5) if self.text() else 0)

    def _around(self) -> int:
        return 2 * self.look.px(self.kind.value.padding_mm) + self._icon_space()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        height = self._setting.at(width - self._around()).height if self.text() else 0
        # Two lines of words have room on a key.
        edge = self.look.px(0.5 if self.kind is Kind.WORD_KEY else 1.5)
        return max(math.ceil(height) + 2 * edge, self.minimumHeight())

    def sizeHint(self) -> QSize:
        return self._size(self._setting.natural_width)

    def minimumSizeHint(self) -> QSize:
        return self._size(self._setting.word_width)

    def _size(self, words_width: int) -> QSize:
        width = (words_width + 1 if self.text() else 0) + self._around()
        return QSize(max(width, self.minimumWidth()), self.minimumHeight())

    def words_block(self) -> tuple[Block, QRectF]:
        """The caption as set, and the place it has."""
        place = QRectF(self.rect()).adjusted(
            self.look.px(self.kind.value.padding_mm), 0, -self.look.px(self.kind.value.padding_mm), 0
        )
        room = place.width() - self._icon_space()
        block = self._setting.at(room)
        if self.icon_sign is not None:
            spare = max(0.0, room - block.natural_width)
            room -= spare
            start = place.left() + spare / 2
            if self.is_icon_last == self.look.is_mirrored:
                start += self._icon_space()
            return self._setting.at(room + 1), QRectF(start, 0, room + 1, self.height())
        return block, QRectF(place.left(), 0, room, self.height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses the button; what a button does not know goes on to the screen."""
        if event.key() in ENTER_KEYS:
            if not event.isAutoRepeat():
                self.click()
        elif event.key() == Qt.Key.Key_Space:
            super().keyPressEvent(event)
        else:
            event.ignore()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ink = self._paint_ground(painter)
        if self.isDown():
            painter.translate(0, self.look.px(0.3))
        painter.setPen(self.look.colour(ink))
        block, place = self.words_block()
        if self.icon_sign is not None:
            draw_icon(
                painter, self.icon_sign, self._icon_place(place), self.look.colour(ink), mirrored=self.look.is_mirrored
            )
        if self.text():
            block.draw(painter, place)

    def _icon_place(self, words: QRectF) -> QRectF:
        side = float(self.look.px(7))
        if not self.text():
            return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)
        gap = self.look.px(2.5)
        left = words.right() + gap if self.is_icon_last != self.look.is_mirrored else words.left() - gap - side
        return QRectF(left, (self.height() - side) / 2, side, side)

    def _paint_ground(self, painter: QPainter) -> str:
        """Fill and edge by state; the role of the ink that goes on it."""
        face, look = self.kind.value, self.look
        fill, ink, edge, edge_mm = face.fill, face.ink, face.edge, 0.4
        if not self.isEnabled():
            fill, ink, edge = "asleep", "on_asleep", "asleep"
        elif self.hasFocus():
            fill, ink, edge, edge_mm = "focus", "on_focus", "on_focus", 1.0
        elif self.isDown():
            fill = face.pressed
        elif self.isChecked():
            fill, ink, edge = "plain", "on_plain", "plain"
        paint_box(painter, QRectF(self.rect()), look, fill=fill, edge=edge, edge_mm=edge_mm)
        return ink


def paint_box(  # noqa: PLR0913 - three words on where, three on what
    painter: QPainter, area: QRectF, look: Look, *, fill: str, edge: str, edge_mm: float
) -> None:
    """A box with round corners and an edge that lies inside it."""
    thickness = look.px(edge_mm)
    painter.setBrush(look.colour(fill))
    painter.setPen(QPen(look.colour(edge), thickness))
    inset = thickness / 2
    radius = look.px(1.4)
    painter.drawRoundedRect(area.adjusted(inset, inset, -inset, -inset), radius, radius)
