# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Choices put in order: a touch gives the next rank or takes it away, buttons move up and down."""

from dataclasses import replace

from PySide6.QtWidgets import QWidget

from townhall_ui.errors import ScreenMalformedError
from townhall_ui.marking import MarkRules, RankRules, Refusal, marked, rank_of, taken_out
from townhall_ui.marks import MarkButton
from townhall_ui.pages import Pages
from townhall_ui.screens import Candidate, Choice, QuestionScreen, Ranking
from townhall_ui.views.entry import Entry
from townhall_ui.views.rank_row import RankRow, rank_tools
from townhall_ui.views.view import View


class RankEntry(Entry):
    """All choices in the form's order, each with its rank in words; nothing is dragged, and nothing changes place.

    The answer has the ranked ones, the best first; that all of them must be ranked is the form's to say.
    """

    def __init__(self, view: View, screen: QuestionScreen) -> None:
        if screen.ranks is None or len(screen.ranks.ranks) < len(screen.choices):
            raise ScreenMalformedError("a rank without words")
        self._view, self._screen, self._words = view, screen, screen.ranks
        order = tuple(choice.id for choice in screen.choices)
        self._rules = RankRules(MarkRules(order, len(order), None), has_equal_ranks=False)
        self._ranking: Ranking = ()
        self._rows = [self._row(choice) for choice in screen.choices]
        self._pages: Pages | None = None
        self.set_value(screen.value)

    def _row(self, choice: Choice) -> RankRow:
        button = MarkButton(Candidate(choice.id, choice.label, choice.hint), self._view.look, self._words.ranks)
        button.clicked.connect(lambda: self._touch(button))
        one = choice.id
        acts = (
            lambda: self._change(button, self._rules.moved_up(self._ranking, one)),
            lambda: self._change(button, self._rules.moved_down(self._ranking, one)),
            lambda: self._change(button, taken_out(self._ranking, one)),
        )
        width = self._view.main_width
        return RankRow(button, rank_tools(button, self._words, self._view.look, width, acts), self._view.look, width)

    def _touch(self, button: MarkButton) -> None:
        ranking = self._rules.turned(self._ranking, button.candidate.id)
        if not isinstance(ranking, Refusal):  # there are as many ranks as choices
            self._change(button, ranking)

    def _change(self, button: MarkButton, ranking: Ranking) -> None:
        self._take(ranking)
        state = "" if button.isChecked() else self._screen.frame.spoken.not_chosen  # a rank is in the name already
        self._view.say_politely(", ".join(part for part in (button.accessibleName(), state) if part))

    def _take(self, ranking: Ranking) -> None:
        self._ranking = ranking
        for row in self._rows:
            rank = rank_of(ranking, row.button.candidate.id)
            state, sign = ("", "") if rank is None else (self._words.ranks[rank], str(rank + 1))
            row.button.set_mark(state, is_marked=rank is not None, sign=sign)
            row.show_tools(is_ranked=rank is not None)

    @property
    def page(self) -> int:
        return self._pages.page if self._pages is not None else 0

    @property
    def pager(self) -> QWidget | None:
        return self._pages.pager if self._pages is not None else None

    def build(self) -> QWidget:
        box = replace(self._view.box(self._screen.paging), is_upright=True)
        self._pages = Pages(self._rows, self._view.look, box, self._view.say_politely)
        return self._pages

    def value(self) -> str:
        return " ".join(marked(self._ranking))

    def set_value(self, value: str) -> None:
        known = dict.fromkeys(one for one in value.split() if one in self._rules.marks.order)
        self._take(tuple((one,) for one in known))

    def describe(self, text: str) -> None:
        for row in self._rows:
            hint = row.button.candidate.detail
            row.button.setAccessibleDescription(" ".join(part for part in (hint, text) if part))

    def show_page(self, page: int) -> None:
        if self._pages is not None:
            self._pages.show_page(page)
