# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is drawn: icons and pictures, mirrored where they point along the line, buttons by state, pages of documents."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QBuffer, QIODevice, QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from townhall_fonts import FONT_FILES
from townhall_ui.buttons import Button, Kind
from townhall_ui.choices import ChoiceButton, RadioChoice
from townhall_ui.icons import Icon, draw_icon
from townhall_ui.look import Look
from townhall_ui.pictures import Drawing
from townhall_ui.screens import Choice, Direction, DocumentScreen, Picture
from townhall_ui.theme import Theme
from townhall_ui.town_hall import draw_town_hall

if TYPE_CHECKING:
    from tests.ui.sampler import Sampler
    from tests.ui.stage import Stage

POINTING = {Icon.BACK, Icon.FORWARD}


@pytest.fixture(autouse=True)
def _application(qapp: QApplication) -> None:
    del qapp


def _look(direction: Direction = Direction.LEFT_TO_RIGHT) -> Look:
    return Look(Theme(118, FONT_FILES), direction)


def _icon(icon: Icon, *, mirrored: bool) -> QImage:
    image = QImage(64, 64, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    draw_icon(painter, icon, QRectF(0, 0, 64, 64), QColor("black"), mirrored=mirrored)
    painter.end()
    return image


def _ink(image: QImage) -> int:
    """Pixels that are not the colour of the corner."""
    ground = image.pixel(0, 0)
    return sum(image.pixel(x, y) != ground for x in range(image.width()) for y in range(image.height()))


@pytest.mark.parametrize("icon", Icon)
def test_every_icon_is_drawn_within_its_square(icon: Icon) -> None:
    image = _icon(icon, mirrored=False)
    assert _ink(image) > 100
    border = [(x, y) for x in range(64) for y in (0, 63)] + [(x, y) for x in (0, 63) for y in range(64)]
    assert all(image.pixelColor(x, y) == QColor("white") for x, y in border)


@pytest.mark.parametrize("icon", Icon)
def test_only_icons_that_point_along_the_line_are_mirrored(icon: Icon) -> None:
    assert (_icon(icon, mirrored=True) != _icon(icon, mirrored=False)) == (icon in POINTING)


def test_no_two_icons_look_the_same() -> None:
    looks = [bytes(_icon(icon, mirrored=False).constBits()) for icon in Icon]
    assert len(looks) == len(set(looks))


def test_tones_differ_by_shape_and_not_by_colour_alone() -> None:
    shapes = [
        bytes(_icon(icon, mirrored=False).constBits()) for icon in (Icon.GOOD, Icon.WARNING, Icon.PROBLEM, Icon.NOTICE)
    ]
    assert len(set(shapes)) == 4


@pytest.mark.parametrize("picture", [picture for picture in Picture if picture is not Picture.NONE])
@pytest.mark.parametrize("direction", Direction)
def test_every_picture_fills_its_place_and_is_cut_nowhere(picture: Picture, direction: Direction) -> None:
    image = Drawing(picture, _look(direction), 90).grab().toImage()
    assert _ink(image) > image.width() * image.height() / 5
    ground = image.pixel(0, 0)
    edge = [image.pixel(x, y) for x in range(image.width()) for y in (0, image.height() - 1)]
    edge += [image.pixel(x, y) for x in (0, image.width() - 1) for y in range(image.height())]
    assert set(edge) == {ground}


def test_no_picture_draws_nothing() -> None:
    assert _ink(Drawing(Picture.NONE, _look(), 90).grab().toImage()) == 0


def test_a_check_mark_is_the_same_from_either_side() -> None:
    left, right = (Drawing(Picture.DONE, _look(direction), 90).grab().toImage() for direction in Direction)
    differing = sum(left.pixel(x, y) != right.pixel(x, y) for x in range(left.width()) for y in range(left.height()))
    # The discs' edges fall on other pixels; the mark does not move.
    assert differing < left.width() * left.height() / 50


def test_the_hall_is_as_large_as_its_place_allows() -> None:
    for width, height in ((300, 100), (100, 300)):
        image = QImage(width, height, QImage.Format.Format_RGB32)
        image.fill(QColor("white"))
        painter = QPainter(image)
        draw_town_hall(painter, QRectF(0, 0, width, height))
        painter.end()
        assert _ink(image) > 1000


def _fill(button: Button) -> QColor:
    image = button.grab().toImage()
    return image.pixelColor(button.look.px(2), button.height() // 2)


def test_a_button_looks_pressed_at_once_and_asleep_when_it_cannot_be_used() -> None:
    look = _look()
    button = Button("Sign the form", look, Kind.PRIMARY)
    assert _fill(button) == look.colour("primary")
    button.setDown(True)
    assert _fill(button) == look.colour("primary_deep")
    button.setDown(False)
    button.setEnabled(False)
    assert _fill(button) == look.colour("asleep")


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("caption", ["", "Go", "Order a certified copy of a record of the register"])
def test_a_button_of_any_kind_is_as_high_as_its_words_need(kind: Kind, caption: str) -> None:
    look = _look()
    button = Button(caption, look, kind, name="Order")
    width = button.minimumSizeHint().width()
    button.resize(width, button.heightForWidth(width))
    block, place = button.words_block()
    assert not caption or block.height <= button.height()
    assert not caption or block.natural_width <= place.width()
    assert look.theme.mm(button.height()) >= kind.value.height_mm
    assert look.theme.mm(button.width()) >= kind.value.width_mm


def test_a_button_without_words_still_has_a_name() -> None:
    assert Button("", _look(), Kind.KEY, icon=Icon.DELETE, name="Delete").accessibleName() == "Delete"
    assert Button("Go", _look(), Kind.KEY).accessibleName() == "Go"


def test_a_caption_that_changes_changes_the_name_too() -> None:
    button = Button("a", _look(), Kind.KEY)
    button.set_caption("A")
    assert (button.text(), button.accessibleName()) == ("A", "A")


def test_a_mark_changes_the_shape_in_the_mark_and_not_the_colour_alone() -> None:
    choice = Choice("a", "A choice", "with a hint")
    for button in (ChoiceButton(choice, _look(), is_mark=True), RadioChoice(choice, _look())):
        button.resize(600, button.heightForWidth(600))
        looks = []
        for is_checked in (False, True):
            button.setChecked(is_checked)
            looks.append(button.grab(QRectF(0, 0, 120, button.height()).toRect()).toImage())
        dark = [sum(QColor(look.pixel(60, y)).lightness() < 60 for y in range(look.height())) for look in looks]
        assert dark[1] > dark[0]


def test_a_radio_button_answers_over_its_whole_width() -> None:
    button = RadioChoice(Choice("a", "A"), _look())
    button.resize(900, button.heightForWidth(900))
    QTest.mouseClick(button, Qt.MouseButton.LeftButton, pos=QPoint(890, button.height() // 2))
    assert button.isChecked()


def _striped(lines: int) -> bytes:
    """A page on which each line has a colour of its own."""
    page = QImage(400, lines * 10, QImage.Format.Format_RGB32)
    painter = QPainter(page)
    for line in range(lines):
        painter.fillRect(0, line * 10, 400, 10, QColor(line, 255 - line, 128))
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QPixmap.fromImage(page).save(buffer, "PNG")
    return bytes(buffer.data().data())


def test_every_line_of_a_document_is_on_some_part_of_it(stage: Stage, english: Sampler) -> None:
    screen = replace(english.one("document", DocumentScreen), pages=(_striped(120), _striped(60)))
    stage.show(screen)
    seen = set()
    while True:
        image = stage.find("sheet").grab().toImage()
        seen |= {QColor(image.pixel(image.width() // 2, y)).red() for y in range(image.height())}
        if not stage.find("page:next").isEnabled():
            break
        stage.click("page:next")
    assert set(range(120)) <= seen


def test_a_short_document_needs_no_buttons_to_turn(stage: Stage, english: Sampler) -> None:
    screen = replace(english.one("document", DocumentScreen), pages=(_striped(20),))
    stage.show(screen)
    assert not [button for button in stage.controls() if button.objectName().startswith("page:")]
