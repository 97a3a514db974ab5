# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What switches go through on a screen: groups, in them rows, in them things to press."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QPlainTextEdit, QWidget

from townhall_ui.screens import SpokenWords

_MOST_WITHOUT_ROWS = 5


@dataclass(frozen=True, slots=True)
class ScanGroup:
    """Things that are taken together first; ``name`` is what is said of them."""

    name: str
    parts: "tuple[ScanPart, ...]"
    is_keys: bool = False


ScanPart: TypeAlias = "ScanGroup | QWidget"


def widgets_of(part: ScanPart) -> Iterator[QWidget]:
    """All things in a part."""
    if isinstance(part, QWidget):
        yield part
    else:
        for inner in part.parts:
            yield from widgets_of(inner)


def area_of(part: ScanPart, window: QWidget) -> QRect:
    """Where a part stands in the window."""
    area = QRect()
    for widget in widgets_of(part):
        area = area.united(QRect(widget.mapTo(window, QPoint(0, 0)), widget.size()))
    return area


def can_be_taken(widget: QWidget) -> bool:
    """Whether a switch can do something with a widget now."""
    is_target = isinstance(widget, (QAbstractButton, QLineEdit, QPlainTextEdit))
    return is_target and widget.isVisible() and widget.isEnabled()


def make_group(name: str, widgets: Iterable[QWidget], words: SpokenWords, *, is_keys: bool = False) -> ScanGroup:
    """The things of one area that can be taken now; many are parted into the rows in which they stand."""
    found = [widget for widget in widgets if can_be_taken(widget)]
    if len(found) <= _MOST_WITHOUT_ROWS:
        return ScanGroup(name, tuple(found), is_keys)
    rows = [list(row) for _, row in groupby(found, key=_middle)]
    if len(rows) == 1 or all(len(row) == 1 for row in rows):
        return ScanGroup(name, tuple(found), is_keys)
    parts: list[ScanPart] = []
    for number, row in enumerate(rows, start=1):
        row_name = words.row.format(n=number)
        parts.append(row[0] if len(row) == 1 else ScanGroup(row_name, tuple(row), is_keys))
    return ScanGroup(name, tuple(parts), is_keys)


def _middle(widget: QWidget) -> int:
    return round(widget.mapTo(widget.window(), widget.rect().center()).y() / 8)


def make_tree(groups: Iterable[ScanGroup]) -> ScanGroup:
    """All groups of a screen; one that holds a single thing is that thing."""
    parts: list[ScanPart] = []
    for group in groups:
        if len(group.parts) == 1:
            parts.append(group.parts[0])
        elif group.parts:
            parts.append(group)
    if len(parts) == 1 and isinstance(parts[0], ScanGroup):
        return parts[0]
    return ScanGroup("", tuple(parts))
