# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Both forms make every published ballot again, byte for byte."""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from townhall_checker.ballot import exponents, unsigned_ballot
from townhall_checker.code import read_code
from townhall_checker.election import read_election

if TYPE_CHECKING:
    from tests.checker.conftest import Checkers, Phone

FILE = Path(__file__).resolve().parents[2] / "docs" / "formats" / "vectors" / "ballot-seed.json"
VECTORS = json.loads(FILE.read_text(encoding="utf-8"))
each_vector = pytest.mark.parametrize("vector", VECTORS, ids=[each["name"] for each in VECTORS])

_AGAIN = """async (raw, text, paths) => {
  const election = readElection(utf8(raw)), code = readCode(text, election), draw = drawing(election, code);
  const unsigned = await inPieces(unsignedBallot(election, code), 1, () => {});
  return { unsigned, draws: paths.map(path => String(draw(path))), choices: code.choices, K: String(code.votingKey) };
}"""


@each_vector
def test_the_command_makes_every_published_ballot_again(vector: dict[str, Any]) -> None:
    election = read_election(vector["election"].encode())
    assert election.fingerprint == vector["fingerprint"]
    code = read_code(vector["qr"], election)
    assert code.seed.hex() == vector["seed"]
    assert [list(chosen) for chosen in code.choices] == vector["choices"]
    draw = exponents(election, code)
    assert {path: str(draw(path)) for path in vector["draws"]} == vector["draws"]
    assert unsigned_ballot(election, code) == vector["unsigned"]


@each_vector
def test_the_page_makes_every_published_ballot_again(vector: dict[str, Any], checking_page: "Phone") -> None:
    made = checking_page.call(_AGAIN, vector["election"], vector["qr"], list(vector["draws"]))
    assert made["unsigned"] == vector["unsigned"]
    assert made["draws"] == list(vector["draws"].values())
    assert made["choices"] == vector["choices"]
    assert made["K"] == vector["K"]


@each_vector
def test_both_confirm_every_published_ballot(vector: dict[str, Any], checkers: "Checkers") -> None:
    facts = checkers.facts(vector["election"].encode(), vector["qr"], vector["h"])
    assert facts["verdict"] == "confirmed"
    assert facts["h"] == vector["h"]


def test_the_page_hashes_as_the_standard_library_does_at_every_length(checking_page: "Phone") -> None:
    texts = [bytes(range(size)) for size in range(200)] + [b"x" * 100_000]
    hexed = "bytes => Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')"
    digests = checking_page.call(
        f"""texts => texts.map(text => Uint8Array.from(atob(text), character => character.charCodeAt(0)))
        .map(text => [sha256(text), hmac(text.slice(0, 64), text)].map({hexed}))""",
        [base64.b64encode(text).decode() for text in texts],
    )
    for text, (digest, code) in zip(texts, digests, strict=True):
        assert digest == hashlib.sha256(text).hexdigest()
        assert code == hmac.digest(text[:64], text, "sha256").hex()
