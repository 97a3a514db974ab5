# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The public log as somebody follows it who sees it again and again: it only grows, or it is refused.

Who follows keeps the hash of every leaf (32 bytes an entry), so one answer, by whatever road, suffices to judge the
next one: no proof has to be asked for.
"""

from dataclasses import dataclass, field
from enum import Enum, unique

from townhall_crypto.checkpoint import Checkpoint, NoteVerifier, verify_checkpoint
from townhall_crypto.errors import CheckpointRefusedError
from townhall_crypto.merkle import HASH_BYTES, MerkleTree


@unique
class LogDoubt(Enum):
    """Why what was offered is not followed."""

    FORGED = "forged"  # not signed by the box
    UNPROVED = "unproved"  # signed, but these entries do not lead to it: whoever brought them is at fault
    OLDER = "older"  # signed, and a beginning of what we follow: an old answer, or a box that was put back
    CONTRADICTED = "contradicted"  # signed, and another history: two notes of the box prove that it shows two logs


@dataclass(frozen=True, slots=True)
class FollowedLog:
    """The newest state that was verified: the box's note, what it says, and the hashes of all leaves one after another.

    Only ``follow`` makes one.
    """

    note: str = field(repr=False)
    checkpoint: Checkpoint
    leaves: bytes = field(repr=False)


def follow(
    held: FollowedLog | None, untrusted_note: str, untrusted_leaves: bytes, box: NoteVerifier
) -> FollowedLog | LogDoubt:
    """Return the newer state, or why it is none; the same state again is returned as it is held.

    ``untrusted_leaves`` are the hashes of all leaves from the first on. They are not looked at where the note is older.
    """
    try:
        checkpoint = verify_checkpoint(untrusted_note, box)
    except CheckpointRefusedError:
        return LogDoubt.FORGED
    if held is not None and checkpoint.size <= held.checkpoint.size:
        if _tree(held.leaves).root(checkpoint.size) != checkpoint.root:
            return LogDoubt.CONTRADICTED
        return held if checkpoint.size == held.checkpoint.size else LogDoubt.OLDER
    if len(untrusted_leaves) != checkpoint.size * HASH_BYTES or _tree(untrusted_leaves).root() != checkpoint.root:
        return LogDoubt.UNPROVED
    if held is not None and not untrusted_leaves.startswith(held.leaves):
        return LogDoubt.CONTRADICTED
    return FollowedLog(untrusted_note, checkpoint, untrusted_leaves)


def _tree(leaves: bytes) -> MerkleTree:
    return MerkleTree.from_leaf_hashes(
        leaves[start : start + HASH_BYTES] for start in range(0, len(leaves), HASH_BYTES)
    )
