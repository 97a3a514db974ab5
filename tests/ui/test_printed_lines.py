# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Lines printed for machines: typed by hand, by touch, or by a reader that plays a keyboard, with Enter after each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from townhall_ui.buttons import Button
from townhall_ui.errors import ScreenMalformedError
from townhall_ui.printed_lines import LONGEST, PrintedLinesField
from townhall_ui.screens import Answered, Proceeded, QuestionScreen

if TYPE_CHECKING:
    from tests.ui.sampler import Sampler
    from tests.ui.stage import Stage

CARD = ("I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<")
PASSPORT = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")


def asked(sampler: Sampler) -> QuestionScreen:
    return replace(sampler.one("lines", QuestionScreen), value="")


def read(stage: Stage, *lines: str) -> None:
    """A reader types as fast as it can, wherever the focus is."""
    for line in lines:
        QTest.keyClicks(stage.window.focusWidget() or stage.window, line)
        QTest.keyClick(stage.window.focusWidget() or stage.window, Qt.Key.Key_Return)


def answers(stage: Stage) -> list[str]:
    return [intent.value for intent in stage.intents if isinstance(intent, Answered)]


@pytest.mark.parametrize("lines", [CARD, PASSPORT, ("".join(CARD),), ("".join(PASSPORT),)])
def test_a_reader_s_last_enter_sends_the_whole_and_no_other_does(
    stage: Stage, sampler: Sampler, lines: tuple[str, ...]
) -> None:
    stage.show(asked(sampler))
    stage.intents.clear()
    read(stage, *lines[:-1])
    assert answers(stage) == []
    read(stage, lines[-1])
    assert answers(stage) == ["\n".join(lines)]
    assert not any(isinstance(intent, Proceeded) for intent in stage.intents)


def test_a_reader_finds_the_field_from_any_key_of_the_screen(stage: Stage, english: Sampler) -> None:
    stage.show(asked(english))
    stage.find("key:0:3").setFocus()
    stage.intents.clear()
    read(stage, *CARD)
    assert answers(stage) == ["\n".join(CARD)]


def test_enter_on_an_empty_line_sends_what_there_is(stage: Stage, english: Sampler) -> None:
    stage.show(asked(english))
    stage.intents.clear()
    read(stage, "AB")
    assert answers(stage) == []
    read(stage, "")
    assert answers(stage) == ["AB\n"]


def test_by_touch_both_pages_have_the_filler_and_a_new_line_is_a_key(stage: Stage, english: Sampler) -> None:
    stage.show(asked(english))
    stage.intents.clear()
    for name in ("key:0:0", "key:2:10", "key:space", "key:symbols", "key:0:9", "key:2:10"):
        stage.click(name)
    shown = {widget.objectName() for widget in stage.controls()}
    assert not shown & {"key:1:0", "key:shift", "key:more", "key:script"}, "no letters among the digits"
    stage.click("proceed")
    assert answers(stage) == ["Q<\n0<"]


def test_what_a_reader_sends_around_the_lines_is_no_line(stage: Stage, english: Sampler) -> None:
    stage.show(replace(asked(english), around=("]X0", "#END")))
    stage.intents.clear()
    read(stage, f"]X0{CARD[0]}", CARD[1])
    assert answers(stage) == []
    read(stage, f"{CARD[2]}#END")
    assert answers(stage) == ["]X0" + "\n".join(CARD) + "#END"]


def test_a_reader_gone_wild_fills_nothing(stage: Stage, english: Sampler) -> None:
    stage.show(asked(english))
    stage.intents.clear()
    read(stage, "<" * (LONGEST + 100))
    read(stage, "", "")
    assert all(len(value) <= LONGEST for value in answers(stage))


def test_lines_without_a_shape_are_no_question(stage: Stage, english: Sampler) -> None:
    with pytest.raises(ScreenMalformedError):
        stage.show(replace(asked(english), shapes=()))


def test_the_key_of_the_filler_looks_as_what_it_types_on_a_page_from_either_side(
    stage: Stage, samplers: dict[str, Sampler]
) -> None:
    drawn = []
    for language in ("en", "ar"):
        stage.show(asked(samplers[language]))
        key = next(each for each in stage.window.findChildren(Button) if each.accessibleName() == "<")
        drawn.append(key.grab().toImage())
        stage.click(key.objectName())
        field = stage.find("field")
        assert isinstance(field, PrintedLinesField)
        assert field.value == "<"
    assert drawn[0] == drawn[1]
