# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whole votes with a booth and a desk: what a person carries between them, and what nobody gets past either."""

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from tests.kiosk.apart_town import (
    ApartTown,
    a_key,
    check,
    leave,
    to_card,
    to_decision,
    to_first_contest,
    to_offer,
    to_slip,
)
from tests.kiosk.voting_town import AS_RECORDED, MAYOR_AND_COUNCIL, mark, sign, to_review

from townhall_crypto.device_key import FileDeviceKey
from townhall_forms.document import extract_receipt
from townhall_kiosk import states as at
from townhall_kiosk.errors import PaperOutError
from townhall_kiosk.simulation.election import BOOTH, DESK
from townhall_kiosk.simulation.visit import SimulatedVisit
from townhall_kiosk.states import Outcome
from townhall_kiosk.visit.ballot_desk import BallotDesk
from townhall_kiosk.visit.presenters.apart import OFFICERS, SLIP
from townhall_kiosk.visit.presenters.voting import CAST, VOTE
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_kiosk.voting import messages
from townhall_kiosk.voting import states as vote
from townhall_kiosk.voting.errors import (
    AdmissionNotOpenError,
    BallotNotTakenError,
    NotOnRollError,
    OtherDistrictError,
    OtherRoleError,
    PollsEndedError,
    PollsPausedError,
    RollLockedError,
    SlipNotCastError,
    SlipNotTakenError,
    VotedHereError,
)
from townhall_kiosk.voting.polls import LASTS_HOURS, PollsState
from townhall_kiosk.voting.sets_on_disk import Part
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import JUHAN, KADRI
from townhall_smartcard.simulation.pki import TestPki
from townhall_ui import screens
from townhall_voting.ballot_check import BallotChecker
from townhall_voting.eligibility.admission import draw_admission
from townhall_voting.eligibility.receipt import verify_voting_receipt
from townhall_voting.eligibility.sentence import sentence_of
from townhall_voting.eligibility.slip import read_slip, sign_slip, verify_slip
from townhall_voting.eligibility.statement import validate_statement
from townhall_voting.hashing import Fingerprint
from townhall_voting.mode import Mode
from townhall_voting.package.definition import BallotStyle, Definition

NUMBER = "123456786"


@pytest.fixture
def town(tmp_path: Path, make_around: Callable[[str], Surroundings], pki: TestPki) -> ApartTown:
    return ApartTown(tmp_path, make_around, pki)


@pytest.fixture
def other_card(juhan_keys: CardKeys) -> EstonianCard:
    return EstonianCard(JUHAN, juhan_keys)


def forged(slip: str, key: FileDeviceKey, **changes: str | Mode) -> str:
    """Return a slip with other facts, signed by any key."""
    return sign_slip(msgspec.structs.replace(read_slip(slip), **changes), key)


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


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(lambda slip, _town: forged(slip, a_key()), id="another key"),
        pytest.param(lambda slip, town: forged(slip, town.desk_key, booth=DESK), id="a desk is no booth"),
        pytest.param(lambda slip, town: forged(slip, town.booth_key, booth="booth-9"), id="booth not in the list"),
        pytest.param(lambda slip, town: forged(slip, town.booth_key, mode=Mode.OFFICIAL), id="another mode"),
        pytest.param(
            lambda slip, town: forged(slip, town.booth_key, election=Fingerprint("A" * 42 + "E")), id="another election"
        ),
        pytest.param(lambda slip, town: forged(slip, town.booth_key, admission=""), id="no number"),
        pytest.param(lambda slip, _town: slip[:-1], id="cut short"),
        pytest.param(lambda _slip, _town: "4012345678901", id="another code"),
        pytest.param(lambda _slip, _town: "", id="nothing"),
    ],
)
def test_a_slip_that_no_booth_of_this_place_signed_for_this_election_is_not_taken(
    town: ApartTown, card: EstonianCard, forge: Callable[[str, ApartTown], str]
) -> None:
    async def scene(town: ApartTown) -> None:
        assert town.election.definition.mode is Mode.TEST
        slip = await town.slip_for(await town.number_for(card))
        assert await town.refused(forge(slip, town)) == SlipNotTakenError.code
        assert town.desk.station.record.statements == 0

    town.play(scene)


