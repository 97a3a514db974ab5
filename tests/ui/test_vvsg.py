# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""VVSG 2.0 on the screens of a ballot, number by number; ``TABLE`` says which test answers which requirement."""

from __future__ import annotations

import ast
from collections.abc import Callable
from itertools import pairwise
from math import log10
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QKeyEvent, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from townhall_fonts import FONT_FILES
from townhall_kiosk.speech.voice import Rate, Voice, Volume
from townhall_kiosk.states import Answering
from townhall_ui.look import Look, Style
from townhall_ui.marks import MarkButton
from townhall_ui.pages import Pages
from townhall_ui.screens import Marked, StatementScreen, TurnedVolume
from townhall_ui.theme import Contrast, TextSize, Theme
from townhall_ui.typeset import Block
from townhall_ui.ways import Ways
from townhall_ui.words import Heading, Words

if TYPE_CHECKING:
    from tests.ui.sampler import Sampler
    from tests.ui.stage import Panel, Stage

ROOT: Final = Path(__file__).parents[2]
HEIGHTS_MM: Final = {
    TextSize.FIRST: (3.5, 4.2),
    TextSize.SECOND: (4.8, 5.6),
    TextSize.THIRD: (6.4, 7.1),
    TextSize.FOURTH: (8.5, 9.0),
}
TABLE: Final[dict[str, tuple[str, ...]]] = {
    "7.1-A settings end with the session": (
        "tests/kiosk/test_ways.py::test_nothing_of_one_person_s_ways_is_left_for_who_comes_to_the_same_screen",
    ),
    "7.1-B settings change without loss of marks": (
        "tests/ui/test_contest.py::test_marks_stay_while_the_size_of_the_text_changes",
        "tests/ui/test_contest.py::test_marks_page_and_focus_stay_while_somebody_looks_aside",
    ),
    "7.1-C default contrast 10:1": (
        "tests/ui/test_vvsg.py::test_what_is_read_or_touched_stands_out",
        "tests/ui/test_painted.py::test_all_words_and_signs_stand_out_as_painted",
    ),
    "7.1-D high contrast 20:1, low contrast 4.5:1 to 8:1": (
        "tests/ui/test_vvsg.py::test_what_is_read_or_touched_stands_out",
        "tests/ui/test_painted.py::test_all_words_and_signs_stand_out_as_painted",
        "tests/ui/test_theme.py::test_high_contrast_is_black_on_white_and_white_on_black",
    ),
    "7.1-G height of capitals": (
        "tests/ui/test_vvsg.py::test_a_painted_capital_is_as_high_as_the_size_says",
        "tests/ui/test_vvsg.py::test_ballots_are_set_in_the_size_that_was_chosen",
        "tests/ui/test_vvsg.py::test_the_sentence_that_is_signed_is_read_whole_in_the_size_that_was_chosen",
        "tests/ui/test_vvsg.py::test_the_default_is_four_point_eight_millimetres_or_more",
    ),
    "7.1-K volume and rate": (
        "tests/ui/test_vvsg.py::test_a_volume_key_turns_one_step_however_long_it_is_held",
        "tests/ui/test_vvsg.py::test_the_voice_says_120_to_180_words_a_minute_and_has_6_to_8_rates_from_half_to_twice_that",
        "tests/ui/test_vvsg.py::test_the_voice_of_the_package_is_the_one_whose_rates_are_known",
        "tests/ui/test_vvsg.py::test_no_step_of_the_volume_is_more_than_ten_decibels",
    ),
    "7.2-E no swiping": ("tests/ui/test_vvsg.py::test_a_swipe_turns_no_page_and_goes_nowhere",),
    "7.2-H a press starts and ends in its target": (
        "tests/ui/test_vvsg.py::test_a_press_counts_only_where_it_starts_and_ends_in_the_target",
    ),
    "7.2-I targets 12.7 mm, gaps 2.54 mm": (
        "tests/ui/test_vvsg.py::test_targets_and_gaps_of_a_ballot_are_large_enough",
        "tests/ui/test_layout.py::test_everything_to_touch_is_large_enough",
        "tests/ui/test_layout.py::test_things_to_touch_are_four_millimetres_apart",
    ),
    "7.2-M no key repeats": (
        "tests/ui/test_vvsg.py::test_a_key_held_down_acts_once",
        "tests/ui/test_vvsg.py::test_a_finger_held_down_acts_once",
    ),
    "7.2-N a press is seen at once, a mark with it": (
        "tests/ui/test_vvsg.py::test_a_press_and_its_mark_are_in_the_very_next_picture",
    ),
    "7.2-O idle 2 to 5 minutes, then 20 to 45 seconds": (
        "tests/ui/test_vvsg.py::test_who_answers_is_asked_after_two_to_five_minutes",
        "tests/ui/test_speech.py::test_the_countdown_tells_every_fifth_second",
    ),
    "7.3-F a ballot is changed before it is cast": (
        "tests/ui/test_contest.py::test_the_review_names_choices_what_is_left_open_and_blanks",
    ),
    "7.3-H one mark too many is told": (
        "tests/ui/test_contest.py::test_one_too_many_is_explained_by_sight_and_sound_and_replaces_none",
    ),
    "7.3-I what is left open is told": (
        "tests/ui/test_contest.py::test_the_review_names_choices_what_is_left_open_and_blanks",
    ),
}


