# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reads one document in one reader through PC/SC: for commands at a desk, which end after it.

As with ``one_card``, nothing is locked away here; past its deadline a call is left behind.
"""

import time
from typing import Final, TypeAlias

from townhall_smartcard.call_clock import CallClock
from townhall_smartcard.emrtd.document_read import Opening, open_and_read
from townhall_smartcard.emrtd.pace import PacePassword
from townhall_smartcard.errors import CardError, CardRemovedError
from townhall_smartcard.one_card import DEADLINE_S
from townhall_smartcard.pcsc import card_transaction, open_slots
from townhall_smartcard.watched import outcome_of

DeskOutcome: TypeAlias = Opening | CardError
_TURN_S: Final = 1.0


def find_document(reader: str | None, wait_s: float) -> str:
    """Return the reader that holds the one card, or the named one once it holds a card; waits up to ``wait_s``.

    Raises:
        CardRemovedError: there is none, or more than one and no name.
        ServiceGoneError: the PC/SC service is not running.
    """
    until = time.monotonic() + wait_s
    with open_slots() as slots:
        while True:
            seen = slots.wait(min(_TURN_S, max(0.0, until - time.monotonic())))
            filled = [slot.name for slot in seen if slot.atr]
            wanted = [name for name in filled if reader is None or name == reader]
            if wanted or time.monotonic() >= until:
                break
    if len(wanted) != 1:
        raise CardRemovedError(f"{len(wanted)} cards that can be used; readers with one: {', '.join(filled) or 'none'}")
    return wanted[0]


def read_in_reader(reader: str, password: PacePassword) -> DeskOutcome:
    """Open and read the document in a reader; ``password`` is wiped. A card that fails is an outcome."""
    calls = CallClock(DEADLINE_S)

    def work() -> DeskOutcome:
        with card_transaction(reader, calls) as connection:
            return open_and_read(connection, password, is_t0=connection.is_t0)

    try:
        return outcome_of(work, calls)
    finally:
        password.wipe()
