# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whatever the kiosk can show of its own has a shape in the bundled fonts: no box stands for a sign on any screen."""

import ast
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from lxml import etree
from PySide6.QtGui import QGuiApplication, QRawFont

from townhall_fonts import FONT_FILES
from townhall_kiosk.texts import load_catalog
from townhall_ui.keyboard_layouts import ARABIC, ESTONIAN, FRENCH, LATIN, KeyPage, capital, caption

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = ("Regular", "Bold")
LAYOUTS = (LATIN, ESTONIAN, FRENCH, ARABIC)
NOT_DRAWN = frozenset({"Cc", "Cf", "Cs"})
"""Control and format characters (U+200E and its like) have no shape in any font."""


@pytest.fixture(scope="module")
def fonts(qapp: QGuiApplication) -> dict[str, list[QRawFont]]:
    assert qapp is not None
    found: dict[str, list[QRawFont]] = {weight: [] for weight in WEIGHTS}
    for file in FONT_FILES:
        font = QRawFont(file.read_bytes(), 16)
        assert font.isValid(), file.name
        found[file.stem.rpartition("-")[2]].append(font)
    assert all(len(each) == 2 for each in found.values())
    return found


@cache
def drawn(text: str) -> frozenset[str]:
    return frozenset(sign for sign in text if unicodedata.category(sign) not in NOT_DRAWN)


def without_shape(fonts: dict[str, list[QRawFont]], text: str) -> set[str]:
    """The signs that a weight does not have; each is looked for in both scripts, as the window does."""
    return {
        f"U+{ord(sign):04X}"
        for sign in drawn(text)
        for weight in WEIGHTS
        if not any(font.supportsCharacter(ord(sign)) for font in fonts[weight])
    }


NEVER_SHOWN = {"U+2212", "U+27E6", "U+27E7", *(f"U+{ord(sign):04X}" for sign in "エリクソンアナ")}
"""A minus that keyboards may send, shown as a dash; the brackets around texts of the pseudo-locale of tests;
a sample name in one of the scripts which the fonts lack, told by numbers."""


def literals(module: ast.Module) -> Iterator[str]:
    """What a module says, but for its docstrings."""
    described = {
        id(node.value)
        for node in ast.walk(module)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in described:
            yield node.value


def pages() -> Iterator[KeyPage]:
    for layout in LAYOUTS:
        yield from (layout.letters, layout.more, layout.symbols)


def test_every_key_of_every_keyboard_has_a_shape(fonts: dict[str, list[QRawFont]]) -> None:
    keys = "".join(caption(sign) + caption(capital(sign)) for page in pages() for sign in page.signs)
    assert not without_shape(fonts, keys)


@pytest.mark.parametrize("language", ["en", "et", "fr", "ar"])
def test_every_text_of_the_catalogue_has_a_shape(fonts: dict[str, list[QRawFont]], language: str) -> None:
    strings = (message.string for message in load_catalog(language) if message.id)
    said = "".join(each if isinstance(each, str) else "".join(each or ()) for each in strings)
    assert len(said) > 1000
    assert not without_shape(fonts, said)


@pytest.mark.parametrize("path", sorted((ROOT / "services").glob("*/form.xml")), ids=lambda path: path.parent.name)
def test_every_text_of_a_service_has_a_shape(fonts: dict[str, list[QRawFont]], path: Path) -> None:
    said = "".join(str(each) for each in etree.parse(path).getroot().itertext())
    assert not without_shape(fonts, said)


@pytest.mark.parametrize("part", ["ui/townhall_ui", "kiosk/townhall_kiosk"])
def test_every_sign_that_the_program_writes_itself_has_a_shape(fonts: dict[str, list[QRawFont]], part: str) -> None:
    said = "".join(text for path in (ROOT / part).rglob("*.py") for text in literals(ast.parse(path.read_text())))
    assert not said.isascii()
    assert without_shape(fonts, said) <= NEVER_SHOWN


def test_a_sign_that_no_bundled_font_has_is_noticed(fonts: dict[str, list[QRawFont]]) -> None:
    assert without_shape(fonts, "a\u2212\u6f22") == {"U+2212", "U+6F22"}
