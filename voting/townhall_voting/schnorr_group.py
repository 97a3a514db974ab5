# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The two groups that the record's judges know: elements modulo a prime of 2,048 bits. The only file that uses GMP."""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import gmpy2

from townhall_voting.errors import ChoicesRefusedError, GroupRefusedError, MalformedError, MembershipError
from townhall_voting.group import Element, Group, MembershipBatch, Scalar
from townhall_voting.schnorr_numbers import BELENIOS_G, BELENIOS_P, BELENIOS_Q, RFC_3526_P

_WINDOW_BITS: Final = 8
_LONG_WINDOW_BITS: Final = 6
_SHORT_BITS: Final = 512
_SLACK_BITS: Final = 128
_NUMBER_BITS: Final = 8
_PADDING_BITS: Final = 8
_MAX_DIGITS: Final = 617  # of 2,048 bits
_ROUNDS: Final = 128
_AT_ONCE: Final = 5
"""Numbers whose products of each selection are made together: the fewest products, 31 for each number."""


class _Table:
    """Powers of one base by all its multiples in each window of 8 bits; of 6 where exponents are long (memory)."""

    def __init__(self, base: Element, modulus: gmpy2.mpz, bits: int) -> None:
        self._modulus = modulus
        self._window_bits = _WINDOW_BITS if bits <= _SHORT_BITS else _LONG_WINDOW_BITS
        self._rows: list[list[gmpy2.mpz]] = []
        step = gmpy2.mpz(base)
        for _ in range(0, bits, self._window_bits):
            row = [gmpy2.mpz(1)]
            for _ in range((1 << self._window_bits) - 1):
                row.append(row[-1] * step % modulus)
            self._rows.append(row)
            step = row[-1] * step % modulus

    def power(self, exponent: Scalar) -> Element:
        modulus, result = self._modulus, gmpy2.mpz(1)
        for row, digit in zip(self._rows, self._digits(exponent), strict=True):
            result = result * row[digit] % modulus
        return Element(int(result))

    def _digits(self, exponent: Scalar) -> Iterable[int]:
        if self._window_bits == _WINDOW_BITS:
            return int(exponent).to_bytes(len(self._rows), "little")
        mask = (1 << self._window_bits) - 1
        return (
            int(exponent) >> place & mask for place in range(0, len(self._rows) * self._window_bits, self._window_bits)
        )


