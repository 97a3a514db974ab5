# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Multiples of a point where no library has the curve: a ladder of the same steps for every number.

Sums are those of Renes, Costello and Batina, EUROCRYPT 2016, algorithm 1, which hold for all points of a curve of odd
order, equal and opposite ones and infinity among them: there is nothing to branch on.
"""

from typing import NamedTuple, TypeAlias

_Projective: TypeAlias = tuple[int, int, int]


class Equation(NamedTuple):
    """y² = x³ + ax + b modulo a prime."""

    a: int
    b: int
    prime: int


def multiple(scalar: int, point: tuple[int, int], curve: Equation, order: int) -> tuple[int, int]:
    """Return ``scalar`` times ``point`` in affine coordinates; 1 <= scalar < order."""
    # Plus the order once or twice, all numbers are one bit longer than the order: one number of steps for all.
    longer = scalar + order
    longer += order * (1 - (longer >> order.bit_length()))
    low: _Projective = (*point, 1)
    high = _sum(low, low, curve)
    for place in reversed(range(order.bit_length())):
        mask = -(longer >> place & 1)
        low, high = _swapped(mask, low, high)
        low, high = _sum(low, low, curve), _sum(low, high, curve)
        low, high = _swapped(mask, low, high)
    x, y, z = low
    inverse = pow(z, -1, curve.prime)
    return x * inverse % curve.prime, y * inverse % curve.prime


def _swapped(mask: int, one: _Projective, other: _Projective) -> tuple[_Projective, _Projective]:
    """Return both in their order where ``mask`` is 0, and the other way round where it is -1."""
    x, y, z = (mask & (mine ^ theirs) for mine, theirs in zip(one, other, strict=True))
    return (one[0] ^ x, one[1] ^ y, one[2] ^ z), (other[0] ^ x, other[1] ^ y, other[2] ^ z)


def _sum(one: _Projective, other: _Projective, curve: Equation) -> _Projective:
    (x1, y1, z1), (x2, y2, z2), (a, b, prime) = one, other, curve
    xx, yy, zz = x1 * x2, y1 * y2, z1 * z2
    xy, xz, yz = x1 * y2 + x2 * y1, x1 * z2 + x2 * z1, y1 * z2 + y2 * z1
    shift = (a * xz + 3 * b * zz) % prime
    minus, plus = yy - shift, yy + shift
    slope, bent = (3 * xx + a * zz) % prime, (3 * b * xz + a * (xx - a * zz)) % prime
    return (xy * minus - yz * bent) % prime, (minus * plus + slope * bent) % prime, (yz * plus + xy * slope) % prime
