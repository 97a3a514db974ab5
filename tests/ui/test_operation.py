# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every kind of screen worked by keyboard alone, by mouse and by finger: the same intents."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import pytest
from PySide6.QtCore import Qt

from townhall_ui.screens import (
    Answered,
    AskedToChange,
    Choice,
    ChoiceScreen,
    Chose,
    DocumentScreen,
    EnteredPin,
    EntryKind,
    Marked,
    Proceeded,
    QuestionScreen,
    Ranked,
    Stopped,
    WentBack,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.ui.sampler import Sampler
    from tests.ui.stage import Stage

    from townhall_ui.screens import Intent

Press: TypeAlias = "Callable[[Stage, str], None]"
TAB, ENTER, SPACE = Qt.Key.Key_Tab, Qt.Key.Key_Return, Qt.Key.Key_Space


def _walk_to(stage: Stage, name: str) -> None:
    """Tab to a control, as somebody does who has no pointer."""
    for _ in range(200):
        if stage.focus.objectName() == name:
            return
        stage.key(TAB)
    raise AssertionError(name)


def _press_by_enter(stage: Stage, name: str) -> None:
    _walk_to(stage, name)
    stage.key(ENTER)


def _press_by_space(stage: Stage, name: str) -> None:
    _walk_to(stage, name)
    stage.key(SPACE)


def _press_by_mouse(stage: Stage, name: str) -> None:
    stage.click(name)


def _press_by_finger(stage: Stage, name: str) -> None:
    stage.touch(name)


WAYS = (_press_by_enter, _press_by_space, _press_by_mouse, _press_by_finger)


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__.removeprefix("_press_by_"))
def press(request: pytest.FixtureRequest) -> Press:
    way: Press = request.param
    return way


@pytest.mark.parametrize(
    ("screen", "control", "intent"),
    [
        ("attract", "choice:ar", Chose("ar")),
        ("services", "choice:address", Chose("address")),
        ("services", "back", WentBack()),
        ("services", "stop", Stopped()),
        ("stopped", "proceed", Proceeded()),
        ("last-try", "choice:stop", Chose("stop")),
        ("last-try", "proceed", Proceeded()),
        ("note", "proceed", Answered("")),
        ("read-only", "proceed", Answered("1980-01-08")),
        ("text", "proceed", Answered("12 Harbour Road")),
        ("choose-one", "proceed", Answered("own")),
        ("choose-many", "proceed", Answered("tell1 tell3")),
        ("date", "proceed", Answered("2027-03-01")),
        ("decimal", "proceed", Answered("72.5")),
        ("review", "change:kind", AskedToChange("kind")),
        ("review", "proceed", Proceeded()),
        ("document", "proceed", Proceeded()),
        ("receipt", "choice:print", Chose("print")),
        ("receipt", "proceed", Proceeded()),
        ("contest", "choice:candidate1", Marked(("candidate1", "candidate2"))),
        ("contest", "choice:candidate2", Marked(())),
        ("contest-unmarked", "proceed", Proceeded()),
        ("ranked", "choice:park1", Ranked((("park2",),))),
        ("ranked", "up:park1", Ranked((("park1",), ("park2",)))),
        ("ranked", "down:park2", Ranked((("park1",), ("park2",)))),
        ("ranked", "out:park2", Ranked((("park1",),))),
        ("ranked", "proceed", Proceeded()),
        ("ballot-review", "change:school", AskedToChange("school")),
        ("check-or-cast", "choice:check", Chose("check")),
        ("check-or-cast", "choice:cast", Chose("cast")),
        ("checked", "proceed", Proceeded()),
        ("statement", "proceed", Proceeded()),
        ("slip", "proceed", Proceeded()),
        ("vote-receipt", "choice:print", Chose("print")),
        ("polls", "choice:confirm", Chose("confirm")),
    ],
)
def test_each_control_sends_the_same_however_it_is_pressed(  # noqa: PLR0917 - a table of cases
    stage: Stage, sampler: Sampler, press: Press, screen: str, control: str, intent: Intent
) -> None:
    stage.show(sampler.all()[screen])
    press(stage, control)
    assert stage.acts == [intent]


