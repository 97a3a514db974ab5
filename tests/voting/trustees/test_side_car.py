# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A side-car is what docs/formats/side-car.md says, by a second program written here from that page."""

import hashlib
import json
from pathlib import Path

import msgspec

from townhall_voting.election import parse_election
from townhall_voting.schnorr_group import BELENIOS_2048
from townhall_voting.trustees.partial_decryption import (
    DecryptionStatement,
    check_partial_decryption,
    parse_partial_decryption,
)
from townhall_voting.trustees.side_car import check_side_car, file_name, prove_side_car
from townhall_voting.trustees.tally import parse_encrypted_tally

PAGE = Path(__file__).resolve().parents[3] / "docs" / "formats" / "vectors" / "side-car.json"


class Vector(msgspec.Struct):
    election: str
    tally: str
    sized_tally: str
    owner: int
    private_key: str
    share: str
    w: list[str]
    side_car: str


VECTOR = msgspec.json.decode(PAGE.read_bytes(), type=Vector)


class Listed:
    """Gives the vector's exponents as bytes."""

    def __init__(self) -> None:
        self._rest = list(VECTOR.w)

    def read(self, size_bytes: int) -> bytes:
        return int(self._rest.pop(0)).to_bytes(size_bytes, "big")


def statement() -> DecryptionStatement:
    election = parse_election(VECTOR.election.encode())
    tally = parse_encrypted_tally(election, VECTOR.tally.encode(), VECTOR.sized_tally.encode())
    return DecryptionStatement(election, tally, VECTOR.owner, election.public_key)


def test_the_published_side_car_holds_and_comes_out_again() -> None:
    asked = statement()
    share = parse_partial_decryption(asked, VECTOR.share.encode())
    check_partial_decryption(asked, share)
    check_side_car(asked, share, VECTOR.side_car.encode())
    private = BELENIOS_2048.scalar(int(VECTOR.private_key))
    assert prove_side_car(asked, share, private, Listed()) == VECTOR.side_car.encode()


def test_every_number_of_it_is_the_page_s() -> None:
    p, q, g, x = BELENIOS_2048.modulus, BELENIOS_2048.order, int(BELENIOS_2048.generator), int(VECTOR.private_key)
    phi = json.loads(VECTOR.side_car)["election"]
    tally = hashlib.sha256(VECTOR.tally.encode()).hexdigest()
    proofs: list[list[dict[str, str]]] = []
    rest = list(VECTOR.w)
    for i, (column, factors) in enumerate(
        zip(json.loads(VECTOR.tally), json.loads(VECTOR.share)["decryption_factors"], strict=True)
    ):
        proofs.append([])
        for j, (ciphertext, factor) in enumerate(zip(column, factors, strict=True)):
            alpha, w = int(ciphertext["alpha"]), int(rest.pop(0))
            text = f"townhall.side-car.v1|BELENIOS-2048|{phi}|{tally}|2|{i}|{j}|{pow(g, x, p)}|{alpha}|{factor}|"
            hashed = hashlib.sha256(f"{text}{pow(g, w, p)},{pow(alpha, w, p)}".encode()).digest()
            c = int.from_bytes(hashed, "big") % q
            proofs[-1].append({"challenge": str(c), "response": str((w - x * c) % q)})
    expected = {"version": 1, "election": phi, "tally": tally, "owner": 2, "public_key": str(pow(g, x, p))}
    spelled = json.dumps(expected | {"proofs": proofs}, separators=(",", ":"))
    assert spelled == VECTOR.side_car


def test_it_lies_beside_the_record_under_the_trustee_s_number() -> None:
    assert file_name("BXxNnieWzhqs6B", 3) == "BXxNnieWzhqs6B.side-car.3.json"
