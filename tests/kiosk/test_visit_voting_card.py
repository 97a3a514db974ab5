# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Votes in single-kiosk mode whose card is wrong, blocked, taken out or not read, or whose reader is gone."""

import pytest
from tests.kiosk.voting_town import (
    PIN2,
    VotingTown,
    sign,
    stored,
    to_decision,
    to_first_contest,
    to_statement,
)

from townhall_kiosk import states as at
from townhall_kiosk.simulation.election import SimulatedPolls
from townhall_kiosk.simulation.visit import FIRST, SECOND, SimulatedVisit
from townhall_kiosk.visit.ballot_desk import BallotDesk
from townhall_kiosk.visit.presenters.voting import CAST
from townhall_kiosk.voting import states as vote
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_ui import screens


def test_a_wrong_pin_is_asked_again_and_a_blocked_one_casts_nothing(voting: VotingTown, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit, polls: SimulatedPolls) -> None:
        await to_first_contest(visit)
        await to_decision(visit)
        await to_statement(visit, card)
        await sign(visit, "99999")
        state = await visit.until(vote.EnteringVotePin)
        assert (state.tries_left, state.notice) == (2, at.PinNotice.WRONG)
        visit.enter_pin("99999")
        await visit.settle()
        await visit.until(vote.ConfirmingLastVoteTry)
        visit.press(screens.Proceeded())
        await visit.until(vote.EnteringVotePin)
        visit.enter_pin("99999")
        await visit.until(vote.VoterCardRefused)
        assert stored(polls) == (0, 0, 0, 0)

    voting.play(scene)


def test_a_right_pin_after_a_wrong_one_casts(voting: VotingTown, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit, _polls: SimulatedPolls) -> None:
        await to_first_contest(visit)
        await to_decision(visit)
        await to_statement(visit, card)
        await sign(visit, "99999")
        await visit.until(vote.EnteringVotePin)
        visit.enter_pin(PIN2)
        await visit.until(vote.ShowingVoteReceipt)

    assert stored(voting.play(scene)) == (1, 1, 1, 0)


@pytest.mark.parametrize("step", ["statement", "last try", "pin"])
def test_a_card_taken_out_before_it_signed_casts_nothing(voting: VotingTown, card: EstonianCard, step: str) -> None:
    async def scene(visit: SimulatedVisit, polls: SimulatedPolls) -> None:
        await to_first_contest(visit)
        await to_decision(visit)
        await to_statement(visit, card)
        if step != "statement":
            visit.press(screens.Proceeded())
            await visit.until(vote.EnteringVotePin)
        if step == "last try":
            for _ in range(2):
                visit.enter_pin("99999")
                await visit.settle()
            await visit.until(vote.ConfirmingLastVoteTry)
        visit.remove()
        await visit.until(at.StoppedEarly)
        assert visit.desk.ballot == BallotDesk()
        assert stored(polls) == (0, 0, 0, 0)

    voting.play(scene)


def test_a_card_taken_out_while_the_vote_is_stored_changes_nothing(voting: VotingTown, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit, polls: SimulatedPolls) -> None:
        await to_first_contest(visit)
        await to_decision(visit)
        await to_statement(visit, card)
        await polls.station.lock.acquire()  # a disk that takes its time
        await sign(visit)
        await visit.until(vote.CastingVote)
        visit.remove()
        await visit.settle()
        assert visit.state == vote.CastingVote(card_is_in=False)
        polls.station.lock.release()
        await visit.until(vote.ShowingVoteReceipt)
        visit.press(screens.Proceeded())
        await visit.until(at.Thanked)

    assert stored(voting.play(scene)) == (1, 1, 1, 0)


def test_a_card_that_is_not_read_may_come_again_and_the_ballot_waits(
    voting: VotingTown, card: EstonianCard, kadri_keys: CardKeys
) -> None:
    async def scene(visit: SimulatedVisit, _polls: SimulatedPolls) -> None:
        await to_first_contest(visit)
        await to_decision(visit)
        visit.press(screens.Chose(CAST))
        await visit.until(vote.WaitingForVoter)
        visit.insert(card)
        visit.insert(EstonianCard(KADRI, kadri_keys), SECOND)
        await visit.settle()
        if visit.state == vote.WaitingForVoter(are_several=True):
            visit.remove(SECOND)
            await visit.until(vote.ReadingStatement)
        await sign(visit)
        await visit.until(vote.ShowingVoteReceipt)

    voting.play(scene)


def test_where_the_reader_is_gone_nobody_is_asked_to_put_a_card_into_it(voting: VotingTown) -> None:
    async def scene(visit: SimulatedVisit, polls: SimulatedPolls) -> None:
        await to_first_contest(visit)
        await to_decision(visit)
        visit.press(screens.Chose(CAST))
        await visit.until(vote.WaitingForVoter)
        for reader in (FIRST, SECOND):
            visit.cards.unplug(reader)
        await visit.settle()
        assert isinstance(visit.screen, screens.MessageScreen)
        assert visit.screen.paragraphs == (visit.around.text("insert-card.no-reader"),)
        assert visit.screen.frame.stop is not None
        assert stored(polls) == (0, 0, 0, 0)

    voting.play(scene)
