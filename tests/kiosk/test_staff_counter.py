# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Staff at a visit's screen: the counter's own table, and whole scenes with real cards' answers and a real office."""

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar, get_args

import pytest
from tests.kiosk.staff_scene import Play

from townhall_kiosk import effects as do
from townhall_kiosk import events as on
from townhall_kiosk import states as at
from townhall_kiosk.session import advance
from townhall_kiosk.simulation import way
from townhall_kiosk.simulation.staff import line, roster_bytes
from townhall_kiosk.simulation.table_walk import EVENTS, graph
from townhall_kiosk.simulation.visit import SECOND
from townhall_kiosk.staff import acts, counter_steps, views
from townhall_kiosk.staff.acts import AssistStep, DeviceTest, Verdict
from townhall_kiosk.staff.errors import ClosedByStaffError, KioskRetiredError, StaffRefusedError
from townhall_kiosk.staff.roster import Roster
from townhall_kiosk.states import Outcome
from townhall_kiosk.steps import Step
from townhall_smartcard.messages import PinRole
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_ui import screens

View = TypeVar("View", bound=views.View)

OF_THE_MACHINE = tuple(
    event
    for event in EVENTS
    if isinstance(event, on.Beneath | on.Fault | on.CardRemoved | on.PinAccepted | on.Committed | on.DocumentMade)
    and not isinstance(event, on.StopPressed)
)


# The table


def test_what_is_covered_goes_on_as_if_nothing_covered_it() -> None:
    """Every state of a visit, everything that its card and its own work can do there."""
    uncovered = [state for state in graph() if not isinstance(state, at.AtCounter)]
    assert len(uncovered) > 300
    for state in uncovered:
        over = at.AtCounter(views.AssistMenu(), "S", state, is_own_reader=False)
        for event in OF_THE_MACHINE:
            below, above = advance(state, event), advance(over, event)
            if isinstance(below.state, at.AtCounter):  # a citizen's card at a closed kiosk: staff are here already
                assert above == Step(over)
            elif isinstance(below.state, at.Ended):
                assert above == Step(replace(over, beneath=None))
            else:
                assert above == Step(replace(over, beneath=below.state), below.effects), (state, event)


def test_a_card_of_staff_covers_every_screen_the_same_instant_and_gives_it_back_exactly() -> None:
    for state in graph():
        step = advance(state, on.StaffCardInserted("S"))
        if isinstance(state, at.Ended | at.AtCounter):
            continue
        covered = state.resume if isinstance(state, at.StillThere) else state
        assert step.state == at.AtCounter(views.CardBeingRead(), "S", covered, is_own_reader=False)
        assert step.effects == (do.ReadStaffCard("S"),)
        back = advance(step.state, on.StaffCardRemoved())
        assert back.state == covered
        assert do.LeaveCounter() in back.effects
        assert do.Forget() not in back.effects


def test_nothing_that_a_clerk_does_reaches_the_visit_beneath() -> None:
    """No touch, PIN or choice at the counter is the person's."""
    hands = (on.Continued(), on.WentBack(), on.PrintAsked(), on.LanguageChosen("ar"), on.PinGiven(bytearray(b"1234")))
    for state in graph():
        if isinstance(state, at.AtCounter) and state.is_assist:
            for event in hands:
                after = advance(state, event).state
                assert isinstance(after, at.AtCounter)
                assert after.beneath == state.beneath


def test_only_ending_the_visit_takes_it_from_the_person() -> None:
    over = at.AtCounter(views.Assisting(AssistStep.ENDED_VISIT), "S", at.Answering("A", 2), is_own_reader=False)
    ended = advance(over, on.StaffActDone(acts.Assist(AssistStep.ENDED_VISIT)))
    assert ended == Step(at.TakingCard(Outcome.NOTHING_SENT), (do.LeaveCounter(), do.Forget()))
    refused = advance(over, on.StaffActDone(acts.Assist(AssistStep.ENDED_VISIT), "TH-KIOS-021")).state
    assert refused == replace(over, view=views.AssistMenu("staff.told.failed", "TH-KIOS-021"))


