# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Writes docs/formats/vectors/ballot-seed.json.

Run it by hand, and only when the format gets a new version: published vectors do not change. All of it follows from
the labels below; ``test_ballot_seed.py`` makes every byte again.
"""

import hashlib
import json
from pathlib import Path

from townhall_crypto.secret import Secret
from townhall_voting.ballot_making import BallotMaker, Choices
from townhall_voting.check_code import check_code
from townhall_voting.election import Election, HomomorphicQuestion, Question, RankedQuestion, Title, write_election
from townhall_voting.group import Group
from townhall_voting.nonces import SeedNonces
from townhall_voting.schnorr_group import BELENIOS_2048, RFC_3526_2048

PAGE = Path(__file__).resolve().parents[2] / "docs" / "formats" / "vectors" / "ballot-seed.json"
PATHS = ("q0.c0.r", "q0.c1.individual.w", "q0.overall.2.challenge", "q1.blank.0.response", "q1.r")
CHAIR = HomomorphicQuestion("Who chairs the council?", ("Ada", "Bo", "Çelik"), 1, 2)
BRIDGE = HomomorphicQuestion("Build the bridge?", ("Yes", "No"), 0, 1, is_blank_allowed=True)
ORDER = RankedQuestion("Rank the parks", ("East", "West", "مركز"))
VECTORS: dict[str, tuple[Group, tuple[Question, ...], tuple[tuple[int, ...], ...]]] = {
    "choices": (BELENIOS_2048, (CHAIR, BRIDGE), ((1, 0, 1), (0, 0, 1))),
    "blank": (BELENIOS_2048, (CHAIR, BRIDGE), ((0, 1, 0), (1, 0, 0))),
    "nothing chosen": (BELENIOS_2048, (CHAIR, BRIDGE), ((0, 0, 1), (0, 0, 0))),
    "ranked": (RFC_3526_2048, (CHAIR, ORDER), ((0, 1, 1), (2, 0, 255))),
}


def number(label: str) -> int:
    return int.from_bytes(seeded(label, 64), "big")


def seeded(label: str, size_bytes: int) -> bytes:
    return hashlib.shake_256(f"Townhall test vector: {label}".encode()).digest(size_bytes)


def election(group: Group, questions: tuple[Question, ...]) -> Election:
    public_key = group.power(group.generator, group.scalar(number("public key")))
    return write_election(Title("BXxNnieWzhqs6B", "Vector", "Düsseldorf"), group, public_key, questions)


def vector(name: str) -> dict[str, object]:
    group, questions, choices = VECTORS[name]
    vote = election(group, questions)
    seed = seeded(f"seed of {name}", 32)
    credential = group.power(group.generator, group.scalar(number(f"voting key of {name}")))
    nonces = SeedNonces(Secret(seed), group, vote.fingerprint, credential)
    ballot = BallotMaker(vote).prepare(Choices(choices), credential, nonces)
    return {
        "name": name,
        "election": vote.data.decode(),
        "fingerprint": vote.fingerprint,
        "seed": seed.hex(),
        "K": str(int(credential)),
        "choices": choices,
        "draws": {path: str(int(nonces.draw(path))) for path in PATHS},
        "unsigned": ballot.data.decode(),
        "h": ballot.hash,
        "qr": check_code(vote, Secret(seed), ballot, Choices(choices)),
    }


if __name__ == "__main__":
    PAGE.write_text(json.dumps([vector(name) for name in VECTORS], indent=1, ensure_ascii=False) + "\n", "utf-8")
