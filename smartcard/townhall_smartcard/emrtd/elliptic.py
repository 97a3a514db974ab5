# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Points on the elliptic curves of ICAO 9303: what ``cryptography`` leaves out of them, and no more.

It multiplies a point by a secret number, but tells the x-coordinate alone; PACE needs the whole point, and a sum of two
points. So OpenSSL does every multiplication (in constant time), y is recovered from two of its results, and the sum is
the textbook's. Three curves it has no name for; there ``ladder`` multiplies. Nothing here branches on a secret;
Python's numbers do not promise constant time, which is why no secret that is used twice meets them
(docs/adr/0034-pace.md).
"""

from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from townhall_crypto.prime_curves import PrimeCurve
from townhall_smartcard.emrtd.agreement import Randomness, random_below
from townhall_smartcard.emrtd.ladder import Equation, multiple
from townhall_smartcard.emrtd.powers import power
from townhall_smartcard.errors import CardMisuseError, CardUnreadableError

_UNCOMPRESSED: Final = 0x04


@dataclass(frozen=True, slots=True)
class Point:
    """A point other than infinity; some are secret, so none shows."""

    x: int = field(repr=False)
    y: int = field(repr=False)


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve over a prime field, of prime order: every point but infinity generates it."""

    standard: PrimeCurve

    @property
    def prime(self) -> int:
        """The prime of the field."""
        return self.standard.prime

    @property
    def order(self) -> int:
        """How many points there are."""
        return self.standard.order

    @property
    def generator(self) -> Point:
        """The standard generator."""
        return Point(self.standard.x, self.standard.y)

    @property
    def coordinate_bytes(self) -> int:
        """How many bytes a coordinate takes, which is also the length of a shared secret."""
        return self.standard.coordinate_bytes

    @property
    def key_bytes(self) -> int:
        """How many bytes a point takes."""
        return 1 + 2 * self.coordinate_bytes

    def random_scalar(self, randomness: Randomness) -> int:
        """Return a secret number that ``multiply`` takes."""
        return random_below(self.order, randomness)

    def multiple_of_generator(self, scalar: int) -> Point:
        """Return ``scalar`` times the standard generator, 1 <= scalar < order."""
        if self.standard.named is None:
            return self.multiply(scalar, self.generator)
        numbers = ec.derive_private_key(scalar, self.standard.named).public_key().public_numbers()
        return Point(numbers.x, numbers.y)

    def multiply(self, scalar: int, point: Point) -> Point:
        """Return ``scalar`` times ``point``, 1 <= scalar <= order - 2."""
        if self.standard.named is None:
            x, y = multiple(
                scalar, (point.x, point.y), Equation(self.standard.a, self.standard.b, self.prime), self.order
            )
        else:
            x, y = self._multiplied_by_openssl(self.standard.named, scalar, point)
        return self._checked(Point(x, y))

    def add(self, one: Point, other: Point) -> Point:
        """Return the sum of two points that are neither equal nor opposite.

        Raises:
            CardUnreadableError: they are, which honest partners meet once in 2**191 runs.
        """
        if one.x == other.x:
            raise CardUnreadableError("a degenerate point")
        slope = (other.y - one.y) * pow(other.x - one.x, -1, self.prime)
        x = (slope * slope - one.x - other.x) % self.prime
        return Point(x, (slope * (one.x - x) - one.y) % self.prime)

    def element_of(self, number: int) -> Point:
        """Return the point of integrated mapping: the encoding of Brier and others, CRYPTO 2010 (appendix B.2).

        Both candidates are computed, and taken without a branch: the number is as secret as the password.

        Raises:
            CardMisuseError: the prime is not 3 modulo 4; no card may offer such a curve for it.
            CardUnreadableError: the number is one of three that lead nowhere.
        """
        p, a, b = self.prime, self.standard.a, self.standard.b
        alpha = -number * number % p
        if p % 4 != 3:
            raise CardMisuseError("integrated mapping on this curve")
        if not (denominator := a * (alpha + alpha * alpha) % p):
            raise CardUnreadableError("a degenerate number")
        one = -b * (1 + alpha + alpha * alpha) * pow(denominator, -1, p) % p
        other = alpha * one % p
        square = (one**3 + a * one + b) % p
        root = power(square, p - 1 - (p + 1) // 4, p)
        is_first = -(root * root * square % p == 1)
        x = one & is_first | other & ~is_first
        y = root * square % p
        return self._checked(Point(x, y & is_first | y * number**3 % p & ~is_first))

    def encode(self, point: Point) -> bytes:
        """Return the point uncompressed (SEC 1 §2.3.3)."""
        length = self.coordinate_bytes
        return bytes((_UNCOMPRESSED,)) + point.x.to_bytes(length, "big") + point.y.to_bytes(length, "big")

    def decode(self, untrusted: bytes) -> Point:
        """Read an uncompressed point.

        Raises:
            CardUnreadableError: it is none of this curve's, or infinity: to go on would give the secret away.
        """
        length = self.coordinate_bytes
        if len(untrusted) != self.key_bytes or untrusted[0] != _UNCOMPRESSED:
            raise CardUnreadableError("a public key of another form")
        x, y = untrusted[1 : 1 + length], untrusted[1 + length :]
        return self._checked(Point(int.from_bytes(x, "big"), int.from_bytes(y, "big")))

    def secret(self, point: Point) -> bytes:
        """Return what two partners share once they have the same point: its x-coordinate (BSI TR-03111 §4.3.1)."""
        return point.x.to_bytes(self.coordinate_bytes, "big")

    def _multiplied_by_openssl(self, named: ec.EllipticCurve, scalar: int, point: Point) -> tuple[int, int]:
        """From the x-coordinates of P, kP and (k+1)P follows y of kP (Brier and Joye, PKC 2002, proposition 3)."""
        public = ec.EllipticCurvePublicNumbers(point.x, point.y, named).public_key()
        x, following = (
            int.from_bytes(ec.derive_private_key(each, named).exchange(ec.ECDH(), public), "big")
            for each in (scalar, scalar + 1)
        )
        numerator = (
            2 * self.standard.b + (self.standard.a + point.x * x) * (point.x + x) - following * (point.x - x) ** 2
        )
        return x, numerator * pow(2 * point.y, -1, self.prime) % self.prime

    def _checked(self, point: Point) -> Point:
        if not self.standard.has(point.x, point.y):
            raise CardUnreadableError("a point that is not on the curve")
        return point
