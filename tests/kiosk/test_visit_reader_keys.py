# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Visits at a reader with keys: no digit passes through them, and each way in which an entry ends has its screen."""

from collections.abc import Callable, Coroutine

import pytest
from tests.kiosk.voting_town import VotingTown, stored, to_decision, to_first_contest, to_statement

from townhall_kiosk import effects as do
from townhall_kiosk import states as at
from townhall_kiosk.card_problem import CardProblem
from townhall_kiosk.pin_life import states as pins
from townhall_kiosk.pin_life.errand import PinWay
from townhall_kiosk.reader_keys import states as keys
from townhall_kiosk.simulation.election import SimulatedPolls
from townhall_kiosk.simulation.visit import FIRST, SimulatedVisit
from townhall_kiosk.simulation.way import answer_all, begin, choose_service, get_document, go_on_to_document
from townhall_kiosk.states import PinNotice
from townhall_kiosk.visit.presenters.pin_life import PINS, choice_of
from townhall_kiosk.voting import states as vote
from townhall_smartcard.messages import PinRole
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_pins import PinReference
from townhall_smartcard.simulation.keypad import CANCEL, NOTHING, Asked, Finger
from townhall_smartcard.simulation.vpcd import VirtualCard
from townhall_ui import screens

Play = Callable[[Callable[[SimulatedVisit], Coroutine[object, object, None]]], None]

ENGLISH, ESTONIAN = 0x0409, 0x0425


async def be_read(visit: SimulatedVisit, card: VirtualCard, language: str = "en") -> Finger:
    """Begin a visit at a reader with keys, up to where PIN 1 is to be entered there."""
    finger = visit.cards.give_keys(FIRST)
    await begin(visit, card, language)
    visit.insert(card)
    await visit.until(keys.ReadyForPin)
    return finger


async def proceed(visit: SimulatedVisit) -> None:
    visit.press(screens.Proceeded())
    await visit.settle()


async def be_identified(visit: SimulatedVisit, card: VirtualCard) -> Finger:
    finger = await be_read(visit, card)
    finger.enters(b"1234")
    await proceed(visit)
    assert isinstance(visit.state, at.ChoosingService)
    return finger


