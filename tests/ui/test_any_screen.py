# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Screens nobody has thought of: strange words, long words, many choices, other sizes; hostile first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from townhall_ui.buttons import Button
from townhall_ui.screens import (
    AccessNumberScreen,
    Active,
    Answer,
    Candidate,
    CheckOrCastScreen,
    Choice,
    ChoiceScreen,
    ContestScreen,
    DateWords,
    Direction,
    EntryKind,
    Frame,
    KeyboardWords,
    MarkWords,
    MessageScreen,
    PageWords,
    Picture,
    PinScreen,
    PinWords,
    PlaceWords,
    QuestionScreen,
    RankedScreen,
    RankWords,
    ReviewScreen,
    Scale,
    Screen,
    StatementScreen,
    StillThereScreen,
    Tone,
    WorkingScreen,
)
from townhall_ui.theme import TextSize, Theme
from townhall_ui.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.ui.sampler import Sampler
    from tests.ui.stage import Stage

ODD = "<b>&amp;\u202e\u0000\u2028\U0001f3e0ß{page}%s\n\t"
TEXT = st.one_of(st.text(max_size=60), st.text("abc def ", max_size=200), st.sampled_from([ODD, "x" * 120, ""]))
LABEL = st.one_of(st.text(max_size=20), st.sampled_from([ODD, "", "Go on"]))
OPTIONAL = st.none() | LABEL
PAGING = st.builds(PageWords, previous_page=LABEL, next_page=LABEL, page_of=st.just("{page}/{pages}"))
FRAMES = st.builds(
    Frame,
    language=st.sampled_from(["en", "ar", "et", "", "xx-Nope"]),
    direction=st.sampled_from(Direction),
    heading=TEXT,
    status=LABEL,
    step=LABEL,
    back=OPTIONAL,
    stop=OPTIONAL,
    proceed=OPTIONAL,
    code=LABEL,
)
CHOICES = st.lists(
    st.builds(Choice, id=st.text("abc", min_size=1, max_size=4), label=LABEL, hint=LABEL, is_available=st.booleans()),
    max_size=14,
    unique_by=lambda choice: choice.id,
).map(tuple)
KEYBOARD = st.builds(
    KeyboardWords, space=LABEL, delete=LABEL, shift=LABEL, more_letters=LABEL, symbols=LABEL, letters=LABEL
)
ANSWERS = st.lists(st.builds(Answer, id=st.text(max_size=4), question=TEXT, answer=TEXT, change=OPTIONAL), max_size=9)
LISTED = st.lists(
    st.builds(Candidate, id=st.text("abc", min_size=1, max_size=4), name=LABEL, detail=LABEL, number=LABEL),
    min_size=2,
    max_size=14,
    unique_by=lambda candidate: candidate.id,
).map(tuple)
SAID = st.text(min_size=1, max_size=60) | st.sampled_from(["You can choose no more.", "x" * 120])
MARK_WORDS = st.builds(
    MarkWords,
    counts=st.tuples(TEXT, TEXT, TEXT),
    too_many=SAID,
    chosen=LABEL,
    paging=PAGING,
    blank_chosen=SAID,
    not_with_blank=SAID,
    blank_not_with=SAID,
)
RANK_WORDS = st.builds(
    RankWords,
    ranks=st.tuples(LABEL, LABEL),
    move_up=LABEL,
    move_down=LABEL,
    take_out=LABEL,
    shared=st.just("{rank} & others"),
)
BLANK = st.none() | st.builds(Candidate, id=st.just("blank"), name=LABEL, detail=LABEL)
WAY = st.builds(Choice, id=st.text("abc", min_size=1), label=LABEL, hint=TEXT, is_available=st.booleans())
BALLOTS: st.SearchStrategy[Screen] = st.one_of(
    st.builds(
        ContestScreen,
        frame=FRAMES,
        instruction=TEXT,
        candidates=LISTED,
        maximum=st.just(2),
        words=MARK_WORDS,
        blank=BLANK,
        notice=TEXT,
    ),
    st.builds(
        RankedScreen,
        frame=FRAMES,
        instruction=TEXT,
        candidates=LISTED,
        maximum=st.just(2),
        words=MARK_WORDS,
        rank_words=RANK_WORDS,
        has_equal_ranks=st.booleans(),
        blank=BLANK,
        notice=TEXT,
    ),
    st.builds(
        CheckOrCastScreen,
        frame=FRAMES.map(lambda frame: replace(frame, proceed=None)),
        paragraphs=st.lists(TEXT, max_size=3).map(tuple),
        slip_label=LABEL,
        slip=TEXT,
        ways=st.tuples(WAY, WAY),
    ),
    st.builds(StatementScreen, frame=FRAMES, statement=TEXT),
)
SCREENS: st.SearchStrategy[Screen] = st.one_of(
    BALLOTS,
    st.builds(
        MessageScreen,
        frame=FRAMES,
        paragraphs=st.lists(TEXT, max_size=3).map(tuple),
        picture=st.sampled_from(Picture),
        tone=st.sampled_from(Tone),
    ),
    st.builds(ChoiceScreen, frame=FRAMES, choices=CHOICES, introduction=TEXT, paging=st.none() | PAGING),
    st.builds(
        PinScreen,
        frame=FRAMES,
        words=st.builds(PinWords, clear=LABEL, delete=LABEL, entered=st.just("{count}")),
        introduction=TEXT,
        minimum=st.integers(0, 12),
        maximum=st.just(12),
        notice=TEXT,
        tone=st.sampled_from(Tone),
    ),
    st.builds(
        AccessNumberScreen,
        frame=FRAMES,
        words=st.builds(PinWords, clear=LABEL, delete=LABEL, entered=st.just("{count}")),
        introduction=TEXT,
        digits=st.just(6),
        notice=TEXT,
        tone=st.sampled_from(Tone),
    ),
    st.builds(
        QuestionScreen,
        frame=FRAMES,
        kind=st.sampled_from(EntryKind),
        value=TEXT,
        keyboard=KEYBOARD,
        date=st.builds(DateWords, day=LABEL, month=LABEL, year=LABEL, hour=LABEL, minute=LABEL),
        hint=TEXT,
        source=LABEL,
        problem=TEXT,
        choices=CHOICES,
        is_read_only=st.booleans(),
        paging=st.none() | PAGING,
        place=st.builds(PlaceWords, latitude=LABEL, longitude=LABEL, minus=LABEL),
        scale=st.builds(
            Scale,
            low=st.decimals(-9, 9, places=1),
            high=st.decimals(9, 99, places=1),
            step=st.decimals("0.1", 9, places=1),
            less=LABEL,
            more=LABEL,
        ),
        ranks=RANK_WORDS.map(lambda words: replace(words, ranks=words.ranks * 7)),
        shapes=st.just(((3, 30), (2, 36), (2, 44))),
    ),
    st.builds(
        ReviewScreen,
        frame=FRAMES,
        answers=ANSWERS.map(tuple),
        introduction=TEXT,
        previous_page=LABEL,
        next_page=LABEL,
        page_of=st.just("{page}/{pages}"),
    ),
    st.builds(
        WorkingScreen,
        frame=FRAMES,
        steps=st.lists(TEXT, min_size=1, max_size=4).map(tuple),
        current=st.just(0),
        seconds=st.none() | st.integers(0, 60).map(str),
    ),
    st.builds(
        StillThereScreen,
        frame=FRAMES,
        paragraphs=st.lists(TEXT, max_size=3).map(tuple),
        seconds=st.none() | st.integers(0, 60).map(str),
    ),
)
QUIET = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@given(screen=SCREENS)
@QUIET
def test_any_screen_is_shown_and_sends_nothing_by_itself(stage: Stage, screen: Screen) -> None:
    stage.intents.clear()
    stage.show(screen)
    assert stage.window.current is screen
    assert stage.intents == []
    assert stage.focus.isVisible()


