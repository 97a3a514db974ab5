# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The ballot box closes: records up to the encrypted tally, lists of what is not in them, the last line of the log."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from townhall_central.errors import VoteStateError
from townhall_central.vote import box_store
from townhall_central.vote.ballot_checks import check_ballots
from townhall_central.vote.box_desk import is_closed, log_opened, opened_in_log
from townhall_central.vote.delivery import Alarm, Raised
from townhall_crypto.device_key import DeviceKey
from townhall_voting.board.closing import Closing, close_election
from townhall_voting.board.lists import AcceptedList, RejectedList, sign_list, verify_list
from townhall_voting.board.log import ClosedEntry, DeviceEntry, entry_bytes
from townhall_voting.election import Election
from townhall_voting.errors import BallotRefusal, BallotRefusedError
from townhall_voting.hashing import Fingerprint, hex_hash
from townhall_voting.package.definition import DeviceRole
from townhall_voting.package.package import ElectionPackage
from townhall_voting.record.archive import read_head
from townhall_voting.record.credentials import PublicCredential, write_credentials
from townhall_voting.record.events import BallotEvent, EncryptedTallyEvent, EndBallotsEvent, SetupEvent
from townhall_voting.record.record_file import RecordFile
from townhall_voting.trustees.tally import Tally

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class ClosedElection:
    """What the close of one election left: the record's file name ("" where too few voted to be tallied alone)."""

    election: Fingerprint
    record: str
    counted: int
    rejected: int
    missing: int


def require_final(connection: Connection, package: ElectionPackage, without: Collection[str]) -> None:
    """Check that every device said that nothing follows, and that as many ballots came as devices cast.

    The word that nothing follows may come before what it follows: over the line, while a stick is on its way.

    Raises:
        VoteStateError: it is not so, of devices that ``without`` does not name.
    """
    expected = {
        device.kiosk
        for place in package.definition.places
        for device in place.devices
        if device.role is not DeviceRole.DESK
    }
    devices = box_store.read_devices(connection)
    final = {device.name for device in devices if device.is_final}
    if waiting := expected - final - set(without):
        raise VoteStateError(f"not closed yet, or not heard of: {', '.join(sorted(waiting))}")
    missing = sum(each.cast for each in devices if each.name not in without) - box_store.count_received(connection)
    if missing > 0:
        raise VoteStateError(f"{missing} ballots that devices cast have not come")


def close_box(
    connection: Connection, package: ElectionPackage, accepted: AcceptedList, *, without: Collection[str] = ()
) -> Mapping[Fingerprint, Closing]:
    """Close the log for good and return what each election's record and rejected list will hold.

    Doing it again gives the same.

    Raises:
        VoteStateError: the list is of another election, or as ``require_final``.
    """
    if accepted.mode is not package.mode or accepted.definition != hex_hash(package.definition.to_bytes()):
        raise VoteStateError("the accepted list is of another election")
    if not is_closed(connection):
        require_final(connection, package, without)
        _end_log(connection)
    checked = {each.ballot for each in box_store.read_checked(connection)}
    closings = {
        election.fingerprint: _close(connection, election, accepted, checked) for election in package.elections.values()
    }
    box_store.TABLES.raise_alarms(
        connection,
        [Raised(Alarm.NEVER_CAME, "", ballot) for closing in closings.values() for ballot in closing.missing],
    )
    return closings


def _end_log(connection: Connection) -> None:
    """List false openings of ballots that never came, then what every device says of itself, and end the log."""
    listed = opened_in_log(connection)
    unlisted = [each for each in box_store.read_checked(connection) if each.ballot not in listed]
    log_opened(connection, [each for each in unlisted if box_store.read_ballot(connection, each.ballot) is None])
    for device in box_store.read_devices(connection):
        entry = DeviceEntry(device.name, device.cast, device.checked, int(device.is_final))
        box_store.append_line(connection, entry_bytes(entry))
    box_store.append_line(connection, entry_bytes(ClosedEntry()))


def _close(
    connection: Connection, election: Election, accepted: AcceptedList, checked: Collection[Fingerprint]
) -> Closing:
    # Checked when they came; read again, they are checked again: what a disk or a hand changed since is not counted.
    ballots = []
    for ballot in check_ballots([election], box_store.read_ballots(connection, election.fingerprint)):
        if isinstance(ballot, BallotRefusal):
            raise BallotRefusedError(ballot)
        ballots.append(ballot)
    return close_election(election.fingerprint, ballots, accepted, checked)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the files of the close go, what signs the lists, and the time (Unix seconds) that the records bear."""

    folder: Path
    key: DeviceKey
    timestamp: int


def write_closing(desk: Desk, package: ElectionPackage, election: Election, closing: Closing) -> ClosedElection:
    """Write an election's record up to the encrypted tally, and its rejected list.

    Fewer ballots than the package's minimum are not tallied: decrypting few ballots would tell who chose what. Then
    there is no record, and the ballots stay encrypted. What an earlier call wrote is left as it is, so that a close
    that was interrupted is done again.

    Raises:
        VoteStateError: a file is there that says something else.
        RecordFileError: the record cannot be written.
    """
    rejected = RejectedList(
        mode=package.mode, election=election.fingerprint, rejected=closing.rejected, missing=closing.missing
    )
    _write_list(desk.folder / f"{election.uuid}.rejected.json", rejected, desk.key)
    is_tallied = len(closing.counted) >= package.definition.rules.minimum_tally
    name = f"{election.uuid}.bel" if is_tallied else ""
    if is_tallied:
        _write_record(desk, package, election, closing)
    return ClosedElection(election.fingerprint, name, len(closing.counted), len(closing.rejected), len(closing.missing))


def _write_list(path: Path, rejected: RejectedList, key: DeviceKey) -> None:
    if path.exists():
        if verify_list(path.read_bytes(), RejectedList, key.public_der) != rejected:
            raise VoteStateError(f"{path.name} is there, of another close")
        return
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.write_bytes(sign_list(rejected, key))
    unfinished.replace(path)


def _write_record(desk: Desk, package: ElectionPackage, election: Election, closing: Closing) -> None:
    """Write the record beside its place and put it there whole; one that is there must begin with the same bytes."""
    path = desk.folder / f"{election.uuid}.bel"
    unfinished = desk.folder / f".{election.uuid}.closing"
    unfinished.unlink(missing_ok=True)
    keys = write_credentials(PublicCredential(ballot.credential) for ballot in closing.counted)
    setup = SetupEvent(election.data, package.trustees.data, keys)
    tally = Tally(election)
    with RecordFile.create(unfinished, setup, _timestamp_of(path) or desk.timestamp) as record:
        for ballot in closing.counted:
            record.append(BallotEvent(ballot.data))
            tally.add(ballot)
        record.append(EndBallotsEvent())
        encrypted = tally.encrypted()
        record.append(EncryptedTallyEvent(encrypted.data, encrypted.num_tallied, encrypted.total_weight))
    if not path.exists():
        unfinished.replace(path)
    elif _begins_with(path, unfinished):
        unfinished.unlink()
    else:
        raise VoteStateError(f"{path.name} is there, of another close")


def _timestamp_of(path: Path) -> int | None:
    if not path.exists():
        return None
    with path.open("rb") as stream:
        return read_head(stream).timestamp


def _begins_with(path: Path, beginning: Path) -> bool:
    with path.open("rb") as one, beginning.open("rb") as other:
        return all(one.read(len(chunk)) == chunk for chunk in iter(lambda: other.read(_CHUNK_BYTES), b""))
