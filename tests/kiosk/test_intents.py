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
from townhall_ui import screens

PIN = bytearray(b"1234")


@pytest.mark.parametrize(
    ("intent", "state", "event"),
    [
        (screens.Proceeded(), at.Reviewing("A"), on.Continued()),
        (screens.WentBack(), at.Answering("A", 1), on.WentBack()),
        (screens.Stopped(), at.Reviewing("A"), on.StopPressed()),
        (screens.Active(), at.Attract(), on.WasActive()),
        (screens.Answered("x"), at.Answering("A", 0), on.AnswerGiven("x")),
        (screens.EnteredPin(PIN), at.Reviewing("A"), on.PinGiven(PIN)),
        (screens.Chose("ar"), at.Attract(), on.LanguageChosen("ar")),
        (screens.Chose("ar"), at.ChoosingLanguage(), on.LanguageChosen("ar")),
        (screens.Chose("print"), at.ShowingReceipt(card_is_in=True), on.PrintAsked()),
        (screens.Chose("print"), at.PreviousEnded("1"), on.PrintAsked()),
        (screens.Chose("change-of-address"), at.ChoosingService("A"), on.ServiceChosen("change-of-address")),
        (screens.Chose("print"), at.ChoosingService("A"), on.ServiceChosen("print")),
        (screens.AskedToChange("/form/street"), at.Reviewing("A"), None),
    ],
)
def test_an_intent_means_one_event(intent: screens.Intent, state: at.State, event: on.Event | None) -> None:
    assert event_of(intent, state, None) == event


def test_all_intents_are_understood() -> None:
    tried = {
        *(screens.Proceeded, screens.WentBack, screens.Stopped, screens.Active, screens.Answered),
        *(screens.EnteredPin, screens.Chose, screens.AskedToChange),
    }
    assert tried == set(get_args(screens.Intent))


def test_the_pin_is_handed_on_and_not_copied() -> None:
    pin = bytearray(b"1234")
    event = event_of(screens.EnteredPin(pin), at.Attract(), None)
    assert isinstance(event, on.PinGiven)
    assert event.pin is pin


def test_a_change_names_the_question_by_its_place_among_those_that_apply(make_desk: Callable[[str], Desk]) -> None:
    form = make_desk("en").form
    assert form is not None
    for place, asked in enumerate(asked_questions(form)):
        assert event_of(screens.AskedToChange(asked.ref), at.Reviewing("A"), form) == on.ChangeAsked(place)
    fixed = {question.ref for question in form.questions()} - {asked.ref for asked in asked_questions(form)}
    assert fixed
    for ref in (*fixed, "/no/such/question"):
        assert event_of(screens.AskedToChange(ref), at.Reviewing("A"), form) is None