@pytest.mark.parametrize("requirement", TABLE)
def test_each_requirement_has_tests_that_are_there(requirement: str) -> None:
    for test in TABLE[requirement]:
        file, name = test.split("::")
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, test


def _ballots(sampler: Sampler) -> list[str]:
    return [*sampler.ballots(), *sampler.casting()]


def _rows_of_ink(image: QImage) -> int:
    """From the highest to the lowest row of pixels that is more dark than white."""
    inked = [
        y for y in range(image.height()) if any(image.pixelColor(x, y).lightness() < 128 for x in range(image.width()))
    ]
    return inked[-1] - inked[0] + 1


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize("ppi", [102.0, 118.0, 141.0, 149.0])
@pytest.mark.parametrize("size", TextSize, ids=lambda size: size.name)
def test_a_painted_capital_is_as_high_as_the_size_says(ppi: float, size: TextSize) -> None:
    theme = Theme(ppi, FONT_FILES, text_size=size)
    block = Block("H", Look(theme), Style.BODY, 400, align=Qt.AlignmentFlag.AlignLeft)
    image = QImage(400, 200, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    painter.setPen(QColor("black"))
    block.draw(painter, QRectF(0, 0, 400, 200))
    painter.end()
    low, high = HEIGHTS_MM[size]
    half_a_pixel = theme.mm(0.5)
    assert low - half_a_pixel <= theme.mm(_rows_of_ink(image)) <= high + half_a_pixel


def test_the_default_is_four_point_eight_millimetres_or_more() -> None:
    assert Theme(118, FONT_FILES).text_size.value >= 4.8
    assert Ways().text_size.value >= 4.8


@pytest.mark.parametrize("size", TextSize, ids=lambda size: size.name)
def test_ballots_are_set_in_the_size_that_was_chosen(
    stage_on: Callable[[Panel], Stage], usual_panel: Panel, sampler: Sampler, size: TextSize
) -> None:
    """On a usual panel no setting is so tight that names and instructions are smaller; lesser lines never below 3.5."""
    stage = stage_on(usual_panel)
    stage.window.use(Ways(text_size=size))
    low, _ = HEIGHTS_MM[size]

    def height_mm(block: Block) -> float:
        return stage.theme.mm(QFontMetricsF(block.font).capHeight())

    for name in sampler.ballots():
        stage.show(sampler.all()[name])
        for button in [widget for widget in stage.targets() if isinstance(widget, MarkButton)]:
            first, *others = [height_mm(block) for block in button.mark_face.blocks(button.width())]
            assert first >= low - stage.theme.mm(0.5), name
            assert all(other >= 3.5 - stage.theme.mm(0.5) for other in others), name
        heading = stage.find("heading")
        assert isinstance(heading, Heading)
        assert height_mm(heading.block(heading.width())) >= low - stage.theme.mm(0.5), name
        counts = [part for part in stage.window.findChildren(Words, "count") if part.isVisible()]
        assert all(height_mm(part.block(part.width())) >= low - stage.theme.mm(0.5) for part in counts), name


def test_the_sentence_that_is_signed_is_read_whole_in_the_size_that_was_chosen(
    layout: tuple[Panel, TextSize], stage_on: Callable[[Panel], Stage], sampler: Sampler
) -> None:
    """On every panel: what does not fit at once is on a further page, and no letter of it is smaller."""
    panel, size = layout
    stage = stage_on(panel)
    stage.window.use(Ways(text_size=size))
    low, high = (HEIGHTS_MM[size][0] - stage.theme.mm(0.5), HEIGHTS_MM[size][1] + stage.theme.mm(0.5))
    screen = sampler.one("statement", StatementScreen)
    stage.show(screen)
    read: list[str] = []
    for _page in range(20):
        sheet = stage.find("statement")
        lines = [part for part in sheet.findChildren(Words) if isinstance(part.parent(), Pages) and part.isVisible()]
        read += [part.text() for part in lines]
        heights = [stage.theme.mm(QFontMetricsF(part.block(part.width()).font).capHeight()) for part in lines]
        assert all(low <= height <= high for height in heights)
        following = stage.window.findChild(QWidget, "page:next")
        if following is None or not following.isEnabled():
            break
        stage.touch("page:next")
    assert "".join(read).replace(" ", "") == screen.statement.replace(" ", "")


def _luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    shares = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


READ: Final = [
    *(("ink", ground) for ground in ("page", "surface", "chosen", "plain_tint", "warning_tint", "good_tint")),
    *(("muted", ground) for ground in ("page", "surface", "chosen")),
    *((tone, f"{tone}_tint") for tone in ("plain", "good", "warning", "problem")),
    *((f"on_{part}", part) for part in ("primary", "band", "focus", "plain", "mode")),
    *(("primary", ground) for ground in ("page", "chosen")),
    ("warning", "page"),
    ("band_soft", "band"),
]
"""Roles of text, signs and marks, and what they stand on."""
BOUNDS: Final = {
    Contrast.DEFAULT: (10.0, 21.0),
    Contrast.HIGH_LIGHT: (20.0, 21.0),
    Contrast.HIGH_DARK: (20.0, 21.0),
    Contrast.LOW: (4.5, 8.0),
}


@pytest.mark.parametrize("mode", Contrast, ids=lambda mode: mode.name)
def test_what_is_read_or_touched_stands_out(mode: Contrast) -> None:
    roles, (low, high) = mode.value.roles(), BOUNDS[mode]
    seen = {(ink, ground): round(_contrast(roles[ink], roles[ground]), 2) for ink, ground in READ}
    assert not {pair: ratio for pair, ratio in seen.items() if not low - 0.05 <= ratio <= high + 0.01}
    if mode is not Contrast.LOW:
        assert _contrast(roles["edge"], roles["page"]) >= low


def test_targets_and_gaps_of_a_ballot_are_large_enough(any_stage: Stage, sampler: Sampler) -> None:
    mm = any_stage.theme.mm
    for name in _ballots(sampler):
        any_stage.show(sampler.all()[name])
        places = [any_stage.place(target) for target in any_stage.targets()]
        assert all(mm(min(place.width(), place.height())) >= 12.7 for place in places), name
        # Grown by the gap, no target reaches into another.
        gap = any_stage.theme.px(2.54)
        for index, place in enumerate(places):
            grown = place.adjusted(-gap, -gap, gap, gap)
            assert not [other for other in places[index + 1 :] if grown.intersects(other)], name


def _drag(stage: Stage, points: list[QPoint], *, is_touch: bool) -> None:
    """Press at the first point, move along the others, and let go at the last."""
    handle = stage.window.windowHandle()
    if is_touch:
        finger = stage.finger()
        QTest.touchEvent(handle, finger).press(0, points[0], handle).commit()
        for point in points[1:]:
            QTest.touchEvent(handle, finger).move(0, point, handle).commit()
        QTest.touchEvent(handle, finger).release(0, points[-1], handle).commit()
        return
    left = Qt.MouseButton.LeftButton
    QTest.mousePress(handle, left, pos=points[0])
    for point in points[1:]:
        QTest.mouseMove(handle, point)
    QTest.mouseRelease(handle, left, pos=points[-1])


@pytest.mark.parametrize("is_touch", [True, False], ids=["finger", "mouse"])
def test_a_press_counts_only_where_it_starts_and_ends_in_the_target(
    stage: Stage,
    english: Sampler,
    is_touch: bool,  # noqa: FBT001 - a table of cases
) -> None:
    stage.show(english.contest(2))
    one, other, heading = (
        stage.place(stage.find(name)).center() for name in ("choice:candidate1", "choice:candidate2", "heading")
    )
    for points in ([one, other], [one, heading], [heading, one], [other, heading, one]):
        _drag(stage, points, is_touch=is_touch)
        assert stage.acts == []
        assert not _button(stage, "candidate1").isChecked()
    _drag(stage, [one, one + QPoint(30, 5), one], is_touch=is_touch)
    assert stage.acts == [Marked(("candidate1",))]


def _button(stage: Stage, name: str) -> MarkButton:
    button = stage.find(f"choice:{name}")
    assert isinstance(button, MarkButton)
    return button


@pytest.mark.parametrize("way", ["left", "right", "up", "down"])
def test_a_swipe_turns_no_page_and_goes_nowhere(stage: Stage, english: Sampler, way: str) -> None:
    """One that stays on a candidate is a press of it (7.2-H asks for no more); all others are nothing."""
    stage.show(english.contest(8, has_blank=True))
    before = {target.objectName() for target in stage.targets()}
    centre = stage.window.width() // 2
    step = {"left": QPoint(-60, 0), "right": QPoint(60, 0), "up": QPoint(0, -40), "down": QPoint(0, 40)}[way]
    heading = QPoint(centre, stage.place(stage.find("heading")).center().y())
    candidate = QPoint(centre, stage.place(stage.find("choice:candidate2")).center().y())
    _drag(stage, [heading + step * number for number in range(6)], is_touch=True)
    assert stage.acts == []
    _drag(stage, [candidate + step * number for number in range(6)], is_touch=True)
    assert stage.acts in ([], [Marked(("candidate2",))])
    assert {target.objectName() for target in stage.targets()} == before


def _hold(stage: Stage, key: Qt.Key, text: str = "", *, times: int = 6) -> None:
    """A key that stays down: the system sends it again and again, each time with its coming up."""
    none = Qt.KeyboardModifier.NoModifier
    for number in range(times):
        is_last = number == times - 1
        press = QKeyEvent(QEvent.Type.KeyPress, key, none, text, autorep=number > 0)
        QApplication.sendEvent(stage.focus, press)
        release = QKeyEvent(QEvent.Type.KeyRelease, key, none, text, autorep=not is_last)
        QApplication.sendEvent(stage.focus, release)


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Space], ids=["enter", "space"])
def test_a_key_held_down_acts_once(stage: Stage, english: Sampler, key: Qt.Key) -> None:
    stage.show(english.contest(8))
    stage.find("choice:candidate1").setFocus(Qt.FocusReason.TabFocusReason)
    _hold(stage, key)
    assert stage.acts == [Marked(("candidate1",))]
    for mover in (Qt.Key.Key_Tab, Qt.Key.Key_Down):
        stage.find("choice:candidate1").setFocus(Qt.FocusReason.TabFocusReason)
        _hold(stage, mover, "\t" if mover == Qt.Key.Key_Tab else "")
        assert stage.focus.objectName() == "choice:candidate2"
        _hold(stage, mover, "\t" if mover == Qt.Key.Key_Tab else "")
        assert stage.focus.objectName() == "choice:candidate3"
    stage.show(english.all()["text"])
    _hold(stage, Qt.Key.Key_A, "a")
    assert stage.field() == "12 Harbour Roada"
    _hold(stage, Qt.Key.Key_Backspace)
    assert stage.field() == "12 Harbour Road"
    stage.show(english.all()["pin"])
    _hold(stage, Qt.Key.Key_7, "7")
    assert stage.find("pin").accessibleDescription() == "Digits entered: 1"


