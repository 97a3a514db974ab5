# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whole votes in single-kiosk mode: a person, a real simulated card, a real polling station on a real disk."""

import msgspec
import pytest
from tests.kiosk.voting_town import (
    AS_RECORDED,
    VotingTown,
    cast,
    check,
    sign,
    stored,
    to_decision,
    to_first_contest,
    whole_vote,
)

from townhall_crypto.device_key import FileDeviceKey
from townhall_kiosk import states as at
from townhall_kiosk.simulation.election import SimulatedPolls
from townhall_kiosk.simulation.visit import SimulatedVisit
from townhall_kiosk.states import Outcome
from townhall_kiosk.visit.ballot_desk import BallotDesk
from townhall_kiosk.visit.presenters.voting import CAST
from townhall_kiosk.voting import states as vote
from townhall_kiosk.voting.errors import (
    NotOnRollError,
    VotedHereError,
)
from townhall_kiosk.voting.sets_on_disk import Part
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import JUHAN, KADRI
from townhall_smartcard.simulation.pki import TestPki
from townhall_ui import screens
from townhall_voting.ballot_check import BallotChecker
from townhall_voting.check_code import PREFIX
from townhall_voting.eligibility.batches import CheckedBallot
from townhall_voting.eligibility.receipt import verify_voting_receipt
from townhall_voting.eligibility.sentence import sentence_of
from townhall_voting.eligibility.statement import validate_statement


@pytest.mark.parametrize("language", ["en", "et", "fr", "ar"])
def test_a_vote_leads_from_two_contests_to_a_signed_statement_a_ballot_and_a_receipt(
    voting: VotingTown, card: EstonianCard, pki: TestPki, key: FileDeviceKey, language: str
) -> None:
    async def scene(visit: SimulatedVisit, polls: SimulatedPolls) -> None:
        polls.ballot_log = (7, "ab" * 32)
        await to_first_contest(visit, language)
        await to_decision(visit)
        await cast(visit, card)
        await visit.printed(2)
        (ballot,), (sealed,) = polls.members(Part.BALLOTS), polls.members(Part.ELIGIBILITY)
        assert polls.election.choices(ballot) == AS_RECORDED
        election = polls.election.elections["town"]
        taken = BallotChecker(election).check(ballot)
        definition = polls.election.definition
        judged = validate_statement(
            polls.election.statement(sealed),
            pki.trust_anchors,
            visit.clock.now(),
            lambda facts: sentence_of(facts, definition),
        )
        assert judged.certificate.subject.personal_code == KADRI.personal_code
        assert (judged.facts.ballot, judged.facts.seq, judged.facts.language) == (taken.hash, 1, language)
        receipt = verify_voting_receipt(visit.desk.ballot.receipt, key.public_der)
        assert (receipt.ballot, receipt.tracker) == (taken.hash, taken.tracker)
        assert (receipt.board_size, receipt.board) == polls.ballot_log
        assert receipt.words in repr(visit.screen)
        visit.press(screens.Proceeded())
        await visit.until(at.TakingCard)
        visit.remove()
        await visit.until(at.Thanked)
        assert visit.desk.ballot == BallotDesk()
        visit.timer.pass_time(5)
        await visit.until(at.Ended)
        assert visit.told == ["left", Outcome.VOTED]

    voting.play(scene)


def test_no_screen_after_cast_is_chosen_shows_a_choice_and_no_seed_or_key_is_left(
    voting: VotingTown, card: EstonianCard
) -> None:
    async def scene(visit: SimulatedVisit, _polls: SimulatedPolls) -> None:
        await to_first_contest(visit)
        await to_decision(visit)
        made = visit.desk.ballot.made
        assert made is not None
        seed = made.seed
        assert seed is not None
        visit.press(screens.Chose(CAST))
        await visit.until(vote.WaitingForVoter)
        shown = len(visit.display.screens)
        assert seed.is_wiped
        assert (made.seed, made.choices, visit.desk.ballot.marks) == (None, None, [])
        visit.insert(card)
        await visit.until(vote.ReadingStatement)
        assert made.key is not None
        await sign(visit)
        await visit.until(vote.ShowingVoteReceipt)
        assert made.key is None
        assert visit.desk.ballot.signed == b""
        words = repr(visit.display.screens[shown - 1 :])
        assert not any(name in words for name in ("Kask", "Lepp", "Toom"))
        assert "ÕISPUU" not in words

    voting.play(scene)