@lru_cache(maxsize=64)
def _comb_rows(bits: int, count: int) -> int:
    """Return the number of rows with which ``_comb`` takes the fewest steps, or 1 where single powers are cheaper.

    The unit is GMP's own step within ``powmod``. From Python, with a reduction each, a squaring is 1.3, a product 1.5.
    """

    def steps(rows: int) -> float:
        width = -(-bits // rows)
        return (rows - 1) * width + 1.5 * (1 << rows) + count * 2.8 * width

    best = min(range(2, 10), key=steps)
    return best if steps(best) < 1.2 * bits * count else 1


@lru_cache(maxsize=16)
def _columns(rows: int) -> list[str]:
    """Return every column of bits, in the order of its number; the first row is the highest."""
    return [format(number, f"0{rows}b") for number in range(1 << rows)]


def _comb(base: gmpy2.mpz, exponents: Sequence[int], modulus: gmpy2.mpz, bits: int) -> list[gmpy2.mpz]:
    """Return powers of one base that share most of their squarings (Lim and Lee's comb).

    An exponent's bits stand in rows. A table holds the product of base ** (2 ** (row * width)) for each set of rows, so
    that a column of bits costs a squaring and a product.
    """
    rows = _comb_rows(bits, len(exponents))
    if rows == 1:
        return [gmpy2.powmod(base, exponent, modulus) for exponent in exponents]
    width = -(-bits // rows)
    step, products = gmpy2.mpz(1) << width, [gmpy2.mpz(1), base]
    for _ in range(rows - 1):
        base = gmpy2.powmod(base, step, modulus)
        products += [base, *[entry * base % modulus for entry in products[1:]]]
    table = dict(zip(_columns(rows), products, strict=True))
    powers = []
    for exponent in exponents:
        digits = format(exponent, f"0{rows * width}b")
        result = table[digits[::width]]
        for column in range(1, width):
            result = result * result % modulus * table[digits[column::width]] % modulus
        powers.append(result)
    return powers


class _RandomProducts:
    """Membership of many numbers by products of random selections of them, each raised to q.

    Of a number x that is no element, y = x ** q is not 1. Whatever else is selected, of the products with x and without
    it at most one has 1 as its q-th power: a round lets x through with a probability of one half at most, for any
    cofactor, and the rounds are independent. The selections are drawn here, after the numbers were written.
    """

    def __init__(self, group: "SchnorrGroup", modulus: gmpy2.mpz) -> None:
        self._group, self._modulus = group, modulus
        self._waiting: list[gmpy2.mpz] = []
        self._products = [gmpy2.mpz(1)] * _ROUNDS

    def powers(self, number: int, exponents: Sequence[Scalar]) -> tuple[Element, ...]:
        if not 0 < number < self._modulus:
            raise MembershipError("a number outside the group")
        self._waiting.append(gmpy2.mpz(number))
        if len(self._waiting) == _AT_ONCE:
            self._multiply()
        return self._group.powers(Element(number), exponents)

    def are_elements(self) -> bool:
        self._multiply()
        return all(gmpy2.powmod(product, self._group.order, self._modulus) == 1 for product in self._products)

    def _multiply(self) -> None:
        modulus, selections = self._modulus, [gmpy2.mpz(1)]
        for number in self._waiting:
            selections += [selected * number % modulus for selected in selections]
        self._waiting.clear()
        last = len(selections) - 1  # a power of two less one: a mask
        drawn = zip(self._products, secrets.token_bytes(_ROUNDS), strict=True)
        self._products = [product * selections[byte & last] % modulus for product, byte in drawn]


class _OneByOne:
    """Membership of each number when it comes, where that costs next to nothing."""

    def __init__(self, group: "SchnorrGroup") -> None:
        self._group = group

    def powers(self, number: int, exponents: Sequence[Scalar]) -> tuple[Element, ...]:
        return self._group.checked_powers(number, exponents)

    def are_elements(self) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class SchnorrGroup:
    """The subgroup of prime order q of the numbers modulo the prime p."""

    name: str
    modulus: int = field(repr=False)
    order: int = field(repr=False)
    generator: Element = field(repr=False)
    holds_numbers: bool
    _p: gmpy2.mpz = field(init=False, repr=False, compare=False)
    _q: gmpy2.mpz = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_p", gmpy2.mpz(self.modulus))
        object.__setattr__(self, "_q", gmpy2.mpz(self.order))

    @property
    def identity(self) -> Element:
        """The number 1."""
        return Element(1)

    @property
    def generator_table(self) -> _Table:
        """Its table, one for each group."""
        return _generator_table(self)

    @property
    def draw_bytes(self) -> int:
        """Bytes of the order and of the slack."""
        return (self.order.bit_length() + _SLACK_BITS + 7) // 8

    def scalar(self, number: int) -> Scalar:
        """Return ``number`` modulo q."""
        return Scalar(number % self.order)

    def parse_scalar(self, text: str) -> Scalar:
        """Return the number below q that ``text`` spells."""
        return Scalar(_parse_number(text, self.order))

    def element(self, text: str) -> Element:
        """Return the number that ``text`` spells, if its q-th power is 1."""
        element = self.unchecked_element(text)
        if not self.is_element(element):
            raise MembershipError("a number outside the group")
        return element

    def unchecked_element(self, text: str) -> Element:
        """Return the number between 0 and p that ``text`` spells."""
        number = _parse_number(text, self.modulus)
        if number == 0:
            raise MembershipError("zero")
        return Element(number)

    def is_element(self, number: int) -> bool:
        """Whether 0 < number < p and its q-th power is 1; for p = 2q + 1 Euler's criterion tells it at a hundredth."""
        if not 0 < number < self.modulus:
            return False
        if self.modulus == 2 * self.order + 1:
            return bool(gmpy2.jacobi(number, self._p) == 1)
        return bool(gmpy2.powmod(number, self._q, self._p) == 1)

    def power(self, base: Element, exponent: Scalar) -> Element:
        """Return base ** exponent modulo p."""
        return Element(int(gmpy2.powmod(base, exponent, self._p)))

    def powers(self, base: Element, exponents: Sequence[Scalar]) -> tuple[Element, ...]:
        """Return base ** exponent modulo p for each."""
        found = _comb(gmpy2.mpz(base), exponents, self._p, self.order.bit_length())
        return tuple(Element(int(power)) for power in found)

    def checked_powers(self, number: int, exponents: Sequence[Scalar]) -> tuple[Element, ...]:
        """Return the powers, the q-th among them, which must be 1."""
        if self.modulus == 2 * self.order + 1 or not 0 < number < self.modulus:
            if not self.is_element(number):
                raise MembershipError("a number outside the group")
            return self.powers(Element(number), exponents)
        *powers, one = self.powers(Element(number), (*exponents, Scalar(self.order)))
        if one != self.identity:
            raise MembershipError("a number outside the group")
        return tuple(powers)

    def membership_batch(self) -> MembershipBatch:
        """Return random products, or Euler's criterion where p = 2q + 1."""
        return _OneByOne(self) if self.modulus == 2 * self.order + 1 else _RandomProducts(self, self._p)

    def secret_power(self, base: Element, exponent: Scalar) -> Element:
        """Return base ** exponent by the steps that GMP takes whatever the exponent."""
        # powmod_sec wants an exponent above zero; q more is the same power, and hides small and zero exponents.
        return Element(int(gmpy2.powmod_sec(gmpy2.mpz(base), exponent + self._q, self._p)))

    def multiply(self, left: Element, right: Element) -> Element:
        """Return the product modulo p."""
        return Element(int(gmpy2.mpz(left) * right % self._p))

    def product(self, elements: Sequence[Element]) -> Element:
        """Return the product of all modulo p."""
        result = gmpy2.mpz(1)
        for element in elements:
            result = result * element % self._p
        return Element(int(result))

    def divide(self, left: Element, right: Element) -> Element:
        """Return left times the inverse of right."""
        return Element(int(left * gmpy2.invert(right, self._p) % self._p))

    def table(self, base: Element) -> _Table:
        """Return a table over the bits of q: for q of 256 bits 32 products a power. More do not fit a cache."""
        return _Table(base, self._p, self.order.bit_length())

    def independent_generator(self, index: int) -> Element:
        """Return SHA-256 of "ggen|index" to the cofactor."""
        hashed = int.from_bytes(hashlib.sha256(f"ggen|{index}".encode()).digest(), "big")
        return Element(int(gmpy2.powmod(hashed, (self.modulus - 1) // self.order, self._p)))

    def embed(self, numbers: Sequence[int]) -> Element:
        """Return the first element among the 256 numbers that begin with ``numbers``."""
        self._check_holds_numbers()
        if any(not 0 <= number < 1 << _NUMBER_BITS for number in numbers):
            raise ChoicesRefusedError("a number that does not fit a byte")
        if _NUMBER_BITS * len(numbers) + _PADDING_BITS >= self.order.bit_length():
            raise ChoicesRefusedError("more numbers than an element holds")
        packed = int.from_bytes(bytes(numbers), "big") << _PADDING_BITS
        for padding in range(1 << _PADDING_BITS):
            if self.is_element(packed + padding):
                return Element(packed + padding)
        raise ChoicesRefusedError("no element holds these numbers")

    def extract(self, element: Element, count: int) -> tuple[int, ...]:
        """Return the bytes above the padding."""
        self._check_holds_numbers()
        packed = element >> _PADDING_BITS
        if packed >> _NUMBER_BITS * count:
            raise MalformedError("more numbers than were asked for")
        return tuple(packed.to_bytes(count, "big"))

    def _check_holds_numbers(self) -> None:
        if not self.holds_numbers:
            raise GroupRefusedError(f"{self.name} holds no numbers")


@lru_cache
def _generator_table(group: SchnorrGroup) -> _Table:
    return group.table(group.generator)


def decimal(number: int) -> str:
    """Return ``number``, not negative, as the record spells it. GMP takes half of Python's own time for 2,048 bits."""
    return str(gmpy2.mpz(number))


def _parse_number(text: str, limit: int) -> int:
    """Return the number below ``limit`` that ``text`` spells in the one decimal spelling."""
    if not text.isascii() or not text.isdigit() or (text[0] == "0" and text != "0") or len(text) > _MAX_DIGITS:
        raise MalformedError("not a number in decimal digits")
    number = int(gmpy2.mpz(text))
    if number >= limit:
        raise MalformedError("a number that is too large")
    return number


BELENIOS_2048: Final = SchnorrGroup("BELENIOS-2048", BELENIOS_P, BELENIOS_Q, Element(BELENIOS_G), holds_numbers=False)
RFC_3526_2048: Final = SchnorrGroup("RFC-3526-2048", RFC_3526_P, (RFC_3526_P - 1) // 2, Element(2), holds_numbers=True)
_GROUPS: Final[dict[str, Group]] = {group.name: group for group in (BELENIOS_2048, RFC_3526_2048)}


def named_group(name: str) -> Group:
    """Return the group of that name; its numbers are ours, never a file's.

    Raises:
        GroupRefusedError: no such group.
    """
    if name not in _GROUPS:
        raise GroupRefusedError(f"unknown group {name[:40]!r}")
    return _GROUPS[name]
