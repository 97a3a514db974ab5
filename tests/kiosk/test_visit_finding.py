# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A person finds a service among many: by life event, or by typing it with mistakes, in every language."""

from collections.abc import Callable, Coroutine
from dataclasses import replace

import pytest

from townhall_forms.service import LifeEvent, Service
from townhall_kiosk import states as at
from townhall_kiosk.finding import states as find
from townhall_kiosk.simulation.visit import SimulatedVisit
from townhall_kiosk.simulation.way import be_identified, be_read, begin, enter_pin1, put_card_in
from townhall_kiosk.visit.desk import Desk
from townhall_kiosk.visit.find_work import FindWork
from townhall_kiosk.visit.presenters.services import SEARCH, SHELF
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_ui import screens

Play = Callable[[Callable[[SimulatedVisit], Coroutine[object, object, None]]], None]

EXTRA = ("dog-licence", "parking-permit", "grave-plot")


def many(services: tuple[Service, ...]) -> tuple[Service, ...]:
    """The town's services, and some more that nobody looks for here."""
    more = [
        replace(
            services[0],
            id=name,
            titles=dict.fromkeys(services[0].titles, name),
            summaries=dict.fromkeys(services[0].titles, "-"),
            words={},
            life_events=(),
        )
        for name in EXTRA
    ]
    return (*services, *more)


async def be_known(visit: SimulatedVisit, card: EstonianCard, language: str = "en") -> screens.ChoiceScreen:
    """Come as far as the services, of which there are many."""
    visit.around.services = many(visit.around.services)
    await begin(visit, card, language)
    for step in (put_card_in, be_read, enter_pin1, be_identified):
        await step(visit, card)
    return choosing(visit)


def choosing(visit: SimulatedVisit) -> screens.ChoiceScreen:
    assert isinstance(visit.screen, screens.ChoiceScreen)
    return visit.screen


def ids(visit: SimulatedVisit) -> list[str]:
    return [choice.id for choice in choosing(visit).choices]


async def press(visit: SimulatedVisit, *intents: screens.Intent) -> None:
    visit.press(*intents)
    await visit.settle()


async def type_in(visit: SimulatedVisit, words: str) -> None:
    await press(visit, screens.Chose(SEARCH))
    assert isinstance(visit.screen, screens.QuestionScreen)
    assert visit.screen.kind is screens.EntryKind.TEXT
    await press(visit, screens.Answered(words))


@pytest.mark.parametrize(
    ("language", "words", "service"),
    [
        ("en", "stolen bycicles", "lost-property"),
        ("et", "elukohta muutmse", "change-of-address"),
        ("fr", "demenagments", "change-of-address"),
        ("ar", "النفيات", "bulky-waste"),
    ],
)
def test_a_misspelt_inflected_word_finds_the_service_which_is_opened(
    play: Play, card: EstonianCard, language: str, words: str, service: str
) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await be_known(visit, card, language)
        await type_in(visit, words)
        assert isinstance(visit.state, find.ChoosingFound)
        assert ids(visit)[0] == service
        assert words in choosing(visit).introduction
        await press(visit, screens.Chose(service))
        assert isinstance(visit.state, at.Answering)
        assert visit.desk.service is not None
        assert visit.desk.service.id == service

    play(scene)


def test_few_services_stand_side_by_side(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        services = visit.around.services
        await be_known(visit, card)
        visit.around.services = services
        visit.around.line_is_up = False
        visit.line_changed(is_up=True)
        assert [service.id for service in services] == ids(visit)[: len(services)]

    play(scene)


def test_many_stand_by_life_event_and_one_comes_back_from_there(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        first = await be_known(visit, card)
        shelves = [choice.id for choice in first.choices if choice.id.startswith(SHELF)]
        named = {each.value for service in visit.around.services for each in service.life_events} | {"other"}
        assert shelves == [SHELF + name for name in (*(each.value for each in LifeEvent), "other") if name in named]
        moving = next(choice for choice in first.choices if choice.id == f"{SHELF}moving")
        assert (moving.label, moving.hint) == ("Moving", "3 services")
        await press(visit, screens.Chose(f"{SHELF}moving"))
        assert choosing(visit).frame.heading == "Moving"
        assert ids(visit) == ["bulky-waste", "change-of-address", "residence-consent"]
        await press(visit, screens.WentBack())
        assert choosing(visit) == first
        await press(visit, screens.Chose(f"{SHELF}other"))
        assert ids(visit) == sorted(EXTRA)
        await press(visit, screens.Chose("dog-licence"))
        assert isinstance(visit.state, at.Answering)

    play(scene)


def test_a_single_hit_is_not_taken_by_itself_and_words_can_be_mended(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await be_known(visit, card)
        await type_in(visit, "grave")
        assert choosing(visit).frame.heading == "1 service was found"
        assert ids(visit) == ["grave-plot", SEARCH]
        await press(visit, screens.WentBack())
        assert isinstance(visit.screen, screens.QuestionScreen)
        assert visit.screen.value == "grave"
        await press(visit, screens.WentBack())
        assert isinstance(visit.state, at.ChoosingService)

    play(scene)


@pytest.mark.parametrize(("words", "problem"), [("qqqq", "search.none"), ("", "form.answer-needed")])
def test_what_finds_nothing_is_told_and_stays_to_be_mended(
    play: Play, card: EstonianCard, words: str, problem: str
) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await be_known(visit, card)
        await type_in(visit, words)
        assert isinstance(visit.screen, screens.QuestionScreen)
        assert (visit.screen.problem, visit.screen.value) == (visit.around.text(problem), words)
        await press(visit, screens.Answered("dog"))
        assert ids(visit)[0] == "dog-licence"

    play(scene)


def test_a_second_touch_changes_nothing_and_the_words_go_with_the_visit(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await be_known(visit, card)
        await press(visit, screens.Chose(SEARCH))
        await press(visit, screens.Answered("wallet"), screens.Answered("wallet"))
        assert isinstance(visit.state, find.ChoosingFound)
        assert "wallet" not in repr(visit.desk.found)
        assert "wallet" not in repr(visit.state)
        visit.remove()
        await visit.until(at.StoppedEarly)
        assert visit.desk.found is None

    play(scene)


def test_the_index_of_every_language_is_made_while_nobody_waits_and_none_for_few(
    make_around: Callable[[str], Surroundings],
) -> None:
    around = make_around("en")
    work = FindWork(Desk(), around)
    work.prepare()
    assert work._searches == {}
    around.services = many(around.services)
    work.prepare()
    assert work._searches.keys() == around.texts.keys()


def test_a_service_that_cannot_be_had_now_is_found_and_says_why(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        visit.around.services = tuple(replace(each, needs_line=True) for each in visit.around.services)
        visit.around.line_is_up = False
        await be_known(visit, card)
        await type_in(visit, "doctor")
        (found, _again) = choosing(visit).choices
        assert (found.id, found.is_available) == ("health-appointment", False)
        assert found.hint == visit.around.text("services.needs-line")

    play(scene)
