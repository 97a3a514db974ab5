# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The time of a visit, turned by hand."""

from typing import get_args

import pytest

from townhall_kiosk import events as on
from townhall_kiosk import states as at
from townhall_kiosk.card_problem import CardProblem
from townhall_kiosk.finding import states as find
from townhall_kiosk.pin_life import states as pins
from townhall_kiosk.pin_life.errand import After, PinErrand, PinWay
from townhall_kiosk.reader_keys import states as keys
from townhall_kiosk.simulation.ports import HandTimer
from townhall_kiosk.staff import views
from townhall_kiosk.state_facts import Paper
from townhall_kiosk.visit.idle_watch import IdleWatch
from townhall_kiosk.voting import states as vote
from townhall_smartcard.messages import PinRole

ERRAND = PinErrand("A", PinRole.SIGNATURE, PinWay.UNBLOCK, After.READ, 3)
WAITING: tuple[at.Resumable, ...] = (
    at.Arrived(),
    at.ChoosingLanguage(),
    at.WaitingForCard(),
    at.SeveralCards(),
    at.EnteringAccessNumber("A"),
    at.ConfirmingLastTry("A", PinRole.SIGNATURE),
    at.EnteringPin("A", PinRole.AUTHENTICATION, 3),
    at.ChoosingService("A"),
    at.Answering("A", 0),
    at.Reviewing("A"),
    at.ReadingDocument("A", 3),
    at.ShowingReceipt(card_is_in=True),
    at.ChoosingWays(at.Reviewing("A")),
    at.HelpComing(at.CardRefused(CardProblem.DEAD)),
    find.SearchingService("A"),
    find.ChoosingFound("A"),
    find.AboutService("A"),
    pins.ChoosingPin("A"),
    pins.OfferingNewPin(ERRAND),
    pins.ConfirmingLastCode(ERRAND),
    pins.EnteringCode(ERRAND),
    pins.EnteringNewPin(ERRAND),
    pins.RepeatingNewPin(ERRAND),
    pins.NewPinSet(ERRAND, 3),
    keys.ReadyForPin("A", PinRole.AUTHENTICATION, 3),
    keys.ReadyForVotePin("A", 3),
    keys.ReadyForNewPin(ERRAND),
    vote.VotingOffered(),
    vote.ChoosingDistrict(),
    vote.Marking(0),
    vote.ReviewingBallot(),
    vote.SlipFailed(Paper.NOT_ASKED),
    vote.CheckOrCast(),
    vote.ShowingCheck(),
    vote.WaitingForOfficer(),
    vote.EnteringAdmission(),
    vote.AdmissionMistyped(),
    vote.CastSlipFailed(Paper.JAMMED),
    vote.TakingSlip(),
    vote.EnteringSlip(),
    vote.ShowingAdmission(card_is_in=True),
    vote.WaitingForVoter(),
    vote.EnteringVoterNumber("A"),
    vote.ReadingStatement("A", 3),
    vote.ConfirmingLastVoteTry("A"),
    vote.EnteringVotePin("A", 3),
    vote.ShowingVoteReceipt(card_is_in=True),
)
LASTING = (
    at.PreviousEnded(None),
    at.Thanked(at.Outcome.STORED),
    at.StoppedEarly(),
    at.OutOfService("x", True),
    vote.VoterTurnedAway("x"),
    pins.NewPinUnknown(PinRole.SIGNATURE, card_is_in=True),
)
TIMELESS = (
    at.Attract(),
    at.ReadingCard("A"),
    at.CardRefused(CardProblem.DEAD),
    at.UsingPin("A", PinRole.SIGNATURE, 3, last_try_confirmed=False),
    at.MakingDocument("A"),
    at.Committing(),
    at.TakingCard(at.Outcome.STORED),
    at.Ended(at.Outcome.STORED),
    pins.ReplacingPin(ERRAND),
    vote.MakingBallot(),
    vote.OpeningBallot(),
    vote.CastingAtBooth(),
    vote.ReadingSlip(),
    vote.ReadingVoter("A"),
    vote.VoterCardRefused(CardProblem.DEAD),
    vote.SigningVote("A", 3, last_try_confirmed=False),
    vote.CastingVote(),
)


class Watched:
    """An idle watch and all that it said."""

    def __init__(self) -> None:
        self.timer = HandTimer()
        self.events: list[on.Event] = []
        self.counted: list[tuple[int, int]] = []
        self.watch = IdleWatch(self.timer, self.events.append, lambda left, total: self.counted.append((left, total)))


@pytest.fixture
def watched() -> Watched:
    return Watched()


def test_every_state_is_in_one_of_the_three_groups() -> None:
    grouped = [type(state) for state in (*WAITING, *LASTING, *TIMELESS)]
    assert {*grouped, at.StillThere, at.AtCounter} == set(get_args(at.State))
    assert {type(state) for state in WAITING} == set(get_args(at.Resumable))


