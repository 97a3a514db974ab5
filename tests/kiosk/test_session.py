# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The session table, walked in full: every state that events can lead to, and at random with any state and event."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from townhall_kiosk import effects as do
from townhall_kiosk import events as on
from townhall_kiosk import states as at
from townhall_kiosk.card_problem import CardProblem
from townhall_kiosk.effects import Effect
from townhall_kiosk.events import Event
from townhall_kiosk.session import TABLE, advance
from townhall_kiosk.states import Outcome, Paper, State
from townhall_kiosk.steps import Step
from townhall_smartcard.messages import PinRole

STARTS: tuple[State, ...] = (
    at.Attract(),
    at.PreviousEnded(None),
    at.PreviousEnded("1234", has_receipt=True),
    at.OutOfService("TH-SYNC-001", card_is_in=False),
)
EVERYWHERE = (on.CardRemoved, on.IdleTimeout, on.Fault)
BY_ITSELF = (on.IdleTimeout, on.CountdownOver, on.TimeUp)
PIN = bytearray(b"1234")

EVENTS: tuple[Event, ...] = (
    on.LanguageChosen("ar"),
    on.Continued(),
    on.WentBack(),
    on.StopPressed(),
    on.ServiceChosen("s"),
    on.AnswerGiven("a"),
    on.ChangeAsked(0),
    on.ChangeAsked(1),
    on.PinGiven(PIN),
    on.PrintAsked(),
    on.WasActive(),
    on.CardInserted("A"),
    on.CardUnusable(CardProblem.DEAD),
    on.SeveralCardsSeen(),
    on.CardRemoved(),
    *(on.CardRead(one, two) for one in (0, 1, 3) for two in (0, 1, 3)),
    on.CardFailed(CardProblem.MUTE),
    on.PinAccepted(),
    *(on.PinWasWrong(left) for left in (0, 1, 2)),
    on.PinLengthWasRefused(),
    on.LastTryWasReached(),
    on.CardWasDisturbed(),
    on.PinWasBlocked(),
    on.ServiceOpened(),
    *(on.AnswerAccepted(question, following) for question in (0, 1) for following in (None, 0, 1)),
    *(on.AnswerRefused(question, "x", "no") for question in (0, 1)),
    on.AnswerMissing(1),
    *(on.DocumentMade(tries) for tries in (0, 1, 3)),
    on.Committed(),
    *(on.Printed(paper) for paper in (Paper.PRINTED, Paper.FAILED)),
    on.IdleTimeout(),
    on.CountdownOver(),
    on.TimeUp(),
    on.Fault("TH-KIOS-004"),
)


@cache
def graph() -> dict[State, dict[int, Step]]:
    """Every state that any events lead to from a start, and what every event (by its place in EVENTS) does there."""
    found: dict[State, dict[int, Step]] = {}
    waiting = deque(STARTS)
    while waiting:
        state = waiting.popleft()
        if state not in found:
            found[state] = {number: advance(state, event) for number, event in enumerate(EVENTS)}
            waiting.extend(step.state for step in found[state].values())
    return found


def steps() -> Iterator[tuple[State, Event, Step]]:
    for state, following in graph().items():
        for number, step in following.items():
            yield state, EVENTS[number], step


def leading_home(kinds: Iterable[type[Event]], *, also_home: State | None = None) -> set[State]:
    """States from which some events of these kinds lead to Ended, or to what counts as home as well."""
    allowed = tuple(kinds)
    home: set[State] = {state for state in graph() if isinstance(state, at.Ended) or state == also_home}
    while True:
        more = {
            state
            for state, event, step in steps()
            if state not in home and isinstance(event, allowed) and step.state in home
        }
        if not more:
            return home
        home |= more


def is_card_in(state: State) -> bool:
    """Whether a card is in the reader as far as the state knows."""
    match state:
        case at.StillThere():
            return is_card_in(state.resume)
        case at.ShowingReceipt() | at.OutOfService() | at.Committing():
            return state.card_is_in
        case _:
            return state.card is not at.CardNeed.NONE


def outcome_told(state: State) -> Outcome | None:
    """What the person is told in this state about the form, if anything."""
    match state:
        case at.ShowingReceipt():
            return Outcome.STORED
        case at.TakingCard() | at.Thanked() | at.Ended():
            return state.outcome
        case at.StoppedEarly() | at.OutOfService() | at.CardRefused():
            return Outcome.NOTHING_SENT
        case at.StillThere():
            return outcome_told(state.resume)
        case _:
            return None


# Every state that can be


def test_every_event_of_the_kiosk_is_tried() -> None:
    assert {type(event) for event in EVENTS} == set(get_args(Event))


def test_every_state_can_be_reached() -> None:
    assert {type(state) for state in graph()} == set(get_args(State))


def test_every_row_leads_to_its_declared_targets_and_nowhere_else() -> None:
    led: dict[tuple[type[object], type[object]], set[type[object]]] = {key: set() for key in TABLE}
    for state, event, step in steps():
        if (type(state), type(event)) in TABLE:
            led[type(state), type(event)].add(type(step.state))
    assert led == {key: set(row.targets) for key, row in TABLE.items()}


