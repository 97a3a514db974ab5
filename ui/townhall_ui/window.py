# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The window of a visit: shows one screen at a time and hands on what the person does."""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from townhall_ui.screens import Intent, Screen
from townhall_ui.theme import Theme


class Window(QWidget):
    """Shows any ``Screen``; every touch and key comes back as an ``Intent`` through one callback."""

    def __init__(self, theme: Theme, on_intent: Callable[[Intent], None]) -> None:
        super().__init__()
        self._theme = theme
        self._on_intent = on_intent
        self._current: Screen | None = None

    @property
    def current(self) -> Screen | None:
        """The screen shown last; None before the first."""
        return self._current

    def show_screen(self, screen: Screen) -> None:
        """Show ``screen`` in place of what was there."""
        self._current = screen

    def grab_png(self) -> bytes:
        """The window as it stands, as PNG."""
        return b""
