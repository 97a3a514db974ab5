# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Fields: digits of any script, one sign, one point, and nothing else in a number."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from townhall_fonts import FONT_FILES
from townhall_ui.fields import LineField, LongField, NumberField
from townhall_ui.look import Look
from townhall_ui.theme import Theme


@pytest.fixture(autouse=True)
def _application(qapp: QApplication) -> None:
    del qapp


def _look() -> Look:
    return Look(Theme(118, FONT_FILES))


@given(st.lists(st.text(max_size=3), max_size=12))
@settings(max_examples=60, deadline=None)
def test_whatever_is_typed_a_decimal_field_holds_the_beginning_of_a_number(texts: list[str]) -> None:
    field = NumberField(_look(), "n", point=",", has_sign=True)
    for text in texts:
        field.type_in(text)
    assert re.fullmatch(r"-?\d*\.?\d*", field.value)


@given(st.lists(st.text(max_size=3), max_size=12))
@settings(max_examples=40, deadline=None)
def test_whatever_is_typed_a_whole_number_holds_digits_alone(texts: list[str]) -> None:
    field = NumberField(_look(), "n", digits=4)
    for text in texts:
        field.type_in(text)
    assert re.fullmatch(r"\d{0,4}", field.value)


@pytest.mark.parametrize(("typed", "value"), [("٢٠٢٧", "2027"), ("۱۲", "12"), ("1\u2212", "-1"), ("--7", "7")])
def test_digits_and_signs_of_other_scripts_are_taken(typed: str, value: str) -> None:
    field = NumberField(_look(), "n", has_sign=True)
    field.type_in(typed)
    assert field.value == value


@pytest.mark.parametrize("typed", ["7.5", "7,5", "7\u066b5"])
def test_any_decimal_point_is_shown_as_the_language_writes_it(typed: str) -> None:
    field = NumberField(_look(), "n", point=",")
    field.type_in(typed)
    assert (field.text(), field.value) == ("7,5", "7.5")


def test_a_value_of_the_model_goes_in_and_out_unchanged() -> None:
    for field in (NumberField(_look(), "n", point=",", has_sign=True), LineField(_look(), "n")):
        field.set_value("-12.50")
        assert field.value == "-12.50"


def test_a_full_field_is_full_unless_its_digits_are_selected() -> None:
    field = NumberField(_look(), "n", digits=2)
    field.type_in("31")
    assert field.is_full
    field.selectAll()
    assert not field.is_full
    field.type_in("4")
    assert field.value == "4"


def test_a_long_field_keeps_lines_and_deletes_the_last_sign() -> None:
    field = LongField(_look(), "n")
    field.set_value("one\ntwo")
    field.delete_back()
    field.type_in("!")
    assert field.value == "one\ntw!"


def test_no_field_remembers_suggests_or_offers_a_menu() -> None:
    for field in (LineField(_look(), "n"), LongField(_look(), "n")):
        assert field.contextMenuPolicy() == Qt.ContextMenuPolicy.NoContextMenu
        assert field.inputMethodHints() & Qt.InputMethodHint.ImhSensitiveData
        assert field.inputMethodHints() & Qt.InputMethodHint.ImhNoPredictiveText
        assert not field.acceptDrops()
