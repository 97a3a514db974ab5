# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A number on a scale: typed with the number pad, or reached by keys for one step."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from townhall_ui.buttons import Button, Kind
from townhall_ui.errors import ScreenMalformedError
from townhall_ui.screens import QuestionScreen, Scale
from townhall_ui.theme import GAP_MM
from townhall_ui.views.typed_entries import NumberEntry
from townhall_ui.views.view import View


def stepped(scale: Scale, text: str, steps: int) -> Decimal:
    """The number ``steps`` away from what a field holds, at most an end of the scale; from nothing, the first one."""
    last = scale.low + (scale.high - scale.low) // scale.step * scale.step
    try:
        number = Decimal(text)
    except InvalidOperation:
        return scale.low
    passed = (number - scale.low) // scale.step  # a number between two steps counts as the one towards nought
    return min(max(scale.low + (passed + steps) * scale.step, scale.low), last)


class ScaleEntry(NumberEntry):
    """As of a number, with a key at each side of the field."""

    def __init__(self, view: View, screen: QuestionScreen) -> None:
        if screen.scale is None or screen.scale.step <= 0 or screen.scale.low > screen.scale.high:
            raise ScreenMalformedError("a range without a scale, or with one that leads nowhere")
        super().__init__(view, screen)
        self._view, self._scale, self._name = view, screen.scale, screen.frame.heading

    def build(self) -> QWidget:
        look = self._view.look
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(look.px(GAP_MM))
        self._field.setFixedWidth(look.px(50))
        less = self._key("less", "\u2013", self._scale.less, lambda: self._step(-1))
        more = self._key("more", "+", self._scale.more, lambda: self._step(1))
        for part in (less, self._field, more):
            row.addWidget(part, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addStretch(1)
        return line

    def _key(self, name: str, sign: str, caption: str, act: Callable[[], None]) -> Button:
        key = Button(sign, self._view.look, Kind.SECONDARY, name=f"{caption}: {self._name}")
        key.setObjectName(name)
        key.clicked.connect(lambda _checked: act())
        return key

    def _step(self, steps: int) -> None:
        """One step, and say where that leads."""
        value = f"{stepped(self._scale, self._field.value, steps):f}"
        self._field.set_value(value)
        self._view.say_politely(self._field.value)
