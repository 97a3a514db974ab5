# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One round of the inbox: fetch what is new, look at each envelope, store its case. Safe to kill at any point."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from townhall_central.agencies import InboxItem
from townhall_central.database import Database
from townhall_central.inbox.case import Reason
from townhall_central.inbox.examine import Examined, set_aside
from townhall_central.inbox.store import PROGRESS, NewCase, is_delivered, store_case
from townhall_central.pickup import MAX_DEATHS, Line, pick_up

_log = logging.getLogger(__name__)

Examine = Callable[[bytes, InboxItem], Examined]


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
    desk = _CaseDesk(examine)
    pick_up(database, line, PROGRESS, desk)
    return RoundResult(desk.made, desk.need_attention)


class _CaseDesk:
    """Makes a case of each envelope, and counts them."""

    def __init__(self, examine: Examine) -> None:
        self._examine = examine
        self.made = 0
        self.need_attention = 0

    def is_known(self, connection: Connection, envelope_id: str) -> bool:
        return is_delivered(connection, envelope_id)

    def look(self, untrusted: bytes, item: InboxItem, deaths: int) -> NewCase:
        if deaths >= MAX_DEATHS:
            examined = set_aside(untrusted, Reason.CHECK_KILLS)
        else:
            examined = _guarded(self._examine, untrusted, item)
        return NewCase(item.id, item.index, untrusted, examined.sealed_sha256, examined.case, examined.document)

    def store(self, connection: Connection, look: NewCase) -> None:
        if store_case(connection, look):
            self.made += 1
            self.need_attention += look.case.state != "ready"


def _guarded(examine: Examine, untrusted: bytes, item: InboxItem) -> Examined:
    try:
        return examine(untrusted, item)
    except Exception as error:  # noqa: BLE001 - the outer edge: what a hostile document raises in a library has no list
        # Its class alone: the text may hold what was sealed.
        name = type(error).__name__
        _log.error("a check of envelope %s ended in %s", item.id, name)
        return set_aside(untrusted, Reason.CHECK_FAILED, name)
