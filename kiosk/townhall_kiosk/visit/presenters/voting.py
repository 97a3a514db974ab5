# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Screens of a vote, from the offer to the receipt."""

from typing import Final, assert_never

from townhall_kiosk import states as at
from townhall_kiosk.visit.ballot_desk import BallotDesk
from townhall_kiosk.visit.presenters import apart, ballot, ballot_words, card
from townhall_kiosk.visit.presenters.frames import frame, page_words
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_kiosk.visit.voting_paper import election_title, place_name
from townhall_kiosk.voting import states as vote
from townhall_kiosk.voting.errors import REFUSALS
from townhall_smartcard.messages import PinRole
from townhall_ui.screens import (
    Choice,
    ChoiceScreen,
    MessageScreen,
    Picture,
    ReceiptScreen,
    Screen,
    StatementScreen,
    Tone,
    WorkingScreen,
)
from townhall_voting.eligibility.receipt import VotingReceiptFacts
from townhall_voting.hashing import hash_bytes
from townhall_voting.package.definition import DeviceRole
from townhall_voting.words import words

VOTE: Final = "vote"
SERVICES: Final = "services"
CHECK: Final = ballot_words.CHECK
CAST: Final = ballot_words.CAST
_GROUP: Final = 8


def present(state: vote.State, desk: BallotDesk, around: Surroundings) -> Screen:  # noqa: C901, PLR0911, PLR0912  # one line a state
    """Return the screen of ``state``, in the person's language."""
    match state:
        case vote.VotingOffered():
            return offered(state, around)
        case vote.ChoosingDistrict():
            return districts(around)
        case vote.Marking():
            return ballot.contest(state, desk, around)
        case vote.ReviewingBallot():
            return ballot.review(desk, around)
        case vote.MakingBallot():
            return _working(around, "voting.making.heading", "voting.making.step", "voting.making.print")
        case vote.SlipFailed():
            return slip_failed(state, around)
        case vote.CheckOrCast():
            return ballot_words.check_or_cast(around, words_of(desk))
        case vote.OpeningBallot():
            return _working(around, "voting.opening.heading", "voting.opening.step")
        case vote.ShowingCheck():
            return ballot_words.checked(around, desk.opened)
        case vote.WaitingForVoter():
            return waiting_for_voter(state, desk, around)
        case vote.ReadingVoter():
            return _working(around, "voting.reading.heading", "voting.reading.step", "voting.reading.roll", card=True)
        case vote.EnteringVoterNumber():
            return card.access_number(at.EnteringAccessNumber(state.reader, state.was_wrong), around)
        case vote.VoterCardRefused():
            return card.refused(at.CardRefused(state.problem), around)
        case vote.VoterTurnedAway():
            return turned_away(state, around)
        case vote.ReadingStatement():
            return statement(desk, around)
        case vote.ConfirmingLastVoteTry():
            return card.last_try(at.ConfirmingLastTry(state.reader, PinRole.SIGNATURE), around)
        case vote.EnteringVotePin():
            return pin(state, around)
        case vote.SigningVote():
            return _working(around, "signing.heading", "signing.step", "voting.casting.step", card=True)
        case vote.CastingVote():
            return _working(around, "voting.casting.heading", "signing.step", "voting.casting.step", current=1)
        case vote.ShowingVoteReceipt():
            return receipt(state, desk, around)
        case _:
            return _apart(state, desk, around)


def _apart(state: vote.Apart, desk: BallotDesk, around: Surroundings) -> Screen:  # noqa: PLR0911  # one line a state
    """Return the screen of a state that only a booth or a desk has."""
    match state:
        case vote.WaitingForOfficer():
            return apart.waiting_for_officer(around)
        case vote.EnteringAdmission():
            return apart.entering_admission(around)
        case vote.AdmissionMistyped():
            return apart.admission_mistyped(around)
        case vote.CastingAtBooth():
            return _working(around, "voting.sealing.heading", "voting.sealing.step", "voting.making.print")
        case vote.CastSlipFailed():
            return apart.cast_slip_failed(state, around)
        case vote.TakingSlip():
            return ballot_words.slip_to_desk(around, words_of(desk))
        case vote.EnteringSlip():
            return apart.entering_slip(state, around)
        case vote.ReadingSlip():
            return _working(around, "voting.reading-slip.heading", "voting.reading-slip.step")
        case vote.ShowingAdmission():
            return apart.admission(state, desk, around)
        case _:
            assert_never(state)


def _working(around: Surroundings, heading: str, *steps: str, current: int = 0, card: bool = False) -> WorkingScreen:
    text = around.text
    warning = text("working.leave-card") if card else ""
    return WorkingScreen(frame(around, text(heading), ways=False), tuple(map(text, steps)), current, warning)


def why(code: str, around: Surroundings) -> str:
    """Return in words why nobody, or not this person, votes here now."""
    return around.text(f"voting.refused.{REFUSALS.get(code, 'other')}")


