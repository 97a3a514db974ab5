# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Pages instead of scrolling: a column of things of which as many are shown as fit, and big buttons to turn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from townhall_ui.buttons import Button, Kind
from townhall_ui.icons import Icon
from townhall_ui.look import Look, Style
from townhall_ui.screens import PageWords
from townhall_ui.theme import GAP_MM, PRIMARY_MM
from townhall_ui.words import Words

_ARROW_MM = 18.0
_WORDLESS = PageWords(previous_page="", next_page="", page_of="{page} / {pages}")


def partition(heights: Sequence[int], gap: int, room: int, room_with_pager: int) -> list[range]:
    """Which items stand on which page.

    Args:
        heights: of the items, in pixels.
        gap: pixels between two items.
        room: pixels of height if everything fits on one page.
        room_with_pager: pixels of height if it does not and the turning buttons need their place.

    Returns:
        Ranges of indexes that cover all items in order; an item higher than a page stands on a page of its own.
    """
    if sum(heights) + gap * (len(heights) - 1) <= room or len(heights) <= 1:
        return [range(len(heights))]
    pages: list[range] = []
    start, used = 0, 0
    for index, height in enumerate(heights):
        if index > start and used + gap + height > room_with_pager:
            pages.append(range(start, index))
            start, used = index, height
        else:
            used += height + (gap if index > start else 0)
    pages.append(range(start, len(heights)))
    return pages


@dataclass(frozen=True, slots=True)
class Leaf:
    """Which page of how many, and which things of how many stand on it; all counted from 1."""

    page: int = 1
    pages: int = 1
    first: int = 1
    last: int = 1
    total: int = 1

    def told(self, words: str) -> str:
        """Fill the figures in."""
        return words.format(page=self.page, pages=self.pages, first=self.first, last=self.last, total=self.total)


_WIDEST = Leaf(88, 88, 88, 88, 88)


class Pager(QWidget):
    """Two buttons that turn pages and, between them, which page this is.

    Args:
        look: sizes, fonts and colours.
        words: what it says; None: arrows and figures alone.
        width: pixels it may take; where the words do not fit, the buttons carry arrows alone.
        on_turn: called with the index of the page to show.
        is_upright: whether the pages lie below each other: arrows up and down, as large as the primary button.
    """

    def __init__(
        self,
        look: Look,
        words: PageWords | None,
        width: int,
        on_turn: Callable[[int], None],
        *,
        is_upright: bool = False,
    ) -> None:
        super().__init__()
        self._words, self._leaf = words or _WORDLESS, Leaf()
        self._on_turn = on_turn
        icons = (Icon.UP, Icon.DOWN) if is_upright else (Icon.BACK, Icon.FORWARD)
        self._previous = Button(self._words.previous_page, look, Kind.SECONDARY, icon=icons[0])
        self._next = Button(self._words.next_page, look, Kind.SECONDARY, icon=icons[1])
        self._next.is_icon_last = not is_upright
        if is_upright:
            for button in (self._previous, self._next):
                button.setMinimumHeight(look.px(PRIMARY_MM))
        self._previous.setObjectName("page:previous")
        self._next.setObjectName("page:next")
        self._shown = self._words.page_of
        self._label = Words("", look, Style.BODY, align=Qt.AlignmentFlag.AlignHCenter)
        self._measure_label()
        gap = look.px(GAP_MM)
        self._place(look, width, gap)
        self._previous.clicked.connect(lambda: self._on_turn(self._leaf.page - 2))
        self._next.clicked.connect(lambda: self._on_turn(self._leaf.page))

    def _measure_label(self) -> None:
        self._label.setText(_WIDEST.told(self._shown))
        self._label.setFixedWidth(self._label.sizeHint().width())

    def _place(self, look: Look, width: int, gap: int) -> None:
        """In a row with words, or with arrows alone, or with figures alone between them: what the width allows."""
        parts = (self._previous, self._label, self._next)
        if sum(part.sizeHint().width() for part in parts) + 2 * gap > width:
            for button in (self._previous, self._next):
                button.setText("")
                button.setMinimumWidth(look.px(_ARROW_MM))
        if 2 * look.px(_ARROW_MM) + self._label.width() + 2 * gap > width:
            self._shown = _WORDLESS.page_of
            self._measure_label()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(gap)
        row.addWidget(self._previous)
        row.addWidget(self._label, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._next)
        row.addStretch(1)

    @property
    def text(self) -> str:
        """Which page of how many, in words."""
        return self._leaf.told(self._words.page_of)

    @property
    def focused(self) -> str:
        """What the button is called that has the focus; empty where none has."""
        return next((each.accessibleName() for each in (self._previous, self._next) if each.hasFocus()), "")

    def set_page(self, leaf: Leaf) -> None:
        """Show that ``leaf`` is here."""
        self._leaf = leaf
        self._label.setText(leaf.told(self._shown))
        self._previous.setAccessibleName(self._words.previous_page or f"{leaf.page - 1} / {leaf.pages}")
        self._next.setAccessibleName(self._words.next_page or f"{leaf.page + 1} / {leaf.pages}")
        self._wake(self._previous, self._next, is_awake=leaf.page > 1)
        self._wake(self._next, self._previous, is_awake=leaf.page < leaf.pages)

    @staticmethod
    def _wake(button: Button, other: Button, *, is_awake: bool) -> None:
        """Wake a button or let it sleep; the focus goes to the other one first, or Qt would hand it on to anything."""
        if not is_awake and button.hasFocus():
            other.setEnabled(True)
            other.setFocus(Qt.FocusReason.TabFocusReason)
        button.setEnabled(is_awake)


