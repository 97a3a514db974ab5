# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shuffles: accepted by the outside judge, its own by ours, and no false one by either."""

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from townhall_crypto.secret import Secret
from townhall_voting.ballot_making import BallotMaker, Choices, sign_ballot
from townhall_voting.credential import derive_voting_key
from townhall_voting.election import parse_election
from townhall_voting.errors import MalformedError, MembershipError, ProgrammingError, ProofRefusedError
from townhall_voting.group import Element
from townhall_voting.hashing import Fingerprint, hex_hash
from townhall_voting.nonces import Randomness, SeedNonces
from townhall_voting.proofs import Ciphertext
from townhall_voting.ranked.shuffle import shuffle
from townhall_voting.ranked.shuffle_proof import MixContext, Shuffled, check_shuffle
from townhall_voting.ranked.shuffle_wire import Shuffle, parse_shuffle, write_shuffle
from townhall_voting.schnorr_group import BELENIOS_2048, RFC_3526_2048

if TYPE_CHECKING:
    from tests.voting.conftest import BeleniosTool, NewTool

QUESTION = {"type": "NonHomomorphic", "value": {"answers": ["x", "y", "z"], "question": "Rank"}}
VOTES = ((1, 2, 3), (3, 1, 2), (2, 0, 1))


@dataclass(frozen=True, slots=True)
class Closed:
    """An election of the tool's with three ballots of ours, closed and tallied by the tool."""

    tool: "BeleniosTool"
    context: MixContext
    ciphertexts: tuple[Ciphertext, ...]


@pytest.fixture
def closed(new_tool: "NewTool", randomness: Randomness) -> Closed:
    tool = new_tool()
    uuid, group = tool.new_uuid(), RFC_3526_2048
    credentials = tool.new_credentials(uuid, group.name, len(VOTES))
    tool.write("trustee.privkey", tool.new_trustee(group.name))
    text = {
        "description": "",
        "name": "Vote",
        "questions": [QUESTION],
        "administrator": "T",
        "credential_authority": "T",
    }
    election = parse_election(tool.make_election(uuid, group.name, json.dumps(text).encode()))
    for credential, vote in zip(credentials, VOTES, strict=True):
        key = derive_voting_key(group, credential, uuid)
        nonces = SeedNonces(Secret(randomness.read(32)), group, election.fingerprint, key.public)
        ballot = BallotMaker(election).prepare(Choices((vote,)), key.public, nonces)
        tool.add("Ballot", sign_ballot(group, ballot, key, randomness))
    tool.run("archive", "add-event", "--type=EndBallots")
    *before, sized = tool.run("election", "compute-encrypted-tally").strip().split(b"\n")
    tool.add("EncryptedTally", *before, sized)
    (question,) = json.loads(before[0])
    ciphertexts = tuple(Ciphertext(group.element(each["alpha"]), group.element(each["beta"])) for each in question)
    return Closed(tool, MixContext(group, election.public_key, election.fingerprint), ciphertexts)


def test_our_shuffles_carry_an_election_of_the_tool_to_its_result(closed: Closed, randomness: Randomness) -> None:
    for _round in range(2):
        tool, context = closed.tool, closed.context
        shuffled = shuffle(context, closed.ciphertexts, randomness)
        check_shuffle(context, closed.ciphertexts, shuffled)
        payload = write_shuffle(Shuffle((shuffled,)))
        assert parse_shuffle(context.group, payload) == Shuffle((shuffled,))
        owner = json.dumps({"owner": 1, "payload": hex_hash(payload)}, separators=(",", ":")).encode()
        tool.add("Shuffle", payload, owner)
        closed = replace(closed, ciphertexts=shuffled.ciphertexts)
    tool.run("archive", "add-event", "--type=EndShuffles")
    decrypted = tool.run("election", "decrypt", "--privkey", "trustee.privkey", "--trustee-id", "1")
    tool.add("PartialDecryption", *decrypted.strip().split(b"\n"))
    result = tool.run("election", "compute-result").strip()
    tool.add("Result", *result.split(b"\n"))
    tool.verify()
    (ranks,) = json.loads(result)["result"]
    assert sorted(ranks) == sorted(map(list, VOTES))


def test_a_shuffle_of_the_tool_is_accepted_by_ours(closed: Closed) -> None:
    payload, *_owner = closed.tool.run("election", "shuffle", "--trustee-id", "1").strip().split(b"\n")
    ours = parse_shuffle(closed.context.group, payload)
    check_shuffle(closed.context, closed.ciphertexts, ours.questions[0])


SMALL = MixContext(
    BELENIOS_2048, BELENIOS_2048.power(BELENIOS_2048.generator, BELENIOS_2048.scalar(7)), Fingerprint("x")
)


def encrypted(*numbers: int) -> tuple[Ciphertext, ...]:
    group, key = SMALL.group, SMALL.public_key
    return tuple(
        Ciphertext(
            group.power(group.generator, group.scalar(number + 100)),
            group.multiply(
                group.power(key, group.scalar(number + 100)), group.power(group.generator, group.scalar(number))
            ),
        )
        for number in numbers
    )


