# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The author's file and the definition: what it holds, and every fault by file, place and reason."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from townhall_crypto.checkpoint import Ed25519NoteSigner
from townhall_voting.errors import DefinitionRefusedError, MalformedError
from townhall_voting.mode import Mode
from townhall_voting.nonces import Randomness
from townhall_voting.package.authored import read_authored
from townhall_voting.package.contests import Candidate, Contest, Presentation, order_for_visit
from townhall_voting.package.definition import Definition, DeviceRole
from townhall_voting.package.definition_check import read_definition

EXAMPLE = Path(__file__).parents[2] / "elections" / "small-town" / "election.yaml"
TEXT = EXAMPLE.read_text("utf-8")


def test_the_example_is_read_with_all_its_texts(town: Definition) -> None:
    assert town.mode is Mode.TEST
    mayor, council = town.contests_of("town")
    assert (mayor.minimum, mayor.maximum, mayor.blank, mayor.presentation) == (1, 1, True, Presentation.ROTATED)
    assert (council.minimum, council.maximum, council.blank, council.seats) == (0, 3, False, 5)
    assert council.title["ar"] == "مجلس البلدة"
    assert mayor.candidates[0].name == dict.fromkeys(("en", "et", "fr", "ar"), "Liis Tamm")
    assert mayor.candidates[0].number == "101"


def test_places_say_what_each_device_does_and_when_polls_are_open(town: Definition) -> None:
    desk, library = town.device("desk-1"), town.place_of("kiosk-1")
    assert desk is not None
    assert desk.role is DeviceRole.DESK
    assert library is not None
    assert [each.opens.hour for each in town.hours_of(library)] == [12]
    assert [each.opens.hour for each in town.hours_of(town.places[0])] == [9, 9]
    assert town.device("kiosk-9") is None
    assert town.place_of("kiosk-9") is None
    assert town.style_of("harbour") == "town"
    assert not town.is_current(town.expires)
    assert town.is_current(datetime(2026, 11, 26, tzinfo=UTC))


def test_a_definition_has_one_spelling(town: Definition) -> None:
    assert read_definition(town.to_bytes()) == town
    for other in (town.to_bytes() + b" ", town.to_bytes().replace(b'"seats":5', b'"seats": 5'), b"{}", b"\xff"):
        with pytest.raises(MalformedError):
            read_definition(other)


def test_the_same_election_may_be_written_as_json(town: Definition) -> None:
    assert read_authored("election.json", town.to_bytes()) == town


FAULTS = [
    ("maximum: 3", "maximum: 9", "contests[1].maximum", "more than the 7 candidates"),
    ("maximum: 3", "maximum: three", "contests[1].maximum", "Expected `int`, got `str`"),
    ("seats: 5", "sets: 5", "contests[1]", "Object contains unknown field `sets`"),
    ("blank: false", "blank: no", "contests[1].blank", 'write "no" in quotes, or true or false'),
    (", fr: Maire", "", "contests[0].title", "no text in fr"),
    ("{en: Mayor, et", "{en: Mayor, de: Meister, et", "contests[0].title.de", "not a language of this election"),
    ("contests: [mayor, council]", "contests: [mayor]", "contests[1]", "on no ballot style: nobody would be asked"),
    ("contests: [mayor, council]", "contests: [mayor, coucil]", "styles[0].contests", "there is no contest coucil"),
    ("number: 102", "number: 101", "contests[0].candidates[1]", "101 stands there twice"),
    ("kiosk: desk-1", "kiosk: booth-1", "places[1]", "booth-1 stands there twice"),
    ("closes: 2026-11-26T18:00", "closes: 2026-11-26T11:00", "places[1].hours[0]", "closes before it opens"),
    ("expires: 2026-12-14", "expires: 2026-11-28", "rules.hours[1]", "outside not_before and expires"),
    ("T18:00:00+02:00", "T18:00:00", "places[1].hours[0].closes", "Expected `datetime` with a timezone component"),
    ("minimum_tally: 10", "minimum_tally: 1", "rules.minimum_tally", "Expected `int` >= 2"),
    ("group: BELENIOS-2048", "group: Ed25519", "group", "not a group that is known here"),
    ("seats: 5", "counting: stv", "group", "ranked contests need RFC-3526-2048"),
    ("mode: test", "mode: trial", "mode", "Invalid enum value 'trial'"),
    ("mode: test", "mode: test\nmode: official", "", "mode stands there twice"),
    ("name: Jaan Kask", "name: *kask", "", "found undefined alias 'kask'"),
    ("name: Jaan Kask", "name: {a: Jaan}", "contests[0].candidates[1].name", "Expected `str` matching regex"),
    ("name: Jaan Kask", "name: {en: [1]}", "contests[0].candidates[1].name", "Expected `str`, got `array`"),
    ("id: mayor", "id: Mayor!", "contests[0].id", "Expected `str` matching regex"),
]


@pytest.mark.parametrize(("good", "bad", "place", "reason"), FAULTS)
def test_a_fault_is_named_by_file_line_place_and_reason(good: str, bad: str, place: str, reason: str) -> None:
    text = TEXT.replace(good, bad, 1)
    with pytest.raises(DefinitionRefusedError) as caught:
        read_authored("election.yaml", text.encode())
    error = caught.value
    assert error.place.startswith(place) if place else True
    assert reason in error.reason
    assert error.file.startswith("election.yaml, line ")
    line = int(error.file.rpartition(" ")[2])
    assert 1 <= line <= len(text.splitlines())


