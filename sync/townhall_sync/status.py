# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""How a journal stands, in numbers for screens and for the centre's fleet view."""

from townhall_sync.journal_records import JournalPolicy, JournalStatus
from townhall_sync.ledger import Ledger
from townhall_sync.reserve import Reserve


def status_of(ledger: Ledger, reserve: Reserve, policy: JournalPolicy) -> JournalStatus:
    """Return the status; visits are accepted while the reserve is held, the disk has room, and nobody saw a fork."""
    oldest = min(ledger.queued, default=None)
    reserve_held, disk_free, is_forked = reserve.is_held(), reserve.disk_free(), ledger.fork is not None
    return JournalStatus(
        journal_id=ledger.journal_id,
        last_seq=ledger.next_seq - 1,
        queued=len(ledger.queued),
        isolated=sum(ledger.queued.values()),
        oldest_unsent_wall=None if oldest is None else ledger.committed(oldest).wall,
        kept_payloads=ledger.next_seq - 1 - len(ledger.freed),
        last_receipt_wall=ledger.last_receipt_wall,
        last_server_time=ledger.last_server_time,
        reserve_held=reserve_held,
        disk_free_bytes=disk_free,
        is_forked=is_forked,
        is_contradicted=ledger.is_contradicted,
        accepts_visits=reserve_held and disk_free >= policy.low_disk_bytes and not is_forked,
    )
