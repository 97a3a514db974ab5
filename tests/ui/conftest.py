# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The window's tests run offscreen, with the bundled fonts, on screens worded as the kiosk words them."""

import functools
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from tests.ui.sampler import Sampler, StretchedSampler
from tests.ui.stage import Panel, Stage

from townhall_fonts import FONT_FILES
from townhall_ui.look import load_fonts
from townhall_ui.screens import (
    Direction,
    Intent,
)
from townhall_ui.theme import TextSize, Theme
from townhall_ui.window import Window

os.environ["QT_QPA_PLATFORM"] = "offscreen"

PANELS = (Panel(1280, 800, 118), Panel(1920, 1080, 102))
# A kiosk's usual panel of 15.6 inches, and a small one of 10: every size of text is usable on both.
SIZED_PANELS = (Panel(1920, 1080, 141), Panel(1280, 800, 149))
LAYOUTS = [(panel, TextSize.SECOND) for panel in PANELS] + [
    (panel, size) for panel in SIZED_PANELS for size in TextSize
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A warning of Qt fails the test of the window in which it comes."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.qt_log_level_fail("WARNING"))


@pytest.fixture
def stage_with(qtbot: QtBot) -> Callable[[Theme], Stage]:
    """Opens windows with any theme."""

    def open_window(theme: Theme) -> Stage:
        intents: list[Intent] = []
        window = Window(theme, intents.append)
        qtbot.addWidget(window)
        window.resize(PANELS[0].width, PANELS[0].height)
        window.show()
        qtbot.waitExposed(window)
        window.activateWindow()
        return Stage(window, PANELS[0], theme, intents)

    return open_window


@pytest.fixture
def stage_on(stage_with: Callable[[Theme], Stage]) -> Callable[[Panel], Stage]:
    """Opens windows on panels."""

    def open_window(panel: Panel) -> Stage:
        stage = stage_with(Theme(ppi=panel.ppi, fonts=FONT_FILES))
        stage.panel = panel
        stage.window.resize(panel.width, panel.height)
        return stage

    return open_window


@pytest.fixture
def stage_at(stage_on: Callable[[Panel], Stage]) -> Callable[[int, int, float], Stage]:
    """Opens windows on panels of any size."""
    return lambda width, height, ppi: stage_on(Panel(width, height, ppi))


@pytest.fixture
def stage(stage_on: Callable[[Panel], Stage]) -> Stage:
    """A window on the first panel."""
    return stage_on(PANELS[0])


@functools.cache
def _sampler(language: str) -> Sampler:
    load_fonts(FONT_FILES)  # the sheets of its documents are drawn at once, whichever test comes first
    return Sampler(language)


@pytest.fixture
def samplers(qapp: QApplication) -> dict[str, Sampler]:
    """Screens by language."""
    del qapp
    return {language: _sampler(language) for language in ("en", "ar")}


@pytest.fixture(params=("en", "ar"))
def sampler(request: pytest.FixtureRequest, qapp: QApplication) -> Sampler:
    """Screens in a language that reads from the left, and in one that reads from the right."""
    del qapp
    return _sampler(str(request.param))


@pytest.fixture(params=LAYOUTS, ids=lambda layout: f"{layout[0].width}@{layout[0].ppi}-{layout[1].name}")
def layout(request: pytest.FixtureRequest) -> tuple[Panel, TextSize]:
    """A panel and the size of the text on it."""
    panel, size = request.param
    return panel, size


@pytest.fixture
def small_panel() -> Panel:
    """Ten inches."""
    return SIZED_PANELS[1]


@pytest.fixture
def usual_panel() -> Panel:
    """Fifteen point six inches."""
    return SIZED_PANELS[0]


@pytest.fixture(params=Direction, ids=lambda direction: direction.value)
def stretched(request: pytest.FixtureRequest, qapp: QApplication) -> Sampler:
    """Screens in the pseudo-locale."""
    del qapp
    return StretchedSampler("en", request.param)


@pytest.fixture
def english(qapp: QApplication) -> Sampler:
    """Screens in English."""
    del qapp
    return _sampler("en")


@pytest.fixture(params=PANELS, ids=lambda panel: f"{panel.width}x{panel.height}@{panel.ppi}")
def any_stage(request: pytest.FixtureRequest, stage_on: Callable[[Panel], Stage]) -> Stage:
    """A window on each panel."""
    return stage_on(request.param)
