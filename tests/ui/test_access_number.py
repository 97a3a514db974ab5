# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The number on the card: seen where it stands on the card, in no string, and gone with the screen."""

from __future__ import annotations

import gc
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from townhall_ui.numbered_card import NumberedCard
from townhall_ui.screens import Answered, EnteredAccessNumber, EntryKind
from townhall_ui.views.access_number import AccessNumberView

if TYPE_CHECKING:
    from tests.ui.sampler import Sampler
    from tests.ui.stage import Stage


def _view(stage: Stage) -> AccessNumberView:
    return next(view for view in stage.window.findChildren(AccessNumberView) if view.isVisible())


def _card(stage: Stage) -> NumberedCard:
    card = stage.find("access-number")
    assert isinstance(card, NumberedCard)
    return card


def test_what_is_typed_is_seen_digit_by_digit(stage: Stage, sampler: Sampler) -> None:
    stage.show(sampler.number())
    pictures = [stage.picture("access-number")]
    for digit in "317425":
        stage.click(f"digit:{digit}")
        pictures.append(stage.picture("access-number"))
    assert len(set(pictures)) == 7
    stage.key(Qt.Key.Key_Backspace)
    assert stage.picture("access-number") == pictures[5]


def test_the_digits_run_as_on_the_card_whatever_the_page_does(stage: Stage, samplers: dict[str, Sampler]) -> None:
    pictures = set()
    for sampler in samplers.values():
        stage.show(sampler.number())
        _card(stage).setFixedSize(400, 250)
        stage.type("317")
        pictures.add(stage.picture("access-number"))
    assert len(pictures) == 1


def test_an_admission_number_is_asked_for_on_paper_and_not_on_a_card(stage: Stage, english: Sampler) -> None:
    stage.show(english.number())
    card = stage.picture("access-number")
    stage.show(english.admission())
    assert stage.picture("access-number") != card
    stage.type("042017382")
    stage.key(Qt.Key.Key_Return)
    assert stage.acts == [EnteredAccessNumber(bytearray(b"042017382"))]


def test_the_enter_of_a_code_s_scanner_presses_no_button_that_has_the_focus(stage: Stage, english: Sampler) -> None:
    for name in ("stop", "digit:4", "key:delete"):
        stage.show(english.number())
        stage.show(english.admission())
        stage.find(name).setFocus()
        stage.type("042017382")
        stage.key(Qt.Key.Key_Return)
        assert stage.acts == [EnteredAccessNumber(bytearray(b"042017382"))], name
        stage.show(english.question(EntryKind.TEXT, "street"))
        stage.find("stop").setFocus()
        stage.type("SLIP")
        stage.key(Qt.Key.Key_Return)
        assert stage.acts[1:] == [Answered("SLIP")]
        stage.intents.clear()


def test_another_paper_held_to_the_scanner_leaves_no_number(stage: Stage, english: Sampler) -> None:
    stage.show(english.admission())
    stage.type("TOWNHALL-CAST-1:P2345672345672345M67")
    stage.key(Qt.Key.Key_Return)
    assert stage.acts == []
    assert not stage.find("proceed").isEnabled()
    stage.key(Qt.Key.Key_Backspace, Qt.Key.Key_Backspace)
    stage.type("042017382")
    stage.key(Qt.Key.Key_Return)
    assert stage.acts == [EnteredAccessNumber(bytearray(b"042017382"))]


def test_nine_digits_have_room_on_the_smallest_paper(stage: Stage, english: Sampler) -> None:
    tight = replace(english.admission(), introduction=" ".join([english.t("admission1")] * 12))
    stage.show(tight)
    place = _card(stage).geometry()
    assert place.width() >= stage.theme.px(9 * 8.0)
    assert place.right() < _view(stage).width()
    pictures = [stage.picture("access-number")]
    for digit in "987654321":
        stage.type(digit)
        pictures.append(stage.picture("access-number"))
    assert len(set(pictures)) == 10


def test_no_widget_and_no_string_ever_holds_the_number(stage: Stage, english: Sampler) -> None:
    stage.show(english.number())
    number = "826401"
    for digit in number:
        stage.click(f"digit:{digit}")
    stage.picture("access-number")
    for length in range(2, len(number) + 1):
        for widget in stage.window.findChildren(QWidget):
            said = [widget.accessibleName(), widget.accessibleDescription(), widget.objectName(), widget.toolTip()]
            if isinstance(widget, (QLabel, QPushButton)):
                said.append(widget.text())
            assert all(number[:length] not in text for text in said)
    gc.collect()
    ours = {id(number)}
    assert not [text for text in gc.get_objects() if isinstance(text, str) and text == number and id(text) not in ours]


def test_the_number_is_handed_over_once_and_wiped_here(stage: Stage, english: Sampler) -> None:
    stage.show(english.number())
    empty = stage.picture("access-number")
    stage.type("317425")
    buffer = _view(stage)._buffer
    stage.key(Qt.Key.Key_Return)
    assert stage.acts == [EnteredAccessNumber(bytearray(b"317425"))]
    assert "3" not in repr(stage.acts[0])
    assert bytes(buffer._digits) == bytes(6)
    assert stage.picture("access-number") == empty
    stage.key(Qt.Key.Key_Return)
    assert len(stage.acts) == 1


@pytest.mark.parametrize("leave_for", ["services", "take", "still-there", "pin"])
def test_a_number_half_entered_is_wiped_when_another_screen_comes(
    stage: Stage, english: Sampler, leave_for: str
) -> None:
    stage.show(english.number())
    stage.type("317")
    buffer = _view(stage)._buffer
    stage.show(english.all()[leave_for])
    assert bytes(buffer._digits) == bytes(6)


def test_after_a_wrong_number_the_places_are_empty(stage: Stage, english: Sampler) -> None:
    stage.show(english.number())
    stage.type("317425")
    stage.show(english.number(notice="number notice"))
    assert stage.find("access-number").accessibleDescription() == "Digits entered: 0"
    assert stage.focus.objectName() == "access-number"
    assert not stage.find("proceed").isEnabled()


def test_six_digits_are_needed_and_no_more_are_taken(stage: Stage, english: Sampler) -> None:
    stage.show(english.number())
    for count in range(1, 9):
        stage.key(Qt.Key.Key_5)
        assert stage.find("proceed").isEnabled() == (count >= 6)
    stage.click("proceed")
    assert stage.acts == [EnteredAccessNumber(bytearray(b"555555"))]


def test_the_card_is_as_large_as_a_card_where_there_is_room(stage: Stage, english: Sampler) -> None:
    stage.show(english.number())
    size = _card(stage).size()
    assert size.width() == stage.theme.px(85.6)
    tight = replace(english.number(), introduction=" ".join([english.t("number1")] * 12))
    stage.show(tight)
    assert _card(stage).height() < size.height()
