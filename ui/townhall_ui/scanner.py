# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Scanning: a mark goes through groups and things, by a switch or by itself; a switch takes what is marked."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from townhall_ui.buttons import ENTER_KEYS
from townhall_ui.fields import LineField, LongField, is_typing
from townhall_ui.look import Look
from townhall_ui.scan_tree import ScanGroup, ScanPart, area_of
from townhall_ui.ways import Scanning, Switches

_ROUNDS = 3
"""After so many rounds without a switch the mark goes up one level, and at the top it rests."""
_RING_MM = 2.2
NEXT_KEYS = frozenset({Qt.Key.Key_Space, Qt.Key.Key_Right, Qt.Key.Key_Left, Qt.Key.Key_Down, Qt.Key.Key_Up})


class ScanRing(QWidget):
    """The mark: a thick ring in two colours around what would be taken; it has the focus, so that switches reach it."""

    def __init__(self, window: QWidget, on_key: Callable[[QKeyEvent], None]) -> None:
        super().__init__(window)
        self._look: Look | None = None
        self._on_key = on_key
        self.setObjectName("scan-ring")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def surround(self, area: QRect, look: Look) -> None:
        """Stand around ``area`` of the window."""
        self._look = look
        edge = look.px(_RING_MM)
        self.setGeometry(area.adjusted(-edge, -edge, edge, edge))
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._on_key(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._look is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = self._look.px(_RING_MM)
        for role, width, inset in (("on_focus", edge, 0.5), ("focus", edge * 0.62, 0.5)):
            painter.setPen(QPen(self._look.colour(role), width))
            place = QRectF(self.rect()).adjusted(*(edge * inset * side for side in (1, 1, -1, -1)))
            painter.drawRoundedRect(place, edge, edge)


@dataclass(frozen=True, slots=True)
class ScanOutlet:
    """What the scanner needs of the window.

    Attributes:
        tree: the groups of the screen as it is now.
        look: sizes and colours as they are now.
        say: tells which part is marked.
        say_leave: tells that the way out of a group is marked.
        tell_alive: a switch was pressed.
        pass_on: takes a key that is no switch.
    """

    tree: Callable[[], ScanGroup]
    look: Callable[[], Look]
    say: Callable[[ScanPart], None]
    say_leave: Callable[[ScanGroup], None]
    tell_alive: Callable[[], None]
    pass_on: Callable[[QKeyEvent], None]


class Scanner:
    """Goes through a screen by one switch or two.

    Two switches: Space or an arrow moves the mark, Enter takes what is marked. One switch: the mark moves by itself,
    and any of these keys takes. In a group the last stop is the group itself: taken, it leads out.
    """

    def __init__(self, window: QWidget, outlet: ScanOutlet) -> None:
        self._window, self._outlet = window, outlet
        self._ring = ScanRing(window, self._press)
        self._scanning = Scanning()
        self._path: list[int] = [0]
        self._rounds = self._begun = 0
        self._has_typed = False
        self._timer = QTimer(window)
        self._timer.timeout.connect(self._tick)

    @property
    def is_on(self) -> bool:
        """Whether the window is scanned."""
        return self._scanning.switches is not Switches.NONE

    @property
    def has_focus(self) -> bool:
        """Whether keys come to the mark."""
        return self._ring.hasFocus()

    @property
    def is_resting(self) -> bool:
        """Whether the mark of the one switch waits for a press, after rounds in which nobody took anything."""
        return self._scanning.switches is Switches.ONE and not self._timer.isActive()

    def use(self, scanning: Scanning) -> None:
        """Scan as ``scanning`` says from now on."""
        self._scanning = scanning
        if not self.is_on:
            self.pause()

    def pause(self) -> None:
        """No mark for now."""
        self._timer.stop()
        self._ring.hide()

    def begin(self, *, is_new: bool) -> None:
        """A screen has come, or has been set anew; on a new one the mark begins at its first group."""
        if is_new:
            self._path = [0]
        self._begun += 1
        self._rounds = 0
        self._has_typed = False
        if self.is_on:
            self._mark()
            self._wind()

    def step(self) -> None:
        """Move the mark on."""
        group = self._group()
        stops = len(group.parts) + (1 if len(self._path) > 1 else 0)
        self._path[-1] += 1
        if self._path[-1] >= stops:
            self._path[-1] = 0
            self._rounds += 1
        self._mark()

    def take(self) -> None:
        """Do what is marked."""
        self._rounds = 0
        group = self._group()
        index = self._path[-1]
        if index >= len(group.parts):
            self._leave()
        elif isinstance(part := group.parts[index], ScanGroup):
            self._path.append(0)
            self._mark()
        else:
            self._act(part, group)

    def _act(self, widget: QWidget, group: ScanGroup) -> None:
        if group.is_keys and len(self._path) > 1:
            # The next letter is looked for from the row on.
            self._path.pop()
        begun = self._begun
        if isinstance(widget, QAbstractButton):
            widget.click()
        elif isinstance(widget, (LineField, LongField)):
            widget.taken.emit()
        if self._ring.isVisible() and begun == self._begun:
            self._mark()

    def _leave(self) -> None:
        if len(self._path) > 1:
            self._path.pop()
        self._mark()

    def _group(self) -> ScanGroup:
        """The group that the mark is in; the path is cut where the screen no longer has it."""
        group = self._outlet.tree()
        for depth, index in enumerate(self._path[:-1]):
            part = group.parts[index] if index < len(group.parts) else None
            if not isinstance(part, ScanGroup):
                del self._path[depth + 1 :]
                break
            group = part
        stops = len(group.parts) + (1 if len(self._path) > 1 else 0)
        self._path[-1] = min(self._path[-1], max(0, stops - 1))
        return group

    def _mark(self) -> None:
        group = self._group()
        index = self._path[-1]
        part: ScanPart = group.parts[index] if index < len(group.parts) else group
        area = area_of(part, self._window)
        if area.isEmpty():
            self._ring.hide()
            return
        self._ring.surround(area, self._outlet.look())
        if part is group:
            self._outlet.say_leave(group)
        else:
            self._outlet.say(part)

    def _wind(self) -> None:
        if self._scanning.switches is Switches.ONE:
            self._timer.start(round(self._scanning.speed.value * 1000))
        else:
            self._timer.stop()

    def _tick(self) -> None:
        if self._rounds >= _ROUNDS:
            self._rounds = 0
            if len(self._path) == 1:
                self._timer.stop()
                return
            self._leave()
        else:
            self.step()

    def _press(self, event: QKeyEvent) -> None:
        if event.key() not in NEXT_KEYS | ENTER_KEYS or (self._has_typed and event.key() in ENTER_KEYS):
            # A code's scanner types beside the switches, and ends with Enter: that one is no switch.
            self._has_typed = is_typing(event)
            self._outlet.pass_on(event)
            return
        self._has_typed = False
        if event.isAutoRepeat():
            return
        self._outlet.tell_alive()
        if self.is_resting:
            self.begin(is_new=True)
        elif self._scanning.switches is Switches.ONE or event.key() in ENTER_KEYS:
            self._wind()
            self.take()
        else:
            self.step()
