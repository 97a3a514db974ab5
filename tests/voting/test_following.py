# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A public log that is followed only grows; whatever else a box or a messenger shows is refused by its right name."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from townhall_crypto.checkpoint import Checkpoint, Ed25519NoteSigner, sign_checkpoint
from townhall_crypto.merkle import MerkleTree
from townhall_voting.board.following import FollowedLog, LogDoubt, follow

BOX = Ed25519NoteSigner("townhall/simulated.test/ballots", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
STRANGER = Ed25519NoteSigner(BOX.name, Ed25519PrivateKey.from_private_bytes(bytes(32)))
HONEST = [sha256(b"entry %d" % number).digest() for number in range(40)]
OTHER = [*HONEST[:7], sha256(b"another").digest(), *HONEST[8:]]


def note(leaves: Sequence[bytes], signer: Ed25519NoteSigner = BOX) -> str:
    root = MerkleTree.from_leaf_hashes(leaves).root()
    return sign_checkpoint(Checkpoint(signer.name, len(leaves), root), signer)


def offer(held: FollowedLog | None, leaves: Sequence[bytes]) -> FollowedLog | LogDoubt:
    return follow(held, note(leaves), b"".join(leaves), BOX.verifier)


def held(size: int) -> FollowedLog:
    found = offer(None, HONEST[:size])
    assert isinstance(found, FollowedLog)
    return found


@given(first=st.integers(0, 40), second=st.integers(0, 40))
def test_a_log_that_grows_is_followed_and_one_that_went_back_is_not(first: int, second: int) -> None:
    before = held(first)
    after = offer(before, HONEST[:second])
    if second < first:
        assert after is LogDoubt.OLDER
    elif second == first:
        assert after is before
    else:
        assert isinstance(after, FollowedLog)
        assert after.checkpoint.size == second


@given(first=st.integers(8, 40), second=st.integers(8, 40))
def test_another_history_contradicts_at_every_size(first: int, second: int) -> None:
    assert offer(held(first), OTHER[:second]) is LogDoubt.CONTRADICTED


def test_a_contradiction_needs_the_boxs_own_signature_and_leaves_that_lead_to_it() -> None:
    before = held(10)
    assert follow(before, note(OTHER, STRANGER), b"".join(OTHER), BOX.verifier) is LogDoubt.FORGED
    for leaves in (b"".join(OTHER), b"".join(HONEST[:-1]), b"".join(HONEST) + b"x", b""):
        assert follow(before, note(HONEST), leaves, BOX.verifier) is LogDoubt.UNPROVED
        assert follow(None, note(HONEST), leaves, BOX.verifier) is LogDoubt.UNPROVED


def test_an_older_note_is_judged_by_what_is_held_and_not_by_what_comes_with_it() -> None:
    assert follow(held(10), note(HONEST[:4]), b"", BOX.verifier) is LogDoubt.OLDER
    assert follow(held(10), note(OTHER[:9]), b"".join(HONEST[:9]), BOX.verifier) is LogDoubt.CONTRADICTED


@pytest.mark.parametrize("place", range(0, len(note(HONEST)), 7))
def test_a_changed_note_is_never_followed(place: int) -> None:
    changed = bytearray(note(HONEST).encode())
    changed[place] ^= 1
    untrusted = changed.decode("utf-8", "replace")
    assert follow(None, untrusted, b"".join(HONEST), BOX.verifier) is LogDoubt.FORGED
