# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which places of a kiosk's journals are filled around some envelopes, and what one more envelope there would mean.

An envelope's id is the hash of its header, so whoever has the id has the place: kiosk, journal and seq.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, select

from townhall_central.errors import (
    HistoryConflictError,
    LinkContradictedError,
    OtherBytesError,
    SequenceTakenError,
)
from townhall_central.judgement import Judged
from townhall_central.tables import ENVELOPE
from townhall_crypto.envelope import OuterHeader
from townhall_sync import wire

_FILLED = select(ENVELOPE.c.seq, ENVELOPE.c.id, ENVELOPE.c.prev_hash).where(
    ENVELOPE.c.kiosk == bindparam("of_kiosk"),
    ENVELOPE.c.journal_id == bindparam("of_journal"),
    ENVELOPE.c.seq.between(bindparam("first"), bindparam("last")),
)
_STORED = select(ENVELOPE.c.receipt, ENVELOPE.c.bytes).where(ENVELOPE.c.id == bindparam("of_id"))


@dataclass(frozen=True, slots=True)
class _Filled:
    id: str
    prev_hash: str


class Places:
    """The places that envelopes of one kiosk go to, and their neighbours: as stored, and as filled since."""

    def __init__(self, connection: Connection, kiosk: str, headers: Sequence[OuterHeader]) -> None:
        """Read them."""
        self._filled: dict[tuple[str, int], _Filled] = {}
        for journal_id, stretch in _stretches(headers):
            asked = {"of_kiosk": kiosk, "of_journal": journal_id, "first": stretch[0] - 1, "last": stretch[-1] + 1}
            for seq, envelope_id, prev_hash in connection.execute(_FILLED, asked):
                self._filled[journal_id, seq] = _Filled(envelope_id, prev_hash)

    def holds(self, envelope: Judged) -> bool:
        """Tell whether an envelope of this id is at its place."""
        here = self._at(envelope.header, 0)
        return here is not None and here.id == envelope.envelope_id

    def is_followed(self, header: OuterHeader) -> bool:
        """Tell whether the place after this one is filled."""
        return self._at(header, 1) is not None

    def conflict(self, envelope: Judged) -> HistoryConflictError | None:
        """Return what an envelope whose id is not here contradicts, if anything."""
        header = envelope.header
        before, after = self._at(header, -1), self._at(header, 1)
        if self._at(header, 0) is not None:
            return SequenceTakenError()
        is_linked = before is None or before.id == header.prev_hash
        if not is_linked or (after is not None and after.prev_hash != envelope.envelope_id):
            return LinkContradictedError()
        return None

    def fill(self, envelope: Judged) -> None:
        """Take an envelope's place."""
        header = envelope.header
        self._filled[header.journal_id, header.seq] = _Filled(envelope.envelope_id, header.prev_hash)

    def _at(self, header: OuterHeader, step: int) -> _Filled | None:
        return self._filled.get((header.journal_id, header.seq + step))


def first_receipt(connection: Connection, envelope: Judged) -> wire.SignedReceipt | OtherBytesError:
    """Return the receipt of an id that is stored, or the error where it is stored with other bytes."""
    receipt, content = connection.execute(_STORED, {"of_id": envelope.envelope_id}).one()
    return wire.read(wire.SignedReceipt, receipt) if content == envelope.content else OtherBytesError()


def _stretches(headers: Sequence[OuterHeader]) -> Iterator[tuple[str, list[int]]]:
    """Return the journals' seqs in stretches without a gap: one statement reads each, whatever is between them."""
    wanted = sorted({(header.journal_id, header.seq) for header in headers})
    stretch: list[int] = []
    for number, (journal_id, seq) in enumerate(wanted):
        stretch.append(seq)
        if number + 1 == len(wanted) or wanted[number + 1] != (journal_id, seq + 1):
            yield journal_id, stretch
            stretch = []
