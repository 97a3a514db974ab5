# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The window on a panel, and what tests do to it and see of it."""

import functools
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QPointingDevice
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QPlainTextEdit, QWidget
from tests.ui.sampler import png_of

from townhall_ui.screens import (
    Active,
    Answered,
    Intent,
    Screen,
)
from townhall_ui.theme import Theme
from townhall_ui.window import Window


@dataclass(frozen=True, slots=True)
class Panel:
    """A screen of glass."""

    width: int
    height: int
    ppi: float


@dataclass(slots=True)
class Stage:
    """A window on a panel, and what it sent."""

    window: Window
    panel: Panel
    theme: Theme
    intents: list[Intent]

    @property
    def acts(self) -> list[Intent]:
        """The intents without the signs of life."""
        return [intent for intent in self.intents if not isinstance(intent, Active)]

    def show(self, screen: Screen) -> Window:
        self.window.show_screen(screen)
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QApplication.processEvents()
        return self.window

    def controls(self) -> list[QWidget]:
        """What can be touched or has the focus by Tab, and is there."""
        widgets = self.window.findChildren(QWidget)
        return [widget for widget in widgets if widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus]

    def targets(self) -> list[QWidget]:
        """What is there to be touched."""
        kinds = (QAbstractButton, QLineEdit, QPlainTextEdit)
        return [widget for widget in self.controls() if isinstance(widget, kinds)]

    def place(self, widget: QWidget) -> QRect:
        return QRect(widget.mapTo(self.window, QPoint(0, 0)), widget.size())

    def find(self, name: str) -> QWidget:
        found = [widget for widget in self.window.findChildren(QWidget, name) if widget.isVisible()]
        assert len(found) == 1, (name, found)
        return found[0]

    def field(self) -> str:
        """What stands in the field."""
        field = self.find("field")
        assert isinstance(field, QLineEdit)
        return field.text()

    def answer(self) -> str:
        """The answer that was sent last."""
        answered = self.acts[-1]
        assert isinstance(answered, Answered)
        return answered.value

    def picture(self, name: str) -> bytes:
        """How a widget looks."""
        return png_of(self.find(name).grab().toImage())

    def key(self, *keys: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """Press keys of the hardware keyboard, as the window system hands them over."""
        for key in keys:
            QTest.keyClick(self.window.windowHandle(), key, modifier)

    def type(self, text: str) -> None:
        for sign in text:
            QTest.keyClick(self.window.windowHandle(), sign)  # type: ignore[call-overload]  # the stub knows no char

    def click(self, name: str) -> None:
        """Press the glass where a widget is, whatever else may lie there."""
        self.press_at(self.place(self.find(name)).center(), is_touch=False)

    def touch(self, name: str) -> None:
        """Put a finger on the glass where a widget is, and lift it."""
        self.press_at(self.place(self.find(name)).center(), is_touch=True)

    def press_at(self, point: QPoint, *, is_touch: bool) -> None:
        handle = self.window.windowHandle()
        if not is_touch:
            QTest.mouseClick(handle, Qt.MouseButton.LeftButton, pos=point)
            return
        QTest.touchEvent(handle, _finger()).press(0, point, handle).commit()
        QTest.touchEvent(handle, _finger()).release(0, point, handle).commit()

    @staticmethod
    def finger() -> QPointingDevice:
        """What touches the glass."""
        return _finger()

    @property
    def focus(self) -> QWidget:
        widget = QApplication.focusWidget()
        assert widget is not None
        return widget


@functools.cache
def _finger() -> QPointingDevice:
    return QTest.createTouchDevice()