def test_a_person_signs_a_form_and_enters_nothing_on_the_screen(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        finger = await be_identified(visit, card)
        for step in (choose_service, answer_all, go_on_to_document, get_document):
            await step(visit, card)
        visit.press(screens.Proceeded())
        ready = await visit.until(keys.ReadyForPin)
        assert (ready.role, ready.tries_left) == (PinRole.SIGNATURE, 3)
        assert isinstance(visit.screen, screens.MessageScreen)
        assert "change" in " ".join(visit.screen.paragraphs).lower(), "it says what is signed"
        visit.press(screens.WentBack())
        await visit.until(at.ReadingDocument)
        visit.press(screens.Proceeded())
        await visit.until(keys.ReadyForPin)
        finger.enters(b"12345")
        await proceed(visit)
        await visit.until(at.ShowingReceipt)
        assert finger.seen == [Asked(30, ENGLISH, 4, 12, 0xFF), Asked(30, ENGLISH, 5, 12, 0xFF)]
        assert visit.pins == []

    play(scene)


def test_while_somebody_enters_it_the_screen_tells_tries_time_and_how_to_cancel(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        finger = await be_read(visit, card)
        visit.cards.hold()
        visit.press(screens.Proceeded())
        using = await visit.until(at.UsingPin)
        assert using.at_reader
        screen = visit.screen
        assert isinstance(screen, screens.WorkingScreen)
        assert "3" in screen.note
        assert "red key" in screen.note
        assert screen.seconds == "30 seconds"
        visit.timer.pass_time(29)
        await visit.settle()
        last = visit.screen
        assert isinstance(last, screens.WorkingScreen)
        assert last.seconds == "1 second"
        visit.timer.pass_time(10)
        await visit.settle()
        assert visit.state == using, "when its time is over, the reader says"
        finger.enters(b"1234")
        visit.cards.go_on()
        await visit.until(at.ChoosingService)

    play(scene)


@pytest.mark.parametrize(
    ("pressed", "notice", "left"),
    [
        (NOTHING, PinNotice.TIMED_OUT, 3),
        (CANCEL, PinNotice.CANCELLED, 3),
        ((b"123",), PinNotice.LENGTH, 3),
        ((b"4321",), PinNotice.WRONG, 2),
    ],
)
def test_an_entry_that_led_to_nothing_says_why_and_can_be_made_again(
    play: Play, card: EstonianCard, pressed: bytes | tuple[bytes, ...], notice: PinNotice, left: int
) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        finger = await be_read(visit, card)
        finger.will.append(pressed)
        await proceed(visit)
        state = visit.state
        assert isinstance(state, keys.ReadyForPin)
        assert (state.notice, state.tries_left) == (notice, left)
        assert card.tries_left(PinReference.PIN1) == left
        assert isinstance(visit.screen, screens.MessageScreen)
        assert visit.screen.tone is screens.Tone.WARNING
        finger.enters(b"1234")
        await proceed(visit)
        assert isinstance(visit.state, at.ChoosingService)

    play(scene)


def test_before_the_last_try_nobody_is_asked_at_the_reader_unless_they_know(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        finger = await be_read(visit, card)
        for _ in range(2):
            finger.enters(b"4321")
            await proceed(visit)
        assert visit.state == at.ConfirmingLastTry(FIRST, PinRole.AUTHENTICATION)
        await proceed(visit)
        assert isinstance(visit.state, keys.ReadyForPin)
        finger.answers(CANCEL)
        await proceed(visit)
        state = visit.state
        assert isinstance(state, keys.ReadyForPin)
        assert (state.last_try_confirmed, state.notice) == (True, PinNotice.CANCELLED)
        finger.enters(b"4321")
        await proceed(visit)
        assert isinstance(visit.state, pins.OfferingNewPin), "blocked, and the PUK may help"

    play(scene)


def test_a_reader_that_takes_no_pin_after_all_is_told_with_its_code(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        finger = await be_read(visit, card)
        finger.answers(b"\x6b\x80")
        await proceed(visit)
        assert visit.state == at.CardRefused(CardProblem.PIN_PAD)
        assert visit.screen.frame.code == "TH-CARD-027"

    play(scene)


def test_a_card_taken_out_while_its_pin_is_entered_stops_the_visit(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await be_read(visit, card)
        visit.cards.hold()
        visit.press(screens.Proceeded())
        await visit.until(at.UsingPin)
        visit.remove()
        await visit.until(at.StoppedEarly)
        visit.cards.go_on()

    play(scene)


def test_a_reader_pulled_while_a_pin_is_entered_stops_the_visit(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await be_read(visit, card)
        visit.cards.hold()
        visit.press(screens.Proceeded())
        await visit.until(at.UsingPin)
        visit.cards.unplug(FIRST)
        await visit.until(at.StoppedEarly)
        visit.cards.go_on()

    play(scene)


def test_whoever_needs_more_time_gets_what_a_reader_can_wait(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        finger = await be_read(visit, card, "et")
        visit._visit._perform(do.GiveMoreTime())
        finger.enters(b"1234")
        await proceed(visit)
        assert finger.seen == [Asked(255, ESTONIAN, 4, 12, 0xFF)]

    play(scene)


async def choose(visit: SimulatedVisit, role: PinRole, way: PinWay) -> keys.ReadyForNewPin:
    visit.press(screens.Chose(PINS))
    await visit.until(pins.ChoosingPin)
    visit.press(screens.Chose(choice_of(role, way)))
    return await visit.until(keys.ReadyForNewPin)


def test_a_pin_is_changed_at_the_reader(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        finger = await be_identified(visit, card)
        await choose(visit, PinRole.SIGNATURE, PinWay.CHANGE)
        finger.enters(b"12345", b"708090", b"708091")
        await proceed(visit)
        state = visit.state
        assert isinstance(state, keys.ReadyForNewPin)
        assert state.notice is PinNotice.DIFFERED
        finger.enters(b"11111", b"708090", b"708090")
        await proceed(visit)
        state = visit.state
        assert isinstance(state, keys.ReadyForNewPin)
        assert (state.notice, state.errand.tries_left) == (PinNotice.WRONG, 2)
        finger.enters(b"12345", b"708090", b"708090")
        await proceed(visit)
        assert isinstance(visit.state, pins.NewPinSet)
        assert card._security.pins[PinReference.PIN2].holds(b"708090".ljust(12, b"\xff"))
        assert visit.pins == []

    play(scene)


def test_a_blocked_pin_is_set_with_the_puk_at_the_reader_where_it_is_met(play: Play, card: EstonianCard) -> None:
    for _ in range(3):
        card._security.pins[PinReference.PIN1].verify(b"9" * 12)

    async def scene(visit: SimulatedVisit) -> None:
        finger = visit.cards.give_keys(FIRST)
        await begin(visit, card)
        visit.insert(card)
        await visit.until(pins.OfferingNewPin)
        visit.press(screens.Proceeded())
        await visit.until(keys.ReadyForNewPin)
        visit.press(screens.WentBack())
        await visit.until(pins.OfferingNewPin)
        visit.press(screens.Proceeded())
        await visit.until(keys.ReadyForNewPin)
        finger.enters(b"12345678")
        finger.enters(b"8052", b"8052")
        await proceed(visit)
        assert isinstance(visit.state, pins.NewPinSet)
        await proceed(visit)
        finger.enters(b"8052")
        await proceed(visit)
        assert isinstance(visit.state, at.ChoosingService)

    play(scene)


def test_a_card_taken_out_while_new_codes_are_entered_leaves_an_honest_sentence(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await be_identified(visit, card)
        await choose(visit, PinRole.AUTHENTICATION, PinWay.CHANGE)
        visit.cards.hold()
        visit.press(screens.Proceeded())
        replacing = await visit.until(pins.ReplacingPin)
        assert replacing.at_reader
        assert isinstance(visit.screen, screens.WorkingScreen)
        assert visit.screen.seconds is None, "each code has its own time, and the reader alone knows of them"
        visit.remove()
        await visit.until(pins.NewPinUnknown)
        visit.cards.go_on()

    play(scene)


def test_a_voter_signs_the_statement_with_a_pin_at_the_reader(voting: VotingTown, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit, _polls: SimulatedPolls) -> None:
        finger = visit.cards.give_keys(FIRST)
        await to_first_contest(visit)
        await to_decision(visit)
        await to_statement(visit, card)
        visit.press(screens.Proceeded())
        await visit.until(keys.ReadyForVotePin)
        visit.press(screens.WentBack())
        await visit.until(vote.ReadingStatement)
        visit.press(screens.Proceeded())
        await visit.until(keys.ReadyForVotePin)
        finger.answers(NOTHING)
        await proceed(visit)
        state = visit.state
        assert isinstance(state, keys.ReadyForVotePin)
        assert state.notice is PinNotice.TIMED_OUT
        finger.enters(b"12345")
        await proceed(visit)
        await visit.until(vote.ShowingVoteReceipt)
        assert visit.pins == []

    assert stored(voting.play(scene)) == (1, 1, 1, 0)
