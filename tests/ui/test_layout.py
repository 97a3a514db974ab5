# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every screen, on every panel, from either side: nothing cut off, everything large enough and far enough apart."""

from itertools import combinations

import pytest
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QAbstractButton, QWidget

from townhall_ui.buttons import Button, Kind
from townhall_ui.choices import ChoiceButton, RadioChoice
from townhall_ui.words import Words


def _texts(stage):
    """Each visible text as it is set: block, width and height of its place, and who shows it."""
    for widget in stage.window.findChildren(QWidget):
        if not widget.isVisible():
            continue
        if isinstance(widget, Words) and widget.text():
            yield widget.block(widget.width()), widget.width(), widget.height(), widget
        elif isinstance(widget, Button) and widget.text():
            block, place = widget.words_block()
            yield block, place.width(), place.height(), widget
        elif isinstance(widget, (ChoiceButton, RadioChoice)):
            blocks = widget.face.blocks(widget.width())
            for block in blocks:
                others = sum(other.height for other in blocks if other is not block)
                yield block, widget.face.words_place().width(), widget.height() - others, widget


def test_no_text_is_cut_off(any_stage, sampler):
    for name, screen in sampler.all().items():
        any_stage.show(screen)
        for block, width, height, widget in _texts(any_stage):
            assert block.natural_width <= width + 1, (name, block.lines)
            assert block.height <= height + 1, (name, block.lines, height)
            # Qt's own measure of each line, taken independently of how the block measured it.
            metrics = QFontMetricsF(block.font)
            for line in block.lines:
                assert metrics.horizontalAdvance(line) <= width + 2, (name, line)
            assert any_stage.window.rect().contains(any_stage.place(widget)), (name, block.lines)


def test_no_word_is_broken(any_stage, sampler):
    for name, screen in sampler.all().items():
        any_stage.show(screen)
        for block, _width, _height, widget in _texts(any_stage):
            words = [word for line in block.lines for word in line.split()]
            text = widget.text() if not isinstance(widget, (ChoiceButton, RadioChoice)) else " ".join(block.lines)
            assert words == text.split(), (name, block.lines)


def test_no_line_of_running_text_has_more_than_sixty_signs(any_stage, sampler):
    for name, screen in sampler.all().items():
        any_stage.show(screen)
        for block, _width, _height, _widget in _texts(any_stage):
            assert all(len(line) <= 60 for line in block.lines), (name, block.lines)


def test_everything_to_touch_is_large_enough(any_stage, sampler):
    theme = any_stage.theme
    for name, screen in sampler.all().items():
        any_stage.show(screen)
        for target in any_stage.targets():
            where = (name, target.objectName())
            least = 15.0
            if isinstance(target, Button) and target.kind in {Kind.PRIMARY, Kind.DIGIT, Kind.WORD_DIGIT}:
                least = 20.0
            assert theme.mm(target.height()) >= least, where
            assert theme.mm(target.width()) >= least, where


def test_things_to_touch_are_four_millimetres_apart(any_stage, sampler):
    theme = any_stage.theme
    for name, screen in sampler.all().items():
        any_stage.show(screen)
        for one, other in combinations(any_stage.targets(), 2):
            first, second = any_stage.place(one), any_stage.place(other)
            apart = max(
                first.left() - second.right() - 1,
                second.left() - first.right() - 1,
                first.top() - second.bottom() - 1,
                second.top() - first.bottom() - 1,
            )
            assert theme.mm(apart) >= 3.99, (name, one.objectName(), other.objectName())


def test_words_and_controls_do_not_overlap(any_stage, sampler):
    for name, screen in sampler.all().items():
        any_stage.show(screen)
        leaves = [widget for widget in any_stage.window.findChildren(QWidget) if widget.isVisible()]
        leaves = [widget for widget in leaves if isinstance(widget, (Words, QAbstractButton))]
        for one, other in combinations(leaves, 2):
            if not (one.isAncestorOf(other) or other.isAncestorOf(one)):
                crossing = any_stage.place(one).intersected(any_stage.place(other))
                assert crossing.isEmpty(), (name, one.objectName(), other.objectName(), crossing)


def test_back_leads_stop_ends_the_band_and_the_primary_button_ends_the_page(any_stage, sampler):
    middle = any_stage.panel.width / 2
    sides = {}
    for name, screen in sampler.all().items():
        any_stage.show(screen)
        for button in ("back", "stop", "proceed"):
            found = [widget for widget in any_stage.window.findChildren(QWidget, button) if widget.isVisible()]
            if found and not (name == "document" and button == "proceed"):
                place = any_stage.place(found[0])
                sides.setdefault(button, set()).add(place.right() if button == "stop" else place.center().x() > middle)
                assert (place.center().y() > any_stage.panel.height / 2) == (button == "proceed"), name
    mirrored = sampler.language == "ar"
    assert sides["back"] == {mirrored}
    assert sides["proceed"] == {not mirrored}
    # Stop has another width in no screen: it stands in one place.
    assert len(sides["stop"]) == 1


def test_the_button_that_signs_does_not_stand_where_continue_stood(any_stage, sampler):
    screens = sampler.all()
    any_stage.show(screens["review"])
    continue_place = any_stage.place(any_stage.find("proceed"))
    any_stage.show(screens["document"])
    assert not continue_place.intersects(any_stage.place(any_stage.find("proceed")))


def test_digits_stay_in_telephone_order_from_either_side(any_stage, sampler):
    any_stage.show(sampler.all()["pin"])
    places = [any_stage.place(any_stage.find(f"digit:{digit}")) for digit in range(10)]
    for row in ((1, 2, 3), (4, 5, 6), (7, 8, 9)):
        lefts = [places[digit].left() for digit in row]
        assert lefts == sorted(lefts)
        assert len({places[digit].top() for digit in row}) == 1
    assert places[0].left() == places[8].left()
    assert places[0].top() > places[8].top() > places[5].top() > places[2].top()


def test_letters_stay_in_latin_order_from_either_side(any_stage, sampler):
    any_stage.show(sampler.all()["text"])
    lefts = [any_stage.place(any_stage.find(f"key:0:{column}")).left() for column in range(10)]
    assert lefts == sorted(lefts)


@pytest.mark.parametrize("ppi", [96.0, 149.0])
def test_every_screen_has_room_on_panels_from_ten_to_fifteen_inches(stage_at, sampler, ppi):
    stage = stage_at(1280, 800, ppi)
    cut = set()
    for name, screen in sampler.all().items():
        stage.show(screen)
        for block, width, height, widget in _texts(stage):
            is_whole = block.natural_width <= width + 1 and block.height <= height + 1
            if not (is_whole and stage.window.rect().contains(stage.place(widget))):
                cut.add((name, block.lines))
    assert not cut


def test_a_long_question_is_set_tighter_rather_than_cut_off(any_stage, sampler):
    question = sampler.all()["text-problem"]
    for times in (2, 3):
        long = sampler.with_heading(question, " ".join([question.frame.heading] * times))
        any_stage.show(long)
        for block, width, height, _widget in _texts(any_stage):
            assert block.natural_width <= width + 1
            assert block.height <= height + 1, block.lines
