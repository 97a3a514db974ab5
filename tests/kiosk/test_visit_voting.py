# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whole votes in single-kiosk mode: a person, a real simulated card, a real polling station on a real disk."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from tests.kiosk.voting_town import (
    AS_RECORDED,
    PIN2,
    VotingTown,
    cast,
    check,
    mark,
    sign,
    to_decision,
    to_first_contest,
    to_review,
    to_statement,
    whole_vote,
)

from townhall_crypto.device_key import FileDeviceKey
from townhall_kiosk import events as on
from townhall_kiosk import states as at
from townhall_kiosk.errors import PaperOutError, VisitError
from townhall_kiosk.simulation.election import SimulatedPolls, without_hours
from townhall_kiosk.simulation.visit import FIRST, SECOND, SimulatedVisit
from townhall_kiosk.states import Outcome
from townhall_kiosk.visit.ballot_desk import BLANK, BallotDesk
from townhall_kiosk.visit.presenters.voting import CAST, SERVICES, VOTE
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_kiosk.voting import states as vote
from townhall_kiosk.voting.errors import (
    NotOnRollError,
    OtherDistrictError,
    OutsideHoursError,
    PollsClosedError,
    PollsEndedError,
    PollsPausedError,
    VotedHereError,
)
from townhall_kiosk.voting.polls import PollsState
from townhall_kiosk.voting.sets_on_disk import Part
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import JUHAN, KADRI
from townhall_smartcard.simulation.pki import TestPki
from townhall_ui import screens
from townhall_voting.ballot_check import BallotChecker
from townhall_voting.ballot_making import Choices
from townhall_voting.check_code import PREFIX
from townhall_voting.eligibility.batches import CheckedBallot
from townhall_voting.eligibility.receipt import verify_voting_receipt
from townhall_voting.eligibility.sentence import sentence_of
from townhall_voting.eligibility.slip import read_slip
from townhall_voting.eligibility.statement import validate_statement
from townhall_voting.package.contests import Counting
from townhall_voting.package.definition import BallotStyle, Definition
from townhall_voting.schnorr_group import RFC_3526_2048


@pytest.fixture
def voting(tmp_path: Path, make_around: Callable[[str], Surroundings], pki: TestPki, key: FileDeviceKey) -> VotingTown:
    return VotingTown(tmp_path / "voting", make_around, pki, key)


@pytest.fixture
def other_card(juhan_keys: CardKeys) -> EstonianCard:
    return EstonianCard(JUHAN, juhan_keys)


def stored(polls: SimulatedPolls) -> tuple[int, int, int, int]:
    parts = (Part.ELIGIBILITY, Part.BALLOTS, Part.MARKS, Part.CHECKED)
    one, two, three, four = (len(polls.members(part)) for part in parts)
    return one, two, three, four


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


def test_without_a_slip_nobody_is_asked_to_check_or_cast(voting: VotingTown) -> None:
    async def scene(visit: SimulatedVisit, _polls: SimulatedPolls) -> None:
        await to_first_contest(visit)
        visit.printer.trouble = PaperOutError.code
        await to_review(visit)
        visit.press(screens.Proceeded())
        failed = await visit.until(vote.SlipFailed)
        assert failed.paper is at.Paper.NO_PAPER
        made = visit.desk.ballot.made
        visit.printer.trouble = ""
        visit.press(screens.Proceeded())
        await visit.until(vote.CheckOrCast)
        assert visit.desk.ballot.made is made, "the same ballot: a second one would be a way to choose slips"

    voting.play(scene)


def test_the_slip_names_the_ballot_and_nobody(voting: VotingTown) -> None:
    async def scene(visit: SimulatedVisit, polls: SimulatedPolls) -> None:
        await to_first_contest(visit)
        await to_decision(visit)
        made = visit.desk.ballot.made
        assert made is not None
        facts = read_slip(made.slip)
        assert (facts.ballot, facts.type, facts.admission) == (made.unsigned.hash, "commitment", "")
        (sheet,) = visit.printer.sheets
        assert sheet.startswith(b"%PDF")
        assert isinstance(visit.screen, screens.CheckOrCastScreen)
        assert visit.screen.slip == facts.words
        assert visit.screen.frame.proceed is None
        assert stored(polls) == (0, 0, 0, 0)

    voting.play(scene)


# Marking


def test_nothing_is_marked_at_first_and_the_window_is_not_believed(voting: VotingTown) -> None:
    async def scene(visit: SimulatedVisit, _polls: SimulatedPolls) -> None:
        await to_first_contest(visit)
        screen = visit.screen
        assert isinstance(screen, screens.ContestScreen)
        assert screen.marks == ()
        for wrong in (("kask", "saar"), ("nobody",), ("kask", "kask"), (BLANK, "kask")):
            await mark(visit, *wrong)
            assert visit.desk.ballot.marks[0].chosen == ()
        visit.press(screens.Ranked((("kask",),)))
        await visit.settle()
        assert visit.desk.ballot.marks[0].chosen == ()

    voting.play(scene)


def test_too_few_marks_are_said_and_the_blank_vote_is_a_whole_answer(voting: VotingTown) -> None:
    async def scene(visit: SimulatedVisit, _polls: SimulatedPolls) -> None:
        await to_first_contest(visit)
        visit.press(screens.Proceeded())
        await visit.settle()
        assert visit.state == vote.Marking(0, has_notice=True)
        assert isinstance(visit.screen, screens.ContestScreen)
        assert visit.screen.notice
        await mark(visit, BLANK)
        assert visit.state == vote.Marking(0)
        visit.press(screens.Proceeded())
        await visit.settle()
        assert visit.state == vote.Marking(1)

    voting.play(scene)


