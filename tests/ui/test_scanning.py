# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Switches: every screen is finished with two keys, and with one key and time; the mark is seen and heard."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from townhall_ui.screens import (
    Answered,
    AskedToChange,
    CalledForHelp,
    Chose,
    ChoseWay,
    EnteredAccessNumber,
    EnteredPin,
    EntryKind,
    Marked,
    Proceeded,
    Ranked,
    Stopped,
    WentBack,
)
from townhall_ui.theme import Contrast
from townhall_ui.ways import Scanning, ScanSpeed, Switches, Ways

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.ui.sampler import Sampler
    from tests.ui.stage import Stage

    from townhall_ui.screens import Intent

NEXT, TAKE = Qt.Key.Key_Space, Qt.Key.Key_Return
TWO = Ways(scanning=Scanning(Switches.TWO))
ONE = Ways(scanning=Scanning(Switches.ONE, ScanSpeed.FAST))


def _marked(stage: Stage) -> set[str]:
    """Names of what the mark surrounds."""
    ring = stage.find("scan-ring").geometry()
    return {target.objectName() for target in stage.targets() if ring.contains(stage.place(target))}


def _tick(stage: Stage) -> None:
    """The time of one step of the one switch is over."""
    assert stage.window._scanner._timer.isActive()
    stage.window._scanner._timer.timeout.emit()


def _by_two(stage: Stage) -> tuple[Callable[[], None], Callable[[], None]]:
    return lambda: stage.key(NEXT), lambda: stage.key(TAKE)


def _by_one(stage: Stage) -> tuple[Callable[[], None], Callable[[], None]]:
    return lambda: _tick(stage), lambda: stage.key(NEXT)


WAYS = {"two switches": (TWO, _by_two), "one switch": (ONE, _by_one)}


def _scan_to(stage: Stage, name: str, go_on: Callable[[], None], take: Callable[[], None]) -> None:
    """Take groups that hold ``name``, leave those that do not, as somebody does who sees and hears the mark."""
    heard: list[str] = []
    listening = stage.window.spoken.connect(lambda text, _language, _is_urgent: heard.append(text))
    screen = stage.window.current
    assert screen is not None
    leaving = screen.frame.spoken.leave.format(group="")
    for _ in range(60):
        marked = _marked(stage)
        is_way_out = bool(heard) and heard[-1].startswith(leaving)
        if name in marked and not is_way_out:
            take()
            if len(marked) == 1:
                break
        elif is_way_out and name not in marked:
            take()
        else:
            go_on()
    else:
        raise AssertionError((name, _marked(stage)))
    stage.window.spoken.disconnect(listening)


