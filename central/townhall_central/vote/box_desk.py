# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The ballot box's desk: takes batches of ballots, checks every proof, lists them in the public log.

It never sees a person. What it refuses it keeps as evidence, and says so to the officers.
"""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from townhall_central.agencies import InboxItem
from townhall_central.agency_keys import AgencyKeys
from townhall_central.pickup import MAX_DEATHS
from townhall_central.vote import box_store
from townhall_central.vote.ballot_checks import check_ballots
from townhall_central.vote.box_store import TABLES, BoxDevice, StoredBallot
from townhall_central.vote.delivery import Alarm, Delivered, Raised, open_delivery
from townhall_voting.ballot import Ballot
from townhall_voting.ballot_making import BallotMaker
from townhall_voting.board.log import (
    BallotsEntry,
    CheckedEntry,
    ClosedEntry,
    LoggedBallot,
    entry_bytes,
    read_entry,
)
from townhall_voting.check_code import check_opening
from townhall_voting.eligibility.batches import BALLOTS_KIND, BallotBatch, CheckedBallot, parse_ballot_batch
from townhall_voting.errors import BallotRefusal, MalformedError, OpeningRefusedError
from townhall_voting.hashing import Fingerprint, hex_hash
from townhall_voting.package.definition import DeviceRole
from townhall_voting.package.package import ElectionPackage

_MOST_IN_A_LINE = 1000
_MOST_OPENED_IN_A_LINE = 40
"""A line of the log stays below the limits of canonical JSON, though a code has 4,096 characters of six bytes each."""


@dataclass(frozen=True, slots=True)
class BallotLook:
    """What came of a look at one envelope: good ballots and bad ones, openings that hold and false ones."""

    envelope_id: str
    batch: BallotBatch | None
    ballots: tuple[Ballot, ...] = ()
    refused: tuple[bytes, ...] = ()
    opened: tuple[CheckedBallot, ...] = ()
    false_openings: tuple[CheckedBallot, ...] = ()
    raised: tuple[Raised, ...] = ()


class BallotDesk:
    """Checks what comes; building it costs some tables of powers for each ballot style."""

    def __init__(self, keys: AgencyKeys, package: ElectionPackage) -> None:
        self._keys = keys
        self._package = package
        self._definition_sha256 = hex_hash(package.definition.to_bytes())
        self._makers = [BallotMaker(election) for election in package.elections.values()]

    def is_known(self, connection: Connection, envelope_id: str) -> bool:
        """Tell whether an envelope was stored before."""
        return TABLES.is_delivered(connection, envelope_id)

    def look(self, untrusted: bytes, item: InboxItem, deaths: int) -> BallotLook:
        """Return what an envelope brought, everything checked."""
        if deaths >= MAX_DEATHS:
            return BallotLook(item.id, None, raised=(Raised(Alarm.LOOKING_KILLS, "", item.id),))
        delivered = open_delivery(untrusted, item, self._keys, BALLOTS_KIND)
        batch = delivered if isinstance(delivered, Raised) else self._batch(delivered, item)
        if isinstance(batch, Raised):
            return BallotLook(item.id, None, raised=(batch,))
        good: list[Ballot] = []
        bad: list[bytes] = []
        raised: list[Raised] = []
        checked = check_ballots(self._package.elections.values(), batch.ballots)
        for data, ballot in zip(batch.ballots, checked, strict=True):
            if isinstance(ballot, BallotRefusal):
                bad.append(data)
                raised.append(Raised(Alarm.BALLOT_REFUSED, batch.device, f"{hex_hash(data)} {ballot.name}"))
            else:
                good.append(ballot)
        opened = tuple(each for each in batch.opened if self._opens(each))
        false = tuple(each for each in batch.opened if each not in opened)
        raised += [Raised(Alarm.OPENING_FALSE, batch.device, each.ballot) for each in false]
        return BallotLook(item.id, batch, tuple(good), tuple(bad), opened, false, tuple(raised))

    def store(self, connection: Connection, look: BallotLook) -> None:
        """Store what came and add it to the log, or raise an alarm where the box is closed."""
        raised = list(look.raised)
        for data in look.refused:
            box_store.store_refused(connection, hex_hash(data), data)
        if look.batch is not None:
            if is_closed(connection):
                raised.append(Raised(Alarm.AFTER_CLOSING, look.batch.device, look.envelope_id))
                for ballot in look.ballots:
                    box_store.store_refused(connection, hex_hash(ballot.data), ballot.data)
            else:
                raised += _store(connection, look, look.batch)
        TABLES.raise_alarms(connection, raised)
        TABLES.note_delivery(connection, look.envelope_id)

    def _batch(self, delivered: Delivered, item: InboxItem) -> BallotBatch | Raised:
        try:
            batch = parse_ballot_batch(delivered.payload)
        except MalformedError:
            return Raised(Alarm.BATCH_MALFORMED, delivered.device, item.id)
        if batch.mode is not self._package.mode or batch.definition != self._definition_sha256:
            return Raised(Alarm.OTHER_ELECTION, delivered.device, item.id)
        known = self._package.definition.device(delivered.device)
        if batch.device != delivered.device or known is None or known.role is DeviceRole.DESK:
            return Raised(Alarm.OTHER_DEVICE, delivered.device, item.id)
        return batch

    def _opens(self, opened: CheckedBallot) -> bool:
        for maker in self._makers:
            try:
                check_opening(maker, opened.ballot, opened.code)
            except OpeningRefusedError:
                continue
            return True
        return False


def is_closed(connection: Connection) -> bool:
    """Tell whether the public log says that nothing follows."""
    return box_store.read_last_line(connection) == entry_bytes(ClosedEntry())


def credential_hash(ballot: Ballot) -> str:
    """Return what tells ballots of one voting key."""
    return hashlib.sha256(str(int(ballot.credential)).encode()).hexdigest()


def _store(connection: Connection, look: BallotLook, batch: BallotBatch) -> Iterator[Raised]:
    new: list[Ballot] = []
    listed = opened_in_log(connection)
    for ballot in look.ballots:
        stored = box_store.read_ballot(connection, ballot.hash)
        if stored is not None:
            if stored.data != ballot.data:
                box_store.store_refused(connection, hex_hash(ballot.data), ballot.data)
                yield Raised(Alarm.SAME_HASH, batch.device, ballot.hash)
            continue
        if box_store.has_credential(connection, credential_hash(ballot)):
            yield Raised(Alarm.SAME_KEY, batch.device, ballot.hash)
        if ballot.hash in listed:
            yield Raised(Alarm.CHECKED_AND_CAST, batch.device, ballot.hash)
            box_store.store_refused(connection, hex_hash(ballot.data), ballot.data)
            continue
        box_store.forget_checked(connection, ballot.hash)  # a false opening, perhaps by a device that did not make it
        box_store.store_ballot(
            connection, StoredBallot(ballot.hash, ballot.election, credential_hash(ballot), ballot.data)
        )
        new.append(ballot)
    yield from _store_opened(connection, look, batch, listed)
    _log_ballots(connection, new)
    yield from _store_device(connection, batch)


def _store_opened(
    connection: Connection, look: BallotLook, batch: BallotBatch, listed: Collection[Fingerprint]
) -> Iterator[Raised]:
    """An opened ballot is void even if it was cast before: the cast one stays in the log, and the close rejects it.

    An opening that opens nothing voids no ballot: whoever has read a receipt could make one. It is kept, and published
    at the close if no such ballot came.
    """
    new = [each for each in look.opened if each.ballot not in listed]
    for each in new:
        box_store.forget_checked(connection, each.ballot)
        box_store.store_checked(connection, each)
        if box_store.read_ballot(connection, each.ballot) is not None:
            yield Raised(Alarm.CHECKED_AND_CAST, batch.device, each.ballot)
    log_opened(connection, [each for each in new if box_store.read_ballot(connection, each.ballot) is None])
    for each in look.false_openings:
        if not box_store.is_checked(connection, each.ballot) and not box_store.read_ballot(connection, each.ballot):
            box_store.store_checked(connection, each)


def opened_in_log(connection: Connection) -> frozenset[Fingerprint]:
    """Return the h of every ballot that the public log lists as opened."""
    entries = map(read_entry, box_store.read_lines(connection))
    return frozenset(each.ballot for entry in entries if isinstance(entry, CheckedEntry) for each in entry.opened)


def log_opened(connection: Connection, opened: Sequence[CheckedBallot]) -> None:
    """List opened ballots, sorted by h, in the public log."""
    for start in range(0, len(opened), _MOST_OPENED_IN_A_LINE):
        entry = CheckedEntry(tuple(opened[start : start + _MOST_OPENED_IN_A_LINE]))
        box_store.append_line(connection, entry_bytes(entry))


def _log_ballots(connection: Connection, ballots: list[Ballot]) -> None:
    for election in sorted({ballot.election for ballot in ballots}):
        listed = sorted(LoggedBallot(each.tracker, each.hash) for each in ballots if each.election == election)
        for start in range(0, len(listed), _MOST_IN_A_LINE):
            entry = BallotsEntry(election, tuple(listed[start : start + _MOST_IN_A_LINE]))
            box_store.append_line(connection, entry_bytes(entry))


def _store_device(connection: Connection, batch: BallotBatch) -> Iterator[Raised]:
    before = next((each for each in box_store.read_devices(connection) if each.name == batch.device), None)
    now = BoxDevice(batch.device, batch.cast, batch.checked, batch.is_final)
    if before is not None:
        if before.is_final and (now.cast > before.cast or now.checked > before.checked):
            yield Raised(Alarm.COUNT_WENT_BACK, batch.device)
        # Batches may come in any order.
        now = BoxDevice(
            batch.device,
            max(before.cast, now.cast),
            max(before.checked, now.checked),
            before.is_final or now.is_final,
        )
    if now != before:
        # Its line in the log waits for the close: beside the ballots that came with it, it would say whose they are.
        box_store.store_device(connection, now)