def test_a_fault_of_one_line_is_told_with_that_line() -> None:
    text = TEXT.replace("maximum: 3", "maximum: 9", 1)
    with pytest.raises(DefinitionRefusedError) as caught:
        read_authored("election.yaml", text.encode())
    line = next(number for number, each in enumerate(text.splitlines(), 1) if "maximum: 9" in each)
    assert str(caught.value) == f"election.yaml, line {line}: contests[1].maximum: more than the 7 candidates"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[1, 2",
        b"- a: &x [1]\n- *x",
        b"!!python/object/apply:os.system ['true']",
        b"a: " + b"[" * 60 + b"]" * 60,
    ],
    ids=["empty", "not-utf8", "torn", "alias", "python-tag", "deep"],
)
@pytest.mark.parametrize("name", ["election.yaml", "election.json"])
def test_what_is_no_such_file_is_refused_without_being_run(name: str, content: bytes) -> None:
    with pytest.raises(DefinitionRefusedError) as caught:
        read_authored(name, content)
    assert name in caught.value.file


def test_two_candidates_that_nobody_can_tell_apart_are_refused() -> None:
    text = TEXT.replace("number: 202, name: Eha Pihlak", "name: Mart Lepp", 1).replace("number: 201, ", "", 1)
    with pytest.raises(DefinitionRefusedError, match="nobody can tell apart"):
        read_authored("election.yaml", text.encode())


def test_one_key_for_two_devices_is_refused(town: Definition) -> None:
    first, second = town.places
    cloned = msgspec.structs.replace(second.devices[0], key=first.devices[0].key)
    places = (first, msgspec.structs.replace(second, devices=(cloned,)))
    with pytest.raises(DefinitionRefusedError, match="the key of another device"):
        read_definition(msgspec.structs.replace(town, places=places).to_bytes())


@pytest.mark.parametrize(("alone", "reason"), [("booth", "a booth without a desk"), ("desk", "a desk without a booth")])
def test_a_booth_or_a_desk_alone_at_a_place_is_refused(town: Definition, alone: str, reason: str) -> None:
    place = town.places[0]
    devices = tuple(each for each in place.devices if each.role.value == alone)
    assert devices
    places = (msgspec.structs.replace(place, devices=devices), *town.places[1:])
    with pytest.raises(DefinitionRefusedError, match=rf"places\[0\]\.devices: {reason}"):
        read_definition(msgspec.structs.replace(town, places=places).to_bytes())


@pytest.mark.parametrize("key", [b"", b"no key", bytes.fromhex("302a300506032b6570032100") + bytes(32)])
def test_a_device_key_that_no_kiosk_has_is_refused(town: Definition, key: bytes) -> None:
    place = town.places[0]
    devices = (msgspec.structs.replace(place.devices[0], key=key), *place.devices[1:])
    places = (msgspec.structs.replace(place, devices=devices), *town.places[1:])
    with pytest.raises(DefinitionRefusedError, match=r"places\[0\]\.devices\[0\]\.key: no public key on P-256"):
        read_definition(msgspec.structs.replace(town, places=places).to_bytes())


def contest_of(count: int, presentation: Presentation) -> Contest:
    candidates = tuple(Candidate(f"c{number}", {"en": f"C {number}"}) for number in range(count))
    return Contest("c", {"en": "C"}, candidates, 0, 1, blank=False, presentation=presentation)


def test_the_key_of_the_ballot_boxs_log_is_of_this_elections_log_and_well_written(town: Definition) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))

    def vkey(name: str) -> str:
        return Ed25519NoteSigner(name, key).verifier.vkey

    good = vkey("townhall/small-town-2026.test/ballots")
    named = msgspec.structs.replace(town, ballot_log=good)
    assert read_definition(named.to_bytes()) == named
    assert b"ballot_log" not in town.to_bytes()
    for bad in (vkey("townhall/small-town-2026.official/ballots"), good[:-2], good.replace("+", "-"), f"{good} ", "x"):
        with pytest.raises(DefinitionRefusedError) as refused:
            read_definition(msgspec.structs.replace(town, ballot_log=bad).to_bytes())
        assert refused.value.place == "ballot_log"


def test_straight_presentation_is_the_listed_order_for_everybody(randomness: Randomness) -> None:
    assert order_for_visit(contest_of(5, Presentation.STRAIGHT), randomness) == (0, 1, 2, 3, 4)


def test_rotation_begins_at_each_candidate_about_equally_often(randomness: Randomness) -> None:
    orders = [order_for_visit(contest_of(5, Presentation.ROTATED), randomness) for _ in range(1000)]
    assert all(order == tuple((order[0] + step) % 5 for step in range(5)) for order in orders)
    firsts = Counter(order[0] for order in orders)
    assert all(140 < firsts[place] < 260 for place in range(5))


def test_shuffling_gives_each_order_about_equally_often(randomness: Randomness) -> None:
    orders = Counter(order_for_visit(contest_of(3, Presentation.SHUFFLED), randomness) for _ in range(1200))
    assert len(orders) == 6
    assert all(130 < count < 270 for count in orders.values())