CASES: list[tuple[str, tuple[str, ...], Intent]] = [
    ("attract", ("choice:ar",), Chose("ar")),
    ("services", ("choice:address",), Chose("address")),
    ("services", ("help",), CalledForHelp()),
    ("towns", ("page:next", "choice:town13"), Chose("town13")),
    ("last-try", ("choice:stop",), Chose("stop")),
    ("stopped", ("proceed",), Proceeded()),
    ("take", ("stop",), Stopped()),
    ("text", ("key:0:0", "key:delete", "key:space", "key:1:0", "proceed"), Answered("12 Harbour Road a")),
    ("long-text", ("back",), WentBack()),
    ("integer", ("digit:5", "proceed"), Answered("35")),
    ("decimal", ("key:delete", "key:delete", "key:sign", "digit:9", "proceed"), Answered("72.9")),
    ("date", ("field:year", "key:delete", "digit:8", "proceed"), Answered("2028-03-01")),
    ("choose-one", ("choice:rent", "proceed"), Answered("rent")),
    ("choose-many", ("choice:tell2", "proceed"), Answered("tell1 tell2 tell3")),
    ("choose-towns", ("page:next", "choice:t12", "proceed"), Answered("t12")),
    ("note", ("proceed",), Answered("")),
    ("read-only", ("proceed",), Answered("1980-01-08")),
    ("review", ("page:next", "change:reason"), AskedToChange("reason")),
    ("document", ("page:next", "proceed"), Proceeded()),
    ("receipt", ("choice:print",), Chose("print")),
    ("ways", ("page:next", "way:switches:none"), ChoseWay("switches", "none")),
    ("status", ("choice:export",), Chose("export")),
    ("contest", ("choice:candidate1",), Marked(("candidate1", "candidate2"))),
    ("contest-pages", ("page:previous", "choice:candidate4"), Marked(("candidate4", "candidate7"))),
    ("ranked", ("up:park1",), Ranked((("park1",), ("park2",)))),
    ("ballot-review", ("change:school",), AskedToChange("school")),
    ("check-or-cast", ("choice:check",), Chose("check")),
    ("checked", ("proceed",), Proceeded()),
    ("statement", ("proceed",), Proceeded()),
    ("polls", ("choice:confirm",), Chose("confirm")),
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("name", "targets", "intent"), CASES, ids=[f"{case[0]}-{case[1][-1]}" for case in CASES])
def test_every_screen_is_finished_with_switches_alone(  # noqa: PLR0917 - a table of cases
    stage: Stage, english: Sampler, way: str, name: str, targets: tuple[str, ...], intent: Intent
) -> None:
    ways, switches = WAYS[way]
    stage.window.use(ways)
    stage.show(english.all()[name])
    for target in targets:
        _scan_to(stage, target, *switches(stage))
    assert stage.acts == [intent]


@pytest.mark.parametrize("way", WAYS)
def test_a_pin_is_entered_with_switches_and_no_digit_of_it_is_heard(stage: Stage, english: Sampler, way: str) -> None:
    heard: list[str] = []
    ways, switches = WAYS[way]
    stage.window.use(ways)
    stage.show(english.all()["pin"])
    stage.window.spoken.connect(lambda text, _language, _is_urgent: heard.append(text))
    for digit in "97531":
        _scan_to(stage, f"digit:{digit}", *switches(stage))
    _scan_to(stage, "proceed", *switches(stage))
    [entered] = stage.acts
    assert isinstance(entered, EnteredPin)
    assert bytes(entered.pin) == b"97531"
    assert english.spoken.key in heard
    counts = [english.t("entered").format(count=count) for count in (1, 2, 3, 4, 5)]
    assert [text for text in heard if any(sign.isdigit() for sign in text) and "row" not in text] == counts


@pytest.mark.parametrize("way", WAYS)
def test_an_access_number_is_entered_with_switches_and_no_digit_of_it_is_heard(
    stage: Stage, english: Sampler, way: str
) -> None:
    heard: list[str] = []
    ways, switches = WAYS[way]
    stage.window.use(ways)
    stage.show(english.number())
    stage.window.spoken.connect(lambda text, _language, _is_urgent: heard.append(text))
    for digit in "970531":
        _scan_to(stage, f"digit:{digit}", *switches(stage))
    _scan_to(stage, "proceed", *switches(stage))
    assert stage.acts == [EnteredAccessNumber(bytearray(b"970531"))]
    counts = [f"digit {count} of 6" for count in range(1, 7)]
    told = [text for text in heard if any(sign.isdigit() for sign in text) and "row" not in text]
    assert told == counts


@pytest.mark.parametrize("way", WAYS)
def test_a_number_on_paper_is_entered_with_switches_and_each_digit_is_heard(
    stage: Stage, english: Sampler, way: str
) -> None:
    heard: list[str] = []
    ways, switches = WAYS[way]
    stage.window.use(ways)
    stage.show(english.admission())
    stage.window.spoken.connect(lambda text, _language, _is_urgent: heard.append(text))
    for digit in "970531862":
        _scan_to(stage, f"digit:{digit}", *switches(stage))
    _scan_to(stage, "proceed", *switches(stage))
    assert stage.acts == [EnteredAccessNumber(bytearray(b"970531862"))]
    assert [text for text in heard if text.isdecimal()] == list("970531862")
    assert f"9, {english.spoken.key}" in heard