def test_who_checks_a_ballot_sees_its_code_once_it_is_durable_and_then_casts_another(
    voting: VotingTown, card: EstonianCard
) -> None:
    async def scene(visit: SimulatedVisit, polls: SimulatedPolls) -> None:
        await to_first_contest(visit)
        await to_decision(visit)
        first = visit.desk.ballot.made
        assert first is not None
        await check(visit)
        assert stored(polls) == (0, 0, 0, 1)
        assert isinstance(visit.screen, screens.CodeScreen)
        assert visit.desk.ballot.opened.startswith(PREFIX)
        (opened,) = polls.members(Part.CHECKED)
        assert msgspec.json.decode(opened, type=CheckedBallot) == CheckedBallot(
            first.unsigned.hash, visit.desk.ballot.opened
        )
        assert (first.key, first.seed) == (None, None)
        visit.press(screens.Proceeded())
        await visit.until(vote.Marking)
        assert [each.chosen for each in visit.desk.ballot.marks] == [(), ()]
        await to_decision(visit, (("saar",), ()))
        await cast(visit, card)
        (ballot,) = polls.members(Part.BALLOTS)
        assert polls.election.choices(ballot) == ((0, 0, 0, 1), (0,) * 7)
        assert first.unsigned.hash.encode() not in ballot

    assert voting.play(scene).station.record.checked == 1


def test_a_double_voter_is_refused_here_and_the_first_vote_counts(
    voting: VotingTown, card: EstonianCard, kadri_keys: CardKeys
) -> None:
    async def again(visit: SimulatedVisit, polls: SimulatedPolls) -> None:
        await to_first_contest(visit)
        await to_decision(visit, (("saar",), ()))
        visit.press(screens.Chose(CAST))
        await visit.until(vote.WaitingForVoter)
        visit.insert(EstonianCard(KADRI, kadri_keys))
        refused = await visit.until(vote.VoterTurnedAway)
        assert refused.code == VotedHereError.code
        assert visit.desk.ballot == BallotDesk()
        assert stored(polls) == (1, 1, 1, 0)
        visit.remove()
        await visit.settle()
        visit.press(screens.Proceeded())
        await visit.until(at.Thanked)

    polls = voting.play(lambda visit, _polls: whole_vote(visit, card), again)
    (ballot,) = polls.members(Part.BALLOTS)
    assert polls.election.choices(ballot) == AS_RECORDED


def test_two_people_vote_one_after_the_other(voting: VotingTown, card: EstonianCard, other_card: EstonianCard) -> None:
    polls = voting.play(
        lambda visit, _polls: whole_vote(visit, card), lambda visit, _polls: whole_vote(visit, other_card)
    )
    assert stored(polls) == (2, 2, 2, 0)
    record = polls.station.record
    assert (record.statements, record.ballots, record.checked) == (2, 2, 0)


def test_who_is_not_on_the_roll_casts_nothing(voting: VotingTown, card: EstonianCard) -> None:
    voting.voters = ((JUHAN, "hill"),)

    async def scene(visit: SimulatedVisit, polls: SimulatedPolls) -> None:
        await to_first_contest(visit)
        await to_decision(visit)
        visit.press(screens.Chose(CAST))
        await visit.until(vote.WaitingForVoter)
        visit.insert(card)
        assert (await visit.until(vote.VoterTurnedAway)).code == NotOnRollError.code
        assert stored(polls) == (0, 0, 0, 0)

    voting.play(scene)
