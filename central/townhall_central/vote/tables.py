# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The tables that both boards have beside their own: what came, which alarms were raised, how far they have come."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, insert, select

from townhall_central.pickup import Progress
from townhall_central.vote.delivery import Alarm, Raised


@dataclass(frozen=True, slots=True)
class BoardTables:
    """As part of a board's metadata."""

    progress: Progress
    delivery: Table
    alarm: Table

    @classmethod
    def in_metadata(cls, metadata: MetaData) -> "BoardTables":
        """Return the tables, added to ``metadata``."""
        delivery = Table("delivery", metadata, Column("envelope_id", String(64), primary_key=True))
        # No time and no number: the order of alarms is nobody's business.
        alarm = Table(
            "alarm",
            metadata,
            Column("alarm", String(32), nullable=False),
            Column("device", String(128), nullable=False),
            Column("detail", String(128), nullable=False),
            PrimaryKeyConstraint("alarm", "device", "detail"),
        )
        return cls(Progress(metadata), delivery, alarm)

    def is_delivered(self, connection: Connection, envelope_id: str) -> bool:
        """Tell whether an envelope was stored before."""
        row = self.delivery.c.envelope_id == envelope_id
        return connection.scalar(select(self.delivery.c.envelope_id).where(row)) is not None

    def note_delivery(self, connection: Connection, envelope_id: str) -> None:
        """Note that an envelope is stored."""
        connection.execute(insert(self.delivery).values(envelope_id=envelope_id))

    def raise_alarms(self, connection: Connection, raised: Iterable[Raised]) -> None:
        """Store alarms; one that stands there already is not stored again."""
        known = set(self.alarms(connection))
        for each in dict.fromkeys(raised):
            if each not in known:
                row = {"alarm": each.alarm.value, "device": each.device[:128], "detail": each.detail[:128]}
                connection.execute(insert(self.alarm).values(**row))

    def alarms(self, connection: Connection) -> list[Raised]:
        """Return every alarm, sorted."""
        rows = connection.execute(select(self.alarm).order_by(*self.alarm.primary_key))
        return [Raised(Alarm(alarm), device, detail) for alarm, device, detail in rows]
