# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""New PINs in a visit: changed, set with the PUK, refused, broken off; on the simulated card, counter by counter."""

from collections.abc import Callable, Coroutine

import pytest

from townhall_kiosk import states as at
from townhall_kiosk.card_problem import CardProblem
from townhall_kiosk.pin_life import states as pins
from townhall_kiosk.pin_life.errand import After, PinWay
from townhall_kiosk.simulation.ports import RecordingSpeech
from townhall_kiosk.simulation.visit import SimulatedVisit
from townhall_kiosk.simulation.way import be_identified, begin, go, go_on_to_sign
from townhall_kiosk.states import PinNotice
from townhall_kiosk.visit.desk import Desk, PinCodes
from townhall_kiosk.visit.presenters.pin_life import PINS, choice_of
from townhall_smartcard.messages import PinRole
from townhall_smartcard.pin_rules import NewPinFault
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_pins import PinReference
from townhall_smartcard.simulation.faulty_card import FaultyCard
from townhall_ui import screens

Play = Callable[[Callable[[SimulatedVisit], Coroutine[object, object, None]]], None]

PUK, NEW_1, NEW_2 = "12345678", "8052", "90274"
CHANGE_COMMANDS = 3  # SELECT, the counter, CHANGE REFERENCE DATA


def use_up(card: EstonianCard, reference: PinReference, tries: int) -> None:
    """Enter wrong codes at some other place, before the visit."""
    for _ in range(tries):
        card._security.pins[reference].verify(b"9" * 12)


def has(card: EstonianCard, reference: PinReference, digits: str) -> bool:
    return card._security.pins[reference].verify(digits.encode().ljust(12, b"\xff"))


def assert_no_code_is_kept(visit: SimulatedVisit) -> None:
    assert visit.desk.codes == PinCodes()
    assert not any(any(pin) for pin in visit.pins), "every buffer that the window gave is wiped"


async def choose(visit: SimulatedVisit, role: PinRole, way: PinWay) -> None:
    visit.press(screens.Chose(PINS))
    await visit.until(pins.ChoosingPin)
    visit.press(screens.Chose(choice_of(role, way)))
    await visit.until(pins.EnteringCode)


async def enter(visit: SimulatedVisit, code: str, new: str, again: str | None = None) -> None:
    """Enter the code, and the new PIN twice."""
    visit.enter_pin(code)
    await visit.until(pins.EnteringNewPin)
    visit.enter_pin(new)
    await visit.until(pins.RepeatingNewPin)
    visit.enter_pin(new if again is None else again)
    await visit.settle()


async def stop(visit: SimulatedVisit) -> None:
    visit.press(screens.Stopped())
    await visit.until(at.TakingCard)


def test_somebody_changes_their_pin1_and_goes_on_to_the_services(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=be_identified)
        assert isinstance(visit.screen, screens.ChoiceScreen)
        assert visit.screen.choices[-1].id == PINS
        await choose(visit, PinRole.AUTHENTICATION, PinWay.CHANGE)
        await enter(visit, "1234", NEW_1)
        await visit.until(pins.NewPinSet)
        assert_no_code_is_kept(visit)
        visit.press(screens.Proceeded())
        await visit.until(at.ChoosingService)
        assert has(card, PinReference.PIN1, NEW_1)

    play(scene)


@pytest.mark.parametrize(
    ("role", "codes", "reference"),
    [
        (PinRole.SIGNATURE, ("12345", NEW_2), PinReference.PIN2),
        (PinRole.UNBLOCKING, (PUK, "60417385"), PinReference.PUK),
    ],
)
def test_pin2_and_the_puk_are_changed_as_well(
    play: Play, card: EstonianCard, role: PinRole, codes: tuple[str, str], reference: PinReference
) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=be_identified)
        await choose(visit, role, PinWay.CHANGE)
        await enter(visit, *codes)
        await visit.until(pins.NewPinSet)
        assert has(card, reference, codes[1])

    play(scene)


@pytest.mark.parametrize(
    ("weak", "fault"),
    [
        ("1234", NewPinFault.SAME),
        ("4567", NewPinFault.RUN),
        ("7777", NewPinFault.REPEATS),
        ("1984", NewPinFault.BIRTH_DATE),
        ("5991", NewPinFault.PERSONAL_CODE),
    ],
)
def test_a_weak_pin_is_refused_before_anything_is_sent(
    play: Play, card: EstonianCard, weak: str, fault: NewPinFault
) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=be_identified)
        await choose(visit, PinRole.AUTHENTICATION, PinWay.CHANGE)
        visit.enter_pin("1234")
        await visit.until(pins.EnteringNewPin)
        visit.enter_pin(weak)
        await visit.settle()
        assert isinstance(visit.state, pins.EnteringNewPin)
        assert visit.state.faults[0] is fault
        assert isinstance(visit.screen, screens.PinScreen)
        assert visit.screen.notice == visit.around.text(f"pins.{fault.value}")
        assert card.tries_left(PinReference.PIN1) == 3
        assert has(card, PinReference.PIN1, "1234")
        await stop(visit)

    play(scene)