def test_the_review_names_what_is_left_open_and_a_change_comes_back_to_it(voting: VotingTown) -> None:
    async def scene(visit: SimulatedVisit, _polls: SimulatedPolls) -> None:
        await to_first_contest(visit)
        await to_review(visit, ((BLANK,), ("lepp",)))
        screen = visit.screen
        assert isinstance(screen, screens.ReviewScreen)
        assert [answer.note for answer in screen.answers] == ["", "You can choose 2 more"]
        assert screen.answers[0].answer == "Blank vote"
        visit.press(screens.AskedToChange("mayor"))
        await visit.settle()
        assert visit.state == vote.Marking(0, is_changing=True)
        await mark(visit)
        visit.press(screens.WentBack())
        await visit.settle()
        assert visit.state == vote.Marking(0, is_changing=True, has_notice=True)
        await mark(visit, "tamm")
        visit.press(screens.WentBack())
        await visit.until(vote.ReviewingBallot)
        assert "Liis Tamm" in repr(visit.screen)

    voting.play(scene)


def test_going_back_keeps_the_marks_until_the_vote_is_left(voting: VotingTown) -> None:
    async def scene(visit: SimulatedVisit, _polls: SimulatedPolls) -> None:
        await to_first_contest(visit)
        await mark(visit, "kask")
        visit.press(screens.Proceeded())
        await visit.settle()
        visit.press(screens.WentBack())
        await visit.settle()
        assert isinstance(visit.screen, screens.ContestScreen)
        assert visit.screen.marks == ("kask",)
        visit.press(screens.WentBack())
        await visit.until(vote.VotingOffered)
        assert visit.desk.ballot == BallotDesk()

    voting.play(scene)


def test_candidates_stand_in_the_package_s_order_and_where_it_says_so_begin_by_lot(voting: VotingTown) -> None:
    firsts = set()

    async def scene(visit: SimulatedVisit, _polls: SimulatedPolls) -> None:
        await to_first_contest(visit)
        assert isinstance(visit.screen, screens.ContestScreen)
        order = [each.id for each in visit.screen.candidates]
        firsts.add(order[0])
        turned = ["tamm", "kask", "saar"]
        assert order in [turned[at:] + turned[:at] for at in range(3)]
        await mark(visit, "kask")
        visit.press(screens.Proceeded())
        await visit.settle()
        assert isinstance(visit.screen, screens.ContestScreen)
        assert [each.id for each in visit.screen.candidates][:2] == ["lepp", "pihlak"]

    voting.play(*[scene] * 25)
    assert len(firsts) == 3


def ranked(definition: Definition) -> Definition:
    council = msgspec.structs.replace(definition.contests[1], counting=Counting.STV, minimum=1)
    return msgspec.structs.replace(definition, contests=(definition.contests[0], council), group=RFC_3526_2048.name)


def test_a_ranked_contest_is_recorded_by_ranks(voting: VotingTown, card: EstonianCard) -> None:
    voting.adapt = ranked

    async def scene(visit: SimulatedVisit, polls: SimulatedPolls) -> None:
        await to_first_contest(visit)
        await mark(visit, "tamm")
        visit.press(screens.Proceeded())
        await visit.settle()
        assert isinstance(visit.screen, screens.RankedScreen)
        visit.press(screens.Ranked((("toom",), ("lepp",))))
        await visit.settle()
        visit.press(screens.Proceeded())
        await visit.until(vote.ReviewingBallot)
        visit.press(screens.Proceeded())
        await visit.until(vote.CheckOrCast)
        await cast(visit, card)
        (ballot,) = polls.members(Part.BALLOTS)
        assert polls.election.choices(ballot) == Choices(((0, 1, 0, 0), (2, 0, 0, 0, 1, 0, 0)))

    voting.play(scene)


def two_styles(definition: Definition) -> Definition:
    hill = msgspec.structs.replace(definition.districts[1], style="hill-only")
    styles = (*definition.styles, BallotStyle("hill-only", ("council",)))
    return msgspec.structs.replace(definition, styles=styles, districts=(definition.districts[0], hill))


def test_where_districts_vote_on_different_things_the_roll_decides_in_the_end(
    voting: VotingTown, card: EstonianCard, other_card: EstonianCard
) -> None:
    voting.adapt = two_styles

    async def of_hill(visit: SimulatedVisit) -> None:
        visit.press(screens.Chose("en"))
        await visit.until(vote.VotingOffered)
        visit.press(screens.Chose(VOTE))
        await visit.until(vote.ChoosingDistrict)
        visit.press(screens.Chose("hill"))
        await visit.until(vote.Marking)
        await to_decision(visit, (("lepp",),))

    async def wrong(visit: SimulatedVisit, _polls: SimulatedPolls) -> None:
        await of_hill(visit)
        visit.press(screens.Chose(CAST))
        await visit.until(vote.WaitingForVoter)
        visit.insert(card)
        assert (await visit.until(vote.VoterTurnedAway)).code == OtherDistrictError.code

    async def right(visit: SimulatedVisit, _polls: SimulatedPolls) -> None:
        await of_hill(visit)
        await cast(visit, other_card)

    assert stored(voting.play(wrong, right)) == (1, 1, 1, 0)


# Idle, faults


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
