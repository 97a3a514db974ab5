# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The window: the same question in place, the countdown over it, signs of life, pictures, long runs."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QImage, QKeyEvent
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QWidget

from townhall_ui.errors import FontUnreadableError, ScreenMalformedError
from townhall_ui.screens import (
    Active,
    Answered,
    ChoiceScreen,
    Chose,
    DocumentScreen,
    EntryKind,
    MessageScreen,
    Proceeded,
    QuestionScreen,
    ReceiptScreen,
    StillThereScreen,
    Stopped,
    WorkingScreen,
)
from townhall_ui.theme import Theme
from townhall_ui.views.countdown import parted
from townhall_ui.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.ui.sampler import Sampler
    from tests.ui.stage import Stage

    from townhall_ui.screens import Intent, Screen


def _with_status(screen: QuestionScreen, status: str) -> QuestionScreen:
    return replace(screen, frame=replace(screen.frame, status=status))


def test_the_current_screen_is_the_one_shown_last(stage: Stage, english: Sampler) -> None:
    assert stage.window.current is None
    screen = english.all()["insert"]
    stage.show(screen)
    assert stage.window.current is screen


def test_the_same_question_takes_the_value_of_the_model(stage: Stage, english: Sampler) -> None:
    stage.show(english.question(EntryKind.TEXT, "street", "one"))
    field = stage.find("field")
    stage.type(" two")
    stage.show(english.question(EntryKind.TEXT, "street", "three"))
    assert stage.find("field") is field
    assert stage.field() == "three"
    assert stage.focus is field


def test_showing_the_same_model_again_puts_its_value_back(stage: Stage, english: Sampler) -> None:
    screen = english.question(EntryKind.TEXT, "street", "one")
    stage.show(screen)
    stage.type(" two")
    stage.show(screen)
    assert stage.field() == "one"


def test_another_status_leaves_what_is_typed_alone(stage: Stage, english: Sampler) -> None:
    screen = english.question(EntryKind.TEXT, "street", "one")
    stage.show(screen)
    stage.type(" two")
    stage.show(_with_status(screen, "The line is back"))
    assert stage.field() == "one two"
    assert any(label.text() == "The line is back" for label in stage.window.findChildren(QLabel))


def test_a_problem_appears_with_the_value_it_is_about_and_the_focus_stays(stage: Stage, english: Sampler) -> None:
    screen = english.question(EntryKind.TEXT, "street")
    stage.show(screen)
    stage.type("Harbour")
    stage.show(replace(screen, value="Harbour", problem=english.t("street problem")))
    assert stage.field() == "Harbour"
    assert stage.focus is stage.find("field")


@pytest.mark.parametrize("name", ["integer", "decimal", "date", "choose-one", "choose-many", "long-text"])
def test_every_kind_of_entry_takes_a_new_value_in_place(stage: Stage, english: Sampler, name: str) -> None:
    screen = english.one(name, QuestionScreen)
    values = {"integer": "41", "decimal": "-0.5", "date": "1999-12-31", "choose-one": "rent", "choose-many": "tell2"}
    value = values.get(name, "other text")
    stage.show(screen)
    stage.show(replace(screen, value=value))
    stage.click("proceed")
    assert stage.acts == [Answered(value)]


def test_a_value_can_be_emptied_in_place(stage: Stage, english: Sampler) -> None:
    for name in ("integer", "decimal", "date", "choose-one", "choose-many", "text", "long-text"):
        stage.intents.clear()
        screen = english.one(name, QuestionScreen)
        stage.show(screen)
        stage.show(replace(screen, value=""))
        stage.click("proceed")
        assert stage.acts == [Answered("")], name


def test_the_page_and_the_focus_stay_when_a_choice_changes(stage: Stage, english: Sampler) -> None:
    screen = english.one("towns", ChoiceScreen)
    stage.show(screen)
    stage.click("page:next")
    stage.find("choice:town13").setFocus()
    stage.show(replace(screen, introduction="Thirty of them:"))
    assert stage.focus is stage.find("choice:town13")


def test_another_language_is_another_screen(stage: Stage, english: Sampler) -> None:
    screen = english.question(EntryKind.TEXT, "street", "one")
    stage.show(screen)
    old = stage.find("field")
    stage.show(replace(screen, frame=replace(screen.frame, language="et")))
    assert stage.find("field") is not old


