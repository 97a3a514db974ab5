# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The session table, walked in full: every state that events can lead to."""

from typing import get_args

import pytest

from townhall_kiosk import effects as do
from townhall_kiosk import events as on
from townhall_kiosk import states as at
from townhall_kiosk.events import Event
from townhall_kiosk.finding import states as find
from townhall_kiosk.pin_life import events as new_pin
from townhall_kiosk.pin_life import states as pins
from townhall_kiosk.session import TABLE, advance
from townhall_kiosk.simulation.table_walk import EVENTS, graph, is_card_in, leading_home, steps
from townhall_kiosk.states import Outcome, State
from townhall_kiosk.steps import Step
from townhall_kiosk.voting import events as happened
from townhall_kiosk.voting import states as vote

EVERYWHERE = (on.CardRemoved, on.IdleTimeout, on.Fault)
BY_ITSELF = (on.IdleTimeout, on.CountdownOver, on.TimeUp)


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
    at_work = (
        *(at.Committing, vote.MakingBallot, vote.OpeningBallot, vote.CastingVote),
        *(vote.CastingAtBooth, vote.ReadingSlip),
    )
    left = {state for state in graph() if not isinstance(at.beneath(state), at_work)}
    gone = (on.CardRemoved, on.StaffCardRemoved)
    assert left - leading_home((*BY_ITSELF, *gone), also_home=at.Attract()) == set()


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
    empty = (at.Attract, at.Arrived, at.ChoosingLanguage, at.WaitingForCard, at.SeveralCards, at.PreviousEnded)
    blank = (
        *empty,
        at.CardRefused,
        at.TakingCard,
        at.Thanked,
        at.StoppedEarly,
        at.OutOfService,
        at.Ended,
        pins.NewPinUnknown,
    )
    for state, event, step in steps():
        had_data = not isinstance(at.beneath(state), blank)
        if had_data and isinstance(at.beneath(step.state), blank):
            assert do.Forget() in step.effects, (state, event)


def test_the_card_decides_nothing_once_the_form_is_signed() -> None:
    for state in graph():
        if isinstance(state, at.Committing):
            step = advance(state, on.CardRemoved())
            assert step == Step(at.Committing(card_is_in=False))


def test_before_that_the_visit_stops_with_the_card_and_nothing_is_sent() -> None:
    for state in graph():
        if at.beneath(state).card is at.CardNeed.VISIT and not isinstance(state, at.AtCounter):
            assert advance(state, on.CardRemoved()) == Step(at.StoppedEarly(), (do.Forget(),)), state


def test_every_state_answers_the_three_events_of_everywhere() -> None:
    """An answer may be "nothing changes", and is then meant: these are all the states where it is."""
    unmoved = {
        kind: {type(s) for s, e, step in steps() if isinstance(e, kind) and step == Step(s)} for kind in EVERYWHERE
    }
    passing = {at.Attract, at.PreviousEnded, at.Thanked, at.StoppedEarly, at.Ended, at.StillThere}
    over = {at.ChoosingWays, at.HelpComing, at.AtCounter}
    working = {at.ReadingCard, at.UsingPin, at.MakingDocument, at.Committing}
    without_card = {
        *(vote.VotingOffered, vote.ChoosingDistrict, vote.Marking, vote.ReviewingBallot, vote.MakingBallot),
        *(vote.SlipFailed, vote.CheckOrCast, vote.OpeningBallot, vote.ShowingCheck, vote.WaitingForVoter),
        *(vote.WaitingForOfficer, vote.EnteringAdmission, vote.CastingAtBooth, vote.CastSlipFailed, vote.TakingSlip),
        vote.AdmissionMistyped,
        *(vote.EnteringSlip, vote.ReadingSlip),
    }
    voting = set(get_args(vote.Working))
    assert unmoved[on.CardRemoved] == passing | over | without_card | {
        *(at.Arrived, at.WaitingForCard, at.ShowingReceipt, at.Committing, at.OutOfService),
        *(vote.CastingVote, vote.ShowingVoteReceipt, vote.VoterTurnedAway, vote.ShowingAdmission, pins.NewPinUnknown),
    }
    staff = {at.AtCounter}
    assert unmoved[on.IdleTimeout] == passing | working | voting | staff | {
        *(at.CardRefused, at.TakingCard, at.OutOfService, vote.VoterCardRefused, vote.VoterTurnedAway),
        *(pins.ReplacingPin, pins.NewPinUnknown),
    }
    assert unmoved[on.Fault] == over | {
        *(at.PreviousEnded, at.ShowingReceipt, at.TakingCard, at.Thanked, at.Ended, at.OutOfService, at.StillThere),
        *(vote.ShowingVoteReceipt, vote.ShowingAdmission, vote.TakingSlip),
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
        on.CardFailed: (
            *(at.ReadingCard, at.UsingPin, at.ChoosingService, find.ChoosingFound),
            *(vote.ReadingVoter, vote.SigningVote, pins.ReplacingPin),
        ),
        on.PinAccepted: (at.UsingPin, vote.SigningVote),
        on.PinWasWrong: (at.UsingPin, vote.SigningVote, pins.ReplacingPin),
        on.PinWasBlocked: (at.UsingPin, vote.SigningVote, pins.ReplacingPin),
        on.PinLengthWasRefused: (at.UsingPin, vote.SigningVote, pins.ReplacingPin),
        on.LastTryWasReached: (at.UsingPin, vote.SigningVote, pins.ReplacingPin),
        on.CardWasDisturbed: (at.ReadingCard, at.UsingPin, vote.ReadingVoter, vote.SigningVote, pins.ReplacingPin),
        new_pin.NewPinFits: (pins.EnteringNewPin,),
        new_pin.NewPinUnfit: (pins.EnteringNewPin, pins.ReplacingPin),
        new_pin.NewPinDiffers: (pins.ReplacingPin,),
        new_pin.PinWasReplaced: (pins.ReplacingPin,),
        new_pin.CardBrokeOff: (pins.ReplacingPin,),
        on.DocumentMade: (at.MakingDocument,),
        on.Committed: (at.Committing,),
        happened.SlipPrinted: (vote.MakingBallot,),
        happened.BallotOpened: (vote.OpeningBallot,),
        happened.VoterKnown: (vote.ReadingVoter,),
        happened.VoterRefused: (vote.ReadingVoter, vote.CastingVote, vote.CastingAtBooth),
        happened.CastSlipPrinted: (vote.CastingAtBooth,),
        happened.SlipTaken: (vote.ReadingSlip,),
        happened.SlipRefused: (vote.ReadingSlip,),
        happened.AdmissionRefused: (vote.EnteringAdmission,),
        happened.NumberGiven: (vote.ReadingVoter,),
        happened.VoteStored: (vote.CastingVote,),
    }
    for state, event, step in steps():
        takers = asking.get(type(event))
        beneath = state.resume if isinstance(state, at.Aside) else state
        if isinstance(state, at.AtCounter):  # test_staff_counter has all of what it covers
            continue
        if takers is not None and not isinstance(at.beneath(beneath), takers):
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


