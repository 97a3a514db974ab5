# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A trustee's shuffle: the ciphertexts of a question in a secret order, each encrypted anew, with the proof.

One honest shuffler is enough to part votes from voters. Order and exponents are secret for good, so every power here
takes the same time whatever its exponent.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from townhall_voting.errors import ProgrammingError
from townhall_voting.group import Element, Group, Scalar
from townhall_voting.nonces import Randomness, draw_scalar
from townhall_voting.proofs import Ciphertext
from townhall_voting.ranked.shuffle_proof import (
    Commitments,
    MixContext,
    Responses,
    Shuffled,
    ShuffleProof,
    Transcript,
)

_PICK_BYTES: Final = 24


def shuffle(context: MixContext, ciphertexts: Sequence[Ciphertext], randomness: Randomness) -> Shuffled:
    """Return the ciphertexts re-encrypted in a secret random order, with the proof; all secrets are forgotten.

    Raises:
        ProgrammingError: there is nothing to shuffle.
        RandomnessError: the source of randomness failed.
    """
    if not ciphertexts:
        raise ProgrammingError("an empty list hides nobody")
    group = context.group
    order = _random_order(len(ciphertexts), randomness)
    blinds = [draw_scalar(randomness, group) for _ in ciphertexts]
    fresh = [
        Ciphertext(
            group.multiply(each.alpha, group.secret_power(group.generator, blind)),
            group.multiply(each.beta, group.secret_power(context.public_key, blind)),
        )
        for each, blind in zip(ciphertexts, blinds, strict=True)
    ]
    shuffled = tuple(fresh[source] for source in order)
    proof = _Prover(context, order, blinds, randomness).prove(ciphertexts, shuffled)
    return Shuffled(shuffled, proof)


@dataclass(frozen=True, slots=True)
class _Nonces:
    w1: Scalar = field(repr=False)
    w2: Scalar = field(repr=False)
    w3: Scalar = field(repr=False)
    w4: Scalar = field(repr=False)
    chain: tuple[Scalar, ...] = field(repr=False)
    permutation: tuple[Scalar, ...] = field(repr=False)


class _Prover:
    """The secrets of one shuffle: ``order[i]`` says which ciphertext stands at place i."""

    def __init__(
        self, context: MixContext, order: Sequence[int], blinds: Sequence[Scalar], randomness: Randomness
    ) -> None:
        self._context = context
        self._group = context.group
        self._order = order
        self._blinds = blinds
        self._randomness = randomness

    def prove(self, before: Sequence[Ciphertext], after: Sequence[Ciphertext]) -> ShuffleProof:
        group, order = self._group, self._order
        opening, permutation = self._commit_to_permutation()
        transcript = Transcript(self._context, before, after, permutation)
        weights = transcript.weights()
        permuted = [weights[source] for source in order]
        links, chain = self._commit_to_chain(permuted)
        hidden = self._draw_nonces()
        first = self._first_move(hidden, after, chain)
        drawn = transcript.challenge(first, chain)
        later = _products_after(group, permuted)

        def respond(nonce: Scalar, secret: int) -> Scalar:
            return group.scalar(nonce + drawn * secret)

        last = Responses(
            respond(hidden.w1, sum(opening)),
            respond(hidden.w2, _dot(links, later)),
            respond(hidden.w3, _dot(opening, weights)),
            respond(hidden.w4, _dot(self._blinds, weights)),
            tuple(respond(nonce, link) for nonce, link in zip(hidden.chain, links, strict=True)),
            tuple(respond(nonce, weight) for nonce, weight in zip(hidden.permutation, permuted, strict=True)),
        )
        return ShuffleProof(first, last, permutation, chain)

    def _draw(self) -> Scalar:
        return draw_scalar(self._randomness, self._group)

    def _commit_to_permutation(self) -> tuple[list[Scalar], tuple[Element, ...]]:
        group = self._group
        opening = [self._draw() for _ in self._order]
        committed = [group.identity] * len(self._order)
        for place, source in enumerate(self._order):
            blind = group.secret_power(group.generator, opening[source])
            committed[source] = group.multiply(blind, group.independent_generator(place))
        return opening, tuple(committed)

    def _commit_to_chain(self, permuted: Sequence[Scalar]) -> tuple[list[Scalar], tuple[Element, ...]]:
        group = self._group
        links = [self._draw() for _ in permuted]
        chain: list[Element] = []
        previous = group.independent_generator(-1)
        for link, weight in zip(links, permuted, strict=True):
            previous = group.multiply(group.secret_power(group.generator, link), group.secret_power(previous, weight))
            chain.append(previous)
        return links, tuple(chain)

    def _draw_nonces(self) -> _Nonces:
        count = len(self._order)
        return _Nonces(
            self._draw(),
            self._draw(),
            self._draw(),
            self._draw(),
            tuple(self._draw() for _ in range(count)),
            tuple(self._draw() for _ in range(count)),
        )

    def _first_move(self, hidden: _Nonces, after: Sequence[Ciphertext], chain: Sequence[Element]) -> Commitments:
        group, power = self._group, self._group.secret_power
        generators = [group.independent_generator(index) for index in range(len(after))]
        previous = (group.independent_generator(-1), *chain[:-1])
        back = group.scalar(-hidden.w4)
        beta = _secret_powers(group, [each.beta for each in after], hidden.permutation)
        alpha = _secret_powers(group, [each.alpha for each in after], hidden.permutation)
        return Commitments(
            power(group.generator, hidden.w1),
            power(group.generator, hidden.w2),
            group.multiply(power(group.generator, hidden.w3), _secret_powers(group, generators, hidden.permutation)),
            (
                group.multiply(power(self._context.public_key, back), beta),
                group.multiply(power(group.generator, back), alpha),
            ),
            tuple(
                group.multiply(power(group.generator, nonce), power(link, weight))
                for nonce, link, weight in zip(hidden.chain, previous, hidden.permutation, strict=True)
            ),
        )


def _secret_powers(group: Group, bases: Sequence[Element], exponents: Sequence[Scalar]) -> Element:
    return group.product([group.secret_power(base, exponent) for base, exponent in zip(bases, exponents, strict=True)])


def _products_after(group: Group, numbers: Sequence[Scalar]) -> list[Scalar]:
    """Return for each place the product of the numbers after it."""
    products, product = [], group.scalar(1)
    for number in reversed(numbers):
        products.append(product)
        product = group.scalar(product * number)
    return products[::-1]


def _dot(left: Sequence[Scalar], right: Sequence[Scalar]) -> int:
    return sum(one * other for one, other in zip(left, right, strict=True))


def _random_order(count: int, randomness: Randomness) -> list[int]:
    """Return a uniformly random order of 0..count-1 (Fisher and Yates), but for 2 ** -128 a step."""
    order = list(range(count))
    for last in range(count - 1, 0, -1):
        other = int.from_bytes(randomness.read(_PICK_BYTES), "big") % (last + 1)
        order[last], order[other] = order[other], order[last]
    return order
