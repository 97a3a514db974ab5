# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Command and response APDUs of ISO/IEC 7816-4 §5.1-5.3, short and extended."""

from dataclasses import dataclass, field, replace
from typing import Final

from townhall_smartcard.connection import RawCommand
from townhall_smartcard.errors import CardMisuseError, CardUnreadableError
from townhall_smartcard.status import StatusWord, is_possible

MAX_SHORT_DATA: Final = 255
MAX_SHORT_LE: Final = 256
MAX_EXTENDED_DATA: Final = 65535
MAX_EXTENDED_LE: Final = 65536
CHAINING_BIT: Final = 0x10  # in CLA: not the last command of a chain (§5.1.1)
SECURE_BITS: Final = 0x0C  # in CLA: secure messaging that covers the header too (§5.4.1)
_PIN_INSTRUCTIONS: Final = frozenset({0x20, 0x24, 0x2C})  # VERIFY, CHANGE and RESET: the even codes and the odd ones


class Ins:
    """Instruction codes (§5.4.2)."""

    VERIFY: Final = 0x20
    CHANGE_REFERENCE_DATA: Final = 0x24
    RESET_RETRY_COUNTER: Final = 0x2C
    MANAGE_SECURITY_ENVIRONMENT: Final = 0x22
    PERFORM_SECURITY_OPERATION: Final = 0x2A
    EXTERNAL_AUTHENTICATE: Final = 0x82
    GET_CHALLENGE: Final = 0x84
    GENERAL_AUTHENTICATE: Final = 0x86
    GENERAL_AUTHENTICATE_TEMPLATE: Final = 0x87  # the odd form
    INTERNAL_AUTHENTICATE: Final = 0x88
    SELECT: Final = 0xA4
    READ_BINARY: Final = 0xB0
    READ_BINARY_AT: Final = 0xB1  # the odd form: the offset is a data object
    READ_RECORD: Final = 0xB2
    GET_RESPONSE: Final = 0xC0
    GET_DATA: Final = 0xCB


@dataclass(frozen=True, slots=True)
class CommandApdu:
    """A command; ``le`` is the number of answer bytes expected at most (256: "all, short"), None for none.

    The data do not show in its repr: they may be a PIN.
    """

    cla: int
    ins: int
    p1: int
    p2: int
    data: RawCommand = field(default=b"", repr=False)
    le: int | None = None

    def encode(self, *, is_extended: bool = False) -> bytearray:
        """Return the bytes to send; the caller wipes them if they are secret.

        Raises:
            CardMisuseError: the data or the expected length do not fit the form.
        """
        largest_data, largest_le = (
            (MAX_EXTENDED_DATA, MAX_EXTENDED_LE) if is_extended else (MAX_SHORT_DATA, MAX_SHORT_LE)
        )
        if len(self.data) > largest_data or not 0 < (self.le or 1) <= largest_le or self.le == 0:
            raise CardMisuseError(f"{self.name} does not fit {'an extended' if is_extended else 'a short'} APDU")
        out = bytearray((self.cla, self.ins, self.p1, self.p2))
        if is_extended and (len(self.data) > MAX_SHORT_DATA or (self.le or 0) > MAX_SHORT_LE):
            self._append_extended(out)
        else:
            self._append_short(out)
        return out

    def _append_short(self, out: bytearray) -> None:
        if self.data:
            out.append(len(self.data))
            out += self.data
        if self.le is not None:
            out.append(self.le & 0xFF)

    def _append_extended(self, out: bytearray) -> None:
        out.append(0)
        if self.data:
            out += len(self.data).to_bytes(2, "big")
            out += self.data
        if self.le is not None:
            out += (self.le & 0xFFFF).to_bytes(2, "big")

    def with_le(self, le: int | None) -> "CommandApdu":
        """Return the same command that expects another number of bytes."""
        return replace(self, le=le)

    def with_data(self, data: RawCommand) -> "CommandApdu":
        """Return the same command with other data."""
        return replace(self, data=data)

    @property
    def name(self) -> str:
        """The header in digits: what may be said of a command anywhere."""
        return f"{self.cla:02X}{self.ins:02X}{self.p1:02X}{self.p2:02X}"

    @property
    def is_about_pin(self) -> bool:
        """Tell whether sending it may use up a try."""
        return _is_pin_instruction(self.ins)

    @property
    def is_secure(self) -> bool:
        """Tell whether it is under secure messaging: its session has counted it, so it goes to the card once."""
        return bool(self.cla & SECURE_BITS)


@dataclass(frozen=True, slots=True)
class ResponseApdu:
    """A card's answer; its data do not show in its repr."""

    data: bytes = field(repr=False)
    status: int

    @classmethod
    def parse(cls, untrusted: bytes) -> "ResponseApdu":
        """Split an answer into data and status word.

        Raises:
            CardUnreadableError: the bytes are no answer a card can give.
        """
        if not 2 <= len(untrusted) <= MAX_EXTENDED_LE + 2:
            raise CardUnreadableError(f"answer of {len(untrusted)} bytes")
        status = int.from_bytes(untrusted[-2:], "big")
        if not is_possible(status):
            raise CardUnreadableError(f"impossible status word {status:04X}")
        return cls(untrusted[:-2], status)

    @property
    def is_ok(self) -> bool:
        """Tell whether the status word is 9000."""
        return self.status == StatusWord.OK


def is_pin_command(command: RawCommand) -> bool:
    """Tell whether these bytes are a VERIFY, CHANGE REFERENCE DATA or RESET RETRY COUNTER, plain or secure."""
    return len(command) >= 2 and _is_pin_instruction(command[1])


def is_secure(command: RawCommand) -> bool:
    """Tell whether the class byte announces secure messaging (§5.4.1; further interindustry classes use 20)."""
    if not command:
        return False
    cla = command[0]
    return bool(cla & 0x20) if cla & 0xC0 == 0x40 else bool(cla & SECURE_BITS)


def _is_pin_instruction(ins: int) -> bool:
    return ins & 0xFE in _PIN_INSTRUCTIONS


def wipe(secret: bytearray) -> None:
    """Overwrite the bytes in place; their number stays."""
    secret[:] = bytes(len(secret))
