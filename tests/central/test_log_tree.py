# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The centre's log arithmetic against the tree and the verifiers of the ground floor."""

import hashlib
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_central import log_tree
from townhall_crypto.errors import ProofRefusedError
from townhall_crypto.merkle import MerkleTree, verify_consistency, verify_inclusion


def leaf(number: int) -> bytes:
    return hashlib.sha256(number.to_bytes(8, "big")).digest()


class Grown:
    """A log grown leaf by leaf, with every node that the database would hold."""

    def __init__(self, size: int) -> None:
        self.nodes: dict[int, bytes] = {}
        self.appended: list[log_tree.Appended] = []
        peaks: tuple[bytes, ...] = ()
        for number in range(size):
            appended = log_tree.append(number, peaks, [leaf(number)])
            assert not self.nodes.keys() & appended.nodes.keys(), "a stored node is never written again"
            self.nodes.update(appended.nodes)
            self.appended.append(appended)
            peaks = appended.peaks

    def fetch(self, positions: Sequence[int]) -> Mapping[int, bytes]:
        return {number: self.nodes[number] for number in positions}

    def consistency(self, first: int, second: int) -> tuple[bytes, ...]:
        return log_tree.hash_ranges(log_tree.consistency_ranges(first, second), self.fetch)


@given(st.integers(1, 200))
def test_each_append_gives_the_root_and_proof_of_the_plain_tree(size: int) -> None:
    tree = MerkleTree()
    for number, appended in enumerate(Grown(size).appended):
        tree.append(leaf(number))
        assert (appended.first, appended.size) == (number, number + 1)
        assert appended.root == tree.root()
        assert appended.inclusion_proofs == (tree.inclusion_proof(number),)
        verify_inclusion(leaf(number), number, appended.size, appended.inclusion_proofs[0], appended.root)


@given(st.integers(0, 200), st.integers(1, 140))
def test_many_leaves_at_once_are_the_log_that_grew_leaf_by_leaf(size: int, more: int) -> None:
    before, after = Grown(size), Grown(size + more)
    peaks = before.appended[-1].peaks if size else ()
    appended = log_tree.append(size, peaks, [leaf(number) for number in range(size, size + more)])
    tree = MerkleTree.from_leaf_hashes(leaf(number) for number in range(size + more))
    assert (appended.first, appended.size, appended.root) == (size, size + more, tree.root())
    assert appended.peaks == after.appended[-1].peaks
    assert {**before.nodes, **appended.nodes} == after.nodes
    assert appended.inclusion_proofs == tuple(tree.inclusion_proof(number) for number in range(size, size + more))


def test_no_leaf_more_leaves_the_log_as_it_is() -> None:
    peaks = Grown(5).appended[-1].peaks
    appended = log_tree.append(5, peaks, [])
    assert (appended.size, appended.peaks, appended.nodes, appended.inclusion_proofs) == (5, peaks, {}, ())


@given(st.data())
def test_consistency_proofs_are_those_of_the_plain_tree(data: st.DataObject) -> None:
    second = data.draw(st.integers(1, 150))
    first = data.draw(st.integers(1, second))
    grown = Grown(second)
    tree = MerkleTree.from_leaf_hashes(leaf(number) for number in range(second))
    proof = grown.consistency(first, second)
    assert proof == tree.consistency_proof(first, second)
    verify_consistency(first, second, tree.root(first), tree.root(second), proof)


@given(st.integers(2, 100))
def test_a_proof_with_one_hash_changed_is_refused(size: int) -> None:
    newest = Grown(size).appended[-1]
    broken = (b"\x00" * 32, *newest.inclusion_proofs[0][1:])
    with pytest.raises(ProofRefusedError):
        verify_inclusion(leaf(size - 1), size - 1, size, broken, newest.root)


def test_the_empty_log_has_the_root_of_the_empty_tree() -> None:
    assert log_tree.fold_peaks(()) == MerkleTree().root()


def test_peaks_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match="peaks"):
        log_tree.append(3, (leaf(0),), [leaf(1)])


@pytest.mark.parametrize(("first", "second"), [(0, 1), (2, 1), (-1, 4)])
def test_impossible_sizes_have_no_consistency_proof(first: int, second: int) -> None:
    with pytest.raises(ValueError, match="consistency"):
        log_tree.consistency_ranges(first, second)