def test_a_booth_of_another_place_has_its_own_desk(town: ApartTown, card: EstonianCard) -> None:
    elsewhere = a_key()

    def two_places(definition: Definition) -> Definition:
        (here,) = definition.places
        booth, desk = here.devices
        booth = msgspec.structs.replace(booth, kiosk="booth-2", key=elsewhere.public_der)
        desk = msgspec.structs.replace(desk, kiosk="desk-2", key=a_key().public_der)
        there = msgspec.structs.replace(here, id="there", devices=(booth, desk))
        return msgspec.structs.replace(definition, places=(here, there))

    town.adapt = two_places

    async def scene(town: ApartTown) -> None:
        slip = await town.slip_for(await town.number_for(card))
        assert await town.refused(forged(slip, elsewhere, booth="booth-2")) == SlipNotTakenError.code

    town.play(scene)


def test_a_cast_slip_is_good_once(
    town: ApartTown, card: EstonianCard, other_card: EstonianCard, kadri_keys: CardKeys
) -> None:
    async def scene(town: ApartTown) -> None:
        slip = await town.slip_for(await town.number_for(card))
        await town.number_for(other_card)
        await town.redeem(slip, card)
        assert await town.refused(slip, other_card) == AdmissionNotOpenError.code
        assert await town.refused(slip, EstonianCard(KADRI, kadri_keys)) == VotedHereError.code
        assert town.desk.station.record.statements == 1

    town.play(scene)


def test_another_person_s_number_is_of_no_use(town: ApartTown, card: EstonianCard, other_card: EstonianCard) -> None:
    """Chain voting: a slip that somebody else made is not signed for."""

    async def scene(town: ApartTown) -> None:
        number = await town.number_for(card)
        await town.number_for(other_card)
        slip = await town.slip_for(number)
        assert await town.refused(slip, other_card) == AdmissionNotOpenError.code
        assert town.desk.station.record.statements == 0
        await town.redeem(slip, card)

    town.play(scene)


def test_a_number_that_the_desk_never_gave_out_is_of_no_use(town: ApartTown, card: EstonianCard) -> None:
    async def scene(town: ApartTown) -> None:
        number = await town.number_for(card)
        guessed = draw_admission(lambda below: (int(number[:-1]) + 1) % below)
        assert await town.refused(await town.slip_for(guessed), card) == AdmissionNotOpenError.code

    town.play(scene)


def test_a_new_number_takes_the_place_of_the_old_one(town: ApartTown, card: EstonianCard, kadri_keys: CardKeys) -> None:
    async def scene(town: ApartTown) -> None:
        old = await town.slip_for(await town.number_for(card))
        new = await town.number_for(EstonianCard(KADRI, kadri_keys))
        assert len(town.desk.members(Part.ADMITTED)) == 1
        assert await town.refused(old, EstonianCard(KADRI, kadri_keys)) == AdmissionNotOpenError.code
        await town.redeem(await town.slip_for(new), EstonianCard(KADRI, kadri_keys))

    town.play(scene)


@pytest.mark.parametrize(("later_s", "is_open"), [(LASTS_HOURS * 3600, True), (LASTS_HOURS * 3600 + 900, False)])
def test_a_number_lasts_three_hours_and_no_whole_quarter_more(
    town: ApartTown, card: EstonianCard, later_s: int, *, is_open: bool
) -> None:
    async def scene(town: ApartTown) -> None:
        slip = await town.slip_for(await town.number_for(card))
        town.clock.seconds += later_s
        if is_open:
            await town.redeem(slip, card)
        else:
            assert await town.refused(slip, card) == AdmissionNotOpenError.code

    town.play(scene)


