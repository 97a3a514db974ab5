# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the views of a contest share: the live count, the candidates in pages, and what is said of each touch."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Generic, TypeVar

from PySide6.QtWidgets import QWidget

from townhall_ui.look import Look
from townhall_ui.marking import Refusal
from townhall_ui.marks import CountStrip, MarkButton
from townhall_ui.pages import Pages
from townhall_ui.screens import Candidate, ContestScreen, RankedScreen
from townhall_ui.views.view import Outlet, Place, Room, View

T = TypeVar("T")


class Sent(Generic[T]):
    """Marks that were sent and have not come back in a model yet: an old one that does changes nothing any more."""

    def __init__(self) -> None:
        self._sent: list[T] = []

    def note(self, marks: T) -> None:
        """Remember what was sent."""
        self._sent.append(marks)

    def is_answer(self, marks: T) -> bool:
        """Whether the model only gives back what was sent; what was sent before that is forgotten."""
        if marks not in self._sent:
            return False
        del self._sent[: self._sent.index(marks) + 1]
        return True


class MarkingView(View):
    """Heading, count, and the candidates below them as the model has them, the blank vote last.

    Subclasses call ``fill`` once, with a widget for each of ``listed(screen)``.
    """

    def __init__(self, look: Look, screen: ContestScreen | RankedScreen, room: Room, outlet: Outlet) -> None:
        super().__init__(look, screen, room, outlet)
        self._words = screen.words
        self._blank = screen.blank.id if screen.blank is not None else None
        self.column.addWidget(self.heading)
        notices = {
            None: screen.notice,
            Refusal.TOO_MANY: screen.words.too_many,
            Refusal.NOT_WITH_BLANK: screen.words.not_with_blank if screen.blank is not None else "",
            Refusal.BLANK_NOT_WITH: screen.words.blank_not_with if screen.blank is not None else "",
        }
        counts = (*screen.words.counts, screen.words.blank_chosen)
        self._strip = CountStrip(look, self.main_width, screen.instruction, counts, notices)
        self.column.addWidget(self._strip)
        self._pages: Pages | None = None

    def fill(self, items: Sequence[QWidget], first_marked: int | None, notice: str) -> None:
        """Put the candidates below the count, and open the page on which a mark is."""
        box = replace(self.box(self._words.paging), is_upright=True)
        self._pages = Pages(items, self.look, box, self.say_politely)
        if first_marked is not None:
            self._pages.show_item(first_marked)
        self.add_to_foot(keys=self._pages.pager)
        self.column.addWidget(self._pages)
        self.column.addStretch(1)
        if notice:
            self._strip.show_notice(None)
        self.compose()

    def count_of(self, marks: tuple[str, ...]) -> str:
        """How many marks there are, in words."""
        return self._words.blank_chosen if self._blank in marks else self._words.counts[len(marks)]

    def show_count(self, marks: tuple[str, ...]) -> None:
        """Let the strip tell how many marks there are."""
        self._strip.show_count(self.count_of(marks))

    def tell(self, button: MarkButton, state: str, marks: tuple[str, ...]) -> None:
        """Say what has become of a candidate, and how many marks there are."""
        self._say(button.accessibleName(), state, self.count_of(marks))

    def refuse(self, button: MarkButton, reason: Refusal) -> None:
        """Tell and say why a touch changed nothing."""
        self._strip.show_notice(reason)
        texts = {
            Refusal.TOO_MANY: self._words.too_many,
            Refusal.NOT_WITH_BLANK: self._words.not_with_blank,
            Refusal.BLANK_NOT_WITH: self._words.blank_not_with,
        }
        self._say(button.accessibleName(), self.shown.frame.spoken.not_chosen, texts[reason])

    def _say(self, name: str, state: str, sentence: str) -> None:
        self.outlet.say(f"{', '.join(part for part in (name, state) if part)}. {sentence}", True)

    @property
    def description(self) -> str:
        """The count or its notice, and which candidates of how many are shown."""
        pager = self._pages.pager if self._pages is not None else None
        return " ".join(part for part in (self._strip.text, pager.text if pager is not None else "") if part)

    def place(self) -> Place:
        return Place(super().place().focus, self._pages.page if self._pages is not None else 0)

    def resume(self, place: Place) -> QWidget | None:
        if self._pages is not None:
            self._pages.show_page(place.page)
        return super().resume(place)


def listed(screen: ContestScreen | RankedScreen) -> tuple[Candidate, ...]:
    """All that can be marked, as it stands."""
    return (*screen.candidates, *((screen.blank,) if screen.blank is not None else ()))
