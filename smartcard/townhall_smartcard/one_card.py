# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One operation with the one card that lies in a reader: for commands at a desk, which end after it.

There is no visit and nothing to lock away, so the calls run in this process; past its deadline a call is left behind.
"""

import time
from typing import Final

from townhall_smartcard.call_clock import CallClock
from townhall_smartcard.cards import family_of_atr
from townhall_smartcard.errors import CardError, CardMisuseError, CardRemovedError
from townhall_smartcard.messages import (
    Agree,
    AgreementOutcome,
    CardContents,
    CardFamily,
    CardRequest,
    Failed,
    Outcome,
    PinOutcome,
    ReadCard,
    Sign,
)
from townhall_smartcard.operations import failed, perform
from townhall_smartcard.pcsc import card_transaction, open_slots
from townhall_smartcard.processors import processors_for
from townhall_smartcard.watched import outcome_of

DEADLINE_S: Final = 10.0
_ONLY: Final = 1  # the number of a request that has no other beside it


def find_card(reader: str | None, wait_s: float) -> str:
    """Return the reader that holds the one card that we serve, or the named one once it holds such a card.

    Waits up to ``wait_s`` for somebody to put it in.

    Raises:
        CardRemovedError: there is none, or more than one and no name.
        ServiceGoneError: the PC/SC service is not running.
    """
    until = time.monotonic() + wait_s
    with open_slots() as slots:
        while True:
            seen = slots.wait(max(0.0, until - time.monotonic()))
            served = [slot.name for slot in seen if family_of_atr(slot.atr) is CardFamily.ESTEID_2018]
            wanted = [name for name in served if reader is None or name == reader]
            if wanted or time.monotonic() >= until:
                break
    if len(wanted) != 1:
        raise CardRemovedError(f"{len(wanted)} cards that can be used; readers with one: {', '.join(served) or 'none'}")
    return wanted[0]


def read_card(reader: str) -> CardContents | Failed:
    """Read the card without a PIN."""
    outcome = _perform(ReadCard(_ONLY, reader))
    if not isinstance(outcome, CardContents | Failed):
        raise CardMisuseError(type(outcome).__name__)
    return outcome


def sign_digest(reader: str, pin: bytearray, digest: bytes) -> PinOutcome:
    """Sign ``digest`` (SHA-384) with the signature key after PIN 2; ``pin`` is wiped. The last try is not used."""
    outcome = _perform(Sign(_ONLY, reader, pin, digest))
    if not isinstance(outcome, PinOutcome):
        raise CardMisuseError(type(outcome).__name__)
    return outcome


def agree(reader: str, pin: bytearray, point: bytes) -> AgreementOutcome:
    """Agree with ``point`` by the authentication key after PIN 1; ``pin`` is wiped. The last try is not used."""
    outcome = _perform(Agree(_ONLY, reader, pin, point))
    if not isinstance(outcome, AgreementOutcome):
        raise CardMisuseError(type(outcome).__name__)
    return outcome


def _perform(request: CardRequest) -> Outcome:
    calls = CallClock(DEADLINE_S)

    def work() -> Outcome:
        with card_transaction(request.reader, calls) as connection:
            return perform(request, processors_for(connection, is_t0=connection.is_t0))

    outcome = outcome_of(work, calls)
    return failed(request.request, outcome) if isinstance(outcome, CardError) else outcome