def test_a_desk_that_was_restarted_knows_its_numbers_once_two_officers_opened_again(
    town: ApartTown, card: EstonianCard
) -> None:
    async def scene(town: ApartTown) -> None:
        slip = await town.slip_for(await town.number_for(card))
        town.desk = town.polls(DESK)
        town.desk.station.use_roll(None)
        assert await town.refused(slip) == RollLockedError.code
        town.desk.station.use_roll(town.election.open_roll(DESK))
        await town.redeem(slip, card)
        town.desk = town.polls(DESK)
        assert (await town.refused(slip, card)) == VotedHereError.code

    town.play(scene)


def test_a_booth_that_was_restarted_after_storing_counts_nothing_and_the_number_is_good_for_another_ballot(
    town: ApartTown, card: EstonianCard
) -> None:
    """The power goes between the ballot and its second slip: the ballot stays in the box, nobody can sign for it."""

    async def scene(town: ApartTown) -> None:
        number = await town.number_for(card)

        async def cut(visit: SimulatedVisit) -> None:
            await to_decision(visit, number, (("saar",), ()))
            visit.printer.trouble = PaperOutError.code
            visit.press(screens.Chose(CAST))
            await visit.until(vote.CastSlipFailed)

        await town.at(town.booth, cut)
        town.booth = town.polls(BOOTH)
        await town.redeem(await town.slip_for(number), card)
        assert len(town.booth.members(Part.BALLOTS)) == 2
        assert (town.booth.station.record.ballots, town.desk.station.record.statements) == (2, 1)

    town.play(scene)


def test_a_second_slip_that_did_not_come_out_is_printed_again_and_is_the_same(
    town: ApartTown, card: EstonianCard
) -> None:
    async def scene(town: ApartTown) -> None:
        number = await town.number_for(card)

        async def at_booth(visit: SimulatedVisit) -> None:
            await to_decision(visit, number)
            visit.printer.trouble = PaperOutError.code
            visit.press(screens.Chose(CAST))
            failed = await visit.until(vote.CastSlipFailed)
            assert failed.paper is at.Paper.NO_PAPER
            made = visit.desk.ballot.made
            assert made is not None
            signed = made.cast_slip
            assert (made.seed, made.key) == (None, None)
            visit.printer.trouble = ""
            visit.press(screens.Proceeded())
            await visit.until(vote.TakingSlip)
            assert visit.desk.ballot.made is made
            assert made.cast_slip == signed
            assert extract_receipt(visit.printer.sheets[-1]) == read_slip(signed).to_bytes()

        await town.at(town.booth, at_booth)
        assert town.booth.station.record.ballots == 1

    town.play(scene)


def test_polls_that_end_before_the_ballot_is_cast_take_none_and_sign_no_slip(
    town: ApartTown, card: EstonianCard
) -> None:
    async def scene(town: ApartTown) -> None:
        number = await town.number_for(card)

        async def at_booth(visit: SimulatedVisit) -> None:
            await to_decision(visit, number)
            town.booth.stand(PollsState.ENDED)
            visit.press(screens.Chose(CAST))
            assert (await visit.until(vote.VoterTurnedAway)).code == PollsEndedError.code
            assert len(visit.printer.sheets) == 1
            visit.press(screens.Proceeded())
            await visit.until(at.Thanked)

        await town.at(town.booth, at_booth)
        assert not town.booth.members(Part.BALLOTS)

    town.play(scene)


def test_while_the_polls_are_paused_nobody_gets_a_number_and_who_has_a_slip_signs(
    town: ApartTown, card: EstonianCard, juhan_keys: CardKeys
) -> None:
    async def scene(town: ApartTown) -> None:
        slip = await town.slip_for(await town.number_for(card))
        town.desk.stand(PollsState.PAUSED)
        other = juhan_keys.signature.certificate
        answer = await town.desk.ask_polls(messages.AdmissionAsked(other))
        assert answer == messages.PollsDone(PollsPausedError.code)
        await town.redeem(slip, card)

    town.play(scene)