def test_the_countdown_counts_in_place(stage: Stage, english: Sampler) -> None:
    screen = english.one("still-there", StillThereScreen)
    stage.show(screen)
    heading = stage.find("heading")
    stage.show(replace(screen, seconds="17"))
    assert stage.find("heading") is heading


def test_after_the_countdown_the_same_question_stands_as_it_was(stage: Stage, english: Sampler) -> None:
    screen = english.question(EntryKind.TEXT, "street")
    stage.show(screen)
    stage.type("half an ans")
    stage.show(english.all()["still-there"])
    stage.show(replace(english.one("still-there", StillThereScreen), seconds="3"))
    stage.show(screen)
    assert stage.field() == "half an ans"
    assert stage.focus is stage.find("field")


def test_after_the_countdown_another_question_finds_nothing_of_the_first(stage: Stage, english: Sampler) -> None:
    stage.show(english.question(EntryKind.TEXT, "street"))
    stage.type("secret")
    stage.show(english.all()["still-there"])
    stage.show(english.all()["attract"])
    stage.show(english.question(EntryKind.TEXT, "street"))
    assert stage.field() == ""


@pytest.mark.parametrize("way", ["key", "mouse", "touch"])
def test_what_ends_the_countdown_presses_nothing_below_it(stage: Stage, english: Sampler, way: str) -> None:
    screen = english.all()["stopped"]

    def come_back(intent: Intent) -> None:
        stage.intents.append(intent)
        if isinstance(intent, Active) and stage.window.current == english.all()["still-there"]:
            stage.window.show_screen(screen)

    stage.window._on_intent = come_back
    stage.show(screen)
    place = stage.place(stage.find("proceed")).center()
    stage.show(english.all()["still-there"])
    if way == "key":
        stage.key(Qt.Key.Key_Return)
    else:
        stage.press_at(place, is_touch=way == "touch")
    assert stage.intents[-1] == Active()
    assert Proceeded() not in stage.intents
    assert stage.window.current is screen


def test_a_button_of_the_countdown_itself_is_pressed(stage: Stage, english: Sampler) -> None:
    screen = english.one("still-there", StillThereScreen)
    stage.show(replace(screen, frame=replace(screen.frame, stop="Stop")))
    stage.touch("stop")
    assert stage.acts == [Stopped()]


ACTS: dict[str, tuple[str, Callable[[Stage], None]]] = {
    "a key nothing needs": ("insert", lambda stage: stage.key(Qt.Key.Key_Shift)),
    "a touch on a heading": ("insert", lambda stage: stage.touch("heading")),
    "a click on a heading": ("insert", lambda stage: stage.click("heading")),
    "tab": ("review", lambda stage: stage.key(Qt.Key.Key_Tab)),
    "a touch on a choice that is not available": ("services", lambda stage: stage.touch("choice:record")),
    "an arrow": ("choose-one", lambda stage: stage.key(Qt.Key.Key_Down)),
    "a letter in a field": ("text", lambda stage: stage.type("a")),
    "a letter in a long field": ("long-text", lambda stage: stage.type("a")),
    "a digit in a number": ("integer", lambda stage: stage.type("1")),
    "a letter in a number": ("integer", lambda stage: stage.type("x")),
    "an arrow in a field": ("text", lambda stage: stage.key(Qt.Key.Key_Left)),
    "a touch in a field": ("text", lambda stage: stage.touch("field")),
    "a touch in a long field": ("long-text", lambda stage: stage.touch("field")),
    "a touch on a letter": ("text", lambda stage: stage.touch("key:0:0")),
    "a digit of a PIN": ("pin", lambda stage: stage.type("1")),
    "a touch on a digit of a PIN": ("pin", lambda stage: stage.touch("digit:1")),
    "a touch on the dots": ("pin", lambda stage: stage.click("pin")),
    "a touch on a button that sleeps": ("pin", lambda stage: stage.touch("proceed")),
    "turning a page": ("review", lambda stage: stage.touch("page:next")),
}


@pytest.mark.parametrize("act", ACTS)
def test_any_key_and_any_touch_is_a_sign_of_life(stage: Stage, english: Sampler, act: str) -> None:
    name, do = ACTS[act]
    stage.show(english.all()[name])
    do(stage)
    assert stage.intents == [Active()]


def test_an_intent_follows_its_sign_of_life(stage: Stage, english: Sampler) -> None:
    for name in ("back", "stop", "proceed"):
        stage.show(english.all()["review"])
        stage.intents.clear()
        stage.touch(name)
        assert len(stage.intents) == 2
        assert stage.intents[0] == Active()


