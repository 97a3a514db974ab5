# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What each step of a visit that votes leads to: the functions behind the rows of ``voting.table``; all pure."""

from collections.abc import Callable
from dataclasses import replace

from townhall_kiosk import effects as do
from townhall_kiosk import events as on
from townhall_kiosk import states as at
from townhall_kiosk.card_problem import CardProblem
from townhall_kiosk.events import Event
from townhall_kiosk.steps import Step
from townhall_kiosk.voting import effects as make
from townhall_kiosk.voting import events as happened
from townhall_kiosk.voting import states as vote


def begun(_state: Event | vote.State, event: happened.BallotBegun) -> Step:
    """Ask where the person lives, where that decides what they vote on; else on to the first contest."""
    return Step(vote.ChoosingDistrict() if event.needs_district else vote.Marking(0))


def marked(state: vote.Marking, event: happened.Marked) -> Step:
    """Keep the marks; a notice about too few is dealt with."""
    return Step(replace(state, has_notice=False), (make.Mark(state.contest, event.marks),))


def ranked(state: vote.Marking, event: happened.Ranked) -> Step:
    """Keep the ranks."""
    return Step(replace(state, has_notice=False), (make.Rank(state.contest, event.ranking),))


def contest_accepted(state: vote.Marking, event: happened.ContestAccepted) -> Step:
    """On to the next contest, or to the review when none follows or the person came from there."""
    if event.contest != state.contest:  # the person went back meanwhile
        return Step(state)
    if event.following is None or state.is_changing:
        return Step(vote.ReviewingBallot())
    return Step(vote.Marking(event.following))


def contest_refused(state: vote.Marking, event: happened.ContestRefused) -> Step:
    """Say how many marks the contest needs."""
    return Step(state if event.contest != state.contest else replace(state, has_notice=True))


def back_from_contest(state: vote.Marking, _event: on.WentBack) -> Step:
    """Back to the contest before; of the first, to the beginning, where nothing is kept."""
    if state.is_changing:  # by the same way as forward: what is too little there is too little here
        return Step(state, (make.LeaveContest(state.contest),))
    if state.contest == 0:
        return Step(vote.VotingOffered(), (do.Forget(),))
    return Step(vote.Marking(state.contest - 1))


def slip_printed(_state: vote.State, event: happened.SlipPrinted) -> Step:
    """Only who holds the slip is asked to check or cast."""
    return Step(vote.CheckOrCast() if event.paper is at.Paper.PRINTED else vote.SlipFailed(event.paper))


def cast(_state: vote.CheckOrCast, _event: happened.CastWanted) -> Step:
    """Forget what could open the ballot, before anybody's card is looked at."""
    return Step(vote.WaitingForVoter(), (make.ForgetSeed(), do.LookForCard()))


def cast_at_booth(_state: vote.CheckOrCast, _event: happened.SlipCastWanted) -> Step:
    """Forget what could open the ballot; only then have it stored, and said on paper that it is cast."""
    return Step(vote.CastingAtBooth(), (make.ForgetSeed(), make.CastAtBooth()))


def cast_slip_printed(_state: vote.CastingAtBooth, event: happened.CastSlipPrinted) -> Step:
    """With the slip in hand the person goes to the desk; without it the ballot does not count."""
    return Step(vote.TakingSlip() if event.paper is at.Paper.PRINTED else vote.CastSlipFailed(event.paper))


def read(_state: vote.WaitingForVoter | vote.VoterCardRefused, event: on.CardInserted) -> Step:
    """Read the one card that is in."""
    return Step(vote.ReadingVoter(event.reader), (make.ReadVoter(event.reader),))


def refuse_card(_state: vote.State, event: on.CardUnusable | on.CardFailed) -> Step:
    """The card cannot be used; the ballot waits."""
    return Step(vote.VoterCardRefused(event.problem))


def disturbed(_state: vote.ReadingVoter, _event: on.CardWasDisturbed) -> Step:
    """Another program holds the card."""
    return Step(vote.VoterCardRefused(CardProblem.BUSY))


def known(state: vote.ReadingVoter, event: happened.VoterKnown) -> Step:
    """Show what will be signed; a card that cannot sign is of no use."""
    if event.signature_tries <= 0:
        return Step(vote.VoterCardRefused(CardProblem.PIN2_BLOCKED))
    return Step(vote.ReadingStatement(state.reader, event.signature_tries))


def turn_away(_state: vote.State, event: happened.VoterRefused) -> Step:
    """Say why; nothing of the ballot stays."""
    return Step(vote.VoterTurnedAway(event.code), (do.Forget(),))


def ask_pin(reader: str, tries: int, notice: at.PinNotice = at.PinNotice.NONE) -> Step:
    """Open the pad; before the last try the person says that they know, and without a try there is no pad."""
    if tries <= 0:
        return Step(vote.VoterCardRefused(CardProblem.PIN2_BLOCKED))
    if tries == 1:
        return Step(vote.ConfirmingLastVoteTry(reader))
    return Step(vote.EnteringVotePin(reader, tries, notice))


def use_pin(state: vote.EnteringVotePin, event: on.PinGiven) -> Step:
    """Have the card sign."""
    signing = vote.SigningVote(state.reader, state.tries_left, state.last_try_confirmed)
    return Step(signing, (make.SignStatement(state.reader, state.last_try_confirmed, event.pin),))


def ask_again(notice: at.PinNotice) -> Callable[[vote.SigningVote, Event], Step]:
    """Open the same pad once more; no try was used."""

    def take(state: vote.SigningVote, _event: Event) -> Step:
        return Step(vote.EnteringVotePin(state.reader, state.tries_left, notice, state.last_try_confirmed))

    return take


def stored(state: vote.CastingVote, _event: happened.VoteStored) -> Step:
    """Done: the receipt comes without asking."""
    return Step(vote.ShowingVoteReceipt(state.card_is_in), (make.PrintVoteReceipt(),))


def left_admission(state: vote.ShowingAdmission, _event: Event) -> Step:
    """On to a booth: the card first, if it is in."""
    if state.card_is_in:
        return Step(at.TakingCard(at.Outcome.ADMITTED), (do.Forget(),))
    return Step(at.Thanked(at.Outcome.ADMITTED), (do.Forget(),))


def left_turned_away(state: vote.VoterTurnedAway, _event: Event) -> Step:
    """The person has read why: the card first, if it is in."""
    if state.card_is_in:
        return Step(at.TakingCard(at.Outcome.NOTHING_SENT), (do.Forget(),))
    return Step(at.Thanked(at.Outcome.NOTHING_SENT), (do.Forget(),))


def stop_with_card(_state: vote.State, _event: Event) -> Step:
    """The person stopped while a card is in: nothing was cast."""
    return Step(at.TakingCard(at.Outcome.NOTHING_SENT), (do.Forget(),))


def stop(_state: vote.State, _event: Event) -> Step:
    """The person stopped before any card: nothing was cast, and nothing stays."""
    return Step(at.Ended(at.Outcome.NOTHING_SENT), (do.Forget(), do.EndVisit(at.Outcome.NOTHING_SENT)))
