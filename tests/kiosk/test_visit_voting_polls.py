# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Votes in single-kiosk mode while polls, hours, the person's patience or the machine come to an end."""

from datetime import timedelta

import pytest
from tests.kiosk.voting_town import (
    VotingTown,
    cast,
    mark,
    sign,
    stored,
    to_decision,
    to_first_contest,
    to_statement,
    whole_vote,
)

from townhall_kiosk import events as on
from townhall_kiosk import states as at
from townhall_kiosk.errors import VisitError
from townhall_kiosk.simulation.election import SimulatedPolls, without_hours
from townhall_kiosk.simulation.visit import SimulatedVisit
from townhall_kiosk.visit.ballot_desk import BallotDesk
from townhall_kiosk.visit.presenters.voting import CAST, SERVICES, VOTE
from townhall_kiosk.voting import states as vote
from townhall_kiosk.voting.errors import (
    OutsideHoursError,
    PollsClosedError,
    PollsEndedError,
    PollsPausedError,
)
from townhall_kiosk.voting.polls import PollsState
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_ui import screens


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (PollsState.CLOSED, PollsClosedError.code),
        (PollsState.PAUSED, PollsPausedError.code),
        (PollsState.ENDED, PollsEndedError.code),
    ],
)
def test_where_the_polls_are_not_open_nobody_begins(voting: VotingTown, state: PollsState, code: str) -> None:
    async def scene(visit: SimulatedVisit, polls: SimulatedPolls) -> None:
        polls.stand(state)
        visit.press(screens.Chose("en"))
        await visit.until(vote.VotingOffered)
        visit.press(screens.Chose(VOTE))
        await visit.settle()
        assert visit.state == vote.VotingOffered(code)
        screen = visit.screen
        assert isinstance(screen, screens.ChoiceScreen)
        assert [choice.is_available for choice in screen.choices] == [False, True]
        visit.press(screens.Chose(SERVICES))
        await visit.until(at.WaitingForCard)

    voting.play(scene)


def test_outside_the_hours_nobody_begins(voting: VotingTown) -> None:
    voting.adapt = lambda same: without_hours(same, voting.clock)

    async def scene(visit: SimulatedVisit, _polls: SimulatedPolls) -> None:
        visit.press(screens.Chose("en"))
        await visit.until(vote.VotingOffered)
        visit.press(screens.Chose(VOTE))
        await visit.settle()
        assert visit.state == vote.VotingOffered(OutsideHoursError.code)

    voting.play(scene)


def test_who_has_begun_may_cast_although_the_polls_are_paused_and_the_hours_are_over(
    voting: VotingTown, card: EstonianCard
) -> None:
    async def scene(visit: SimulatedVisit, polls: SimulatedPolls) -> None:
        await to_first_contest(visit)
        polls.stand(PollsState.PAUSED)
        voting.clock.seconds += 9 * 3600
        await to_decision(visit)
        await cast(visit, card)

    assert stored(voting.play(scene)) == (1, 1, 1, 0)


def test_polls_that_were_closed_for_good_meanwhile_take_no_vote(voting: VotingTown, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit, polls: SimulatedPolls) -> None:
        await to_first_contest(visit)
        await to_decision(visit)
        await to_statement(visit, card)
        polls.stand(PollsState.ENDED)
        await sign(visit)
        assert (await visit.until(vote.VoterTurnedAway)).code == PollsEndedError.code

    assert stored(voting.play(scene)) == (0, 0, 0, 0)


def test_voting_waits_five_minutes_and_then_counts_down_from_45_seconds(voting: VotingTown) -> None:
    async def scene(visit: SimulatedVisit, polls: SimulatedPolls) -> None:
        await to_first_contest(visit)
        await mark(visit, "kask")
        visit.timer.pass_time(299)
        await visit.settle()
        assert isinstance(visit.state, vote.Marking)
        visit.timer.pass_time(1)
        await visit.until(at.StillThere)
        assert visit.around.countdown_total_s == 45
        visit.press(screens.Active())
        await visit.until(vote.Marking)
        assert visit.desk.ballot.marks[0].chosen == ("kask",)
        visit.timer.pass_time(300)
        await visit.until(at.StillThere)
        visit.timer.pass_time(45)
        await visit.until(at.Ended)
        assert visit.desk.ballot == BallotDesk()
        assert stored(polls) == (0, 0, 0, 0)

    voting.play(scene)


def test_a_fault_while_the_vote_is_not_stored_says_so_and_one_after_takes_nothing_back(
    voting: VotingTown, card: EstonianCard
) -> None:
    async def before(visit: SimulatedVisit, polls: SimulatedPolls) -> None:
        await to_first_contest(visit)
        await to_decision(visit)
        visit.post(on.Fault(VisitError.code))
        await visit.until(at.OutOfService)
        assert visit.desk.ballot == BallotDesk()
        assert stored(polls) == (0, 0, 0, 0)

    async def after(visit: SimulatedVisit, polls: SimulatedPolls) -> None:
        await whole_vote(visit, card)
        visit.post(on.Fault(VisitError.code))
        await visit.settle()
        assert isinstance(visit.state, vote.ShowingVoteReceipt)
        assert stored(polls) == (1, 1, 1, 0)

    voting.play(before, after)


def test_an_election_that_is_over_takes_no_vote(voting: VotingTown, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit, polls: SimulatedPolls) -> None:
        await to_first_contest(visit)
        await to_decision(visit)
        voting.clock.seconds += timedelta(days=11).total_seconds()
        visit.press(screens.Chose(CAST))
        await visit.until(vote.WaitingForVoter)
        visit.insert(card)
        await visit.settle()
        assert stored(polls) == (0, 0, 0, 0)

    voting.play(scene)
