# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The Latin keyboard: which signs it has, and that the fonts can draw them."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QRawFont

from townhall_fonts import FONT_FILES
from townhall_ui.keyboard_layouts import LETTERS, MORE_LETTERS, SYMBOLS, KeyPage, capital

PAGES = (LETTERS, MORE_LETTERS, SYMBOLS)
NEEDED = {
    "Estonian": "äöüõšž",
    "German": "äöüß",
    "Nordic": "åäöæø",
    "French": "àâæçéèêëîïôœùûü",
    "Spanish": "áéíóúñü",
    "Portuguese": "ãõáâàçéêíóôú",
    "Italian": "àèéìòù",
}


def _signs(page: KeyPage) -> str:
    return page.top + page.middle + page.bottom + page.corner


@pytest.mark.parametrize("page", PAGES)
def test_every_page_fills_the_keys_and_no_sign_comes_twice_on_it(page: KeyPage) -> None:
    assert (len(page.top), len(page.middle), len(page.bottom)) == (10, 11, 10)
    assert len(set(_signs(page))) == len(_signs(page))


@pytest.mark.parametrize("language", NEEDED)
def test_every_letter_of_the_languages_is_there(language: str) -> None:
    assert set(NEEDED[language]) <= set(_signs(LETTERS) + _signs(MORE_LETTERS))


def test_all_digits_are_there() -> None:
    assert set("0123456789") <= set(_signs(SYMBOLS))


@pytest.mark.parametrize("sign", sorted(set("".join(_signs(page) for page in PAGES))))
def test_a_capital_is_one_sign_and_reads_back_as_the_letter(sign: str) -> None:
    assert len(capital(sign)) == 1
    assert capital(sign).lower() == sign


@pytest.mark.usefixtures("qapp")
def test_the_fonts_have_every_sign() -> None:
    font = QRawFont(str(FONT_FILES[0]), 20)
    signs = {sign for page in PAGES for letter in _signs(page) for sign in (letter, capital(letter))}
    assert {sign for sign in signs if not font.supportsCharacter(ord(sign))} == set()
