# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Votes on the real stack: officers open the polls; people vote by touch, by keyboard, by ear; a visit is killed."""

import re
from typing import TYPE_CHECKING

import msgspec

from townhall_kiosk.demo.person import Hands
from townhall_kiosk.texts import Texts
from townhall_voting.check_code import check_opening
from townhall_voting.eligibility.batches import CheckedBallot
from townhall_voting.hashing import fingerprint, hash_bytes
from townhall_voting.words import words

if TYPE_CHECKING:
    from tests.journeys.polling import PollingPlace

ENGLISH = Texts("en")
AS_WISHED = ((0, 0, 1, 0), (1, 0, 0, 0, 0, 0, 1))
"""As the record spells what is wished by ear: no blank, second of three; first and last of seven."""


def test_a_person_checks_a_ballot_and_casts_another_by_touch(place: "PollingPlace") -> None:
    place.world.person.hands = Hands.TOUCH
    before = place.stored()
    steps = [*place.voter(place.somebody(), is_checking=True).steps()]
    assert "checked" in steps
    assert steps[-1] == "attract-again"
    after = place.stored()
    assert after.is_whole
    assert after.polls.ballots == before.polls.ballots + 1
    assert len(after.checked - before.checked) == 1
    (ballot,) = after.ballots - before.ballots
    (statement,) = after.statements - before.statements
    assert place.stated(statement) == place.hash_of(ballot)


def test_a_person_votes_by_keyboard_alone(place: "PollingPlace") -> None:
    place.world.person.hands = Hands.KEYBOARD
    before = place.stored()
    place.vote(place.somebody())
    assert place.stored().is_whole
    assert place.stored().polls.ballots == before.polls.ballots + 1


def test_somebody_with_two_switches_checks_a_ballot_and_casts_another(place: "PollingPlace") -> None:
    """The first press of a switch starts the mark by itself; that there are two is chosen by the one."""
    person, before = place.world.person, place.stored()
    person.hands = Hands.SWITCH
    steps = place.voter(place.somebody(), is_checking=True).steps()
    place.go(steps, "contest-1")
    person.press(ENGLISH("button.ways"))
    person.wait_for("WaysScreen")
    person.press(ENGLISH("page.next"))
    speed, switches = ENGLISH("ways.speed"), ENGLISH("ways.switches")
    person.press(f"{switches}: {ENGLISH('ways.switches.one')}")
    person.wait_until(lambda _seen: speed in person.read(), "a mark whose speed can be chosen")
    person.press(f"{switches}: {ENGLISH('ways.switches.two')}")
    person.wait_until(lambda _seen: speed not in person.read(), "a mark that does not move by itself")
    person.hands = Hands.SWITCHES
    person.press(ENGLISH("ways.done"))
    person.wait_for("ContestScreen")
    assert [*steps][-1] == "attract-again"
    person.hands = Hands.TOUCH
    after = place.stored()
    assert after.is_whole
    assert after.polls.ballots == before.polls.ballots + 1
    assert len(after.checked - before.checked) == 1


def test_somebody_who_cannot_see_checks_a_ballot_and_casts_another_by_headphones_and_keys(
    place: "PollingPlace",
) -> None:
    """They use what is spoken alone; that the machine made what they heard, the ballot they had opened proves."""
    before = place.stored()
    voter = place.voter_by_ear(place.somebody(), is_checking=True)
    place.world.jack.plug()
    slip = voter.vote()
    place.world.jack.pull()
    after = place.stored()
    assert after.is_whole
    assert after.polls.ballots == before.polls.ballots + 1
    (opened,) = after.checked - before.checked
    checked = msgspec.json.decode(opened, type=CheckedBallot)
    assert tuple(check_opening(place.maker, checked.ballot, checked.code)) == AS_WISHED
    assert [count for count in voter.counts if "1 of 1" in count], "one mark of one"
    assert [count for count in voter.counts if "2 of 3" in count], "two marks of three"
    (ballot,) = after.ballots - before.ballots
    assert slip == words(hash_bytes(place.hash_of(ballot)))
    assert words(hash_bytes(fingerprint(ballot))) in voter.told["receipt"]
    said = "\n".join(place.world.speech.texts)
    assert voter.pin2 not in said
    counted = re.compile(r"Digits entered: [0-9]+|digit [0-9]+ of [0-9]+")
    assert len(voter.by.at_pins) >= len(voter.pin2)
    assert not any(re.search("[0-9]", counted.sub("", each)) for each in voter.by.at_pins)


def test_a_visit_killed_after_the_vote_was_stored_is_told_of_as_stored(place: "PollingPlace") -> None:
    place.world.person.hands = Hands.TOUCH
    holder, before = place.somebody(), place.stored()
    place.go(place.voter(holder).steps(), "vote-receipt")
    assert place.stored().polls.ballots == before.polls.ballots + 1
    place.kill_visit()
    place.see({ENGLISH("previous.voted.heading")})
    place.world.readers[0].remove_slowly()
    place.dismiss(ENGLISH("previous.voted.heading"), ENGLISH("previous.dismiss"))
    assert place.is_turned_away(holder)


def test_the_person_who_voted_is_refused_here_a_second_time(place: "PollingPlace") -> None:
    place.world.person.hands = Hands.TOUCH
    holder = place.somebody()
    place.vote(holder)
    before = place.stored()
    assert place.is_turned_away(holder)
    assert place.stored() == before
