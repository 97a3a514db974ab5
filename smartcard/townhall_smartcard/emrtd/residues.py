# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Residues modulo a prime: the groups of Diffie and Hellman's first agreement (ICAO 9303-11 §9.6, RFC 2631 §2.1)."""

from dataclasses import dataclass, field
from typing import Final

from townhall_smartcard.emrtd.agreement import Randomness, random_below
from townhall_smartcard.emrtd.powers import power
from townhall_smartcard.errors import CardUnreadableError

_DEGENERATE: Final = "a residue that generates next to nothing"


@dataclass(frozen=True, slots=True)
class Residue:
    """A residue other than 1 and -1; some are secret, so none shows."""

    number: int = field(repr=False)


@dataclass(frozen=True, slots=True)
class Residues:
    """The powers of a generator. Where nobody told the order it is the prime minus 1: any residue may be one."""

    prime: int = field(repr=False)
    generator: int = field(repr=False)
    order: int = field(repr=False)

    @property
    def key_bytes(self) -> int:
        """How long the prime is."""
        return (self.prime.bit_length() + 7) // 8

    def random_scalar(self, randomness: Randomness) -> int:
        """Return a secret exponent."""
        return random_below(self.order, randomness)

    def multiple_of_generator(self, scalar: int) -> Residue:
        """Return the power ``scalar`` of the generator."""
        return Residue(power(self.generator, scalar, self.prime))

    def multiply(self, scalar: int, element: Residue) -> Residue:
        """Return the power ``scalar`` of ``element``."""
        return Residue(power(element.number, scalar, self.prime))

    def add(self, one: Residue, other: Residue) -> Residue:
        """Return the product.

        Raises:
            CardUnreadableError: it generates nothing.
        """
        return self._usable(one.number * other.number % self.prime)

    def element_of(self, number: int) -> Residue:
        """Return the number's power by the cofactor, which lies in the group (§4.4.3.3.2).

        Raises:
            CardUnreadableError: it generates nothing.
        """
        return self._usable(power(number, (self.prime - 1) // self.order, self.prime))

    def encode(self, element: Residue) -> bytes:
        """Return an unsigned integer in as few octets as it takes (§9.4.1)."""
        return element.number.to_bytes((element.number.bit_length() + 7) // 8, "big")

    def decode(self, untrusted: bytes) -> Residue:
        """Read an unsigned integer, with or without leading zeros.

        Raises:
            CardUnreadableError: it is none of the group's (RFC 2631 §2.1.5): to go on could give the secret away.
        """
        if not 0 < len(untrusted) <= self.key_bytes:
            raise CardUnreadableError("a public key of another length")
        element = self._usable(int.from_bytes(untrusted, "big"))
        if power(element.number, self.order, self.prime) != 1:
            raise CardUnreadableError("a residue outside the group")
        return element

    def secret(self, element: Residue) -> bytes:
        """Return the residue in as many octets as the prime has (PKCS #3 §8.2)."""
        return element.number.to_bytes(self.key_bytes, "big")

    def _usable(self, number: int) -> Residue:
        if not 1 < number < self.prime - 1:
            raise CardUnreadableError(_DEGENERATE)
        return Residue(number)