def test_every_state_has_a_way_home() -> None:
    assert graph().keys() - leading_home(get_args(Event)) == set()


def test_where_no_card_is_in_the_way_home_needs_none() -> None:
    without = {state for state in graph() if not is_card_in(state)}
    kinds = {kind for kind in get_args(Event) if kind is not on.CardRemoved}
    assert without - leading_home(kinds) == set()


def test_taking_the_card_out_and_waiting_brings_every_visit_home() -> None:
    """Nobody needs to press anything: a kiosk that was left is ready again. Work in progress ends by its own events."""
    left = {state for state in graph() if not isinstance(state, at.Committing)}
    assert left - leading_home((*BY_ITSELF, on.CardRemoved), also_home=at.Attract()) == set()


def test_nothing_but_the_end_is_a_dead_end() -> None:
    stuck = {state for state, following in graph().items() if all(step.state == state for step in following.values())}
    assert stuck == {at.Ended(outcome) for outcome in Outcome}


def test_the_end_tells_the_keeper_once_and_true() -> None:
    for state, _event, step in steps():
        told = [effect.outcome for effect in step.effects if isinstance(effect, do.EndVisit)]
        just_ended = isinstance(step.state, at.Ended) and not isinstance(state, at.Ended)
        assert told == ([step.state.outcome] if just_ended and isinstance(step.state, at.Ended) else [])


def test_whoever_leaves_the_data_behind_forgets_them() -> None:
    """Into a state that holds nobody's data only with Forget, unless nobody's data were there before."""
    empty = (at.Attract, at.ChoosingLanguage, at.WaitingForCard, at.SeveralCards, at.PreviousEnded)
    blank = (*empty, at.CardRefused, at.TakingCard, at.Thanked, at.StoppedEarly, at.OutOfService, at.Ended)
    for state, event, step in steps():
        had_data = not isinstance(state.resume if isinstance(state, at.StillThere) else state, blank)
        if had_data and isinstance(step.state, blank):
            assert do.Forget() in step.effects, (state, event)


def test_the_card_decides_nothing_once_the_form_is_signed() -> None:
    for state in graph():
        if isinstance(state, at.Committing):
            step = advance(state, on.CardRemoved())
            assert step == Step(at.Committing(card_is_in=False))


def test_before_that_the_visit_stops_with_the_card_and_nothing_is_sent() -> None:
    for state in graph():
        behind = state.resume if isinstance(state, at.StillThere) else state
        if behind.card is at.CardNeed.VISIT:
            assert advance(state, on.CardRemoved()) == Step(at.StoppedEarly(), (do.Forget(),)), state


def test_every_state_answers_the_three_events_of_everywhere() -> None:
    """An answer may be "nothing changes", and is then meant: these are all the states where it is."""
    unmoved = {
        kind: {type(s) for s, e, step in steps() if isinstance(e, kind) and step == Step(s)} for kind in EVERYWHERE
    }
    passing = {at.Attract, at.PreviousEnded, at.Thanked, at.StoppedEarly, at.Ended, at.StillThere}
    working = {at.ReadingCard, at.UsingPin, at.MakingDocument, at.Committing}
    assert unmoved[on.CardRemoved] == passing | {at.WaitingForCard, at.ShowingReceipt, at.Committing, at.OutOfService}
    assert unmoved[on.IdleTimeout] == passing | working | {at.CardRefused, at.TakingCard, at.OutOfService}
    assert unmoved[on.Fault] == {
        *(at.PreviousEnded, at.ShowingReceipt, at.TakingCard, at.Thanked, at.Ended, at.OutOfService, at.StillThere)
    }


def test_a_touch_leads_back_to_exactly_where_the_person_was() -> None:
    for state in graph():
        if isinstance(state, get_args(at.Resumable)):
            asked = advance(state, on.IdleTimeout()).state
            assert asked == at.StillThere(state)
            assert advance(asked, on.WasActive()) == Step(state)


def test_a_late_or_second_answer_of_the_card_changes_nothing() -> None:
    """Only the state that asked takes the card's answer."""
    asking: dict[type[Event], tuple[type[State], ...]] = {
        on.CardRead: (at.ReadingCard,),
        on.CardFailed: (at.ReadingCard, at.UsingPin),
        on.PinAccepted: (at.UsingPin,),
        on.PinWasWrong: (at.UsingPin,),
        on.PinWasBlocked: (at.UsingPin,),
        on.PinLengthWasRefused: (at.UsingPin,),
        on.LastTryWasReached: (at.UsingPin,),
        on.CardWasDisturbed: (at.ReadingCard, at.UsingPin),
        on.DocumentMade: (at.MakingDocument,),
        on.Committed: (at.Committing,),
    }
    for state, event, step in steps():
        takers = asking.get(type(event))
        if takers is not None and not isinstance(state, takers):
            assert step == Step(state), (state, event)