def test_two_entries_that_differ_change_nothing_and_send_nothing(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=be_identified)
        await choose(visit, PinRole.AUTHENTICATION, PinWay.CHANGE)
        await enter(visit, "9999", NEW_1, "8053")
        assert isinstance(visit.state, pins.EnteringNewPin)
        assert visit.state.has_differed
        assert card.tries_left(PinReference.PIN1) == 3, "not even the wrong present PIN was sent"
        visit.enter_pin(NEW_1)
        await visit.until(pins.RepeatingNewPin)
        visit.enter_pin(NEW_1)
        assert (await visit.until(pins.EnteringCode)).notice is PinNotice.WRONG

    play(scene)


def test_a_wrong_present_pin_is_told_and_its_last_try_taken_only_knowingly(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=be_identified)
        await choose(visit, PinRole.SIGNATURE, PinWay.CHANGE)
        await enter(visit, "99999", NEW_2)
        state = await visit.until(pins.EnteringCode)
        assert (state.errand.tries_left, state.notice) == (2, PinNotice.WRONG)
        assert_no_code_is_kept(visit)
        await enter(visit, "99999", NEW_2)
        await visit.until(pins.ConfirmingLastCode)
        visit.press(screens.Proceeded())
        await visit.until(pins.EnteringCode)
        await enter(visit, "99999", NEW_2)
        offered = await visit.until(pins.OfferingNewPin)
        assert (offered.errand.way, offered.errand.role) == (PinWay.UNBLOCK, PinRole.SIGNATURE)
        assert card.tries_left(PinReference.PIN2) == 0
        visit.press(screens.Proceeded())
        await visit.until(pins.EnteringCode)
        await enter(visit, PUK, NEW_2)
        await visit.until(pins.NewPinSet)
        assert has(card, PinReference.PIN2, NEW_2)

    play(scene)


@pytest.mark.parametrize(
    ("reference", "role", "new"),
    [
        (PinReference.PIN1, PinRole.AUTHENTICATION, NEW_1),
        (PinReference.PIN2, PinRole.SIGNATURE, NEW_2),
    ],
)
def test_a_blocked_pin_is_set_anew_before_anything_else_and_the_visit_goes_on(
    play: Play, card: EstonianCard, reference: PinReference, role: PinRole, new: str
) -> None:
    use_up(card, reference, 3)

    async def scene(visit: SimulatedVisit) -> None:
        await begin(visit, card)
        visit.insert(card)
        offered = await visit.until(pins.OfferingNewPin)
        assert (offered.errand.role, offered.errand.after) == (role, After.READ)
        visit.press(screens.Proceeded())
        await visit.until(pins.EnteringCode)
        await enter(visit, PUK, new)
        await visit.until(pins.NewPinSet)
        visit.press(screens.Proceeded())
        await visit.until(at.EnteringPin)
        visit.enter_pin(NEW_1 if role is PinRole.AUTHENTICATION else "1234")
        await visit.until(at.ChoosingService)

    play(scene)


def test_pin2_that_is_blocked_while_signing_is_set_anew_and_the_same_document_signed(
    play: Play, card: EstonianCard
) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=go_on_to_sign)
        document = visit.desk.document
        for _ in range(2):
            visit.enter_pin("54321")
            await visit.until(at.UsingPin)
            await visit.settle()
        visit.press(screens.Proceeded())
        await visit.until(at.EnteringPin)
        visit.enter_pin("54321")
        assert (await visit.until(pins.OfferingNewPin)).errand.after is After.DOCUMENT
        visit.press(screens.Proceeded())
        await visit.until(pins.EnteringCode)
        await enter(visit, PUK, NEW_2)
        await visit.until(pins.NewPinSet)
        visit.press(screens.Proceeded())
        assert (await visit.until(at.ReadingDocument)).signature_tries == 3
        assert visit.desk.document is document
        visit.press(screens.Proceeded())
        await visit.until(at.EnteringPin)
        visit.enter_pin(NEW_2)
        await visit.until(at.ShowingReceipt)
        assert len(visit.outbox.sealed) == 1

    play(scene)


def test_a_puk_that_is_wrong_too_often_ends_it_and_is_told_as_what_it_is(play: Play, card: EstonianCard) -> None:
    use_up(card, PinReference.PIN1, 3)

    async def scene(visit: SimulatedVisit) -> None:
        await begin(visit, card)
        visit.insert(card)
        await visit.until(pins.OfferingNewPin)
        visit.press(screens.Proceeded())
        for left in (2, 1):
            await visit.until(pins.EnteringCode)
            await enter(visit, "87654321", NEW_1)
            assert isinstance(visit.state, pins.EnteringCode | pins.ConfirmingLastCode)
            assert visit.state.errand.tries_left == left
        visit.press(screens.Proceeded())
        await visit.until(pins.EnteringCode)
        await enter(visit, "87654321", NEW_1)
        assert await visit.until(at.CardRefused) == at.CardRefused(CardProblem.PUK_BLOCKED)
        assert visit.screen.frame.code == CardProblem.PUK_BLOCKED.code
        assert visit.desk == Desk()

    play(scene)


