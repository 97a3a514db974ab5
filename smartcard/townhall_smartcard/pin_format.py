# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""How a card takes a PIN: the one place from which a command with a typed PIN and one for a reader's keys are built."""

import enum
from dataclasses import dataclass

from townhall_smartcard.apdu import CommandApdu, Ins


class PinEncoding(enum.Enum):
    """How digits become bytes (ISO/IEC 7816-15 §8.9.1; the last is format 2 of ISO 9564-1 §9.4)."""

    ASCII = "ascii"
    BCD = "bcd"
    HALF_NIBBLE_BCD = "half-nibble-bcd"
    FORMAT_2 = "format-2"
    """A 2 and how many digits in one byte, then two digits a byte."""


@dataclass(frozen=True, slots=True)
class PinFacts:
    """How one of a card's PINs is presented."""

    reference: int  # P2 of VERIFY
    shortest: int
    longest: int
    block_bytes: int  # 0: nothing but the digits
    padding: int  # what fills the block up
    encoding: PinEncoding = PinEncoding.ASCII

    def block(self, pin: bytearray) -> bytearray:
        """Return what goes over the line for these digits: a copy, to be wiped."""
        match self.encoding:
            case PinEncoding.ASCII:
                encoded = bytearray(pin)
            case PinEncoding.HALF_NIBBLE_BCD:
                encoded = bytearray(0xF0 | digit & 0x0F for digit in pin)
            case PinEncoding.BCD:
                encoded = self._two_a_byte(pin)
            case PinEncoding.FORMAT_2:
                encoded = bytearray((0x20 | len(pin),))
                encoded += self._two_a_byte(pin)
        encoded.extend(bytes((self.padding,)) * (self.block_bytes - len(encoded)))
        return encoded

    @property
    def template(self) -> bytes:
        """The block before a digit is in it: into this a reader writes what is entered at its own keys."""
        return bytes(self.block(bytearray()))

    def _two_a_byte(self, pin: bytearray) -> bytearray:
        packed = bytearray((len(pin) + 1) // 2)
        for place, digit in enumerate(pin):
            packed[place // 2] |= (digit & 0x0F) << (0 if place % 2 else 4)
        if len(pin) % 2:
            packed[-1] |= self.padding & 0x0F
        return packed


def verify_command(facts: PinFacts, block: bytes | bytearray) -> CommandApdu:
    """Return the command that presents a PIN (ISO/IEC 7816-4 §11.6.6); ``block`` is a PIN's, or the template."""
    return CommandApdu(0x00, Ins.VERIFY, 0x00, facts.reference, block)
