# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What proves a list of ciphertexts a shuffle of another (Terelius and Wikstroem, spelled as in Belenios 2.0)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from townhall_voting.errors import ProofRefusedError
from townhall_voting.group import Element, Group, Scalar
from townhall_voting.hashing import Fingerprint, hex_hash
from townhall_voting.proofs import Ciphertext


@dataclass(frozen=True, slots=True)
class Commitments:
    """The first move: t1, t2, t3, (t41, t42) and one for each link of the chain."""

    t1: Element
    t2: Element
    t3: Element
    t4: tuple[Element, Element]
    chain: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class Responses:
    """The last move: s1 to s4, and two for each ciphertext."""

    s1: Scalar
    s2: Scalar
    s3: Scalar
    s4: Scalar
    chain: tuple[Scalar, ...]
    permutation: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class ShuffleProof:
    """That one list of ciphertexts is a shuffle of another."""

    first: Commitments
    last: Responses
    permutation: tuple[Element, ...]
    """Commitment to the permutation, c."""
    chain: tuple[Element, ...]
    """Commitment chain, c-hat."""


@dataclass(frozen=True, slots=True)
class Shuffled:
    """A shuffled list with its proof."""

    ciphertexts: tuple[Ciphertext, ...]
    proof: ShuffleProof


@dataclass(frozen=True, slots=True)
class MixContext:
    """What every shuffle of an election is bound to."""

    group: Group
    public_key: Element
    election: Fingerprint


def check_shuffle(context: MixContext, before: Sequence[Ciphertext], after: Shuffled) -> None:
    """Check that ``after`` is a shuffle of ``before``; all their numbers are elements, which parsing has checked.

    Raises:
        ProofRefusedError: it is not proved to be one.
    """
    group, proof, count = context.group, after.proof, len(before)
    lists = (after.ciphertexts, proof.permutation, proof.chain, proof.first.chain, proof.last.chain)
    if count == 0 or any(len(each) != count for each in (*lists, proof.last.permutation)):
        raise ProofRefusedError("a shuffle of another number of ciphertexts")
    transcript = Transcript(context, before, after.ciphertexts, proof.permutation)
    weights = transcript.weights()
    drawn = transcript.challenge(proof.first, proof.chain)
    generators = [group.independent_generator(index) for index in range(count)]
    equations = (
        *_sum_equations(context, proof, weights, generators),
        *_message_equations(context, proof, weights, (before, after.ciphertexts)),
        *_chain_equations(group, proof),
    )
    for commitment, public, answer in equations:
        if answer != group.multiply(commitment, group.power(public, drawn)):
            raise ProofRefusedError("not proved to be a shuffle")


_Equation = tuple[Element, Element, Element]
"""Commitment t, public value x and what the responses give: the latter must be t * x^challenge."""


def _sum_equations(
    context: MixContext, proof: ShuffleProof, weights: Sequence[Scalar], generators: Sequence[Element]
) -> tuple[_Equation, ...]:
    """The commitment holds a permutation: every weight once, summed and multiplied."""
    group, last = context.group, proof.last
    total = group.divide(group.product(proof.permutation), group.product(generators))
    product = group.scalar(1)
    for weight in weights:
        product = group.scalar(product * weight)
    end = group.divide(proof.chain[-1], group.power(group.independent_generator(-1), product))
    weighted = powers(group, proof.permutation, weights)
    by_generators = powers(group, generators, last.permutation)
    return (
        (proof.first.t1, total, group.power(group.generator, last.s1)),
        (proof.first.t2, end, group.power(group.generator, last.s2)),
        (proof.first.t3, weighted, group.multiply(group.power(group.generator, last.s3), by_generators)),
    )


def _message_equations(
    context: MixContext,
    proof: ShuffleProof,
    weights: Sequence[Scalar],
    lists: tuple[Sequence[Ciphertext], Sequence[Ciphertext]],
) -> tuple[_Equation, ...]:
    """The same permutation leads from the ciphertexts before to those after, but for re-encryption."""
    group, last = context.group, proof.last
    before, after = lists
    beta = powers(group, [each.beta for each in before], weights)
    alpha = powers(group, [each.alpha for each in before], weights)
    new_beta = powers(group, [each.beta for each in after], last.permutation)
    new_alpha = powers(group, [each.alpha for each in after], last.permutation)
    back = group.scalar(-last.s4)
    return (
        (proof.first.t4[0], beta, group.multiply(group.power(context.public_key, back), new_beta)),
        (proof.first.t4[1], alpha, group.multiply(group.power(group.generator, back), new_alpha)),
    )


def _chain_equations(group: Group, proof: ShuffleProof) -> tuple[_Equation, ...]:
    """Each link raises the one before it to one of the permuted weights."""
    links = zip(
        proof.first.chain,
        proof.chain,
        (group.independent_generator(-1), *proof.chain[:-1]),
        proof.last.chain,
        proof.last.permutation,
        strict=True,
    )
    return tuple(
        (
            commitment,
            link,
            group.multiply(group.power(group.generator, chain_response), group.power(previous, weight_response)),
        )
        for commitment, link, previous, chain_response, weight_response in links
    )


@dataclass(frozen=True, slots=True)
class Transcript:
    """What the challenges of a shuffle's proof are drawn from."""

    context: MixContext
    before: Sequence[Ciphertext]
    after: Sequence[Ciphertext]
    permutation: Sequence[Element]

    def weights(self) -> list[Scalar]:
        """Return the first challenge: a number for each ciphertext before the shuffle."""
        seed = hex_hash(f"shuffle-challenges|{self.context.election}|{self._lists()}".encode())
        numbers = (hashlib.sha256((seed + hex_hash(str(index).encode())).encode()) for index in range(len(self.before)))
        return [self.context.group.scalar(int.from_bytes(number.digest(), "big")) for number in numbers]

    def challenge(self, first: Commitments, chain: Sequence[Element]) -> Scalar:
        """Return the second challenge."""
        text = (
            f"shuffle-challenge|{self.context.election}|{_spell((first.t1, first.t2, first.t3, *first.t4))}"
            f"{_spell(first.chain)}{self._lists()}{_spell(chain)}{int(self.context.public_key)}"
        )
        return self.context.group.scalar(int.from_bytes(hashlib.sha256(text.encode()).digest(), "big"))

    def _lists(self) -> str:
        before = [number for each in self.before for number in (each.alpha, each.beta)]
        after = [number for each in self.after for number in (each.alpha, each.beta)]
        return _spell(before) + _spell(after) + _spell(self.permutation)


def _spell(elements: Sequence[Element]) -> str:
    return "".join(f"{int(element)}," for element in elements)


def powers(group: Group, bases: Sequence[Element], exponents: Sequence[Scalar]) -> Element:
    """Return the product of all bases to their exponents, which are public."""
    return group.product([group.power(base, exponent) for base, exponent in zip(bases, exponents, strict=True)])
