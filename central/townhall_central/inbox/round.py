# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One round of the inbox: fetch what is new, look at each envelope, store its case. Safe to kill at any point."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from townhall_central.agencies import InboxItem, InboxPage
from townhall_central.database import Database
from townhall_central.inbox.case import Reason
from townhall_central.inbox.examine import Examined, set_aside
from townhall_central.inbox.store import NewCase, begin_attempt, last_index, store_case

MAX_DEATHS = 3
"""After so many deaths over one envelope it is set aside: one that kills the inbox must not stop all others."""

_log = logging.getLogger(__name__)

Examine = Callable[[bytes, InboxItem], Examined]


class Line(Protocol):
    """Where envelopes come from."""

    def page(self, after: int) -> InboxPage:
        """Return the next envelopes after a log index."""

    def envelope(self, envelope_id: str) -> bytes:
        """Return one envelope, unverified."""


@dataclass(frozen=True, slots=True)
class RoundResult:
    """How many cases a round made, and how many of them need attention."""

    cases: int
    need_attention: int


def run_round(database: Database, line: Line, examine: Examine) -> RoundResult:
    """Make a case of everything that came since the last round.

    Raises:
        CentreUnreachableError, CentreRefusedError: as `Line` does; everything before is stored.
    """
    made = need_attention = 0
    while True:
        with database.read() as connection:
            after = last_index(connection)
        page = line.page(after)
        for item in page.items:
            new = _look(database, line, examine, item)
            with database.write() as connection:
                is_new = store_case(connection, new)
            made += is_new
            need_attention += is_new and new.case.state != "ready"
        if page.is_last:
            return RoundResult(made, need_attention)


def _look(database: Database, line: Line, examine: Examine, item: InboxItem) -> NewCase:
    untrusted = line.envelope(item.id)
    with database.write() as connection:
        deaths = begin_attempt(connection, item.id)
    examined = set_aside(untrusted, Reason.CHECK_KILLS) if deaths >= MAX_DEATHS else _guarded(examine, untrusted, item)
    return NewCase(item.id, item.index, untrusted, examined.sealed_sha256, examined.case, examined.document)


def _guarded(examine: Examine, untrusted: bytes, item: InboxItem) -> Examined:
    try:
        return examine(untrusted, item)
    except Exception as error:  # noqa: BLE001 - the outer edge: what a hostile document raises in a library has no list
        # Its class alone: the text may hold what was sealed.
        name = type(error).__name__
        _log.error("a check of envelope %s ended in %s", item.id, name)
        return set_aside(untrusted, Reason.CHECK_FAILED, name)