def test_a_choice_on_a_later_page_is_reached_however_one_turns_the_page(
    stage: Stage, sampler: Sampler, press: Press
) -> None:
    stage.show(sampler.all()["towns"])
    press(stage, "page:next")
    press(stage, "choice:town13")
    assert stage.acts == [Chose("town13")]


def test_the_last_page_keeps_the_focus_on_the_way_back(stage: Stage, english: Sampler) -> None:
    stage.show(english.all()["review"])
    _press_by_enter(stage, "page:next")
    assert stage.focus.objectName() == "page:previous"
    stage.key(ENTER)
    assert stage.find("change:street").isVisible()


@pytest.mark.parametrize("way", ["mouse", "finger", "enter"])
def test_a_choice_that_is_not_available_sends_nothing(stage: Stage, english: Sampler, way: str) -> None:
    stage.show(english.all()["services"])
    {"mouse": _press_by_mouse, "finger": _press_by_finger, "enter": _press_by_enter}[way](stage, "choice:record")
    assert stage.acts == []


def test_enter_in_a_field_goes_on(stage: Stage, english: Sampler) -> None:
    for name in ("text", "long-text", "integer", "decimal", "date"):
        stage.intents.clear()
        stage.show(english.all()[name])
        stage.key(ENTER)
        assert len(stage.acts) == 1, name
        assert isinstance(stage.acts[0], Answered)


def test_enter_on_the_heading_goes_on(stage: Stage, english: Sampler) -> None:
    stage.show(english.all()["stopped"])
    stage.key(ENTER)
    assert stage.acts == [Proceeded()]


def test_text_is_typed_on_the_hardware_keyboard(stage: Stage, english: Sampler) -> None:
    stage.show(english.question(EntryKind.TEXT, "street"))
    stage.type("7 Mill Lane")
    stage.key(ENTER)
    assert stage.acts == [Answered("7 Mill Lane")]


def test_latin_text_is_typed_on_the_screen_keyboard_from_either_side(
    stage: Stage, sampler: Sampler, press: Press
) -> None:
    stage.show(sampler.question(EntryKind.TEXT, "street"))
    if sampler.language == "ar":
        press(stage, "key:script")
    press(stage, "key:shift")
    press(stage, "key:1:0")  # A
    press(stage, "key:0:2")  # e
    press(stage, "key:space")
    press(stage, "key:more")
    press(stage, "key:0:0")  # ä
    press(stage, "key:shift")
    press(stage, "key:0:3")  # Õ
    press(stage, "key:symbols")
    press(stage, "key:0:6")  # 7
    press(stage, "key:0:7")  # 8
    press(stage, "key:delete")
    press(stage, "proceed")
    assert stage.acts == [Answered("Ae äÕ7")]


def test_arabic_text_is_typed_on_the_screen_keyboard_from_either_side(
    stage: Stage, sampler: Sampler, press: Press
) -> None:
    stage.show(sampler.question(EntryKind.TEXT, "street"))
    if sampler.language == "en":
        press(stage, "key:script")
    for key in ("key:1:9", "key:1:5", "key:2:2"):  # kaf, alif, ra
        press(stage, key)
    press(stage, "key:more")
    press(stage, "key:2:8")  # the mark that doubles a letter, without the stroke it is drawn on
    press(stage, "key:symbols")
    press(stage, "key:1:4")
    press(stage, "proceed")
    assert stage.acts == [Answered("كار\u0651،")]


@pytest.mark.parametrize("name", ["heading", "key:1:4", "back", "key:space"])
def test_what_is_typed_with_the_focus_elsewhere_goes_into_the_field(stage: Stage, english: Sampler, name: str) -> None:
    stage.show(english.question(EntryKind.TEXT, "street"))
    stage.find(name).setFocus(Qt.FocusReason.TabFocusReason)
    stage.type("Milk")
    stage.key(Qt.Key.Key_Backspace)
    stage.type("l")
    stage.click("proceed")
    assert stage.acts == [Answered("Mill")]


