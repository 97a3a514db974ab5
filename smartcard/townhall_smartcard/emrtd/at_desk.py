# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reads one document in one reader through PC/SC: for commands at a desk, which end after it.

As with ``one_card``, nothing is locked away here; past its deadline a call is left behind.
"""

import time
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from townhall_smartcard.apdu import wipe
from townhall_smartcard.call_clock import CallClock
from townhall_smartcard.emrtd.access import AccessProtocol, AccessRefused, MrzNeeded
from townhall_smartcard.emrtd.document import ChipRead, MeteredConnection, read_document
from townhall_smartcard.emrtd.pace import PacePassword
from townhall_smartcard.emrtd.session import open_emrtd
from townhall_smartcard.errors import CardError, CardRemovedError
from townhall_smartcard.one_card import DEADLINE_S
from townhall_smartcard.pcsc import card_transaction, open_slots
from townhall_smartcard.processors import processors_for
from townhall_smartcard.watched import outcome_of


@dataclass(frozen=True, slots=True)
class DocumentRead:
    """A document that opened, with what it cost: commands, seconds in the card, and seconds by step."""

    protocol: AccessProtocol
    read: ChipRead
    commands: int
    card_s: float
    steps_s: dict[str, float] = field(compare=False)


DeskOutcome: TypeAlias = DocumentRead | AccessRefused | MrzNeeded | CardError
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
            metered = MeteredConnection(connection)
            card = processors_for(metered, is_extended=not connection.is_t0, is_t0=connection.is_t0)
            started = time.perf_counter()
            session = open_emrtd(card, password)
            if isinstance(session, AccessRefused | MrzNeeded):
                return session
            marks = {"open": time.perf_counter()}
            read = read_document(session)
            marks |= read.marks
        return DocumentRead(session.protocol, read, metered.commands, metered.seconds, _steps(started, marks))

    try:
        return outcome_of(work, calls)
    finally:
        if isinstance(password.secret, bytearray):
            wipe(password.secret)


def _steps(started: float, marks: dict[str, float]) -> dict[str, float]:
    """Turn moments into the time from each to the next."""
    found, before = {}, started
    for name, moment in marks.items():
        found[name], before = moment - before, moment
    return found
