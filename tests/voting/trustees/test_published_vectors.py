# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The published ceremony and key file are what their pages say: read with other libraries, and by our own steps."""

import hashlib
import json
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM

from townhall_crypto.secret import Secret
from townhall_voting.schnorr_group import BELENIOS_2048
from townhall_voting.trustees.ceremony import Terms, assemble
from townhall_voting.trustees.ceremony_dealing import check_reveals
from townhall_voting.trustees.ceremony_outcome import conclude, route, take_share
from townhall_voting.trustees.key_file import unseal
from townhall_voting.trustees.private_keys import CeremonyKeys
from townhall_voting.trustees.trustee_list import write_trustees

PAGES = Path(__file__).resolve().parents[3] / "docs" / "formats" / "vectors"
P, Q = BELENIOS_2048.modulus, BELENIOS_2048.order


class CeremonyVector(msgspec.Struct):
    seeds: list[str]
    ceremony: str
    certificates: list[str]
    commits: list[str]
    reveals: list[str]
    keys: list[str]
    shares: list[str]
    trustees: str


class KeyVector(msgspec.Struct):
    key_number: str
    seed: str
    file: str


CEREMONY = msgspec.json.decode((PAGES / "ceremony.json").read_bytes(), type=CeremonyVector)
KEY = msgspec.json.decode((PAGES / "trustee-key.json").read_bytes(), type=KeyVector)


def test_the_published_ceremony_leads_to_its_shares_and_its_trustees() -> None:
    ceremony = assemble(Terms(BELENIOS_2048, 2, 2), [each.encode() for each in CEREMONY.certificates])
    assert ceremony.hash == CEREMONY.ceremony
    commits, reveals = ([each.encode() for each in messages] for messages in (CEREMONY.commits, CEREMONY.reveals))
    dealt = check_reveals(ceremony, commits, reveals)
    keys = [CeremonyKeys(BELENIOS_2048, seed) for seed in CEREMONY.seeds]
    inputs = route(ceremony, dealt)
    shares = [take_share(ceremony, own, given) for own, given in zip(keys, inputs, strict=True)]
    assert [str(int(share)) for share in shares] == CEREMONY.shares
    trustees = conclude(ceremony, dealt, [each.encode() for each in CEREMONY.keys])
    assert write_trustees(BELENIOS_2048, [trustees]).data.decode() == CEREMONY.trustees


def test_hashes_and_secrets_of_the_ceremony_are_the_page_s() -> None:
    digests = b"".join(hashlib.sha256(each.encode()).digest() for each in CEREMONY.certificates)
    assert hashlib.sha256(b"townhall.ceremony.v1|" + digests).hexdigest() == CEREMONY.ceremony
    seen = hashlib.sha256("".join(hexed(each) for each in CEREMONY.commits).encode()).hexdigest()
    total = 0
    for index, (committed, revealed) in enumerate(zip(CEREMONY.commits, CEREMONY.reveals, strict=True), start=1):
        commit, reveal = (json.loads(json.loads(each)["message"]) for each in (committed, revealed))
        text = f"townhall.ceremony.dealing.v1|{CEREMONY.ceremony}|{index}|{reveal['blind']}|{reveal['dealing']}"
        assert commit["commitment"] == hexed(text)
        assert reveal["commitments"] == seen
        total += secret_of_the_first(json.loads(reveal["dealing"])["secrets"][0])
    assert str(total % Q) == CEREMONY.shares[0]


def secret_of_the_first(encrypted: str) -> int:
    """Open a message to the first trustee by its page, with nothing of ours."""
    wire = json.loads(encrypted)
    exponent = int.from_bytes(hashlib.sha256(f"dk|{CEREMONY.seeds[0]}".encode()).digest(), "big") % Q
    alpha, beta = int(wire["alpha"]), int(wire["beta"])
    key = beta * pow(alpha, -exponent, P) % P
    nonce = hashlib.sha256(f"iv|{alpha}".encode()).digest()[:13]
    cipher = AESCCM(hashlib.sha256(f"key|{key}".encode()).digest(), 8)
    signed = json.loads(cipher.decrypt(nonce, bytes.fromhex(wire["data"]), None))
    return int(json.loads(json.loads(signed["message"])["message"])["secret"])


def test_the_published_key_file_opens_with_its_number() -> None:
    secrets = unseal(KEY.file.encode(), Secret(KEY.key_number.encode()))
    assert (secrets.keys.seed, secrets.index, secrets.share) == (KEY.seed, 2, "share")


def test_the_published_key_file_opens_with_other_libraries() -> None:
    file = json.loads(KEY.file)
    salt, nonce, data = (bytes.fromhex(file[name]) for name in ("salt", "nonce", "data"))
    derived = hashlib.scrypt(KEY.key_number.encode(), salt=salt, n=2**15, r=8, p=1, maxmem=2**26, dklen=64)
    assert derived[32:].hex() == file["commitment"]
    header = json.dumps(file | {"data": ""}, separators=(",", ":")).encode()
    plain = json.loads(AESGCM(derived[:32]).decrypt(nonce, data, header))
    assert list(plain) == ["group", "size", "threshold", "index", "seed", "dealing", "share"]
    assert plain["seed"] == KEY.seed


def hexed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
