# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""election.json: read strictly, so that whatever people can vote in, the independent checker can check."""

import json

import pytest

from townhall_checker.election import read_election
from townhall_checker.errors import CheckerError
from townhall_voting.election import HomomorphicQuestion, RankedQuestion, Title, parse_election, write_election
from townhall_voting.errors import ElectionRefusedError, GroupRefusedError, RefusedError
from townhall_voting.schnorr_group import BELENIOS_2048, RFC_3526_2048

KEY = BELENIOS_2048.power(BELENIOS_2048.generator, BELENIOS_2048.scalar(7))
TITLE = Title("BXxNnieWzhqs6B", "Vote", "Düsseldorf")
QUESTION = HomomorphicQuestion("Who?", ("Ada", "Bo"), 1, 1)
GOOD = write_election(TITLE, BELENIOS_2048, KEY, [QUESTION]).data


def with_(**members: object) -> bytes:
    return json.dumps({**json.loads(GOOD), **members}, separators=(",", ":"), ensure_ascii=False).encode()


def question(**members: object) -> bytes:
    return with_(questions=[{"answers": ["a", "b"], "min": 1, "max": 1, "question": "q", **members}])


HOSTILE = {
    "torn": GOOD[:-1],
    "something after it": GOOD + b"{}",
    "no UTF-8": GOOD.replace(b"Vote", b"\xff\xfe"),
    "a member twice": GOOD[:-1] + b',"name":"Other"}',
    "a member twice inside": GOOD.replace(b'"min":1', b'"min":0,"min":1'),
    "a fraction": GOOD[:-1] + b',"more":1.5}',
    "a large number": GOOD[:-1] + b',"more":1234567890123456}',
    "not a number": GOOD[:-1] + b',"more":NaN}',
    "half a character": GOOD[:-1] + b',"more":"\\ud800"}',
    "too deep": GOOD[:-1] + b',"more":' + b"[" * 17 + b"]" * 17 + b"}",
    "far too deep": b"[" * 100_000,
    "another version": with_(version=2),
    "no questions": with_(questions=[]),
    "a short name": with_(uuid="BXxN"),
    "an unknown group": with_(group="Ed25519"),
    "a key of one": with_(public_key="1"),
    "a key that is no element": with_(public_key=str(BELENIOS_2048.modulus - 1)),
    "nobody can answer": question(min=2, max=1),
    "more than there are": question(max=3),
    "nothing to choose": question(min=0, max=0),
    "no answers": question(answers=[]),
    "an unknown kind": question(type="Other"),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_file_that_two_programs_could_read_differently_is_refused_by_both(data: bytes) -> None:
    with pytest.raises(RefusedError):
        parse_election(data)
    with pytest.raises(CheckerError):
        read_election(data)


def test_a_newline_at_the_end_is_not_part_of_an_election() -> None:
    with pytest.raises(ElectionRefusedError):
        parse_election(GOOD + b"\n")


def test_what_is_written_is_read_back_and_members_that_nobody_knows_are_covered_by_the_fingerprint() -> None:
    election = parse_election(GOOD)
    assert election.questions == (QUESTION,)
    more = parse_election(with_(more={"any": [1, "thing"]}))
    assert more.questions == election.questions
    assert more.fingerprint != election.fingerprint


def test_ranked_questions_need_the_group_that_holds_numbers() -> None:
    ranked = RankedQuestion("Rank", ("a", "b"))
    with pytest.raises(GroupRefusedError):
        write_election(TITLE, BELENIOS_2048, KEY, [QUESTION, ranked])
    key = RFC_3526_2048.power(RFC_3526_2048.generator, RFC_3526_2048.scalar(7))
    assert write_election(TITLE, RFC_3526_2048, key, [QUESTION, ranked]).questions == (QUESTION, ranked)


def test_an_unwritable_election_is_refused_when_it_is_made() -> None:
    with pytest.raises(ElectionRefusedError):
        write_election(Title("short", "", ""), BELENIOS_2048, KEY, [QUESTION])
