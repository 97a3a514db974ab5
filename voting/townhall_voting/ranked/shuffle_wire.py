# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A shuffle as the record spells it: ciphertexts and proofs, question by question."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from townhall_voting.errors import MalformedError
from townhall_voting.group import Element, Group, Scalar
from townhall_voting.proofs import Ciphertext
from townhall_voting.ranked.shuffle_proof import Commitments, Responses, Shuffled, ShuffleProof
from townhall_voting.untrusted_json import read_json
from townhall_voting.wire import CiphertextWire, ciphertext_wire

MAX_BYTES: Final = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Shuffle:
    """One trustee's shuffle of every question that is shuffled, in their order."""

    questions: tuple[Shuffled, ...]


_FirstWire = tuple[str, str, str, tuple[str, str], list[str]]
_LastWire = tuple[str, str, str, str, list[str], list[str]]
_ProofWire = tuple[_FirstWire, _LastWire, list[str], list[str]]


class _ShuffleWire(msgspec.Struct, forbid_unknown_fields=True):
    ciphertexts: list[list[CiphertextWire]]
    proofs: list[_ProofWire]


def write_shuffle(shuffle: Shuffle) -> bytes:
    """Return the record's one spelling of ``shuffle``."""
    return msgspec.json.encode(
        _ShuffleWire(
            [[ciphertext_wire(each) for each in question.ciphertexts] for question in shuffle.questions],
            [_proof_wire(question.proof) for question in shuffle.questions],
        )
    )


def parse_shuffle(group: Group, data: bytes) -> Shuffle:
    """Return the shuffle that ``data`` spells, every number an element or an exponent; proofs are not checked.

    Raises:
        MalformedError: another format or spelling.
        MembershipError: a number outside the group.
    """
    if len(data) > MAX_BYTES:
        raise MalformedError("a shuffle that is too long")
    wire = read_json(data, _ShuffleWire)
    if len(wire.ciphertexts) != len(wire.proofs):
        raise MalformedError("not a proof for each question")
    shuffle = Shuffle(
        tuple(
            Shuffled(
                tuple(Ciphertext(group.element(each.alpha), group.element(each.beta)) for each in ciphertexts),
                _parse_proof(group, proof),
            )
            for ciphertexts, proof in zip(wire.ciphertexts, wire.proofs, strict=True)
        )
    )
    if write_shuffle(shuffle) != data:
        raise MalformedError("a shuffle in another spelling")
    return shuffle


def _proof_wire(proof: ShuffleProof) -> _ProofWire:
    first, last = proof.first, proof.last
    one, two, three, four_one, four_two = _spell((first.t1, first.t2, first.t3, *first.t4))
    s1, s2, s3, s4 = _spell((last.s1, last.s2, last.s3, last.s4))
    return (
        (one, two, three, (four_one, four_two), _spell(first.chain)),
        (s1, s2, s3, s4, _spell(last.chain), _spell(last.permutation)),
        _spell(proof.permutation),
        _spell(proof.chain),
    )


def _parse_proof(group: Group, wire: _ProofWire) -> ShuffleProof:
    (t1, t2, t3, t4, first_chain), (s1, s2, s3, s4, last_chain, last_permutation), permutation, chain = wire
    element, scalar = group.element, group.parse_scalar
    return ShuffleProof(
        Commitments(
            element(t1), element(t2), element(t3), (element(t4[0]), element(t4[1])), _elements(group, first_chain)
        ),
        Responses(
            scalar(s1),
            scalar(s2),
            scalar(s3),
            scalar(s4),
            _scalars(group, last_chain),
            _scalars(group, last_permutation),
        ),
        _elements(group, permutation),
        _elements(group, chain),
    )


def _spell(numbers: Sequence[Element] | Sequence[Scalar]) -> list[str]:
    return [str(int(number)) for number in numbers]


def _elements(group: Group, texts: Sequence[str]) -> tuple[Element, ...]:
    return tuple(group.element(text) for text in texts)


def _scalars(group: Group, texts: Sequence[str]) -> tuple[Scalar, ...]:
    return tuple(group.parse_scalar(text) for text in texts)
