# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Page and command are two programs of one opinion, on whatever they are given."""

import base64
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from townhall_checker.groups import GROUPS
from townhall_voting.election import HomomorphicQuestion, Question, RankedQuestion
from townhall_voting.group import Group
from townhall_voting.schnorr_group import BELENIOS_2048, RFC_3526_2048

if TYPE_CHECKING:
    from tests.checker.conftest import Checkers, NewBooth

KEY = str(pow(GROUPS["BELENIOS-2048"].g, 12345, GROUPS["BELENIOS-2048"].p))
OTHER_KEY = str(GROUPS["RFC-3526-2048"].p - 1)
CHAIR = '{"answers":["Ada","Bo"],"min":0,"max":1,"question":"Who?"}'
ELECTION = (
    '{"version":1,"description":"","name":"Vote","group":"BELENIOS-2048","public_key":"'
    + KEY
    + '","questions":['
    + CHAIR
    + '],"uuid":"BXxNnieWzhqs6B"}'
)
RANK = '{"type":"NonHomomorphic","value":{"answers":["x"],"question":"Rank"}}'
# What an election's file says instead, and what both make of it. The code is empty, which is found after the file.
READ, REFUSED, UNKNOWN = "TH-CHEK-020", "TH-CHEK-010", "TH-CHEK-011"
FILES = {
    "as it is": (ELECTION, READ),
    "a newline at its end": (ELECTION + "\n", READ),
    "blanks between members": (ELECTION.replace(",", " ,\r\n\t"), READ),
    "a member of another's": (ELECTION.replace("{", '{"administrator":null,"more":[{"a":true}],', 1), READ),
    "no blank vote, said": (ELECTION.replace('"min"', '"blank":false,"min"'), READ),
    "a blank vote": (ELECTION.replace('"min"', '"blank":true,"min"'), READ),
    "an escaped name": (ELECTION.replace("Vote", r"\u0056\"\\\/\b\f\n\r\t\ud83d\ude00"), READ),
    "names that objects have": (ELECTION.replace("{", '{"__proto__":{"name":1},"constructor":1,', 1), READ),
    "sixteen deep": (ELECTION.replace("{", '{"more":' + "[" * 15 + "]" * 15 + ",", 1), READ),
    "seventeen deep": (ELECTION.replace("{", '{"more":' + "[" * 16 + "]" * 16 + ",", 1), REFUSED),
    "very deep": ("[" * 200_000, REFUSED),
    "a prototype instead of members": ('{"__proto__":' + ELECTION + "}", REFUSED),
    "a member twice": (ELECTION.replace('"name":"Vote"', '"name":"Vote","name":"Vote"'), REFUSED),
    "a member twice, once escaped": (ELECTION.replace('"name":"Vote"', r'"name":"Vote","\u006eame":"Vote"'), REFUSED),
    "a member twice, deep inside": (ELECTION.replace("{", '{"more":{"a":1,"a":1},', 1), REFUSED),
    "__proto__ twice": (ELECTION.replace("{", '{"__proto__":1,"__proto__":1,', 1), REFUSED),
    "two objects": (ELECTION + ELECTION, REFUSED),
    "a byte order mark": ("\ufeff" + ELECTION, REFUSED),
    "a newline twice": (ELECTION + "\n\n", READ),
    "a no-break space": (ELECTION + "\u00a0", REFUSED),
    "a trailing comma": (ELECTION[:-1] + ",}", REFUSED),
    "a comment": (ELECTION + "//", REFUSED),
    "a cut": (ELECTION[:-1], REFUSED),
    "half a character": (ELECTION.replace("Vote", r"\ud800"), REFUSED),
    "half a character in a member's name": (ELECTION.replace("{", r'{"\udfff":1,', 1), REFUSED),
    "a control character": (ELECTION.replace("Vote", "Vo\x01te"), REFUSED),
    "an escape that is none": (ELECTION.replace("Vote", r"\x41"), REFUSED),
    "a short escape": (ELECTION.replace("Vote", r"\u12"), REFUSED),
    "version 2": (ELECTION.replace('"version":1', '"version":2'), REFUSED),
    "version true": (ELECTION.replace('"version":1', '"version":true'), REFUSED),
    "version 1.0": (ELECTION.replace('"version":1', '"version":1.0'), REFUSED),
    "version 01": (ELECTION.replace('"version":1', '"version":01'), REFUSED),
    "version 1e0": (ELECTION.replace('"version":1', '"version":1e0'), REFUSED),
    "a huge number": (ELECTION.replace("{", '{"more":' + "9" * 5000 + ",", 1), REFUSED),
    "the largest number": (ELECTION.replace("{", '{"more":999999999999999,', 1), READ),
    "a larger number": (ELECTION.replace("{", '{"more":1000000000000000,', 1), REFUSED),
    "a negative number": (ELECTION.replace('"min":0', '"min":-1'), REFUSED),
    "minus nothing": (ELECTION.replace('"min":0', '"min":-0'), REFUSED),
    "not a number": (ELECTION.replace('"min":0', '"min":NaN'), REFUSED),
    "infinity": (ELECTION.replace('"max":1', '"max":Infinity'), REFUSED),
    "min true": (ELECTION.replace('"max":1', '"max":true'), REFUSED),
    "max above the answers": (ELECTION.replace('"max":1', '"max":3'), REFUSED),
    "max 0": (ELECTION.replace('"max":1', '"max":0'), REFUSED),
    "min above max": (ELECTION.replace('"min":0', '"min":2'), REFUSED),
    "blank null": (ELECTION.replace('"min"', '"blank":null,"min"'), REFUSED),
    "no questions": (ELECTION.replace(CHAIR, ""), REFUSED),
    "a question null": (ELECTION.replace(CHAIR, "null"), REFUSED),
    "an answer null": (ELECTION.replace('"Ada"', "null"), REFUSED),
    "a question of another type": (ELECTION.replace(CHAIR, RANK.replace("NonH", "H")), REFUSED),
    "a question of no type": (ELECTION.replace(CHAIR, RANK.replace('"NonHomomorphic"', "null")), REFUSED),
    "a ranked question in a group for none": (ELECTION.replace(CHAIR, RANK), UNKNOWN),
    "a group of its own": (ELECTION.replace("BELENIOS-2048", "BELENIOS-2049"), UNKNOWN),
    "a group that objects have": (ELECTION.replace("BELENIOS-2048", "constructor"), UNKNOWN),
    "the other group's key": (ELECTION.replace("BELENIOS-2048", "RFC-3526-2048").replace(KEY, OTHER_KEY), REFUSED),
    "key 1": (ELECTION.replace(KEY, "1"), REFUSED),
    "key 0": (ELECTION.replace(KEY, "0"), REFUSED),
    "a key with a zero before": (ELECTION.replace(KEY, "0" + KEY), REFUSED),
    "a key in Arabic digits": (ELECTION.replace(KEY, "٣"), REFUSED),
    "a key plus p": (ELECTION.replace(KEY, str(int(KEY) + GROUPS["BELENIOS-2048"].p)), REFUSED),
    "a key of a million digits": (ELECTION.replace(KEY, "9" * 1_000_000), REFUSED),
    "a key with a newline": (ELECTION.replace(KEY, KEY + r"\n"), REFUSED),
    "a uuid with a newline": (ELECTION.replace("BXxNnieWzhqs6B", r"BXxNnieWzhqs6B\n"), REFUSED),
    "a uuid too short": (ELECTION.replace("BXxNnieWzhqs6B", "BXxNnieWzhqs6"), REFUSED),
    "a uuid with markup": (ELECTION.replace("BXxNnieWzhqs6B", r"BXxNnieWzhqs6B<b>\""), REFUSED),
    "as long as it may be": (ELECTION.replace("Vote", "x" * (4 * 2**20 - len(ELECTION) + 4)), READ),
    "one byte longer": (ELECTION.replace("Vote", "x" * (4 * 2**20 - len(ELECTION) + 5)), REFUSED),
}


