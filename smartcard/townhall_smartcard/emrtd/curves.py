# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The standardised elliptic curves of PACE, by the number that a card names them with (ICAO 9303-11 §9.5.1)."""

from collections.abc import Mapping
from typing import Final

from townhall_crypto import prime_curves
from townhall_smartcard.emrtd.elliptic import Curve

_NAMES: Final = {
    8: "secp192r1",
    9: "brainpoolp192r1",
    10: "secp224r1",
    11: "brainpoolp224r1",
    12: "secp256r1",
    13: "brainpoolp256r1",
    14: "brainpoolp320r1",
    15: "secp384r1",
    16: "brainpoolp384r1",
    17: "brainpoolp512r1",
    18: "secp521r1",
}
CURVES: Final[Mapping[int, Curve]] = {number: Curve(prime_curves.CURVES[name]) for number, name in _NAMES.items()}
"""``cryptography`` has no name for 9, 11 and 14."""
CURVES_BY_NAME: Final[Mapping[str, Curve]] = {curve.standard.name: curve for curve in CURVES.values()}
