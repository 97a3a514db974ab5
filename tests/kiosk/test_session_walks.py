# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The session table under any event in any state, and on long walks."""

from dataclasses import replace
from functools import cache
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from townhall_kiosk import effects as do
from townhall_kiosk import events as on
from townhall_kiosk import states as at
from townhall_kiosk.card_problem import CardProblem
from townhall_kiosk.effects import Effect
from townhall_kiosk.events import Event
from townhall_kiosk.finding import states as find
from townhall_kiosk.pin_life import effects as new_pin
from townhall_kiosk.pin_life import events as happened
from townhall_kiosk.pin_life import states as pins
from townhall_kiosk.pin_life.errand import After, PinErrand, PinWay
from townhall_kiosk.session import advance
from townhall_kiosk.simulation.every_state import VIEWS
from townhall_kiosk.simulation.table_walk import EVENTS, STARTS, graph, is_card_in, outcome_told
from townhall_kiosk.staff import views
from townhall_kiosk.states import Outcome, Paper, State
from townhall_kiosk.steps import Step
from townhall_kiosk.voting import effects as make
from townhall_kiosk.voting import states as vote
from townhall_smartcard.messages import PinRole

PIN = bytearray(b"1234")
NEW_PIN_EFFECTS = (new_pin.KeepCode, new_pin.JudgeNewPin, new_pin.ReplacePin)
PIN_EFFECTS = (do.ProveIdentity, do.SignDocument, do.ProveStaff, do.WipeSecret, *NEW_PIN_EFFECTS)


# Any state, any event, any walk

ROLES = st.sampled_from([PinRole.AUTHENTICATION, PinRole.SIGNATURE])
TRIES = st.integers(-1, 15)
READERS = st.sampled_from(["A", "B"])
ERRANDS = st.builds(
    PinErrand, READERS, ROLES, st.sampled_from(PinWay), st.sampled_from(After), st.integers(1, 15), st.booleans()
)
RESUMABLE = st.one_of(
    st.just(at.ChoosingLanguage()),
    st.just(at.WaitingForCard()),
    st.just(at.SeveralCards()),
    st.builds(at.ConfirmingLastTry, READERS, ROLES),
    st.builds(at.EnteringPin, READERS, ROLES, TRIES, st.sampled_from(at.PinNotice), st.booleans()),
    st.builds(at.ChoosingService, READERS, st.text()),
    st.builds(find.SearchingService, READERS, st.text(), st.text()),
    st.builds(find.ChoosingFound, READERS),
    st.builds(find.AboutService, READERS),
    st.builds(at.Answering, READERS, st.integers(0, 40), st.text(), st.text(), st.booleans()),
    st.builds(at.Reviewing, READERS),
    st.builds(at.ReadingDocument, READERS, TRIES),
    st.builds(at.ShowingReceipt, st.booleans(), st.sampled_from(Paper)),
    st.builds(pins.ChoosingPin, READERS),
    st.builds(pins.OfferingNewPin, ERRANDS),
    st.builds(pins.ConfirmingLastCode, ERRANDS),
    st.builds(pins.EnteringCode, ERRANDS),
    st.builds(pins.EnteringNewPin, ERRANDS),
    st.builds(pins.RepeatingNewPin, ERRANDS),
    st.builds(pins.NewPinSet, ERRANDS, TRIES),
)
STATES: st.SearchStrategy[State] = st.one_of(
    RESUMABLE,
    st.builds(at.StillThere, RESUMABLE),
    st.just(at.Attract()),
    st.builds(at.PreviousEnded, st.none() | st.text(), st.booleans(), st.sampled_from(Paper)),
    st.builds(at.ReadingCard, READERS),
    st.builds(at.CardRefused, st.sampled_from(CardProblem)),
    st.builds(at.UsingPin, READERS, ROLES, TRIES, st.booleans()),
    st.builds(at.MakingDocument, READERS),
    st.builds(at.Committing, st.booleans()),
    st.builds(at.TakingCard, st.sampled_from(Outcome)),
    st.builds(pins.ReplacingPin, ERRANDS),
    st.builds(pins.NewPinUnknown, ROLES, st.booleans()),
    st.builds(at.Thanked, st.sampled_from(Outcome)),
    st.just(at.StoppedEarly()),
    st.builds(at.OutOfService, st.text(), st.booleans()),
    st.builds(at.Ended, st.sampled_from(Outcome)),
    st.builds(at.AtCounter, st.sampled_from(VIEWS), READERS, st.none() | RESUMABLE, st.booleans()),
)


