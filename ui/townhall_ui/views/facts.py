# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Labels and values below each other, as on a receipt."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from townhall_ui.look import Look, Style
from townhall_ui.words import Words


class Facts(QWidget):
    """A table of two columns without rules."""

    def __init__(self, facts: tuple[tuple[str, str], ...], look: Look) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, look.space(1), 0, 0)
        grid.setHorizontalSpacing(look.px(5))
        grid.setVerticalSpacing(look.space(1))
        for row, (label, value) in enumerate(facts):
            grid.addWidget(Words(label, look, Style.SMALL, colour="muted"), row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(Words(value, look, Style.SMALL_STRONG, is_foreign=True), row, 1)
        grid.setColumnStretch(1, 1)
