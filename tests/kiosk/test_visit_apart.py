# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whole votes with a booth and a desk: what a person carries between them, and what neither device learns."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.kiosk.apart_town import (
    ApartTown,
    check,
    forged,
    leave,
    to_card,
    to_decision,
    to_first_contest,
    to_offer,
)
from tests.kiosk.voting_town import AS_RECORDED, mark, sign

from townhall_kiosk import states as at
from townhall_kiosk.simulation.election import BOOTH, DESK
from townhall_kiosk.simulation.visit import SimulatedVisit
from townhall_kiosk.states import Outcome
from townhall_kiosk.visit.ballot_desk import BallotDesk
from townhall_kiosk.visit.presenters.apart import OFFICERS
from townhall_kiosk.visit.presenters.voting import CAST, VOTE
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_kiosk.voting import messages
from townhall_kiosk.voting import states as vote
from townhall_kiosk.voting.errors import (
    BallotNotTakenError,
    OtherRoleError,
    SlipNotCastError,
)
from townhall_kiosk.voting.sets_on_disk import Part
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_smartcard.simulation.pki import TestPki
from townhall_ui import screens
from townhall_voting.ballot_check import BallotChecker
from townhall_voting.eligibility.receipt import verify_voting_receipt
from townhall_voting.eligibility.sentence import sentence_of
from townhall_voting.eligibility.slip import read_slip, verify_slip
from townhall_voting.eligibility.statement import validate_statement

NUMBER = "123456786"


@pytest.fixture
def town(tmp_path: Path, make_around: Callable[[str], Surroundings], pki: TestPki) -> ApartTown:
    return ApartTown(tmp_path, make_around, pki)


async def sign_for(visit: SimulatedVisit, slip: str, card: EstonianCard) -> None:
    await to_card(visit, slip)
    visit.insert(card)
    await visit.until(vote.ReadingStatement)
    await sign(visit)
    await visit.until(vote.ShowingVoteReceipt)


def test_a_person_gets_a_number_marks_at_the_booth_and_signs_at_the_desk(
    town: ApartTown, card: EstonianCard, pki: TestPki
) -> None:
    async def scene(town: ApartTown) -> None:
        number = await town.number_for(card)
        slip = await town.slip_for(number)
        facts = verify_slip(slip, "cast", town.booth_key.public_der)
        assert (facts.admission, facts.booth) == (number, BOOTH)
        (ballot,) = town.booth.members(Part.BALLOTS)
        assert town.election.choices(ballot) == AS_RECORDED
        assert BallotChecker(town.election.elections["town"]).check(ballot).hash == facts.ballot

        async def at_desk(visit: SimulatedVisit) -> None:
            await sign_for(visit, slip, card)
            receipt = verify_voting_receipt(visit.desk.ballot.receipt, town.desk_key.public_der)
            assert (receipt.ballot, receipt.tracker, receipt.device) == (facts.ballot, "", DESK)
            assert facts.words in repr(visit.screen)
            await visit.printed(1)
            await leave(visit)
            visit.timer.pass_time(5)
            await visit.until(at.Ended)
            assert visit.told == ["left", Outcome.VOTED]

        await town.at(town.desk, at_desk)
        (sealed,) = town.desk.members(Part.ELIGIBILITY)
        definition = town.election.definition
        judged = validate_statement(
            town.election.statement(sealed),
            pki.trust_anchors,
            town.clock.now(),
            lambda facts: sentence_of(facts, definition),
        )
        assert judged.certificate.subject.personal_code == KADRI.personal_code
        assert (judged.facts.ballot, judged.facts.seq, judged.facts.device) == (facts.ballot, 1, DESK)
        records = [polls.station.record for polls in (town.booth, town.desk)]
        assert [(each.statements, each.ballots, each.checked) for each in records] == [(0, 1, 0), (1, 0, 0)]

    town.play(scene)


def test_the_booth_s_disk_has_no_person_and_the_desk_s_no_ballot_and_neither_has_the_number(
    town: ApartTown, card: EstonianCard
) -> None:
    async def scene(town: ApartTown) -> None:
        number = await town.number_for(card)
        given = {path.name for path in (town.directory / DESK).iterdir()}
        (admitted,) = town.desk.members(Part.ADMITTED)
        slip = await town.slip_for(number)
        for device in (BOOTH, DESK):
            for path in (town.directory / device).iterdir():
                content = path.read_bytes()
                for told in (number, KADRI.personal_code, KADRI.surname):
                    assert told.encode() not in content, (device, path.name)
        assert all(not town.booth.members(part) for part in (Part.ELIGIBILITY, Part.MARKS, Part.ADMITTED))
        await town.redeem(slip, card)
        assert all(not town.desk.members(part) for part in (Part.BALLOTS, Part.CHECKED, Part.ADMITTED))
        assert len(town.desk.members(Part.MARKS)) == 1
        (mark_there,) = town.desk.members(Part.MARKS)
        assert mark_there not in {admitted[:32], admitted[32:]}, "who had a number and who voted cannot be compared"
        assert given

    town.play(scene)


