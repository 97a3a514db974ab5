# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shows a ``ContestScreen``: candidates to mark, and how many marks are left."""

from dataclasses import replace

from townhall_ui.look import Look
from townhall_ui.marking import MarkRules, Refusal
from townhall_ui.marks import MarkButton
from townhall_ui.screens import Candidate, ContestScreen, Marked, Screen
from townhall_ui.views.marking import MarkingView, Sent, listed
from townhall_ui.views.view import Outlet, Room


class ContestView(MarkingView):
    """A touch makes a mark or takes it away; one that cannot be says why and changes nothing."""

    def __init__(self, look: Look, screen: ContestScreen, room: Room, outlet: Outlet) -> None:
        self._rules = MarkRules.of(screen)
        self._rules.check(screen.marks)
        super().__init__(look, screen, room, outlet)
        self._marks: tuple[str, ...] = ()
        self._sent: Sent[tuple[str, ...]] = Sent()
        candidates = listed(screen)
        self._buttons = [self._button(candidate) for candidate in candidates]
        self._take(self._rules.sorted(screen.marks))
        marked = [index for index, candidate in enumerate(candidates) if candidate.id in self._marks]
        self.fill(self._buttons, marked[0] if marked else None, screen.notice)

    def _button(self, candidate: Candidate) -> MarkButton:
        button = MarkButton(candidate, self.look, (self._words.chosen,))
        button.clicked.connect(lambda: self._touch(button))
        return button

    def _touch(self, button: MarkButton) -> None:
        marks = self._rules.turned(self._marks, button.candidate.id)
        if isinstance(marks, Refusal):
            self.refuse(button, marks)
            return
        self._take(marks)
        spoken = self.shown.frame.spoken
        self.tell(button, spoken.chosen if button.isChecked() else spoken.not_chosen, marks)
        self._sent.note(marks)
        self.outlet.send(Marked(marks))

    def _take(self, marks: tuple[str, ...]) -> None:
        self._marks = marks
        for button in self._buttons:
            is_marked = button.candidate.id in marks
            button.set_mark(self._words.chosen if is_marked else "", is_marked=is_marked)
        self.show_count(marks)

    def refresh(self, screen: Screen) -> bool:
        """The same contest with other marks: they are the truth, unless they are only what was sent from here."""
        if not isinstance(screen, ContestScreen) or not isinstance(self.shown, ContestScreen):
            return False
        if replace(screen, marks=self.shown.marks) != self.shown:
            return False
        self._rules.check(screen.marks)
        self.shown = screen
        if not self._sent.is_answer(screen.marks) and screen.marks != self._marks:
            self._take(self._rules.sorted(screen.marks))
        return True

    def typed(self) -> str | None:
        return " ".join(self._marks)

    def type_again(self, typed: str) -> None:
        marks = self._rules.sorted(tuple(typed.split()))
        if marks != self._marks:
            self._take(marks)