def test_showing_screens_is_no_sign_of_life(stage: Stage, english: Sampler) -> None:
    for screen in english.all().values():
        stage.show(screen)
        stage.show(screen)
    assert stage.intents == []


def test_a_key_held_down_presses_nothing_on_the_next_screen(stage: Stage, english: Sampler) -> None:
    for name in ("text", "stopped", "pin", "choose-one", "long-text"):
        stage.show(english.all()[name])
        for _ in range(3):
            held = QKeyEvent(
                QEvent.Type.KeyPress, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "\r", autorep=True
            )
            QApplication.sendEvent(stage.focus, held)
        assert stage.acts == [], name


def test_no_filter_watches_the_application(qapp: QApplication, stage: Stage, english: Sampler) -> None:
    """PySide6 6.11.3 dies when a filter over all events makes it create Python types in the middle of a delivery."""
    del qapp
    stage.show(english.all()["text"])
    assert "eventFilter" not in vars(Window)
    assert "event" not in vars(Window)


@pytest.mark.parametrize("key", [Qt.Key.Key_Tab, Qt.Key.Key_Space, Qt.Key.Key_A, Qt.Key.Key_Escape, Qt.Key.Key_Down])
def test_any_key_ends_the_countdown(stage: Stage, english: Sampler, key: Qt.Key) -> None:
    stage.show(english.all()["still-there"])
    stage.key(key)
    assert stage.intents == [Active()]


def test_signs_of_life_come_once_a_second_at_most(stage: Stage, english: Sampler) -> None:
    stage.show(english.question(EntryKind.TEXT, "street"))
    stage.intents.clear()
    stage.type("many keys in a short time")
    assert stage.intents == [Active()]


def test_every_touch_ends_a_countdown_however_soon(stage: Stage, english: Sampler) -> None:
    stage.show(english.all()["still-there"])
    stage.intents.clear()
    for _ in range(3):
        stage.click("heading")
    assert stage.intents == [Active()] * 3


def test_a_picture_of_the_window_is_a_png_of_its_size(stage: Stage, english: Sampler) -> None:
    stage.show(english.all()["insert"])
    image = QImage.fromData(stage.window.grab_png())
    assert (image.width(), image.height()) == (1280, 800)


def test_resizing_sets_the_screen_anew(stage: Stage, english: Sampler) -> None:
    screen = english.all()["review"]
    stage.show(screen)
    stage.window.resize(1920, 1080)
    QApplication.processEvents()
    assert stage.place(stage.find("proceed")).right() > 1280


def test_there_is_no_pointer_and_no_tooltip(stage: Stage, english: Sampler) -> None:
    assert stage.window.cursor().shape() == Qt.CursorShape.BlankCursor
    for screen in english.all().values():
        stage.show(screen)
        for widget in stage.window.findChildren(QWidget):
            assert not widget.toolTip()
            assert widget.cursor().shape() == Qt.CursorShape.BlankCursor


def test_nothing_is_shown_outside_the_window(stage: Stage, english: Sampler) -> None:
    for screen in english.all().values():
        stage.show(screen)
        assert [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()] == [stage.window]


def test_the_clipboard_stays_empty(stage: Stage, english: Sampler) -> None:
    QApplication.clipboard().clear()
    control = Qt.KeyboardModifier.ControlModifier
    for name in ("text", "long-text", "integer"):
        stage.show(english.all()[name])
        for key in (Qt.Key.Key_A, Qt.Key.Key_C, Qt.Key.Key_X):
            stage.key(key, modifier=control)
        assert QApplication.clipboard().text() == ""
        QApplication.clipboard().setText("of somebody else")
        stage.key(Qt.Key.Key_V, modifier=control)
        stage.click("proceed")
        assert "somebody" not in stage.answer()
        QApplication.clipboard().clear()


def test_markup_in_a_text_is_shown_as_it_is(stage: Stage, english: Sampler) -> None:
    screen = english.one("stopped", MessageScreen)
    stage.show(replace(screen, paragraphs=("<b>1 < 2</b>",)))
    assert any(label.text() == "<b>1 < 2</b>" for label in stage.window.findChildren(QLabel))


def test_screens_that_were_left_are_gone_with_their_texts(stage: Stage, english: Sampler) -> None:
    stage.show(english.question(EntryKind.TEXT, "street", "a name"))
    stage.show(english.all()["attract"])
    assert [field for field in stage.window.findChildren(QLineEdit) if field.text()] == []


