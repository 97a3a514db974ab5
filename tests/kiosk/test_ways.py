# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Ways to use the kiosk and the call for help, over a visit in this process."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace

import pytest

from townhall_kiosk import states as at
from townhall_kiosk.simulation.visit import SimulatedVisit
from townhall_kiosk.simulation.way import answer_all, begin, choose_service, go
from townhall_kiosk.speech.voice import Rate, Volume
from townhall_kiosk.visit.desk import Desk
from townhall_kiosk.visit.presenters import present
from townhall_kiosk.visit.surroundings import Hearing, Surroundings
from townhall_kiosk.visit.ways import AXES, PersonWays, name_of
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_ui import screens
from townhall_ui.theme import Contrast, TextSize
from townhall_ui.ways import Switches, Ways

Play = Callable[[Callable[[SimulatedVisit], Coroutine[object, object, None]]], None]


def test_every_way_can_be_chosen_and_every_name_leads_to_its_own() -> None:
    for group, axis in AXES.items():
        for member in axis.kind:
            assert axis.now(PersonWays().changed(group, name_of(member))) is member


@pytest.mark.parametrize(
    ("group", "choice"), [("text-size", "fifth"), ("colour", "red"), ("speech", "repeat"), ("", "")]
)
def test_names_that_stand_nowhere_change_nothing(group: str, choice: str) -> None:
    assert PersonWays().changed(group, choice) == PersonWays()


def test_the_ways_change_window_and_voice_at_once_and_lead_back_to_the_answer(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=choose_service)
        visit.voice.speak_with(visit.speech)
        visit.voice.plug(are_plugged=True)
        question = visit.screen
        visit.press(screens.AskedForWays())
        await visit.until(at.ChoosingWays)
        wanted = {"text-size": "fourth", "contrast": "high-dark", "switches": "two", "rate": "fast"}
        for group, choice in wanted.items():
            visit.press(screens.ChoseWay(group, choice))
        await visit.settle()
        ways = visit.screen
        assert isinstance(ways, screens.WaysScreen)
        chosen = {(group.id, each.id) for group in ways.groups for each in group.choices if each.is_chosen}
        assert set(wanted.items()) <= chosen
        assert visit.display.ways.text_size is TextSize.FOURTH
        assert visit.display.ways.contrast is Contrast.HIGH_DARK
        assert visit.display.ways.scanning.switches is Switches.TWO
        assert visit.speech.voice.rate is Rate.FAST
        visit.press(screens.Proceeded())
        await visit.until(at.Answering)
        assert visit.screen == question

    play(scene)


def test_an_answer_given_just_before_the_ways_were_asked_for_is_not_lost(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=choose_service)
        visit.press(screens.Answered("Tamme"), screens.AskedForWays())
        ways = await visit.until(at.ChoosingWays)
        await visit.settle()
        visit.press(screens.Proceeded())
        await visit.until(at.Answering)
        assert isinstance(visit.state, at.Answering)
        assert visit.state.question == 1
        assert ways.resume in {at.Answering("Reader A", 0), at.Answering("Reader A", 1)}
        await answer_all(visit, card)
        await visit.until(at.Reviewing)

    play(scene)


