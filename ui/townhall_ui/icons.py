# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Small signs drawn as paths on a grid of 24 by 24: arrows, check, cross, and what keys carry."""

import enum
import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

GRID = 24.0
_STROKE = 2.4

_Points = tuple[tuple[float, float], ...]


class Icon(enum.Enum):
    """A sign; those that point along the line are mirrored with the page."""

    BACK = "back"
    FORWARD = "forward"
    UP = "up"
    DOWN = "down"
    CLOSE = "close"
    CHECK = "check"
    DELETE = "delete"
    SHIFT = "shift"
    PRINTER = "printer"
    HOUSE = "house"
    CARD = "card"
    HELP = "help"
    KEYBOARD = "keyboard"
    WAYS = "ways"
    GOOD = "good"
    WARNING = "warning"
    PROBLEM = "problem"
    NOTICE = "notice"


_STROKES: dict[Icon, tuple[_Points, ...]] = {
    Icon.BACK: (((20, 12), (5, 12)), ((11, 5.5), (4.5, 12), (11, 18.5))),
    Icon.FORWARD: (((4, 12), (19, 12)), ((13, 5.5), (19.5, 12), (13, 18.5))),
    Icon.UP: (((12, 20), (12, 5)), ((5.5, 11), (12, 4.5), (18.5, 11))),
    Icon.DOWN: (((12, 4), (12, 19)), ((5.5, 13), (12, 19.5), (18.5, 13))),
    Icon.CLOSE: (((5.5, 5.5), (18.5, 18.5)), ((18.5, 5.5), (5.5, 18.5))),
    Icon.CHECK: (((4, 12.8), (9.6, 18.4), (20, 6.6)),),
    Icon.DELETE: (
        ((8.5, 5.5), (21.5, 5.5), (21.5, 18.5), (8.5, 18.5), (2.5, 12), (8.5, 5.5)),
        ((11.5, 9), (17.5, 15)),
        ((17.5, 9), (11.5, 15)),
    ),
    Icon.SHIFT: (((12, 3.5), (3.5, 12.5), (8.5, 12.5), (8.5, 20), (15.5, 20), (15.5, 12.5), (20.5, 12.5), (12, 3.5)),),
    Icon.PRINTER: (
        ((7, 9), (7, 3.5), (17, 3.5), (17, 9)),
        ((7, 17.5), (3, 17.5), (3, 9), (21, 9), (21, 17.5), (17, 17.5)),
        ((7, 14), (17, 14), (17, 21), (7, 21), (7, 14)),
    ),
    Icon.HOUSE: (
        ((3, 9.5), (12, 3.5), (21, 9.5), (3, 9.5)),
        ((3, 20.5), (21, 20.5)),
        ((6, 10), (6, 17.5)),
        ((12, 10), (12, 17.5)),
        ((18, 10), (18, 17.5)),
    ),
    Icon.CARD: (
        ((2.5, 5.5), (21.5, 5.5), (21.5, 18.5), (2.5, 18.5), (2.5, 5.5)),
        ((6, 10), (10, 10), (10, 14), (6, 14), (6, 10)),
        ((13.5, 10), (18, 10)),
        ((13.5, 14), (18, 14)),
    ),
    Icon.HELP: (
        ((3, 4), (21, 4), (21, 16.5), (11.5, 16.5), (6.5, 21), (6.5, 16.5), (3, 16.5), (3, 4)),
        ((9.3, 8.2), (10.4, 7.1), (13.4, 7.1), (14.6, 8.4), (14.4, 9.6), (12, 11), (12, 11.6)),
        ((12, 13.9), (12, 13.95)),
    ),
    Icon.KEYBOARD: (
        ((2, 6), (22, 6), (22, 18), (2, 18), (2, 6)),
        *(((x, 10), (x, 10.05)) for x in (6.0, 10.0, 14.0, 18.0)),
        ((7.5, 14.2), (16.5, 14.2)),
    ),
    Icon.WAYS: (
        ((3, 6), (7, 6)),
        ((12, 6), (21, 6)),
        ((9.5, 3.5), (9.5, 8.5)),
        ((3, 12), (13, 12)),
        ((18, 12), (21, 12)),
        ((15.5, 9.5), (15.5, 14.5)),
        ((3, 18), (5, 18)),
        ((10, 18), (21, 18)),
        ((7.5, 15.5), (7.5, 20.5)),
    ),
}
_MIRRORED = {Icon.BACK, Icon.FORWARD}


def draw_icon(  # noqa: PLR0913 - what and where, and two colours
    painter: QPainter,
    icon: Icon,
    area: QRectF,
    colour: QColor,
    *,
    mirrored: bool = False,
    ground: QColor | None = None,
) -> None:
    """Draw ``icon`` in the largest square in the middle of ``area``; badges are cut out to the ground."""
    side = min(area.width(), area.height())
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(area.center())
    painter.scale(side / GRID * (-1 if mirrored and icon in _MIRRORED else 1), side / GRID)
    painter.translate(-GRID / 2, -GRID / 2)
    if icon in _STROKES:
        _draw_strokes(painter, _STROKES[icon], colour)
    else:
        _draw_badge(painter, icon, colour, ground or QColor("#ffffff"))
    painter.restore()


def _draw_strokes(painter: QPainter, strokes: tuple[_Points, ...], colour: QColor) -> None:
    pen = QPen(colour, _STROKE, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for points in strokes:
        path = QPainterPath(QPointF(*points[0]))
        for point in points[1:]:
            path.lineTo(QPointF(*point))
        painter.drawPath(path)


def _draw_badge(painter: QPainter, icon: Icon, colour: QColor, ground: QColor) -> None:
    """A filled shape, different for each tone, with a sign cut out of it: never colour alone."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPath(_badge_shape(icon))
    if icon is Icon.GOOD:
        _draw_strokes(painter, (((7, 12.6), (10.6, 16.2), (17.2, 8.6)),), ground)
    elif icon is Icon.NOTICE:
        _draw_strokes(painter, (((12, 11), (12, 17)), ((12, 7), (12, 7.05))), ground)
    elif icon is Icon.WARNING:
        _draw_strokes(painter, (((12, 9.5), (12, 14)), ((12, 18), (12, 18.05))), ground)
    else:
        _draw_strokes(painter, (((12, 6.5), (12, 13)), ((12, 17.3), (12, 17.35))), ground)


def _badge_shape(icon: Icon) -> QPainterPath:
    path = QPainterPath()
    if icon is Icon.WARNING:
        path.moveTo(12, 2)
        path.lineTo(23.4, 21.8)
        path.lineTo(0.6, 21.8)
        path.closeSubpath()
    elif icon is Icon.PROBLEM:
        for corner in range(8):
            angle = math.pi / 8 + corner * math.pi / 4
            point = QPointF(12 + 11.6 * math.cos(angle), 12 + 11.6 * math.sin(angle))
            if corner:
                path.lineTo(point)
            else:
                path.moveTo(point)
        path.closeSubpath()
    else:
        path.addEllipse(QPointF(12, 12), 11, 11)
    return path
