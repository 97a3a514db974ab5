# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every screen of a visit has room for a language 40 % longer than English, in both directions and all sizes."""

import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, get_args

import pytest
from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QImage, QPixmap
from pytestqt.qtbot import QtBot
from tests.kiosk.apart_town import in_role
from tests.kiosk.test_choice_search import MOVED

from townhall_fonts import FONT_FILES
from townhall_forms.form import load_form
from townhall_forms.record import PageFacts
from townhall_forms.session import FormSession
from townhall_kiosk import states as at
from townhall_kiosk.finding import states as find
from townhall_kiosk.simulation.every_state import STATES
from townhall_kiosk.simulation.pseudo_texts import PseudoTexts
from townhall_kiosk.texts import Texts
from townhall_kiosk.visit.choice_search import Sought
from townhall_kiosk.visit.desk import Desk, Document, FoundServices
from townhall_kiosk.visit.presenters import present
from townhall_kiosk.visit.surroundings import Hearing, Surroundings
from townhall_sync.catalogue_municipality import Fee, LocalFacts, Municipality, Office
from townhall_ui.screens import QuestionScreen, Screen
from townhall_ui.theme import TextSize, Theme
from townhall_ui.ways import Ways
from townhall_ui.window import Window
from townhall_voting.package.definition import DeviceRole

os.environ["QT_QPA_PLATFORM"] = "offscreen"

WIDTH, HEIGHT, PPI = 1280, 800, 118
MakeAround = Callable[[str], Surroundings]
MakeDesk = Callable[[str], Desk]


def page() -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image = QImage(1240, 1754, QImage.Format.Format_RGB32)
    image.fill(0xFFFFFF)
    QPixmap.fromImage(image).save(buffer, "PNG")
    return bytes(buffer.data().data())


def screens_of(around: Surroundings, desk: Desk) -> Iterator[Screen]:
    """Every screen of a visit once."""
    seen: set[str] = set()
    devices = (around, *(in_role(replace(around), role) for role in (DeviceRole.BOOTH, DeviceRole.DESK)))
    for state, device in itertools.product(STATES, devices):
        screen = present(state, desk, device)
        name = repr(replace(screen, frame=replace(screen.frame, status="")))
        if name not in seen:
            seen.add(name)
            yield screen


def short_of_room(window: Window, around: Surroundings, desk: Desk) -> dict[str, int]:
    """Pixels that each screen lacks even at its tightest."""
    missing = {}
    for screen in screens_of(around, desk):
        window.show_screen(screen)
        view = window._board.view
        assert view is not None
        if (shortfall := view.shortfall()) > 0:
            missing[f"{type(screen).__name__} {screen.frame.heading}"] = shortfall
    return missing


LARGEST_FIRST: Final = [TextSize.FOURTH, *(pytest.param(size, marks=pytest.mark.long) for size in list(TextSize)[:3])]
"""What fits in the largest text; the others are smaller and checked now and then."""


@pytest.fixture
def window(qtbot: QtBot) -> Window:
    window = Window(Theme(PPI, FONT_FILES), lambda _intent: None)
    qtbot.addWidget(window)
    window.resize(WIDTH, HEIGHT)
    window.show()
    return window


def full(desk: Desk) -> Desk:
    desk.document = Document(
        b"%PDF", (page(),) * 2, "The document", PageFacts("Tamme Library", datetime(2027, 3, 1, tzinfo=UTC))
    )
    return desk


@pytest.mark.parametrize("is_right_to_left", [False, True], ids=["ltr", "rtl"])
@pytest.mark.parametrize("size", LARGEST_FIRST)
def test_no_screen_cuts_off_a_longer_language(
    window: Window, make_around: MakeAround, make_desk: MakeDesk, size: TextSize, *, is_right_to_left: bool
) -> None:
    around = make_around("en")
    around.texts = {"en": PseudoTexts(is_right_to_left=is_right_to_left)}
    around.hearing = Hearing.HEARD
    window.use(Ways(text_size=size))
    assert short_of_room(window, around, full(make_desk("en"))) == {}


