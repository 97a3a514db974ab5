# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The on-screen keyboard for Latin letters: three rows over the page, space and page keys beside the primary button."""

import enum
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QWidget

from townhall_ui.buttons import Button, Kind
from townhall_ui.icons import Icon
from townhall_ui.keyboard_layouts import LETTERS, MORE_LETTERS, SYMBOLS, capital
from townhall_ui.look import Look
from townhall_ui.screens import KeyboardWords
from townhall_ui.theme import GAP_MM, TARGET_MM

COLUMNS = 11


class _Page(enum.Enum):
    LETTERS = LETTERS
    MORE = MORE_LETTERS
    SYMBOLS = SYMBOLS


class Keyboard(QWidget):
    """Keys for letters, letters with marks, digits and signs; layout the same in every language.

    Args:
        look: sizes, fonts and colours.
        words: names of the keys that carry no letter.
        on_text: called with the sign of a key.
        on_delete: called for the delete key.
        key_height_mm: at least 15.

    Attributes:
        bar: the page keys and the space key, to be placed beside the primary button.
    """

    def __init__(
        self,
        look: Look,
        words: KeyboardWords,
        *,
        on_text: Callable[[str], None],
        on_delete: Callable[[], None],
        key_height_mm: float = TARGET_MM,
    ) -> None:
        super().__init__()
        self._look, self._words, self._on_text = look, words, on_text
        self._page, self._is_shifted = _Page.LETTERS, False
        self._key_height = look.px(key_height_mm)
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(look.px(GAP_MM))
        self._rows = [self._sign_keys(row, count) for row, count in enumerate((10, 11, 10))]
        self._delete = self._icon_key(Icon.DELETE, words.delete, "key:delete")
        self._delete.clicked.connect(lambda _checked: on_delete())
        self._shift = self._icon_key(Icon.SHIFT, words.shift, "key:shift")
        self._shift.setCheckable(True)
        self._shift.toggled.connect(self._set_shift)
        self._corner = self._sign_key(2, COLUMNS - 1)
        self._place_keys()
        self.bar = self._make_bar()
        self._label_keys()

    def _sign_keys(self, row: int, count: int) -> list[Button]:
        return [self._sign_key(row, index) for index in range(count)]

    def _sign_key(self, row: int, index: int) -> Button:
        key = Button("", self._look, Kind.KEY)
        key.setObjectName(f"key:{row}:{index}")
        key.setFixedHeight(self._key_height)
        key.clicked.connect(lambda: self._press(key.text()))
        return key

    def _icon_key(self, icon: Icon, name: str, object_name: str) -> Button:
        key = Button("", self._look, Kind.KEY, icon=icon, name=name)
        key.setObjectName(object_name)
        key.setFixedHeight(self._key_height)
        return key

    def _place_keys(self) -> None:
        """Shift leads the last row, delete ends the first; columns are equally wide."""
        top, middle, bottom = self._rows
        for row, keys in enumerate(([*top, self._delete], middle, [self._shift, *bottom])):
            for column, key in enumerate(keys):
                self._grid.addWidget(key, row, column)
        self._grid.addWidget(self._corner, 2, 0)
        for column in range(COLUMNS):
            self._grid.setColumnStretch(column, 1)

    def _make_bar(self) -> QWidget:
        bar = QWidget()
        bar.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        row = QHBoxLayout(bar)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(self._look.px(GAP_MM))
        words = self._words
        self._symbols = self._page_key(words.symbols, "key:symbols", _Page.SYMBOLS)
        self._more = self._page_key(words.more_letters, "key:more", _Page.MORE)
        space = Button(words.space, self._look, Kind.WORD_KEY)
        space.setObjectName("key:space")
        space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        space.clicked.connect(lambda: self._on_text(" "))
        for key, share in ((self._symbols, 2), (self._more, 2), (space, 5)):
            row.addWidget(key, share)
        return bar

    def _page_key(self, caption: str, object_name: str, page: _Page) -> Button:
        key = Button(caption, self._look, Kind.WORD_KEY)
        key.setObjectName(object_name)
        key.clicked.connect(lambda: self._turn_to(page))
        return key

    def _press(self, sign: str) -> None:
        self._on_text(sign)
        # Shift holds for one letter, as on a telephone.
        self._shift.setChecked(False)

    def _turn_to(self, page: _Page) -> None:
        self._page = _Page.LETTERS if self._page is page else page
        self._shift.setChecked(False)
        self._label_keys()

    def _set_shift(self, is_shifted: bool) -> None:  # noqa: FBT001 - Qt's signal hands the state over by position
        self._is_shifted = is_shifted
        self._label_keys()

    def _label_keys(self) -> None:
        page = self._page.value
        for keys, signs in zip(
            [*self._rows, [self._corner]], (page.top, page.middle, page.bottom, page.corner), strict=True
        ):
            for key, sign in zip(keys, signs, strict=False):
                key.set_caption(capital(sign) if self._is_shifted else sign)
        self._corner.setVisible(bool(page.corner))
        self._shift.setVisible(not page.corner)
        words = self._words
        self._symbols.set_caption(words.letters if self._page is _Page.SYMBOLS else words.symbols)
        self._more.set_caption(words.letters if self._page is _Page.MORE else words.more_letters)
