# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Sizes and colours, computed: contrasts, heights of capitals, millimetres."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QFontMetricsF

from townhall_fonts import FONT_FILES
from townhall_ui.look import Density, Look, Style
from townhall_ui.theme import Contrast, Palette, TextSize, Theme

PALETTE = Contrast.DEFAULT.value


def _luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    shares = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.04045 else math.pow((share + 0.055) / 1.055, 2.4) for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio, WCAG 2.2."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_measure_itself_is_right() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ffffff", "#005a30") == pytest.approx(8.4, abs=0.1)
    assert contrast("#ffdd00", "#ffffff") == pytest.approx(1.3, abs=0.1)


def test_running_text_stands_out_by_nineteen_and_a_half_to_one() -> None:
    assert contrast(PALETTE.ink, PALETTE.page) >= 19.5


@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ("ink", "page"),
        ("ink", "surface"),
        ("ink", "chosen"),
        ("ink", "plain_tint"),
        ("ink", "good_tint"),
        ("ink", "warning_tint"),
        ("ink", "problem_tint"),
        ("muted", "page"),
        ("muted", "chosen"),
        ("muted", "plain_tint"),
        ("on_primary", "primary"),
        ("on_primary", "primary_deep"),
        ("on_band", "band"),
        ("band_soft", "band"),
        ("on_band", "band_deep"),
        ("on_plain", "plain"),
        ("on_mode", "mode"),
        ("on_focus", "focus"),
        ("good", "page"),
    ],
)
@pytest.mark.parametrize("mode", Contrast, ids=lambda mode: mode.name)
def test_words_stand_out_by_ten_or_twenty_to_one_or_softly_where_that_was_chosen(
    mode: Contrast, ink: str, ground: str
) -> None:
    roles = mode.value.roles()
    ratio = contrast(roles[ink], roles[ground])
    if mode is Contrast.LOW:
        assert 4.5 <= ratio <= 6
    elif mode is Contrast.DEFAULT or ground in {"primary_deep", "band_deep"}:  # deep: while a finger is on it
        assert ratio >= 10
    else:
        assert ratio >= 20


@pytest.mark.parametrize(
    ("part", "ground"),
    [
        ("edge", "page"),
        ("edge", "surface"),
        ("band_soft", "band"),
        ("primary", "page"),
        ("primary", "chosen"),
        ("plain", "plain_tint"),
        ("mode", "page"),
        ("good", "good_tint"),
        ("warning", "warning_tint"),
        ("problem", "problem_tint"),
    ],
)
@pytest.mark.parametrize("mode", Contrast, ids=lambda mode: mode.name)
def test_parts_of_controls_stand_out_by_three_to_one(mode: Contrast, part: str, ground: str) -> None:
    roles = mode.value.roles()
    assert contrast(roles[part], roles[ground]) >= 3


@pytest.mark.parametrize("mode", Contrast, ids=lambda mode: mode.name)
def test_the_focus_differs_from_the_page_by_its_fill_or_by_its_edge(mode: Contrast) -> None:
    palette = mode.value
    assert max(contrast(palette.focus, palette.page), contrast(palette.on_focus, palette.page)) >= 3


@pytest.mark.parametrize("mode", [Contrast.HIGH_LIGHT, Contrast.HIGH_DARK])
def test_high_contrast_is_black_on_white_and_white_on_black(mode: Contrast) -> None:
    palette = mode.value
    assert {palette.ink, palette.page} == {"#000000", "#ffffff"}
    assert palette.muted == palette.ink
    assert (palette.page == "#000000") == (mode is Contrast.HIGH_DARK)


@pytest.mark.parametrize("mode", Contrast, ids=lambda mode: mode.name)
def test_a_sleeping_control_can_still_be_read(mode: Contrast) -> None:
    assert contrast(mode.value.on_asleep, mode.value.asleep) >= 4.5


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("ppi", [96.0, 102.0, 118.0, 149.0])
@pytest.mark.parametrize(
    ("size", "low", "high"),
    [
        (TextSize.FIRST, 3.5, 4.2),
        (TextSize.SECOND, 4.8, 5.6),
        (TextSize.THIRD, 6.4, 7.1),
        (TextSize.FOURTH, 8.5, 9.0),
    ],
)
def test_capitals_are_as_high_as_the_size_says(ppi: float, size: TextSize, low: float, high: float) -> None:
    theme = Theme(ppi, FONT_FILES, text_size=size)
    metrics = QFontMetricsF(Look(theme).font(Style.BODY))
    assert low <= theme.mm(metrics.capHeight()) <= high


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("size", TextSize, ids=lambda size: size.name)
def test_no_text_of_any_size_is_smaller_than_three_and_a_half_millimetres(size: TextSize) -> None:
    theme = Theme(118, FONT_FILES, text_size=size)
    for density in Density:
        look = Look(theme, density=density)
        for style in Style:
            height = QFontMetricsF(look.font(style)).capHeight()
            assert theme.mm(height + 0.5) >= 3.5, (style, density)


@given(st.floats(50, 400), st.floats(0.1, 500))
def test_pixels_are_never_less_than_the_millimetres_asked_for(ppi: float, length: float) -> None:
    theme = Theme(ppi, FONT_FILES)
    assert theme.mm(theme.px(length)) >= length - 1e-6
    assert theme.mm(theme.px(length) - 1) < length + 1e-6


def test_the_second_size_is_the_default() -> None:
    assert Theme(118, FONT_FILES).text_size is TextSize.SECOND


def test_themes_with_equal_parts_are_equal_and_hash_alike() -> None:
    one, other = Theme(118, FONT_FILES), Theme(118, FONT_FILES, Palette())
    assert one == other
    assert hash(one) == hash(other)
    assert one != Theme(118, FONT_FILES, Palette(page="#000000"))


@pytest.mark.usefixtures("qapp")
def test_the_colour_of_an_unknown_role_is_refused() -> None:
    with pytest.raises(KeyError):
        Look(Theme(118, FONT_FILES)).colour("pink")