@pytest.mark.parametrize("way", WAYS)
def test_a_code_s_scanner_types_beside_the_switches_and_its_enter_is_none(
    stage: Stage, english: Sampler, way: str
) -> None:
    ways, switches = WAYS[way]
    stage.window.use(ways)
    stage.show(english.admission())
    stage.type("970531862")
    stage.key(TAKE)
    assert stage.acts == [EnteredAccessNumber(bytearray(b"970531862"))]
    stage.intents.clear()
    stage.show(english.question(EntryKind.TEXT, "street"))
    stage.type("TOWNHALL-CAST-1:PMRGCZ")
    stage.key(TAKE)
    assert stage.acts == [Answered("TOWNHALL-CAST-1:PMRGCZ")]
    stage.intents.clear()
    _scan_to(stage, "stop", *switches(stage))  # and the next Enter is a switch again
    assert stage.acts == [Stopped()]


def test_an_arabic_word_is_written_with_one_switch(stage: Stage, sampler: Sampler) -> None:
    if sampler.language != "ar":
        return
    stage.window.use(ONE)
    stage.show(sampler.question(EntryKind.TEXT, "street"))
    for key in ("key:1:9", "key:1:5", "key:2:2"):
        _scan_to(stage, key, *_by_one(stage))
    _scan_to(stage, "proceed", *_by_one(stage))
    assert stage.acts == [Answered("كار")]


def test_the_last_stop_of_a_group_leads_out_of_it(stage: Stage, english: Sampler) -> None:
    heard: list[str] = []
    stage.window.use(TWO)
    stage.show(english.all()["pin"])
    keys = _marked(stage)
    assert {"digit:0", "digit:9"} <= keys
    stage.key(TAKE)
    assert _marked(stage) == {"digit:1", "digit:2", "digit:3"}
    stage.window.spoken.connect(lambda text, _language, _is_urgent: heard.append(text))
    for _ in range(4):
        stage.key(NEXT)
    assert _marked(stage) == keys
    assert heard[-1] == english.spoken.leave.format(group=english.spoken.keys)
    stage.key(TAKE)
    stage.key(NEXT)
    assert _marked(stage) == {"back", "ways", "help", "stop"}


def test_the_mark_is_a_thick_ring_in_two_colours_in_every_contrast(stage: Stage, english: Sampler) -> None:
    for contrast in Contrast:
        stage.window.use(replace(TWO, contrast=contrast))
        stage.show(english.all()["services"])
        ring = stage.find("scan-ring").geometry()
        image = stage.window.grab().toImage()
        column = [image.pixelColor(ring.left() + x, ring.center().y()).name() for x in range(ring.width())]
        edge = column[: stage.theme.px(2.2)]
        assert contrast.value.focus in edge
        assert contrast.value.on_focus in edge
        assert edge.count(contrast.value.focus) >= stage.theme.px(1)


def test_the_one_switch_moves_by_itself_at_the_speed_that_was_chosen(stage: Stage, english: Sampler) -> None:
    for speed in ScanSpeed:
        stage.window.use(Ways(scanning=Scanning(Switches.ONE, speed)))
        stage.show(english.all()["services"])
        assert stage.window._scanner._timer.interval() == round(speed.value * 1000)


def test_the_mark_of_one_switch_rests_when_nobody_presses_and_goes_on_at_a_press(
    stage: Stage, english: Sampler
) -> None:
    stage.window.use(ONE)
    stage.show(english.all()["services"])
    scanner = stage.window._scanner
    for _ in range(60):
        if scanner.is_resting:
            break
        _tick(stage)
    assert scanner.is_resting
    stage.key(NEXT)
    assert not scanner.is_resting
    assert stage.acts == []
    assert "choice:address" in _marked(stage)