def test_an_answer_about_another_question_changes_nothing() -> None:
    state = at.Answering("A", 2)
    assert advance(state, on.AnswerAccepted(3, 4)) == Step(state)
    assert advance(state, on.AnswerRefused(3, "x", "no")) == Step(state)


def test_a_refused_answer_stays_to_be_mended_and_the_next_question_begins_clean() -> None:
    refused = advance(at.Answering("A", 2), on.AnswerRefused(2, "x", "no")).state
    assert refused == at.Answering("A", 2, problem="no", refused="x")
    assert advance(refused, on.AnswerAccepted(2, 3)) == Step(at.Answering("A", 3))


def test_a_changed_answer_leads_back_to_the_review() -> None:
    changing = advance(at.Reviewing("A"), on.ChangeAsked(4)).state
    assert advance(changing, on.WentBack()).state == at.Reviewing("A")
    assert advance(changing, on.AnswerAccepted(4, None)).state == at.Reviewing("A")
    newly_open = advance(changing, on.AnswerAccepted(4, 5)).state
    assert newly_open == at.Answering("A", 5, is_changing=True)


def test_a_fault_over_a_countdown_is_the_fault_of_what_the_countdown_covers() -> None:
    fault = on.Fault("TH-KIOS-004")
    for state in graph():
        if isinstance(state, at.StillThere):
            below, above = advance(state.resume, fault), advance(state, fault)
            assert above == (Step(state) if below.state == state.resume else below)


def test_a_table_s_function_refuses_what_is_not_of_its_row() -> None:
    row = TABLE[at.Attract, on.LanguageChosen]
    with pytest.raises(TypeError):
        row.take(at.Thanked(Outcome.STORED), on.LanguageChosen("en"))


# Any state, any event, any walk

ROLES = st.sampled_from([PinRole.AUTHENTICATION, PinRole.SIGNATURE])
TRIES = st.integers(-1, 15)
READERS = st.sampled_from(["A", "B"])
RESUMABLE = st.one_of(
    st.just(at.ChoosingLanguage()),
    st.just(at.WaitingForCard()),
    st.just(at.SeveralCards()),
    st.builds(at.ConfirmingLastTry, READERS, ROLES),
    st.builds(at.EnteringPin, READERS, ROLES, TRIES, st.sampled_from(at.PinNotice), st.booleans()),
    st.builds(at.ChoosingService, READERS),
    st.builds(at.Answering, READERS, st.integers(0, 40), st.text(), st.booleans(), st.text()),
    st.builds(at.Reviewing, READERS),
    st.builds(at.ReadingDocument, READERS, TRIES),
    st.builds(at.ShowingReceipt, st.booleans(), st.sampled_from(Paper)),
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
    st.builds(at.Thanked, st.sampled_from(Outcome)),
    st.just(at.StoppedEarly()),
    st.builds(at.OutOfService, st.text(), st.booleans()),
    st.builds(at.Ended, st.sampled_from(Outcome)),
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
    holding = [each for each in step.effects if isinstance(each, do.ProveIdentity | do.SignDocument | do.WipePin)]
    assert [each.pin is pin for each in holding] == [True]
    assert isinstance(holding[0], do.WipePin) == (not isinstance(state, at.EnteringPin))


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
            assert self.state.outcome is Outcome.NOTHING_SENT, (before, event)

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

    def _see(self, effect: Effect) -> None:
        match effect:
            case do.ProveIdentity(last_try_confirmed=confirmed):
                self._pin_is_used(PinRole.AUTHENTICATION, confirmed=confirmed)
            case do.SignDocument(last_try_confirmed=confirmed):
                self._pin_is_used(PinRole.SIGNATURE, confirmed=confirmed)
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


@settings(deadline=None, max_examples=150)
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


@settings(deadline=None, max_examples=150)
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
            for further in graph()[step.state].values():
                assert outcome_told(further.state) is Outcome.STORED


def test_what_the_visit_before_had_stored_is_told_until_dismissed_whatever_breaks() -> None:
    told = at.PreviousEnded("1234", has_receipt=True)
    assert advance(told, on.Fault("TH-KIOS-004")) == Step(told)
    assert advance(told, on.Printed(Paper.FAILED)) == Step(replace(told, paper=Paper.FAILED))


def test_states_and_events_show_no_answer_and_no_pin() -> None:
    shown = repr(
        (on.PinGiven(bytearray(b"4711")), on.AnswerGiven("Tamme"), at.Answering("A", 0, "no", refused="Tamme"))
    )
    shown += repr((on.AnswerRefused(0, "Tamme", "no"), do.GiveAnswer(0, "Tamme"), do.WipePin(bytearray(b"4711"))))
    shown += repr(advance(at.EnteringPin("A", PinRole.SIGNATURE, 3), on.PinGiven(bytearray(b"4711"))))
    assert "Tamme" not in shown
    assert "4711" not in shown
