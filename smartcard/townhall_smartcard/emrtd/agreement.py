# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A group in which two sides agree upon a secret: a curve, or the residues modulo a prime (ICAO 9303-11 §9.6)."""

from collections.abc import Callable
from typing import Final, Protocol, TypeAlias, TypeVar

#: Returns as many bytes that nobody can guess.
Randomness: TypeAlias = Callable[[int], bytes]
E = TypeVar("E")

_SPARE_BYTES: Final = 8  # what a random number is longer than the order, so that its remainder is even enough


class Group(Protocol[E]):
    """A cyclic group, written as sums and multiples also where they are products and powers.

    What has been decoded is an element of the group itself, not of a smaller one.
    """

    @property
    def prime(self) -> int:
        """The prime of the field below."""
        ...

    @property
    def order(self) -> int:
        """How many elements there are."""
        ...

    @property
    def key_bytes(self) -> int:
        """How many bytes an encoded element takes at most."""
        ...

    def random_scalar(self, randomness: Randomness) -> int:
        """Return a secret number that ``multiply`` takes."""
        ...

    def multiple_of_generator(self, scalar: int) -> E:
        """Return ``scalar`` times the standard generator."""
        ...

    def multiply(self, scalar: int, element: E) -> E:
        """Return ``scalar`` times ``element``."""
        ...

    def add(self, one: E, other: E) -> E:
        """Return the sum; raises CardUnreadableError where it is degenerate."""
        ...

    def element_of(self, number: int) -> E:
        """Return the element that integrated mapping gives to a number below the prime (§4.4.3.3.2).

        Raises:
            CardUnreadableError: the number leads to none.
        """
        ...

    def encode(self, element: E) -> bytes:
        """Return the element as a public key's value (§9.4.5)."""
        ...

    def decode(self, untrusted: bytes) -> E:
        """Read a public key's value; raises CardUnreadableError for what is no element that may be used."""
        ...

    def secret(self, element: E) -> bytes:
        """Return the octets that two sides share once they have the same element (§9.7.1)."""
        ...


def random_below(order: int, randomness: Randomness) -> int:
    """Return a secret number from 1 to ``order`` - 2."""
    drawn = int.from_bytes(randomness((order.bit_length() + 7) // 8 + _SPARE_BYTES), "big")
    return drawn % (order - 2) + 1
