# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A vote with one desk and one booth, each a kiosk on the real stack, counted by the real boards and trustees.

What a person carries from one to the other is read off the paper that a printer gave, and typed as a scanner does.
"""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.journeys.apart_world import ApartWorld

from townhall_kiosk.demo.apart_by_ear import AtDeskByEar, vote_at_booth_by_ear
from townhall_kiosk.demo.count import count_votes
from townhall_kiosk.demo.diary import Diary
from townhall_kiosk.demo.ears import EarsAndFingers
from townhall_kiosk.demo.person import Hands
from townhall_kiosk.demo.voter import PIN2, VoterSteps, start
from townhall_kiosk.demo.voter_by_ear import VoterByEar
from townhall_kiosk.demo.voting_world import voter
from townhall_kiosk.texts import Texts
from townhall_kiosk.voting.sets_on_disk import Part, decode_set
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_smartcard.simulation.estonian_card_person import Person as CardHolder
from townhall_voting.board.lists import Rejection
from townhall_voting.eligibility.slip import CAST_PREFIX, COMMITMENT_PREFIX, read_slip

ENGLISH = Texts("en")
MARKS = (("102\u2002Jaan Kask",), ("201\u2002Mart Lepp",))
WISHES = {"Mayor": ("Jaan Kask",), "Town council": ("Mart Lepp", "Uno Jalakas")}
VOTERS = (KADRI, *map(voter, range(1, 5)))
_WITHIN_S = 60.0


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApartWorld]:
    log = tmp_path_factory.mktemp("apart") / "log"
    with ApartWorld(agency="population-register", log=log, voters=VOTERS) as world:
        world.centre.stop()
        world.start_kiosk()
        world.start_booth()
        world.person.wait_for("AttractScreen")
        world.at_booth.wait_for("AttractScreen")
        world.officers_act("polls-open", ENGLISH)
        yield world


def scanned(paper: Path, directory: Path) -> str:
    """Return what the QR on a printed sheet says."""
    subprocess.run(["pdftoppm", "-r", "200", "-png", paper / "receipt.pdf", directory / "sheet"], check=True)
    pictures = sorted(directory.glob("sheet*.png"))
    command = ["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", *map(str, pictures)]
    read = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    for picture in pictures:
        picture.unlink()
    return read


def number_for(world: ApartWorld, holder: CardHolder, directory: Path) -> str:
    """Get an admission number at the desk: the one on the screen is the one on paper."""
    desk = world.person
    start(desk, ENGLISH)
    desk.press(ENGLISH("voting.offer.admission"))
    desk.wait_for("MessageScreen", ENGLISH("voting.card.heading"))
    world.readers[0].insert(world.card_of(holder))
    desk.wait_for("ReceiptScreen", ENGLISH("voting.given.heading"), within_s=_WITHIN_S)
    desk.wait_until(lambda _seen: ENGLISH("receipt.printed") in desk.read(), "the ticket")
    shown = re.search(r"\b(\d{3}) (\d{3}) (\d{3})\b", desk.read())
    assert shown is not None
    number = "".join(shown.groups())
    assert scanned(world.paper, directory) == number
    leave_desk(world)
    return number


def leave_desk(world: ApartWorld) -> None:
    world.person.press(ENGLISH("receipt.finish"))
    world.person.wait_for("MessageScreen", ENGLISH("take-card.heading"))
    world.readers[0].remove_slowly()
    world.person.wait_for_next_visit()


def to_decision(world: ApartWorld, number: str, *, scans: bool = False) -> VoterSteps:
    """Enter the number at the booth, mark, and make the ballot; the first slip is out."""
    booth = world.at_booth
    start(booth, ENGLISH)
    booth.press(ENGLISH("voting.offer.vote"))
    booth.wait_for("AccessNumberScreen", ENGLISH("voting.admission.heading"))
    if scans:
        booth.scan(number)
    else:
        for digit in number:
            booth.press(digit)
        booth.press(ENGLISH("button.continue"))
    steps = VoterSteps(booth, ENGLISH, MARKS, insert_card=lambda: None, remove_card=lambda: None)
    assert [*steps.mark()][-1] == "check-or-cast"
    return steps


def slip_for(world: ApartWorld, number: str, directory: Path, *, scans: bool = False) -> tuple[str, str]:
    """Cast at the booth; return the texts of both slips."""
    booth = world.at_booth
    to_decision(world, number, scans=scans)
    first = scanned(world.booth_paper, directory)
    booth.press(ENGLISH("check-or-cast.cast.button"))
    booth.wait_for("MessageScreen", ENGLISH("slip.heading"), within_s=_WITHIN_S)
    second = scanned(world.booth_paper, directory)
    booth.press(ENGLISH("receipt.finish"))
    booth.wait_for_next_visit()
    return first, second


def bring(world: ApartWorld, slip: str) -> None:
    desk = world.person
    start(desk, ENGLISH)
    desk.press(ENGLISH("voting.offer.slip"))
    desk.wait_for("QuestionScreen", ENGLISH("voting.enter-slip.heading"))
    desk.scan(slip)


def redeem(world: ApartWorld, slip: str, holder: CardHolder) -> None:
    """Sign for a slip at the desk."""
    desk = world.person
    bring(world, slip)
    desk.wait_for("MessageScreen", ENGLISH("voting.card.heading"), within_s=_WITHIN_S)
    world.readers[0].insert(world.card_of(holder))
    desk.wait_for("StatementScreen", within_s=_WITHIN_S)
    assert read_slip(slip).words in desk.read()
    desk.press(ENGLISH("cast.button"))
    desk.wait_for("PinScreen", ENGLISH("pin2.heading"))
    for digit in PIN2:
        desk.press(digit)
    desk.press(ENGLISH("cast.button"))
    desk.wait_for("ReceiptScreen", ENGLISH("vote-receipt.heading"), within_s=_WITHIN_S)
    leave_desk(world)


def members(home: Path, part: Part) -> frozenset[bytes]:
    files = list((home / "voting").glob(f"{part.value}.?"))
    return decode_set(files[0].read_bytes()) if files else frozenset()


def test_a_person_votes_by_touch_and_the_number_and_the_slip_are_read_off_paper(
    world: ApartWorld, tmp_path: Path
) -> None:
    number = number_for(world, KADRI, tmp_path)
    first, second = slip_for(world, number, tmp_path)
    assert first.startswith(COMMITMENT_PREFIX)
    assert second.startswith(CAST_PREFIX)
    assert read_slip(first).ballot == read_slip(second).ballot
    bring(world, first)
    refusal = ENGLISH("voting.refused.slip-not-cast")
    world.person.wait_until(lambda seen: seen.kind == "QuestionScreen" and refusal in world.person.read(), refusal)
    world.person.press(ENGLISH("button.stop"))
    world.person.wait_for_next_visit()
    redeem(world, second, KADRI)
    assert [len(members(world.booth_home, part)) for part in (Part.BALLOTS, Part.ELIGIBILITY, Part.MARKS)] == [1, 0, 0]
    assert [len(members(world.home, part)) for part in (Part.BALLOTS, Part.ELIGIBILITY, Part.MARKS)] == [0, 1, 1]


def test_a_person_votes_by_keyboard_after_a_check_and_the_booth_lost_power_in_between(
    world: ApartWorld, tmp_path: Path
) -> None:
    world.at_booth.hands = Hands.KEYBOARD
    number = number_for(world, VOTERS[1], tmp_path)
    steps = to_decision(world, number, scans=True)
    assert [*steps.check()] == ["checked"]
    world.at_booth.wait_for("AccessNumberScreen", ENGLISH("voting.admission.heading"))
    world.kill_booth()
    world.start_booth()
    world.at_booth.wait_for("MessageScreen", ENGLISH("previous.nothing.heading"), within_s=_WITHIN_S)
    world.at_booth.press(ENGLISH("previous.dismiss"))
    world.at_booth.wait_for("AttractScreen")
    _first, second = slip_for(world, number, tmp_path, scans=True)
    redeem(world, second, VOTERS[1])
    assert len(members(world.booth_home, Part.CHECKED)) == 1


def test_somebody_who_only_hears_gets_a_number_votes_and_signs_for_the_right_slip(
    world: ApartWorld, tmp_path: Path
) -> None:
    """They mistype once, and hold the wrong slip to the scanner first; keys and headphones are all they use."""
    before = len(members(world.home, Part.ELIGIBILITY))
    card = world.card_of(VOTERS[2])
    desk = AtDeskByEar(
        EarsAndFingers(world.speech, world.person),
        ENGLISH,
        insert_card=lambda: world.readers[0].insert(card),
        remove_card=world.readers[0].remove_slowly,
    )
    world.jack.plug()
    number = desk.get_number()
    assert scanned(world.paper, tmp_path) == number
    world.person.wait_for_next_visit()
    booth = EarsAndFingers(world.booth_speech, world.at_booth)
    at_booth = VoterByEar(booth, ENGLISH, WISHES, insert_card=lambda: None, remove_card=lambda: None)
    world.booth_jack.plug()
    first: list[str] = []
    mistyped = number[:-1] + str((int(number[-1]) + 1) % 10)
    words = vote_at_booth_by_ear(at_booth, number, mistyped, lambda: first.append(scanned(world.booth_paper, tmp_path)))
    second = scanned(world.booth_paper, tmp_path)
    assert read_slip(second).words == words
    assert read_slip(second).admission == number
    told = desk.sign((*first, second), words, world.person.scan)
    assert words in told
    assert desk.pin2 not in "\n".join(world.speech.texts)
    world.person.wait_for_next_visit()
    world.jack.pull()
    world.booth_jack.pull()
    assert len(members(world.home, Part.ELIGIBILITY)) == before + 1


def test_somebody_with_one_switch_gets_a_number_votes_and_signs(world: ApartWorld, tmp_path: Path) -> None:
    """The scanner of codes types beside the switch."""
    before = len(members(world.home, Part.ELIGIBILITY))
    for person in (world.person, world.at_booth):
        person.hands = Hands.SWITCH
    number = number_for(world, VOTERS[3], tmp_path)
    _first, second = slip_for(world, number, tmp_path, scans=True)
    redeem(world, second, VOTERS[3])
    for person in (world.person, world.at_booth):
        person.hands = Hands.TOUCH
    assert len(members(world.home, Part.ELIGIBILITY)) == before + 1


def test_a_slip_that_nobody_signs_for_is_not_counted_and_the_rest_is_a_record_that_two_verifiers_accept(
    world: ApartWorld, tmp_path: Path
) -> None:
    world.at_booth.hands = Hands.TOUCH
    number = number_for(world, VOTERS[4], tmp_path)
    _first, lost = slip_for(world, number, tmp_path)
    world.officers_act("polls-close", ENGLISH)
    out = tmp_path / "count"
    out.mkdir()
    count_votes(world, Diary(), out)
    (listed,) = out.glob("*.rejected.json")
    told = listed.read_text()
    assert told.count(Rejection.NOT_CONFIRMED.value) == 1
    accepted = json.loads((out / "accepted.json").read_text())
    assert read_slip(lost).ballot not in json.dumps(accepted)