@given(screens=st.lists(SCREENS, min_size=2, max_size=4), keys=st.lists(st.sampled_from("\t 1a\r"), max_size=12))
@QUIET
def test_any_keys_on_any_screens_leave_the_window_standing(
    stage: Stage, screens: list[Screen], keys: list[str]
) -> None:
    for screen in screens:
        stage.show(screen)
        for key in keys:
            stage.key({"\t": Qt.Key.Key_Tab, "\r": Qt.Key.Key_Return, " ": Qt.Key.Key_Space}.get(key, Qt.Key.Key_1))
    assert stage.window.isVisible()


@given(screen=SCREENS, other=SCREENS)
@QUIET
def test_nothing_of_one_screen_is_on_the_next(stage: Stage, screen: Screen, other: Screen) -> None:
    if isinstance(other, StillThereScreen):
        return
    marked = replace(screen, frame=replace(screen.frame, heading="Marked Heading"))
    stage.show(marked)
    stage.show(other)
    assert "Marked Heading" not in [label.text() for label in stage.window.findChildren(QLabel)]


def _longer(text: str) -> str:
    """As long as in the wordiest language: forty in a hundred more, the words still words."""
    words = text.split()
    return " ".join([*words, *words[: max(1, len(words) * 2 // 5)]]) if words else text


def _grown(screen: QuestionScreen) -> QuestionScreen:
    frame = replace(screen.frame, heading=_longer(screen.frame.heading))
    choices = tuple(replace(choice, label=_longer(choice.label)) for choice in screen.choices)
    grown = replace(screen, frame=frame, choices=choices, hint=_longer(screen.hint), problem=_longer(screen.problem))
    return replace(grown, source=_longer(screen.source))


def _hidden(stage: Stage) -> set[str]:
    """What is there and cannot be seen whole."""
    widgets = [widget for widget in stage.window.findChildren(QWidget) if widget.isVisible()]
    shown = [widget for widget in widgets if isinstance(widget, (Words, Button))]
    return {widget.text() for widget in shown if widget.visibleRegion().boundingRect() != widget.rect()}


def test_words_longer_by_forty_in_a_hundred_fit_all_questions(any_stage: Stage, sampler: Sampler) -> None:
    for name, screen in sampler.questions().items():
        assert isinstance(screen, QuestionScreen)
        any_stage.show(_grown(screen))
        assert not _hidden(any_stage), name


@pytest.mark.parametrize("size", [TextSize.FIRST, TextSize.THIRD])
def test_other_text_sizes_need_no_other_code(
    stage_with: Callable[[Theme], Stage], sampler: Sampler, size: TextSize
) -> None:
    stage = stage_with(Theme(102, sampler.fonts, text_size=size))
    stage.window.resize(1920, 1080)
    for name, screen in sampler.all().items():
        stage.show(screen)
        assert not _hidden(stage), name


def test_another_palette_needs_no_other_code(stage_with: Callable[[Theme], Stage], english: Sampler) -> None:
    dark = replace(Theme(118, english.fonts).palette, page="#000000", ink="#ffffff", muted="#e0e0e0", surface="#101010")
    stage = stage_with(Theme(118, english.fonts, palette=dark))
    stage.show(english.all()["note"])
    image = stage.window.grab().toImage()
    assert image.pixelColor(image.width() // 2, image.height() - 3).name() == "#000000"


@pytest.mark.parametrize("size", [(640, 480), (1024, 600), (3840, 2160), (800, 1280)])
def test_no_size_of_the_window_stops_it(stage: Stage, english: Sampler, size: tuple[int, int]) -> None:
    stage.window.resize(*size)
    for screen in english.all().values():
        stage.show(screen)
    QApplication.processEvents()
    assert all(isinstance(intent, Active) for intent in stage.intents)
