# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Recipients' keys: their bytes, their ids, and what is no key."""

import hashlib
import pickle

import pytest

from townhall_crypto.errors import MalformedError, ProgrammingError
from townhall_crypto.recipients import RecipientPrivateKey, RecipientPublicKey, generate_recipient_key
from townhall_crypto.sealed import open_sealed, seal
from townhall_crypto.suites import Suite

LENGTHS = {Suite.HYBRID: (96, 1216), Suite.CLASSIC: (32, 32)}


@pytest.mark.parametrize("suite", Suite)
def test_bytes_of_another_length_are_no_key(suite: Suite) -> None:
    private_bytes, public_bytes = LENGTHS[suite]
    for wrong in (0, private_bytes - 1, private_bytes + 1):
        with pytest.raises(MalformedError):
            RecipientPrivateKey.from_bytes(b"\x01" * wrong, suite)
    for wrong in (0, public_bytes - 1, public_bytes + 1):
        with pytest.raises(MalformedError):
            RecipientPublicKey.from_bytes(b"\x01" * wrong, suite)


def test_an_ml_kem_key_beyond_its_modulus_is_no_key() -> None:
    with pytest.raises(MalformedError):
        RecipientPublicKey.from_bytes(b"\xff" * 1216)


@pytest.mark.parametrize("suite", Suite)
def test_nothing_is_sealed_to_a_degenerate_x25519_point(suite: Suite) -> None:
    public = generate_recipient_key(suite).public.to_bytes()[:-32] + bytes(32)
    degenerate = RecipientPublicKey.from_bytes(public, suite)
    with pytest.raises(MalformedError):
        seal(b"x", kind="transaction", recipients=[degenerate], allow=frozenset(Suite))


def test_an_id_that_is_not_the_keys_own_is_refused() -> None:
    one, other = generate_recipient_key().public, generate_recipient_key().public
    with pytest.raises(MalformedError):
        RecipientPublicKey(one.suite, other.key_id, one.public)


@pytest.mark.parametrize("suite", Suite)
def test_keys_survive_their_bytes(suite: Suite) -> None:
    key = generate_recipient_key(suite)
    assert (len(key.to_bytes()), len(key.public.to_bytes())) == LENGTHS[suite]
    assert RecipientPublicKey.from_bytes(key.public.to_bytes(), suite) == key.public
    again = RecipientPrivateKey.from_bytes(key.to_bytes(), suite)
    assert again.public == key.public
    sealed = seal(b"x", kind="transaction", recipients=[key.public], allow=frozenset({suite}))
    assert open_sealed(sealed, again, allow=frozenset({suite})).payload == b"x"


def test_the_id_is_a_hash_of_namespace_suite_and_key() -> None:
    public = generate_recipient_key().public
    preimage = b"townhall:recipient-key-id:v1\x00" + b"\x01" + public.public
    assert public.key_id == hashlib.sha256(preimage).hexdigest()


def test_one_key_in_two_suites_has_two_ids() -> None:
    private = bytes(range(32))
    hybrid_tail = RecipientPrivateKey.from_bytes(bytes(64) + private).public.public[-32:]
    classic = RecipientPrivateKey.from_bytes(private, Suite.CLASSIC).public
    assert classic.public == hybrid_tail
    preimage = b"townhall:recipient-key-id:v1\x00" + b"\x01" + classic.public
    assert classic.key_id != hashlib.sha256(preimage).hexdigest()


def test_a_private_key_shows_its_id_alone_and_is_not_pickled() -> None:
    key = generate_recipient_key()
    assert repr(key) == f"<RecipientPrivateKey {key.public.key_id}>"
    with pytest.raises((ProgrammingError, TypeError)):
        pickle.dumps(key)


def test_a_public_key_is_short_in_a_log() -> None:
    assert len(repr(generate_recipient_key().public)) < 200
