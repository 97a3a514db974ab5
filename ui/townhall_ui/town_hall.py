# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A town hall drawn in the shades of the band: the picture behind the welcome."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath

WIDTH, HEIGHT = 300.0, 200.0
"""The drawing's own units; its ground is the lower edge."""

_FAR, _WALL, _SIDE, _ROOF = QColor("#1b455e"), QColor("#2d5f7b"), QColor("#245069"), QColor("#3f7593")
_LIGHT, _DOOR = QColor("#ffdd00"), QColor("#10344a")


def draw_town_hall(painter: QPainter, area: QRectF) -> None:
    """Draw it as large as fits, standing on the lower edge of ``area`` in its middle."""
    scale = min(area.width() / WIDTH, area.height() / HEIGHT)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(area.center().x() - WIDTH * scale / 2, area.bottom() - HEIGHT * scale)
    painter.scale(scale, scale)
    painter.setPen(Qt.PenStyle.NoPen)
    _draw_neighbours(painter)
    _draw_wings(painter)
    _draw_tower(painter)
    _draw_portico(painter)
    painter.restore()


def _draw_neighbours(painter: QPainter) -> None:
    painter.setBrush(_FAR)
    for left, top, width in ((0, 128, 38), (30, 104, 34), (236, 110, 36), (266, 132, 34)):
        painter.drawRect(QRectF(left, top, width, HEIGHT - top))
        _triangle(painter, (left - 3, top), (left + width / 2, top - 20), (left + width + 3, top))


def _draw_wings(painter: QPainter) -> None:
    painter.setBrush(_SIDE)
    painter.drawRect(QRectF(52, 112, 196, 88))
    painter.setBrush(_ROOF)
    painter.drawRect(QRectF(48, 106, 204, 8))
    painter.setBrush(_LIGHT)
    for column in (64, 84, 204, 224):
        for row in (126, 160):
            painter.drawRoundedRect(QRectF(column, row, 11, 20), 5, 5)


def _draw_tower(painter: QPainter) -> None:
    painter.setBrush(_WALL)
    painter.drawRect(QRectF(128, 34, 44, 90))
    painter.setBrush(_ROOF)
    painter.drawRect(QRectF(123, 30, 54, 7))
    _triangle(painter, (128, 30), (150, 0), (172, 30))
    painter.setBrush(QColor("#ffffff"))
    painter.drawEllipse(QPointF(150, 58), 13, 13)
    painter.setBrush(_DOOR)
    painter.drawRoundedRect(QRectF(148.8, 48.5, 2.4, 11), 1, 1)
    painter.drawRoundedRect(QRectF(149, 57, 8.5, 2.4), 1, 1)


def _draw_portico(painter: QPainter) -> None:
    painter.setBrush(_WALL)
    painter.drawRect(QRectF(100, 104, 100, 96))
    painter.setBrush(_ROOF)
    _triangle(painter, (92, 106), (150, 76), (208, 106))
    painter.drawRect(QRectF(92, 105, 116, 8))
    painter.setBrush(_DOOR)
    door = QPainterPath()
    door.addRoundedRect(QRectF(139, 140, 22, 70), 11, 11)
    painter.drawPath(door)
    painter.setBrush(QColor("#c9dbe6"))
    for left in (105, 122, 170, 187):
        painter.drawRect(QRectF(left, 118, 8, 68))
        painter.drawRect(QRectF(left - 2, 114, 12, 5))
        painter.drawRect(QRectF(left - 2, 184, 12, 5))
    painter.setBrush(_ROOF)
    painter.drawRect(QRectF(92, 189, 116, 5))
    painter.drawRect(QRectF(84, 194, 132, 6))


def _triangle(painter: QPainter, *corners: tuple[float, float]) -> None:
    painter.drawPolygon([QPointF(*corner) for corner in corners])
