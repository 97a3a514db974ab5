# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where four arrows lead: along the reading order, and up and down among keys."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from townhall_ui.buttons import Button, Kind

_KEYS = {Kind.KEY, Kind.WORD_KEY, Kind.DIGIT, Kind.WORD_DIGIT}
ARROWS = frozenset({Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right})


def is_key(widget: QWidget) -> bool:
    """Whether a widget is a key of a keyboard or pad on the glass."""
    return isinstance(widget, Button) and widget.kind in _KEYS


def move_focus(focus: QWidget | None, stops: Sequence[QWidget], key: Qt.Key, *, is_mirrored: bool) -> bool:
    """Take the focus where an arrow key leads; False where it is on nothing that can be left so."""
    if focus is None or focus not in stops:
        return False
    arrow_leads_to(focus, stops, key, is_mirrored=is_mirrored).setFocus(Qt.FocusReason.TabFocusReason)
    return True


def arrow_leads_to(focus: QWidget, stops: Sequence[QWidget], key: Qt.Key, *, is_mirrored: bool) -> QWidget:
    """The stop that an arrow key leads to from ``focus``, which is one of ``stops``; the ends meet.

    Args:
        focus: where the focus is.
        stops: what can be reached, in reading order.
        key: one of ``ARROWS``.
        is_mirrored: whether reading goes from the right.
    """
    index = stops.index(focus)
    if is_key(focus):
        beside = _beside(focus, [stop for stop in stops if is_key(stop)], key)
        if beside is not None:
            return beside
        index = _end_of_keys(index, stops, key)
        is_forward = key in {Qt.Key.Key_Down, Qt.Key.Key_Right}
    else:
        is_forward = key in {Qt.Key.Key_Down, Qt.Key.Key_Left if is_mirrored else Qt.Key.Key_Right}
    return stops[(index + (1 if is_forward else -1)) % len(stops)]


def _end_of_keys(index: int, stops: Sequence[QWidget], key: Qt.Key) -> int:
    """The first or last key of the run in which ``index`` is: up and down lead out of it."""
    step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(key, 0)
    while step and 0 <= index + step < len(stops) and is_key(stops[index + step]):
        index += step
    return index


def _beside(focus: QWidget, keys: Sequence[QWidget], key: Qt.Key) -> QWidget | None:
    """The nearest key in the arrow's direction; keys are never mirrored."""
    here = _centre(focus)
    best: tuple[int, QWidget] | None = None
    for other in keys:
        there = _centre(other) - here
        ahead, aside = {
            Qt.Key.Key_Up: (-there.y(), there.x()),
            Qt.Key.Key_Down: (there.y(), there.x()),
            Qt.Key.Key_Left: (-there.x(), there.y()),
            Qt.Key.Key_Right: (there.x(), there.y()),
        }[key]
        is_level = key in {Qt.Key.Key_Up, Qt.Key.Key_Down} or abs(aside) < focus.height() // 2
        if ahead > focus.height() // 2 and is_level:
            far = ahead * 4 + abs(aside)
            best = min(best or (far, other), (far, other), key=lambda one: one[0])
    return best[1] if best is not None else None


def _centre(widget: QWidget) -> QPoint:
    return widget.mapTo(widget.window(), widget.rect().center())


class HeldTab:
    """Tells a Tab that is pressed from one that is held down: Qt moves the focus for both, and says not which."""

    def __init__(self) -> None:
        self._is_down = False

    def goes_down(self) -> bool:
        """Whether this step of the focus is the first since the key came up."""
        is_first, self._is_down = not self._is_down, True
        return is_first

    def comes_up(self, event: QKeyEvent) -> None:
        """A key was let go; of one held down, the system says so again and again."""
        self._is_down = self._is_down and event.isAutoRepeat()
