# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A booth's slips: which ones a desk takes, and what becomes of a ballot whose second slip does not come."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from tests.kiosk.apart_town import (
    ApartTown,
    a_key,
    forged,
    to_decision,
    to_slip,
)

from townhall_forms.document import extract_receipt
from townhall_kiosk import states as at
from townhall_kiosk.errors import PaperOutError
from townhall_kiosk.simulation.election import BOOTH, DESK
from townhall_kiosk.simulation.visit import SimulatedVisit
from townhall_kiosk.visit.presenters.voting import CAST
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_kiosk.voting import states as vote
from townhall_kiosk.voting.errors import (
    AdmissionNotOpenError,
    PollsEndedError,
    SlipNotTakenError,
    VotedHereError,
)
from townhall_kiosk.voting.polls import PollsState
from townhall_kiosk.voting.sets_on_disk import Part
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_smartcard.simulation.pki import TestPki
from townhall_ui import screens
from townhall_voting.eligibility.slip import read_slip
from townhall_voting.hashing import Fingerprint
from townhall_voting.mode import Mode
from townhall_voting.package.definition import Definition


@pytest.fixture
def town(tmp_path: Path, make_around: Callable[[str], Surroundings], pki: TestPki) -> ApartTown:
    return ApartTown(tmp_path, make_around, pki)


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
