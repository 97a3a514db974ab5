# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Powers of secret numbers, in a time that does not tell them: the only file of this part that imports gmpy2."""

import gmpy2


def power(base: int, exponent: int, modulus: int) -> int:
    """Return ``base`` to the power ``exponent``; the exponent is above 0, the modulus odd."""
    return int(gmpy2.powmod_sec(base, exponent, modulus))
