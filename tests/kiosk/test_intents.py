# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the person does at the window, as an event of the visit."""

from collections.abc import Callable
from typing import get_args

import pytest

from townhall_kiosk import events as on
from townhall_kiosk import states as at
from townhall_kiosk.visit.asking import asked_questions
from townhall_kiosk.visit.desk import Desk
from townhall_kiosk.visit.intents import event_of
from townhall_kiosk.voting import events as happened
from townhall_kiosk.voting import states as vote
from townhall_ui import screens

PIN = bytearray(b"1234")
NUMBER = bytearray(b"317425")


@pytest.mark.parametrize(
    ("intent", "state", "event"),
    [
        (screens.Proceeded(), at.Reviewing("A"), on.Continued()),
        (screens.WentBack(), at.Answering("A", 1), on.WentBack()),
        (screens.Stopped(), at.Reviewing("A"), on.StopPressed()),
        (screens.Active(), at.Attract(), on.WasActive()),
        (screens.Answered("x"), at.Answering("A", 0), on.AnswerGiven("x")),
        (screens.Answered("x"), at.Answering("A", 2), on.AnswerGiven("x", question=2)),
        (screens.EnteredPin(PIN), at.Reviewing("A"), on.PinGiven(PIN)),
        (screens.EnteredAccessNumber(NUMBER), at.Reviewing("A"), on.AccessNumberGiven(NUMBER)),
        (screens.Chose("ar"), at.Attract(), on.LanguageChosen("ar")),
        (screens.Chose("ar"), at.ChoosingLanguage(), on.LanguageChosen("ar")),
        (screens.Chose("print"), at.ShowingReceipt(card_is_in=True), on.PrintAsked()),
        (screens.Chose("print"), at.PreviousEnded("1"), on.PrintAsked()),
        (screens.Chose("change-of-address"), at.ChoosingService("A"), on.ServiceChosen("change-of-address")),
        (screens.Chose("print"), at.ChoosingService("A"), on.ServiceChosen("print")),
        (screens.AskedToChange("/form/street"), at.Reviewing("A"), None),
        (screens.Marked(("candidate",)), vote.Marking(0), happened.Marked(("candidate",))),
        (screens.Ranked((("candidate",),)), vote.Marking(0), happened.Ranked((("candidate",),))),
        (screens.Chose("vote"), vote.VotingOffered(), happened.VoteWanted()),
        (screens.Chose("services"), vote.VotingOffered(), happened.ServicesWanted()),
        (screens.Chose("hill"), vote.ChoosingDistrict(), happened.DistrictChosen("hill")),
        (screens.Chose("check"), vote.CheckOrCast(), happened.CheckWanted()),
        (screens.Chose("cast"), vote.CheckOrCast(), happened.CastWanted()),
        (screens.Chose("print"), vote.ShowingVoteReceipt(card_is_in=True), on.PrintAsked()),
        (screens.AskedToChange("mayor"), vote.ReviewingBallot(), None),
    ],
)
def test_an_intent_means_one_event(intent: screens.Intent, state: at.State, event: on.Event | None) -> None:
    assert event_of(intent, state, Desk()) == event


def test_all_intents_are_understood() -> None:
    tried = {
        *(screens.Proceeded, screens.WentBack, screens.Stopped, screens.Active, screens.Answered),
        *(screens.EnteredPin, screens.EnteredAccessNumber, screens.Chose, screens.AskedToChange),
        *(screens.CalledForHelp, screens.AskedForWays, screens.ChoseWay, screens.TurnedVolume),
        *(screens.Marked, screens.Ranked),
    }
    assert tried == set(get_args(screens.Intent))


def test_the_pin_is_handed_on_and_not_copied() -> None:
    pin = bytearray(b"1234")
    event = event_of(screens.EnteredPin(pin), at.Attract(), Desk())
    assert isinstance(event, on.PinGiven)
    assert event.pin is pin


def test_an_access_number_is_handed_on_and_not_copied() -> None:
    number = bytearray(b"317425")
    event = event_of(screens.EnteredAccessNumber(number), at.Attract(), Desk())
    assert isinstance(event, on.AccessNumberGiven)
    assert event.access_number is number


def test_a_change_names_the_question_by_its_place_among_those_that_apply(make_desk: Callable[[str], Desk]) -> None:
    desk = make_desk("en")
    form = desk.form
    assert form is not None
    for place, asked in enumerate(asked_questions(form)):
        assert event_of(screens.AskedToChange(asked.ref), at.Reviewing("A"), desk) == on.ChangeAsked(place)
    fixed = {question.ref for question in form.questions()} - {asked.ref for asked in asked_questions(form)}
    assert fixed
    for ref in (*fixed, "/no/such/question"):
        assert event_of(screens.AskedToChange(ref), at.Reviewing("A"), desk) is None
