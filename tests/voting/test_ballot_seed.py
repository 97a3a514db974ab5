# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A ballot follows from its seed, byte for byte as docs/formats/ballot-seed.md says."""

from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from townhall_crypto.secret import Secret
from townhall_voting.ballot_making import BallotMaker, Choices
from townhall_voting.check_code import base45, check_code
from townhall_voting.election import parse_election
from townhall_voting.errors import ProgrammingError
from townhall_voting.group import Element
from townhall_voting.nonces import SeedNonces

PAGE = Path(__file__).resolve().parents[2] / "docs" / "formats" / "vectors" / "ballot-seed.json"


class Vector(msgspec.Struct, rename={"credential": "K", "ballot_hash": "h"}):
    name: str
    election: str
    fingerprint: str
    seed: str
    credential: str
    choices: tuple[tuple[int, ...], ...]
    draws: dict[str, str]
    unsigned: str
    ballot_hash: str
    qr: str


VECTORS = msgspec.json.decode(PAGE.read_bytes(), type=list[Vector])
each_vector = pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)


def nonces_of(vector: Vector) -> SeedNonces:
    election = parse_election(vector.election.encode())
    credential = Element(int(vector.credential))
    return SeedNonces(Secret(bytes.fromhex(vector.seed)), election.group, election.fingerprint, credential)


@each_vector
def test_every_published_ballot_comes_out_again(vector: Vector) -> None:
    election = parse_election(vector.election.encode())
    assert election.fingerprint == vector.fingerprint
    choices = Choices(vector.choices)
    ballot = BallotMaker(election).prepare(choices, Element(int(vector.credential)), nonces_of(vector))
    assert ballot.data.decode() == vector.unsigned
    assert ballot.hash == vector.ballot_hash
    assert check_code(election, Secret(bytes.fromhex(vector.seed)), ballot, choices) == vector.qr


@each_vector
def test_exponents_are_hkdf_by_somebody_elses_code(vector: Vector) -> None:
    election = parse_election(vector.election.encode())
    for path, drawn in vector.draws.items():
        info = f"{vector.fingerprint}|{vector.credential}|{path}".encode()
        hkdf = HKDF(SHA256(), election.group.draw_bytes, b"townhall.ballot-seed.v1", info)
        expected = int.from_bytes(hkdf.derive(bytes.fromhex(vector.seed)), "big") % election.group.order
        assert expected == int(drawn) == nonces_of(vector).draw(path)


def test_base45_is_that_of_the_rfc() -> None:
    for text, spelled in (("AB", "BB8"), ("Hello!!", "%69 VD92EX0"), ("base-45", "UJCLQE7W581"), ("ietf!", "QED8WEX0")):
        assert base45(text.encode()) == spelled


@given(st.binary(max_size=40))
def test_base45_has_three_characters_for_two_bytes_and_two_for_a_last_one(data: bytes) -> None:
    assert len(base45(data)) == len(data) // 2 * 3 + len(data) % 2 * 2


def test_a_seed_has_thirty_two_bytes_and_serves_until_it_is_wiped() -> None:
    vector = VECTORS[0]
    election = parse_election(vector.election.encode())
    with pytest.raises(ProgrammingError):
        SeedNonces(Secret(bytes(31)), election.group, election.fingerprint, Element(2))
    nonces = nonces_of(vector)
    nonces.wipe()
    with pytest.raises(Exception, match="wiped"):
        nonces.draw("q0.c0.r")
