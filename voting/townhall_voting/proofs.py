# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Zero-knowledge proofs: knowledge of an exponent, and one-of-many for encrypted values.

A proof is non-interactive; its challenge is a hash over the full statement (``hashing.challenge``). Both numbers of a
proof are exponents of the group, which parsing has checked.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

from townhall_voting.errors import ProofRefusedError
from townhall_voting.group import Element, FixedBase, Group, Scalar
from townhall_voting.hashing import challenge

Powers: TypeAlias = Callable[[Element, Sequence[Scalar]], tuple[Element, ...]]
"""``Group.powers`` of an element; ``Group.checked_powers`` or ``MembershipBatch.powers`` of what may be none."""


@dataclass(frozen=True, slots=True)
class Proof:
    """Challenge and response of one Schnorr-type proof."""

    challenge: Scalar
    response: Scalar


@dataclass(frozen=True, slots=True)
class Ciphertext:
    """An ElGamal ciphertext: alpha = g^r, beta = y^r * message."""

    alpha: Element
    beta: Element


class EncryptionKey:
    """The election's public key y with what is computed once for it: quick powers of g and y."""

    __slots__ = ("generator", "group", "key", "value")

    def __init__(self, group: Group, value: Element) -> None:
        self.group = group
        self.value = value
        self.generator: FixedBase = group.generator_table
        self.key: FixedBase = group.table(value)

    def encrypt(self, plaintext: int, nonce: Scalar) -> Ciphertext:
        """Return the exponential encryption (g^r, y^r * g^plaintext)."""
        group = self.group
        message = group.power(group.generator, group.scalar(plaintext))
        return Ciphertext(self.generator.power(nonce), group.multiply(self.key.power(nonce), message))


@dataclass(frozen=True, slots=True)
class Claim:
    """One branch of a one-of-many statement: ``ciphertext`` encrypts ``value``."""

    ciphertext: Ciphertext
    value: int


@dataclass(frozen=True, slots=True, repr=False)
class Opening:
    """What the maker of a ciphertext knows of it: secret."""

    plaintext: int
    nonce: Scalar


def prove_knowledge(group: Group, prefix: str, secret: Scalar, nonce: Scalar) -> Proof:
    """Prove to know ``secret`` of g^secret, which stands in ``prefix``; ``nonce`` is used for nothing else.

    For lasting secrets: the commitment takes the same time for every nonce.
    """
    return _prove_knowledge(group, prefix, secret, nonce, group.secret_power(group.generator, nonce))


def prove_knowledge_once(group: Group, prefix: str, secret: Scalar, nonce: Scalar) -> Proof:
    """As ``prove_knowledge``, by a table: for a secret that one ballot is made with and that is forgotten with it."""
    return _prove_knowledge(group, prefix, secret, nonce, group.generator_table.power(nonce))


def _prove_knowledge(group: Group, prefix: str, secret: Scalar, nonce: Scalar, commitment: Element) -> Proof:
    drawn = challenge(group, prefix, [commitment])
    return Proof(drawn, group.scalar(nonce - secret * drawn))


def check_knowledge(group: Group, prefix: str, public: Element, proof: Proof) -> None:
    """Check that ``proof`` proves knowledge of the exponent of ``public``, a group element.

    Raises:
        ProofRefusedError: it does not.
    """
    powers = (group.power(group.generator, proof.response), group.power(public, proof.challenge))
    if challenge(group, prefix, [group.multiply(*powers)]) != proof.challenge:
        raise ProofRefusedError("no proof of knowledge of this key")


def check_knowledge_by_table(key: EncryptionKey, prefix: str, public: Element, proof: Proof, powers: Powers) -> None:
    """As ``check_knowledge``, with the table of g; ``powers`` may check that ``public`` is a group element.

    Raises:
        MembershipError: it is not.
        ProofRefusedError: as ``check_knowledge``.
    """
    (power,) = powers(public, [proof.challenge])
    commitment = key.group.multiply(key.generator.power(proof.response), power)
    if challenge(key.group, prefix, [commitment]) != proof.challenge:
        raise ProofRefusedError("no proof of knowledge of this key")


def prove_one_of(
    key: EncryptionKey,
    prefix: str,
    branches: Sequence[tuple[Claim, Opening]],
    true: int,
    draw: Callable[[str], Scalar],
) -> tuple[Proof, ...]:
    """Prove that at least one claim holds, without telling which; ``true`` is the index of one that does.

    ``draw`` gives the exponents: "w", and "{k}.challenge" and "{k}.response" for every branch k but the true one. The
    openings spare all powers of the ciphertexts: alpha^c is g^(r*c).
    """
    group = key.group
    proofs: list[Proof | None] = []
    commitments: list[Element] = []
    nonce = draw("w")
    for index, (claim, opening) in enumerate(branches):
        if index == true:
            proofs.append(None)
            commitments += (key.generator.power(nonce), key.key.power(nonce))
            continue
        proof = Proof(draw(f"{index}.challenge"), draw(f"{index}.response"))
        proofs.append(proof)
        blind = group.scalar(proof.response + opening.nonce * proof.challenge)
        excess = group.scalar((opening.plaintext - claim.value) * proof.challenge)
        commitments.append(key.generator.power(blind))
        commitments.append(group.multiply(key.key.power(blind), key.generator.power(excess)))
    rest = group.scalar(
        challenge(group, prefix, commitments) - sum(proof.challenge for proof in proofs if proof is not None)
    )
    real = Proof(rest, group.scalar(nonce - branches[true][1].nonce * rest))
    return tuple(real if proof is None else proof for proof in proofs)


def check_one_of(
    key: EncryptionKey, prefix: str, claims: Sequence[Claim], proofs: Sequence[Proof], powers: Powers
) -> None:
    """Check that ``proofs`` prove at least one of ``claims``; ``powers`` may check that ciphertexts are group elements.

    Raises:
        MembershipError: they are not.
        ProofRefusedError: the proofs do not prove it, or are not one for each claim.
    """
    if len(claims) != len(proofs):
        raise ProofRefusedError("another number of branches")
    group = key.group
    commitments: list[Element] = []
    for ciphertext, branches in groupby(zip(claims, proofs, strict=True), lambda branch: branch[0].ciphertext):
        known = list(branches)
        challenges = [proof.challenge for _, proof in known]
        alphas, betas = powers(ciphertext.alpha, challenges), powers(ciphertext.beta, challenges)
        for (claim, proof), alpha, beta in zip(known, alphas, betas, strict=True):
            commitments.append(group.multiply(key.generator.power(proof.response), alpha))
            factors = [key.key.power(proof.response), beta]
            if claim.value:
                factors.append(key.generator.power(group.scalar(-claim.value * proof.challenge)))
            commitments.append(group.product(factors))
    if challenge(group, prefix, commitments) != group.scalar(sum(proof.challenge for proof in proofs)):
        raise ProofRefusedError("none of the claims is proved")