@pytest.mark.parametrize("state", WAITING, ids=lambda state: type(state).__name__)
def test_a_waiting_state_times_out_after_its_own_time(watched: Watched, state: at.Resumable) -> None:
    assert state.idle is not None
    watched.watch.entered(state)
    watched.timer.pass_time(state.idle.wait_s - 1)
    assert watched.events == []
    watched.timer.pass_time(1)
    assert watched.events == [on.IdleTimeout()]


@pytest.mark.parametrize("state", WAITING, ids=lambda state: type(state).__name__)
def test_every_touch_starts_the_waiting_anew(watched: Watched, state: at.Resumable) -> None:
    assert state.idle is not None
    watched.watch.entered(state)
    for _ in range(20):
        watched.timer.pass_time(state.idle.wait_s - 1)
        watched.watch.touched()
    assert watched.events == []
    watched.timer.pass_time(state.idle.wait_s)
    assert watched.events == [on.IdleTimeout()]


@pytest.mark.parametrize("state", WAITING, ids=lambda state: type(state).__name__)
def test_a_countdown_counts_every_second_of_the_state_behind_it(watched: Watched, state: at.Resumable) -> None:
    assert state.idle is not None
    total = state.idle.countdown_s
    assert total >= 20, "WCAG 2.2.1: at least 20 s to answer"
    watched.watch.entered(at.StillThere(state))
    assert watched.counted == [(total, total)]
    watched.timer.pass_time(total - 1)
    assert watched.counted == [(left, total) for left in range(total, 0, -1)]
    assert watched.events == []
    watched.timer.pass_time(1)
    assert watched.events == [on.CountdownOver()]
    watched.timer.pass_time(1000)
    assert watched.events == [on.CountdownOver()]


def test_a_touch_does_not_disturb_a_countdown_the_table_ends_it(watched: Watched) -> None:
    watched.watch.entered(at.StillThere(at.WaitingForCard()))
    watched.timer.pass_time(5)
    watched.watch.touched()
    watched.watch.entered(at.WaitingForCard())
    watched.timer.pass_time(59)
    assert watched.events == []


@pytest.mark.parametrize("state", LASTING, ids=lambda state: type(state).__name__)
def test_a_message_lasts_as_long_as_it_says_touched_or_not(watched: Watched, state: at.State) -> None:
    assert state.lasts_s is not None
    watched.watch.entered(state)
    watched.timer.pass_time(state.lasts_s - 1)
    watched.watch.touched()
    assert watched.events == []
    watched.timer.pass_time(1)
    assert watched.events == [on.TimeUp()]


@pytest.mark.parametrize("state", TIMELESS, ids=lambda state: type(state).__name__)
def test_other_states_have_all_the_time(watched: Watched, state: at.State) -> None:
    watched.watch.entered(state)
    watched.watch.touched()
    watched.timer.pass_time(100_000)
    assert watched.events == []
    assert watched.timer.set_alarms == 0


def test_a_new_state_ends_the_time_of_the_one_before(watched: Watched) -> None:
    watched.watch.entered(at.WaitingForCard())
    watched.timer.pass_time(59)
    watched.watch.entered(at.Reviewing("A"))
    watched.timer.pass_time(59)
    watched.watch.entered(at.Committing())
    assert watched.timer.set_alarms == 0
    assert watched.events == []


def test_who_was_given_more_time_has_ten_times_as_long_on_every_screen(watched: Watched) -> None:
    watched.watch.be_patient()
    for state in (at.WaitingForCard(), at.Answering("A", 0)):
        assert state.idle is not None
        watched.watch.entered(state)
        watched.timer.pass_time(10 * state.idle.wait_s - 1)
        assert watched.events == []
    watched.timer.pass_time(1)
    assert watched.events == [on.IdleTimeout()]


def test_a_counter_locks_itself_after_ten_minutes_without_a_countdown(watched: Watched) -> None:
    watched.watch.entered(at.AtCounter(views.Menu(), "A"))
    watched.timer.pass_time(9 * 60)
    watched.watch.touched()
    watched.timer.pass_time(10 * 60 - 1)
    assert watched.events == []
    watched.timer.pass_time(1)
    assert watched.events == [on.IdleTimeout()]


def test_a_reader_s_time_is_told_each_second_and_ends_in_no_event(watched: Watched) -> None:
    watched.watch.entered(at.UsingPin("A", PinRole.SIGNATURE, 3, last_try_confirmed=False, at_reader=True))
    watched.watch.show_time(3)
    watched.timer.pass_time(100)
    assert watched.counted == [(3, 3), (2, 3), (1, 3), (0, 3)]
    assert watched.events == []


def test_a_reader_s_time_is_told_no_more_once_the_reader_answered(watched: Watched) -> None:
    watched.watch.entered(at.UsingPin("A", PinRole.SIGNATURE, 3, last_try_confirmed=False, at_reader=True))
    watched.watch.show_time(30)
    watched.watch.entered(at.Committing())
    watched.timer.pass_time(100)
    assert watched.counted == [(30, 30)]
