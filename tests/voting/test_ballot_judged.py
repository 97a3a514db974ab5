# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Our ballots in the tool's elections, the tool's ballots in our checker, and every change to a ballot refused."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from townhall_crypto.secret import Secret
from townhall_voting.ballot_check import BallotChecker
from townhall_voting.ballot_making import BallotMaker, Choices, sign_ballot
from townhall_voting.credential import derive_voting_key
from townhall_voting.election import Election, parse_election
from townhall_voting.errors import BallotRefusal, BallotRefusedError, ChoicesRefusedError
from townhall_voting.hashing import fingerprint
from townhall_voting.nonces import Randomness, SeedNonces
from townhall_voting.schnorr_group import BELENIOS_2048

if TYPE_CHECKING:
    from tests.voting.conftest import BeleniosTool, NewTool

PLAIN = {"answers": ["Ada", "Bo", "Çelik"], "min": 1, "max": 2, "question": 'Who "chairs"?\n'}
BLANK = {"answers": ["Yes", "No"], "blank": True, "min": 0, "max": 1, "question": "Build the bridge?"}
RANKED = {"type": "NonHomomorphic", "value": {"answers": ["x", "y", "z"], "question": "Rank"}}


@dataclass(frozen=True, slots=True)
class Town:
    """An election that the tool set up, open for ballots."""

    tool: "BeleniosTool"
    election: Election
    credentials: tuple[str, ...]
    randomness: Randomness

    def ballot(self, voter: int, *choices: tuple[int, ...]) -> bytes:
        """Vote as that voter."""
        group = self.election.group
        key = derive_voting_key(group, self.credentials[voter], self.election.uuid)
        seed = Secret(self.randomness.read(32))
        nonces = SeedNonces(seed, group, self.election.fingerprint, key.public)
        prepared = BallotMaker(self.election).prepare(Choices(choices), key.public, nonces)
        return sign_ballot(group, prepared, key, self.randomness)


NewTown = Callable[..., Town]


@pytest.fixture
def new_town(new_tool: "NewTool", randomness: Randomness) -> NewTown:
    def make(group: str, *questions: dict[str, object]) -> Town:
        tool = new_tool()
        uuid = tool.new_uuid()
        credentials = tool.new_credentials(uuid, group, 6)
        tool.new_trustee(group)
        text = {"description": "Düsseldorf\n", "name": "Vote", "questions": questions}
        authors = {"administrator": "Town", "credential_authority": "Town"}
        election = tool.make_election(uuid, group, json.dumps(text | authors).encode())
        return Town(tool, parse_election(election), credentials, randomness)

    return make


def test_the_tool_accepts_every_kind_of_homomorphic_ballot_of_ours(new_town: NewTown) -> None:
    town = new_town("BELENIOS-2048", PLAIN, BLANK)
    votes = (((1, 0, 0), (1, 0, 0)), ((0, 1, 1), (0, 0, 1)), ((1, 1, 0), (0, 0, 0)), ((0, 0, 1), (0, 1, 0)))
    for voter, choices in enumerate(votes):
        ballot = town.ballot(voter, *choices)
        assert BallotChecker(town.election).check(ballot).data == ballot
        town.tool.add("Ballot", ballot)
    town.tool.verify()


def test_the_tool_accepts_ranked_ballots_of_ours(new_town: NewTown) -> None:
    town = new_town("RFC-3526-2048", PLAIN, RANKED)
    ballot = town.ballot(0, (0, 1, 0), (3, 0, 255))
    BallotChecker(town.election).check(ballot)
    town.tool.add("Ballot", ballot)
    town.tool.verify()


@pytest.mark.parametrize(
    ("group", "questions", "choices"),
    [
        ("BELENIOS-2048", (PLAIN, BLANK), [[1, 1, 0], [0, 0, 1]]),
        ("BELENIOS-2048", (PLAIN, BLANK), [[0, 1, 0], [1, 0, 0]]),
        ("RFC-3526-2048", (BLANK, RANKED), [[0, 1, 0], [2, 1, 3]]),
    ],
)
def test_ballots_of_the_tool_are_accepted_by_ours(
    new_town: NewTown, group: str, questions: tuple[dict[str, object], ...], choices: list[list[int]]
) -> None:
    town = new_town(group, *questions)
    town.tool.write("choices.json", json.dumps(choices).encode())
    town.tool.write("credential", town.credentials[0].encode())
    making = ("election", "generate-ballot", "--privcred", "credential", "--ballot", "choices.json")
    ballot = town.tool.run(*making).strip()
    assert BallotChecker(town.election).check(ballot).data == ballot


