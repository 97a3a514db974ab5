# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The order of the focus is the order of reading, as computed from where things stand."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from townhall_ui.moving import is_key
from townhall_ui.screens import Direction
from townhall_ui.ways import Ways

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QRect
    from PySide6.QtWidgets import QWidget
    from tests.ui.sampler import Sampler
    from tests.ui.stage import Panel, Stage

    from townhall_ui.theme import TextSize


def _comes_before(one: QRect, other: QRect, *, is_mirrored: bool) -> bool:
    """Whether ``one`` is read first: it stands higher, or in the same row nearer to where lines begin."""
    if one.bottom() < other.top():
        return True
    is_same_row = one.top() <= other.bottom() and other.top() <= one.bottom()
    return is_same_row and (one.left() > other.right() if is_mirrored else one.right() < other.left())


def _check(stage: Stage, name: str, widgets: list[QWidget], *, is_mirrored: bool) -> None:
    shown = [widget for widget in widgets if widget.isVisible()]
    for one, other in pairwise(shown):
        is_read_so = _comes_before(stage.place(one), stage.place(other), is_mirrored=is_mirrored)
        assert is_read_so, (name, one.objectName(), other.objectName())


def _check_all(stage: Stage, sampler: Sampler) -> None:
    is_mirrored = sampler.direction is Direction.RIGHT_TO_LEFT
    for name, screen in sampler.all().items():
        stage.show(screen)
        view, header = stage.window._board.view, stage.window._board.header
        assert view is not None
        content, keys, foot = view.scan_areas()
        page = [widget for widget in content if view.side is None or not view.side.isAncestorOf(widget)]
        _check(stage, name, [view.heading, *page], is_mirrored=is_mirrored)
        # Keys stand as on the hardware, from the left in every script.
        _check(stage, name, [key for key in keys if is_key(key) and key.objectName() != "fold"], is_mirrored=False)
        _check(stage, name, foot, is_mirrored=is_mirrored)
        if header is not None:
            _check(stage, name, list(header.buttons), is_mirrored=is_mirrored)


def test_the_focus_goes_as_one_reads(any_stage: Stage, sampler: Sampler) -> None:
    _check_all(any_stage, sampler)


@pytest.mark.long
def test_the_focus_goes_as_one_reads_at_every_size_on_every_panel(
    layout: tuple[Panel, TextSize], stage_on: Callable[[Panel], Stage], sampler: Sampler
) -> None:
    stage = stage_on(layout[0])
    stage.window.use(Ways(text_size=layout[1]))
    _check_all(stage, sampler)