def test_digits_typed_with_the_focus_elsewhere_go_into_the_date(stage: Stage, english: Sampler) -> None:
    stage.show(english.question(EntryKind.DATE, "date"))
    stage.find("heading").setFocus(Qt.FocusReason.TabFocusReason)
    stage.type("09.12.20267")
    stage.key(Qt.Key.Key_Backspace)
    stage.click("proceed")
    assert stage.acts == [Answered("202-12-09")]


def test_shift_and_enter_begin_a_new_line_in_a_long_text(stage: Stage, english: Sampler) -> None:
    stage.show(english.question(EntryKind.LONG_TEXT, "reason"))
    stage.type("one")
    stage.key(ENTER, modifier=Qt.KeyboardModifier.ShiftModifier)
    stage.type("two")
    stage.key(ENTER)
    assert stage.answer().split() == ["one", "two"]
    assert len(stage.answer().splitlines()) == 2


def test_a_number_is_entered_on_the_pad(stage: Stage, sampler: Sampler, press: Press) -> None:
    stage.show(sampler.question(EntryKind.INTEGER, "people"))
    for control in ("digit:1", "digit:0", "key:sign", "key:delete", "digit:2"):
        press(stage, control)
    press(stage, "proceed")
    assert stage.acts == [Answered("-12")]


def test_a_decimal_is_shown_as_the_language_writes_it_and_sent_with_a_point(stage: Stage, english: Sampler) -> None:
    screen = english.question(EntryKind.DECIMAL, "size", "72.5")
    estonian = replace(screen, frame=replace(screen.frame, language="et"))
    stage.show(estonian)
    assert stage.field() == "72,5"
    stage.key(Qt.Key.Key_Backspace)
    stage.type("25,.")
    stage.key(ENTER)
    assert stage.acts == [Answered("72.25")]


def test_a_date_is_entered_on_the_pad_field_by_field(stage: Stage, sampler: Sampler) -> None:
    stage.show(sampler.question(EntryKind.DATE, "date"))
    stage.click("digit:9")
    stage.click("field:month")
    stage.click("digit:2")
    stage.click("field:year")
    for digit in "20271":
        stage.click(f"digit:{digit}")
    stage.click("proceed")
    assert stage.acts == [Answered("2027-02-09")]


def test_a_date_is_entered_by_keyboard_alone(stage: Stage, sampler: Sampler) -> None:
    stage.show(sampler.question(EntryKind.DATE, "date"))
    stage.type("31")
    stage.key(TAB)
    stage.type("2")
    stage.key(TAB)
    stage.type("2026")
    stage.key(ENTER)
    # Not our business whether there is such a day.
    assert stage.acts == [Answered("2026-02-31")]


def test_the_pad_reaches_the_date_field_that_tab_left_last(stage: Stage, english: Sampler) -> None:
    stage.show(english.question(EntryKind.DATE, "date"))
    stage.key(TAB)
    stage.type("1")
    _press_by_enter(stage, "digit:2")
    _press_by_mouse(stage, "proceed")
    assert stage.acts == [Answered("-12-")]


def test_a_date_is_entered_with_tab_and_enter_alone(stage: Stage, english: Sampler) -> None:
    stage.show(english.question(EntryKind.DATE, "date"))
    for digit in "09122026":
        _press_by_enter(stage, f"digit:{digit}")
    _press_by_enter(stage, "proceed")
    assert stage.acts == [Answered("2026-12-09")]


def test_digits_touched_one_after_the_other_fill_the_date(stage: Stage, english: Sampler) -> None:
    stage.show(english.question(EntryKind.DATE, "date"))
    for digit in "09122026":
        stage.touch(f"digit:{digit}")
    assert stage.focus.objectName() == "field:year"
    stage.touch("proceed")
    assert stage.acts == [Answered("2026-12-09")]