class Pages(QWidget):
    """A column of items, as many at a time as fit.

    Args:
        items: what is shown, each as wide as the column.
        look: sizes, fonts and colours.
        box: the column's place and manners.
        on_turn: called with the words of the new page, for announcing them.

    Attributes:
        pager: the turning buttons, for the foot of the screen; None where everything fits.
        page: index of the page that is shown.
    """

    def __init__(self, items: Sequence[QWidget], look: Look, box: "Box", on_turn: Callable[[str], None]) -> None:
        super().__init__()
        self._items, self._on_turn, self.page = items, on_turn, 0
        gap = look.px(box.gap_mm)
        heights = [max(item.heightForWidth(box.width), item.minimumHeight()) for item in items]
        self._pages = partition(heights, gap, box.height, box.height_with_pager)
        is_paged = len(self._pages) > 1
        self.pager = (
            Pager(look, box.words, box.pager_width, self._turn, is_upright=box.is_upright) if is_paged else None
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(gap)
        for item in items:
            column.addWidget(item)
        column.addStretch(1)
        # An item higher than the column is a shortfall, which the view reports to the window.
        self.setFixedHeight(max(box.height_with_pager if is_paged else box.height, max(heights, default=0)))
        self.show_page(0)

    @property
    def count(self) -> int:
        """How many pages there are."""
        return len(self._pages)

    def _turn(self, page: int) -> None:
        """Show a page, and say which; on the first and the last one also that the focus is on the other button now."""
        if self.pager is None:
            return
        before = self.pager.focused
        self.show_page(page)
        after = self.pager.focused
        self._on_turn(self.pager.text if after == before else f"{self.pager.text}. {after}")

    def show_page(self, page: int) -> None:
        """Show page ``page`` from 0; the last one where there are fewer."""
        self.page = min(page, len(self._pages) - 1)
        for index, item in enumerate(self._items):
            item.setVisible(index in self._pages[self.page])
        if self.pager is not None:
            shown = self._pages[self.page]
            self.pager.set_page(Leaf(self.page + 1, len(self._pages), shown.start + 1, shown.stop, len(self._items)))

    def show_item(self, index: int) -> None:
        """Show the page on which an item stands."""
        self.show_page(next(number for number, page in enumerate(self._pages) if index in page))


@dataclass(frozen=True, slots=True)
class Box:
    """Where a paged column stands.

    Attributes:
        width: pixels of each item.
        height: pixels if everything fits on one page.
        height_with_pager: pixels if it does not.
        pager_width: pixels that the turning buttons may take.
        words: what they say.
        gap_mm: between two items.
        is_upright: whether arrows up and down turn the pages.
    """

    width: int
    height: int
    height_with_pager: int
    pager_width: int
    words: PageWords | None
    gap_mm: float = GAP_MM
    is_upright: bool = False
