# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every screen, on every panel, from either side: nothing cut off, everything large enough and far enough apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from townhall_ui.buttons import Button, Kind
from townhall_ui.choices import ChoiceButton, RadioChoice
from townhall_ui.screens import Direction
from townhall_ui.theme import Contrast, TextSize
from townhall_ui.typeset import Block
from townhall_ui.ways import Ways
from townhall_ui.words import Words

if TYPE_CHECKING:
    from tests.ui.sampler import Sampler
    from tests.ui.stage import Panel, Stage

    from townhall_ui.screens import Screen

BESIDE = frozenset({"document", "statement", "checked"})
"""What is to be read takes the whole height here, and the primary button stands beside it."""
_TALL = {Kind.PRIMARY, Kind.DIGIT, Kind.WORD_DIGIT}


@dataclass(frozen=True)
class Text:
    """A visible text as it is set, and the place it has."""

    said: str
    lines: tuple[str, ...]
    needs: tuple[float, float]
    has: tuple[float, float]
    longest_by_qt: float
    is_inside: bool

    @property
    def is_whole(self) -> bool:
        fits = self.needs[0] <= self.has[0] + 1 and self.needs[1] <= self.has[1] + 1
        return self.is_inside and fits and self.longest_by_qt <= self.has[0] + 2


@dataclass(frozen=True)
class Thing:
    """A control or a text: its name, where it stands, and the least size it must have."""

    name: str
    place: QRect
    least_mm: float
    is_seen: bool


@dataclass(frozen=True)
class Measured:
    """One screen on one panel."""

    texts: list[Text]
    targets: list[Thing]
    leaves: list[tuple[QWidget, Thing]]


@dataclass(frozen=True)
class Survey:
    """All screens of one language on one panel."""

    mm_per_px: float
    panel: Panel
    is_mirrored: bool
    screens: dict[str, Measured]


def _blocks(widget: QWidget) -> Iterator[tuple[Block, float, float]]:
    """Each text of a widget as it is set, with width and height of its place."""
    if isinstance(widget, Words) and widget.text():
        yield widget.block(widget.width()), widget.width(), widget.height()
    elif isinstance(widget, Button) and widget.text():
        block, place = widget.words_block()
        yield block, place.width(), place.height()
    elif isinstance(widget, (ChoiceButton, RadioChoice)):
        blocks = widget.face.blocks(widget.width())
        for block in blocks:
            others = sum(other.height for other in blocks if other is not block)
            yield block, widget.face.words_place().width(), widget.height() - others


def _texts(stage: Stage) -> list[Text]:
    texts = []
    for widget in stage.window.findChildren(QWidget):
        if not widget.isVisible():
            continue
        is_inside = widget.visibleRegion().boundingRect() == widget.rect()
        for block, width, height in _blocks(widget):
            # Qt's own measure of each line, taken independently of how the block measured it.
            longest = max(QFontMetricsF(block.font).horizontalAdvance(line) for line in block.lines)
            needs = (block.natural_width, block.height)
            texts.append(Text(block.text, block.lines, needs, (width, height), longest, is_inside))
    return texts


def _thing(stage: Stage, widget: QWidget) -> Thing:
    least = 20.0 if isinstance(widget, Button) and widget.kind in _TALL else 15.0
    is_seen = widget.visibleRegion().boundingRect() == widget.rect()
    return Thing(widget.objectName(), stage.place(widget), least, is_seen)


def _measure(stage: Stage, screen: Screen) -> Measured:
    stage.show(screen)
    widgets = [widget for widget in stage.window.findChildren(QWidget) if widget.isVisible()]
    leaves = [widget for widget in widgets if isinstance(widget, (Words, QAbstractButton))]
    return Measured(
        texts=_texts(stage),
        targets=[_thing(stage, target) for target in stage.targets()],
        leaves=[(leaf, _thing(stage, leaf)) for leaf in leaves],
    )


_surveys: dict[tuple[Panel, TextSize, str], Survey] = {}