@pytest.mark.parametrize("working", [at.Committing(), at.UsingPin("A", PinRole.SIGNATURE, 3, last_try_confirmed=False)])
def test_a_visit_at_work_is_not_ended_by_a_clerk(working: at.State) -> None:
    over = at.AtCounter(views.AssistMenu(), "S", working, is_own_reader=False)
    assert advance(over, on.Picked(AssistStep.ENDED_VISIT.value)) == Step(over)


def test_a_receipt_is_printed_again_only_where_there_is_one() -> None:
    for beneath, is_offered in ((at.ShowingReceipt(card_is_in=True), True), (at.Answering("A", 1), False)):
        over = at.AtCounter(views.AssistMenu(), "S", beneath, is_own_reader=False)
        picked = advance(over, on.Picked(AssistStep.PRINTED.value))
        assert (picked.effects == (do.DoStaffAct(acts.Assist(AssistStep.PRINTED)),)) == is_offered


def test_every_view_of_staff_ends_with_their_card() -> None:
    for state in graph():
        if isinstance(state, at.AtCounter) and not isinstance(state.view, views.OtherPersonAsked):
            gone = advance(state, on.CardRemoved() if state.is_own_reader else on.StaffCardRemoved())
            assert not isinstance(gone.state, at.AtCounter), state
            assert do.LeaveCounter() in gone.effects


def test_an_idle_counter_locks_itself_and_one_at_work_does_not() -> None:
    for state in graph():
        if isinstance(state, at.AtCounter):
            after = advance(state, on.IdleTimeout())
            if isinstance(state.view, views.AtWork):
                assert after == Step(state)
            else:
                assert not isinstance(after.state, at.AtCounter)
                assert do.LeaveCounter() in after.effects


def test_a_pin_that_nobody_asked_for_is_wiped() -> None:
    pin = bytearray(b"1234")
    for view in (views.Menu(), views.CardBeingRead(), views.AssistMenu()):
        state = at.AtCounter(view, "A")
        assert advance(state, on.PinGiven(pin)) == Step(state, (do.WipeSecret(pin),))


def test_every_view_is_walked() -> None:
    assert {type(state.view) for state in graph() if isinstance(state, at.AtCounter)} == set(get_args(views.View))


# Scenes


@pytest.fixture
def play(play_staff: Callable[..., None]) -> Callable[..., None]:
    """Play a scene at the counter."""
    return play_staff


async def identified(play: Play, card: str) -> None:
    await way.go(play.visit, play.cards[card], until=way.be_identified)


def test_a_listed_person_goes_from_the_services_to_work_with_their_pin_once_more(play: Callable[..., None]) -> None:
    async def scene(play: Play) -> None:
        await identified(play, "kadri")
        offered = play.visit.screen
        assert isinstance(offered, screens.ChoiceScreen)
        assert offered.choices[-1].id == "staff"
        play.visit.press(screens.Chose("staff"))
        await play.enter_pin()
        await play.view(views.Menu)
        assert play.visit.desk.identity is None, "nothing of their own visit stays"
        screen = play.visit.screen
        assert isinstance(screen, screens.StatusScreen)
        assert screen.frame.mode == "Staff at work"
        assert len(screen.rows) > 10
        play.visit.remove()
        await play.visit.until(at.Thanked)
        assert play.visit.desk.counter.token == b""

    play(scene)


def test_a_citizen_is_not_offered_staff_work_and_cannot_get_in(play: Callable[..., None]) -> None:
    async def scene(play: Play) -> None:
        await identified(play, "aino")
        screen = play.visit.screen
        assert isinstance(screen, screens.ChoiceScreen)
        assert "staff" not in {choice.id for choice in screen.choices}
        play.visit.press(screens.Chose("staff"))
        refused = await play.view(views.TurnedAway)
        assert refused.code == StaffRefusedError.code
        assert play.visit.pins == play.visit.pins[:1], "no PIN was asked for"

    play(scene)


