# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The rows of the session table for a visit that votes; read top-down in the order of a vote.

A ballot is marked, made, and committed to on paper before the machine looks at anybody's card. Then the person either
has it opened, which makes it void, or casts it; the seed is forgotten in the first step of casting, so that no later
step, mistake or fault can open a ballot that counts. ``CardRemoved``, ``IdleTimeout`` and ``Fault`` are answered by the
session's own functions (``steps``).
"""

from dataclasses import replace

from townhall_kiosk import effects as do
from townhall_kiosk import events as on
from townhall_kiosk import states as at
from townhall_kiosk.steps import Step, finish
from townhall_kiosk.table_row import row
from townhall_kiosk.voting import effects as make
from townhall_kiosk.voting import events as happened
from townhall_kiosk.voting import states as vote
from townhall_kiosk.voting import steps as then
from townhall_kiosk.voting.apart_table import APART_TABLE

_PIN = (vote.ConfirmingLastVoteTry, vote.EnteringVotePin, vote.VoterCardRefused)

VOTING_TABLE = (
    # Coming in
    row(vote.VotingOffered, happened.VoteWanted, lambda s, _e: Step(s, (make.BeginBallot(),)), vote.VotingOffered),
    row(
        vote.VotingOffered,
        happened.ServicesWanted,
        lambda _s, _e: Step(at.WaitingForCard(), (do.Forget(), do.LookForCard())),
        at.WaitingForCard,
    ),
    row(vote.VotingOffered, happened.BallotBegun, then.begun, vote.ChoosingDistrict, vote.Marking),
    row(
        vote.VotingOffered,
        happened.VotingRefused,
        lambda _s, e: Step(vote.VotingOffered(e.code)),
        vote.VotingOffered,
    ),
    row(vote.VotingOffered, on.StopPressed, then.stop, at.Ended),
    row(
        vote.ChoosingDistrict,
        happened.DistrictChosen,
        lambda s, e: Step(s, (make.ChooseDistrict(e.district),)),
        vote.ChoosingDistrict,
    ),
    row(vote.ChoosingDistrict, happened.BallotBegun, then.begun, vote.ChoosingDistrict, vote.Marking),
    row(
        vote.ChoosingDistrict,
        on.WentBack,
        lambda _s, _e: Step(vote.VotingOffered(), (do.Forget(),)),
        vote.VotingOffered,
    ),
    row(vote.ChoosingDistrict, on.StopPressed, then.stop, at.Ended),
    # Marking
    row(vote.Marking, happened.Marked, then.marked, vote.Marking),
    row(vote.Marking, happened.Ranked, then.ranked, vote.Marking),
    row(vote.Marking, on.Continued, lambda s, _e: Step(s, (make.LeaveContest(s.contest),)), vote.Marking),
    row(vote.Marking, happened.ContestAccepted, then.contest_accepted, vote.Marking, vote.ReviewingBallot),
    row(vote.Marking, happened.ContestRefused, then.contest_refused, vote.Marking),
    row(vote.Marking, on.WentBack, then.back_from_contest, vote.Marking, vote.VotingOffered),
    row(vote.Marking, on.StopPressed, then.stop, at.Ended),
    row(
        vote.ReviewingBallot,
        on.ChangeAsked,
        lambda _s, e: Step(vote.Marking(e.question, is_changing=True)),
        vote.Marking,
    ),
    row(
        vote.ReviewingBallot,
        on.Continued,
        lambda _s, _e: Step(vote.MakingBallot(), (make.MakeBallot(),)),
        vote.MakingBallot,
    ),
    row(vote.ReviewingBallot, on.StopPressed, then.stop, at.Ended),
    # The commitment
    row(vote.MakingBallot, happened.SlipPrinted, then.slip_printed, vote.CheckOrCast, vote.SlipFailed),
    row(
        vote.SlipFailed,
        on.Continued,
        lambda _s, _e: Step(vote.MakingBallot(), (make.PrintSlip(),)),
        vote.MakingBallot,
    ),
    row(vote.SlipFailed, on.StopPressed, then.stop, at.Ended),
    row(
        vote.CheckOrCast,
        happened.CheckWanted,
        lambda _s, _e: Step(vote.OpeningBallot(), (make.OpenBallot(),)),
        vote.OpeningBallot,
    ),
    row(vote.CheckOrCast, happened.CastWanted, then.cast, vote.WaitingForVoter),
    row(vote.CheckOrCast, on.StopPressed, then.stop, at.Ended),
    # The check
    row(vote.OpeningBallot, happened.BallotOpened, lambda _s, _e: Step(vote.ShowingCheck()), vote.ShowingCheck),
    row(
        vote.ShowingCheck,
        on.Continued,
        lambda _s, _e: Step(vote.VotingOffered(), (do.Forget(), make.BeginBallot())),
        vote.VotingOffered,
    ),
    row(vote.ShowingCheck, on.StopPressed, then.stop, at.Ended),
    # The card
    row(vote.WaitingForVoter, on.CardInserted, then.read, vote.ReadingVoter),
    row(vote.WaitingForVoter, on.CardUnusable, then.refuse_card, vote.VoterCardRefused),
    row(
        vote.WaitingForVoter,
        on.SeveralCardsSeen,
        lambda _s, _e: Step(vote.WaitingForVoter(are_several=True)),
        vote.WaitingForVoter,
    ),
    row(vote.WaitingForVoter, on.StopPressed, then.stop, at.Ended),
    row(vote.VoterCardRefused, on.CardInserted, then.read, vote.ReadingVoter),
    row(vote.VoterCardRefused, on.CardUnusable, then.refuse_card, vote.VoterCardRefused),
    row(
        vote.ReadingVoter,
        on.AccessNumberNeeded,
        lambda s, _e: Step(vote.EnteringVoterNumber(s.reader)),
        vote.EnteringVoterNumber,
    ),
    row(
        vote.ReadingVoter,
        on.AccessNumberWasWrong,
        lambda s, _e: Step(vote.EnteringVoterNumber(s.reader, was_wrong=True)),
        vote.EnteringVoterNumber,
    ),
    row(
        vote.EnteringVoterNumber,
        on.AccessNumberGiven,
        lambda s, e: Step(vote.ReadingVoter(s.reader), (make.OpenVoterCard(s.reader, e.access_number),)),
        vote.ReadingVoter,
    ),
    row(vote.EnteringVoterNumber, on.StopPressed, then.stop_with_card, at.TakingCard),
    row(vote.ReadingVoter, happened.VoterKnown, then.known, vote.ReadingStatement, vote.VoterCardRefused),
    row(vote.ReadingVoter, happened.VoterRefused, then.turn_away, vote.VoterTurnedAway),
    row(vote.ReadingVoter, on.CardFailed, then.refuse_card, vote.VoterCardRefused),
    row(vote.ReadingVoter, on.CardWasDisturbed, then.disturbed, vote.VoterCardRefused),
    row(vote.VoterTurnedAway, on.Continued, then.left_turned_away, at.TakingCard, at.Thanked),
    row(vote.VoterTurnedAway, on.TimeUp, then.left_turned_away, at.TakingCard, at.Thanked),
    # The signature
    row(
        vote.ReadingStatement,
        on.Continued,
        lambda s, _e: then.ask_pin(s.reader, s.signature_tries),
        vote.ConfirmingLastVoteTry,
        vote.EnteringVotePin,
    ),
    row(vote.ReadingStatement, on.StopPressed, then.stop_with_card, at.TakingCard),
    row(
        vote.ConfirmingLastVoteTry,
        on.Continued,
        lambda s, _e: Step(vote.EnteringVotePin(s.reader, 1, last_try_confirmed=True)),
        vote.EnteringVotePin,
    ),
    row(
        vote.ConfirmingLastVoteTry,
        on.WentBack,
        lambda s, _e: Step(vote.ReadingStatement(s.reader, 1)),
        vote.ReadingStatement,
    ),
    row(vote.ConfirmingLastVoteTry, on.StopPressed, then.stop_with_card, at.TakingCard),
    row(vote.EnteringVotePin, on.PinGiven, then.use_pin, vote.SigningVote),
    row(
        vote.EnteringVotePin,
        on.WentBack,
        lambda s, _e: Step(vote.ReadingStatement(s.reader, s.tries_left)),
        vote.ReadingStatement,
    ),
    row(vote.EnteringVotePin, on.StopPressed, then.stop_with_card, at.TakingCard),
    row(
        vote.SigningVote,
        on.PinAccepted,
        lambda _s, _e: Step(vote.CastingVote(), (make.CastVote(),)),
        vote.CastingVote,
    ),
    row(
        vote.SigningVote,
        on.PinWasWrong,
        lambda s, e: then.ask_pin(s.reader, e.tries_left, at.PinNotice.WRONG),
        *_PIN,
    ),
    row(vote.SigningVote, on.PinLengthWasRefused, then.ask_again(at.PinNotice.LENGTH), vote.EnteringVotePin),
    row(
        vote.SigningVote,
        on.PinNotEntered,
        lambda s, e: then.ask_again(e.reason)(s, e),
        vote.EnteringVotePin,
    ),
    row(vote.SigningVote, on.CardWasDisturbed, then.ask_again(at.PinNotice.INTERRUPTED), vote.EnteringVotePin),
    row(
        vote.SigningVote,
        on.LastTryWasReached,
        lambda s, _e: then.ask_pin(s.reader, 1),
        vote.ConfirmingLastVoteTry,
    ),
    row(vote.SigningVote, on.PinWasBlocked, lambda s, _e: then.ask_pin(s.reader, 0), vote.VoterCardRefused),
    row(vote.SigningVote, on.CardFailed, then.refuse_card, vote.VoterCardRefused),
    # Done
    row(vote.CastingVote, happened.VoteStored, then.stored, vote.ShowingVoteReceipt),
    row(
        vote.CastingVote,
        happened.VoterRefused,
        lambda s, e: Step(vote.VoterTurnedAway(e.code, s.card_is_in), (do.Forget(),)),
        vote.VoterTurnedAway,
    ),
    row(
        vote.ShowingVoteReceipt,
        on.PrintAsked,
        lambda s, _e: Step(s, (make.PrintVoteReceipt(),)),
        vote.ShowingVoteReceipt,
    ),
    row(
        vote.ShowingVoteReceipt,
        on.Printed,
        lambda s, e: Step(replace(s, paper=e.paper)),
        vote.ShowingVoteReceipt,
    ),
    row(vote.ShowingVoteReceipt, on.Continued, finish, at.TakingCard, at.Thanked),
    *APART_TABLE,
)
