# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a reader with keys is told before somebody enters a PIN, byte by byte (PC/SC part 10 v2.02.09 §2.5.2, §2.5.3).

A structure holds a command without digits, and how to write digits into it. All numbers are little-endian.
"""

import enum
import struct
from dataclasses import dataclass
from typing import Final

from townhall_smartcard.errors import CardMisuseError
from townhall_smartcard.pin_format import PinEncoding, PinFacts

ENTRY_TIMEOUT_S: Final = 30
"""How long a reader waits for a key before it gives up; known clients say the same."""

_VERIFY: Final = struct.Struct("<BBBBBHBBHB3sI")
_MODIFY: Final = struct.Struct("<BBBBBBBHBBBHBBB3sI")
_NO_PROLOGUE: Final = bytes(3)  # of a T=1 block: the driver makes its own
_UNITS_ARE_BYTES: Final = 0x80
_ONE_BYTE_IN: Final = 0x08  # the PIN's place, in bits 6-3
_BCD: Final = 0x01
_ASCII: Final = 0x02
_LARGEST_BLOCK: Final = 0x0F  # what four bits can say; 0 leaves the block as the command has it
_LENGTH_OF_FOUR_BITS: Final = 0x40
_FOURTH_BIT: Final = 0x04
_DEFAULT_MESSAGE: Final = 0xFF
_ENTER_PIN, _NEW_PIN, _CONFIRM_PIN = range(3)  # indices of a reader's messages


class Confirm(enum.IntFlag):
    """What somebody enters who gives a PIN a new value (bConfirmPIN)."""

    NEW_TWICE = 0x01
    PRESENT_TOO = 0x02


class EndsBy(enum.IntFlag):
    """What ends an entry (bEntryValidationCondition)."""

    LONGEST = 0x01
    KEY = 0x02
    TIME = 0x04


@dataclass(frozen=True, slots=True)
class Entry:
    """How somebody is asked at the reader, whatever the card."""

    language: int
    """A language identifier of Windows, as PC/SC has it."""
    has_display: bool = True
    timeout_s: int = ENTRY_TIMEOUT_S


@dataclass(frozen=True, slots=True)
class _Format:
    """How digits are written into the command: bmFormatString, bmPINBlockString, bmPINLengthFormat."""

    written: int
    block: int
    length: int


def is_writable(facts: PinFacts) -> bool:
    """Tell whether a reader can be told to write such a PIN: the standard knows no digits with an F before each."""
    return facts.encoding is not PinEncoding.HALF_NIBBLE_BCD


def verify_structure(command: bytes, facts: PinFacts, entry: Entry) -> bytes:
    """Return PIN_VERIFY_STRUCTURE: 19 bytes and the command, whose data are ``facts.template``."""
    how = _format(facts)
    head = _VERIFY.pack(
        entry.timeout_s,
        entry.timeout_s,
        how.written,
        how.block,
        how.length,
        facts.shortest << 8 | facts.longest,
        EndsBy.KEY,
        _DEFAULT_MESSAGE if entry.has_display else 0,
        entry.language,
        _ENTER_PIN,
        _NO_PROLOGUE,
        len(command),
    )
    return head + command


def modify_structure(command: bytes, present: PinFacts | None, new: PinFacts, entry: Entry) -> bytes:
    """Return PIN_MODIFY_STRUCTURE: 24 bytes and the command, whose data are one template or two.

    ``present`` is the code that gives the right, entered before the new PIN; None: the card took it already. One pair
    of lengths serves both: the card refuses what is right for one and wrong for the other.
    """
    how = _format(new)
    both = (new,) if present is None else (present, new)
    shortest, longest = min(each.shortest for each in both), max(each.longest for each in both)
    confirm = Confirm.NEW_TWICE if present is None else Confirm.NEW_TWICE | Confirm.PRESENT_TOO
    messages = (_NEW_PIN, _CONFIRM_PIN) if present is None else (_ENTER_PIN, _NEW_PIN, _CONFIRM_PIN)
    head = _MODIFY.pack(
        entry.timeout_s,
        entry.timeout_s,
        how.written,
        how.block,
        how.length,
        0,
        0 if present is None else len(present.template),
        shortest << 8 | longest,
        confirm,
        EndsBy.KEY,
        len(messages) if entry.has_display else 0,
        entry.language,
        *messages,
        *(_CONFIRM_PIN,) * (3 - len(messages)),
        _NO_PROLOGUE,
        len(command),
    )
    return head + command


def _format(facts: PinFacts) -> _Format:
    block = facts.block_bytes if facts.block_bytes <= _LARGEST_BLOCK else 0
    match facts.encoding:
        case PinEncoding.ASCII:
            return _Format(_UNITS_ARE_BYTES | _ASCII, block, 0)
        case PinEncoding.BCD:
            return _Format(_UNITS_ARE_BYTES | _BCD, block, 0)
        case PinEncoding.FORMAT_2:
            return _Format(_UNITS_ARE_BYTES | _ONE_BYTE_IN | _BCD, _LENGTH_OF_FOUR_BITS | (block - 1), _FOURTH_BIT)
        case PinEncoding.HALF_NIBBLE_BCD:
            raise CardMisuseError("no reader writes a PIN like that")