def test_whoever_takes_the_card_out_at_that_moment_is_told_that_nobody_knows(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=be_identified)
        await choose(visit, PinRole.AUTHENTICATION, PinWay.CHANGE)
        visit.enter_pin("1234")
        await visit.until(pins.EnteringNewPin)
        visit.enter_pin(NEW_1)
        await visit.until(pins.RepeatingNewPin)
        visit.cards.hold()
        visit.enter_pin(NEW_1)
        await visit.until(pins.ReplacingPin)
        visit.remove()
        state = await visit.until(pins.NewPinUnknown)
        assert not state.card_is_in
        assert visit.desk == Desk()
        assert "try the new" in " ".join(
            visit.screen.paragraphs if isinstance(visit.screen, screens.MessageScreen) else ()
        )
        visit.press(screens.Proceeded())
        await visit.until(at.Ended)

    play(scene)


@pytest.mark.parametrize("index", range(CHANGE_COMMANDS))
@pytest.mark.parametrize("how", [FaultyCard.mute_after, FaultyCard.tear, FaultyCard.tear_answer])
def test_a_card_that_breaks_off_at_any_command_of_the_change_leaves_an_honest_screen_and_no_code(
    play: Play, card: EstonianCard, how: Callable[[FaultyCard, int], object], index: int
) -> None:
    faulty = FaultyCard(card)

    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, faulty, until=be_identified)
        await choose(visit, PinRole.AUTHENTICATION, PinWay.CHANGE)
        how(faulty, faulty.commands + index)
        await enter(visit, "1234", NEW_1)
        await visit.until(pins.NewPinUnknown)
        assert visit.screen.frame.code == pins.NewPinUnknown.code
        assert visit.desk == Desk()
        assert_no_code_is_kept(visit)
        assert has(card, PinReference.PIN1, "1234") is not has(card, PinReference.PIN1, NEW_1)

    play(scene)


@pytest.mark.parametrize("at_step", [pins.EnteringNewPin, pins.RepeatingNewPin])
@pytest.mark.parametrize("leaves_by", ["stop", "card", "back"])
def test_whoever_leaves_half_way_leaves_no_code_behind_and_the_card_as_it_was(
    play: Play, card: EstonianCard, at_step: type[at.State], leaves_by: str
) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=be_identified)
        await choose(visit, PinRole.AUTHENTICATION, PinWay.CHANGE)
        visit.enter_pin("1234")
        await visit.until(pins.EnteringNewPin)
        if at_step is pins.RepeatingNewPin:
            visit.enter_pin(NEW_1)
            await visit.until(pins.RepeatingNewPin)
        if leaves_by == "card":
            visit.remove()
            await visit.until(at.StoppedEarly)
        elif leaves_by == "stop":
            await stop(visit)
        else:
            while not isinstance(visit.state, pins.EnteringCode):
                visit.press(screens.WentBack())
                await visit.settle()
        assert_no_code_is_kept(visit)
        assert has(card, PinReference.PIN1, "1234")

    play(scene)


def test_a_card_whose_puk_is_used_up_is_refused_as_before_and_offers_no_change_by_it(
    play: Play, card: EstonianCard
) -> None:
    use_up(card, PinReference.PUK, 3)

    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=be_identified)
        visit.press(screens.Chose(PINS))
        await visit.until(pins.ChoosingPin)
        assert isinstance(visit.screen, screens.ChoiceScreen)
        ways = {choice.id.split()[0] for choice in visit.screen.choices}
        assert ways == {PinWay.CHANGE.value}
        assert len(visit.screen.choices) == 2

    play(scene)


def test_digits_alone_are_said_to_nobody_while_a_code_or_a_new_pin_is_entered(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=be_identified)
        speech = RecordingSpeech()
        visit.voice.speak_with(speech)
        visit.voice.plug(are_plugged=True)
        await choose(visit, PinRole.AUTHENTICATION, PinWay.CHANGE)
        for code, following in (("1234", pins.EnteringNewPin), (NEW_1, pins.RepeatingNewPin)):
            visit.hear("7", "Digits entered: 1")
            visit.enter_pin(code)
            await visit.until(following)
        visit.hear("7", "Digits entered: 1")
        assert [text for text in speech.texts if "1" in text or "7" in text] == 3 * ["Digits entered: 1"]
        await stop(visit)

    play(scene)
