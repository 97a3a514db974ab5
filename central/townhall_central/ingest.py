# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the centre makes of envelopes, by whatever road they come: each judged first, then stored once, or refused.

Rules, in this order: the same bytes again are answered with their first receipt; another envelope at the same place,
or a link that contradicts a stored neighbour, is refused and noted for the staff; everything else is stored. What the
agency could not use is stored as *quarantined* and fills its seq all the same, so nothing waits behind it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import Connection, bindparam, select

from townhall_central import log
from townhall_central.database import Database
from townhall_central.errors import CallerRefusedError, HistoryConflictError, RequestRefusedError
from townhall_central.intake import NO_KNOWN_RECIPIENT, Conflict, Stored, store
from townhall_central.judgement import NOT_BY_THE_KIOSK, NOT_SEALED, Caller, Judged, judge
from townhall_central.keys import CentreKeys
from townhall_central.tables import ENVELOPE, KIOSK
from townhall_crypto.checkpoint import Ed25519NoteSigner, sign_checkpoint
from townhall_sync import wire
from townhall_sync.batch import NamedEnvelope

__all__ = [
    "NOT_BY_THE_KIOSK",
    "NOT_SEALED",
    "NO_KNOWN_RECIPIENT",
    "Caller",
    "Conflict",
    "Judged",
    "Outcome",
    "Refusal",
    "Refused",
    "Stored",
    "find_caller",
    "fresh_checkpoint",
    "judge",
    "put_all",
    "read_bytes",
    "store",
]

# Built once: SQLAlchemy spends more on building a statement than SQLite on running it.
_FIND_CALLER = select(KIOSK.c.name, KIOSK.c.public_key, KIOSK.c.certificate).where(KIOSK.c.name == bindparam("kiosk"))

Refusal: TypeAlias = RequestRefusedError | CallerRefusedError | HistoryConflictError
"""Why an envelope is not taken, with what a caller is told."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Refused before anything that is stored was looked at: `error` says why."""

    error: RequestRefusedError | CallerRefusedError


Outcome: TypeAlias = Stored | Conflict | Refused


def find_caller(connection: Connection, kiosk: str) -> Caller | None:
    """Return the enrolled kiosk of this name."""
    row = connection.execute(_FIND_CALLER, {"kiosk": kiosk}).first()
    return None if row is None else Caller(*row)


def put_all(
    database: Database, untrusted: Sequence[NamedEnvelope], caller: Caller, *, keys: CentreKeys, now: int
) -> tuple[Outcome, ...]:
    """Judge what a kiosk sends and store it in one transaction, each envelope as if it came alone, in this order.

    Raises:
        BusyError: nothing was stored.
    """
    judged = [_judged(each, caller) for each in untrusted]
    usable = [each for each in judged if isinstance(each, Judged)]
    if not usable:
        return tuple(each for each in judged if isinstance(each, Refused))
    with database.write() as connection:
        stored = iter(store(connection, usable, caller, keys, now))
    return tuple(each if isinstance(each, Refused) else next(stored) for each in judged)


def _judged(untrusted: NamedEnvelope, caller: Caller) -> Judged | Refused:
    try:
        return judge(untrusted.id, untrusted.content, caller)
    except (RequestRefusedError, CallerRefusedError) as error:
        return Refused(error)


def fresh_checkpoint(head: log.LogHead, nonce: str, keys: CentreKeys, now: int) -> wire.CheckpointReply:
    """Return the newest checkpoint, signed together with the asker's nonce."""
    origin = keys.root.log_origin
    note = sign_checkpoint(head.checkpoint(origin), Ed25519NoteSigner(origin, keys.log))
    return wire.sign_checkpoint_reply(note, nonce, now, keys.receipt)


def read_bytes(connection: Connection, envelope_id: str) -> bytes | None:
    """Return a stored envelope exactly as it came, or None."""
    content: bytes | None = connection.scalar(select(ENVELOPE.c.bytes).where(ENVELOPE.c.id == envelope_id))
    return content
