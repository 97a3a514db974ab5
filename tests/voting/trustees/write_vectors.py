# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Writes docs/formats/vectors/side-car.json, ceremony.json and trustee-key.json.

Run it by hand, and only when a format gets a new version: published vectors do not change. All of it follows from
the labels below; ``test_side_car.py`` and ``test_published_vectors.py`` make every byte again.
"""

import hashlib
import json
from pathlib import Path

from townhall_crypto.secret import Secret
from townhall_voting.ballot import Ballot, HomomorphicAnswer
from townhall_voting.election import Election, HomomorphicQuestion, Title, write_election
from townhall_voting.hashing import Fingerprint
from townhall_voting.proofs import Ciphertext, EncryptionKey, Proof
from townhall_voting.schnorr_group import BELENIOS_2048
from townhall_voting.trustees.ceremony import Terms, assemble, make_certificate
from townhall_voting.trustees.ceremony_dealing import Dealing, check_reveals, commit, deal, reveal
from townhall_voting.trustees.ceremony_outcome import conclude, publish_key, route, take_share
from townhall_voting.trustees.key_file import TrusteeSecrets, seal
from townhall_voting.trustees.partial_decryption import DecryptionStatement, decrypt_partially
from townhall_voting.trustees.private_keys import new_ceremony_keys
from townhall_voting.trustees.side_car import prove_side_car
from townhall_voting.trustees.tally import EncryptedTally, Tally
from townhall_voting.trustees.trustee_list import write_trustees

VECTORS = Path(__file__).resolve().parents[3] / "docs" / "formats" / "vectors"
GROUP = BELENIOS_2048
CHAIR = HomomorphicQuestion("Who chairs the council?", ("Ada", "Bo", "Çelik"), 1, 2)
BRIDGE = HomomorphicQuestion("Build the bridge?", ("Yes", "No"), 0, 1)


class Labelled:
    """Bytes that follow from a label and a count."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._count = 0

    def read(self, size_bytes: int) -> bytes:
        self._count += 1
        text = f"Townhall test vector: {self._label} {self._count}"
        return hashlib.shake_256(text.encode()).digest(size_bytes)


def number(label: str) -> int:
    return int.from_bytes(Labelled(label).read(64), "big")


def tally_of(election: Election) -> EncryptedTally:
    """Return a tally of one ballot, whose proofs nobody asks for here."""
    key = EncryptionKey(GROUP, election.public_key)
    answers = tuple(
        HomomorphicAnswer(tuple(encrypted(key, i, j, bit) for j, bit in enumerate(bits)), (), (), ())
        for i, bits in enumerate(((1, 0, 1), (0, 1)))
    )
    zero = GROUP.scalar(0)
    tally = Tally(election)
    tally.add(Ballot(election.fingerprint, GROUP.generator, answers, Fingerprint(""), Proof(zero, zero), b""))
    return tally.encrypted()


def encrypted(key: EncryptionKey, question: int, answer: int, bit: int) -> Ciphertext:
    return key.encrypt(bit, GROUP.scalar(number(f"r of {question} {answer}")))


def vector() -> dict[str, object]:
    private = GROUP.scalar(number("trustee"))
    public = GROUP.power(GROUP.generator, private)
    election = write_election(Title("BXxNnieWzhqs6B", "Vector", "Düsseldorf"), GROUP, public, (CHAIR, BRIDGE))
    tally = tally_of(election)
    statement = DecryptionStatement(election, tally, 2, public)
    share = decrypt_partially(statement, private, Labelled("share"))
    nonces = Labelled("side-car")
    return {
        "election": election.data.decode(),
        "tally": tally.data.decode(),
        "sized_tally": tally.sized_data.decode(),
        "owner": 2,
        "private_key": str(int(private)),
        "share": share.data.decode(),
        "w": [str(int(GROUP.scalar(int.from_bytes(nonces.read(GROUP.draw_bytes), "big")))) for _ in range(5)],
        "side_car": prove_side_car(statement, share, private, Labelled("side-car")).decode(),
    }


def ceremony() -> dict[str, object]:
    """Return all messages of two trustees, both needed; each draws by a label of its own."""
    terms, drawn = Terms(GROUP, 2, 2), [Labelled("first trustee"), Labelled("second trustee")]
    keys = [new_ceremony_keys(GROUP, each) for each in drawn]
    certificates = [make_certificate(terms, n + 1, keys[n], drawn[n]) for n in range(2)]
    held = assemble(terms, certificates)
    dealings = [deal(held, keys[n], drawn[n]) for n in range(2)]
    commits = [commit(held, keys[n], dealings[n], drawn[n]) for n in range(2)]
    reveals = [reveal(held, keys[n], dealings[n], commits, drawn[n]) for n in range(2)]
    dealt = check_reveals(held, commits, reveals)
    shares = [take_share(held, keys[n], route(held, dealt)[n]) for n in range(2)]
    published = [publish_key(held, keys[n], shares[n], dealt, drawn[n]) for n in range(2)]
    trustees = write_trustees(GROUP, [conclude(held, dealt, published)])
    return {
        "seeds": [each.seed for each in keys],
        "ceremony": held.hash,
        "certificates": [each.decode() for each in certificates],
        "commits": [each.decode() for each in commits],
        "reveals": [each.decode() for each in reveals],
        "keys": [each.decode() for each in published],
        "shares": [str(int(each)) for each in shares],
        "trustees": trustees.data.decode(),
    }


def trustee_key() -> dict[str, object]:
    """Return a sealed key with everything that one can hold."""
    drawn = Labelled("key file")
    keys = new_ceremony_keys(GROUP, drawn)
    secrets = TrusteeSecrets(Terms(GROUP, 3, 2), 2, keys, Dealing("dealt", "00" * 32), "share")
    number = "012345678901234567890123"
    return {"key_number": number, "seed": keys.seed, "file": seal(secrets, Secret(number.encode()), drawn).decode()}


if __name__ == "__main__":
    for name, made in (("side-car", vector()), ("ceremony", ceremony()), ("trustee-key", trustee_key())):
        (VECTORS / f"{name}.json").write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", "utf-8")
