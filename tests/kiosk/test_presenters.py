# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every state has a screen in every language, and a screen offers exactly what the table answers."""

from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import pytest
from tests.kiosk.apart_town import in_role

from townhall_kiosk import effects as do
from townhall_kiosk import events as on
from townhall_kiosk import states as at
from townhall_kiosk.card_problem import CardProblem
from townhall_kiosk.document_check.events import ZoneGiven
from townhall_kiosk.document_check.views import DocumentShown
from townhall_kiosk.finding import states as find
from townhall_kiosk.pin_life import states as pins
from townhall_kiosk.session import advance
from townhall_kiosk.simulation.every_state import STATES
from townhall_kiosk.staff import views
from townhall_kiosk.states import Outcome, Paper, PinNotice, State
from townhall_kiosk.steps import Step
from townhall_kiosk.visit.desk import Desk
from townhall_kiosk.visit.intents import event_of
from townhall_kiosk.visit.presenters import present
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_kiosk.voting import events as happened
from townhall_kiosk.voting import states as vote
from townhall_smartcard.messages import PinRole
from townhall_ui import screens
from townhall_voting.package.definition import DeviceRole

MakeDesk = Callable[[str], Desk]
MakeAround = Callable[[str], Surroundings]

LANGUAGES = pytest.mark.parametrize("language", ["en", "et", "fr", "ar"])


def answers(state: State, event: on.Event) -> bool:
    """Whether the table answers an event in a state at all."""
    return advance(state, event) != Step(state)


def primary(screen: screens.Screen, state: at.State) -> on.Event:
    """What the primary button of a screen means."""
    match screen:
        case screens.PinScreen():
            return on.PinGiven(bytearray(b"1234"))
        case screens.AccessNumberScreen():
            return on.AccessNumberGiven(bytearray(b"317425"))
        case screens.QuestionScreen() if isinstance(state, at.AtCounter):
            return ZoneGiven("x")
        case screens.QuestionScreen():
            return on.AnswerGiven("x", state.question if isinstance(state, at.Answering) else 0)
        case _:
            return on.Continued()


def test_all_states_are_here() -> None:
    assert {type(state) for state in STATES} == set(get_args(State))


@LANGUAGES
def test_every_state_has_a_screen_in_the_person_s_language(
    make_desk: MakeDesk, make_around: MakeAround, language: str
) -> None:
    desk, around = make_desk(language), make_around(language)
    direction = screens.Direction.RIGHT_TO_LEFT if language == "ar" else screens.Direction.LEFT_TO_RIGHT
    shown = set()
    for state in STATES:
        screen = present(state, desk, around)
        shown.add(type(screen))
        assert screen.frame.language == language
        assert screen.frame.direction is direction
        assert screen.frame.heading
        assert "Tamme Library" in screen.frame.status or isinstance(screen, screens.AttractScreen)
    assert shown == set(get_args(screens.Screen))


@LANGUAGES
def test_back_stop_and_the_primary_button_are_there_exactly_where_the_table_answers_them(
    make_desk: MakeDesk, make_around: MakeAround, language: str
) -> None:
    desk, around = make_desk(language), make_around(language)
    for state in STATES:
        screen = present(state, desk, around)
        frame = screen.frame
        assert (frame.back is not None) == answers(state, on.WentBack()), state
        assert (frame.stop is not None) == answers(state, on.StopPressed()), state
        is_continued = answers(state, on.Continued())
        # A secret is answered everywhere: it is wiped.
        is_wiped = isinstance(primary(screen, state), on.PinGiven | on.AccessNumberGiven)
        is_primary = answers(state, primary(screen, state)) and not is_wiped
        is_staff = isinstance(state, at.AtCounter)
        is_pin = (
            isinstance(state.view, views.PinAsked)
            if isinstance(state, at.AtCounter)
            else isinstance(
                state,
                at.EnteringPin
                | at.EnteringAccessNumber
                | vote.EnteringVotePin
                | vote.EnteringVoterNumber
                | vote.EnteringAdmission
                | pins.Pad,
            )
        )
        assert (frame.proceed is not None) == (is_continued or is_primary or is_pin), state
        if not isinstance(state, at.Ended):
            assert (frame.help is not None) == (not is_staff and not isinstance(state, at.HelpComing)), state
            assert (frame.ways is not None) == answers(state, on.AskedForWays()), state


