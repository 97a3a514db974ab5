# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every screen beside the picture of it that somebody looked at, once from either side; ui/README tells of renewal."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPixmap

from townhall_ui.screens import DocumentScreen, MessageScreen
from townhall_ui.theme import Contrast
from townhall_ui.ways import Ways

if TYPE_CHECKING:
    from tests.ui.sampler import Sampler
    from tests.ui.stage import Stage

GOLDEN = Path(__file__).parent / "golden"
SIZE = QSize(560, 350)
TILE = 8
"""Pixels of a tile's side: a difference counts by tiles, so that one word is not lost in a large picture."""
_SEEN = 14.0
"""Mean difference of a tile, of 255, that no other way of smoothing edges makes."""
MOST_BYTES = 5_500_000


def _small(image: QImage) -> QImage:
    return image.scaled(SIZE, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)


def changed_tiles(one: QImage, other: QImage) -> list[QRect]:
    """Places in which two pictures of the same size differ by more than smoothing."""
    left, right = (image.convertToFormat(QImage.Format.Format_RGB32) for image in (one, other))
    width = left.bytesPerLine()
    sides = [bytes(image.constBits()) for image in (left, right)]
    found = []
    for top in range(0, left.height(), TILE):
        lines = range(top, min(top + TILE, left.height()))
        strips = [[side[line * width : (line + 1) * width] for line in lines] for side in sides]
        if strips[0] == strips[1]:
            continue
        for start in range(0, left.width(), TILE):
            span = slice(start * 4, (start + TILE) * 4)
            pairs = [(a[span], b[span]) for a, b in zip(*strips, strict=True)]
            difference = sum(abs(x - y) for a, b in pairs for x, y in zip(a, b, strict=True))
            if difference / (TILE * len(pairs) * 3) > _SEEN:
                found.append(QRect(start, top, TILE, TILE))
    return found


def _file(sampler: Sampler, name: str) -> Path:
    return GOLDEN / f"{sampler.language}-{name}.png"


def _golden(sampler: Sampler, name: str) -> QImage:
    image = QImage(str(_file(sampler, name)))
    assert not image.isNull(), f"no picture of {name}: renew them and look at them"
    return image


def test_every_screen_looks_as_it_did_when_somebody_looked(stage: Stage, sampler: Sampler) -> None:
    changed = {}
    for name, screen in sampler.all().items():
        image = _small(stage.show(screen).grab().toImage())
        if os.environ.get("TOWNHALL_RENEW_GOLDEN"):
            GOLDEN.mkdir(exist_ok=True)
            assert QPixmap.fromImage(image).save(str(_file(sampler, name)), "PNG", 0)
        tiles = changed_tiles(_golden(sampler, name), image)
        if tiles:
            changed[name] = (len(tiles), tiles[0].getRect())
    assert not changed


def test_there_is_a_picture_of_every_screen_and_of_nothing_else(samplers: dict[str, Sampler]) -> None:
    wanted = {_file(sampler, name) for sampler in samplers.values() for name in sampler.all()}
    there = set(GOLDEN.glob("*.png"))
    assert there == wanted
    assert sum(file.stat().st_size for file in there) < MOST_BYTES


@pytest.mark.parametrize("contrast", [Contrast.HIGH_LIGHT, Contrast.HIGH_DARK, Contrast.LOW])
def test_other_colours_are_noticed(stage: Stage, english: Sampler, contrast: Contrast) -> None:
    stage.window.use(Ways(contrast=contrast))
    for name in ("stopped", "pin", "ways", "services"):
        assert changed_tiles(_golden(english, name), _small(stage.show(english.all()[name]).grab().toImage())), name


def test_one_role_of_another_colour_is_noticed(stage: Stage, english: Sampler) -> None:
    theme = stage.window._theme
    stage.window._theme = replace(theme, palette=replace(theme.palette, primary="#004d60"))
    image = _small(stage.show(english.all()["stopped"]).grab().toImage())
    assert changed_tiles(_golden(english, "stopped"), image)


def test_another_word_is_noticed(stage: Stage, english: Sampler) -> None:
    screen = english.one("stopped", MessageScreen)
    first, second = screen.paragraphs
    other = replace(screen, paragraphs=(first, second.replace("begin", "start")))
    assert changed_tiles(_golden(english, "stopped"), _small(stage.show(other).grab().toImage()))
    button = replace(screen, frame=replace(screen.frame, proceed="Begin anew"))
    assert changed_tiles(_golden(english, "stopped"), _small(stage.show(button).grab().toImage()))


def test_a_step_aside_is_noticed_and_other_smoothing_of_edges_is_not(stage: Stage, english: Sampler) -> None:
    whole = stage.show(english.all()["review"]).grab().toImage()
    moved = whole.copy(QRect(4, 0, whole.width(), whole.height()))
    smoothed = whole.copy()
    painter = QPainter(smoothed)
    painter.setOpacity(0.15)
    painter.drawImage(1, 0, whole)
    painter.end()
    assert changed_tiles(_small(whole), _small(moved))
    assert smoothed != whole
    assert not changed_tiles(_small(whole), _small(smoothed))


def test_the_document_is_shown_from_its_own_pixels(stage: Stage, english: Sampler) -> None:
    screen = english.one("document", DocumentScreen)
    other = replace(screen, pages=(screen.pages[1], screen.pages[0]))
    assert changed_tiles(_golden(english, "document"), _small(stage.show(other).grab().toImage()))
