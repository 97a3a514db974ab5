# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Admission numbers: whose they are, how long they last, and what they are of no use for."""

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from tests.kiosk.apart_town import (
    ApartTown,
    to_offer,
)
from tests.kiosk.voting_town import MAYOR_AND_COUNCIL, to_review

from townhall_forms.document import extract_receipt
from townhall_kiosk.simulation.election import DESK
from townhall_kiosk.simulation.visit import SimulatedVisit
from townhall_kiosk.visit.presenters.apart import SLIP
from townhall_kiosk.visit.presenters.voting import CAST, VOTE
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_kiosk.voting import messages
from townhall_kiosk.voting import states as vote
from townhall_kiosk.voting.errors import (
    AdmissionNotOpenError,
    NotOnRollError,
    OtherDistrictError,
    PollsPausedError,
    RollLockedError,
    VotedHereError,
)
from townhall_kiosk.voting.polls import LASTS_HOURS, PollsState
from townhall_kiosk.voting.sets_on_disk import Part
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_smartcard.simulation.pki import TestPki
from townhall_ui import screens
from townhall_voting.eligibility.admission import draw_admission
from townhall_voting.package.definition import BallotStyle, Definition


@pytest.fixture
def town(tmp_path: Path, make_around: Callable[[str], Surroundings], pki: TestPki) -> ApartTown:
    return ApartTown(tmp_path, make_around, pki)


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


def test_a_ticket_has_the_number_and_nothing_of_whose_it_is(town: ApartTown, card: EstonianCard) -> None:
    async def scene(town: ApartTown) -> None:
        number = await town.number_for(card)
        (ticket,) = town.papers
        assert json.loads(extract_receipt(ticket)) == {"admission": number}
        assert KADRI.personal_code not in repr(town.seen)
        assert SLIP not in number

    town.play(scene)