@pytest.mark.parametrize("name", FILES)
def test_both_read_and_refuse_the_same_files(name: str, checkers: "Checkers") -> None:
    text, expected = FILES[name]
    assert checkers.facts(text.encode(), "", "") == {"verdict": "refused", "code": expected}


def test_a_file_that_is_no_utf_8_is_refused_by_both(checkers: "Checkers") -> None:
    for broken in (b"\xff", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"):
        facts = checkers.facts(ELECTION.encode().replace(b"Vote", broken), "", "")
        assert facts["code"] == REFUSED


PIECES = (
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"',
    "\\",
    "\\u",
    "0",
    "-1",
    "1.5",
    "1e9",
    "null",
    "true",
    " ",
    "\n",
    "\x00",
    "é",
    "\\ud800",
)
changes = st.lists(
    st.tuples(st.integers(0, len(ELECTION)), st.integers(0, 40), st.sampled_from(PIECES) | st.text(max_size=3)),
    max_size=3,
)
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@settings(unhurried, max_examples=150)
@given(changes=changes)
def test_both_are_of_one_opinion_about_damaged_files(changes: list[tuple[int, int, str]], checkers: "Checkers") -> None:
    text = ELECTION
    for at, length, piece in changes:
        text = text[:at] + piece + text[at + length :]
    checkers.facts(text.encode(), "", "")


@settings(unhurried, max_examples=40)
@given(
    at=st.integers(0, 540),
    piece=st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:aé\n", max_size=4),
    slip=st.text("ABab+/09-_ \n", max_size=44) | st.just(""),
)
def test_both_are_of_one_opinion_about_damaged_codes(
    at: int, piece: str, slip: str, new_booth: "NewBooth", checkers: "Checkers"
) -> None:
    shown = new_booth(HomomorphicQuestion("Who?", ("Ada",), 0, 1)).honest((1,))
    checkers.facts(shown.election, shown.text[:at] + piece + shown.text[at + len(piece) :], slip)


@st.composite
def votes(draw: st.DrawFn) -> tuple[Group, list[Question], list[tuple[int, ...]]]:
    """Elections with choices that their questions allow."""
    group = draw(st.sampled_from([BELENIOS_2048, BELENIOS_2048, RFC_3526_2048]))
    questions: list[Question] = []
    choices: list[tuple[int, ...]] = []
    for _ in range(draw(st.integers(1, 2))):
        answers = tuple(draw(st.lists(st.text(max_size=5), min_size=1, max_size=3)))
        if group is RFC_3526_2048 and draw(st.booleans()):
            questions.append(RankedQuestion(draw(st.text(max_size=5)), answers))
            choices.append(tuple(draw(st.integers(0, 255)) for _ in answers))
            continue
        bits = [draw(st.integers(0, 1)) for _ in answers]
        minimum, maximum = draw(st.integers(0, sum(bits))), draw(st.integers(max(1, sum(bits)), len(answers)))
        may_be_blank = draw(st.booleans())
        questions.append(HomomorphicQuestion(draw(st.text(max_size=5)), answers, minimum, maximum, may_be_blank))
        is_blank = may_be_blank and draw(st.booleans())
        choices.append((int(is_blank),) * may_be_blank + tuple(0 if is_blank else bit for bit in bits))
    return group, questions, choices


@settings(unhurried, max_examples=12)
@given(vote=votes())
def test_whatever_an_honest_booth_makes_is_confirmed_by_both(
    vote: tuple[Group, list[Question], list[tuple[int, ...]]], new_booth: "NewBooth", checkers: "Checkers"
) -> None:
    group, questions, choices = vote
    shown = new_booth(*questions, group=group).honest(*choices)
    facts = checkers.facts(shown.election, shown.text, shown.slip)
    assert facts["verdict"] == "confirmed"
    assert facts["h"] == shown.slip
    numbers = [[number for _answer, number in each["answers"]] for each in facts["questions"]]
    shown_numbers = [
        list(chosen[getattr(question, "is_blank_allowed", 0) :])
        for question, chosen in zip(questions, choices, strict=True)
    ]
    assert numbers == shown_numbers


@settings(unhurried, max_examples=25)
@given(numbers=st.lists(st.integers(0, 3), min_size=7, max_size=7))
def test_both_are_of_one_opinion_about_what_a_question_allows(
    numbers: list[int], new_booth: "NewBooth", checkers: "Checkers"
) -> None:
    two = HomomorphicQuestion("Two?", ("a", "b", "c"), 1, 2)
    blank = HomomorphicQuestion("Or none?", ("a", "b", "c"), 0, 2, is_blank_allowed=True)
    booth = new_booth(two, blank)
    h = base64.b64encode(bytes(32)).decode()[:43]
    verdict = checkers.verdict(booth.claiming(h, tuple(numbers[:3]), tuple(numbers[3:])))
    first, (is_blank, *second) = numbers[:3], numbers[3:]
    allowed = max(numbers) <= 1 and 1 <= sum(first) <= 2 and (not sum(second) if is_blank else sum(second) <= 2)
    assert verdict == ("TH-CHEK-031" if allowed else "TH-CHEK-023")


def test_the_election_of_these_tests_is_the_products_own(checkers: "Checkers", new_booth: "NewBooth") -> None:
    made = json.loads(new_booth(HomomorphicQuestion("Who?", ("Ada", "Bo"), 0, 1)).election.data)
    assert set(made) == set(json.loads(ELECTION))
    assert checkers.facts(json.dumps(made).encode(), "", "")["code"] == READ
