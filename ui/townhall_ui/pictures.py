# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Drawings beside the text: put the card in, take it out, take the slip, done, stopped, somebody comes to help."""

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from townhall_ui.errors import ScreenMalformedError
from townhall_ui.look import Look
from townhall_ui.screens import Picture, Portrait

GRID = QSize(240, 200)
"""The drawings' own units."""


class Drawing(QWidget):
    """One of the drawings, as large as its place; decoration to a screen reader, since the words say the same."""

    def __init__(self, picture: Picture, look: Look, width_mm: float) -> None:
        super().__init__()
        self._picture, self._look = picture, look
        width = look.px(width_mm)
        self.setFixedSize(width, width * GRID.height() // GRID.width())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        mirror = -1 if self._look.is_mirrored else 1
        painter.translate(self.width() / 2, self.height() / 2)
        scale = self.width() / GRID.width()
        painter.scale(scale * mirror, scale)
        painter.translate(-GRID.width() / 2, -GRID.height() / 2)
        _PAINTERS[self._picture](painter, self._look)


class DescribedPicture(QWidget):
    """A picture made elsewhere (a QR code, a page) with a description for those who cannot see it."""

    def __init__(self, pixmap: QPixmap, description: str, side: int) -> None:
        super().__init__()
        self._pixmap = pixmap
        self.setAccessibleName(description)
        self.setFixedSize(side, side)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        # Modules of a code stay sharp: no smoothing.
        painter.drawPixmap(self.rect(), self._pixmap)


class PortraitPicture(QWidget):
    """Somebody's picture as unpacked pixels, in a frame; as large as fits, its sides as they are."""

    def __init__(self, portrait: Portrait, look: Look, most: QSize) -> None:
        super().__init__()
        if min(portrait.width, portrait.height) < 1 or len(portrait.rgb) != 3 * portrait.width * portrait.height:
            raise ScreenMalformedError("a portrait without all its pixels")
        self._portrait, self._look = portrait, look
        self.setObjectName("portrait")
        self.setAccessibleName(portrait.description)
        size = QSize(portrait.width, portrait.height).scaled(most, Qt.AspectRatioMode.KeepAspectRatio)
        self.setFixedSize(size.expandedTo(QSize(1, 1)))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """From the pixels each time: no copy of a face stays in a cache of the window's."""
        shown = self._portrait
        image = QImage(shown.rgb, shown.width, shown.height, 3 * shown.width, QImage.Format.Format_RGB888)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(self.rect(), image)
        painter.setPen(QPen(self._look.colour("edge"), self._look.px(0.4)))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))


def _pen(colour: QColor, width: float) -> QPen:
    return QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)


def _backdrop(painter: QPainter, look: Look) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.colour("plain_tint"))
    painter.drawEllipse(QPointF(120, 100), 98, 98)


def _card(painter: QPainter, look: Look, centre: QPointF) -> None:
    """An identity card seen from above, its chip toward the reader."""
    card = QRectF(centre.x() - 58, centre.y() - 37, 116, 74)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(11, 12, 12, 40))
    painter.drawRoundedRect(card.translated(0, 4), 8, 8)
    painter.setBrush(look.colour("page"))
    painter.setPen(_pen(look.colour("plain"), 3))
    painter.drawRoundedRect(card, 8, 8)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("#7fa8bf"))
    painter.drawEllipse(QPointF(card.right() - 26, card.top() + 25), 9, 9)
    painter.drawChord(QRectF(card.right() - 43, card.top() + 37, 34, 36), 0, 180 * 16)
    painter.setPen(_pen(QColor("#7fa8bf"), 4))
    for line, length in ((16, 34), (58, 30)):
        painter.drawLine(
            QPointF(card.left() + 14, card.top() + line), QPointF(card.left() + 14 + length, card.top() + line)
        )
    _chip(painter, QRectF(card.left() + 14, card.top() + 26, 26, 21))


def _chip(painter: QPainter, chip: QRectF) -> None:
    painter.setPen(_pen(QColor("#7a5b00"), 1.6))
    painter.setBrush(QColor("#f2c94c"))
    painter.drawRoundedRect(chip, 3.5, 3.5)
    for share in (1 / 3, 2 / 3):
        y = chip.top() + chip.height() * share
        painter.drawLine(QPointF(chip.left(), y), QPointF(chip.right(), y))
    x = chip.center().x()
    painter.drawLine(QPointF(x, chip.top()), QPointF(x, chip.bottom()))


def _reader(painter: QPainter, look: Look, *, is_front: bool) -> None:
    """A card reader that lies on the table; its front hides what is in it."""
    if not is_front:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("ink"))
        painter.drawRoundedRect(QRectF(46, 112, 148, 12), 6, 6)
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.colour("plain"))
    path = QPainterPath()
    path.addRoundedRect(QRectF(34, 118, 172, 62), 12, 12)
    painter.drawPath(path)
    painter.setBrush(QColor("#2b5871"))
    painter.drawRoundedRect(QRectF(34, 118, 172, 10), 5, 5)
    painter.setBrush(QColor("#57d38c"))
    painter.drawEllipse(QPointF(184, 156), 6, 6)
    painter.setPen(_pen(QColor("#8fb3c7"), 3))
    painter.drawRoundedRect(QRectF(102, 146, 36, 22), 4, 4)
    painter.drawLine(QPointF(110, 157), QPointF(118, 157))


