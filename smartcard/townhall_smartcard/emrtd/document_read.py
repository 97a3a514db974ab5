# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One document opened and read in one transaction: at a desk, or in the card process of a visit."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from townhall_smartcard.connection import CardConnection
from townhall_smartcard.emrtd.access import AccessProtocol, AccessRefused, MrzNeeded
from townhall_smartcard.emrtd.document import ChipRead, MeteredConnection, read_document
from townhall_smartcard.emrtd.pace import PacePassword
from townhall_smartcard.emrtd.session import open_emrtd
from townhall_smartcard.processors import processors_for


@dataclass(frozen=True, slots=True)
class DocumentRead:
    """A document that opened, with what it cost: commands, seconds in the card, and seconds by step."""

    protocol: AccessProtocol
    read: ChipRead
    commands: int
    card_s: float
    steps_s: Mapping[str, float] = field(compare=False)


Opening: TypeAlias = DocumentRead | AccessRefused | MrzNeeded


def open_and_read(wire: CardConnection, password: PacePassword, *, is_t0: bool) -> Opening:
    """Open the chip behind ``wire`` and read it; nothing is written into the password.

    Raises:
        CardError: the chip broke off, or is none that is served.
    """
    metered = MeteredConnection(wire)
    started = time.perf_counter()
    session = open_emrtd(processors_for(metered, is_extended=not is_t0, is_t0=is_t0), password)
    if isinstance(session, AccessRefused | MrzNeeded):
        return session
    marks = {"open": time.perf_counter()}
    read = read_document(session)
    marks |= read.marks
    return DocumentRead(session.protocol, read, metered.commands, metered.seconds, _steps(started, marks))


def _steps(started: float, marks: Mapping[str, float]) -> dict[str, float]:
    """Turn moments into the time from each to the next."""
    found, before = {}, started
    for name, moment in marks.items():
        found[name], before = moment - before, moment
    return found