def choices_of(screen: screens.Screen) -> tuple[screens.Choice, ...]:
    match screen:
        case screens.AttractScreen(invitations=choices) | screens.ChoiceScreen(choices=choices):
            return choices
        case screens.StatusScreen(actions=choices):
            return choices
        case screens.MessageScreen(other=other):
            return () if other is None else (other,)
        case screens.CheckOrCastScreen(ways=ways):
            return ways
        case screens.ReceiptScreen(print=again):
            return () if again is None else (again,)
        case _:
            return ()


@LANGUAGES
def test_every_choice_on_a_screen_leads_somewhere(make_desk: MakeDesk, make_around: MakeAround, language: str) -> None:
    desk, around = make_desk(language), make_around(language)
    offering = set()
    for state in STATES:
        if isinstance(state, at.Ended):  # its screen is covered by the next visit's within a tenth of a second
            continue
        for choice in choices_of(present(state, desk, around)):
            if not choice.is_available:
                continue
            offering.add(type(state))
            event = event_of(screens.Chose(choice.id), state, desk)
            assert event is not None
            assert answers(state, event), (state, choice)
            assert choice.label
    assert offering == {
        *(at.Attract, at.Arrived, at.ChoosingLanguage, at.ChoosingService, at.ShowingReceipt, at.PreviousEnded),
        *(at.Reviewing, at.AtCounter, pins.ChoosingPin, find.ChoosingFound),
        *(vote.VotingOffered, vote.ChoosingDistrict, vote.CheckOrCast, vote.ShowingVoteReceipt),
        vote.ShowingAdmission,
    }


@LANGUAGES
@pytest.mark.parametrize("role", [DeviceRole.BOOTH, DeviceRole.DESK])
def test_a_booth_offers_no_service_and_a_desk_no_ballot_and_every_choice_leads_somewhere(
    make_desk: MakeDesk, make_around: MakeAround, language: str, role: DeviceRole
) -> None:
    desk, around = make_desk(language), in_role(make_around(language), role)
    offered = choices_of(present(vote.VotingOffered(), desk, around))
    if role is DeviceRole.BOOTH:
        assert [choice.id for choice in offered] == ["vote", "officers"]
    else:
        assert [choice.id for choice in offered] == ["admission", "slip", "services"]
    for state in STATES:
        screen = present(state, desk, around)
        for choice in choices_of(screen):
            if choice.is_available and not isinstance(state, at.Ended):
                event = event_of(screens.Chose(choice.id), state, desk, role)
                assert event is not None
                assert answers(state, event), (state, choice)
    cast = event_of(screens.Chose("cast"), vote.CheckOrCast(), desk, role)
    assert isinstance(cast, happened.SlipCastWanted if role is DeviceRole.BOOTH else happened.CastWanted)


def test_print_is_offered_only_where_there_is_a_printer_and_a_receipt(
    make_desk: MakeDesk, make_around: MakeAround
) -> None:
    desk, around = make_desk("en"), make_around("en")
    around.can_print = False
    for state in (at.ShowingReceipt(card_is_in=True), at.PreviousEnded("1234", has_receipt=True)):
        assert choices_of(present(state, desk, around)) == ()
    around.can_print = True
    assert choices_of(present(at.PreviousEnded("1234"), desk, around)) == ()
    assert choices_of(present(at.PreviousEnded(None), desk, around)) == ()


@LANGUAGES
def test_every_change_button_of_the_review_leads_to_its_question(
    make_desk: MakeDesk, make_around: MakeAround, language: str
) -> None:
    desk, around = make_desk(language), make_around(language)
    state = at.Reviewing("A")
    review = present(state, desk, around)
    assert isinstance(review, screens.ReviewScreen)
    changeable = [answer for answer in review.answers if answer.change is not None]
    assert len(changeable) > 5
    for answer in changeable:
        event = event_of(screens.AskedToChange(answer.id), state, desk)
        assert event is not None
        question = present(advance(state, event).state, desk, around)
        assert question.frame.heading == answer.question


