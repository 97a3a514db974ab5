# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Times, places, scales and ranks: entered by touch and by keys alone, and sent as a form takes them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt

from townhall_ui.errors import ScreenMalformedError
from townhall_ui.screens import Answered, EntryKind, QuestionScreen, Scale
from townhall_ui.views.scale_entry import stepped

if TYPE_CHECKING:
    from tests.ui.sampler import Sampler
    from tests.ui.stage import Stage

TAB, ENTER = Qt.Key.Key_Tab, Qt.Key.Key_Return


def test_digits_touched_one_after_the_other_fill_a_moment(stage: Stage, sampler: Sampler) -> None:
    stage.show(sampler.question(EntryKind.DATE_TIME, "moment"))
    for digit in "010320271405":
        stage.touch(f"digit:{digit}")
    stage.touch("proceed")
    assert stage.acts == [Answered("2027-03-01T14:05")]


def test_a_time_is_typed_by_keyboard_alone(stage: Stage, sampler: Sampler) -> None:
    stage.show(sampler.question(EntryKind.TIME, "time"))
    stage.type("9")
    stage.key(TAB)
    stage.type("5")
    stage.key(ENTER)
    assert stage.acts == [Answered("09:05")]


def test_a_time_half_entered_goes_out_as_it_stands(stage: Stage, english: Sampler) -> None:
    stage.show(english.question(EntryKind.TIME, "time"))
    stage.type("9")
    stage.click("proceed")
    assert stage.acts == [Answered("09:")]


@pytest.mark.parametrize("name", ["time", "date-time", "place"])
def test_what_the_fields_do_not_show_is_kept_where_nobody_touched_them(
    stage: Stage, sampler: Sampler, name: str
) -> None:
    value = {"time": "14:05:27.123+02:00", "date-time": "2027-03-01T14:05:27.123+02:00", "place": "58.1 26.5 40.0 3.0"}
    screen = replace(sampler.one(name, QuestionScreen), value=value[name])
    stage.show(screen)
    stage.click("proceed")
    assert stage.acts == [Answered(value[name])]


def test_a_changed_time_is_a_new_time(stage: Stage, english: Sampler) -> None:
    stage.show(english.question(EntryKind.TIME, "time", "14:05:27.123+02:00"))
    stage.click("field:minute")
    stage.click("key:delete")
    stage.type("6")
    stage.click("proceed")
    assert stage.acts == [Answered("14:06")]


def test_a_place_is_entered_with_points_and_signs(stage: Stage, sampler: Sampler) -> None:
    stage.show(sampler.place())
    for key in ("digit:5", "digit:8", "key:sign", "digit:3"):
        stage.click(key)
    stage.click("field:longitude")
    stage.type("26.7")
    stage.click("minus:longitude")
    stage.click("proceed")
    assert stage.acts == [Answered("58.3 -26.7")]


def test_a_scale_is_climbed_by_its_keys_and_never_left(stage: Stage, sampler: Sampler) -> None:
    stage.show(sampler.scale())
    stage.click("less")  # from nothing, the first
    for key in ("less", "more", "more"):
        stage.click(key)
    stage.click("proceed")
    assert stage.acts == [Answered("10")]


def test_a_step_on_a_scale_is_told(stage: Stage, english: Sampler) -> None:
    told: list[str] = []
    stage.show(english.scale("20"))
    stage.window.spoken.connect(lambda text, _language, _is_urgent: told.append(text))
    stage.click("more")
    assert "25" in told


@pytest.mark.parametrize(
    ("text", "steps", "number"),
    [("", 1, "-2"), ("-2", -1, "-2"), ("-2", 1, "-1.5"), ("0.7", 1, "1.0"), ("1.9", 1, "1.5"), ("99", 1, "1.5")],
)
def test_steps_lead_from_number_to_number(text: str, steps: int, number: str) -> None:
    scale = Scale(Decimal(-2), Decimal("1.9"), Decimal("0.5"), "Less", "More")
    assert stepped(scale, text, steps) == Decimal(number)


def test_ranks_are_given_in_the_order_of_the_touches_and_moved(stage: Stage, sampler: Sampler) -> None:
    stage.show(sampler.rank())
    for key in ("choice:guest", "choice:rent", "choice:own", "up:own"):
        stage.click(key)
    stage.click("proceed")
    assert stage.acts == [Answered("guest own rent")]


def test_what_is_taken_out_gets_the_last_rank_when_touched_again(stage: Stage, english: Sampler) -> None:
    stage.show(english.rank("own rent guest"))
    for key in ("out:own", "choice:own"):
        stage.click(key)
    stage.click("proceed")
    assert stage.acts == [Answered("rent guest own")]


@pytest.mark.parametrize("kind", [EntryKind.PLACE, EntryKind.RANGE, EntryKind.RANK])
def test_a_question_without_the_words_of_its_kind_is_malformed(stage: Stage, english: Sampler, kind: EntryKind) -> None:
    with pytest.raises(ScreenMalformedError):
        stage.show(english.question(kind, "kind", choices=english.kinds()))
