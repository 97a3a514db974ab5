# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shows a ``RankedScreen``: candidates in the model's order, each with its rank in words and buttons that change it."""

from dataclasses import replace

from townhall_ui.buttons import Button
from townhall_ui.look import Look
from townhall_ui.marking import RankRules, Refusal, marked, rank_of, taken_out
from townhall_ui.marks import MarkButton
from townhall_ui.screens import Candidate, RankedScreen, Ranking, RankWords, Screen
from townhall_ui.screens import Ranked as RankedIntent
from townhall_ui.views.marking import MarkingView, Sent, listed
from townhall_ui.views.rank_row import RankRow, rank_tools
from townhall_ui.views.view import Outlet, Room


class RankedView(MarkingView):
    """A touch gives the next rank or takes the candidate out; nothing is dragged, and nobody changes place."""

    def __init__(self, look: Look, screen: RankedScreen, room: Room, outlet: Outlet) -> None:
        self._rules = RankRules.of(screen)
        super().__init__(look, screen, room, outlet)
        self._rank_words = screen.rank_words
        self._ranking: Ranking = ()
        self._sent: Sent[Ranking] = Sent()
        self._rows = [self._row(candidate) for candidate in listed(screen)]
        self._take(screen.ranking)
        ranked = [index for index, row in enumerate(self._rows) if row.button.isChecked()]
        self.fill(self._rows, ranked[0] if ranked else None, screen.notice)

    def _states(self, words: RankWords) -> tuple[str, ...]:
        ranks = words.ranks[: self._rules.marks.maximum]
        shared = tuple(words.shared.format(rank=rank) for rank in ranks) if self._rules.has_equal_ranks else ()
        return (*ranks, *shared)

    def _row(self, candidate: Candidate) -> RankRow:
        is_blank = candidate.id == self._blank
        states = (self._words.chosen,) if is_blank else self._states(self._rank_words)
        button = MarkButton(candidate, self.look, states)
        button.clicked.connect(lambda: self._touch(button))
        return RankRow(button, () if is_blank else self._tools(button), self.look, self.main_width)

    def _tools(self, button: MarkButton) -> tuple[Button, ...]:
        rules, one = self._rules, button.candidate.id
        return rank_tools(
            button,
            self._rank_words,
            self.look,
            self.main_width,
            (
                lambda: self._change(button, rules.moved_up(self._ranking, one)),
                lambda: self._change(button, rules.moved_down(self._ranking, one)),
                lambda: self._change(button, taken_out(self._ranking, one)),
            ),
        )

    def _touch(self, button: MarkButton) -> None:
        ranking = self._rules.turned(self._ranking, button.candidate.id)
        if isinstance(ranking, Refusal):
            self.refuse(button, ranking)
        else:
            self._change(button, ranking)

    def _change(self, button: MarkButton, ranking: Ranking) -> None:
        """Take a ranking over, say what became of a candidate, and send it on.

        The first cannot move up: that is said again, and its button stays awake. If it fell asleep, the focus would
        go elsewhere, and the same key would take the candidate out.
        """
        is_new = ranking != self._ranking
        self._take(ranking)
        spoken = self.shown.frame.spoken
        is_blank = button.candidate.id == self._blank
        chosen = spoken.chosen if is_blank else ""  # a rank is in the name already
        self.tell(button, chosen if button.isChecked() else spoken.not_chosen, marked(ranking))
        if is_new:
            self._sent.note(ranking)
            self.outlet.send(RankedIntent(ranking))

    def _take(self, ranking: Ranking) -> None:
        self._ranking = ranking
        for row in self._rows:
            self._show_rank(row, rank_of(ranking, row.button.candidate.id))
        self.show_count(marked(ranking))

    def _show_rank(self, row: RankRow, rank: int | None) -> None:
        one = row.button.candidate.id
        if rank is None:
            row.button.set_mark("", is_marked=False)
            row.show_tools(is_ranked=False)
        elif one == self._blank:
            row.button.set_mark(self._words.chosen, is_marked=True)
        else:
            state = self._rank_words.ranks[rank]
            if len(self._ranking[rank]) > 1:
                state = self._rank_words.shared.format(rank=state)
            row.button.set_mark(state, is_marked=True, sign=str(rank + 1))
            row.show_tools(is_ranked=True)

    def refresh(self, screen: Screen) -> bool:
        """The same contest with another ranking: it is the truth, unless it is only what was sent from here."""
        if not isinstance(screen, RankedScreen) or not isinstance(self.shown, RankedScreen):
            return False
        if replace(screen, ranking=self.shown.ranking) != self.shown:
            return False
        self._rules.check(screen.ranking)
        self.shown = screen
        if not self._sent.is_answer(screen.ranking) and screen.ranking != self._ranking:
            self._take(screen.ranking)
        return True

    def typed(self) -> str | None:
        return "\n".join(" ".join(rank) for rank in self._ranking)

    def type_again(self, typed: str) -> None:
        ranking = tuple(tuple(rank.split()) for rank in typed.splitlines())
        if ranking != self._ranking:
            self._take(ranking)
