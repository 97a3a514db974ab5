# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The window's side of a scripted person: presses what can be seen, as a finger or a key would, and takes pictures.

Speaks lines of JSON over a Unix socket: one order, one answer. It knows widgets only by what a screen reader is told of
them, and uses Qt's own input events, so nothing is done that a person could not do.
"""

import base64
import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtCore import QObject, QPoint, QRect, QSocketNotifier, Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleInterface, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QPlainTextEdit, QWidget

from townhall_ui.ways import ScanSpeed
from townhall_ui.window import Window

_MOST_TABS = 200
_MOST_STEPS = 400  # of the mark of scanning
_READ_BYTES = 65536

Facts = dict[str, str | int | bool | list[float]]


class Puppet(QObject):
    """Carries out the orders that come through one socket."""

    def __init__(self, window: Window, person: Path) -> None:
        """Connect to the person who sits in another process."""
        super().__init__(window)
        self._window = window
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(str(person))
        self._buffer = b""
        self._touched_at = 0.0
        self._is_followed = True
        self._touches: list[float] = []  # seconds from a touch until what follows from it is painted
        window.announced.connect(self._something_followed)
        self._notifier = QSocketNotifier(self._socket.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._read)
        self._orders: dict[str, Callable[[str], Facts]] = {
            "look": self._look,
            "read": self._read_aloud,
            "touch": self._touch,
            "reach": self._reach,
            "type": self._type,
            "key": self._key,
            "stroke": self._stroke,
            "scan": self._scan,
            "step": self._step,
            "picture": self._picture,
            "touches": self._tell_touches,
        }

    def _read(self) -> None:
        data = self._socket.recv(_READ_BYTES)
        if not data:
            self._notifier.setEnabled(False)
            return
        self._buffer += data
        while b"\n" in self._buffer:
            line, self._buffer = self._buffer.split(b"\n", 1)
            order = json.loads(line)
            answer = self._orders[order["order"]](order.get("argument", ""))
            self._socket.sendall(json.dumps(answer).encode() + b"\n")

    def _look(self, _argument: str) -> Facts:
        screen = self._window.current
        if screen is None or not self._window.isVisible():
            return {"kind": "", "heading": ""}
        frame = screen.frame
        return {"kind": type(screen).__name__, "heading": frame.heading, "step": frame.step, "code": frame.code}

    def _read_aloud(self, _argument: str) -> Facts:
        """Say everything that a screen reader finds in the window."""
        if not self._window.isVisible():
            return {"text": ""}
        return {"text": "\n".join(_words(QAccessible.queryAccessibleInterface(self._window)))}

    def _touch(self, name: str) -> Facts:
        button = self._find(name)
        if button is None:
            return {"done": False}
        self._touched_at = time.perf_counter()
        self._touches.append(0.0)
        self._is_followed = False
        QTest.mouseClick(button, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, _middle(button))
        self._paint()
        return {"done": True}

    def _paint(self) -> None:
        self._window.repaint()
        self._touches[-1] = time.perf_counter() - self._touched_at

    def _something_followed(self, _said: str) -> None:
        """Count the first screen or notice after a touch to that touch; what comes later has another cause."""
        if not self._is_followed:
            self._is_followed = True
            self._paint()

    def _tell_touches(self, _argument: str) -> Facts:
        return {"seconds": self._touches}

    def _reach(self, name: str) -> Facts:
        """Go to a control with the Tab key alone and press it."""
        for _ in range(_MOST_TABS):
            focused = self._focused()
            if isinstance(focused, QAbstractButton) and focused.accessibleName() == name:
                QTest.keyClick(focused, Qt.Key.Key_Space)
                return {"done": True}
            QTest.keyClick(focused, Qt.Key.Key_Tab)
        return {"done": False}

    def _key(self, sequence: str) -> Facts:
        """Press keys together, such as Ctrl+C."""
        QTest.keySequence(self._focused(), QKeySequence(sequence))
        return {"done": True}

    def _type(self, text: str) -> Facts:
        """Type on whatever has the focus; a tab goes on to the next field."""
        for number, part in enumerate(text.split("\t")):
            if number:
                QTest.keyClick(self._focused(), Qt.Key.Key_Tab)
            QTest.keyClicks(self._focused(), part)
        return {"done": True}

    def _stroke(self, name: str) -> Facts:
        """Press one key of a keyboard, by Qt's name for it."""
        QTest.keyClick(self._focused(), Qt.Key[f"Key_{name}"])
        return {"done": True}

    def _scan(self, name: str) -> Facts:
        """Reach a control with one switch alone: press it when the mark is on the control, or on a group that holds it.

        Between two presses the time of one step of the mark passes, as its timer would have it.
        """
        for _ in range(_MOST_STEPS):
            marked = self._marked()
            if name in marked:
                QTest.keyClick(self._focused(), Qt.Key.Key_Space)
                if marked == [name]:
                    return {"done": True}
            elif (timer := self._step_timer()) is not None:
                timer.timeout.emit()
            else:  # no mark yet, or it rests
                QTest.keyClick(self._focused(), Qt.Key.Key_Space)
        return {"done": False}

    def _step(self, name: str) -> Facts:
        """Reach a control with two switches: one moves the mark, the other takes what it surrounds.

        After a round in a group that does not hold the control the group's own stop is taken: it leads out.
        """
        seen: list[list[str]] = []
        for _ in range(_MOST_STEPS):
            marked = self._marked()
            is_way_out = marked in seen and marked == max(seen, key=len)
            takes = name in marked or is_way_out
            seen = [] if takes else [*seen, marked]
            QTest.keyClick(self._focused(), Qt.Key.Key_Return if takes else Qt.Key.Key_Space)
            if marked == [name]:
                return {"done": True}
        return {"done": False}

    def _marked(self) -> list[str]:
        """Return the names of all that the mark of scanning surrounds."""
        ring = self._window.findChild(QWidget, "scan-ring")
        if ring is None or not ring.isVisible():
            return []
        area = ring.geometry()
        targets = (each for each in self._window.findChildren(QWidget) if _can_be_taken(each))
        return [each.accessibleName() for each in targets if area.contains(_place(each, self._window))]

    def _step_timer(self) -> QTimer | None:
        steps = {round(speed.value * 1000) for speed in ScanSpeed}
        timers = (each for each in self._window.findChildren(QTimer) if each.isActive() and each.interval() in steps)
        return next(timers, None)

    def _picture(self, _argument: str) -> Facts:
        return {"png": base64.b64encode(self._window.grab_png()).decode()}

    def _focused(self) -> QWidget:
        """Return what has the window's focus, also where no window manager made the window the active one."""
        return self._window.focusWidget() or self._window

    def _find(self, name: str) -> QAbstractButton | None:
        found = (
            button
            for button in self._window.findChildren(QAbstractButton)
            if button.isVisible() and button.isEnabled() and button.accessibleName() == name
        )
        return next(found, None)


def _words(node: QAccessibleInterface | None) -> Iterator[str]:
    """Yield names, descriptions and values of what is visible, from the top."""
    if node is None or node.state().invisible:
        return
    for kind in (QAccessible.Text.Name, QAccessible.Text.Description, QAccessible.Text.Value):
        if text := node.text(kind):
            yield text
    for index in range(node.childCount()):
        yield from _words(node.child(index))


def _can_be_taken(widget: QWidget) -> bool:
    is_target = isinstance(widget, (QAbstractButton, QLineEdit, QPlainTextEdit))
    return is_target and widget.isVisible() and widget.isEnabled()


def _place(widget: QWidget, window: QWidget) -> QRect:
    return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())


def _middle(widget: QWidget) -> QPoint:
    return widget.rect().center()
