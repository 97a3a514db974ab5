# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the session table promises a voter, walked over every state that events can lead to."""

from typing import get_args

from townhall_kiosk import effects as do
from townhall_kiosk import events as on
from townhall_kiosk import states as at
from townhall_kiosk.session import advance
from townhall_kiosk.simulation.table_walk import EVENTS, graph, steps
from townhall_kiosk.states import State
from townhall_kiosk.steps import Step
from townhall_kiosk.voting import effects as make
from townhall_kiosk.voting import events as happened
from townhall_kiosk.voting import messages
from townhall_kiosk.voting import states as vote

AFTER_CAST = (
    *(vote.WaitingForVoter, vote.ReadingVoter, vote.VoterCardRefused, vote.ReadingStatement),
    *(vote.ConfirmingLastVoteTry, vote.EnteringVotePin, vote.SigningVote, vote.CastingVote),
    *(vote.CastingAtBooth, vote.CastSlipFailed, vote.TakingSlip),
)
"""Where a ballot lies that can be opened no more."""


def test_once_cast_is_chosen_no_way_leads_to_opening_that_ballot() -> None:
    for state, _event, step in steps():
        if isinstance(at.beneath(state), AFTER_CAST) and not isinstance(state, at.AtCounter):
            assert not any(isinstance(effect, make.OpenBallot | make.PrintSlip) for effect in step.effects)
            assert not isinstance(at.beneath(step.state), vote.CheckOrCast | vote.OpeningBallot | vote.ShowingCheck)


def test_a_ballot_that_was_opened_is_forgotten_before_another_begins() -> None:
    step = advance(vote.ShowingCheck(), on.Continued())
    assert step == Step(vote.VotingOffered(), (do.Forget(), make.BeginBallot()))
    opened = (vote.OpeningBallot, vote.ShowingCheck)
    for state, _event, after in steps():
        if isinstance(at.beneath(state), opened):
            assert not any(
                isinstance(effect, make.ReadVoter | make.SignStatement | make.CastVote) for effect in after.effects
            )


def test_the_seed_is_forgotten_in_the_step_that_first_looks_for_a_card() -> None:
    """No state between the offer and the decision asks for a card, reads one, or knows a reader."""
    before = (
        *(vote.VotingOffered, vote.ChoosingDistrict, vote.Marking, vote.ReviewingBallot, vote.MakingBallot),
        *(vote.SlipFailed, vote.CheckOrCast, vote.OpeningBallot, vote.ShowingCheck, vote.EnteringAdmission),
        vote.AdmissionMistyped,
    )
    looks = (do.LookForCard, do.ReadCard, make.ReadVoter)
    without_ballot = (happened.ServicesWanted, happened.AdmissionWanted, happened.OfficersWanted)
    for state, event, step in steps():
        if isinstance(at.beneath(state), before) and not isinstance(state, at.AtCounter):
            looking = any(isinstance(effect, looks) for effect in step.effects)
            if looking and isinstance(event, without_ballot):
                assert do.Forget() in step.effects
            elif looking:
                assert step.effects == (make.ForgetSeed(), do.LookForCard())


AT_BOOTH = (vote.EnteringAdmission, vote.AdmissionMistyped, vote.CastingAtBooth, vote.CastSlipFailed, vote.TakingSlip)
"""Where only a booth is."""


def test_no_way_of_a_booth_leads_to_anybody_s_card() -> None:
    """From a booth's casting on there is its second slip and the end: no card is looked for, read or signs."""
    cards = (do.LookForCard, do.ReadCard, make.ReadVoter, make.OpenVoterCard, make.SignStatement, make.CastVote)
    for state, _event, step in steps():
        if isinstance(at.beneath(state), AT_BOOTH) and not isinstance(state, at.AtCounter):
            assert not any(isinstance(effect, cards) for effect in step.effects), (state, step)
            assert at.beneath(step.state).card is not at.CardNeed.VISIT


def test_a_booth_s_second_slip_comes_only_after_the_seed_is_forgotten() -> None:
    leading = [
        (state, event, step)
        for state, event, step in steps()
        if any(isinstance(effect, make.CastAtBooth) for effect in step.effects) and not isinstance(state, at.AtCounter)
    ]
    assert leading
    for state, event, step in leading:
        assert isinstance(state, vote.CheckOrCast)
        assert isinstance(event, happened.SlipCastWanted)
        assert step == Step(vote.CastingAtBooth(), (make.ForgetSeed(), make.CastAtBooth()))


def test_a_desk_s_slip_is_verified_before_a_card_is_looked_for() -> None:
    for state, event, step in steps():
        is_about_slip = isinstance(at.beneath(state), vote.EnteringSlip | vote.ReadingSlip)
        is_looking = any(isinstance(effect, do.LookForCard) for effect in step.effects)
        if is_about_slip and is_looking and not isinstance(state, at.AtCounter):
            assert isinstance(state, vote.ReadingSlip)
            assert isinstance(event, happened.SlipTaken)


def test_no_event_or_effect_shows_an_admission_number_or_a_slip() -> None:
    number, slip = "123456786", "TOWNHALL-CAST-1:AAAA"
    shown = (
        make.TakeAdmission(bytearray(number.encode())),
        make.ReadSlip(slip),
        messages.SlipWanted("e", "b", number),
        messages.SlipBrought(slip),
        messages.NumberGiven(number, "harbour"),
    )
    assert not any(number in repr(each) or slip in repr(each) for each in shown)


def test_only_a_signature_leads_to_casting_and_only_the_keeper_s_word_to_the_receipt() -> None:
    for state, event, step in steps():
        if isinstance(state, at.AtCounter):
            continue
        if any(isinstance(effect, make.CastVote) for effect in step.effects):
            assert isinstance(state, vote.SigningVote)
            assert isinstance(event, on.PinAccepted)
        if isinstance(at.beneath(step.state), vote.ShowingVoteReceipt) and not isinstance(
            at.beneath(state), vote.ShowingVoteReceipt
        ):
            assert isinstance(event, happened.VoteStored)


def test_every_voting_screen_waits_as_vvsg_asks() -> None:
    asking: set[type[State]] = set(get_args(vote.Asking))
    assert {(kind.idle.wait_s, kind.idle.countdown_s) for kind in asking if kind.idle is not None} == {(300, 45)}
    assert all(kind.idle is not None for kind in asking)


def test_marks_are_kept_where_they_were_made_and_nowhere_else() -> None:
    for state, event, step in steps():
        kept = [effect for effect in step.effects if isinstance(effect, make.Mark | make.Rank)]
        if kept:
            assert isinstance(state, vote.Marking)
            assert isinstance(event, happened.Marked | happened.Ranked)
            assert kept[0].contest == state.contest


def test_no_state_event_or_effect_shows_a_mark_or_a_pin() -> None:
    assert "secret-mark" not in repr(happened.Marked(("secret-mark",)))
    assert "secret-mark" not in repr(happened.Ranked((("secret-mark",),)))
    assert "secret-mark" not in repr(make.Mark(0, ("secret-mark",)))
    assert "secret-mark" not in repr(make.Rank(0, (("secret-mark",),)))
    assert "12345" not in repr(make.SignStatement("A", last_try_confirmed=False, pin=bytearray(b"12345")))
    assert len(graph()) > len(EVENTS)
