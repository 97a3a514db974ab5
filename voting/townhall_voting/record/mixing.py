# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shuffles between the close and the decryption of an election with ranked questions: made, checked, added."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from townhall_voting.election import RankedQuestion
from townhall_voting.errors import MalformedError, ProofRefusedError
from townhall_voting.group import Scalar
from townhall_voting.hashing import hex_hash
from townhall_voting.nonces import Randomness
from townhall_voting.proofs import Ciphertext
from townhall_voting.ranked.shuffle import shuffle
from townhall_voting.ranked.shuffle_proof import MixContext, check_shuffle
from townhall_voting.ranked.shuffle_wire import Shuffle, parse_shuffle, write_shuffle
from townhall_voting.record.completion import WaitingTally, read_waiting
from townhall_voting.record.events import EndShufflesEvent, ShuffleEvent
from townhall_voting.record.record_file import RecordFile
from townhall_voting.trustees.signed_message import check_signature, sign_message
from townhall_voting.untrusted_json import read_json
from townhall_voting.wire import ProofWire, parse_proof, proof_wire

_DOMAIN: Final = "townhall.shuffle.v1"


def make_shuffle(waiting: WaitingTally, randomness: Randomness) -> bytes:
    """Return a trustee's shuffle of every ranked question of a tally that the trustee has verified.

    Raises:
        MalformedError: no question is ranked.
        RandomnessError: the source of randomness failed.
    """
    context = _context(waiting)
    questions = tuple(shuffle(context, column, randomness) for column in _ranked(waiting))
    if not questions:
        raise MalformedError("an election without a ranked question is not shuffled")
    return write_shuffle(Shuffle(questions))


def check_offered_shuffle(waiting: WaitingTally, data: bytes) -> None:
    """Check that ``data`` shuffles the tally as it stands, every question and every proof.

    Raises:
        MalformedError, MembershipError, ProofRefusedError: it does not.
    """
    offered = parse_shuffle(waiting.election.group, data).questions
    columns = list(_ranked(waiting))
    if len(offered) != len(columns):
        raise ProofRefusedError("a shuffle of other questions")
    for before, after in zip(columns, offered, strict=True):
        check_shuffle(_context(waiting), before, after)


def add_shuffle(record: Path, owner: int, data: bytes) -> None:
    """Add the shuffle of trustee ``owner`` (from 1) to a record, after checking it against the one before.

    Raises:
        MalformedError, MembershipError, ProofRefusedError: it is none; nothing was added.
        RecordFileError, RecordRefusedError: the file cannot be written, or waits for no shuffle.
    """
    with record.open("rb") as stream:
        waiting = read_waiting(stream)
    if not 1 <= owner <= len(waiting.trustees.keys) or owner in waiting.shuffled_by:
        raise MalformedError("a shuffle by none of the trustees, or a second one")
    check_offered_shuffle(waiting, data)
    with RecordFile.open(record) as file:
        file.append(ShuffleEvent(owner, data))


def sign_shuffle(waiting: WaitingTally, owner: int, data: bytes, signing: Scalar, randomness: Randomness) -> bytes:
    """Return trustee ``owner``'s word, under the key of their certificate, that the shuffle ``data`` is theirs.

    Raises:
        RandomnessError: the source of randomness failed.
    """
    signed = sign_message(waiting.election.group, signing, _word(waiting, owner, data), randomness)
    return msgspec.json.encode(proof_wire(signed.signature))


def check_shuffle_signature(waiting: WaitingTally, shuffle: ShuffleEvent, untrusted: bytes) -> None:
    """Check that the trustee in whose name a shuffle stands in the record has signed it.

    Raises:
        MalformedError, ProofRefusedError: they have not, or have no certificate to sign under.
    """
    key, group = waiting.trustees.signing_keys[shuffle.owner - 1], waiting.election.group
    if key is None:
        raise ProofRefusedError("a trustee without a certificate")
    proof = parse_proof(group, read_json(untrusted, ProofWire))
    check_signature(group, key, _word(waiting, shuffle.owner, shuffle.shuffle), proof)


def _word(waiting: WaitingTally, owner: int, data: bytes) -> str:
    return f"{_DOMAIN}|{waiting.election.fingerprint}|{owner}|{hex_hash(data)}"


def end_shuffles(record: Path) -> None:
    """Say in a record that no shuffle follows.

    Raises:
        MalformedError: fewer trustees shuffled than decrypt.
        RecordFileError, RecordRefusedError: the file cannot be written, or holds no shuffle.
    """
    with record.open("rb") as stream:
        missing = read_waiting(stream).missing_shuffles
    if missing:
        raise MalformedError(f"{missing} more trustees shuffle")
    with RecordFile.open(record) as file:
        file.append(EndShufflesEvent())


def _context(waiting: WaitingTally) -> MixContext:
    election = waiting.election
    return MixContext(election.group, election.public_key, election.fingerprint)


def _ranked(waiting: WaitingTally) -> Iterator[tuple[Ciphertext, ...]]:
    for question, column in zip(waiting.election.questions, waiting.tally.ciphertexts, strict=True):
        if isinstance(question, RankedQuestion):
            yield column