def test_what_the_card_stated_cannot_be_changed(make_desk: MakeDesk, make_around: MakeAround) -> None:
    review = present(at.Reviewing("A"), make_desk("en"), make_around("en"))
    assert isinstance(review, screens.ReviewScreen)
    fixed = {answer.answer for answer in review.answers if answer.change is None}
    stated = ("ÕISPUU", "KADRI-LIIS", "48403159914")
    assert {f"{value}\nFrom your card" for value in stated} <= fixed


@LANGUAGES
def test_only_the_countdown_ends_by_any_touch(make_desk: MakeDesk, make_around: MakeAround, language: str) -> None:
    desk, around = make_desk(language), make_around(language)
    for state in STATES:
        is_countdown = isinstance(present(state, desk, around), screens.StillThereScreen)
        assert is_countdown == isinstance(state, at.StillThere)
        if is_countdown:
            assert advance(state, on.WasActive()).state == state.resume if isinstance(state, at.StillThere) else False


def test_seconds_are_shown_in_the_second_half_of_the_countdown(make_around: MakeAround) -> None:
    around = make_around("en")
    shown = []
    for left in range(20, 0, -1):
        around.countdown_s = left
        screen = present(at.StillThere(at.WaitingForCard()), Desk(), around)
        assert isinstance(screen, screens.StillThereScreen)
        shown.append(screen.seconds)
    assert shown == [*[None] * 10, *[f"{left} seconds" for left in range(10, 1, -1)], "1 second"]


def test_nobody_is_told_that_nothing_was_sent_once_the_form_is_stored(
    make_desk: MakeDesk, make_around: MakeAround
) -> None:
    desk, around = make_desk("en"), make_around("en")
    stored: tuple[State, ...] = (
        *(at.ShowingReceipt(True, paper) for paper in Paper),
        at.StillThere(at.ShowingReceipt(card_is_in=True)),
        at.TakingCard(Outcome.STORED),
        at.Thanked(Outcome.STORED),
        at.PreviousEnded("1234"),
    )
    for state in stored:
        told = repr(present(state, desk, around))
        assert "othing" not in told.replace("You have nothing more to do", "")
        assert "stored" in told
    unsent: tuple[State, ...] = (
        *(at.StoppedEarly(), at.TakingCard(Outcome.NOTHING_SENT), at.Thanked(Outcome.NOTHING_SENT)),
    )
    assert all("Nothing was sent" in repr(present(state, Desk(), around)) for state in unsent)


def test_the_line_s_state_is_told_on_every_screen(make_desk: MakeDesk, make_around: MakeAround) -> None:
    desk, around = make_desk("en"), make_around("en")
    up, down = around.text("status.line-up"), around.text("status.line-down")
    for is_up, told in ((True, up), (False, down)):
        around.line_is_up = is_up
        assert all(told in present(state, desk, around).frame.status for state in STATES)


def test_a_receipt_tells_the_truth_about_when_the_form_is_sent(make_desk: MakeDesk, make_around: MakeAround) -> None:
    desk, around = make_desk("en"), make_around("en")
    for is_up, told in ((True, "receipt.sent-now"), (False, "receipt.sent-later")):
        around.line_is_up = is_up
        screen = present(at.ShowingReceipt(card_is_in=True), desk, around)
        assert isinstance(screen, screens.ReceiptScreen)
        assert around.text(told) in screen.paragraphs


def test_without_a_reader_nobody_is_asked_for_a_card(make_around: MakeAround) -> None:
    around = make_around("en")
    around.has_reader = False
    screen = present(at.WaitingForCard(), Desk(), around)
    assert isinstance(screen, screens.MessageScreen)
    assert screen.paragraphs == (around.text("insert-card.no-reader"),)
    assert screen.tone is screens.Tone.PROBLEM


