# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The window with its first screen, as a visit builds it; ends when that is painted."""

import sys

from PySide6.QtWidgets import QApplication

from townhall_fonts import FONT_FILES
from townhall_ui.screens import AttractScreen, Choice, Direction, Frame
from townhall_ui.theme import Theme
from townhall_ui.window import Window

PPI = 118.0

if __name__ == "__main__":
    application = QApplication([])
    window = Window(Theme(PPI, FONT_FILES), lambda _intent: None)
    window.resize(1280, 800)
    frame = Frame("en", Direction.LEFT_TO_RIGHT, "Town services at this kiosk", "Offline")
    window.show_screen(
        AttractScreen(frame, (Choice("en", "Touch to start", "Tell the town", language="en"),), "Library")
    )
    window.show()
    window.repaint()
    application.processEvents()
    sys.exit(0)
