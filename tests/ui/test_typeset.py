# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Setting text: nothing lost, no line too long, names keep their own direction."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from townhall_fonts import FONT_FILES
from townhall_ui.look import Look, Style
from townhall_ui.screens import Direction
from townhall_ui.theme import LINE_CHARACTERS, Theme
from townhall_ui.typeset import UNBOUNDED, Block, Setting, own_direction

LEFT, RIGHT = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
WORDS = st.lists(st.text("abcdefghijöüß'", min_size=1, max_size=14), min_size=1, max_size=60)


@pytest.fixture(autouse=True)
def _application(qapp: QApplication) -> None:
    del qapp


def _look(direction: Direction = Direction.LEFT_TO_RIGHT) -> Look:
    return Look(Theme(118, FONT_FILES), direction)


@given(WORDS, st.integers(400, 3000))  # the longest and widest word fits into 400
@settings(max_examples=60, deadline=None)
def test_no_word_is_lost_or_broken_and_no_line_is_too_long_or_too_wide(words: list[str], width: int) -> None:
    block = Block(" ".join(words), _look(), Style.BODY, width, align=LEFT)
    assert [word for line in block.lines for word in line.split()] == words
    assert all(len(line) <= LINE_CHARACTERS for line in block.lines)
    assert block.natural_width <= width


@given(st.text(max_size=200), st.integers(1, 2000))
@settings(max_examples=60, deadline=None)
def test_any_text_can_be_set_for_any_width(text: str, width: int) -> None:
    block = Block(text, _look(Direction.RIGHT_TO_LEFT), Style.SMALL, width, align=RIGHT)
    assert block.height > 0


def test_a_word_longer_than_a_line_is_broken_rather_than_cut_off() -> None:
    block = Block("x" * 200, _look(), Style.BODY, 400, align=LEFT)
    assert "".join(block.lines) == "x" * 200
    assert block.natural_width <= 400


def test_line_breaks_of_the_text_are_kept() -> None:
    block = Block("one\ntwo", _look(), Style.BODY, 4000, align=LEFT)
    assert [line.strip("\u2028") for line in block.lines] == ["one", "two"]


def test_an_empty_text_is_as_high_as_a_line() -> None:
    block = Block("", _look(), Style.BODY, 100, align=LEFT)
    assert block.height == pytest.approx(_look().pitch(Style.BODY))


def test_lines_of_arabic_stand_further_apart() -> None:
    assert _look(Direction.RIGHT_TO_LEFT).pitch(Style.BODY) > _look().pitch(Style.BODY)


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("12 Harbour Road, flat 7", Qt.LayoutDirection.LeftToRight),
        ("شارع الميناء 12", Qt.LayoutDirection.RightToLeft),
        ("12-34", Qt.LayoutDirection.RightToLeft),
        ("", Qt.LayoutDirection.RightToLeft),
    ],
)
def test_a_foreign_text_runs_as_its_first_letter_says(text: str, direction: Qt.LayoutDirection) -> None:
    assert own_direction(text, _look(Direction.RIGHT_TO_LEFT)) == direction


def test_a_setting_sets_a_text_once_for_each_width() -> None:
    setting = Setting("some words", _look(), Style.BODY, align=LEFT)
    assert setting.at(300) is setting.at(300)
    assert setting.at(300) is not setting.at(301)
    assert setting.natural_width >= setting.at(UNBOUNDED).natural_width
    assert setting.word_width < setting.natural_width
