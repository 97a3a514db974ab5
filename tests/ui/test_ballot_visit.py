# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A person who has never voted here finishes a ballot of two contests: by touch, by keyboard alone, by ear alone.

Each person uses only what that person has: places on the glass with the words that stand there; Tab, Enter and the
words under the focus; or arrows, Enter and what is heard. Behind the window stands a presenter that plays the kiosk.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from townhall_fonts import FONT_FILES
from townhall_ui.choices import ChoiceButton
from townhall_ui.screens import (
    Answer,
    AskedToChange,
    CheckOrCastScreen,
    Chose,
    CodeScreen,
    Marked,
    MessageScreen,
    Proceeded,
    Ranked,
    ReviewScreen,
    WentBack,
)
from townhall_ui.theme import Theme
from townhall_ui.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot
    from tests.ui.sampler import Sampler
    from tests.ui.stage import Stage

    from townhall_ui.screens import Intent, Ranking, Screen

CONTESTS = ("council", "parks")
END = "slip"


@dataclass
class Presenter:
    """Plays the kiosk: takes an intent at a time, keeps the marks, and shows what comes next."""

    sampler: Sampler
    at: str = "council"
    marks: tuple[str, ...] = ()
    ranking: Ranking = ()
    is_changing: bool = False
    todo: deque[Intent] = field(default_factory=deque)

    def screen(self) -> Screen:
        sampler = self.sampler
        shown: dict[str, Callable[[], Screen]] = {
            "council": lambda: sampler.contest(8, self.marks, has_blank=True),
            "parks": lambda: sampler.ranked(self.ranking),
            "review": self.review,
            "check-or-cast": lambda: sampler.one("check-or-cast", CheckOrCastScreen),
            "checked": lambda: sampler.one("checked", CodeScreen),
            END: lambda: sampler.one("slip", MessageScreen),
        }
        return shown[self.at]()

    def review(self) -> ReviewScreen:
        sampler = self.sampler
        names = {"blank": sampler.t("blank")} | {f"candidate{n}": sampler.t(f"candidate{n}") for n in range(1, 9)}
        note = sampler.t("one more") if len(self.marks) == 1 and "blank" not in self.marks else ""
        note = note if self.marks else sampler.t("nothing chosen")
        chosen = "\n".join(names[mark] for mark in self.marks)
        ranked = "\n".join(f"{n}. {sampler.t(one)}" for n, rank in enumerate(self.ranking, 1) for one in rank)
        answers = (
            Answer("council", sampler.t("contest"), chosen, sampler.t("change"), note),
            Answer("parks", sampler.t("park"), ranked, sampler.t("change")),
        )
        return replace(sampler.one("ballot-review", ReviewScreen), answers=answers)

    def take(self, intent: Intent) -> None:
        match intent:
            case Marked(marks=marks):
                self.marks = marks
            case Ranked(ranking=ranking):
                self.ranking = ranking
            case AskedToChange(id=contest):
                self.at, self.is_changing = contest, True
            case Proceeded():
                self.go_on()
            case WentBack():
                self.at = {"parks": "council", "review": "parks", "check-or-cast": "check-or-cast"}.get(
                    self.at, self.at
                )
            case Chose(id=way):
                self.at = {"check": "checked", "cast": END}[way]
            case _:
                pass

    def go_on(self) -> None:
        if self.at == "checked":  # that ballot is void: an empty one
            self.at, self.marks, self.ranking = "council", (), ()
        elif self.is_changing:
            self.at, self.is_changing = "review", False
        else:
            following = {"council": "parks", "parks": "review", "review": "check-or-cast"}
            self.at = following.get(self.at, self.at)


class Person(Protocol):
    """Somebody who does things by their words."""

    def press(self, words: str) -> None:
        """Press what says ``words``, wherever it is."""

    def learns(self, words: str) -> bool:
        """Whether this person has been told ``words`` since the last press."""


class Booth:
    """Window, presenter, and the turns of the loop between them, as in a kiosk: an intent is taken later."""

    def __init__(self, stage: Stage, presenter: Presenter) -> None:
        self.stage, self.presenter = stage, presenter
        self.settle()

    def settle(self) -> None:
        """Let the presenter answer all that has happened."""
        while True:
            while self.presenter.todo:
                self.presenter.take(self.presenter.todo.popleft())
                if self.presenter.screen() != self.stage.window.current:
                    self.stage.show(self.presenter.screen())
            QApplication.processEvents()
            if not self.presenter.todo:
                return


def _words_on(widget: QWidget) -> list[str]:
    """The words of a button as they stand on the glass, or its sign's name where it has a sign alone."""
    if isinstance(widget, QAbstractButton):
        return [widget.accessibleName(), widget.text()]
    return []


class Toucher:
    """Sees the glass and touches it."""

    def __init__(self, booth: Booth) -> None:
        self.booth = booth
        self._way = "Down"

    def _seen(self, words: str) -> QWidget | None:
        for target in self.booth.stage.targets():
            if target.isEnabled() and any(words in text for text in _words_on(target)):
                return target
        return None

    def _do(self, words: str) -> bool:
        """Press what is on this page; False: it is not."""
        target = self._seen(words)
        if target is not None:
            self.booth.stage.press_at(self.booth.stage.place(target).center(), is_touch=True)
            self.booth.settle()
        return target is not None

    def press(self, words: str) -> None:
        for _ in range(12):
            if self._do(words):
                return
            if not self._do(self._way):  # this was the last page, or the first
                self._way = "Up" if self._way == "Down" else "Down"
                self._do(self._way)
        raise AssertionError(words)

    def learns(self, words: str) -> bool:
        widgets = [widget for widget in self.booth.stage.window.findChildren(QWidget) if widget.isVisible()]
        shown = [str(widget.property("text")) for widget in widgets]
        choices = [widget for widget in widgets if isinstance(widget, ChoiceButton)]
        shown += [block.text for choice in choices for block in choice.face.blocks(choice.width())]
        return any(words in text for text in shown)