def test_no_screen_of_the_booth_shows_a_choice_once_cast_is_chosen_and_nothing_is_left_on_its_desk(
    town: ApartTown, card: EstonianCard
) -> None:
    async def scene(town: ApartTown) -> None:
        number = await town.number_for(card)

        async def at_booth(visit: SimulatedVisit) -> None:
            await to_decision(visit, number)
            made = visit.desk.ballot.made
            assert made is not None
            seed = made.seed
            assert seed is not None
            shown = len(visit.display.screens)
            visit.press(screens.Chose(CAST))
            await visit.until(vote.CastingAtBooth)
            assert seed.is_wiped
            assert (made.seed, made.choices, visit.desk.ballot.marks) == (None, None, [])
            await visit.until(vote.TakingSlip)
            assert made.key is None
            words = repr(visit.display.screens[shown:])
            assert not any(name in words for name in ("Kask", "Lepp", "Toom"))
            assert len(visit.printer.sheets) == 2
            visit.press(screens.Proceeded())
            await visit.until(at.Thanked)
            assert visit.desk.ballot == BallotDesk()
            visit.timer.pass_time(5)
            await visit.until(at.Ended)
            assert visit.told == ["left", Outcome.SLIP]

        await town.at(town.booth, at_booth)

    town.play(scene)


def test_a_checked_ballot_has_no_second_slip_and_its_first_one_is_not_taken(
    town: ApartTown, card: EstonianCard
) -> None:
    async def scene(town: ApartTown) -> None:
        number = await town.number_for(card)
        first: list[str] = []

        async def at_booth(visit: SimulatedVisit) -> None:
            await to_decision(visit, number)
            made = visit.desk.ballot.made
            assert made is not None
            first.append(made.slip)
            await check(visit)
            assert (made.key, made.seed, made.cast_slip) == (None, None, "")
            visit.press(screens.Proceeded())
            await visit.until(vote.EnteringAdmission)
            hashes = (made.unsigned.hash, read_slip(made.slip).election)
            answer = await town.booth.ask_polls(messages.SlipWanted(hashes[1], hashes[0], number))
            assert answer == messages.PollsDone(BallotNotTakenError.code)

        await town.at(town.booth, at_booth)
        assert await town.refused(first[0]) == SlipNotCastError.code
        assert await town.refused(forged(first[0], town.booth_key)) == SlipNotCastError.code
        slip = await town.slip_for(number)
        await town.redeem(slip, card)
        assert [len(town.booth.members(part)) for part in (Part.BALLOTS, Part.CHECKED)] == [1, 1]

    town.play(scene)


def test_a_booth_that_cast_a_ballot_never_takes_the_code_that_opens_it(town: ApartTown, card: EstonianCard) -> None:
    async def scene(town: ApartTown) -> None:
        number = await town.number_for(card)

        async def at_booth(visit: SimulatedVisit) -> None:
            await to_decision(visit, number)
            made = visit.desk.ballot.made
            assert made is not None
            visit.press(screens.Chose(CAST))
            await visit.until(vote.TakingSlip)
            (ballot,) = town.booth.members(Part.BALLOTS)
            election = read_slip(made.slip).election
            for message in (
                messages.BallotOpened("THB1:AAAA"),
                messages.SlipWanted(election, made.unsigned.hash, number),
                messages.BallotCast(ballot),
            ):
                assert await town.booth.ask_polls(message) == messages.PollsDone(BallotNotTakenError.code)

        await town.at(town.booth, at_booth)
        assert not town.booth.members(Part.CHECKED)
        assert town.booth.station.record.ballots == 1

    town.play(scene)


def test_each_device_is_deaf_to_what_it_must_not_learn(town: ApartTown) -> None:
    async def scene(town: ApartTown) -> None:
        refused = messages.PollsDone(OtherRoleError.code)
        who = (
            messages.VoterAsked(b"certificate"),
            messages.AdmissionAsked(b"certificate"),
            messages.SlipBrought("slip"),
            messages.StatementGiven(b"statement"),
            messages.VoteGiven(b"statement", b"ballot"),
        )
        what = (
            messages.BallotWanted(),
            messages.SlipWanted("election", "ballot"),
            messages.BallotOpened("code"),
            messages.BallotCast(b"ballot"),
            messages.VoteGiven(b"statement", b"ballot"),
        )
        assert [await town.booth.ask_polls(each) for each in who] == [refused] * len(who)
        assert [await town.desk.ask_polls(each) for each in what] == [refused] * len(what)
        assert town.booth.station.roll is None

    town.play(scene)


def test_a_booth_asks_for_no_card_and_keeps_nothing_of_one_that_is_put_in(town: ApartTown, card: EstonianCard) -> None:
    async def scene(town: ApartTown) -> None:
        number = await town.number_for(card)

        async def at_booth(visit: SimulatedVisit) -> None:
            visit.insert(card)
            await visit.settle()
            await to_first_contest(visit, number)
            await mark(visit, "kask")
            assert visit.desk.ballot.contents is None
            assert visit.desk.contents is None

        await town.at(town.booth, at_booth)

    town.play(scene)


def test_at_a_booth_only_officers_are_asked_for_a_card_and_others_go_back(town: ApartTown) -> None:
    async def scene(town: ApartTown) -> None:
        async def at_booth(visit: SimulatedVisit) -> None:
            await to_offer(visit)
            screen = visit.screen
            assert isinstance(screen, screens.ChoiceScreen)
            assert [choice.id for choice in screen.choices] == [VOTE, OFFICERS]
            visit.press(screens.Chose(OFFICERS))
            await visit.until(vote.WaitingForOfficer)
            visit.press(screens.WentBack())
            await visit.until(vote.VotingOffered)

        await town.at(town.booth, at_booth)

    town.play(scene)
