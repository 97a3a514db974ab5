# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What goes into the journal's calls and comes out of them."""

from dataclasses import dataclass
from typing import Final

from townhall_sync.wire import SignedReceipt

DAY_S: Final = 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class JournalPolicy:
    """What an authority may decide: how long delivered payloads stay, and the space held back."""

    keep_s: int = 7 * DAY_S
    reserve_bytes: int = 64 * 1024 * 1024
    low_disk_bytes: int = 32 * 1024 * 1024
    """With less free beside the reserve, no new visit begins."""
    fold_pages: int = 1000
    """So many pages (4 KiB) of write-ahead log are folded into the database."""


@dataclass(frozen=True, slots=True)
class KnownHead:
    """The last envelope of a journal that somebody else knows (the centre, a TPM): its seq and id."""

    journal_id: str
    seq: int
    envelope_id: str


@dataclass(frozen=True, slots=True)
class Committed:
    """An accepted transaction: ``number`` is for people, ``checkpoint`` the kiosk log's signed note at its commit."""

    number: str
    envelope_id: str
    seq: int
    checkpoint: str
    is_repeat: bool


@dataclass(frozen=True, slots=True)
class PendingEnvelope:
    """An envelope that the centre has not confirmed; an isolated one was refused for itself alone."""

    seq: int
    envelope_id: str
    is_isolated: bool


@dataclass(frozen=True, slots=True)
class DeliveredPayload:
    """A payload that is kept although the centre confirmed it, with its receipt."""

    seq: int
    envelope_id: str
    signed: SignedReceipt


@dataclass(frozen=True, slots=True)
class JournalStatus:
    """How the journal stands, for screens and for the centre's fleet view. Times are unix seconds."""

    journal_id: str
    last_seq: int
    queued: int
    isolated: int
    oldest_unsent_wall: int | None
    kept_payloads: int
    last_receipt_wall: int | None
    last_server_time: int
    reserve_held: bool
    disk_free_bytes: int
    is_forked: bool
    is_contradicted: bool
    """The centre's log does not continue what this kiosk saw of it, and no administrator's statement says why."""
    accepts_visits: bool