@cache
def any_event() -> st.SearchStrategy[Event]:
    return st.one_of(st.sampled_from(EVENTS), *(st.from_type(kind) for kind in get_args(Event)))


@settings(deadline=None, max_examples=400)
@given(STATES, any_event())
def test_any_event_in_any_state_has_an_answer_among_the_states(state: State, event: Event) -> None:
    step = advance(state, event)
    assert isinstance(step.state, get_args(State))
    assert all(isinstance(effect, get_args(Effect)) for effect in step.effects)
    assert advance(state, event) == step, "advance is pure"


@settings(deadline=None, max_examples=200)
@given(STATES)
def test_in_any_state_a_pin_goes_to_the_card_or_is_wiped_and_never_both(state: State) -> None:
    pin = bytearray(b"4711")
    step = advance(state, on.PinGiven(pin))
    holding = [each for each in step.effects if isinstance(each, PIN_EFFECTS)]
    held = [each.secret if isinstance(each, do.WipeSecret) else each.pin for each in holding]
    assert [each is pin for each in held] == [True]
    is_asked = isinstance(state, at.EnteringPin | pins.Pad) or (
        isinstance(state, at.AtCounter) and isinstance(state.view, views.PinAsked)
    )
    assert isinstance(holding[0], do.WipeSecret) == (not is_asked)


@settings(deadline=None, max_examples=200)
@given(STATES)
def test_in_any_state_an_access_number_goes_to_the_card_or_is_wiped_and_never_both(state: State) -> None:
    number = bytearray(b"317425")
    step = advance(state, on.AccessNumberGiven(number))
    takers = do.OpenCard | do.WipeSecret | make.TakeAdmission
    match [each for each in step.effects if isinstance(each, takers)]:
        case [do.OpenCard(access_number=held)]:
            assert isinstance(state, at.EnteringAccessNumber)
        case [make.TakeAdmission(number=held)]:
            assert isinstance(state, vote.EnteringAdmission)
        case [do.WipeSecret(secret=held)]:
            assert not isinstance(state, at.EnteringAccessNumber)
        case _:
            raise AssertionError(step)
    assert held is number


@settings(deadline=None, max_examples=200)
@given(STATES)
def test_in_any_state_the_three_events_of_everywhere_are_answered(state: State) -> None:
    for event in (on.CardRemoved(), on.IdleTimeout(), on.Fault("TH-KIOS-004")):
        step = advance(state, event)
        if is_card_in(state) and isinstance(event, on.CardRemoved):
            assert step.state != state, "a state with a card stays as it is without it"
        if isinstance(state, get_args(at.Resumable)) and isinstance(event, on.IdleTimeout):
            assert step == Step(at.StillThere(state))
        if outcome_told(state) is Outcome.STORED:
            assert outcome_told(step.state) is Outcome.STORED


class Walk:
    """A walk through the table that remembers what a person and an auditor would."""

    def __init__(self, start: State) -> None:
        self.state = start
        self.is_stored = False
        self.known_tries: dict[PinRole, int] = {}
        self.confirmed: set[PinRole] = set()
        self.commits = 0

    def take(self, event: Event) -> None:
        before = self.state
        self._hear(before, event)
        step = advance(before, event)
        self.state = step.state
        for effect in step.effects:
            self._see(effect)
        if isinstance(before, at.Committing) and isinstance(event, on.Committed):
            self.is_stored = True
        if self.is_stored:
            assert outcome_told(self.state) is Outcome.STORED, (before, event)
        elif isinstance(self.state, at.Ended):
            assert self.state.outcome is not Outcome.STORED, (before, event)

    def _hear(self, state: State, event: Event) -> None:
        match state, event:
            case at.ReadingCard(), on.CardRead(authentication_tries=one, signature_tries=two):
                self.known_tries = {PinRole.AUTHENTICATION: one, PinRole.SIGNATURE: two}
                self.confirmed.clear()
            case at.UsingPin(role=role), on.PinWasWrong(tries_left=left):
                self.known_tries[role] = left
                self.confirmed.discard(role)
            case at.UsingPin(role=role), on.LastTryWasReached():
                self.known_tries[role] = 1
            case at.MakingDocument(), on.DocumentMade(signature_tries=left):
                self.known_tries[PinRole.SIGNATURE] = left
                self.confirmed.discard(PinRole.SIGNATURE)
            case at.ConfirmingLastTry(role=role), on.Continued():
                self.confirmed.add(role)
            case pins.ReplacingPin(errand=errand), happened.PinWasReplaced(tries=tries):
                self.known_tries[errand.role] = tries
                self.confirmed.discard(errand.role)

    def _see(self, effect: Effect) -> None:
        match effect:
            case do.ProveIdentity(last_try_confirmed=confirmed):
                self._pin_is_used(PinRole.AUTHENTICATION, confirmed=confirmed)
            case do.SignDocument(last_try_confirmed=confirmed):
                self._pin_is_used(PinRole.SIGNATURE, confirmed=confirmed)
            case new_pin.ReplacePin(errand=errand):
                assert errand.tries_left > 0, "a code was used that is blocked"
                assert errand.tries_left > 1 or errand.last_try_confirmed, "the last try of a code was used unasked"
            case do.Commit():
                self.commits += 1
                assert self.commits == 1, "one visit commits once"

    def _pin_is_used(self, role: PinRole, *, confirmed: bool) -> None:
        left = self.known_tries[role]
        assert left > 0, "a PIN was used on a blocked card"
        assert not confirmed or role in self.confirmed, "somebody else said that the person knows"
        assert left > 1 or confirmed, "the last try was used before the person said that they know"