def test_from_everywhere_that_waits_for_a_person_the_ways_lead_away_and_back_to_exactly_there() -> None:
    waiting = [state for state in graph() if isinstance(state, at.Waiting)]
    assert {type(state) for state in waiting} == set(get_args(at.Waiting))
    for state in waiting:
        asked = advance(state, on.AskedForWays())
        assert asked == Step(at.ChoosingWays(state))
        chosen = advance(asked.state, on.WayChosen("contrast", "low"))
        assert chosen == Step(at.ChoosingWays(state), (do.UseWay("contrast", "low"),))
        assert advance(chosen.state, on.Continued()) == Step(state)


def test_staff_are_called_from_every_state_but_the_end_and_the_person_comes_back_to_exactly_where_they_were() -> None:
    for state in graph():
        if isinstance(state, at.AtCounter):  # staff are there
            assert advance(state, on.CalledForHelp()) == Step(state)
            continue
        step = advance(state, on.CalledForHelp())
        if isinstance(state, at.Ended):
            assert step == Step(state)
            continue
        assert step.effects == (do.CallStaff(),)
        before = state.resume if isinstance(state, at.StillThere) else state
        before = at.Arrived() if isinstance(before, at.Attract) else before
        if isinstance(step.state, at.HelpComing) and step.state != before:
            assert advance(step.state, on.Continued()) == Step(before)
        else:  # the machine works, or says good-bye: help comes all the same
            assert step.state == before


def test_neither_ways_nor_help_cover_the_machine_at_work() -> None:
    working = (
        *(at.ReadingCard, at.UsingPin, at.MakingDocument, at.Committing, pins.ReplacingPin),
        *get_args(vote.Working),
    )
    for state in graph():
        assert isinstance(at.beneath(state), at.Waiting) or not isinstance(state, at.Aside | at.StillThere)
        if isinstance(state, working):
            assert advance(state, on.AskedForWays()) == Step(state)


def test_what_happens_by_itself_under_the_ways_is_there_when_the_person_comes_back() -> None:
    ways = at.ChoosingWays(at.Answering("A", 2))
    assert advance(ways, on.AnswerAccepted(2, 3)) == Step(at.ChoosingWays(at.Answering("A", 3)))
    over = at.HelpComing(at.ChoosingWays(at.ShowingReceipt(card_is_in=True)))
    printed = advance(over, on.Printed(at.Paper.PRINTED)).state
    assert printed == at.HelpComing(at.ChoosingWays(at.ShowingReceipt(True, at.Paper.PRINTED)))
    assert advance(at.ChoosingWays(at.WaitingForCard()), on.CardInserted("A")).state == at.ReadingCard("A")


def test_a_fault_over_a_countdown_is_the_fault_of_what_the_countdown_covers() -> None:
    fault = on.Fault("TH-KIOS-004")
    for state in graph():
        if isinstance(state, at.StillThere | at.Aside):
            below, above = advance(state.resume, fault), advance(state, fault)
            assert above == (Step(state) if below.state == state.resume else below)


def test_a_table_s_function_refuses_what_is_not_of_its_row() -> None:
    row = TABLE[at.Attract, on.LanguageChosen]
    with pytest.raises(TypeError):
        row.take(at.Thanked(Outcome.STORED), on.LanguageChosen("en"))
