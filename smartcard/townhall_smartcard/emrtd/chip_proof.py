# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What PACE with chip authentication mapping proves of the chip (ICAO 9303-11 §4.4.3.5)."""

from dataclasses import dataclass, field
from typing import Final

from townhall_smartcard.emrtd.cipher import SessionKeys, unpad
from townhall_smartcard.emrtd.curves import CURVES
from townhall_smartcard.emrtd.elliptic import Point
from townhall_smartcard.errors import CardUnreadableError

_ALL_ONES: Final = b"\xff"


@dataclass(frozen=True, slots=True)
class ChipProof:
    """The chip's answer to the mapping: its static key's share of the key that it mapped with."""

    parameters: int
    """The curve's number, which is also the number of the chip's key in EF.CardSecurity (§9.2.1)."""
    data: int = field(repr=False)
    mapping_key: Point = field(repr=False)

    @classmethod
    def decrypt(cls, parameters: int, keys: SessionKeys, untrusted: bytes, mapping_key: Point) -> "ChipProof":
        """Open the encrypted chip authentication data.

        Raises:
            CardUnreadableError: they are torn, or of another length than the curve's numbers.
        """
        cipher, key = keys.cipher, keys.encryption
        start = cipher.first_block(key, _ALL_ONES * cipher.block_bytes)
        data = unpad(cipher.decrypt(key, start, untrusted))
        if len(data) != CURVES[parameters].coordinate_bytes:
            raise CardUnreadableError("chip authentication data of another length")
        return cls(parameters, int.from_bytes(data, "big"), mapping_key)

    def proves(self, public_key: Point) -> bool:
        """Tell whether the chip has the private key of ``public_key``.

        That says something of the document only once Passive Authentication says that the key is this chip's.
        """
        curve = CURVES[self.parameters]
        if not 1 <= self.data <= curve.order - 2:
            return False
        return curve.multiply(self.data, public_key) == self.mapping_key
