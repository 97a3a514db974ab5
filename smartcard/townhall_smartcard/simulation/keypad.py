# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The keys of a simulated reader and the finger at them: digits are written where PC/SC part 10 says.

Written from the standard's tables, and apart from what builds those structures.
"""

import struct
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from townhall_smartcard.connection import RawCommand
from townhall_smartcard.errors import PinPadError

GET_FEATURES: Final = 0x42000D48
VERIFY: Final = 0x42330006
MODIFY: Final = 0x42330007
TLV_PROPERTIES: Final = 0x42330012
FEATURES: Final = b"".join(
    bytes((tag, 4)) + code.to_bytes(4, "big") for tag, code in ((6, VERIFY), (7, MODIFY), (0x12, TLV_PROPERTIES))
)
PROPERTIES: Final = bytes.fromhex("01021002 020102 060104 070110")  # a display, a key ends, 4 to 16 digits

_VERIFY_HEAD: Final = struct.Struct("<BBBBBHBBHB3xI")
_MODIFY_HEAD: Final = struct.Struct("<BBBBBBBHBBBHBBB3xI")
_HEADER_BYTES: Final = 5
_TIMED_OUT, _CANCELLED, _DIFFERED, _LENGTH = b"\x64\x00", b"\x64\x01", b"\x64\x02", b"\x64\x03"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader asks for: one PIN, or those of a change."""

    timeout_s: int
    language: int
    shortest: int
    longest: int
    messages: int
    confirm: int | None = None
    """None: one PIN is verified; else whether the new one is wanted twice (1) and the present one first (2)."""


Pressed: TypeAlias = tuple[bytes, ...] | bytes
"""PINs, one an entry; or what the reader itself answers."""
NOTHING: Final = _TIMED_OUT
CANCEL: Final = _CANCELLED


@dataclass(slots=True)
class Finger:
    """Presses what it was told to, entry by entry, and nothing when it was told no more."""

    will: deque[Pressed] = field(default_factory=deque)
    seen: list[Asked] = field(default_factory=list)

    def enters(self, *pins: bytes) -> None:
        """Have the next entry made with these."""
        self.will.append(pins)

    def answers(self, status: bytes) -> None:
        """Have the reader answer the next entry itself: ``CANCEL``, ``NOTHING``, or anything else."""
        self.will.append(status)

    def press(self, asked: Asked) -> Pressed:
        """Say what happens at the keys."""
        self.seen.append(asked)
        return self.will.popleft() if self.will else NOTHING


@dataclass(slots=True)
class SimulatedKeypad:
    """A reader with keys; see ``ControlsReader``."""

    transmit: Callable[[RawCommand], bytes]
    finger: Finger

    def control(self, code: int, data: bytes, entry_s: float = 0.0) -> bytes:  # noqa: ARG002  # the port's
        """Tell what the reader can do, or have somebody enter a PIN."""
        match code:
            case _ if code == GET_FEATURES:
                return FEATURES
            case _ if code == TLV_PROPERTIES:
                return PROPERTIES
            case _ if code == VERIFY:
                return self._verify(data)
            case _ if code == MODIFY:
                return self._modify(data)
            case _:
                raise PinPadError(f"control code {code:08X}")

    def _verify(self, data: bytes) -> bytes:
        timeout, _, form, block, length, both, _, messages, language, _, size = _VERIFY_HEAD.unpack_from(data)
        command = bytearray(data[_VERIFY_HEAD.size :])
        if len(command) != size:
            return b"\x6b\x80"
        asked = Asked(timeout, language, both >> 8, both & 0xFF, messages)
        pressed = self.finger.press(asked)
        if isinstance(pressed, bytes):
            return pressed
        if len(pressed) != 1 or not _fit(asked, pressed):
            return _LENGTH if len(pressed) == 1 else _CANCELLED
        _write(command, _HEADER_BYTES, pressed[0], (form, block, length))
        return self.transmit(command)[-2:]

    def _modify(self, data: bytes) -> bytes:
        fields = _MODIFY_HEAD.unpack_from(data)
        timeout, _, form, block, length, at_old, at_new, both, confirm, _, messages, language, *_, size = fields
        command = bytearray(data[_MODIFY_HEAD.size :])
        if len(command) != size:
            return b"\x6b\x80"
        asked = Asked(timeout, language, both >> 8, both & 0xFF, messages, confirm)
        pressed = self.finger.press(asked)
        if isinstance(pressed, bytes):
            return pressed
        if len(pressed) != 1 + (confirm & 1) + (confirm >> 1 & 1):
            return _CANCELLED
        if not _fit(asked, pressed):
            return _LENGTH
        if confirm & 1 and pressed[-1] != pressed[-2]:
            return _DIFFERED
        if confirm & 2:
            _write(command, _HEADER_BYTES + at_old, pressed[0], (form, block, length))
        _write(command, _HEADER_BYTES + at_new, pressed[-1], (form, block, length))
        return self.transmit(command)[-2:]


def _fit(asked: Asked, pins: tuple[bytes, ...]) -> bool:
    return all(asked.shortest <= len(pin) <= asked.longest for pin in pins)


def _write(command: bytearray, start: int, pin: bytes, how: tuple[int, int, int]) -> None:
    """Write digits where the three bytes say: in bytes or bits from ``start``, one a byte or two, and their number."""
    form, block, length = how
    unit, width = 8 if form & 0x80 else 1, 4 if form & 0x03 == 1 else 8
    at = start * 8 + (form >> 3 & 0x0F) * unit
    for digit in pin:
        _put(command, at, width, digit & 0x0F if width == 4 else digit)
        at += width
    if block >> 4:
        _put(command, start * 8 + (length & 0x0F) * (8 if length & 0x10 else 1), block >> 4, len(pin))


def _put(command: bytearray, at: int, width: int, value: int) -> None:
    bits = int.from_bytes(command, "big")
    shift = len(command) * 8 - at - width
    mask = ((1 << width) - 1) << shift
    command[:] = (bits & ~mask | value << shift).to_bytes(len(command), "big")