def test_a_visit_that_lies_about_the_list_is_turned_away_by_the_keeper(play: Callable[..., None]) -> None:
    async def scene(play: Play) -> None:
        certificate = play.keys["aino"].authentication.certificate
        play.visit.around.roster = Roster.read(roster_bytes(line(certificate, "clerk", play.visit.around.now())))
        play.visit.insert(play.cards["aino"], SECOND)
        await play.enter_pin()
        assert (await play.view(views.TurnedAway)).code == StaffRefusedError.code

    play(scene)


def test_staff_come_in_at_a_closed_kiosk_and_open_it(play: Callable[..., None]) -> None:
    async def scene(play: Play) -> None:
        play.visit.insert(play.cards["kadri"])
        await play.enter_pin()
        await play.view(views.Menu)
        await play.pick(counter_steps.CLOSE, views.ReasonAsked)
        assert (await play.pick("paper", views.Menu)).told == "staff.told.done"
        assert await play.office.closed() == ClosedByStaffError.code
        assert (await play.pick("open", views.Menu)).told == "staff.told.done"
        assert await play.office.closed() == ""

    play(scene, start=at.OutOfService(ClosedByStaffError.code, card_is_in=False))


def test_a_citizens_card_at_a_closed_kiosk_gets_nowhere_and_the_screen_is_back(play: Callable[..., None]) -> None:
    async def scene(play: Play) -> None:
        play.visit.insert(play.cards["aino"])
        await play.view(views.TurnedAway)
        play.visit.remove()
        assert await play.visit.until(at.OutOfService) == at.OutOfService(ClosedByStaffError.code, card_is_in=False)

    play(scene, start=at.OutOfService(ClosedByStaffError.code, card_is_in=False))


def test_wrong_pins_are_counted_by_the_card_to_the_last_try(play: Callable[..., None]) -> None:
    async def scene(play: Play) -> None:
        play.visit.insert(play.cards["kadri"], SECOND)
        await play.enter_pin("9999")
        assert await play.view(views.PinAsked) == views.PinAsked(2, views.PinTrouble.WRONG)
        await play.enter_pin("8888")
        await play.view(views.LastTryAsked)
        play.visit.press(screens.Proceeded())
        await play.enter_pin()
        await play.view(views.Menu)

    play(scene)


def test_all_devices_are_tested_and_the_report_is_made(play: Callable[..., None]) -> None:
    async def scene(play: Play) -> None:
        play.visit.insert(play.cards["kadri"], SECOND)
        await play.enter_pin()
        await play.view(views.Menu)
        await play.pick(counter_steps.TESTS, views.Tests)
        for test in (DeviceTest.JOURNAL, DeviceTest.CLOCK, DeviceTest.DISK, DeviceTest.READER):
            await play.pick(test.value, views.Tests)
            await play.view(views.Tests)
        for test in (DeviceTest.PRINTER, DeviceTest.SPEECH):
            await play.pick(test.value, views.Judging)
            await play.pick(counter_steps.RIGHT if test is DeviceTest.PRINTER else counter_steps.NOT_RIGHT, views.Tests)
        await play.pick(DeviceTest.SCREEN.value, views.TouchTest)
        for number in range(1, counter_steps.TOUCH_TARGETS + 1):
            play.visit.press(screens.Chose(str(number)))
            await play.visit.settle()
        await play.view(views.Tests)
        results = {each.test: each.verdict for each in play.visit.desk.counter.results}
        assert results.keys() == set(DeviceTest)
        assert [test for test, verdict in results.items() if verdict is Verdict.FAILED] == [DeviceTest.SPEECH]
        assert (await play.pick(counter_steps.REPORT, views.Tests)).told == "staff.told.done"
        assert len(play.office.printer.sheets) == 2, "the test page and the report"

    play(scene)


