# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A question and its keyboard in turns, where letters are large and the panel is small."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from townhall_ui.buttons import Button, Kind
from townhall_ui.fields import LineField, LongField
from townhall_ui.icons import Icon
from townhall_ui.look import Look
from townhall_ui.theme import GAP_MM


class Fold(QWidget):
    """The field, and beside it a button that shows the keys in place of the question, and back.

    Args:
        look: sizes, fonts and colours.
        field: is there in either turn; a touch on it shows the keys.
        names: what the button is called while it leads to the keys, and while it leads back.
        say: tells what is shown now.
    """

    def __init__(
        self, look: Look, field: LineField | LongField, names: tuple[str, str], say: Callable[[str], None]
    ) -> None:
        super().__init__()
        self._names, self._say = names, say
        self._question: Sequence[QWidget] = ()
        self._keys: Sequence[QWidget] = ()
        self.is_open = False
        self._turn = Button("", look, Kind.KEY, icon=Icon.KEYBOARD, name=names[0])
        self._turn.setObjectName("fold")
        self._turn.setFixedSize(look.px(22), field.height())
        self._turn.clicked.connect(lambda: self._tell(is_open=not self.is_open))
        field.touched.connect(lambda: self.show_keys(is_open=True))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(look.px(GAP_MM))
        row.addWidget(field, 1, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._turn, 0, Qt.AlignmentFlag.AlignVCenter)

    def hold(self, question: Sequence[QWidget], keys: Sequence[QWidget]) -> None:
        """What takes turns; the question is first."""
        self._question, self._keys = question, keys
        self.show_keys(is_open=False)

    def _tell(self, *, is_open: bool) -> None:
        self._say(self._names[0 if is_open else 1])
        self.show_keys(is_open=is_open)

    def show_keys(self, *, is_open: bool) -> None:
        """Show the keys, or the question."""
        self.is_open = is_open
        for part in self._question:
            part.setHidden(is_open)
        for part in self._keys:
            part.setHidden(not is_open)
        self._turn.icon_sign = Icon.UP if is_open else Icon.KEYBOARD
        self._turn.setAccessibleName(self._names[1 if is_open else 0])
        self._turn.update()