def test_a_ballot_changed_in_any_member_is_refused_with_the_reason(new_town: NewTown) -> None:
    town = new_town("BELENIOS-2048", PLAIN, BLANK)
    ballot = town.ballot(0, (1, 0, 0), (0, 1, 0))
    other = town.ballot(1, (0, 1, 0), (1, 0, 0))
    checker = BallotChecker(town.election)
    for reason, changed in changes(json.loads(ballot), json.loads(other)):
        with pytest.raises(BallotRefusedError) as refused:
            checker.check(changed)
        assert refused.value.reason is reason, changed[:200]


def changes(ballot: dict, other: dict) -> list[tuple[BallotRefusal, bytes]]:  # type: ignore[type-arg]  # JSON
    """Return spoiled copies of ``ballot``, each with the reason for which it must be refused."""
    minus_one = str(BELENIOS_2048.modulus - 1)  # of order 2: no element

    def spoiled(*path: str | int, by: object) -> bytes:
        copy = json.loads(json.dumps(ballot))
        place = copy
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = by
        return json.dumps(copy, separators=(",", ":")).encode()

    plain = json.dumps(ballot, separators=(",", ":")).encode()
    number = ballot["answers"][0]["choices"][0]["alpha"]
    return [
        (BallotRefusal.MALFORMED, plain + b"\n"),
        (BallotRefusal.MALFORMED, plain.replace(b'","', b'", "', 1)),
        (BallotRefusal.MALFORMED, plain[:-1]),
        (BallotRefusal.MALFORMED, plain[:-1] + b',"more":1}'),
        (BallotRefusal.MALFORMED, spoiled("answers", 0, "choices", 0, "alpha", by="0" + number)),
        (BallotRefusal.MALFORMED, spoiled("answers", 0, "choices", 0, "alpha", by=int(number))),
        (BallotRefusal.MALFORMED, spoiled("answers", 0, "choices", 0, "alpha", by="9" * 5000)),
        (BallotRefusal.MALFORMED, spoiled("answers", by=ballot["answers"][:1])),
        (BallotRefusal.OTHER_ELECTION, spoiled("election_hash", by="A" * 43)),
        (BallotRefusal.OTHER_ELECTION, spoiled("election_uuid", by="A" * 14)),
        (BallotRefusal.HASH, spoiled("signature", "hash", by="A" * 43)),
        (BallotRefusal.HASH, spoiled("credential", by=other["credential"])),
        (BallotRefusal.SIGNATURE, spoiled("signature", "proof", "response", by="1")),
        (BallotRefusal.MEMBERSHIP, rehashed(ballot, "choices", minus_one)),
    ]


def rehashed(ballot: dict, member: str, number: str) -> bytes:  # type: ignore[type-arg]  # JSON
    """Return the ballot with a foreign number in its first ciphertext and the hash made good again."""
    copy = json.loads(json.dumps(ballot))
    copy["answers"][0][member][0]["alpha"] = number
    signature = copy.pop("signature")
    unsigned = json.dumps(copy, separators=(",", ":")).encode()
    copy["signature"] = signature | {"hash": fingerprint(unsigned)}
    return json.dumps(copy, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    "choices",
    [
        ((0, 0, 0), (0, 0, 0)),
        ((1, 1, 1), (0, 0, 0)),
        ((2, 0, 0), (0, 0, 0)),
        ((1, 0, 0), (1, 1, 0)),
        ((1, 0, 0), (0, 1, 1)),
        ((1, 0), (0, 0, 0)),
        ((1, 0, 0),),
    ],
)
def test_choices_that_a_question_does_not_allow_make_no_ballot(
    new_town: NewTown, choices: tuple[tuple[int, ...], ...]
) -> None:
    town = new_town("BELENIOS-2048", PLAIN, BLANK)
    with pytest.raises(ChoicesRefusedError):
        town.ballot(0, *choices)