def offered(state: vote.VotingOffered, around: Surroundings) -> ChoiceScreen:
    """Vote, or something else."""
    text = around.text
    hint = why(state.code, around) if state.code else election_title(around)
    ballot_here = Choice(VOTE, text("voting.offer.vote"), hint=hint, is_available=not state.code)
    services = Choice(SERVICES, text("voting.offer.services"), hint=text("voting.offer.services.what"))
    match around.role:
        case DeviceRole.BOOTH:
            choices: tuple[Choice, ...] = (ballot_here, apart.officers_offer(around))
        case DeviceRole.DESK:
            choices = (*apart.desk_offers(around), services)
        case _:
            choices = (ballot_here, services)
    heading = frame(around, text("voting.offer.heading"), stop=True, code=state.code)
    return ChoiceScreen(heading, choices, introduction=place_name(around), paging=page_words(around))


def districts(around: Surroundings) -> ChoiceScreen:
    """Where the person lives."""
    text = around.text
    assert around.election is not None  # noqa: S101  # the table opens this state only in an election
    language = around.election.language(around.language)
    choices = tuple(Choice(each.id, each.name[language]) for each in around.election.districts)
    heading = frame(around, text("voting.district.heading"), back=True, stop=True)
    return ChoiceScreen(heading, choices, introduction=text("voting.district.what"), paging=page_words(around))


def slip_failed(state: vote.SlipFailed, around: Surroundings) -> MessageScreen:
    """No slip, no question whether to check or cast."""
    text = around.text
    heading = frame(around, text("voting.slip-failed.heading"), proceed=text("receipt.print-again"), stop=True)
    paragraphs = (text(f"voting.slip-failed.{state.paper.value}"), text("voting.slip-failed.what"))
    return MessageScreen(heading, paragraphs, Picture.HELP, Tone.PROBLEM)


def waiting_for_voter(state: vote.WaitingForVoter, desk: BallotDesk, around: Surroundings) -> MessageScreen:
    """The card, only now; why it is asked for, by what lies on the desk."""
    text = around.text
    if state.are_several:
        return card.several_cards(around)
    heading = frame(around, text("voting.card.heading"), stop=True)
    if not around.has_reader:
        return card.no_reader(heading, around)
    why_now = "voting.card.what"
    if around.role is DeviceRole.DESK:
        why_now = "voting.card.admission" if desk.slip is None else "voting.card.slip"
    said = () if desk.slip is None else (ballot_words.slip_says(around, desk.slip.words),)
    return MessageScreen(heading, (text(why_now), *said, text("insert-card.how")), Picture.INSERT_CARD)


def turned_away(state: vote.VoterTurnedAway, around: Surroundings) -> MessageScreen:
    """Not this person, not here, not now; and nothing was cast."""
    text = around.text
    is_desk = around.role is DeviceRole.DESK  # which never had the ballot
    told, what = ("desk-heading", "desk-what") if is_desk else ("heading", "what")
    paragraphs = [why(state.code, around), text(f"voting.turned-away.{what}")]
    if state.card_is_in:
        paragraphs.append(text("take-card.now"))
    heading = frame(around, text(f"voting.turned-away.{told}"), proceed=text("receipt.finish"), code=state.code)
    return MessageScreen(heading, tuple(paragraphs), Picture.TAKE_CARD, Tone.PROBLEM)


def statement(desk: BallotDesk, around: Surroundings) -> StatementScreen:
    """Exactly what will be signed."""
    assert around.election is not None  # noqa: S101  # the table opens this state only with a statement on the desk
    assert desk.statement is not None  # noqa: S101
    return ballot_words.cast_statement(around, around.election.sentence(desk.statement))


def pin(state: vote.EnteringVotePin, around: Surroundings) -> Screen:
    """The pad for PIN 2, and what it signs."""
    pad = at.EnteringPin(state.reader, PinRole.SIGNATURE, state.tries_left, state.notice, state.last_try_confirmed)
    return card.pin_pad(pad, around.text("voting.pin.introduction"), around.text("cast.button"), around)


def receipt(state: vote.ShowingVoteReceipt, desk: BallotDesk, around: Surroundings) -> ReceiptScreen:
    """Cast and stored."""
    facts = desk.receipt_facts
    assert facts is not None  # noqa: S101  # the table opens this state only after the keeper stored both halves
    return ballot_words.vote_receipt(
        around,
        election=election_title(around),
        words=facts.words,
        named=_named(facts, around),
        code=desk.receipt,
        paper=state.paper,
    )


def _named(facts: VotingReceiptFacts, around: Surroundings) -> tuple[str, str]:
    """Return what the ballot is called: by its tracker, or at a desk, which never sees it, by its hash."""
    if facts.tracker:
        return around.text("cast.tracker"), _in_groups(facts.tracker)
    return around.text("voting.paper.ballot"), _in_groups(facts.ballot)


def _in_groups(fingerprint: str) -> str:
    return " ".join(fingerprint[start : start + _GROUP] for start in range(0, len(fingerprint), _GROUP))


def words_of(desk: BallotDesk) -> str:
    """Return the words by which a person tells their slip."""
    assert desk.made is not None  # noqa: S101  # the table opens these states only with a ballot that is made
    return words(hash_bytes(desk.made.unsigned.hash))
