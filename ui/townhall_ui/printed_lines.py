# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A field for lines that are printed for machines: typed from a document, or sent by a reader that plays a keyboard."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QTextOption

from townhall_ui.buttons import ENTER_KEYS
from townhall_ui.fields import LongField
from townhall_ui.look import Look, Style

LONGEST = 512
"""Signs that the field takes: a reader gone wild fills no memory."""


class PrintedLinesField(LongField):
    """Lines that read from the left in every language.

    Enter begins a new line until all are there: readers send it after each. All are there when lines and signs are as
    many as one of ``shapes`` says, without what a reader sends ``around`` them, or when Enter comes on an empty line.
    """

    def __init__(
        self, look: Look, name: str, shapes: tuple[tuple[int, int], ...], around: tuple[str, str] = ("", "")
    ) -> None:
        super().__init__(look, name)
        self._shapes, self._around = shapes, around
        self.setFont(look.font(Style.KEY_WORD))
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        option = QTextOption(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute)
        option.setTextDirection(Qt.LayoutDirection.LeftToRight)
        option.setWrapMode(QTextOption.WrapMode.WrapAnywhere)
        self.document().setDefaultTextOption(option)
        lines = max(count for count, _signs in shapes)
        self.setFixedHeight(round(lines * self.fontMetrics().lineSpacing()) + 2 * look.px(3.5))

    @property
    def is_whole(self) -> bool:
        """Whether Enter goes on."""
        before, behind = self._around
        lines = self.value.removeprefix(before).removesuffix(behind).split("\n")
        signs = [len(line.strip()) for line in lines if line.strip()]
        by_lines = any(signs == [length] * count for count, length in self._shapes)
        return not lines[-1].strip() or by_lines or signs in [[count * length] for count, length in self._shapes]

    def type_in(self, text: str) -> None:
        """Insert ``text``, as far as there is room."""
        super().type_in(text[: max(0, LONGEST - len(self.value))])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ENTER_KEYS and not event.isAutoRepeat() and not self.is_whole:
            self.keyed.emit()
            self.type_in("\n")
        elif event.text() and event.text().isprintable() and len(self.value) >= LONGEST:
            event.accept()
        else:
            super().keyPressEvent(event)
