# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The on-screen keyboard: three rows of keys over the page, space and page keys beside the primary button."""

import enum
import unicodedata
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QWidget

from townhall_ui.buttons import Button, Kind
from townhall_ui.icons import Icon
from townhall_ui.keyboard_layouts import KeyLayout, KeyPage, capital, caption, layouts_for
from townhall_ui.look import Look
from townhall_ui.screens import KeyboardWords
from townhall_ui.theme import GAP_MM, PRIMARY_MM, TARGET_MM

COLUMNS = 11
_NO_KEY = "\0"
_LEFT_TO_RIGHT = "\u200e"


class _Page(enum.Enum):
    LETTERS = "letters"
    MORE = "more"
    SYMBOLS = "symbols"


class Keyboard(QWidget):
    """Keys for letters, letters with marks, digits and signs, as the screen's language has them, and another script.

    Args:
        look: sizes, fonts and colours.
        words: names of the keys that carry no letter.
        language: of the screen, BCP 47.
        on_text: called with the sign of a key.
        on_delete: called for the delete key.
        key_height_mm: at least 15.
        layouts: its signs, and those of the other script, where the language's are not wanted; a new line is written
            in the place of a space.

    Attributes:
        bar: the page keys and the space key, to be placed beside the primary button.
    """

    def __init__(  # noqa: PLR0913 - two of them are what the keys do
        self,
        look: Look,
        words: KeyboardWords,
        language: str,
        *,
        on_text: Callable[[str], None],
        on_delete: Callable[[], None],
        key_height_mm: float = TARGET_MM,
        layouts: tuple[KeyLayout, KeyLayout] | None = None,
    ) -> None:
        super().__init__()
        self._look, self._words, self._on_text = look, words, on_text
        self._page, self._is_shifted = _Page.LETTERS, False
        self._layout, self._other = layouts or layouts_for(language)
        self._blank = "\n" if layouts else " "
        self._is_own = True
        self._signs: dict[Button, str] = {}
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
        key.clicked.connect(lambda: self._press(self._signs[key]))
        return key

    def _icon_key(self, icon: Icon, name: str, object_name: str) -> Button:
        key = Button("", self._look, Kind.KEY, icon=icon, name=name)
        key.setObjectName(object_name)
        key.setFixedHeight(self._key_height)
        return key

    def _place_keys(self) -> None:
        """Shift leads the last row, delete ends the first; columns are equally wide."""
        top, middle, bottom = self._rows
        places = [
            (row, column, key)
            for row, keys in enumerate(([*top, self._delete], middle))
            for column, key in enumerate(keys)
        ]
        places += [(2, 0, self._corner), (2, 0, self._shift)]
        places += [(2, column, key) for column, key in enumerate(bottom, start=1)]
        # In this order the focus goes: the corner has the place of shift where there is none.
        for row, column, key in places:
            self._grid.addWidget(key, row, column)
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
        self._script = Button(words.script, self._look, Kind.WORD_KEY)
        self._script.setObjectName("key:script")
        self._script.clicked.connect(lambda _checked: self._turn_script())
        space = Button(words.space, self._look, Kind.WORD_KEY)
        space.setObjectName("key:space")
        space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        space.clicked.connect(lambda: self._on_text(self._blank))
        for key, share in ((self._symbols, 2), (self._more, 2), (self._script, 2), (space, 5)):
            row.addWidget(key, share)
        self._script.setHidden(not words.script)
        self._more.setHidden(not self._layout.more.signs)
        self._keep_wide(self._symbols, words.letters, words.symbols)
        self._keep_wide(self._more, words.letters, words.more_letters)
        self._keep_wide(self._script, words.own_script, words.script)
        self._keep_wide(space, words.space)
        return bar

    def _keep_wide(self, key: Button, *captions: str) -> None:
        """Leave the key room for each of its captions."""
        widths = []
        for caption_ in captions:
            key.setText(caption_)
            widths.append(key.narrowest(self._look.px(PRIMARY_MM)))
        key.setMinimumWidth(max(widths))

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

    def _turn_script(self) -> None:
        self._layout, self._other = self._other, self._layout
        self._is_own = not self._is_own
        self._turn_to(_Page.LETTERS)

    def _key_page(self) -> KeyPage:
        layout = self._layout
        return {_Page.LETTERS: layout.letters, _Page.MORE: layout.more, _Page.SYMBOLS: layout.symbols}[self._page]

    def _set_shift(self, is_shifted: bool) -> None:  # noqa: FBT001 - Qt's signal hands the state over by position
        self._is_shifted = is_shifted
        self._label_keys()

    def _label(self, key: Button, sign: str) -> None:
        """On a page from right to left a bracket would be drawn turned round; what it types here is not turned."""
        key.set_caption(caption(sign))
        is_turned = self._look.qt_direction is Qt.LayoutDirection.RightToLeft and not self._layout.is_right_to_left
        if is_turned and unicodedata.mirrored(sign):
            key.setText(f"{_LEFT_TO_RIGHT}{sign}{_LEFT_TO_RIGHT}")

    def _label_keys(self) -> None:
        page = self._key_page()
        rows = zip([*self._rows, [self._corner]], (page.top, page.middle, page.bottom, page.corner), strict=True)
        for keys, signs in rows:
            for key, sign in zip(keys, signs.ljust(len(keys), _NO_KEY), strict=True):
                key.setVisible(sign != _NO_KEY)
                if sign == _NO_KEY:
                    continue
                self._signs[key] = capital(sign) if self._is_shifted else sign
                self._label(key, self._signs[key])
        self._corner.setVisible(bool(page.corner))
        self._shift.setVisible(not page.corner)
        words = self._words
        letters, more = words.letters, words.more_letters
        if not self._is_own:
            # The words are of the screen's script: the other one speaks for itself.
            letters, more = (page.top[:3] for page in (self._layout.letters, self._layout.more))
        self._symbols.set_caption(letters if self._page is _Page.SYMBOLS else words.symbols)
        self._more.set_caption(letters if self._page is _Page.MORE else more)
        self._script.set_caption(words.script if self._is_own else words.own_script)
