# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The eligibility board's desk: takes batches of statements, judges each, and raises what officers must look at."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Connection

from townhall_central.agencies import InboxItem
from townhall_central.pickup import MAX_DEATHS
from townhall_central.vote.delivery import Alarm, Delivered, Raised, open_delivery
from townhall_central.vote.eligibility_store import (
    TABLES,
    DeviceState,
    Judged,
    Standing,
    read_device,
    store_device,
    store_statement,
)
from townhall_central.vote.home import BoardHome
from townhall_crypto.errors import RefusedError
from townhall_crypto.sealed import open_sealed
from townhall_crypto.trust import ValidatedCertificate
from townhall_voting.eligibility.batches import (
    STATEMENT_KIND,
    STATEMENTS_KIND,
    StatementBatch,
    parse_statement_batch,
)
from townhall_voting.eligibility.duplicates import OpeningHours, Pseudonym
from townhall_voting.eligibility.judgement import Bad, Bench, Good, Open, Refused, judge
from townhall_voting.errors import MalformedError
from townhall_voting.hashing import HexHash, hex_hash
from townhall_voting.package.contests import Id
from townhall_voting.package.definition import DeviceRole
from townhall_voting.package.roll import Roll, RollKeys, Voter


@dataclass(frozen=True, slots=True)
class RollVoters:
    """The roll of the package, opened with the roll key: a person's pseudonym is their entry in it."""

    roll: Roll
    keys: RollKeys = field(repr=False)
    version: HexHash

    def find(self, certificate: ValidatedCertificate) -> tuple[Pseudonym, Id] | None:
        """Return a person's pseudonym and district, or None for somebody who is not on the roll."""
        voter = Voter(certificate.subject.country, certificate.subject.personal_code)
        district = self.roll.district_of(voter, self.keys)
        return None if district is None else (Pseudonym(self.keys.entry(voter)), district)


def open_bench(home: BoardHome, now: int) -> Bench:
    """Return what statements are judged by at this time; raises DirectoryError."""
    package = home.package
    return Bench(
        package.definition,
        hex_hash(package.definition.to_bytes()),
        {style: election.fingerprint for style, election in package.elections.items()},
        RollVoters(package.roll, home.roll_keys(), package.roll_version),
        home.anchors,
        datetime.fromtimestamp(now, UTC),
    )


@dataclass(frozen=True, slots=True)
class StatementLook:
    """What came of a look at one envelope."""

    envelope_id: str
    batch: StatementBatch | None
    statements: tuple[Judged, ...] = ()
    raised: tuple[Raised, ...] = ()


class EligibilityDesk:
    """Judges what comes, by one bench."""

    def __init__(self, home: BoardHome, bench: Bench) -> None:
        self._keys = home.keys
        self._bench = bench

    def is_known(self, connection: Connection, envelope_id: str) -> bool:
        """Tell whether an envelope was stored before."""
        return TABLES.is_delivered(connection, envelope_id)

    def look(self, untrusted: bytes, item: InboxItem, deaths: int) -> StatementLook:
        """Return the judged statements of an envelope, or why there are none."""
        if deaths >= MAX_DEATHS:
            return StatementLook(item.id, None, raised=(Raised(Alarm.LOOKING_KILLS, "", item.id),))
        delivered = open_delivery(untrusted, item, self._keys, STATEMENTS_KIND)
        batch = delivered if isinstance(delivered, Raised) else self._batch(delivered, item)
        if isinstance(batch, Raised):
            return StatementLook(item.id, None, raised=(batch,))
        hours = OpeningHours(batch.opened, batch.closed or max(item.server_time, batch.opened))
        judged: list[Judged] = []
        raised: list[Raised] = []
        for sealed in batch.statements:
            container = self._opened(sealed)
            if container is None:
                raised.append(Raised(Alarm.DOES_NOT_OPEN, batch.device, hex_hash(sealed)))
            else:
                judged.append(judge_statement(container, batch.device, hours, self._bench))
                if judged[-1].reason == Refused.OTHER_DEVICE.value:
                    raised.append(Raised(Alarm.OTHER_DEVICE, batch.device, judged[-1].sha256))
        return StatementLook(item.id, batch, tuple(judged), tuple(raised))

    def store(self, connection: Connection, look: StatementLook) -> None:
        """Store statements and what their device says of itself."""
        raised = list(look.raised)
        if look.batch is not None:
            raised += _store_device(connection, look.batch)
        for judged in look.statements:
            store_statement(connection, judged)
        TABLES.raise_alarms(connection, raised)
        TABLES.note_delivery(connection, look.envelope_id)

    def _batch(self, delivered: Delivered, item: InboxItem) -> StatementBatch | Raised:
        try:
            batch = parse_statement_batch(delivered.payload)
        except MalformedError:
            return Raised(Alarm.BATCH_MALFORMED, delivered.device, item.id)
        definition = self._bench.definition
        if batch.mode is not definition.mode or batch.definition != self._bench.definition_sha256:
            return Raised(Alarm.OTHER_ELECTION, delivered.device, item.id)
        known = definition.device(delivered.device)
        if batch.device != delivered.device or known is None or known.role is DeviceRole.BOOTH:
            return Raised(Alarm.OTHER_DEVICE, delivered.device, item.id)
        return batch

    def _opened(self, sealed: bytes) -> bytes | None:
        try:
            opened = open_sealed(sealed, self._keys.recipient)
        except RefusedError:
            return None
        return opened.payload if opened.header.kind == STATEMENT_KIND else None


def judge_statement(container: bytes, device: str, hours: OpeningHours, bench: Bench) -> Judged:
    """Return a statement as it stands; judging again, when more is known, gives the standing of then."""
    sha256 = hex_hash(container)
    place = bench.definition.place_of(device)
    place_id = "" if place is None else place.id
    judgement = judge(container, device, hours, bench)
    match judgement:
        case Bad(reason):
            return Judged(sha256, device, container, Standing.BAD, reason.value, place_id)
        case Good(candidate, district):
            election = _election(district, bench)
            return Judged(sha256, device, container, Standing.GOOD, "", place_id, election, candidate)
        case Open(reason, candidate, district):
            election = _election(district, bench)
            return Judged(sha256, device, container, Standing.OPEN, reason.value, place_id, election, candidate)


def _election(district: Id, bench: Bench) -> str:
    """Return the election of a judged statement: it names that of the person's district, or it is bad."""
    return bench.elections[bench.definition.style_of(district)]


def _store_device(connection: Connection, batch: StatementBatch) -> Iterator[Raised]:
    """Store the device's hours and count; what contradicts what it said before is an alarm."""
    before = read_device(connection, batch.device)
    now = DeviceState(batch.device, batch.opened, batch.closed, batch.made)
    if before is not None:
        if before.opened != now.opened or (before.closed and now.closed and before.closed != now.closed):
            yield Raised(Alarm.HOURS_CHANGED, batch.device)
        # Batches may come in any order: the larger count, and a closing once told, are what holds.
        now = DeviceState(
            batch.device, min(before.opened, now.opened), before.closed or now.closed, max(before.made, now.made)
        )
    store_device(connection, now)
