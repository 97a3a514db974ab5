# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""ATRs with places that do not matter."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class AtrPattern:
    """The bytes of an ATR, and which of their bits count."""

    value: bytes
    mask: bytes

    @classmethod
    def parse(cls, digits: str) -> Self:
        """Read hexadecimal digits; an ``x`` stands for any digit.

        Raises:
            ValueError: other characters, or half a byte.
        """
        return cls(
            bytes.fromhex(digits.replace("x", "0")),
            bytes.fromhex("".join("0" if each == "x" else "F" for each in digits)),
        )

    def matches(self, atr: bytes) -> bool:
        """Tell whether ``atr`` is one of these."""
        return len(atr) == len(self.value) and all(
            (one ^ other) & mask == 0 for one, other, mask in zip(atr, self.value, self.mask, strict=True)
        )
