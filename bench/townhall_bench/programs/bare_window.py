# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The peer of the window: the smallest PySide6 program that shows a line of text. Ends once painted, or stays."""

import sys

from PySide6.QtCore import QTimer
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QLabel


class Label(QLabel):
    """Tells of its first paint."""

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  # Qt's name
        """Paint, and leave."""
        super().paintEvent(event)
        QTimer.singleShot(0, _painted)


def _painted() -> None:
    if "--stay" in sys.argv:
        sys.stdout.write("painted\n")
        sys.stdout.flush()
    else:
        QApplication.quit()


if __name__ == "__main__":
    application = QApplication([])
    label = Label("Town services at this kiosk")
    label.resize(1280, 800)
    label.show()
    sys.exit(application.exec())