def _survey(stage: Stage, size: TextSize, sampler: Sampler) -> Survey:
    stage.window.use(Ways(text_size=size))
    screens = {name: _measure(stage, screen) for name, screen in sampler.all().items()}
    return Survey(stage.theme.mm(1), stage.panel, sampler.direction is Direction.RIGHT_TO_LEFT, screens)


@pytest.fixture
def survey(layout: tuple[Panel, TextSize], stage_on: Callable[[Panel], Stage], sampler: Sampler) -> Survey:
    """Measured once for each panel, size and language; the tests look at figures."""
    panel, size = layout
    key = (panel, size, sampler.language)
    if key not in _surveys:
        _surveys[key] = _survey(stage_on(panel), size, sampler)
    return _surveys[key]


@pytest.mark.long
def test_words_longer_by_forty_in_a_hundred_fit_every_screen_at_every_size(
    layout: tuple[Panel, TextSize], stage_on: Callable[[Panel], Stage], stretched: Sampler
) -> None:
    survey = _survey(stage_on(layout[0]), layout[1], stretched)
    test_no_text_is_cut_off(survey)
    test_nothing_is_hidden_behind_the_edge_of_what_holds_it(survey)
    test_words_and_controls_do_not_overlap(survey)
    test_things_to_touch_are_four_millimetres_apart(survey)


def test_no_text_is_cut_off(survey: Survey) -> None:
    cut = {(name, text.said) for name, screen in survey.screens.items() for text in screen.texts if not text.is_whole}
    assert not cut


def test_nothing_is_hidden_behind_the_edge_of_what_holds_it(survey: Survey) -> None:
    hidden = {
        (name, thing.name) for name, screen in survey.screens.items() for thing in screen.targets if not thing.is_seen
    }
    assert not hidden


def test_no_word_is_broken(survey: Survey) -> None:
    for name, screen in survey.screens.items():
        for text in screen.texts:
            assert [word for line in text.lines for word in line.split()] == text.said.split(), name


def test_no_line_of_running_text_has_more_than_sixty_signs(survey: Survey) -> None:
    for name, screen in survey.screens.items():
        assert all(len(line) <= 60 for text in screen.texts for line in text.lines), name


def test_everything_to_touch_is_large_enough(survey: Survey) -> None:
    for name, screen in survey.screens.items():
        for target in screen.targets:
            side = min(target.place.width(), target.place.height())
            assert side * survey.mm_per_px >= target.least_mm, (name, target.name)


def test_things_to_touch_are_four_millimetres_apart(survey: Survey) -> None:
    for name, screen in survey.screens.items():
        for one, other in combinations(screen.targets, 2):
            apart = max(
                one.place.left() - other.place.right() - 1,
                other.place.left() - one.place.right() - 1,
                one.place.top() - other.place.bottom() - 1,
                other.place.top() - one.place.bottom() - 1,
            )
            assert apart * survey.mm_per_px >= 3.99, (name, one.name, other.name)


def test_words_and_controls_do_not_overlap(survey: Survey) -> None:
    for name, screen in survey.screens.items():
        for (_, one), (_, other) in combinations(screen.leaves, 2):
            assert not one.place.intersects(other.place), (name, one, other)


def _places(survey: Survey, button: str, but: frozenset[str] = frozenset()) -> list[QRect]:
    targets = (target for name, screen in survey.screens.items() if name not in but for target in screen.targets)
    return [target.place for target in targets if target.name == button]


def test_back_leads_stop_ends_the_band_and_the_primary_button_ends_the_page(survey: Survey) -> None:
    middle = survey.panel.width / 2
    assert {place.center().x() > middle for place in _places(survey, "back")} == {survey.is_mirrored}
    primary = _places(survey, "proceed", BESIDE)
    if survey.is_mirrored:
        assert all(place.left() < middle for place in primary)
    else:
        assert all(place.right() > middle for place in primary)
    assert all(place.center().y() > survey.panel.height / 2 for place in primary)
    assert len({place.getRect() for place in _places(survey, "stop")}) == 1