def test_who_is_not_on_the_roll_or_has_voted_gets_no_number(
    town: ApartTown, card: EstonianCard, kadri_keys: CardKeys, juhan_keys: CardKeys
) -> None:
    town.voters = ((KADRI, "harbour"),)

    async def scene(town: ApartTown) -> None:
        await town.redeem(await town.slip_for(await town.number_for(card)), card)
        for holder, code in ((juhan_keys, NotOnRollError.code), (kadri_keys, VotedHereError.code)):
            asked = messages.AdmissionAsked(holder.signature.certificate)
            assert await town.desk.ask_polls(asked) == messages.PollsDone(code)
        assert not town.desk.members(Part.ADMITTED)

    town.play(scene)


def two_styles(definition: Definition) -> Definition:
    styles = (*definition.styles, BallotStyle("hill", ("mayor",)))
    districts = tuple(
        msgspec.structs.replace(each, style="hill" if each.id == "hill" else each.style)
        for each in definition.districts
    )
    return msgspec.structs.replace(definition, styles=styles, districts=districts)


def test_the_ballot_of_another_district_is_not_signed_for_and_the_right_one_is_with_the_same_number(
    town: ApartTown, card: EstonianCard
) -> None:
    town.adapt = two_styles

    async def scene(town: ApartTown) -> None:
        number = await town.number_for(card)
        assert any("Harbour" in repr(screen) for screen in town.seen), "the desk says which ballot to choose"
        slips: dict[str, str] = {}
        for district, contests in (("hill", 1), ("harbour", 2)):

            async def at_booth(visit: SimulatedVisit, district: str = district, contests: int = contests) -> None:
                await to_offer(visit)
                visit.press(screens.Chose(VOTE))
                await visit.until(vote.EnteringAdmission)
                visit.press(screens.EnteredAccessNumber(bytearray(number.encode())))
                await visit.until(vote.ChoosingDistrict)
                visit.press(screens.Chose(district))
                await visit.until(vote.Marking)
                await to_review(visit, MAYOR_AND_COUNCIL[:contests])
                visit.press(screens.Proceeded())
                await visit.until(vote.CheckOrCast)
                visit.press(screens.Chose(CAST))
                await visit.until(vote.TakingSlip)
                assert visit.desk.ballot.made is not None
                slips[district] = visit.desk.ballot.made.cast_slip

            await town.at(town.booth, at_booth)
        assert await town.refused(slips["hill"], card) == OtherDistrictError.code
        await town.redeem(slips["harbour"], card)

    town.play(scene)


def test_a_slip_is_taken_as_a_scanner_or_a_person_types_it(town: ApartTown, card: EstonianCard) -> None:
    async def scene(town: ApartTown) -> None:
        slip = await town.slip_for(await town.number_for(card))

        async def at_desk(visit: SimulatedVisit) -> None:
            await to_slip(visit, "TOWNHALL-SLIP-1:AAAA")
            assert isinstance(visit.screen, screens.QuestionScreen)
            assert visit.screen.problem
            visit.press(screens.Answered(f" {slip[:40].lower()} {slip[40:]}\n"))
            await visit.until(vote.WaitingForVoter)

        await town.at(town.desk, at_desk)

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


def test_a_ticket_has_the_number_and_nothing_of_whose_it_is(town: ApartTown, card: EstonianCard) -> None:
    async def scene(town: ApartTown) -> None:
        number = await town.number_for(card)
        (ticket,) = town.papers
        assert json.loads(extract_receipt(ticket)) == {"admission": number}
        assert KADRI.personal_code not in repr(town.seen)
        assert SLIP not in number

    town.play(scene)