def test_tab_leaves_every_field_after_it_was_let_go(stage: Stage, english: Sampler) -> None:
    for name in ("text", "long-text", "integer", "date", "pin"):
        stage.show(english.all()[name])
        seen = []
        for _ in range(4):
            seen.append(stage.focus)
            stage.key(Qt.Key.Key_Tab)
        assert len(set(seen)) == 4, name


def test_a_finger_held_down_acts_once(stage: Stage, english: Sampler) -> None:
    for name in _ballots(english):
        stage.show(english.all()[name])
        buttons = [target for target in stage.targets() if isinstance(target, QAbstractButton)]
        assert not [button.objectName() for button in buttons if button.autoRepeat()], name


class _Paints(QObject):
    """Counts how often a widget is painted."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        self.count += event.type() is QEvent.Type.Paint
        return False


def test_a_press_and_its_mark_are_in_the_very_next_picture(stage: Stage, english: Sampler) -> None:
    """No timer, no answer of the presenter and no second turn of the loop stand between a finger and what it sees."""
    for screen, name in ((english.contest(2), "candidate1"), (english.ranked(), "park1")):
        stage.show(screen)
        button = _button(stage, name)
        handle, place = stage.window.windowHandle(), stage.place(button).center()
        paints, looks = _Paints(button), [button.grab().toImage()]
        for act in (QTest.mousePress, QTest.mouseRelease):
            before = paints.count
            act(handle, Qt.MouseButton.LeftButton, pos=place)
            QApplication.sendPostedEvents()
            assert paints.count > before, name
            looks.append(button.grab().toImage())
        assert looks[0] != looks[1]
        assert looks[1] != looks[2]
        assert looks[0] != looks[2]
        assert button.isChecked()


def test_a_volume_key_turns_one_step_however_long_it_is_held(stage: Stage, english: Sampler) -> None:
    stage.show(english.contest(2))
    _hold(stage, Qt.Key.Key_VolumeUp)
    _hold(stage, Qt.Key.Key_F6)
    assert stage.acts == [TurnedVolume(1), TurnedVolume(-1)]


def _words_a_minute() -> list[float]:
    """Of each rate, from the slowest, as espeak-ng's module of speech-dispatcher makes them of its configuration."""
    lines = (ROOT / "packaging/etc/speech/modules/espeak-ng.conf").read_text().splitlines()
    told = dict(line.split(maxsplit=1) for line in lines if line and not line.startswith("#"))
    least, usual, most = (int(told[f"Espeak{name}Rate"]) for name in ("Min", "Normal", "Max"))
    ends = {rate: least if rate.value < 0 else most for rate in Rate}
    return [usual + abs(rate.value) * (ends[rate] - usual) / 100 for rate in Rate]


