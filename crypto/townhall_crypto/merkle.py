# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The Merkle tree of RFC 6962 section 2.1: roots, inclusion and consistency proofs (verified as RFC 9162 section 2.1).

Hashes are SHA-256, 32 bytes; leaf indices count from 0; a tree of ``size`` leaves has indices below ``size``.
"""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from typing import Final, Self

from townhall_crypto.errors import ProgrammingError, ProofRefusedError

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
"""The root of the tree without leaves."""

_LEAF_PREFIX: Final = b"\x00"
_NODE_PREFIX: Final = b"\x01"


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf that holds ``data``; begin ``data`` with the log's namespace."""
    return hashlib.sha256(_LEAF_PREFIX + data).digest()


def _node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE_PREFIX + left + right).digest()


class MerkleTree:
    """A growing tree that keeps the hash of every complete subtree: 64 bytes a leaf.

    Appending costs two hashes on average; a root or a proof for any size up to now costs a few dozen.
    """

    def __init__(self) -> None:
        # _levels[k] holds the roots of the complete, aligned subtrees of 2**k leaves, left to right.
        self._levels: list[bytearray] = [bytearray()]

    @classmethod
    def from_leaf_hashes(cls, leaf_hashes: Iterable[bytes]) -> Self:
        """Return the tree of these leaves in this order."""
        tree = cls()
        for each in leaf_hashes:
            tree.append(each)
        return tree

    @property
    def size(self) -> int:
        """The number of leaves."""
        return len(self._levels[0]) // HASH_BYTES

    def append(self, leaf: bytes) -> int:
        """Add a leaf by its hash and return its index.

        Raises:
            ProgrammingError: ``leaf`` is no hash.
        """
        if len(leaf) != HASH_BYTES:
            raise ProgrammingError("a leaf is added by its hash")
        index = self.size
        self._levels[0] += leaf
        height, count, node = 0, index + 1, leaf
        while count % 2 == 0:
            node = _node_hash(self._node(height, count - 2), node)
            height, count = height + 1, count // 2
            if height == len(self._levels):
                self._levels.append(bytearray())
            self._levels[height] += node
        return index

    def leaf(self, index: int) -> bytes:
        """Return the hash of the leaf at ``index``.

        Raises:
            ProgrammingError: there is no such leaf.
        """
        if not 0 <= index < self.size:
            raise ProgrammingError(f"no leaf {index} in a tree of {self.size}")
        return self._node(0, index)

    def root(self, size: int | None = None) -> bytes:
        """Return the root of the first ``size`` leaves, of all by default.

        Raises:
            ProgrammingError: the tree has fewer leaves.
        """
        size = self.size if size is None else size
        self._check_size(size)
        return self._subtree_root(0, size) if size else EMPTY_ROOT

    def inclusion_proof(self, index: int, size: int | None = None) -> tuple[bytes, ...]:
        """Return the proof that the leaf at ``index`` is in the tree of the first ``size`` leaves, leaf to root.

        Raises:
            ProgrammingError: there is no such leaf, or the tree has fewer leaves than ``size``.
        """
        size = self.size if size is None else size
        self._check_size(size)
        if not 0 <= index < size:
            raise ProgrammingError(f"no leaf {index} in a tree of {size}")
        proof: list[bytes] = []
        start, end = 0, size
        while end - start > 1:  # RFC 6962 section 2.1.1, from the root down
            middle = start + _split(end - start)
            if index < middle:
                proof.append(self._subtree_root(middle, end))
                end = middle
            else:
                proof.append(self._subtree_root(start, middle))
                start = middle
        return tuple(reversed(proof))

    def consistency_proof(self, first: int, second: int | None = None) -> tuple[bytes, ...]:
        """Return the proof that the first ``first`` of ``second`` leaves are the tree of that size; empty for 0.

        Raises:
            ProgrammingError: not ``0 <= first <= second <= size``.
        """
        second = self.size if second is None else second
        self._check_size(second)
        if not 0 <= first <= second:
            raise ProgrammingError(f"no tree of {first} in one of {second}")
        if first in (0, second):
            return ()
        proof: list[bytes] = []
        start, end = 0, second
        while first != end:  # RFC 6962 section 2.1.2, from the root down
            middle = start + _split(end - start)
            if first <= middle:
                proof.append(self._subtree_root(middle, end))
                end = middle
            else:
                proof.append(self._subtree_root(start, middle))
                start = middle
        if start:  # else the remaining subtree is the first tree itself, whose root the verifier has
            proof.append(self._subtree_root(start, end))
        return tuple(reversed(proof))

    def _check_size(self, size: int) -> None:
        if not 0 <= size <= self.size:
            raise ProgrammingError(f"no size {size} in a tree of {self.size}")

    def _node(self, height: int, position: int) -> bytes:
        return bytes(self._levels[height][position * HASH_BYTES : (position + 1) * HASH_BYTES])

    def _subtree_root(self, start: int, end: int) -> bytes:
        """Return the root over leaves ``start`` to ``end``, a range that is a subtree of some tree."""
        root = b""
        # Complete subtrees from the right, smallest first: the ones of the binary digits of the length.
        while end > start:
            length = (end - start) & (start - end)
            height = length.bit_length() - 1
            node = self._node(height, (end - length) >> height)
            root = _node_hash(node, root) if root else node
            end -= length
        return root


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bytes:
    """Return ``leaf``, a leaf hash that stands at ``index`` in the tree of ``size`` leaves with ``root``.

    The caller makes ``leaf`` from the data with ``leaf_hash``, and takes ``size`` and ``root`` from one checkpoint: a
    proof alone binds neither.

    Raises:
        ProofRefusedError: the proof does not show it.
    """
    if not 0 <= index < size or not _are_hashes((leaf, root, *proof)):
        raise ProofRefusedError("no inclusion proof has this shape")
    position, last, node = index, size - 1, leaf  # RFC 9162 section 2.1.3.2
    for sibling in proof:
        if last == 0:
            raise ProofRefusedError("the proof is longer than the path")
        if position % 2 or position == last:
            node = _node_hash(sibling, node)
            while position % 2 == 0 and position:
                position, last = position >> 1, last >> 1
        else:
            node = _node_hash(node, sibling)
        position, last = position >> 1, last >> 1
    if last or not hmac.compare_digest(node, root):
        raise ProofRefusedError("the proof leads elsewhere")
    return leaf


