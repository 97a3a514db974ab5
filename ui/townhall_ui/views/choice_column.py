# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Choices below each other, or in two columns where they are many and short."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from townhall_ui.choices import ChoiceButton, RadioChoice
from townhall_ui.look import Look
from townhall_ui.pages import Box, Pages
from townhall_ui.theme import GAP_MM


class _Pair(QWidget):
    """Two choices beside each other."""

    def __init__(self, choices: Sequence[QWidget], look: Look, width: int) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(look.px(GAP_MM))
        half = (width - look.px(GAP_MM)) // 2
        for choice in choices:
            choice.setFixedWidth(half)
            row.addWidget(choice, 0, Qt.AlignmentFlag.AlignTop)
        row.addStretch(1)
        self.setFixedHeight(max(choice.heightForWidth(half) for choice in choices))


class ChoiceColumn(Pages):
    """As ``Pages``, of choices."""

    def __init__(
        self,
        choices: Sequence[ChoiceButton | RadioChoice],
        look: Look,
        box: Box,
        on_turn: Callable[[str], None],
    ) -> None:
        width = box.width
        gap = look.px(GAP_MM)
        heights = [choice.heightForWidth(width) for choice in choices]
        is_long = sum(heights) + gap * (len(choices) - 1) > box.height
        is_short_worded = all(choice.sizeHint().width() <= (width - gap) // 2 for choice in choices)
        self._columns = 2 if is_long and is_short_worded else 1
        items: list[QWidget] = list(choices)
        if self._columns == 2:
            items = [_Pair(choices[start : start + 2], look, width) for start in range(0, len(choices), 2)]
        super().__init__(items, look, box, on_turn)

    def show_choice(self, index: int) -> None:
        """Show the page on which a choice stands."""
        self.show_item(index // self._columns)
