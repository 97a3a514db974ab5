# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The rows of the session table for a booth and for a desk, where each has a way of its own.

A booth's way has no card in it: number, marks, slip, then the seed is forgotten in the first step of casting, and the
second slip leads out. A desk's way has no mark in it: a card for a number, or a booth's slip and then the card.
"""

from dataclasses import replace

from townhall_kiosk import effects as do
from townhall_kiosk import events as on
from townhall_kiosk import states as at
from townhall_kiosk.steps import Step
from townhall_kiosk.table_row import row
from townhall_kiosk.voting import effects as make
from townhall_kiosk.voting import events as happened
from townhall_kiosk.voting import states as vote
from townhall_kiosk.voting import steps as then

APART_TABLE = (
    # The booth
    row(
        vote.VotingOffered,
        happened.OfficersWanted,
        lambda _s, _e: Step(vote.WaitingForOfficer(), (do.Forget(), do.LookForCard())),
        vote.WaitingForOfficer,
    ),
    row(vote.WaitingForOfficer, on.WentBack, lambda _s, _e: Step(vote.VotingOffered()), vote.VotingOffered),
    row(vote.WaitingForOfficer, on.StopPressed, then.stop, at.Ended),
    row(
        vote.VotingOffered,
        happened.AdmissionNeeded,
        lambda _s, _e: Step(vote.EnteringAdmission()),
        vote.EnteringAdmission,
    ),
    row(
        vote.EnteringAdmission,
        on.AccessNumberGiven,
        lambda s, e: Step(s, (make.TakeAdmission(e.access_number),)),
        vote.EnteringAdmission,
    ),
    row(vote.EnteringAdmission, happened.BallotBegun, then.begun, vote.ChoosingDistrict, vote.Marking),
    row(
        vote.EnteringAdmission,
        happened.AdmissionRefused,
        lambda _s, _e: Step(vote.AdmissionMistyped(), (do.Forget(),)),
        vote.AdmissionMistyped,
    ),
    row(vote.AdmissionMistyped, on.Continued, lambda _s, _e: Step(vote.EnteringAdmission()), vote.EnteringAdmission),
    row(vote.AdmissionMistyped, on.StopPressed, then.stop, at.Ended),
    row(
        vote.EnteringAdmission,
        on.WentBack,
        lambda _s, _e: Step(vote.VotingOffered(), (do.Forget(),)),
        vote.VotingOffered,
    ),
    row(vote.EnteringAdmission, on.StopPressed, then.stop, at.Ended),
    row(vote.CheckOrCast, happened.SlipCastWanted, then.cast_at_booth, vote.CastingAtBooth),
    row(
        vote.CastingAtBooth,
        happened.CastSlipPrinted,
        then.cast_slip_printed,
        vote.TakingSlip,
        vote.CastSlipFailed,
    ),
    row(
        vote.CastingAtBooth,
        happened.VoterRefused,
        lambda _s, e: Step(vote.VoterTurnedAway(e.code, card_is_in=False), (do.Forget(),)),
        vote.VoterTurnedAway,
    ),
    row(
        vote.CastSlipFailed,
        on.Continued,
        lambda _s, _e: Step(vote.CastingAtBooth(), (make.PrintCastSlip(),)),
        vote.CastingAtBooth,
    ),
    row(vote.CastSlipFailed, on.StopPressed, then.stop, at.Ended),
    row(
        vote.TakingSlip,
        on.Continued,
        lambda _s, _e: Step(at.Thanked(at.Outcome.SLIP), (do.Forget(),)),
        at.Thanked,
    ),
    # The desk: a number
    row(
        vote.VotingOffered,
        happened.AdmissionWanted,
        lambda _s, _e: Step(vote.WaitingForVoter(), (do.Forget(), do.LookForCard())),
        vote.WaitingForVoter,
    ),
    row(
        vote.ReadingVoter,
        happened.NumberGiven,
        lambda _s, _e: Step(vote.ShowingAdmission(card_is_in=True), (make.PrintAdmission(),)),
        vote.ShowingAdmission,
    ),
    row(
        vote.ShowingAdmission,
        on.PrintAsked,
        lambda s, _e: Step(s, (make.PrintAdmission(),)),
        vote.ShowingAdmission,
    ),
    row(
        vote.ShowingAdmission,
        on.Printed,
        lambda s, e: Step(replace(s, paper=e.paper)),
        vote.ShowingAdmission,
    ),
    row(vote.ShowingAdmission, on.Continued, then.left_admission, at.TakingCard, at.Thanked),
    # The desk: a booth's slip
    row(
        vote.VotingOffered,
        happened.SlipInHand,
        lambda _s, _e: Step(vote.EnteringSlip(), (do.Forget(),)),
        vote.EnteringSlip,
    ),
    row(
        vote.EnteringSlip,
        on.AnswerGiven,
        lambda _s, e: Step(vote.ReadingSlip(), (make.ReadSlip(e.value),)),
        vote.ReadingSlip,
    ),
    row(vote.EnteringSlip, on.WentBack, lambda _s, _e: Step(vote.VotingOffered(), (do.Forget(),)), vote.VotingOffered),
    row(vote.EnteringSlip, on.StopPressed, then.stop, at.Ended),
    row(
        vote.ReadingSlip,
        happened.SlipTaken,
        lambda _s, _e: Step(vote.WaitingForVoter(), (do.LookForCard(),)),
        vote.WaitingForVoter,
    ),
    row(
        vote.ReadingSlip,
        happened.SlipRefused,
        lambda _s, e: Step(vote.EnteringSlip(e.code)),
        vote.EnteringSlip,
    ),
)
