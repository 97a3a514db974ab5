# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The keyboards: which signs they have, and that the fonts can draw them."""

from __future__ import annotations

import unicodedata

import pytest
from PySide6.QtGui import QRawFont

from townhall_fonts import FONT_FILES
from townhall_ui.keyboard_layouts import (
    ARABIC,
    ESTONIAN,
    FRENCH,
    LATIN,
    KeyLayout,
    KeyPage,
    capital,
    caption,
    layouts_for,
)

LAYOUTS = {"en": LATIN, "et": ESTONIAN, "fr": FRENCH, "ar": ARABIC}
PAGES = {
    f"{language} {name}": page
    for language, layout in LAYOUTS.items()
    for name, page in (("letters", layout.letters), ("more", layout.more), ("symbols", layout.symbols))
}
NEEDED = {
    "Estonian": "äöüõšž",
    "German": "äöüß",
    "Nordic": "åäöæø",
    "French": "àâæçéèêëîïôœùûü",
    "Spanish": "áéíóúñü",
    "Portuguese": "ãõáâàçéêíóôú",
    "Italian": "àèéìòù",
}


def _of(layout: KeyLayout) -> str:
    return layout.letters.signs + layout.more.signs + layout.symbols.signs


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_every_page_fills_the_keys_and_no_sign_comes_twice_on_it(page: KeyPage) -> None:
    assert (len(page.top), len(page.middle), len(page.bottom)) == (10, 11, 10)
    assert len(set(page.signs)) == len(page.signs)


@pytest.mark.parametrize("layout", [LATIN, ESTONIAN, FRENCH])
@pytest.mark.parametrize("language", NEEDED)
def test_every_latin_keyboard_has_every_letter_of_the_languages(language: str, layout: KeyLayout) -> None:
    alphabet = {chr(code) for code in range(ord("a"), ord("z") + 1)}
    assert set(NEEDED[language]) | alphabet <= set(layout.letters.signs + layout.more.signs)


def test_the_letters_that_estonian_and_french_need_most_are_on_the_first_page() -> None:
    assert set("õäöü") <= set(ESTONIAN.letters.signs)
    assert set("éèà") <= set(FRENCH.letters.signs)


def test_the_arabic_keyboard_has_the_whole_alphabet_on_its_first_page_and_the_rest_behind_it() -> None:
    letters = {chr(code) for code in (*range(0x0621, 0x063B), *range(0x0641, 0x064B))}
    with_hamza_below_or_above = set("آإؤئ")
    assert letters - with_hamza_below_or_above <= set(ARABIC.letters.signs)
    assert with_hamza_below_or_above <= set(ARABIC.more.signs)
    assert {unicodedata.bidirectional(sign) for sign in ARABIC.letters.signs} == {"AL"}
    assert set("،؛؟") <= set(ARABIC.symbols.signs)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_all_digits_and_what_addresses_need_are_there(layout: KeyLayout) -> None:
    assert set("0123456789-'/.()@") <= set(_of(layout))


@pytest.mark.parametrize("language", ["en", "et", "fr", "ar", "ar-SY", "fr-FR", "ET", "xx", ""])
def test_each_language_has_its_keyboard_and_a_way_to_the_other_script(language: str) -> None:
    own, other = layouts_for(language)
    assert own == LAYOUTS.get(language[:2].lower(), LATIN)
    assert own.is_right_to_left != other.is_right_to_left


@pytest.mark.parametrize("sign", sorted(set("".join(_of(layout) for layout in (LATIN, ESTONIAN, FRENCH)))))
def test_a_capital_is_one_sign_and_reads_back_as_the_letter(sign: str) -> None:
    assert len(capital(sign)) == 1
    assert capital(sign).lower() == sign


@pytest.mark.usefixtures("qapp")
def test_the_fonts_have_every_sign_and_every_caption() -> None:
    fonts = [QRawFont(str(file), 20) for file in FONT_FILES]
    signs = {sign for layout in LAYOUTS.values() for sign in _of(layout)}
    drawn = {letter for sign in signs for letter in (*caption(sign), *capital(sign))}
    assert {sign for sign in drawn if not any(font.supportsCharacter(ord(sign)) for font in fonts)} == set()


def test_a_mark_without_a_letter_stands_on_a_stroke() -> None:
    assert caption("\u0651") == "\u0640\u0651"
    assert caption("ب") == "ب"
