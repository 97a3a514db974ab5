# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Ways out of a visit before its end: the card leaves, the person stops or goes, something breaks."""

import asyncio
from collections.abc import Callable, Coroutine

import pytest

from townhall_kiosk import events as on
from townhall_kiosk import states as at
from townhall_kiosk.simulation.visit import SimulatedVisit
from townhall_kiosk.simulation.way import (
    WAY,
    Step,
    answer_all,
    be_identified,
    be_read,
    begin,
    choose_service,
    enter_pin1,
    enter_pin2,
    finish,
    get_document,
    get_receipt,
    go,
    go_on_to_document,
    go_on_to_sign,
    put_card_in,
    sign,
)
from townhall_kiosk.states import Outcome
from townhall_kiosk.visit.desk import Desk
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_pins import PinReference
from townhall_ui import screens

MakeVisit = Callable[[at.State | None], SimulatedVisit]
Play = Callable[[Callable[[SimulatedVisit], Coroutine[object, object, None]]], None]


UNSENT = range(2, WAY.index(sign) + 1)
"""How many steps of WAY lead to each state with a card in and nothing stored."""


def name_of_place(count: int) -> str:
    return "attract" if count == 0 else WAY[count - 1].__name__


def assert_nothing_is_left(visit: SimulatedVisit) -> None:
    assert visit.desk == Desk()
    assert "ÕISPUU" not in repr(visit.screen)


@pytest.mark.parametrize("count", UNSENT, ids=name_of_place)
def test_a_card_taken_out_before_the_form_is_signed_stops_the_visit(play: Play, card: EstonianCard, count: int) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, count=count)
        visit.remove()
        await visit.until(at.StoppedEarly)
        assert_nothing_is_left(visit)
        visit.cards.go_on()
        await visit.settle()
        assert isinstance(visit.state, at.StoppedEarly), "a late answer changes nothing"
        visit.timer.pass_time(15)
        await visit.until(at.Ended)
        assert visit.told == ["left", Outcome.NOTHING_SENT]
        assert visit.outbox.sealed == []
        assert card.tries_left(PinReference.PIN1) == card.tries_left(PinReference.PIN2) == 3

    play(scene)


def test_a_card_taken_out_while_the_form_is_stored_changes_nothing(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=sign)
        visit.remove()
        await visit.settle()
        visit.outbox.is_open.set()
        assert await visit.until(at.ShowingReceipt) == at.ShowingReceipt(card_is_in=False)
        visit.press(screens.Proceeded())
        await visit.until(at.Thanked)
        visit.timer.pass_time(5)
        await visit.until(at.Ended)
        assert visit.told == ["left", Outcome.STORED]

    play(scene)


@pytest.mark.parametrize("until", [get_receipt, finish], ids=lambda step: step.__name__)
def test_a_card_taken_out_after_that_is_the_way_home(play: Play, card: EstonianCard, until: Step) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=until)
        visit.remove()
        assert await visit.until(at.Thanked) == at.Thanked(Outcome.STORED)
        assert_nothing_is_left(visit)

    play(scene)


STOPPABLE = (begin, be_read, be_identified, choose_service, answer_all, get_document, go_on_to_sign)


@pytest.mark.parametrize("until", STOPPABLE, ids=lambda step: step.__name__)
def test_stop_releases_the_card_and_sends_nothing(play: Play, card: EstonianCard, until: Step) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=until)
        visit.press(screens.Stopped())
        if until is not begin:
            assert await visit.until(at.TakingCard) == at.TakingCard(Outcome.NOTHING_SENT)
            assert_nothing_is_left(visit)
            visit.remove()
            await visit.until(at.Thanked)
            visit.timer.pass_time(5)
        await visit.until(at.Ended)
        assert visit.told == ["left", Outcome.NOTHING_SENT]
        assert visit.outbox.sealed == []

    play(scene)


WORKING = (put_card_in, enter_pin1, go_on_to_document, enter_pin2, sign)


@pytest.mark.parametrize("until", WORKING, ids=lambda step: step.__name__)
def test_while_the_machine_works_stop_is_neither_offered_nor_taken(play: Play, card: EstonianCard, until: Step) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=until)
        assert isinstance(visit.screen, screens.WorkingScreen)
        assert visit.screen.frame.stop is None
        before = visit.state
        visit.press(screens.Stopped(), screens.WentBack())
        await asyncio.sleep(0)
        assert visit.state == before
        visit.cards.go_on()
        visit.outbox.is_open.set()

    play(scene)


@pytest.mark.parametrize("until", STOPPABLE, ids=lambda step: step.__name__)
def test_whoever_leaves_the_card_and_goes_is_counted_down_and_the_visit_ends(
    play: Play, card: EstonianCard, until: Step
) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=until)
        waiting = visit.state
        assert waiting.idle is not None
        visit.timer.pass_time(waiting.idle.wait_s)
        asked = await visit.until(at.StillThere)
        assert asked.resume == waiting
        visit.press(screens.Active())
        await visit.settle()
        assert visit.state == waiting, "any touch goes on exactly there"
        visit.timer.pass_time(waiting.idle.wait_s)
        await visit.until(at.StillThere)
        visit.timer.pass_time(waiting.idle.countdown_s)
        await (visit.until(at.Ended) if until is begin else visit.until(at.TakingCard))
        assert_nothing_is_left(visit)
        assert visit.outbox.sealed == []

    play(scene)


def test_whoever_leaves_at_the_receipt_has_it_stored(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=get_receipt)
        visit.timer.pass_time(60)
        await visit.until(at.StillThere)
        visit.timer.pass_time(20)
        assert await visit.until(at.TakingCard) == at.TakingCard(Outcome.STORED)
        assert_nothing_is_left(visit)

    play(scene)


def test_a_card_taken_out_during_the_countdown_stops_the_visit(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=answer_all)
        visit.timer.pass_time(180)
        await visit.until(at.StillThere)
        visit.remove()
        await visit.until(at.StoppedEarly)
        assert_nothing_is_left(visit)

    play(scene)


@pytest.mark.parametrize("count", UNSENT, ids=name_of_place)
def test_a_fault_before_the_form_is_stored_releases_the_card_and_says_that_nothing_was_sent(
    play: Play, card: EstonianCard, count: int
) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, count=count)
        visit.post(on.Fault("TH-KIOS-004"))
        assert await visit.until(at.OutOfService) == at.OutOfService("TH-KIOS-004", card_is_in=True)
        assert visit.screen.frame.code == "TH-KIOS-004"
        assert_nothing_is_left(visit)
        visit.timer.pass_time(60)
        await visit.settle()
        assert isinstance(visit.state, at.OutOfService), "the card is still in"
        visit.cards.go_on()
        visit.remove()
        await visit.settle()
        visit.timer.pass_time(60)
        await visit.until(at.Ended)
        assert visit.outbox.sealed == []

    play(scene)
