# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The group that an election computes in, as the rest of this part sees it."""

from collections.abc import Sequence
from typing import NewType, Protocol

Element = NewType("Element", int)
"""A member of the group. Made by a group's own operations, or by ``Group.element`` from what somebody else wrote."""

Scalar = NewType("Scalar", int)
"""An exponent, 0 <= value < order."""


class FixedBase(Protocol):
    """Quick powers of one element, by a table. The time taken depends on the exponent."""

    def power(self, exponent: Scalar) -> Element:
        """Return base ** exponent."""


class MembershipBatch(Protocol):
    """The membership of many numbers, told at the end for all together."""

    def powers(self, number: int, exponents: Sequence[Scalar]) -> tuple[Element, ...]:
        """As ``Group.powers``, of a number that nobody has checked: what comes out counts only if ``are_elements``.

        Raises:
            MembershipError: ``number`` is no element, as far as that shows at once.
        """

    def are_elements(self) -> bool:
        """Whether all numbers so far are elements; a number that is none is missed with 2 ** -128 at most."""


class Group(Protocol):
    """A cyclic group of prime order in which discrete logarithms are hard, written multiplicatively.

    ``power`` and tables are for public exponents and for randomness that is used once; a lasting secret goes through
    ``secret_power``.
    """

    @property
    def name(self) -> str:
        """The name that election.json uses."""

    @property
    def order(self) -> int:
        """The number of elements, a prime."""

    @property
    def generator(self) -> Element:
        """The element g."""

    @property
    def identity(self) -> Element:
        """The element 1."""

    @property
    def generator_table(self) -> FixedBase:
        """Quick powers of g, made when they are first wanted and kept."""

    @property
    def draw_bytes(self) -> int:
        """How many uniform bytes ``scalar`` needs to be uniform but for 2 ** -128."""

    def scalar(self, number: int) -> Scalar:
        """Return ``number`` modulo the order; any integer."""

    def parse_scalar(self, text: str) -> Scalar:
        """Return the exponent that ``text`` spells: decimal digits, no sign, no leading zero, below the order.

        Raises:
            MalformedError: another spelling, or too large.
        """

    def element(self, text: str) -> Element:
        """Return the element that ``text`` spells in decimal digits, its membership checked.

        Raises:
            MalformedError: another spelling, or not below the modulus.
            MembershipError: a number that is no element.
        """

    def unchecked_element(self, text: str) -> Element:
        """As ``element``, without the membership check; for what the same program has written and kept.

        Raises:
            MalformedError: another spelling, or not between 0 and the modulus.
        """

    def is_element(self, number: int) -> bool:
        """Whether ``number`` is an element; costs an exponentiation."""

    def power(self, base: Element, exponent: Scalar) -> Element:
        """Return base ** exponent; the time taken depends on the exponent."""

    def powers(self, base: Element, exponents: Sequence[Scalar]) -> tuple[Element, ...]:
        """Return base ** exponent for each exponent, cheaper together than one by one; time as in ``power``."""

    def checked_powers(self, number: int, exponents: Sequence[Scalar]) -> tuple[Element, ...]:
        """As ``powers``, of a number that nobody has checked yet; costs less than ``is_element`` before it.

        Raises:
            MembershipError: ``number`` is no element.
        """

    def membership_batch(self) -> MembershipBatch:
        """Return a new batch, for thousands of numbers: there a number costs less than in ``checked_powers``."""

    def secret_power(self, base: Element, exponent: Scalar) -> Element:
        """Return base ** exponent in a time that does not depend on the exponent."""

    def multiply(self, left: Element, right: Element) -> Element:
        """Return left * right."""

    def product(self, elements: Sequence[Element]) -> Element:
        """Return the product of all, the identity for none."""

    def divide(self, left: Element, right: Element) -> Element:
        """Return left / right."""

    def table(self, base: Element) -> FixedBase:
        """Return quick powers of ``base``; worth its making (milliseconds) from some twenty powers on."""

    def independent_generator(self, index: int) -> Element:
        """Return an element whose logarithm nobody knows, for a place of a shuffle (-1: the one before all places)."""

    def embed(self, numbers: Sequence[int]) -> Element:
        """Return an element that holds ``numbers``, each 0..255 (Belenios 2.0 specification, "raweg" encoding).

        Raises:
            GroupRefusedError: this group holds no numbers.
            ChoicesRefusedError: too many numbers, or one out of range.
        """

    def extract(self, element: Element, count: int) -> tuple[int, ...]:
        """Return the ``count`` numbers that ``element`` holds, strictly: nothing may stand before them.

        Raises:
            GroupRefusedError: this group holds no numbers.
            MalformedError: the element holds more than ``count`` numbers.
        """