@pytest.mark.parametrize("signed", ["document", "statement"])
def test_the_button_that_signs_does_not_stand_where_continue_stood(survey: Survey, signed: str) -> None:
    [signing] = [target.place for target in survey.screens[signed].targets if target.name == "proceed"]
    # Beside a pad on a small panel Continue stands elsewhere; the screen before the document is the review.
    pads = {name for name, screen in survey.screens.items() if any(part.name == "digit:1" for part in screen.targets)}
    assert "review" not in pads
    assert not any(place.intersects(signing) for place in _places(survey, "proceed", BESIDE | pads))


def test_neither_way_stands_where_continue_stood_and_both_are_of_one_size(survey: Survey) -> None:
    check, cast = _places(survey, "choice:check") + _places(survey, "choice:cast")
    assert check.size() == cast.size()
    pads = {name for name, screen in survey.screens.items() if any(part.name == "digit:1" for part in screen.targets)}
    others = _places(survey, "proceed", BESIDE | pads)
    assert not any(place.intersects(way) for place in others for way in (check, cast))


def test_digits_stay_in_telephone_order_from_either_side(survey: Survey) -> None:
    for name in ("pin", "date", "integer"):
        keys = {target.name: target.place for target in survey.screens[name].targets}
        for row in ("123", "456", "789"):
            lefts = [keys[f"digit:{digit}"].left() for digit in row]
            assert lefts == sorted(lefts)
            assert len({keys[f"digit:{digit}"].top() for digit in row}) == 1
        assert keys["digit:0"].left() == keys["digit:8"].left()
        tops = [keys[f"digit:{digit}"].top() for digit in "2580"]
        assert tops == sorted(tops)


def test_letters_stay_in_latin_order_from_either_side(survey: Survey) -> None:
    keys = {target.name: target.place for target in survey.screens["text"].targets}
    if "fold" in keys:
        return  # question and keys take turns here
    lefts = [keys[f"key:0:{column}"].left() for column in range(10)]
    assert lefts == sorted(lefts)


@pytest.mark.parametrize("ppi", [96.0, 149.0])
def test_every_screen_has_room_on_panels_from_ten_to_fifteen_inches(
    stage_at: Callable[[int, int, float], Stage], sampler: Sampler, ppi: float
) -> None:
    stage = stage_at(1280, 800, ppi)
    cut = set()
    for name, screen in sampler.all().items():
        stage.show(screen)
        cut |= {(name, text.said) for text in _texts(stage) if not text.is_whole}
        cut |= {(name, target.name) for target in _measure(stage, screen).targets if not target.is_seen}
    assert not cut


@pytest.mark.parametrize("times", [2, 3])
def test_a_long_question_is_set_tighter_rather_than_cut_off(stage: Stage, sampler: Sampler, times: int) -> None:
    question = sampler.all()["text-problem"]
    stage.show(sampler.with_heading(question, " ".join([question.frame.heading] * times)))
    assert all(text.is_whole for text in _texts(stage))


@pytest.mark.parametrize("way", ["button", "field"])
def test_where_letters_are_large_and_the_panel_small_question_and_keys_take_turns(
    stage_on: Callable[[Panel], Stage], sampler: Sampler, small_panel: Panel, way: str
) -> None:
    stage = stage_on(small_panel)
    stage.window.use(Ways(text_size=TextSize.FOURTH))
    screen = sampler.all()["text-problem"]
    stage.show(screen)
    closed = {target.objectName() for target in stage.targets()}
    assert "key:0:0" not in closed
    capital = QFontMetricsF(stage.find("heading").font()).capHeight() / stage.theme.px(1)
    assert capital > 6.0
    stage.click("fold" if way == "button" else "field")
    QApplication.processEvents()
    assert all(text.is_whole for text in _texts(stage))
    stage.key(Qt.Key.Key_End)
    stage.click("key:delete")
    stage.window.use(Ways(text_size=TextSize.FOURTH, contrast=Contrast.HIGH_DARK))
    stage.click("key:delete")
    assert stage.field() == "Harbo"
    stage.click("fold")
    QApplication.processEvents()
    assert stage.find("heading").isVisible()
    assert all(text.is_whole for text in _texts(stage))