def test_a_volume_key_works_on_every_screen(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        visit.voice.speak_with(visit.speech)
        visit.press(screens.TurnedVolume(1))
        await begin(visit, card)
        visit.press(screens.TurnedVolume(1))
        await visit.settle()
        assert visit.speech.voice.volume is Volume.LOUDEST
        assert isinstance(visit.state, at.WaitingForCard)

    play(scene)


def test_the_chosen_language_is_said_before_its_first_screen(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        visit.voice.speak_with(visit.speech)
        visit.voice.plug(are_plugged=True)
        await begin(visit, card, "fr")
        visit.voice.hear("Insérez votre carte", "fr", is_urgent=True)  # as the window would
        assert visit.speech.texts == ["Français", "Insérez votre carte"]

    play(scene)


def test_help_is_told_to_the_keeper_and_the_person_may_go_on_meanwhile(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=answer_all)
        review = visit.screen
        visit.press(screens.CalledForHelp())
        await visit.until(at.HelpComing)
        assert "help" in visit.told
        assert visit.screen.frame.stop is not None
        visit.press(screens.Proceeded())
        await visit.until(at.Reviewing)
        status = visit.screen.frame.status
        assert visit.around.text("help.status") in status
        assert visit.screen == replace(review, frame=replace(review.frame, status=status))

    play(scene)


def test_help_is_called_while_the_card_signs_and_the_work_goes_on(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, count=11)  # PIN 2 is given, the card works
        assert isinstance(visit.state, at.UsingPin)
        visit.press(screens.CalledForHelp(), screens.AskedForWays())
        await visit.settle()
        assert isinstance(visit.state, at.UsingPin)
        assert "help" in visit.told
        assert visit.screen.frame.ways is None
        visit.cards.go_on()
        await visit.until(at.ShowingReceipt)

    play(scene)


def test_who_waits_for_staff_is_not_sent_away_for_five_minutes(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=choose_service)
        visit.press(screens.CalledForHelp())
        await visit.until(at.HelpComing)
        visit.timer.pass_time(299)
        await visit.settle()
        assert isinstance(visit.state, at.HelpComing)
        visit.timer.pass_time(1)
        await visit.until(at.StillThere)
        visit.press(screens.Active())
        await visit.until(at.HelpComing)

    play(scene)


def test_nothing_of_one_person_s_ways_is_left_for_who_comes_to_the_same_screen(play: Play) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        visit.press(screens.AskedForWays())
        await visit.until(at.ChoosingWays)
        visit.press(screens.ChoseWay("contrast", "low"), screens.Proceeded())
        await visit.until(at.Arrived)
        assert isinstance(visit.screen, screens.AttractScreen)
        assert visit.display.ways.contrast is Contrast.LOW
        visit.timer.pass_time(60)
        await visit.until(at.StillThere)
        visit.timer.pass_time(20)
        await visit.until(at.Ended)  # the next person meets another process

    play(scene)


def test_the_news_of_the_visit_before_end_with_its_reader_s_ways(
    make_visit: Callable[[at.State | None], SimulatedVisit],
) -> None:
    async def stage() -> None:
        async with make_visit(at.PreviousEnded(None)) as visit:
            visit.press(screens.AskedForWays())
            await visit.until(at.ChoosingWays)
            visit.press(screens.ChoseWay("contrast", "low"), screens.Proceeded(), screens.Proceeded())
            await visit.until(at.Attract)
            assert visit.told == ["dismissed"]
            assert visit.display.ways == Ways()

    asyncio.run(stage())


@pytest.mark.parametrize("hearing", Hearing)
def test_only_who_hears_is_offered_a_voice_and_the_others_are_told_what_is_missing(
    make_around: Callable[[str], Surroundings], hearing: Hearing
) -> None:
    around = make_around("en")
    around.hearing = hearing
    screen = present(at.ChoosingWays(at.WaitingForCard()), Desk(), around)
    assert isinstance(screen, screens.WaysScreen)
    groups = {group.id for group in screen.groups}
    assert ({"speech", "volume", "rate"} <= groups) == (hearing is Hearing.HEARD)
    assert (around.text("ways.headphones") in screen.introduction) == (hearing is Hearing.NO_HEADPHONES)
    assert (around.text("ways.no-speech") in screen.introduction) == (hearing is Hearing.NO_SPEECH)


def test_a_service_that_needs_the_line_is_shown_with_the_reason_while_it_is_down(
    make_around: Callable[[str], Surroundings], make_desk: Callable[[str], Desk]
) -> None:
    around = make_around("en")
    around.services = (replace(around.services[0], needs_line=True),)
    for is_up in (True, False):
        around.line_is_up = is_up
        screen = present(at.ChoosingService("A"), make_desk("en"), around)
        assert isinstance(screen, screens.ChoiceScreen)
        choice, of_the_card = screen.choices
        assert of_the_card.is_available
        assert choice.is_available == is_up
        assert (choice.hint == around.text("services.needs-line")) == (not is_up)


def test_blanks_of_the_review_are_counted_and_may_stay(
    make_around: Callable[[str], Surroundings], make_desk: Callable[[str], Desk]
) -> None:
    around = make_around("en")
    review = present(at.Reviewing("A"), make_desk("en"), around)
    assert isinstance(review, screens.ReviewScreen)
    blanks = sum(answer.answer == around.text("review.not-answered") for answer in review.answers)
    assert around.text.counted("review.left-open", blanks) in review.introduction
