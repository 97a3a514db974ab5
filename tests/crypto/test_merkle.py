# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The Merkle tree against forged proofs, a naive definition and the published vectors."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from townhall_crypto.errors import ProgrammingError, ProofRefusedError
from townhall_crypto.merkle import EMPTY_ROOT, MerkleTree, leaf_hash, verify_consistency, verify_inclusion

VECTORS = Path(__file__).resolve().parents[2] / "docs" / "formats" / "vectors" / "rfc6962-published.json"

LEAVES = [leaf_hash(number.to_bytes(2, "big")) for number in range(300)]
TREE = MerkleTree.from_leaf_hashes(LEAVES)
sizes = st.integers(min_value=1, max_value=len(LEAVES))
hashes = st.binary(min_size=32, max_size=32)


class Inclusion(msgspec.Struct):
    index: int
    size: int
    proof: list[str]


class Consistency(msgspec.Struct):
    first: int
    second: int
    proof: list[str]


class Published(msgspec.Struct):
    leaves: list[str]
    roots: list[str]
    inclusion: list[Inclusion]
    consistency: list[Consistency]


PUBLISHED = msgspec.json.decode(VECTORS.read_bytes(), type=Published)


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root by the definition of RFC 6962 section 2.1, recursion and all."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + naive_root(leaves[:split]) + naive_root(leaves[split:])).digest()