@pytest.mark.parametrize("tries", [1, 2, 3])
@pytest.mark.parametrize("notice", PinNotice)
def test_the_tries_left_are_told_before_they_run_out(make_around: MakeAround, tries: int, notice: PinNotice) -> None:
    around = make_around("en")
    screen = present(at.EnteringPin("A", PinRole.AUTHENTICATION, tries, notice), Desk(), around)
    assert isinstance(screen, screens.PinScreen)
    is_told = around.text.counted("pin.tries-left", tries) in screen.notice
    assert is_told == (tries < 3 or notice is PinNotice.WRONG)


@pytest.mark.parametrize(("role", "shortest"), [(PinRole.AUTHENTICATION, 4), (PinRole.SIGNATURE, 5)])
def test_the_pad_knows_how_long_each_pin_is(
    make_desk: MakeDesk, make_around: MakeAround, role: PinRole, shortest: int
) -> None:
    screen = present(at.EnteringPin("A", role, 3), make_desk("en"), make_around("en"))
    assert isinstance(screen, screens.PinScreen)
    assert (screen.minimum, screen.maximum) == (shortest, 12)


def test_a_refused_answer_stays_on_the_screen_with_how_to_mend_it(make_desk: MakeDesk, make_around: MakeAround) -> None:
    desk, around = make_desk("en"), make_around("en")
    fresh = present(at.Answering("A", 0), desk, around)
    refused = present(at.Answering("A", 0, problem="Use fewer letters", refused="Looong"), desk, around)
    assert isinstance(fresh, screens.QuestionScreen)
    assert refused == replace(fresh, problem="Use fewer letters", value="Looong")


@pytest.mark.parametrize("problem", CardProblem)
@LANGUAGES
def test_a_refused_card_says_its_reason_its_help_and_its_code(
    make_around: MakeAround, problem: CardProblem, language: str
) -> None:
    around = make_around(language)
    screen = present(at.CardRefused(problem), Desk(), around)
    assert isinstance(screen, screens.MessageScreen)
    assert screen.frame.code == problem.code
    assert screen.paragraphs[-1] == around.text("take-card.now")
    assert screen.picture is screens.Picture.TAKE_CARD


@LANGUAGES
def test_screens_before_and_after_a_visit_need_nothing_on_the_desk(make_around: MakeAround, language: str) -> None:
    """What Forget has cleared, no screen may need."""
    around = make_around(language)
    needing = (
        *(at.ChoosingService, at.Answering, at.Reviewing, at.ReadingDocument, at.ShowingReceipt),
        *(find.ChoosingFound, find.AboutService),
        *(vote.Marking, vote.ReviewingBallot, vote.CheckOrCast, vote.ShowingCheck, vote.ReadingStatement),
        *(vote.ShowingVoteReceipt, vote.ShowingAdmission, vote.TakingSlip),
    )
    for state in STATES:
        shows_a_document = isinstance(state, at.AtCounter) and isinstance(state.view, DocumentShown)
        below = at.beneath(state) if isinstance(state, at.Aside) else state
        if not isinstance(below, needing) and not shows_a_document:
            assert present(state, Desk(), around).frame.heading


@LANGUAGES
def test_no_screen_but_those_of_the_visit_itself_holds_anything_of_the_person(
    make_desk: MakeDesk, make_around: MakeAround, language: str
) -> None:
    desk, around = make_desk(language), make_around(language)
    own = (at.ChoosingService, at.Answering, at.Reviewing, at.ReadingDocument)
    for state in STATES:
        if not isinstance(at.beneath(state) if isinstance(state, at.Aside) else state, own):
            told = repr(present(state, desk, around))
            assert "ÕISPUU" not in told
            assert "48403159914" not in told


def test_printing_is_all_that_print_does() -> None:
    for state in (at.ShowingReceipt(card_is_in=True), at.PreviousEnded("1234", has_receipt=True)):
        assert advance(state, on.PrintAsked()) == Step(state, (do.PrintReceipt(),))