def test_two_people_retire_a_kiosk_with_the_second_card_in_the_same_reader(play: Callable[..., None]) -> None:
    async def scene(play: Play) -> None:
        play.visit.insert(play.cards["kadri"])
        await play.enter_pin()
        await play.view(views.Menu)
        await play.pick("retire", views.Confirming)
        play.visit.press(screens.Proceeded())
        await play.view(views.OtherPersonAsked)
        play.visit.remove()
        await play.visit.settle()
        play.visit.insert(play.cards["juhan"])
        await play.enter_pin()
        assert await play.view(views.Finished) == views.Finished()
        assert await play.office.closed() == KioskRetiredError.code

    play(scene, start=at.OutOfService(ClosedByStaffError.code, card_is_in=False))


def test_or_in_the_reader_for_staff_but_not_with_the_same_person(play: Callable[..., None]) -> None:
    async def scene(play: Play) -> None:
        play.visit.insert(play.cards["kadri"])
        await play.enter_pin()
        await play.view(views.Menu)
        await play.pick("retire", views.Confirming)
        play.visit.press(screens.Proceeded())
        await play.view(views.OtherPersonAsked)
        again = EstonianCard(KADRI, play.keys["kadri"])
        play.visit.insert(again, SECOND)
        await play.enter_pin()
        assert (await play.view(views.TurnedAway)).code == StaffRefusedError.code
        assert await play.office.closed() == ""

    play(scene, start=at.OutOfService(ClosedByStaffError.code, card_is_in=False))


def test_a_clerk_helps_in_the_middle_of_a_form_and_sees_nothing_of_it(play: Callable[..., None]) -> None:
    async def scene(play: Play) -> None:
        await way.go(play.visit, play.cards["aino"], until=way.choose_service)
        await play.visit.answer("Tamme puiestee")
        before, shown = play.visit.state, len(play.visit.display.screens)
        play.visit.insert(play.cards["kadri"], SECOND)
        await play.enter_pin()
        await play.view(views.AssistMenu)
        assert play.visit.chimes == 1
        assert play.visit.screen.frame.mode == "Clerk is helping"
        assert (await play.pick(AssistStep.MORE_TIME.value, views.AssistMenu)).told == "assist.told.more-time"
        await play.pick(AssistStep.LANGUAGE.value, views.AssistLanguage)
        await play.pick("ar", views.AssistMenu)
        await play.pick(AssistStep.TEXT_SIZE.value, views.AssistMenu)
        covered = play.visit.display.screens[shown:]
        assert not any("Tamme puiestee" in repr(screen) or "AINO" in repr(screen) for screen in covered)
        play.visit.remove(SECOND)
        await play.visit.settle()
        assert play.visit.state == before, "exactly where the person was"
        assert play.visit.screen.frame.language == "ar"
        assert play.visit.screen.frame.mode == ""
        play.visit.timer.pass_time(9 * 180)
        assert play.visit.state == before, "they have ten times as long now"

    play(scene)


def test_a_clerk_ends_a_visit_and_the_card_is_the_persons_to_take(play: Callable[..., None]) -> None:
    async def scene(play: Play) -> None:
        await way.go(play.visit, play.cards["aino"], until=way.choose_service)
        play.visit.insert(play.cards["kadri"], SECOND)
        await play.enter_pin()
        await play.view(views.AssistMenu)
        play.visit.press(screens.Chose(AssistStep.ENDED_VISIT.value))
        assert (await play.visit.until(at.TakingCard)).outcome is Outcome.NOTHING_SENT
        assert play.visit.desk.form is None

    play(scene)


def test_a_form_is_stored_while_a_clerks_card_is_in(play: Callable[..., None]) -> None:
    async def scene(play: Play) -> None:
        await way.go(play.visit, play.cards["aino"], until=way.sign)
        play.visit.insert(play.cards["kadri"], SECOND)
        await play.view(views.PinAsked)
        play.visit.outbox.is_open.set()
        await play.visit.settle()
        play.visit.remove(SECOND)
        await play.visit.until(at.ShowingReceipt)

    play(scene)
