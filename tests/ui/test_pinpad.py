# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The PIN: never in a string, never left behind, never beyond its limits."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QWidget

from townhall_ui.pinpad import PinBuffer, digit_of_key
from townhall_ui.screens import EnteredPin, Tone
from townhall_ui.views.pin import PinView

if TYPE_CHECKING:
    from tests.ui.sampler import Sampler
    from tests.ui.stage import Stage


def _view(stage: Stage) -> PinView:
    return next(view for view in stage.window.findChildren(PinView) if view.isVisible())


def test_no_widget_and_no_string_ever_holds_the_pin(stage: Stage, english: Sampler) -> None:
    stage.show(english.pin())
    pin = "8264013"
    stage.type(pin[:3])
    for digit in pin[3:]:
        stage.click(f"digit:{digit}")
    for length in range(2, len(pin) + 1):
        for widget in stage.window.findChildren(QWidget):
            said = [widget.accessibleName(), widget.accessibleDescription(), widget.objectName(), widget.toolTip()]
            if isinstance(widget, (QLabel, QPushButton, QLineEdit)):
                said.append(widget.text())
            assert all(pin[:length] not in text for text in said)
    gc.collect()
    # Neither does any Python string that was made since, apart from this test's own.
    ours = {id(pin)}
    assert not [text for text in gc.get_objects() if isinstance(text, str) and text == pin and id(text) not in ours]


def test_the_pin_is_handed_over_once_and_wiped_here(stage: Stage, english: Sampler) -> None:
    stage.show(english.pin())
    stage.type("70315")
    buffer = _view(stage)._buffer
    stage.click("proceed")
    assert stage.acts == [EnteredPin(bytearray(b"70315"))]
    assert bytes(buffer._digits) == bytes(12)
    assert not stage.find("proceed").isEnabled()
    stage.key(Qt.Key.Key_Return)
    assert len(stage.acts) == 1


def test_the_receiver_can_wipe_what_it_was_given(stage: Stage, english: Sampler) -> None:
    stage.show(english.pin())
    stage.type("70315")
    stage.click("proceed")
    entered = stage.acts[0]
    assert isinstance(entered, EnteredPin)
    assert "7" not in repr(entered)
    entered.pin[:] = bytes(len(entered.pin))
    assert entered.pin == bytearray(5)


@pytest.mark.parametrize("leave_for", ["services", "take", "still-there"])
def test_a_pin_half_entered_is_wiped_when_another_screen_comes(stage: Stage, english: Sampler, leave_for: str) -> None:
    stage.show(english.pin())
    stage.type("703")
    buffer = _view(stage)._buffer
    stage.show(english.all()[leave_for])
    assert bytes(buffer._digits) == bytes(12)


def test_after_the_countdown_the_dots_tell_that_nothing_is_entered(stage: Stage, english: Sampler) -> None:
    stage.show(english.pin())
    stage.type("70315")
    stage.show(english.all()["still-there"])
    stage.show(english.pin())
    assert stage.find("pin").accessibleDescription() == "Digits entered: 0"
    assert not stage.find("proceed").isEnabled()


def test_closing_the_window_wipes_the_pin(stage: Stage, english: Sampler) -> None:
    stage.show(english.pin())
    stage.type("703")
    buffer = _view(stage)._buffer
    stage.window.close()
    assert bytes(buffer._digits) == bytes(12)


def test_the_same_question_again_begins_with_no_digits(stage: Stage, english: Sampler) -> None:
    stage.show(english.pin())
    stage.type("70315")
    stage.show(english.pin(notice="pin notice"))
    assert stage.find("pin").accessibleDescription() == "Digits entered: 0"
    assert stage.focus.objectName() == "pin"
    stage.type("703")
    stage.show(english.pin(notice="pin notice"))
    assert stage.find("pin").accessibleDescription() == "Digits entered: 0"


def test_proceeding_needs_the_minimum_and_takes_no_more_than_the_maximum(stage: Stage, english: Sampler) -> None:
    stage.show(english.pin())
    for count in range(1, 16):
        stage.key(Qt.Key.Key_5)
        assert stage.find("proceed").isEnabled() == (count >= 5)
    stage.click("proceed")
    assert stage.acts == [EnteredPin(bytearray(b"5" * 12))]


