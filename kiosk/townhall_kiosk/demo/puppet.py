# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The window's side of a scripted person: presses what can be seen, as a finger or a key would, and takes pictures.

Speaks lines of JSON over a Unix socket: one order, one answer. It knows widgets only by what a screen reader is told of
them, and uses Qt's own input events, so nothing is done that a person could not do.
"""

import base64
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtCore import QObject, QPoint, QSocketNotifier, Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QWidget

from townhall_ui.window import Window

_MOST_TABS = 200
_READ_BYTES = 65536

Facts = dict[str, str | int | bool]


class Puppet(QObject):
    """Carries out the orders that come through one socket."""

    def __init__(self, window: Window, person: Path) -> None:
        """Connect to the person who sits in another process."""
        super().__init__(window)
        self._window = window
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(str(person))
        self._buffer = b""
        self._notifier = QSocketNotifier(self._socket.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._read)
        self._orders: dict[str, Callable[[str], Facts]] = {
            "look": self._look,
            "read": self._read_aloud,
            "touch": self._touch,
            "reach": self._reach,
            "type": self._type,
            "picture": self._picture,
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
        QTest.mouseClick(button, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, _middle(button))
        return {"done": True}

    def _reach(self, name: str) -> Facts:
        """Go to a control with the Tab key alone and press it."""
        for _ in range(_MOST_TABS):
            focused = self._focused()
            if isinstance(focused, QAbstractButton) and focused.accessibleName() == name:
                QTest.keyClick(focused, Qt.Key.Key_Space)
                return {"done": True}
            QTest.keyClick(focused, Qt.Key.Key_Tab)
        return {"done": False}

    def _type(self, text: str) -> Facts:
        """Type on whatever has the focus; a tab goes on to the next field."""
        for number, part in enumerate(text.split("\t")):
            if number:
                QTest.keyClick(self._focused(), Qt.Key.Key_Tab)
            QTest.keyClicks(self._focused(), part)
        return {"done": True}

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


def _middle(widget: QWidget) -> QPoint:
    return widget.rect().center()