@pytest.mark.parametrize(
    ("day", "month", "year", "value"),
    [("", "", "", ""), ("1", "", "2026", "2026--01"), ("", "2", "2026", "2026-02-"), ("7", "8", "26", "26-08-07")],
)
def test_an_unfinished_date_goes_out_as_it_stands(  # noqa: PLR0917 - a table of cases
    stage: Stage, english: Sampler, day: str, month: str, year: str, value: str
) -> None:
    stage.show(english.question(EntryKind.DATE, "date"))
    for part in (day, month, year):
        stage.type(part)
        stage.key(TAB)
    stage.click("proceed")
    assert stage.acts == [Answered(value)]


def test_marking_one_choice_takes_the_mark_from_the_other(stage: Stage, sampler: Sampler, press: Press) -> None:
    stage.show(sampler.all()["choose-one"])
    press(stage, "choice:rent")
    press(stage, "proceed")
    assert stage.acts == [Answered("rent")]


def test_a_second_touch_leaves_the_one_choice_marked(stage: Stage, english: Sampler) -> None:
    stage.show(english.all()["choose-one"])
    stage.click("choice:guest")
    stage.click("choice:guest")
    stage.click("proceed")
    assert stage.acts == [Answered("guest")]


def test_many_choices_are_marked_and_unmarked(stage: Stage, english: Sampler) -> None:
    stage.show(english.all()["choose-many"])
    stage.touch("choice:tell1")
    stage.click("choice:tell2")
    stage.click("proceed")
    assert stage.acts == [Answered("tell2 tell3")]


def test_enter_marks_a_choice_and_a_second_enter_goes_on(stage: Stage, english: Sampler) -> None:
    screen = english.one("choose-one", QuestionScreen)
    stage.show(replace(screen, value=""))
    _walk_to(stage, "choice:guest")
    stage.key(ENTER)
    assert stage.acts == []
    stage.key(ENTER)
    assert stage.acts == [Answered("guest")]


def test_marks_on_pages_that_are_not_shown_count(stage: Stage, english: Sampler) -> None:
    towns = tuple(
        Choice(f"t{number}", f"A rather long name of municipality number {number}, as it was") for number in range(12)
    )
    stage.show(english.question(EntryKind.CHOOSE_MANY, "town", "t0", choices=towns))
    stage.click("page:next")
    stage.click("page:next")
    stage.click("choice:t11")
    stage.click("proceed")
    assert stage.acts == [Answered("t0 t11")]


def test_choices_without_words_for_pages_are_turned_by_arrows(stage: Stage, english: Sampler) -> None:
    screen = replace(english.one("towns", ChoiceScreen), paging=None)
    stage.show(screen)
    assert stage.find("page:next").accessibleName() == "2 / 3"
    stage.click("page:next")
    stage.click("choice:town11")
    assert stage.acts == [Chose("town11")]


def test_all_parts_of_a_document_can_be_reached_and_every_line_is_on_one_of_them(
    stage: Stage, english: Sampler
) -> None:
    screen = english.one("document", DocumentScreen)
    stage.show(screen)
    pictures = {stage.picture("sheet")}
    while stage.find("page:next").isEnabled():
        stage.click("page:next")
        pictures.add(stage.picture("sheet"))
    assert len(pictures) >= len(screen.pages)


def test_a_pin_is_the_same_bytes_however_it_is_entered(stage: Stage, sampler: Sampler, press: Press) -> None:
    stage.show(sampler.pin())
    for digit in "90210":
        press(stage, f"digit:{digit}")
    press(stage, "proceed")
    assert stage.acts == [EnteredPin(bytearray(b"90210"))]


def test_every_choice_of_questions_can_be_worked_by_keyboard_alone(stage: Stage, sampler: Sampler) -> None:
    """From the first focus, with Tab, Space and Enter only, each screen sends something."""
    for name, screen in sampler.all().items():
        if screen.frame.proceed is None:
            continue
        stage.intents.clear()
        stage.show(screen)
        if name.startswith(("pin", "access-number")):
            stage.type("123456789")
        _walk_to(stage, "proceed")
        stage.key(SPACE)
        assert len(stage.acts) == 1, name
        assert isinstance(screen, QuestionScreen) == isinstance(stage.acts[0], Answered), name
