# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""PINs in a visit: wrong, short, at the last try, blocked."""

from collections.abc import Callable, Coroutine

import pytest

from townhall_kiosk import states as at
from townhall_kiosk.card_problem import CardProblem
from townhall_kiosk.simulation.visit import FIRST, SimulatedVisit
from townhall_kiosk.simulation.way import be_read, begin, go, go_on_to_sign
from townhall_kiosk.states import PinNotice
from townhall_kiosk.visit.desk import Desk
from townhall_smartcard.messages import PinRole
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_pins import PinReference
from townhall_ui import screens

MakeVisit = Callable[[at.State | None], SimulatedVisit]
Play = Callable[[Callable[[SimulatedVisit], Coroutine[object, object, None]]], None]


def assert_nothing_is_left(visit: SimulatedVisit) -> None:
    assert visit.desk == Desk()
    assert "ÕISPUU" not in repr(visit.screen)


def test_a_wrong_pin_is_told_and_the_right_one_goes_on(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=be_read)
        visit.enter_pin("4321")
        await visit.until(at.UsingPin)
        state = await visit.until(at.EnteringPin)
        assert (state.tries_left, state.notice) == (2, PinNotice.WRONG)
        visit.enter_pin("1234")
        await visit.until(at.ChoosingService)
        assert card.tries_left(PinReference.PIN1) == 3

    play(scene)


def test_a_pin_that_is_too_short_costs_no_try(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=be_read)
        visit.enter_pin("123")
        await visit.until(at.UsingPin)
        state = await visit.until(at.EnteringPin)
        assert (state.tries_left, state.notice) == (3, PinNotice.LENGTH)
        assert card.tries_left(PinReference.PIN1) == 3

    play(scene)


def test_the_last_try_is_taken_only_by_somebody_who_said_that_they_know(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=be_read)
        for _ in range(2):
            visit.enter_pin("4321")
            await visit.settle()
        assert visit.state == at.ConfirmingLastTry(FIRST, PinRole.AUTHENTICATION)
        visit.enter_pin("4321")
        await visit.settle()
        assert card.tries_left(PinReference.PIN1) == 1, "a PIN that nobody waits for is wiped, not used"
        visit.press(screens.Proceeded())
        await visit.until(at.EnteringPin)
        visit.enter_pin("1234")
        await visit.until(at.ChoosingService)
        assert card.tries_left(PinReference.PIN1) == 3

    play(scene)


def test_whoever_stops_at_the_last_try_keeps_it(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=be_read)
        for _ in range(2):
            visit.enter_pin("4321")
            await visit.settle()
        visit.press(screens.Stopped())
        await visit.until(at.TakingCard)
        assert card.tries_left(PinReference.PIN1) == 1

    play(scene)


def test_a_card_with_one_try_left_is_told_before_the_pad_opens(play: Play, card: EstonianCard) -> None:
    use_up(card, PinReference.PIN1, 2)

    async def scene(visit: SimulatedVisit) -> None:
        await begin(visit, card)
        visit.insert(card)
        state = await visit.until(at.ConfirmingLastTry)
        assert state.role is PinRole.AUTHENTICATION

    play(scene)


def use_up(card: EstonianCard, reference: PinReference, tries: int) -> None:
    """Enter wrong PINs at some other place, before the visit."""
    for _ in range(tries):
        card._security.pins[reference].verify(b"9" * 12)


@pytest.mark.parametrize(
    ("reference", "problem"),
    [(PinReference.PIN1, CardProblem.PIN1_BLOCKED), (PinReference.PIN2, CardProblem.PIN2_BLOCKED)],
)
def test_a_card_that_is_blocked_for_good_is_told_before_anything_is_asked(
    play: Play, card: EstonianCard, reference: PinReference, problem: CardProblem
) -> None:
    use_up(card, reference, 3)
    use_up(card, PinReference.PUK, 3)

    async def scene(visit: SimulatedVisit) -> None:
        await begin(visit, card)
        visit.insert(card)
        assert await visit.until(at.CardRefused) == at.CardRefused(problem)
        assert visit.screen.frame.code == problem.code
        assert_nothing_is_left(visit)

    play(scene)


def test_whoever_blocks_the_pin_and_has_no_puk_left_is_told(play: Play, card: EstonianCard) -> None:
    use_up(card, PinReference.PUK, 3)

    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=be_read)
        for _ in range(2):
            visit.enter_pin("4321")
            await visit.settle()
        visit.press(screens.Proceeded())
        await visit.until(at.EnteringPin)
        visit.enter_pin("4321")
        assert await visit.until(at.CardRefused) == at.CardRefused(CardProblem.PIN1_BLOCKED)
        assert_nothing_is_left(visit)

    play(scene)


def test_a_wrong_pin2_signs_nothing_and_the_right_one_signs(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=go_on_to_sign)
        visit.enter_pin("54321")
        await visit.until(at.UsingPin)
        state = await visit.until(at.EnteringPin)
        assert (state.role, state.tries_left) == (PinRole.SIGNATURE, 2)
        assert visit.outbox.sealed == []
        visit.enter_pin("12345")
        await visit.until(at.ShowingReceipt)
        assert len(visit.outbox.sealed) == 1

    play(scene)


def test_tries_used_before_going_back_are_still_known_after(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=go_on_to_sign)
        for _ in range(2):
            visit.enter_pin("54321")
            await visit.until(at.UsingPin)
            await visit.settle()
        assert isinstance(visit.state, at.ConfirmingLastTry)
        for kind in (at.ReadingDocument, at.Reviewing):
            visit.press(screens.WentBack())
            await visit.until(kind)
        visit.press(screens.Proceeded())
        await visit.until(at.ReadingDocument)
        visit.press(screens.Proceeded())
        await visit.until(at.ConfirmingLastTry)
        assert card.tries_left(PinReference.PIN2) == 1

    play(scene)
