# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Contrast as it is painted: every text and sign on every screen in every contrast mode, read from the pixels."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QPlainTextEdit, QWidget

from townhall_ui.buttons import Button
from townhall_ui.choices import ChoiceButton, RadioChoice
from townhall_ui.theme import Contrast, TextSize
from townhall_ui.ways import Ways
from townhall_ui.words import Sign, Words

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.ui.sampler import Sampler
    from tests.ui.stage import Panel, Stage

LEAST = {Contrast.DEFAULT: 10.0, Contrast.HIGH_LIGHT: 20.0, Contrast.HIGH_DARK: 20.0, Contrast.LOW: 4.5}
"""VVSG 2.0, 7.1-C and 7.1-D: words, signs and edges."""
MOST = {Contrast.LOW: 6.0}
ASLEEP, PARTS = 4.5, 3.0
_SPECKS = 4
"""A colour of fewer pixels is the seam between two others."""


def _luminance(colour: int) -> float:
    """Relative luminance of a pixel, WCAG 2.2."""
    shares = [(colour >> shift & 0xFF) / 255 for shift in (16, 8, 0)]
    red, green, blue = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(one: int, other: int) -> float:
    """Contrast of two pixels, WCAG 2.2."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def painted_contrast(image: QImage, place: QRect) -> float:
    """How far what is drawn in a place stands out from its ground, which is the commonest colour there."""
    part = image.copy(place).convertToFormat(QImage.Format.Format_RGB32)
    colours = Counter(memoryview(part.constBits()).cast("I"))
    [(ground, _)] = colours.most_common(1)
    inks = [colour for colour, count in colours.items() if count >= _SPECKS]
    return max(ratio(ink, ground) for ink in inks)


def _words_of(stage: Stage, widget: QWidget) -> QRect | None:
    """Where in the window the words of a widget stand; None where it has none."""
    place = stage.place(widget)
    if isinstance(widget, Words):
        return place if widget.text() else None
    if isinstance(widget, Button) and widget.text():
        return widget.words_block()[1].toRect().translated(place.topLeft()).adjusted(0, 8, 0, -8)
    if isinstance(widget, (ChoiceButton, RadioChoice)):
        return widget.face.words_place().toRect().translated(place.topLeft()).adjusted(0, 8, 0, -8)
    if isinstance(widget, (QLineEdit, QPlainTextEdit)):
        inside = stage.theme.px(3)
        return place.adjusted(inside, inside, -inside, -inside)
    return None


def _survey(stage: Stage, image: QImage) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """Contrast of words that can be used, of words of controls asleep, and of signs."""
    words: dict[str, float] = {}
    asleep: dict[str, float] = {}
    signs: dict[str, float] = {}
    for widget in stage.window.findChildren(QWidget):
        if not widget.isVisible():
            continue
        if isinstance(widget, Sign):
            signs[f"{len(signs)}"] = painted_contrast(image, stage.place(widget))
            continue
        place = _words_of(stage, widget)
        if place is None:
            continue
        is_asleep = not widget.isEnabled() or (isinstance(widget, ChoiceButton) and not widget.choice.is_available)
        name = widget.objectName() or str(widget.property("text"))
        (asleep if is_asleep else words)[name] = painted_contrast(image, place)
    return words, asleep, signs


def _check(stage: Stage, sampler: Sampler, contrast: Contrast) -> None:
    for name, screen in sampler.all().items():
        stage.show(screen)
        words, asleep, signs = _survey(stage, stage.window.grab().toImage())
        assert words or name == "note"
        weak = {word: round(seen, 1) for word, seen in words.items() if seen < LEAST[contrast] - 0.05}
        # Qt draws the cursor of a field in the opposite of what is below it.
        most = MOST.get(contrast, 22.0)
        glaring = {word: seen for word, seen in words.items() if seen > most and not word.startswith("field")}
        assert not weak, (name, weak)
        assert not glaring, (name, glaring)
        assert all(seen >= ASLEEP for seen in asleep.values()), (name, asleep)
        assert all(seen >= min(LEAST[contrast], 10.0) - 0.05 for seen in signs.values()), (name, signs)


@pytest.mark.parametrize("contrast", Contrast, ids=lambda contrast: contrast.name)
def test_all_words_and_signs_stand_out_as_painted(stage: Stage, sampler: Sampler, contrast: Contrast) -> None:
    stage.window.use(Ways(contrast=contrast))
    _check(stage, sampler, contrast)


@pytest.mark.long
@pytest.mark.parametrize("contrast", Contrast, ids=lambda contrast: contrast.name)
def test_all_words_and_signs_stand_out_at_every_size_on_every_panel(
    layout: tuple[Panel, TextSize], stage_on: Callable[[Panel], Stage], sampler: Sampler, contrast: Contrast
) -> None:
    stage = stage_on(layout[0])
    stage.window.use(Ways(layout[1], contrast))
    _check(stage, sampler, contrast)


@pytest.mark.parametrize("contrast", Contrast, ids=lambda contrast: contrast.name)
def test_edges_of_controls_stand_out_from_what_is_around_them(
    stage: Stage, sampler: Sampler, contrast: Contrast
) -> None:
    stage.window.use(Ways(contrast=contrast))
    for name in ("review", "choose-one", "pin", "text", "ways", "status", "services", "clerk"):
        stage.show(sampler.all()[name])
        image = stage.window.grab().toImage()
        for target in stage.targets():
            if not target.isEnabled() or (isinstance(target, ChoiceButton) and not target.choice.is_available):
                continue
            place = stage.place(target)
            across = [image.pixel(x, place.center().y()) for x in range(place.left() - 4, place.left() + 12)]
            assert max(ratio(colour, across[0]) for colour in across) >= PARTS, (name, target.objectName())


@pytest.mark.parametrize("contrast", Contrast, ids=lambda contrast: contrast.name)
def test_the_focus_is_seen_on_everything(stage: Stage, english: Sampler, contrast: Contrast) -> None:
    """Where the focus is, the picture differs strongly from where it is not: WCAG 2.4.13."""
    stage.window.use(Ways(contrast=contrast))
    for name in ("choose-one", "pin", "text", "ways", "review"):
        stage.show(english.all()[name])
        for target in [target for target in stage.targets() if target.isEnabled()][:6]:
            stage.find("heading").setFocus()
            before = stage.window.grab(stage.place(target)).toImage()
            target.setFocus()
            after = stage.window.grab(stage.place(target)).toImage()
            points = [(x, y) for x in range(0, before.width(), 2) for y in range(0, before.height(), 2)]
            changed = sum(ratio(before.pixel(*point), after.pixel(*point)) >= PARTS for point in points)
            least = 2 * (before.width() + before.height()) // 4
            assert changed >= least or isinstance(target, QLineEdit), (name, target.objectName(), changed)


def test_contrast_changes_at_once_and_leaves_everything_else(stage: Stage, english: Sampler) -> None:
    stage.show(english.all()["text"])
    stage.type(" and more")
    stage.find("key:1:4").setFocus()
    for contrast in (*Contrast, Contrast.DEFAULT):
        stage.window.use(Ways(contrast=contrast))
        stage.window.repaint()
        image = stage.window.grab().toImage()
        assert image.pixelColor(3, image.height() - 3) == QColor(contrast.value.page)
        assert stage.field() == "12 Harbour Road and more"
        assert stage.focus.objectName() == "key:1:4"


def test_page_typed_text_and_focus_stay_when_the_size_changes(stage: Stage, english: Sampler) -> None:
    stage.show(english.all()["towns"])
    stage.click("page:next")
    page = {target.objectName() for target in stage.targets()}
    stage.window.use(Ways(contrast=Contrast.HIGH_DARK))
    assert {target.objectName() for target in stage.targets()} == page
    stage.show(english.all()["date"])
    stage.click("key:delete")
    stage.click("digit:8")
    for size in TextSize:
        stage.window.use(Ways(text_size=size))
    stage.show(english.all()["ways"])
    stage.show(english.all()["date"])
    stage.click("proceed")
    assert stage.answer() == "2027-03-08"


@pytest.mark.parametrize("aside", ["ways", "still-there"])
def test_whoever_looks_aside_comes_back_to_what_was_typed(stage: Stage, english: Sampler, aside: str) -> None:
    screen = english.all()["text"]
    stage.show(screen)
    stage.type(" and more")
    stage.show(english.all()[aside])
    stage.window.use(Ways(text_size=TextSize.THIRD))
    stage.show(screen)
    assert stage.field() == "12 Harbour Road and more"
    assert stage.focus is stage.find("field")


def test_a_pin_is_gone_after_looking_aside_or_another_look(stage: Stage, english: Sampler) -> None:
    for act in (
        lambda: stage.window.use(Ways(contrast=Contrast.LOW)),
        lambda: stage.show(english.all()["ways"]),
    ):
        stage.show(english.all()["pin"])
        stage.type("12345")
        act()
        stage.show(english.all()["pin"])
        assert not stage.find("proceed").isEnabled()


def test_help_that_was_called_is_an_aside_too(stage: Stage, english: Sampler) -> None:
    screen = english.all()["text"]
    stage.show(screen)
    stage.type("!")
    stage.click("help")
    stage.show(replace(english.all()["help"], frame=replace(english.all()["help"].frame, heading="Somebody comes")))
    stage.show(screen)
    assert stage.field() == "12 Harbour Road!"


def test_nobody_finds_what_another_typed(stage: Stage, english: Sampler) -> None:
    screen = english.all()["text"]
    stage.show(screen)
    stage.type(" secret")
    stage.show(english.all()["ways"])
    stage.show(english.all()["attract"])
    stage.show(screen)
    assert stage.field() == "12 Harbour Road"
    assert "secret" not in repr(stage.window._bookmarks)


def test_buttons_for_ways_and_help_are_on_every_screen_that_offers_them(any_stage: Stage, sampler: Sampler) -> None:
    for name, screen in sampler.all().items():
        any_stage.show(screen)
        shown = {target.objectName() for target in any_stage.targets() if isinstance(target, QAbstractButton)}
        assert ({"ways", "help"} <= shown) == (screen.frame.help is not None), name
