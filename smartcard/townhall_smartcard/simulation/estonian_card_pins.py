# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""PIN 1, PIN 2 and PUK of a simulated card: values, retry counters, and what they opened."""

import enum
import hmac
from dataclasses import dataclass, field
from typing import Final

BLOCK_BYTES: Final = 12  # a PIN travels padded with FF
MAXIMUM_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Pins:
    """The secrets of a new card, ASCII digits."""

    pin1: bytes = field(default=b"1234", repr=False)
    pin2: bytes = field(default=b"12345", repr=False)
    puk: bytes = field(default=b"12345678", repr=False)


class PinReference(enum.IntEnum):
    """P2 of the PIN commands."""

    PIN1 = 0x01
    PUK = 0x02
    PIN2 = 0x85  # bit 8: known in the signature application alone

    @property
    def counter_reference(self) -> int:
        """The same reference in GET DATA, without bit 8."""
        return self & 0x0F


class Pin:
    """One secret with its retry counter. The value is compared in constant time and shown to nobody."""

    def __init__(
        self, value: bytes, shortest: int, *, padding: bytes = b"\xff", maximum_tries: int = MAXIMUM_TRIES
    ) -> None:
        """Take the digits and the least length that a new value may have; other makers pad and count otherwise.

        Raises:
            ValueError: the value is too short, too long, or not all digits.
        """
        self._shortest = shortest
        self._padding = padding
        self._maximum_tries = maximum_tries
        self._block = value.ljust(BLOCK_BYTES, padding)
        self.tries_left = maximum_tries
        self.is_verified = False
        if not self.accepts(self._block):
            raise ValueError("a PIN has 4 (PIN 1), 5 (PIN 2) or 8 (PUK) to 12 digits")

    def accepts(self, block: bytes) -> bool:
        """Tell whether a padded block has the form of a value of this PIN."""
        digits = block.rstrip(self._padding)
        return len(block) == BLOCK_BYTES and len(digits) >= self._shortest and digits.isdigit()

    def holds(self, block: bytes) -> bool:
        """Tell whether this is the present value, without counting a try."""
        return hmac.compare_digest(self._block, block)

    def verify(self, block: bytes) -> bool:
        """Compare, count, remember; False if wrong or blocked."""
        self.is_verified = False
        if self.tries_left == 0:
            return False
        self.tries_left -= 1  # first, as on the real card: pulling it must not save the try
        if not self.holds(block):
            return False
        self.tries_left = self._maximum_tries
        self.is_verified = True
        return True

    def replace(self, block: bytes) -> None:
        """Set a new value and all tries. Whoever calls has checked the form and the right to do so."""
        self._block = block
        self.tries_left = self._maximum_tries
        self.is_verified = False