def test_the_voice_says_120_to_180_words_a_minute_and_has_6_to_8_rates_from_half_to_twice_that() -> None:
    rates = _words_a_minute()
    usual = rates[list(Rate).index(Voice().rate)]
    assert 120 <= usual <= 180
    assert 6 <= len(rates) <= 8
    assert rates == sorted(set(rates))
    assert [rates[0] / usual, rates[-1] / usual] == [0.5, 2.0]
    assert {round(faster - slower) for slower, faster in pairwise(rates)} == {round(usual / 4)}


def test_the_voice_of_the_package_is_the_one_whose_rates_are_known() -> None:
    """The ends are espeak-ng's own: at less than 80 words a minute it is no slower."""
    configuration = (ROOT / "packaging/etc/speech/speechd.conf").read_text()
    assert 'AddModule "espeak-ng" "sd_espeak-ng" "espeak-ng.conf"' in configuration
    assert "DefaultVolume 100" in configuration
    assert min(_words_a_minute()) >= 80
    assert max(_words_a_minute()) <= 450


def test_no_step_of_the_volume_is_more_than_ten_decibels() -> None:
    """How loud the loudest is, the sound card says; the steps below it are the voice's own."""
    decibels = [20 * log10(volume.percent / 100) for volume in Volume]
    assert decibels[-1] == 0
    assert all(0 < louder - quieter <= 10 for quieter, louder in pairwise(decibels))
    assert Volume.QUIET.percent < Voice().volume.percent < Volume.LOUDEST.percent
    turned = [Voice().turned(steps).volume for steps in (-9, -1, 0, 1, 9)]
    assert turned == [Volume.QUIET, Volume.QUIET, Volume.MEDIUM, Volume.LOUD, Volume.LOUDEST]


def test_who_answers_is_asked_after_two_to_five_minutes() -> None:
    idle = Answering.idle
    assert idle is not None
    assert 120 <= idle.wait_s <= 300
    assert 20 <= idle.countdown_s <= 45