def test_enter_before_the_minimum_does_nothing(stage: Stage, english: Sampler) -> None:
    stage.show(english.pin())
    stage.type("1234")
    stage.key(Qt.Key.Key_Return)
    assert stage.acts == []


def test_clear_and_delete_take_digits_back(stage: Stage, english: Sampler) -> None:
    stage.show(english.pin())
    stage.type("123")
    stage.click("key:clear")
    stage.type("99")
    stage.key(Qt.Key.Key_Backspace)
    stage.click("key:delete")
    stage.type("54321")
    stage.click("proceed")
    assert stage.acts == [EnteredPin(bytearray(b"54321"))]


def test_hardware_digits_work_wherever_the_focus_is(stage: Stage, english: Sampler) -> None:
    stage.show(english.pin())
    for name in ("heading", "digit:1", "key:clear", "back", "pin"):
        stage.find(name).setFocus(Qt.FocusReason.TabFocusReason)
        stage.key(Qt.Key.Key_8)
    stage.click("proceed")
    assert stage.acts == [EnteredPin(bytearray(b"88888"))]


def test_digits_of_a_number_block_and_of_an_arabic_keyboard_count_too(stage: Stage, english: Sampler) -> None:
    stage.show(english.pin())
    stage.key(Qt.Key.Key_1, modifier=Qt.KeyboardModifier.KeypadModifier)
    for code in (0x0662, 0x06F3, ord("4"), ord("5")):
        event = QKeyEvent(QEvent.Type.KeyPress, code, Qt.KeyboardModifier.NoModifier, chr(code))
        QApplication.sendEvent(stage.find("pin"), event)
    stage.click("proceed")
    assert stage.acts == [EnteredPin(bytearray(b"12345"))]


def test_the_dots_look_the_same_for_any_digits(stage: Stage, english: Sampler) -> None:
    pictures = set()
    for digits in ("00000", "98765"):
        stage.show(english.all()["take"])
        stage.show(english.pin())
        stage.type(digits)
        pictures.add(stage.window.grab_png())
    assert len(pictures) == 1


def test_a_touched_key_keeps_no_trace_of_the_touch(stage: Stage, english: Sampler) -> None:
    stage.show(english.pin())
    before = stage.find("digit:7").grab().toImage()
    stage.touch("digit:7")
    assert stage.find("digit:7").grab().toImage() == before


def test_a_warning_is_told_by_its_tone(stage: Stage, english: Sampler) -> None:
    assert english.pin(notice="pin notice").tone is Tone.PROBLEM
    stage.show(english.pin(notice="pin notice"))
    assert english.t("pin notice") in stage.find("heading").accessibleDescription()


DELETE, WIPE = 10, 11


@given(st.lists(st.sampled_from([*range(10), DELETE, WIPE]), max_size=60), st.integers(1, 12))
def test_the_buffer_holds_what_a_list_would_hold(acts: list[int], maximum: int) -> None:
    buffer = PinBuffer(maximum)
    model: list[int] = []
    for act in acts:
        if act == DELETE:
            buffer.delete()
            model = model[:-1]
        elif act == WIPE:
            buffer.wipe()
            model = []
        else:
            has_room = len(model) < maximum
            assert buffer.add(act) == has_room
            model = [*model, act] if has_room else model
        assert buffer.count == len(model)
        assert bytes(buffer._digits[len(model) :]) == bytes(maximum - len(model))
    assert bytes(buffer.hand_over()) == "".join(map(str, model)).encode()
    assert bytes(buffer._digits) == bytes(maximum)


def test_the_buffer_says_nothing_of_itself() -> None:
    buffer = PinBuffer(12)
    buffer.add(7)
    assert repr(buffer) == str(buffer) == "PinBuffer(...)"


@pytest.mark.parametrize("key", [-1, 0, 0x110000, int(Qt.Key.Key_A), int(Qt.Key.Key_F1), int(Qt.Key.Key_Return)])
def test_other_keys_are_no_digits(key: int) -> None:
    assert digit_of_key(key) is None
