# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Checks ECDSA signatures on the curves that ``cryptography`` has no name for (brainpool of 192, 224 and 320 bits).

Every number here is public, so nothing needs constant time; the arithmetic is the textbook's, in affine coordinates.
A check takes some ten milliseconds, and few states have such keys.
"""

from typing import TypeAlias

from townhall_crypto.errors import ProgrammingError
from townhall_crypto.prime_curves import PrimeCurve

_Point: TypeAlias = tuple[int, int] | None  # None: infinity


def is_ecdsa_signature(curve: PrimeCurve, key: tuple[int, int], digest: bytes, signature: tuple[int, int]) -> bool:
    """Tell whether (r, s) over ``digest`` is by the key, a point of the curve (FIPS 186-4 §6.4)."""
    r, s = signature
    if not (1 <= r < curve.order and 1 <= s < curve.order):
        return False
    excess = max(0, len(digest) * 8 - curve.order.bit_length())
    number = int.from_bytes(digest, "big") >> excess
    inverse = pow(s, -1, curve.order)
    point = _sum_of_multiples(curve, number * inverse % curve.order, (curve.x, curve.y), r * inverse % curve.order, key)
    return point is not None and point[0] % curve.order == r


def multiple(curve: PrimeCurve, scalar: int, point: tuple[int, int]) -> tuple[int, int]:
    """Return ``scalar`` times a point of the curve, 1 <= scalar < order; never of a secret that protects something."""
    result = _sum_of_multiples(curve, scalar, point, 0, None)
    if result is None:
        raise ProgrammingError("a multiple of the order")
    return result


def _sum_of_multiples(curve: PrimeCurve, one: int, base: _Point, other: int, key: _Point) -> _Point:
    """Return one * base + other * key, by going through the bits of both at once (Shamir's trick)."""
    both = _add(curve, base, key)
    result: _Point = None
    for bit in reversed(range(max(one.bit_length(), other.bit_length()))):
        result = _add(curve, result, result)
        wanted = (one >> bit & 1, other >> bit & 1)
        if wanted == (1, 1):
            result = _add(curve, result, both)
        elif wanted == (1, 0):
            result = _add(curve, result, base)
        elif wanted == (0, 1):
            result = _add(curve, result, key)
    return result


def _add(curve: PrimeCurve, one: _Point, other: _Point) -> _Point:
    if one is None or other is None:
        return other if one is None else one
    (x1, y1), (x2, y2) = one, other
    if x1 == x2 and (y1 + y2) % curve.prime == 0:
        return None
    if x1 == x2:
        slope = (3 * x1 * x1 + curve.a) * pow(2 * y1, -1, curve.prime)
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, curve.prime)
    x = (slope * slope - x1 - x2) % curve.prime
    return x, (slope * (x1 - x) - y1) % curve.prime