class Typist(Toucher):
    """Sees the glass, and has Tab and Enter."""

    def _do(self, words: str) -> bool:
        stage = self.booth.stage
        for _ in range(40):
            if any(words in text for text in _words_on(stage.focus)):
                stage.key(Qt.Key.Key_Return)
                self.booth.settle()
                return True
            stage.key(Qt.Key.Key_Tab)
        return False


class Listener(Toucher):
    """Sees nothing; has headphones, four arrows and a key to select."""

    def __init__(self, booth: Booth) -> None:
        super().__init__(booth)
        self.heard: list[str] = []
        self._since = 0
        booth.stage.window.spoken.connect(lambda text, _language, _is_urgent: self.heard.append(text))
        booth.stage.key(Qt.Key.Key_F5)

    def _do(self, words: str) -> bool:
        for _ in range(40):
            self.booth.stage.key(Qt.Key.Key_Down)
            if self._is_called(words):
                self._since = len(self.heard)
                self.booth.stage.key(Qt.Key.Key_Return)
                self.booth.settle()
                return True
        return False

    def _is_called(self, words: str) -> bool:
        """Whether what was heard last is something to press, of that name, and awake."""
        for role in ("choice", "button"):
            name, _, state = self.heard[-1].partition(f", {role}")
            if name != self.heard[-1] and words in name and "." not in name:
                return "cannot be used" not in state
        return False

    def learns(self, words: str) -> bool:
        return any(words in text for text in self.heard[self._since :])


PEOPLE: dict[str, Callable[[Booth], Person]] = {"touch": Toucher, "keyboard": Typist, "ear": Listener}


@pytest.fixture
def booth(qtbot: QtBot, english: Sampler, stage: Stage) -> Booth:
    """A window whose intents go to the presenter."""
    presenter = Presenter(english)
    stage.window.close()
    window = Window(Theme(stage.panel.ppi, FONT_FILES), presenter.todo.append)
    qtbot.addWidget(window)
    window.resize(stage.panel.width, stage.panel.height)
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    stage.window = window
    stage.show(presenter.screen())
    return Booth(stage, presenter)


@pytest.fixture(params=PEOPLE)
def person(request: pytest.FixtureRequest, booth: Booth) -> Person:
    """Somebody by what they have."""
    return PEOPLE[str(request.param)](booth)


def _cast(booth: Booth) -> tuple[tuple[str, ...], Ranking]:
    """What the presenter has of the ballot."""
    return booth.presenter.marks, booth.presenter.ranking


def test_a_ballot_of_two_contests_is_cast(booth: Booth, person: Person, english: Sampler) -> None:
    person.press("Anna Tamm")
    assert person.learns("1 of 2")
    person.press("Kaia Lepp")
    assert person.learns("2 of 2")
    person.press("Jaan Kask")
    assert person.learns(english.t("too many"))
    assert _cast(booth) == (("candidate1", "candidate7"), ())
    person.press("Anna Tamm")
    person.press("Jaan Kask")
    assert _cast(booth) == (("candidate2", "candidate7"), ())
    person.press("Continue")
    person.press("School yard")
    assert person.learns("1st choice")
    person.press("Harbour park")
    assert person.learns("2nd choice")
    person.press("Move up: Harbour park")
    assert _cast(booth) == (("candidate2", "candidate7"), (("park1",), ("park3",)))
    person.press("Continue")
    assert person.learns("Jaan Kask")
    person.press("Change: Town council")
    person.press("Kaia Lepp")
    person.press("Continue")
    assert person.learns(english.t("one more"))
    person.press("Continue")
    assert person.learns(english.t("slip words"))
    person.press("Cast this ballot")
    assert booth.presenter.at == END
    assert _cast(booth) == (("candidate2",), (("park1",), ("park3",)))


def test_a_blank_vote_is_cast(booth: Booth, person: Person, english: Sampler) -> None:
    person.press("Salim Haddad")
    person.press("Blank vote")
    assert person.learns(english.t("blank not with"))
    person.press("Salim Haddad")
    person.press("Blank vote")
    assert person.learns(english.t("blank chosen"))
    for words in ("Continue", "Continue", "Continue", "Cast this ballot"):
        person.press(words)
    assert booth.presenter.at == END
    assert _cast(booth) == (("blank",), ())


def test_a_ballot_is_checked_and_another_one_cast(booth: Booth, person: Person, english: Sampler) -> None:
    person.press("Liis Põld")
    for words in ("Continue", "Continue", "Continue", "Check this ballot"):
        person.press(words)
    assert person.learns(english.t("checked1"))
    person.press("Start again")
    assert _cast(booth) == ((), ())
    person.press("Peeter Rand")
    person.press("Continue")
    person.press("Back")
    assert _cast(booth) == (("candidate6",), ())
    for words in ("Continue", "Continue", "Continue", "Cast this ballot"):
        person.press(words)
    assert booth.presenter.at == END
