# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""An admission number on its way from the desk to the booth, as somebody types it who gets it wrong."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from tests.kiosk.apart_town import ApartTown, to_decision, to_offer
from tests.kiosk.voting_town import MAYOR_AND_COUNCIL, to_review

from townhall_kiosk import states as at
from townhall_kiosk.simulation.ports import RecordingSpeech
from townhall_kiosk.simulation.visit import SimulatedVisit
from townhall_kiosk.texts import Texts
from townhall_kiosk.visit.presenters.voting import CAST, VOTE
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_kiosk.voting import messages
from townhall_kiosk.voting import states as vote
from townhall_kiosk.voting.errors import AdmissionMistypedError, BallotNotTakenError
from townhall_kiosk.voting.sets_on_disk import Part
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.pki import TestPki
from townhall_ui import screens
from townhall_voting.eligibility.slip import read_slip
from townhall_voting.hashing import Fingerprint

ENGLISH = Texts("en")
T = TypeVar("T", screens.AccessNumberScreen, screens.MessageScreen, screens.QuestionScreen, screens.ReceiptScreen)


@pytest.fixture
def town(tmp_path: Path, make_around: Callable[[str], Surroundings], pki: TestPki) -> ApartTown:
    return ApartTown(tmp_path, make_around, pki)


def swapped(number: str) -> str:
    """Return a number with the first two neighbours that differ in the wrong order."""
    place = next(place for place in range(len(number) - 1) if number[place] != number[place + 1])
    return number[:place] + number[place + 1] + number[place] + number[place + 2 :]


def last_wrong(number: str) -> str:
    return number[:-1] + str((int(number[-1]) + 1) % 10)


def shown(town: ApartTown, kind: type[T], heading: str) -> T:
    """Return the last screen of this kind and heading that anybody saw."""
    found = [each for each in town.seen if isinstance(each, kind) and each.frame.heading == ENGLISH(heading)]
    return found[-1]


async def type_number(visit: SimulatedVisit, number: str) -> bytearray:
    typed = bytearray(number.encode())
    await visit.until(vote.EnteringAdmission)
    visit.press(screens.EnteredAccessNumber(typed))
    await visit.settle()
    return typed


def test_a_mistyped_number_is_refused_at_the_booth_before_anybody_is_asked_and_the_right_one_goes_on(
    town: ApartTown, card: EstonianCard
) -> None:
    async def scene(town: ApartTown) -> None:
        number = await town.number_for(card)

        async def at_booth(visit: SimulatedVisit) -> None:
            await to_offer(visit)
            visit.press(screens.Chose(VOTE))
            await visit.settle()
            asked = len(town.booth.asked)
            for wrong in (swapped(number), last_wrong(number), last_wrong(number)):
                typed = await type_number(visit, wrong)
                assert not any(typed)
                await visit.until(vote.AdmissionMistyped)
                assert isinstance(visit.screen, screens.MessageScreen)
                assert visit.screen.frame.code == AdmissionMistypedError.code
                assert wrong not in repr(visit.screen)
                assert visit.desk.ballot.admission == ""
                visit.press(screens.Proceeded())
            assert len(town.booth.asked) == asked
            await type_number(visit, number)
            await visit.until(vote.Marking)
            await to_review(visit, MAYOR_AND_COUNCIL)
            visit.press(screens.Proceeded())
            await visit.until(vote.CheckOrCast)
            assert visit.desk.ballot.admission == number

        await town.at(town.booth, at_booth)

    town.play(scene)


def test_who_cannot_get_it_right_stops_and_nothing_is_left(town: ApartTown, card: EstonianCard) -> None:
    async def scene(town: ApartTown) -> None:
        number = await town.number_for(card)

        async def at_booth(visit: SimulatedVisit) -> None:
            await to_offer(visit)
            visit.press(screens.Chose(VOTE))
            await type_number(visit, swapped(number))
            visit.press(screens.Stopped())
            await visit.until(at.Ended)

        await town.at(town.booth, at_booth)
        assert not town.booth.members(Part.BALLOTS)

    town.play(scene)


def test_the_keeper_signs_no_slip_for_a_number_that_its_window_let_through(town: ApartTown) -> None:
    async def scene(town: ApartTown) -> None:
        fingerprint = town.election.elections["town"].fingerprint
        for number in ("123456789", "12345678", ""):
            wanted = messages.SlipWanted(fingerprint, Fingerprint("A" * 42 + "E"), number)
            assert await town.booth.ask_polls(wanted) == messages.PollsDone(BallotNotTakenError.code)
        good = await town.booth.ask_polls(messages.SlipWanted(fingerprint, Fingerprint("A" * 42 + "E"), "123456786"))
        assert isinstance(good, messages.SlipSigned)

    town.play(scene)


def test_who_only_hears_is_told_number_slip_and_where_their_codes_are_at_every_step(
    town: ApartTown, card: EstonianCard
) -> None:
    async def scene(town: ApartTown) -> None:
        number = await town.number_for(card)
        given = shown(town, screens.ReceiptScreen, "voting.given.heading")
        assert given.number == f"{number[:3]} {number[3:6]} {number[6:]}"
        assert given.number_heard == ", ".join(" ".join(given.number.split()[group]) for group in range(3))
        assert given.frame.heard == ENGLISH("voting.given.heard")
        words: list[str] = []

        async def at_booth(visit: SimulatedVisit) -> None:
            await to_decision(visit, number)
            decision = visit.screen
            assert isinstance(decision, screens.CheckOrCastScreen)
            assert decision.frame.heard == ENGLISH("check-or-cast.heard")
            visit.press(screens.Chose(CAST))
            await visit.until(vote.TakingSlip)
            taking = visit.screen
            assert isinstance(taking, screens.MessageScreen)
            assert f"{ENGLISH('check-or-cast.slip')} {decision.slip}" in taking.paragraphs
            assert taking.frame.heard == ENGLISH("slip.heard")
            words.append(decision.slip)

        await town.at(town.booth, at_booth)
        assert shown(town, screens.AccessNumberScreen, "voting.admission.heading").is_on_paper
        slip = await town.slip_for(number)
        assert read_slip(slip).words not in words
        await town.redeem(slip, card)
        entering = shown(town, screens.QuestionScreen, "voting.enter-slip.heading")
        assert entering.frame.heard == ENGLISH("voting.enter-slip.heard")
        asked = shown(town, screens.MessageScreen, "voting.card.heading")
        assert f"{ENGLISH('check-or-cast.slip')} {read_slip(slip).words}" in asked.paragraphs

    town.play(scene)


@pytest.mark.parametrize("are_plugged", [True, False])
def test_the_digits_of_the_number_are_said_to_headphones_alone(
    town: ApartTown, card: EstonianCard, *, are_plugged: bool
) -> None:
    async def scene(town: ApartTown) -> None:
        number = await town.number_for(card)

        async def at_booth(visit: SimulatedVisit) -> None:
            speech = RecordingSpeech()
            visit.voice.speak_with(speech)
            visit.voice.plug(are_plugged=are_plugged)
            await to_offer(visit)
            visit.press(screens.Chose(VOTE))
            await visit.until(vote.EnteringAdmission)
            visit.hear(*number)
            said = list(number) if are_plugged else []
            assert [text for text in speech.texts if text.isdecimal()] == said
            assert bool(speech.texts) is are_plugged

        await town.at(town.booth, at_booth)

    town.play(scene)
