# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Another program at the same reader: does what it is told on standard input, one line a call, and prints each result.

``connect shared|exclusive READER``, ``begin``, ``end leave|reset``, ``disconnect leave|reset``
"""

import sys

from smartcard.scard import (
    SCARD_LEAVE_CARD,
    SCARD_PROTOCOL_T0,
    SCARD_PROTOCOL_T1,
    SCARD_RESET_CARD,
    SCARD_SCOPE_USER,
    SCARD_SHARE_EXCLUSIVE,
    SCARD_SHARE_SHARED,
    SCardBeginTransaction,
    SCardConnect,
    SCardDisconnect,
    SCardEndTransaction,
    SCardEstablishContext,
)

SHARES = {"shared": SCARD_SHARE_SHARED, "exclusive": SCARD_SHARE_EXCLUSIVE}
DISPOSITIONS = {"leave": SCARD_LEAVE_CARD, "reset": SCARD_RESET_CARD}


def main() -> None:
    """Obey until standard input ends."""
    _, context = SCardEstablishContext(SCARD_SCOPE_USER)
    card = 0
    for line in sys.stdin:
        verb, _, rest = line.strip().partition(" ")
        if verb == "connect":
            share, _, reader = rest.partition(" ")
            protocols = SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1
            result, card, _ = SCardConnect(context, reader, SHARES[share], protocols)
        elif verb == "begin":
            result = SCardBeginTransaction(card)
        elif verb == "end":
            result = SCardEndTransaction(card, DISPOSITIONS[rest])
        else:
            result = SCardDisconnect(card, DISPOSITIONS[rest])
        print(f"{result & 0xFFFFFFFF:08X}", flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
