# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A card that is held to a reader, in a visit: asked for its number once, and only where it needs one."""

from collections.abc import Callable, Coroutine

import pytest

from townhall_kiosk import states as at
from townhall_kiosk.card_problem import CardProblem
from townhall_kiosk.simulation.visit import FIRST, SECOND, SimulatedVisit
from townhall_kiosk.simulation.way import (
    answer_all,
    be_identified,
    begin,
    choose_service,
    enter_pin1,
    enter_pin2,
    finish,
    get_document,
    get_receipt,
    go_on_to_document,
    go_on_to_sign,
    sign,
    take_card,
)
from townhall_kiosk.visit.desk import Desk
from townhall_smartcard.messages import AccessNumberNeeded
from townhall_smartcard.simulation.contactless_card import ContactlessCard
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_pins import PinReference
from townhall_smartcard.simulation.faulty_card import FaultyCard
from townhall_smartcard.simulation.pace_gate import CAN
from townhall_smartcard.simulation.vpcd import VirtualCard
from townhall_ui import screens

Play = Callable[[Callable[[SimulatedVisit], Coroutine[object, object, None]]], None]

WRONG_CAN = b"317426"


@pytest.fixture
def waits() -> list[float]:
    """How long the card waited, each time."""
    return []


@pytest.fixture
def held(card: EstonianCard, waits: list[float]) -> ContactlessCard:
    return ContactlessCard(card, pause=waits.append)


async def hold_card_to_reader(visit: SimulatedVisit, card: VirtualCard) -> None:
    await begin(visit, card)
    visit.insert(card)
    await visit.until(at.EnteringAccessNumber)


def shown(visit: SimulatedVisit) -> screens.AccessNumberScreen:
    screen = visit.screen
    assert isinstance(screen, screens.AccessNumberScreen)
    return screen


def test_a_whole_visit_asks_for_the_number_once(play: Play, held: ContactlessCard, waits: list[float]) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await hold_card_to_reader(visit, held)
        assert shown(visit).digits == 6
        number = visit.enter_access_number(CAN)
        await visit.until(at.EnteringPin)
        assert number == bytes(6)
        for step in (enter_pin1, be_identified, choose_service, answer_all, go_on_to_document, get_document):
            await step(visit, held)
        for step in (go_on_to_sign, enter_pin2, sign, get_receipt, finish, take_card):
            await step(visit, held)
        assert len(visit.outbox.sealed) == 1
        assert not waits

    play(scene)


def test_a_card_that_is_put_in_is_never_asked_for_it(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await begin(visit, card)
        visit.insert(card)
        await visit.until(at.EnteringPin)
        assert not any(isinstance(each, screens.AccessNumberScreen) for each in visit.display.screens)

    play(scene)


def test_a_wrong_number_is_said_with_how_to_mend_it_and_the_right_one_goes_on(
    play: Play, held: ContactlessCard, waits: list[float]
) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await hold_card_to_reader(visit, held)
        calm = shown(visit)
        for failures in (1, 2):
            number = visit.enter_access_number(WRONG_CAN)
            await visit.until(at.ReadingCard)
            assert await visit.until(at.EnteringAccessNumber) == at.EnteringAccessNumber(FIRST, was_wrong=True)
            assert number == bytes(6)
            assert held.failures == failures
        assert shown(visit).tone is screens.Tone.WARNING
        assert shown(visit).notice != calm.notice
        visit.enter_access_number(CAN)
        await visit.until(at.EnteringPin)
        assert waits == [1.0, 2.0], "the card takes longer each time, and counts nothing that could be blocked"
        assert held.failures == 0

    play(scene)


@pytest.mark.parametrize("number", [b"", b"31742", b"3174251", b"31742x"])
def test_what_is_no_number_of_a_card_is_wrong_and_the_card_is_not_asked(
    play: Play, held: ContactlessCard, number: bytes
) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await hold_card_to_reader(visit, held)
        visit.enter_access_number(number)
        await visit.until(at.ReadingCard)
        await visit.until(at.EnteringAccessNumber)
        assert held.failures == 0

    play(scene)


def test_a_card_taken_away_stops_the_visit(play: Play, held: ContactlessCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await hold_card_to_reader(visit, held)
        visit.remove()
        await visit.until(at.StoppedEarly)
        number = visit.enter_access_number(CAN)
        await visit.settle()
        assert number == bytes(6), "a number that nobody waits for is wiped"
        assert visit.desk == Desk()

    play(scene)


def test_stop_leads_to_the_card(play: Play, held: ContactlessCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await hold_card_to_reader(visit, held)
        visit.press(screens.Stopped())
        assert (await visit.until(at.TakingCard)).outcome is at.Outcome.NOTHING_SENT

    play(scene)


def test_whoever_goes_away_from_the_pad_is_asked_and_comes_back_to_it(play: Play, held: ContactlessCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await hold_card_to_reader(visit, held)
        visit.timer.pass_time(60)
        await visit.until(at.StillThere)
        visit.press(screens.Active())
        await visit.until(at.EnteringAccessNumber)
        visit.timer.pass_time(60)
        await visit.until(at.StillThere)
        visit.timer.pass_time(30)
        await visit.until(at.TakingCard)

    play(scene)


def test_the_number_of_one_card_opens_no_other(play: Play, held: ContactlessCard, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await hold_card_to_reader(visit, held)
        visit.enter_access_number(CAN)
        await visit.until(at.EnteringPin)
        visit.remove()
        await visit.until(at.StoppedEarly)
        visit.insert(ContactlessCard(card, CAN))
        assert isinstance(await visit.cards.read(FIRST), AccessNumberNeeded)

    play(scene)


def test_a_card_that_breaks_off_its_session_is_refused_as_unreadable(play: Play, held: ContactlessCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        faulty = FaultyCard(held)
        await hold_card_to_reader(visit, faulty)
        faulty.answer(faulty.commands + 20, b"\x90\x00")
        visit.enter_access_number(CAN)
        refused = await visit.until(at.CardRefused)
        assert refused.problem is CardProblem.UNREADABLE

    play(scene)


def test_a_wrong_pin_behind_pace_is_counted_as_at_the_contacts(
    play: Play, held: ContactlessCard, card: EstonianCard
) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await hold_card_to_reader(visit, held)
        visit.enter_access_number(CAN)
        await visit.until(at.EnteringPin)
        visit.enter_pin("4321")
        await visit.until(at.UsingPin)
        assert (await visit.until(at.EnteringPin)).tries_left == 2
        assert card.tries_left(PinReference.PIN1) == 2

    play(scene)


def test_two_cards_are_still_one_too_many(play: Play, held: ContactlessCard, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        visit.insert(held)
        visit.insert(card, SECOND)
        await visit.until(at.ChoosingLanguage)
        visit.press(screens.Chose("en"))
        await visit.until(at.SeveralCards)

    play(scene)