def likely_events(state: State) -> list[Event]:
    """Events that change something, so that walks get far."""
    return [event for event in EVENTS if advance(state, event) != Step(state)] or list(EVENTS)


@settings(deadline=None, max_examples=80)
@given(st.sampled_from(STARTS), st.data())
def test_a_long_walk_never_raises_and_keeps_every_promise(start: State, data: st.DataObject) -> None:
    walk = Walk(start)
    for _ in range(60):
        events = likely_events(walk.state) if data.draw(st.integers(0, 4)) else list(EVENTS)
        walk.take(data.draw(st.sampled_from(events)))


STRAIGHT: tuple[Event, ...] = (
    on.LanguageChosen("en"),
    on.CardInserted("A"),
    on.CardRead(3, 3),
    on.PinGiven(PIN),
    on.PinAccepted(),
    on.ServiceChosen("s"),
    on.ServiceOpened(),
    on.AnswerGiven("a"),
    on.RepeatTouched("add"),
    on.AnswerAccepted(0, None),
    on.Continued(),
    on.DocumentMade(3),
    on.Continued(),
    on.PinGiven(PIN),
    on.PinAccepted(),
    on.Committed(),
    on.Continued(),
    on.CardRemoved(),
    on.TimeUp(),
)


@settings(deadline=None, max_examples=80)
@given(st.integers(0, len(STRAIGHT)), st.lists(st.sampled_from(EVENTS), max_size=20))
def test_a_visit_that_leaves_the_straight_way_anywhere_keeps_every_promise(kept: int, stray: list[Event]) -> None:
    walk = Walk(at.Attract())
    for event in (*STRAIGHT[:kept], *stray):
        walk.take(event)


def test_the_straight_way_ends_with_a_stored_form() -> None:
    walk = Walk(at.Attract())
    for event in STRAIGHT:
        walk.take(event)
    assert walk.state == at.Ended(Outcome.STORED)


def test_a_stored_form_is_never_taken_back_by_any_two_events() -> None:
    stored = [state for state in graph() if outcome_told(state) is Outcome.STORED]
    assert len(stored) > 5
    for state in stored:
        for step in graph()[state].values():
            assert outcome_told(step.state) is Outcome.STORED
            for further in graph().get(step.state, {}).values():  # what a counter covers is walked uncovered
                assert outcome_told(further.state) is Outcome.STORED


def test_what_the_visit_before_had_stored_is_told_until_dismissed_whatever_breaks() -> None:
    told = at.PreviousEnded("1234", has_receipt=True)
    assert advance(told, on.Fault("TH-KIOS-004")) == Step(told)
    assert advance(told, on.Printed(Paper.FAILED)) == Step(replace(told, paper=Paper.FAILED))


def test_states_and_events_show_no_answer_and_no_pin() -> None:
    shown = repr(
        (on.PinGiven(bytearray(b"4711")), on.AnswerGiven("Tamme"), at.Answering("A", 0, "no", refused="Tamme"))
    )
    shown += repr((on.AnswerRefused(0, "Tamme", "no"), do.GiveAnswer(0, "Tamme"), do.WipeSecret(bytearray(b"4711"))))
    shown += repr(advance(at.EnteringPin("A", PinRole.SIGNATURE, 3), on.PinGiven(bytearray(b"4711"))))
    number = on.AccessNumberGiven(bytearray(b"4711"))
    shown += repr((number, do.OpenCard("A", bytearray(b"4711")), advance(at.EnteringAccessNumber("A"), number)))
    assert "Tamme" not in shown
    assert "4711" not in shown