@pytest.mark.parametrize("language", ["en", "et", "fr", "ar"])
@pytest.mark.parametrize("size", LARGEST_FIRST)
def test_no_screen_cuts_off_a_language_of_the_kiosk(
    window: Window, make_around: MakeAround, make_desk: MakeDesk, language: str, size: TextSize
) -> None:
    around = make_around(language)
    around.hearing = Hearing.HEARD
    window.use(Ways(text_size=size))
    assert short_of_room(window, around, full(make_desk(language))) == {}


@pytest.mark.parametrize("language", ["pseudo", "en", "et", "fr", "ar"])
@pytest.mark.parametrize("size", LARGEST_FIRST)
def test_no_screen_of_a_search_is_cut_off(
    window: Window, make_around: MakeAround, make_desk: MakeDesk, language: str, size: TextSize
) -> None:
    around = make_around("en" if language == "pseudo" else language)
    if language == "pseudo":
        around.texts = {"en": PseudoTexts()}
    window.use(Ways(text_size=size))
    desk = make_desk(around.language)
    desk.form = FormSession(load_form(MOVED), language="en", now=datetime(2026, 11, 25, tzinfo=UTC), prefill={})
    desk.sought = None
    asked = [present(at.Answering("A", 0), desk, around)]
    refused = at.Answering("A", 0, problem=around.text("search.none"), refused="qqqq")
    asked.append(present(refused, desk, around))
    for words in ("a", "guinea", "south georgia south sandwich islands"):
        desk.sought = Sought("/data/country", words)
        asked.append(present(at.Answering("A", 0), desk, around))
        needed = around.text("form.answer-needed")
        asked.append(present(at.Answering("A", 0, problem=needed), desk, around))
    assert [len(each.choices) for each in asked if isinstance(each, QuestionScreen)] == [0, 0, 31, 31, 5, 5, 2, 2]
    for screen in asked:
        window.show_screen(screen)
        assert window._board.view is not None
        assert window._board.view.shortfall() <= 0, screen


@pytest.mark.parametrize("language", ["pseudo", "en", "et", "fr", "ar"])
@pytest.mark.parametrize(
    "size", [TextSize.FOURTH, *(pytest.param(size, marks=pytest.mark.long) for size in list(TextSize)[:3])]
)
def test_no_screen_on_the_way_to_a_service_is_cut_off(
    window: Window, make_around: MakeAround, make_desk: MakeDesk, language: str, size: TextSize
) -> None:
    around = make_around("en" if language == "pseudo" else language)
    if language == "pseudo":
        around.texts = {"en": PseudoTexts()}
    window.use(Ways(text_size=size))
    desk = make_desk(around.language)
    assert desk.service is not None
    around.services = (*around.services, replace(desk.service, id="another"))
    longest = {around.language: "Longest " + "word " * 18 + "ed"}
    facts = LocalFacts(Fee("1234567.00", "EUR", longest), longest, Office(longest, longest[around.language]))
    around.municipality = Municipality(1, longest, {each.id: facts for each in around.services})
    desk.found = FoundServices("what was typed " * 4, tuple(each.id for each in around.services))
    states = (at.ChoosingService("A"), at.ChoosingService("A", "moving"), find.ChoosingFound("A"))
    for state in (*states, find.AboutService("A")):
        window.show_screen(present(state, desk, around))
        assert window._board.view is not None
        assert window._board.view.shortfall() <= 0, state


def test_the_longer_language_is_longer_and_every_screen_is_tried() -> None:
    english, pseudo = Texts("en"), PseudoTexts()
    assert len(pseudo("review.introduction")) >= 1.4 * len(english("review.introduction"))
    assert {type(state) for state in STATES} == set(get_args(at.State))


def test_a_language_that_is_much_too_long_would_be_found(
    window: Window, make_around: MakeAround, make_desk: MakeDesk
) -> None:
    around = make_around("en")
    around.texts = {"en": PseudoTexts(longer=12)}
    window.show_screen(present(at.HelpComing(at.Reviewing("A")), make_desk("en"), around))
    assert window._board.view is not None
    assert window._board.view.shortfall() > 0
