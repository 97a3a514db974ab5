# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The letters that the bundled fonts draw are known without drawing."""

from pathlib import Path
from struct import pack

import pytest

from townhall_fonts import FONT_DIRECTORY, FONT_FILES
from townhall_forms.document_letters import letters_of

LETTERS = letters_of(FONT_DIRECTORY)


@pytest.mark.parametrize(
    "text",
    [
        "ABCXYZabcxyz0123456789.,;:!?-+*/()[]{}<>@#$%&'\"",
        "ÕÄÖÜŠŽõäöüšž ĀČĒĢĪĶĻŅŪ ĄČĘĖĮŠŲŪŽ ÅÆØ ŁŃŚŹŻ ŐŰ ẞß Ññ Çç",
        "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ ҐЄІЇґєії",
        "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩάέήίόύώ",
        "ابتثجحخدذرزسشصضطظعغفقكلمنهوي ء آ أ إ ؤ ئ ة ى پ چ ژ گ ک ی ٹ ڈ ڑ ں \u06be ے",
        "٠١٢٣٤٥٦٧٨٩ ۰۱۲۳۴۵۶۷۸۹ ،؛؟ ًٌٍَُِّْ",
        "—\u2013·•…€£“”\u2018\u2019«»\u00a0\u200b",
    ],
)
def test_every_letter_that_we_promise_is_there(text: str) -> None:
    assert [character for character in text if ord(character) not in LETTERS] == []


@pytest.mark.parametrize("character", ["中", "क", "ก", "😀", "\ue000", "\U0010ffff"])
def test_letters_that_no_bundled_font_has_are_not_claimed(character: str) -> None:
    assert ord(character) not in LETTERS


def test_a_letter_must_be_there_in_both_weights(tmp_path: Path) -> None:
    (tmp_path / "Only-Regular.ttf").write_bytes(FONT_FILES[0].read_bytes())
    with pytest.raises(ValueError, match="no usable font"):
        letters_of(tmp_path)
    (tmp_path / "Other-Bold.ttf").write_bytes(FONT_FILES[3].read_bytes())
    assert ord("ع") not in letters_of(tmp_path)
    assert ord("1") in letters_of(tmp_path) or ord(" ") in letters_of(tmp_path)


def test_a_font_without_a_map_is_no_font(tmp_path: Path) -> None:
    (tmp_path / "Empty-Regular.ttf").write_bytes(pack(">IHHHH", 0x10000, 0, 0, 0, 0))
    with pytest.raises(ValueError, match="without the table"):
        letters_of(tmp_path)


def font_with_map(subtable: bytes) -> bytes:
    """A font that holds nothing but one map of letters, of platform 3, encoding 10."""
    cmap = pack(">HHHHI", 0, 1, 3, 10, 12) + subtable
    return pack(">IHHHH", 0x10000, 1, 0, 0, 0) + pack(">4sIII", b"cmap", 0, 28, len(cmap)) + cmap


def test_letters_beyond_the_first_plane_are_read(tmp_path: Path) -> None:
    groups = pack(">HHIII", 12, 0, 28, 0, 1) + pack(">III", 0x1F600, 0x1F602, 5)
    for name in ("A-Regular.ttf", "A-Bold.ttf"):
        (tmp_path / name).write_bytes(font_with_map(groups))
    assert letters_of(tmp_path) == {0x1F600, 0x1F601, 0x1F602}


def test_a_map_of_an_unknown_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "A-Regular.ttf").write_bytes(font_with_map(pack(">HHIII", 13, 0, 28, 0, 0)))
    with pytest.raises(ValueError, match="unknown format"):
        letters_of(tmp_path)


def test_a_run_that_names_no_glyph_gives_no_letter(tmp_path: Path) -> None:
    # One run "A".."C" by a table of glyphs 7, 0, 9, then the closing run; RFC-like layout of format 4.
    head = pack(">HHHHHHH", 4, 0, 0, 4, 0, 0, 0)
    runs = pack(">HH", 0x43, 0xFFFF) + pack(">H", 0) + pack(">HH", 0x41, 0xFFFF)
    runs += pack(">HH", 0, 1) + pack(">HH", 4, 0) + pack(">HHH", 7, 0, 9)
    for name in ("A-Regular.ttf", "A-Bold.ttf"):
        (tmp_path / name).write_bytes(font_with_map(head + runs))
    assert letters_of(tmp_path) == {0x41, 0x43}
