# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A trustee's secrets lie sealed under a passphrase, and a changed file or another passphrase opens nothing."""

import json

import pytest

from townhall_crypto.secret import Secret
from townhall_voting.errors import KeyLockedError, KeyRefusedError, ProgrammingError
from townhall_voting.nonces import Randomness
from townhall_voting.schnorr_group import BELENIOS_2048
from townhall_voting.trustees.ceremony import Terms
from townhall_voting.trustees.ceremony_dealing import Dealing
from townhall_voting.trustees.key_file import TrusteeSecrets, seal, unseal
from townhall_voting.trustees.private_keys import CeremonyKeys, new_ceremony_keys, read_ceremony_keys

PASSPHRASE = Secret(b"lusab-babad gutih-tugad")


def secrets(randomness: Randomness) -> TrusteeSecrets:
    keys = new_ceremony_keys(BELENIOS_2048, randomness)
    return TrusteeSecrets(Terms(BELENIOS_2048, 3, 2), 2, keys, Dealing("dealt", "00" * 32), "share")


def test_what_was_sealed_comes_out_again_and_shows_nowhere_else(randomness: Randomness) -> None:
    kept = secrets(randomness)
    sealed = seal(kept, PASSPHRASE, randomness)
    assert unseal(sealed, PASSPHRASE) == kept
    assert kept.keys.seed.encode() not in sealed
    assert kept.keys.seed not in repr(kept)
    bare = TrusteeSecrets(kept.terms, 2, kept.keys)
    assert unseal(seal(bare, PASSPHRASE, randomness), PASSPHRASE) == bare


def test_the_same_secrets_are_sealed_to_other_bytes_each_time(randomness: Randomness) -> None:
    kept = secrets(randomness)
    assert seal(kept, PASSPHRASE, randomness) != seal(kept, PASSPHRASE, randomness)


def test_another_passphrase_is_told_from_a_changed_file(randomness: Randomness) -> None:
    sealed = seal(secrets(randomness), PASSPHRASE, randomness)
    with pytest.raises(KeyLockedError):
        unseal(sealed, Secret(b"lusab-babad gutih-tugae"))
    with pytest.raises(ProgrammingError):
        unseal(sealed, Secret(b""))
    parts = json.loads(sealed)
    for member, by in (
        ("data", parts["data"][:-2] + ("00" if parts["data"][-2:] != "00" else "01")),
        ("nonce", "00" * 12),
        ("nonce", "00" * 11),
        ("salt", "00" * 31),
        ("salt", "no hex"),
        ("kind", "townhall.trustee-key.v2"),
    ):
        with pytest.raises(KeyRefusedError):
            unseal(json.dumps(parts | {member: by}, separators=(",", ":")).encode(), PASSPHRASE)
    for data in (b"", b"{}", sealed + b"\n", sealed.replace(b'","', b'", "')):
        with pytest.raises(KeyRefusedError):
            unseal(data, PASSPHRASE)


def test_a_seed_is_twenty_two_characters_that_nobody_mistakes(randomness: Randomness) -> None:
    seeds = {new_ceremony_keys(BELENIOS_2048, randomness).seed for _ in range(50)}
    assert len(seeds) == 50
    for seed in seeds:
        assert read_ceremony_keys(BELENIOS_2048, seed.encode() + b"\n") == CeremonyKeys(BELENIOS_2048, seed)
    for data in (b"", b"0" * 22, b"1" * 21, b"1" * 23, b"1" * 22 + b"\n\n", "é".encode() * 22):
        with pytest.raises(KeyRefusedError):
            read_ceremony_keys(BELENIOS_2048, data)
