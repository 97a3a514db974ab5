# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What people read on a page is all there is: nothing unseen, nothing moved, nothing over the edge."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_fonts import FONT_DIRECTORY
from townhall_forms.document_letters import letters_of
from townhall_forms.document_words import shown_value, shown_words

LETTERS = letters_of(FONT_DIRECTORY)
BREAK = "\u200b"
FORMATTING = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@given(st.text())
def test_no_value_brings_anything_unseen_onto_the_page(text: str) -> None:
    for line in shown_value(text, LETTERS).lines:
        for character in line:
            assert ord(character) in LETTERS
            assert character in {BREAK, "\u200c", "\u200d"} or unicodedata.category(character) not in FORMATTING


@given(st.text(alphabet=st.characters(codec="ascii", exclude_categories=["Cc"])))
def test_plain_text_is_shown_as_it_is(text: str) -> None:
    assert shown_value(text, LETTERS).spoken == text


@given(st.text(alphabet="abcdefgh \u0301ع", max_size=200))
def test_long_words_get_places_to_break_and_short_ones_none(text: str) -> None:
    for word in " ".join(shown_value(text, LETTERS).lines).replace("[U+0301]", "").split(" "):
        if BREAK not in word:
            assert len(word) <= 28
        assert all(len(piece) <= 14 + 4 for piece in word.split(BREAK)) or len(word) <= 28


@pytest.mark.parametrize("override", ["\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2069"])
def test_overrides_of_direction_are_written_out_even_in_our_own_words(override: str) -> None:
    written = f"[U+{ord(override):04X}]"
    assert shown_value(f"a{override}b", LETTERS).lines == (f"a{written}b",)
    assert shown_words(f"a{override}b", LETTERS).lines == (f"a{written}b",)


def test_translators_may_use_directional_marks_and_answers_may_not() -> None:
    assert shown_words("a\u200fb", LETTERS).lines == ("a\u200fb",)
    assert shown_value("a\u200fb", LETTERS).lines == ("a[U+200F]b",)


def test_joiners_that_persian_needs_stay() -> None:
    assert shown_value("می\u200cروم", LETTERS).lines == ("می\u200cروم",)


def test_a_pile_of_accents_is_taken_apart_after_the_third() -> None:
    (line,) = shown_value("a" + "\u0301" * 5 + "b", LETTERS).lines
    assert line == "a" + "\u0301" * 3 + "[U+0301][U+0301]b"


def test_line_ends_of_all_systems_are_lines_and_lone_returns_are_not() -> None:
    assert shown_value("a\r\nb\nc", LETTERS).lines == ("a", "b", "c")
    assert shown_value("a\rb", LETTERS).lines == ("a[U+000D]b",)


def test_a_tab_is_a_space() -> None:
    assert shown_value("a\tb", LETTERS).lines == ("a b",)


@pytest.mark.parametrize(
    ("text", "direction"),
    [
        ("Pikk 12", "ltr"),
        ("12-3 Pikk", "ltr"),
        ("12 شارع", "rtl"),
        ("שלום", "rtl"),
        ("+372 555", "ltr"),
        ("", "ltr"),
        ("(عربي) and English", "rtl"),
        ("\u202eabc", "ltr"),
    ],
)
def test_a_value_begins_where_its_first_letter_does(text: str, direction: str) -> None:
    assert shown_value(text, LETTERS).direction == direction


def test_what_is_spoken_has_no_places_to_break() -> None:
    word = "a" * 100
    assert BREAK in shown_value(word, LETTERS).lines[0]
    assert shown_value(f"{word}\nb", LETTERS).spoken == f"{word} b"


def test_no_representation_shows_the_text() -> None:
    assert "Pikk" not in repr(shown_value("Pikk 12", LETTERS))
