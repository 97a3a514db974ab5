# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The focus: where it starts, that Tab visits everything in reading order and comes back, that it can be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from townhall_ui.screens import Answered

if TYPE_CHECKING:
    from tests.ui.sampler import Sampler
    from tests.ui.stage import Stage

FIRST = {
    "pin": "pin",
    "pin-problem": "pin",
    "access-number": "access-number",
    "access-number-problem": "access-number",
    "access-number-paper": "access-number",
    "text": "field",
    "text-problem": "field",
    "text-source": "field",
    "long-text": "field",
    "lines": "field",
    "lines-problem": "field",
    "integer": "field",
    "decimal": "field",
    "date": "field:day",
    "date-problem": "field:day",
    "time": "field:hour",
    "date-time": "field:day",
    "place": "field:latitude",
    "range": "field",
}


def test_the_focus_starts_on_the_first_field_or_else_on_the_heading(any_stage: Stage, sampler: Sampler) -> None:
    for name, screen in sampler.all().items():
        any_stage.show(screen)
        assert any_stage.focus.objectName() == FIRST.get(name, "heading"), name


def test_tab_visits_every_control_once_and_comes_back(any_stage: Stage, sampler: Sampler) -> None:
    for name, screen in sampler.all().items():
        any_stage.show(screen)
        start = any_stage.focus
        visited = [start]
        for _ in range(200):
            any_stage.key(Qt.Key.Key_Tab)
            if any_stage.focus is start:
                break
            visited.append(any_stage.focus)
        expected = {widget for widget in any_stage.controls() if widget.isEnabled()}
        assert len(visited) == len(set(visited)), name
        assert set(visited) == expected, name


def test_backtab_goes_the_same_way_back(stage: Stage, english: Sampler) -> None:
    for name, screen in english.all().items():
        stage.show(screen)
        start = stage.focus
        stage.key(Qt.Key.Key_Tab)
        stage.key(Qt.Key.Key_Tab, modifier=Qt.KeyboardModifier.ShiftModifier)
        assert stage.focus is start, name


def test_tab_follows_the_reading_order(any_stage: Stage, sampler: Sampler) -> None:
    for name, screen in sampler.all().items():
        any_stage.show(screen)
        names = []
        start = any_stage.find("heading")
        start.setFocus()
        while True:
            names.append(any_stage.focus.objectName())
            any_stage.key(Qt.Key.Key_Tab)
            if any_stage.focus is start:
                break
        ends = [part for part in ("proceed", "back", "ways", "help", "stop") if part in names]
        assert names[0] == "heading", name
        assert names[len(names) - len(ends) :] == ends, (name, names)
        keys = [index for index, part in enumerate(names) if part.startswith(("digit:", "key:"))]
        fields = [
            index for index, part in enumerate(names) if part.startswith("field") or part in {"pin", "access-number"}
        ]
        assert not keys or max(fields) < min(keys), name


def test_touching_a_key_leaves_the_focus_in_the_field(stage: Stage, english: Sampler) -> None:
    stage.show(english.all()["text"])
    stage.click("key:0:0")
    assert stage.focus.objectName() == "field"
    stage.show(english.all()["pin"])
    stage.click("digit:4")
    assert stage.focus.objectName() == "pin"


def test_the_heading_shows_its_focus_only_to_those_who_move_it(stage: Stage, english: Sampler) -> None:
    stage.show(english.all()["insert"])
    yellow = QColor(stage.theme.palette.focus)

    def is_yellow() -> bool:
        heading = stage.find("heading")
        image = heading.grab().toImage()
        return image.pixelColor(image.width() - 2, 2) == yellow

    assert not is_yellow()
    stage.key(Qt.Key.Key_Tab)
    stage.key(Qt.Key.Key_Tab, modifier=Qt.KeyboardModifier.ShiftModifier)
    assert is_yellow()


def test_the_focus_on_a_button_is_yellow_with_a_thick_black_edge(stage: Stage, english: Sampler) -> None:
    stage.show(english.all()["review"])
    button = stage.find("proceed")
    button.setFocus(Qt.FocusReason.TabFocusReason)
    image = button.grab().toImage()
    middle = image.height() // 2
    edge = stage.theme.px(0.8)
    assert all(image.pixelColor(x, middle) == QColor(stage.theme.palette.on_focus) for x in range(1, edge))
    assert image.pixelColor(edge * 3, middle) == QColor(stage.theme.palette.focus)


def _walk(stage: Stage, key: Qt.Key) -> list[str]:
    """Where an arrow leads from the heading until it comes back there."""
    start = stage.find("heading")
    start.setFocus(Qt.FocusReason.TabFocusReason)
    seen = []
    while True:
        seen.append(stage.focus.objectName())
        stage.key(key)
        if stage.focus is start or len(seen) > 99:
            return seen


def test_four_arrows_lead_to_everything_on_every_screen(any_stage: Stage, sampler: Sampler) -> None:
    for name, screen in sampler.all().items():
        if name == "still-there":
            continue
        any_stage.show(screen)
        there = {control.objectName() for control in any_stage.controls() if control.isEnabled()}
        seen = set(_walk(any_stage, Qt.Key.Key_Down))
        for stop in sorted(seen):
            any_stage.find(stop).setFocus(Qt.FocusReason.TabFocusReason)
            for _ in range(12):
                any_stage.key(Qt.Key.Key_Right)
                seen.add(any_stage.focus.objectName())
        assert there <= seen, (name, there - seen)


def test_arrows_go_along_the_reading_order_and_the_ends_meet(stage: Stage, english: Sampler) -> None:
    stage.show(english.all()["choose-one"])
    order = ["heading", "choice:rent", "choice:own", "choice:guest", "proceed", "back", "ways", "help", "stop"]
    assert _walk(stage, Qt.Key.Key_Down) == order
    assert _walk(stage, Qt.Key.Key_Right) == order
    assert _walk(stage, Qt.Key.Key_Up) == ["heading", *reversed(order[1:])]


def test_on_keys_arrows_go_up_down_and_aside_and_out_at_the_ends(stage: Stage, english: Sampler) -> None:
    stage.show(english.all()["pin"])
    stage.find("digit:5").setFocus(Qt.FocusReason.TabFocusReason)
    seen = []
    keys = Qt.Key
    for key in (keys.Key_Left, keys.Key_Up, keys.Key_Right, keys.Key_Down, keys.Key_Down, keys.Key_Down, keys.Key_Up):
        stage.key(key)
        seen.append(stage.focus.objectName())
    assert seen == ["digit:4", "digit:1", "digit:2", "digit:5", "digit:8", "digit:0", "digit:8"]
    stage.find("digit:2").setFocus(Qt.FocusReason.TabFocusReason)
    stage.key(Qt.Key.Key_Up)
    assert stage.focus.objectName() == "pin"


def test_select_works_wherever_the_arrows_lead(stage: Stage, english: Sampler) -> None:
    stage.show(english.all()["choose-one"])
    for _ in range(3):
        stage.key(Qt.Key.Key_Down)
    stage.key(Qt.Key.Key_Return)
    stage.key(Qt.Key.Key_Down)
    stage.key(Qt.Key.Key_Return)
    assert stage.acts == [Answered("guest")]


def test_escape_does_nothing(stage: Stage, english: Sampler) -> None:
    for name, screen in english.all().items():
        if name == "still-there":
            continue
        stage.show(screen)
        before = stage.focus
        stage.key(Qt.Key.Key_Escape)
        assert stage.focus is before, name
        assert stage.acts == [], name
        assert stage.window.isVisible()
