# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The parts that many objects of the record share, as JSON spells them: numbers, ciphertexts, proofs."""

from collections.abc import Sequence
from typing import Final

import msgspec

from townhall_voting.errors import MalformedError
from townhall_voting.group import Group
from townhall_voting.proofs import Ciphertext, Proof
from townhall_voting.schnorr_group import decimal

_LARGEST_NUMBER: Final = 2**30 - 1  # the record's JSON numbers end here; larger counts are strings of digits
_LARGEST_COUNT: Final = 2**36  # a decryption searches for counts up to it, with a table of its square root


class ProofWire(msgspec.Struct, forbid_unknown_fields=True):
    """A proof as the record spells it."""

    challenge: str
    response: str


class CiphertextWire(msgspec.Struct, forbid_unknown_fields=True):
    """A ciphertext as the record spells it."""

    alpha: str
    beta: str


def ciphertext_wire(ciphertext: Ciphertext) -> CiphertextWire:
    """Return how the record spells this ciphertext."""
    return CiphertextWire(decimal(ciphertext.alpha), decimal(ciphertext.beta))


def proof_wire(proof: Proof) -> ProofWire:
    """Return how the record spells this proof."""
    return ProofWire(decimal(proof.challenge), decimal(proof.response))


def proof_wires(proofs: Sequence[Proof]) -> list[ProofWire]:
    """Return how the record spells these proofs."""
    return [proof_wire(proof) for proof in proofs]


def parse_proof(group: Group, wire: ProofWire) -> Proof:
    """Return the proof, its numbers in range.

    Raises:
        MalformedError: one is not.
    """
    return Proof(group.parse_scalar(wire.challenge), group.parse_scalar(wire.response))


def parse_proofs(group: Group, wires: Sequence[ProofWire]) -> tuple[Proof, ...]:
    """Return the proofs, as ``parse_proof``."""
    return tuple(parse_proof(group, wire) for wire in wires)


def count_wire(count: int) -> int | str:
    """Return how the record spells a count or weight."""
    return count if count <= _LARGEST_NUMBER else str(count)


def parse_count(wire: int | str) -> int:
    """Return the count, not negative, that ``wire`` spells in the record's one way.

    Raises:
        MalformedError: it spells none.
    """
    if isinstance(wire, str) and not (wire.isascii() and wire.isdigit() and len(wire) <= len(str(_LARGEST_COUNT))):
        raise MalformedError("not a count")
    count = int(wire)
    if not 0 <= count <= _LARGEST_COUNT or count_wire(count) != wire:
        raise MalformedError("not a count, or in another spelling")
    return count