def verify_consistency(first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]) -> bytes:
    """Return ``second_root``, whose tree of ``second`` leaves begins with the tree of ``first`` leaves and its root.

    Raises:
        ProofRefusedError: the proof does not show it.
    """
    if not 0 <= first <= second or not _are_hashes((first_root, second_root, *proof)):
        raise ProofRefusedError("no consistency proof has this shape")
    if first in (0, second):
        expected = EMPTY_ROOT if first == 0 else second_root
        if proof or first_root != expected or (second == 0 and second_root != EMPTY_ROOT):
            raise ProofRefusedError("the roots differ")
        return second_root
    if _consistent_roots(first, second, first_root, proof) != (first_root, second_root):
        raise ProofRefusedError("the proof leads elsewhere")
    return second_root


def _consistent_roots(first: int, second: int, first_root: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the roots of both trees that the proof leads to (RFC 9162 section 2.1.4.2); ``0 < first < second``."""
    path = list(proof) if first & (first - 1) else [first_root, *proof]
    if not path:
        raise ProofRefusedError("the proof is empty")
    position, last = first - 1, second - 1
    while position % 2:
        position, last = position >> 1, last >> 1
    old = new = path[0]
    for node in path[1:]:
        if last == 0:
            raise ProofRefusedError("the proof is longer than the path")
        if position % 2 or position == last:
            old, new = _node_hash(node, old), _node_hash(node, new)
            while position % 2 == 0 and position:
                position, last = position >> 1, last >> 1
        else:
            new = _node_hash(new, node)
        position, last = position >> 1, last >> 1
    if last:
        raise ProofRefusedError("the proof is shorter than the path")
    return old, new


def _are_hashes(values: Sequence[bytes]) -> bool:
    return all(len(value) == HASH_BYTES for value in values)


def _split(length: int) -> int:
    """Return the largest power of two below ``length`` (at least 2)."""
    return 1 << ((length - 1).bit_length() - 1)