def _arrow(painter: QPainter, look: Look, *, is_down: bool) -> None:
    x, top, bottom = 214.0, 40.0, 100.0
    tip = bottom if is_down else top
    back = -18 if is_down else 18
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(_pen(look.colour("primary"), 11))
    painter.drawLine(QPointF(x, top), QPointF(x, bottom))
    painter.drawPolyline([QPointF(x - 18, tip + back), QPointF(x, tip), QPointF(x + 18, tip + back)])


def _insert_card(painter: QPainter, look: Look) -> None:
    _backdrop(painter, look)
    _reader(painter, look, is_front=False)
    _upright_card(painter, look, QPointF(120, 76))
    _reader(painter, look, is_front=True)
    _arrow(painter, look, is_down=True)


def _upright_card(painter: QPainter, look: Look, centre: QPointF) -> None:
    """The card on its short side, chip end down: so it goes into the slot."""
    painter.save()
    painter.translate(centre)
    painter.rotate(-90)
    _card(painter, look, QPointF(0, 0))
    painter.restore()


def _take_card(painter: QPainter, look: Look) -> None:
    _backdrop(painter, look)
    _reader(painter, look, is_front=False)
    _upright_card(painter, look, QPointF(120, 62))
    _reader(painter, look, is_front=True)
    _arrow(painter, look, is_down=False)


def _take_slip(painter: QPainter, look: Look) -> None:
    """A slip that comes out of the printer, with lines of print and a code."""
    _backdrop(painter, look)
    slip = QRectF(72, 22, 92, 118)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(11, 12, 12, 40))
    painter.drawRect(slip.translated(4, 4))
    painter.setBrush(look.colour("page"))
    painter.setPen(_pen(look.colour("plain"), 3))
    painter.drawRect(slip)
    for line, length in ((18, 64), (34, 50), (50, 58)):
        start = QPointF(slip.left() + 14, slip.top() + line)
        painter.drawLine(start, start + QPointF(length, 0))
    painter.drawRect(QRectF(slip.left() + 14, slip.top() + 66, 26, 26))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.colour("plain"))
    painter.drawRect(QRectF(slip.left() + 22, slip.top() + 74, 10, 10))
    painter.drawRoundedRect(QRectF(34, 118, 172, 62), 12, 12)
    _arrow(painter, look, is_down=False)


def _disc(painter: QPainter, look: Look, role: str) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.colour(f"{role}_tint"))
    painter.drawEllipse(QPointF(120, 100), 98, 98)
    painter.setBrush(look.colour(role))
    painter.drawEllipse(QPointF(120, 100), 72, 72)


def _done(painter: QPainter, look: Look) -> None:
    _disc(painter, look, "good")
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(_pen(look.colour("page"), 14))
    # A check mark is never mirrored: undo the page's mirror.
    if look.is_mirrored:
        painter.translate(GRID.width(), 0)
        painter.scale(-1, 1)
    painter.drawPolyline([QPointF(86, 104), QPointF(110, 128), QPointF(156, 76)])


def _stopped(painter: QPainter, look: Look) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.colour("problem_tint"))
    painter.drawEllipse(QPointF(120, 100), 98, 98)
    path = QPainterPath()
    for corner in range(8):
        angle = math.pi / 8 + corner * math.pi / 4
        point = QPointF(120 + 76 * math.cos(angle), 100 + 76 * math.sin(angle))
        if corner:
            path.lineTo(point)
        else:
            path.moveTo(point)
    path.closeSubpath()
    painter.setBrush(look.colour("problem"))
    painter.drawPath(path)
    painter.setBrush(look.colour("page"))
    painter.drawRoundedRect(QRectF(78, 90, 84, 20), 6, 6)


def _help(painter: QPainter, look: Look) -> None:
    """A clerk behind the desk, and a speech bubble."""
    _backdrop(painter, look)
    painter.setBrush(look.colour("plain"))
    shoulders = QPainterPath()
    shoulders.addRoundedRect(QRectF(58, 112, 84, 90), 38, 38)
    desk = QPainterPath()
    desk.addRect(QRectF(0, 164, 240, 60))
    painter.drawPath(shoulders.subtracted(desk))
    painter.setBrush(QColor("#f1c9a5"))
    painter.drawEllipse(QPointF(100, 82), 27, 27)
    painter.setBrush(look.colour("ink"))
    painter.drawChord(QRectF(73, 55, 54, 54), 10 * 16, 160 * 16)
    painter.setBrush(look.colour("primary"))
    painter.drawRoundedRect(QRectF(24, 164, 192, 14), 5, 5)
    bubble = QPainterPath()
    bubble.addRoundedRect(QRectF(140, 26, 76, 56), 12, 12)
    tail = QPainterPath(QPointF(150, 72))
    tail.lineTo(QPointF(136, 98))
    tail.lineTo(QPointF(172, 78))
    tail.closeSubpath()
    painter.setBrush(look.colour("page"))
    painter.setPen(_pen(look.colour("plain"), 3.5))
    painter.drawPath(bubble.united(tail))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.colour("plain"))
    for x in (160, 178, 196):
        painter.drawEllipse(QPointF(x, 54), 5, 5)


def _nothing(_painter: QPainter, _look: Look) -> None:
    """No picture."""


_PAINTERS = {
    Picture.NONE: _nothing,
    Picture.INSERT_CARD: _insert_card,
    Picture.TAKE_CARD: _take_card,
    Picture.DONE: _done,
    Picture.STOPPED: _stopped,
    Picture.HELP: _help,
    Picture.TAKE_SLIP: _take_slip,
}
