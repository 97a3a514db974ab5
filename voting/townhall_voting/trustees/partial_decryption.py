# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A trustee's part of the decryption, as the record wants it: one factor for each ciphertext, each with a proof."""

from dataclasses import dataclass, field

import msgspec

from townhall_voting.election import Election
from townhall_voting.errors import (
    MalformedError,
    MembershipError,
    ProgrammingError,
    ShareRefusal,
    ShareRefusedError,
)
from townhall_voting.group import Element, Scalar
from townhall_voting.hashing import challenge
from townhall_voting.nonces import Randomness, draw_scalar
from townhall_voting.proofs import Proof
from townhall_voting.trustees.tally import MAX_BYTES, EncryptedTally
from townhall_voting.untrusted_json import read_json
from townhall_voting.wire import ProofWire, parse_proof, proof_wire

Factors = tuple[tuple[Element, ...], ...]
"""One element for each ciphertext of a tally, question by question."""


@dataclass(frozen=True, slots=True)
class DecryptionStatement:
    """What a trustee proves: these factors are this tally's alphas to the exponent of this public key."""

    election: Election
    tally: EncryptedTally
    owner: int
    public_key: Element

    def __post_init__(self) -> None:
        if self.owner < 1 or len(self.tally.ciphertexts) != len(self.election.questions):
            raise ProgrammingError("owners are counted from 1, and a tally belongs to its election")


@dataclass(frozen=True, slots=True)
class PartialDecryption:
    """Factors with the record's proofs; equal bytes, equal share."""

    data: bytes = field(repr=False)
    factors: Factors = field(compare=False, repr=False)
    proofs: tuple[tuple[Proof, ...], ...] = field(compare=False, repr=False)


class _DecryptionWire(msgspec.Struct, forbid_unknown_fields=True):
    decryption_factors: list[list[str]]
    decryption_proofs: list[list[ProofWire]]


def decrypt_partially(statement: DecryptionStatement, private: Scalar, randomness: Randomness) -> PartialDecryption:
    """Return the trustee's share of the decryption of a tally that the caller has verified and decrypts only once.

    Raises:
        ProgrammingError: ``private`` does not belong to the statement's public key.
        RandomnessError: the source of randomness failed; nothing was made.
    """
    group = statement.election.group
    if group.secret_power(group.generator, private) != statement.public_key:
        raise ProgrammingError("another trustee's key")
    alphas = [[each.alpha for each in column] for column in statement.tally.ciphertexts]
    factors = tuple(tuple(group.secret_power(alpha, private) for alpha in column) for column in alphas)
    proofs = tuple(tuple(_prove(statement, alpha, private, randomness) for alpha in column) for column in alphas)
    return PartialDecryption(_spell(factors, proofs), factors, proofs)


def parse_partial_decryption(statement: DecryptionStatement, data: bytes) -> PartialDecryption:
    """Return the share that ``data`` spells: its form, and every factor an element; no proof is checked.

    Raises:
        ShareRefusedError: ``MALFORMED`` or ``MEMBERSHIP``.
    """
    try:
        share = _parse(statement, data)
    except MalformedError as error:
        raise ShareRefusedError(statement.owner, ShareRefusal.MALFORMED) from error
    except MembershipError as error:
        raise ShareRefusedError(statement.owner, ShareRefusal.MEMBERSHIP) from error
    if _spell(share.factors, share.proofs) != data:
        raise ShareRefusedError(statement.owner, ShareRefusal.MALFORMED)
    return share


def check_partial_decryption(statement: DecryptionStatement, share: PartialDecryption) -> None:
    """Check the record's proof of every factor of a parsed share.

    That proof binds less than a modern one should: the share is safe to use only with its side-car.

    Raises:
        ShareRefusedError: ``PROOF``.
    """
    group = statement.election.group
    for ciphertexts, factors, proofs in zip(statement.tally.ciphertexts, share.factors, share.proofs, strict=True):
        for ciphertext, factor, proof in zip(ciphertexts, factors, proofs, strict=True):
            commitments = [
                group.multiply(group.power(base, proof.response), group.power(power, proof.challenge))
                for base, power in ((group.generator, statement.public_key), (ciphertext.alpha, factor))
            ]
            if challenge(group, _prefix(statement), commitments) != proof.challenge:
                raise ShareRefusedError(statement.owner, ShareRefusal.PROOF)


def _parse(statement: DecryptionStatement, data: bytes) -> PartialDecryption:
    if len(data) > MAX_BYTES:
        raise MalformedError("too long")
    group, columns = statement.election.group, statement.tally.ciphertexts
    wire = read_json(data, _DecryptionWire)
    shape = [len(column) for column in columns]
    for nested in (wire.decryption_factors, wire.decryption_proofs):
        if [len(column) for column in nested] != shape:
            raise MalformedError("not one factor and one proof for each ciphertext")
    return PartialDecryption(
        data,
        tuple(tuple(group.element(text) for text in column) for column in wire.decryption_factors),
        tuple(tuple(parse_proof(group, each) for each in column) for column in wire.decryption_proofs),
    )


def _prove(statement: DecryptionStatement, alpha: Element, private: Scalar, randomness: Randomness) -> Proof:
    group = statement.election.group
    nonce = draw_scalar(randomness, group)
    commitments = [group.secret_power(base, nonce) for base in (group.generator, alpha)]
    drawn = challenge(group, _prefix(statement), commitments)
    return Proof(drawn, group.scalar(nonce - private * drawn))


def _prefix(statement: DecryptionStatement) -> str:
    return f"decrypt|{statement.election.fingerprint}|{int(statement.public_key)}|"


def _spell(factors: Factors, proofs: tuple[tuple[Proof, ...], ...]) -> bytes:
    return msgspec.json.encode(
        _DecryptionWire(
            [[str(int(factor)) for factor in column] for column in factors],
            [[proof_wire(proof) for proof in column] for column in proofs],
        )
    )
