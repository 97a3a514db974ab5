# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What cards by IDEMIA have in common, whichever state they are of: names of applications, and retry counters."""

from typing import Final

from townhall_smartcard.apdu import MAX_SHORT_LE, CommandApdu, Ins
from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.messages import PinTries
from townhall_smartcard.national.transaction import CardTransaction
from townhall_smartcard.tlv import parse_all, value_at

MAIN_APPLICATION: Final = bytes.fromhex("A000000077010800070000FE00000100")
AUTHENTICATION_APPLICATION: Final = bytes.fromhex("E828BD080FF2504F5420415750")
SIGNATURE_APPLICATION: Final = b"QSCD Application"

_MOST_TRIES: Final = 15  # what 63Cx can tell
_COUNTER_TAG: Final = 0xBF8100


def read_counter(card: CardTransaction, reference: int) -> PinTries:
    """Read the retry counter of a PIN in the selected application: 70 / BF81rr / A0 / 9A maximum, 9B left.

    The first Latvian generation names another reference in its answer than it was asked for: any one counter is taken.

    Raises:
        CardUnreadableError: no counter, several, or one that cannot be.
    """
    query = bytes.fromhex("4D087006BF81") + bytes((reference & 0x0F,)) + bytes.fromhex("02A080")
    answer = card.expect("GET DATA counter", CommandApdu(0x00, Ins.GET_DATA, 0x3F, 0xFF, query, le=MAX_SHORT_LE))
    found = [each for each in parse_all(value_at(answer, 0x70)) if each.tag & 0xFFFF80 == _COUNTER_TAG]
    if len(found) != 1:
        raise CardUnreadableError(f"{len(found)} retry counters")
    counters = value_at(found[0].value, 0xA0)
    maximum, left = value_at(counters, 0x9A), value_at(counters, 0x9B)
    if len(maximum) != 1 or len(left) != 1 or not left[0] <= maximum[0] <= _MOST_TRIES:
        raise CardUnreadableError("impossible retry counter")
    return PinTries(left=left[0], maximum=maximum[0])
