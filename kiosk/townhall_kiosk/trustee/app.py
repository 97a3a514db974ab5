# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The trustees' window: Qt's application around one sitting."""

import logging
import traceback
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from townhall_fonts import FONT_FILES
from townhall_kiosk.trustee.sitting import Sitting
from townhall_kiosk.trustee.sitting_screens import present
from townhall_ui.screens import Intent
from townhall_ui.theme import TextSize, Theme
from townhall_ui.ways import Ways
from townhall_ui.window import Window

_log = logging.getLogger(__name__)

EXIT_BUG: Final = 70  # sysexits.h, EX_SOFTWARE


class TrusteeWindow:
    """One window and the sitting in it."""

    def __init__(self, sitting: Sitting, *, ppi: float, on_over: Callable[[int], None]) -> None:
        """Show the sitting's first screen in a window that is not visible yet; ``on_over`` gets the exit status."""
        self._sitting = sitting
        self._on_over = on_over
        self.window = Window(Theme(ppi, FONT_FILES), self._take)
        self.window.use(Ways(text_size=TextSize.SECOND))
        sitting.tell = self._tell
        self._show()

    def _take(self, intent: Intent) -> None:
        self._guard(lambda: self._sitting.take(intent))
        if self._sitting.is_over:
            self._on_over(0)
        elif self._sitting.has_work:
            QTimer.singleShot(0, self._work)  # once the screen that says so is painted

    def _work(self) -> None:
        self.window.repaint()
        self._guard(self._sitting.work)

    def _guard(self, act: Callable[[], None]) -> None:
        """Do and show it; a bug ends the program. Its text may hold a secret: only its type and place are logged."""
        try:
            act()
            self._show()
        except Exception as error:  # noqa: BLE001  # the outer loop
            frames = traceback.extract_tb(error.__traceback__)
            where = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
            _log.critical("bug in the trustee's window: %s at %s", type(error).__name__, where)
            self._on_over(EXIT_BUG)

    def _tell(self) -> None:
        """Show how far a verification is; nobody can press anything meanwhile."""
        self._show()
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)

    def _show(self) -> None:
        screen = present(self._sitting)
        if screen != self.window.current:
            self.window.show_screen(screen)


def run_window(sitting: Sitting, size: tuple[int, int] | None, ppi: float) -> int:
    """Run the window until the trustee leaves it; return the exit status."""
    application = QApplication([])
    ends_with = TrusteeWindow(
        sitting, ppi=ppi or application.primaryScreen().physicalDotsPerInch(), on_over=application.exit
    )
    ends_with.window.unsetCursor()
    if size is None:
        ends_with.window.showMaximized()
    else:
        ends_with.window.resize(*size)
        ends_with.window.show()
    return int(application.exec())