def test_hundreds_of_screens_leave_no_widgets_behind(stage: Stage, english: Sampler) -> None:
    screens = list(english.all().values())
    counts = []
    for _ in range(4):
        for screen in screens:
            stage.show(screen)
        counts.append(len(stage.window.findChildren(QObject)))
    assert len(set(counts)) == 1


def test_a_screen_may_be_shown_from_within_an_intent(stage: Stage, english: Sampler) -> None:
    def go_on(intent: Intent) -> None:
        stage.intents.append(intent)
        if isinstance(intent, Chose):
            stage.window.show_screen(english.all()["text"])

    stage.window._on_intent = go_on
    for _ in range(20):
        stage.show(english.all()["services"])
        stage.touch("choice:address")
        assert stage.window.current is english.all()["text"]


def _broken(sampler: Sampler) -> list[Screen]:
    working, document = sampler.one("working", WorkingScreen), sampler.one("document", DocumentScreen)
    receipt = sampler.one("receipt", ReceiptScreen)
    return [
        replace(working, current=3),
        replace(working, current=-1),
        replace(document, pages=()),
        replace(document, pages=(b"no picture",)),
        replace(receipt, qr=b"no picture"),
    ]


def test_a_screen_that_contradicts_itself_is_refused(stage: Stage, english: Sampler) -> None:
    for screen in _broken(english):
        with pytest.raises(ScreenMalformedError):
            stage.window.show_screen(screen)


def test_a_step_that_is_not_there_is_refused_in_place_too(stage: Stage, english: Sampler) -> None:
    screen = english.one("working", WorkingScreen)
    stage.show(screen)
    with pytest.raises(ScreenMalformedError):
        stage.window.show_screen(replace(screen, current=3))


@pytest.mark.parametrize(
    ("seconds", "number", "name"),
    [
        ("18", "18", ""),
        ("10 seconds", "10", "seconds"),
        ("1 second", "1", "second"),
        ("24 ثانية", "24", "ثانية"),
        ("ثانيتان", "", "ثانيتان"),
    ],
)
def test_the_number_of_seconds_is_told_from_their_name(seconds: str, number: str, name: str) -> None:
    assert parted(seconds) == (number, name)


def test_seconds_that_a_reader_waits_run_out_in_place(stage: Stage, english: Sampler) -> None:
    screen = replace(english.one("working", WorkingScreen), seconds="30 seconds")
    stage.show(screen)
    heading = stage.find("heading")
    for left in ("29 seconds", "28 seconds"):
        stage.show(replace(screen, seconds=left))
        assert stage.find("heading") is heading
    stage.show(replace(screen, seconds=None))
    assert stage.find("heading") is not heading


@pytest.mark.usefixtures("qapp")
def test_a_missing_font_is_refused_by_its_name_without_its_folder(tmp_path: Path) -> None:
    with pytest.raises(FontUnreadableError) as refused:
        Window(Theme(118, (tmp_path / "Missing.ttf",)), lambda _intent: None)
    assert str(refused.value) == "Missing.ttf"


def test_a_screen_comes_in_a_tenth_of_a_second(stage: Stage, english: Sampler) -> None:
    """A wide bound that only a change of kind would break; the figures are the bench's."""
    screens = english.all()
    for screen in screens.values():
        stage.show(screen)
    slow = {}
    for name, screen in screens.items():
        times = []
        for _ in range(3):
            stage.show(screens["insert"] if name != "insert" else screens["take"])
            start = time.perf_counter()
            stage.show(screen)
            stage.window.repaint()
            times.append(time.perf_counter() - start)
        if min(times) > 0.5:
            slow[name] = min(times)
    assert not slow


def test_twenty_thousand_ticks_do_not_end_the_process(stage: Stage, english: Sampler) -> None:
    """PySide6 6.12.0 loses references to None on Python 3.11 and aborts after some 5,100 updates of a label."""
    screen = english.one("still-there", StillThereScreen)
    stage.show(screen)
    label = next(label for label in stage.window.findChildren(QLabel) if label.isVisible())
    heading = label.text()
    for tick in range(20_000):
        label.setText(str(tick))
        label.update()
        if tick % 200 == 0:
            stage.window.show_screen(replace(screen, seconds=str(tick)))
            QApplication.processEvents()
    label.setText(heading)