def opened(ciphertexts: tuple[Ciphertext, ...]) -> list[int]:
    group = SMALL.group
    known = {group.power(group.generator, group.scalar(number)): number for number in range(20)}
    return [known[group.divide(each.beta, group.power(each.alpha, group.scalar(7)))] for each in ciphertexts]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_shuffle_holds_the_same_votes_and_no_ciphertext_of_before(count: int, randomness: Randomness) -> None:
    before = encrypted(*range(count))
    shuffled = shuffle(SMALL, before, randomness)
    check_shuffle(SMALL, before, shuffled)
    assert sorted(opened(shuffled.ciphertexts)) == list(range(count))
    assert not {each.alpha for each in before} & {each.alpha for each in shuffled.ciphertexts}


def test_every_order_comes_out(randomness: Randomness) -> None:
    before = encrypted(0, 1, 2)
    orders = {tuple(opened(shuffle(SMALL, before, randomness).ciphertexts)) for _ in range(60)}
    assert len(orders) == 6


def test_a_list_with_another_vote_in_it_is_no_shuffle(randomness: Randomness) -> None:
    before = encrypted(1, 2, 3)
    honest = shuffle(SMALL, before, randomness)
    swapped = replace(honest, ciphertexts=(*honest.ciphertexts[:2], encrypted(9)[0]))
    repeated = replace(honest, ciphertexts=(honest.ciphertexts[0], *honest.ciphertexts[:2]))
    for false in (swapped, repeated, replace(honest, ciphertexts=before)):
        with pytest.raises(ProofRefusedError):
            check_shuffle(SMALL, before, false)
    for other in (before[:2], (*before, before[0]), encrypted(1, 2, 4), before[::-1], ()):
        with pytest.raises(ProofRefusedError):
            check_shuffle(SMALL, other, honest)


def test_a_shuffle_proves_nothing_in_another_election_or_under_another_key(randomness: Randomness) -> None:
    before = encrypted(1, 2)
    honest = shuffle(SMALL, before, randomness)
    other_key = SMALL.group.power(SMALL.group.generator, SMALL.group.scalar(8))
    for context in (replace(SMALL, election=Fingerprint("y")), replace(SMALL, public_key=other_key)):
        with pytest.raises(ProofRefusedError):
            check_shuffle(context, before, honest)


def test_every_number_of_a_proof_counts(randomness: Randomness) -> None:
    before = encrypted(1, 2)
    group = SMALL.group
    payload = json.loads(write_shuffle(Shuffle((shuffle(SMALL, before, randomness),))))
    places = list(leaves(payload["proofs"]))
    assert len(places) == 5 + 2 + 4 + 4 + 2 + 2
    for path in places:
        changed = json.loads(json.dumps(payload))
        place = changed["proofs"]
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = "4" if place[path[-1]] != "4" else "1"
        try:
            false: Shuffled = parse_shuffle(group, json.dumps(changed, separators=(",", ":")).encode()).questions[0]
        except MembershipError:
            continue
        with pytest.raises(ProofRefusedError):
            check_shuffle(SMALL, before, false)


def leaves(value: object, path: tuple[int, ...] = ()) -> list[tuple[int, ...]]:
    """Return the path of every text in nested lists."""
    if not isinstance(value, list):
        return [path]
    return [leaf for index, each in enumerate(value) for leaf in leaves(each, (*path, index))]


def test_a_shuffle_has_one_spelling_and_only_elements(randomness: Randomness) -> None:
    group = SMALL.group
    payload = write_shuffle(Shuffle((shuffle(SMALL, encrypted(1), randomness),)))
    for other in (
        payload + b"\n",
        payload.replace(b",", b", ", 1),
        payload[:-1],
        b"[]",
        b'{"ciphertexts":[],"proofs":[[]]}',
    ):
        with pytest.raises(MalformedError):
            parse_shuffle(group, other)
    foreign = json.loads(payload)
    foreign["ciphertexts"][0][0]["alpha"] = str(BELENIOS_2048.modulus - 1)
    with pytest.raises(MembershipError):
        parse_shuffle(group, json.dumps(foreign, separators=(",", ":")).encode())


def test_nothing_cannot_be_shuffled(randomness: Randomness) -> None:
    with pytest.raises(ProgrammingError):
        shuffle(SMALL, (), randomness)


def test_the_generators_are_the_published_ones() -> None:
    assert hex_hash(str(int(BELENIOS_2048.independent_generator(-1))).encode()) == (
        "096d1ff846d7d008a0ce1622f863be392873a506ce971a9b72f4eaa0c5be6562"
    )
    assert hex_hash(str(int(RFC_3526_2048.independent_generator(-1))).encode()) == (
        "42a1ab2fcbf00463dab7fae8dab27327e86e83059bc545e1ca1db1cc914ce5f7"
    )
    assert BELENIOS_2048.is_element(Element(BELENIOS_2048.independent_generator(3)))