def test_moving_by_itself_is_no_sign_of_life_and_a_switch_is(stage: Stage, english: Sampler) -> None:
    stage.window.use(ONE)
    stage.show(english.all()["services"])
    for _ in range(5):
        _tick(stage)
    assert stage.intents == []
    stage.key(TAKE)
    assert len(stage.intents) - len(stage.acts) == 1


def test_a_switch_held_down_takes_once(stage: Stage, english: Sampler) -> None:
    stage.window.use(TWO)
    stage.show(english.all()["stopped"])
    _scan_to(stage, "proceed", *_by_two(stage))
    assert stage.acts == [Proceeded()]


def test_whoever_has_one_switch_and_no_other_way_begins_scanning_with_it(stage: Stage, english: Sampler) -> None:
    stage.show(english.all()["attract"])
    stage.key(NEXT)
    _scan_to(stage, "choice:en", *_by_one(stage))
    assert stage.acts == [Chose("en")]
    stage.show(english.all()["insert"])
    assert stage.window._scanner.is_on
    stage.show(english.all()["attract"])
    assert not stage.window._scanner.is_on


def test_scanning_that_a_switch_began_outlives_another_choice_of_colours(stage: Stage, english: Sampler) -> None:
    stage.show(english.all()["ways"])
    stage.key(NEXT)
    stage.window.use(Ways(contrast=Contrast.HIGH_DARK))
    assert stage.window._scanner.is_on
    assert _marked(stage)
    stage.window.use(Ways(contrast=Contrast.HIGH_DARK, scanning=Scanning(Switches.TWO)))
    stage.window.use(Ways(contrast=Contrast.HIGH_DARK))
    assert not stage.window._scanner.is_on


def test_the_mark_stays_where_it_was_when_the_way_changes(stage: Stage, english: Sampler) -> None:
    stage.window.use(TWO)
    stage.show(english.all()["ways"])
    _scan_to(stage, "way:contrast:dark", *_by_two(stage))
    stage.window.use(replace(TWO, contrast=Contrast.HIGH_DARK))
    assert _marked(stage) == {"way:contrast:dark"}


def test_a_countdown_is_ended_by_a_switch_and_the_mark_comes_back(stage: Stage, english: Sampler) -> None:
    stage.window.use(TWO)
    screen = english.all()["services"]
    stage.show(screen)
    stage.show(english.all()["still-there"])
    stage.intents.clear()
    stage.key(NEXT)
    assert len(stage.intents) == 1
    stage.show(screen)
    assert "choice:address" in _marked(stage)


def test_without_switches_there_is_no_mark(stage: Stage, english: Sampler) -> None:
    stage.window.use(TWO)
    stage.show(english.all()["services"])
    assert stage.find("scan-ring").isVisible()
    stage.window.use(Ways())
    assert not stage.window._scanner._ring.isVisible()
    assert stage.focus.objectName() == "heading"


def test_letters_of_the_hardware_keyboard_still_reach_the_field(stage: Stage, english: Sampler) -> None:
    stage.window.use(TWO)
    stage.show(english.question(EntryKind.TEXT, "street"))
    stage.type("abc")
    assert stage.field() == "abc"


def test_the_mark_surrounds_what_it_marks_on_every_screen(any_stage: Stage, sampler: Sampler) -> None:
    any_stage.window.use(TWO)
    for name, screen in sampler.all().items():
        if name == "still-there":
            continue
        any_stage.show(screen)
        seen: set[str] = set()
        for _ in range(12):
            seen |= _marked(any_stage)
            any_stage.key(NEXT)
        single_field = {"field", "pin", "access-number"}
        there = {target.objectName() for target in any_stage.targets() if target.isEnabled()} - single_field
        assert there <= seen, (name, there - seen)


def test_the_colours_of_the_mark_stand_out_from_each_other_and_from_the_page() -> None:
    for contrast in Contrast:
        palette = contrast.value
        assert QColor(palette.focus) != QColor(palette.on_focus)
        assert QColor(palette.page) != QColor(palette.focus)