def naive_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Return PATH(m, D[n]) by the definition of section 2.1.1."""
    if len(leaves) == 1:
        return []
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if index < split:
        return [*naive_path(index, leaves[:split]), naive_root(leaves[split:])]
    return [*naive_path(index - split, leaves[split:]), naive_root(leaves[:split])]


def naive_subproof(first: int, leaves: Sequence[bytes], *, is_whole: bool = True) -> list[bytes]:
    """Return SUBPROOF(m, D[n], b) by the definition of section 2.1.2."""
    if first == len(leaves):
        return [] if is_whole else [naive_root(leaves)]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    if first <= split:
        return [*naive_subproof(first, leaves[:split], is_whole=is_whole), naive_root(leaves[split:])]
    return [*naive_subproof(first - split, leaves[split:], is_whole=False), naive_root(leaves[:split])]


# --- forged proofs ---------------------------------------------------------------------------------------------------


@given(sizes, st.data())
def test_a_proof_with_a_wrong_hash_in_it_is_refused(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(min_value=0, max_value=size - 1))
    proof = list(TREE.inclusion_proof(index, size))
    assume(proof)
    at = data.draw(st.integers(min_value=0, max_value=len(proof) - 1))
    proof[at] = data.draw(hashes)
    with pytest.raises(ProofRefusedError):
        verify_inclusion(LEAVES[index], index, size, proof, TREE.root(size))


@given(sizes, st.data())
def test_a_proof_cut_lengthened_or_reordered_is_refused(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(min_value=0, max_value=size - 1))
    proof = TREE.inclusion_proof(index, size)
    forged = [proof[:-1], proof[1:], (*proof, LEAVES[0]), (LEAVES[0], *proof), proof[::-1], (*proof, *proof)]
    for each in forged:
        if each != proof:
            with pytest.raises(ProofRefusedError):
                verify_inclusion(LEAVES[index], index, size, each, TREE.root(size))


@given(sizes, st.data())
def test_a_leaf_is_proven_at_its_own_index_alone(size: int, data: st.DataObject) -> None:
    index, other = (data.draw(st.integers(min_value=0, max_value=size - 1)) for _ in range(2))
    assume(index != other)
    proof = TREE.inclusion_proof(index, size)
    for leaf, claimed in ((LEAVES[index], other), (LEAVES[other], index), (LEAVES[index], size), (LEAVES[index], -1)):
        with pytest.raises(ProofRefusedError):
            verify_inclusion(leaf, claimed, size, proof, TREE.root(size))


def test_an_inner_node_cannot_be_passed_off_as_a_leaf() -> None:
    node = TREE.root(2)
    with pytest.raises(ProofRefusedError):
        verify_inclusion(node, 0, 4, TREE.inclusion_proof(0, 4)[1:], TREE.root(4))
    assert leaf_hash(LEAVES[0] + LEAVES[1]) != node
    assert leaf_hash(b"\x01" + LEAVES[0] + LEAVES[1]) != node


@pytest.mark.parametrize("size", [0, -1])
def test_nothing_is_in_a_tree_without_leaves(size: int) -> None:
    with pytest.raises(ProofRefusedError):
        verify_inclusion(LEAVES[0], 0, size, [], EMPTY_ROOT)


def test_what_is_no_hash_is_refused_wherever_it_stands() -> None:
    proof, root = TREE.inclusion_proof(1, 4), TREE.root(4)
    for leaf, forged, claimed in (
        (b"", proof, root),
        (LEAVES[1], (proof[0] + proof[1],), root),
        (LEAVES[1], (proof[0], b""), root),
        (LEAVES[1], proof, root[:-1]),
    ):
        with pytest.raises(ProofRefusedError):
            verify_inclusion(leaf, 1, 4, forged, claimed)


@given(sizes, sizes, st.data())
def test_a_forked_history_is_not_consistent(one: int, other: int, data: st.DataObject) -> None:
    first, second = sorted((one, other))
    assume(first < second)
    changed = data.draw(st.integers(min_value=0, max_value=first - 1))
    fork = MerkleTree.from_leaf_hashes([*LEAVES[:changed], leaf_hash(b"forged"), *LEAVES[changed + 1 : second]])
    for proof in (fork.consistency_proof(first, second), TREE.consistency_proof(first, second)):
        with pytest.raises(ProofRefusedError):
            verify_consistency(first, second, TREE.root(first), fork.root(second), proof)


@given(sizes, sizes, st.data())
def test_a_changed_consistency_proof_is_refused(one: int, other: int, data: st.DataObject) -> None:
    first, second = sorted((one, other))
    proof = TREE.consistency_proof(first, second)
    at = data.draw(st.integers(min_value=0, max_value=max(0, len(proof) - 1)))
    wrong = data.draw(hashes)
    forged = [(*proof, wrong), (wrong, *proof), (*proof[:at], wrong, *proof[at + 1 :]), proof[:-1], proof[1:]]
    for each in forged:
        if each != proof:
            with pytest.raises(ProofRefusedError):
                verify_consistency(first, second, TREE.root(first), TREE.root(second), each)


def test_a_proof_for_a_smaller_tree_is_refused_for_a_larger_one() -> None:
    proof = TREE.consistency_proof(3, 4)
    assert verify_consistency(3, 4, TREE.root(3), TREE.root(4), proof) == TREE.root(4)
    with pytest.raises(ProofRefusedError):
        verify_consistency(3, 7, TREE.root(3), TREE.root(4), proof)


def test_a_log_does_not_shrink() -> None:
    with pytest.raises(ProofRefusedError):
        verify_consistency(5, 4, TREE.root(5), TREE.root(4), TREE.consistency_proof(4, 5))
    with pytest.raises(ProofRefusedError):
        verify_consistency(-1, 4, TREE.root(4), TREE.root(4), ())


def test_every_log_begins_empty_and_only_with_the_empty_root() -> None:
    assert verify_consistency(0, 4, EMPTY_ROOT, TREE.root(4), ()) == TREE.root(4)
    assert verify_consistency(0, 0, EMPTY_ROOT, EMPTY_ROOT, ()) == EMPTY_ROOT
    for first_root, second, second_root, proof in (
        (TREE.root(1), 4, TREE.root(4), ()),
        (EMPTY_ROOT, 4, TREE.root(4), (LEAVES[0],)),
        (EMPTY_ROOT, 0, TREE.root(4), ()),
    ):
        with pytest.raises(ProofRefusedError):
            verify_consistency(0, second, first_root, second_root, proof)


def test_equal_sizes_need_equal_roots() -> None:
    assert verify_consistency(4, 4, TREE.root(4), TREE.root(4), ()) == TREE.root(4)
    with pytest.raises(ProofRefusedError):
        verify_consistency(4, 4, TREE.root(4), TREE.root(5), ())


# --- agreement with the definition and the published vectors ---------------------------------------------------------


@given(sizes)
def test_every_root_is_the_one_of_the_definition(size: int) -> None:
    assert TREE.root(size) == naive_root(LEAVES[:size])


@given(sizes, st.data())
def test_every_inclusion_proof_is_the_one_of_the_definition_and_verifies(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(min_value=0, max_value=size - 1))
    proof = TREE.inclusion_proof(index, size)
    assert list(proof) == naive_path(index, LEAVES[:size])
    assert verify_inclusion(LEAVES[index], index, size, proof, TREE.root(size)) == LEAVES[index]


@given(sizes, sizes)
def test_every_consistency_proof_is_the_one_of_the_definition_and_verifies(one: int, other: int) -> None:
    first, second = sorted((one, other))
    proof = TREE.consistency_proof(first, second)
    assert list(proof) == naive_subproof(first, LEAVES[:second])
    assert verify_consistency(first, second, TREE.root(first), TREE.root(second), proof) == TREE.root(second)


def test_all_proofs_of_all_small_trees_verify() -> None:
    for size in range(34):
        for index in range(size):
            verify_inclusion(LEAVES[index], index, size, TREE.inclusion_proof(index, size), TREE.root(size))
        for first in range(size + 1):
            proof = TREE.consistency_proof(first, size)
            verify_consistency(first, size, TREE.root(first), TREE.root(size), proof)


@pytest.mark.parametrize("size", range(len(PUBLISHED.roots)))
def test_roots_are_the_published_ones(size: int) -> None:
    tree = MerkleTree.from_leaf_hashes(leaf_hash(bytes.fromhex(data)) for data in PUBLISHED.leaves[:size])
    assert tree.root().hex() == PUBLISHED.roots[size]


@pytest.mark.parametrize("vector", PUBLISHED.inclusion)
def test_inclusion_proofs_are_the_published_ones(vector: Inclusion) -> None:
    hashes_of_leaves = [leaf_hash(bytes.fromhex(data)) for data in PUBLISHED.leaves]
    proof = MerkleTree.from_leaf_hashes(hashes_of_leaves).inclusion_proof(vector.index, vector.size)
    assert [each.hex() for each in proof] == vector.proof
    root = bytes.fromhex(PUBLISHED.roots[vector.size])
    verify_inclusion(hashes_of_leaves[vector.index], vector.index, vector.size, proof, root)


@pytest.mark.parametrize("vector", PUBLISHED.consistency)
def test_consistency_proofs_are_the_published_ones(vector: Consistency) -> None:
    tree = MerkleTree.from_leaf_hashes(leaf_hash(bytes.fromhex(data)) for data in PUBLISHED.leaves)
    proof = tree.consistency_proof(vector.first, vector.second)
    assert [each.hex() for each in proof] == vector.proof
    first_root, second_root = (bytes.fromhex(PUBLISHED.roots[size]) for size in (vector.first, vector.second))
    assert verify_consistency(vector.first, vector.second, first_root, second_root, proof) == second_root


# --- the tree itself -------------------------------------------------------------------------------------------------


def test_appending_yields_the_indices_in_order() -> None:
    tree = MerkleTree()
    assert [tree.append(leaf) for leaf in LEAVES[:5]] == [0, 1, 2, 3, 4]
    assert tree.size == 5
    assert [tree.leaf(index) for index in range(5)] == LEAVES[:5]


@settings(max_examples=50)
@given(st.lists(hashes, max_size=40), st.lists(hashes, max_size=40))
def test_a_tree_that_grew_equals_one_made_at_once(before: list[bytes], after: list[bytes]) -> None:
    tree = MerkleTree.from_leaf_hashes(before)
    for leaf in after:
        tree.append(leaf)
    assert tree.root() == MerkleTree.from_leaf_hashes(before + after).root() == naive_root(before + after)
    assert tree.root(len(before)) == naive_root(before)


@pytest.mark.parametrize("leaf", [b"", b"short", bytes(33)])
def test_only_hashes_are_appended(leaf: bytes) -> None:
    with pytest.raises(ProgrammingError):
        MerkleTree().append(leaf)


def test_questions_about_leaves_that_are_not_there_are_the_callers_fault() -> None:
    tree = MerkleTree.from_leaf_hashes(LEAVES[:3])
    for ask in (
        lambda: tree.leaf(3),
        lambda: tree.leaf(-1),
        lambda: tree.root(4),
        lambda: tree.root(-1),
        lambda: tree.inclusion_proof(3),
        lambda: tree.inclusion_proof(0, 0),
        lambda: tree.inclusion_proof(-1),
        lambda: tree.inclusion_proof(0, 4),
        lambda: tree.consistency_proof(4),
        lambda: tree.consistency_proof(-1),
        lambda: tree.consistency_proof(2, 1),
    ):
        with pytest.raises(ProgrammingError):
            ask()


def test_a_large_log_answers_from_kept_hashes() -> None:
    tree = MerkleTree.from_leaf_hashes(leaf_hash(number.to_bytes(4, "big")) for number in range(20_000))
    proof = tree.inclusion_proof(12_345, 19_999)
    assert len(proof) <= 15
    leaf = leaf_hash((12_345).to_bytes(4, "big"))
    verify_inclusion(leaf, 12_345, 19_999, proof, tree.root(19_999))
