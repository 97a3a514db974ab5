# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The centre's Merkle tree (RFC 6962) as arithmetic over stored perfect subtrees; no input or output here.

A log of n leaves is kept as its *peaks*, the roots of the perfect subtrees that n's binary digits name, largest
first. Appending touches the peaks alone: they and what is new give the new root and the new leaves' inclusion proofs.
Every perfect subtree's root is also stored once under its in-order position, and any later proof is put together from
these.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from townhall_crypto.merkle import EMPTY_ROOT, HASH_BYTES

__all__ = [
    "EMPTY_ROOT",
    "HASH_BYTES",
    "Appended",
    "append",
    "consistency_ranges",
    "fold_peaks",
    "hash_ranges",
    "inclusion_ranges",
]


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node (RFC 6962 §2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def position(level: int, index: int) -> int:
    """Return the in-order number of the `index`-th perfect subtree of 2**level leaves: unique and never reused."""
    return ((2 * index + 1) << level) - 1


@dataclass(frozen=True, slots=True)
class Appended:
    """What more leaves made of the log; the proofs lead from each of them, in order, to the new root."""

    first: int
    root: bytes
    inclusion_proofs: tuple[tuple[bytes, ...], ...]
    peaks: tuple[bytes, ...]
    nodes: Mapping[int, bytes]

    @property
    def size(self) -> int:
        """The number of leaves, these included."""
        return self.first + len(self.inclusion_proofs)


def append(size: int, peaks: Sequence[bytes], leaf_hashes: Sequence[bytes]) -> Appended:
    """Append leaf hashes to a log of `size` leaves with these peaks."""
    new_peaks, nodes = grow(size, peaks, leaf_hashes)
    # A left neighbour of what is new is new itself or was a peak, else its parent would have been there before.
    known = nodes | dict(zip(perfect_parts(0, size), peaks, strict=True))
    new_size = size + len(leaf_hashes)
    proofs = [hash_ranges(inclusion_ranges(index, new_size), lambda _: known) for index in range(size, new_size)]
    return Appended(size, fold_peaks(new_peaks), tuple(proofs), new_peaks, nodes)


def grow(size: int, peaks: Sequence[bytes], leaf_hashes: Iterable[bytes]) -> tuple[tuple[bytes, ...], dict[int, bytes]]:
    """Return the peaks of a log of `size` leaves once it has more, and every new perfect subtree by its position."""
    if len(peaks) != size.bit_count():
        raise ValueError("peaks do not fit the size")
    nodes: dict[int, bytes] = {}
    new_peaks = list(peaks)
    for index, leaf_hash in enumerate(leaf_hashes, size):
        nodes[position(0, index)] = merged = leaf_hash
        level = 0
        while index >> level & 1:
            merged = node_hash(new_peaks.pop(), merged)
            level += 1
            nodes[position(level, index >> level)] = merged
        new_peaks.append(merged)
    return tuple(new_peaks), nodes


def fold_peaks(peaks: Sequence[bytes]) -> bytes:
    """Return the root of the log that has these peaks."""
    if not peaks:
        return EMPTY_ROOT
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


def perfect_parts(start: int, stop: int) -> list[int]:
    """Return the positions of the perfect subtrees that make up leaves [start, stop), left to right.

    `start` must be aligned as RFC 6962's splits make it: a multiple of the largest power of two in stop - start.
    """
    parts = []
    while start < stop:
        level = (stop - start).bit_length() - 1
        parts.append(position(level, start >> level))
        start += 1 << level
    return parts


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """Return the leaf ranges whose hashes prove, in order, that leaf `index` is in log `size` (RFC 6962 §2.1.1)."""
    ranges: list[tuple[int, int]] = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + (1 << (stop - start - 1).bit_length() - 1)
        if index < middle:
            ranges.append((middle, stop))
            stop = middle
        else:
            ranges.append((start, middle))
            start = middle
    ranges.reverse()
    return ranges


def consistency_ranges(first: int, second: int) -> list[tuple[int, int]]:
    """Return the leaf ranges whose hashes prove, in order, that log `second` continues log `first` (RFC 6962 §2.1.2).

    Raises ValueError unless 0 < first <= second.
    """
    if not 0 < first <= second:
        raise ValueError("a consistency proof needs 0 < first <= second")
    ranges: list[tuple[int, int]] = []
    start, stop, is_whole = 0, second, True
    while first != stop:
        half = 1 << (stop - start - 1).bit_length() - 1
        if first - start <= half:
            ranges.append((start + half, stop))
            stop = start + half
        else:
            ranges.append((start, start + half))
            start, is_whole = start + half, False
    if not is_whole:
        ranges.append((start, stop))
    ranges.reverse()
    return ranges


def hash_ranges(
    ranges: Iterable[tuple[int, int]], fetch: Callable[[Sequence[int]], Mapping[int, bytes]]
) -> tuple[bytes, ...]:
    """Return the Merkle hash of each range, fetching all stored subtrees at once."""
    parts = [perfect_parts(start, stop) for start, stop in ranges]
    stored = fetch([number for some in parts for number in some])
    return tuple(fold_peaks([stored[number] for number in some]) for some in parts)
