# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Status words of ISO/IEC 7816-4 by name."""

import enum


class StatusWord(enum.IntEnum):
    """Status words that cards in the field give, as ISO/IEC 7816-4:2020 §5.6 names them."""

    OK = 0x9000
    DATA_MAY_BE_CORRUPTED = 0x6281
    END_OF_FILE = 0x6282
    FILE_DEACTIVATED = 0x6283
    FILE_TERMINATED = 0x6285
    VERIFICATION_FAILED = 0x6300
    EXECUTION_ERROR = 0x6400
    MEMORY_FAILURE = 0x6581
    WRONG_LENGTH = 0x6700
    CHANNEL_NOT_SUPPORTED = 0x6881
    SECURE_MESSAGING_NOT_SUPPORTED = 0x6882
    LAST_COMMAND_EXPECTED = 0x6883
    CHAINING_NOT_SUPPORTED = 0x6884
    COMMAND_NOT_ALLOWED = 0x6900
    INCOMPATIBLE_FILE_STRUCTURE = 0x6981
    SECURITY_STATUS_NOT_SATISFIED = 0x6982
    AUTHENTICATION_METHOD_BLOCKED = 0x6983
    REFERENCE_DATA_NOT_USABLE = 0x6984
    CONDITIONS_NOT_SATISFIED = 0x6985
    NO_CURRENT_FILE = 0x6986
    SECURE_MESSAGING_OBJECTS_MISSING = 0x6987
    SECURE_MESSAGING_OBJECTS_WRONG = 0x6988
    WRONG_DATA = 0x6A80
    FUNCTION_NOT_SUPPORTED = 0x6A81
    FILE_NOT_FOUND = 0x6A82
    RECORD_NOT_FOUND = 0x6A83
    NOT_ENOUGH_MEMORY = 0x6A84
    WRONG_PARAMETERS = 0x6A86
    LENGTH_INCONSISTENT_WITH_PARAMETERS = 0x6A87
    REFERENCE_NOT_FOUND = 0x6A88
    WRONG_OFFSET = 0x6B00
    INSTRUCTION_NOT_SUPPORTED = 0x6D00
    CLASS_NOT_SUPPORTED = 0x6E00
    UNKNOWN_ERROR = 0x6F00


_FAMILIES = {0x61: "BYTES_AVAILABLE", 0x6C: "WRONG_EXPECTED_LENGTH"}


def name_of(status: int) -> str:
    """Return the name of a status word and its four digits: ``"FILE_NOT_FOUND 6A82"``; unknown ones have no name."""
    digits = f"{status:04X}"
    family = _FAMILIES.get(status >> 8)
    if family is not None:
        return f"{family} {digits}"
    if (tries := tries_left(status)) is not None:
        return f"VERIFICATION_FAILED_{tries}_LEFT {digits}"
    try:
        return f"{StatusWord(status).name} {digits}"
    except ValueError:
        return digits


def tries_left(status: int) -> int | None:
    """Return the counter of a 63Cx status word (§5.6, table 6), None for every other one."""
    return status & 0x0F if status & 0xFFF0 == 0x63C0 else None


def is_possible(status: int) -> bool:
    """Tell whether a card can say this at all: SW1 is 61 to 6F or 90 to 9F (§5.6; 60 never reaches us)."""
    sw1 = status >> 8
    return 0x61 <= sw1 <= 0x6F or 0x90 <= sw1 <= 0x9F
