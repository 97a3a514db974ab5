# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What officers do with the two boards: each act on an opened home, whoever asks for it."""

import base64
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from townhall_central.errors import VoteStateError
from townhall_central.pickup import Line, pick_up
from townhall_central.vote import box_store, eligibility_store
from townhall_central.vote.box_desk import BallotDesk, is_closed
from townhall_central.vote.closing import ClosedElection, Desk, close_box, write_closing
from townhall_central.vote.counting import count
from townhall_central.vote.delivery import Raised
from townhall_central.vote.destruction import destroy
from townhall_central.vote.eligibility_desk import EligibilityDesk, open_bench
from townhall_central.vote.eligibility_store import MAX_NAME, MAX_WHY, Decision, Settlement, Standing
from townhall_central.vote.home import BoardHome, BoardRole
from townhall_central.vote.settling import settle
from townhall_crypto.checkpoint import Checkpoint, sign_checkpoint
from townhall_crypto.device_key import DeviceKey
from townhall_crypto.merkle import MerkleTree, leaf_hash
from townhall_crypto.namespaces import VOTING_LOG_LEAF
from townhall_sync.ballot_log import BallotLogPart, part_of
from townhall_voting.board.lists import AcceptedList, verify_list
from townhall_voting.eligibility.duplicates import Pseudonym
from townhall_voting.eligibility.statement import read_facts, signer_of
from townhall_voting.hashing import HexHash
from townhall_voting.package.roll import Voter
from townhall_voting.trustees.combination import OfferedShare

__all__ = ["Decision", "Desk", "OfferedShare", "count", "destroy"]


@dataclass(frozen=True, slots=True)
class DeviceShown:
    """What a device says of itself, and what came of it."""

    name: str
    said: int
    came: int
    is_closed: bool


@dataclass(frozen=True, slots=True)
class BoardStatus:
    """How a board stands: numbers, devices, alarms; no person and no choice."""

    election: str
    mode: str
    numbers: dict[str, int]
    devices: list[DeviceShown]
    alarms: list[dict[str, str]]
    is_closed: bool


@dataclass(frozen=True, slots=True)
class OpenStatement:
    """The evidence about a statement that waits for people: for the officers' eyes, at the board alone."""

    statement: str
    reason: str
    place: str
    device: str
    claimed_time: int
    certificate: str
    """DER in base64: whose card, until when, by which authority."""


def pick_up_now(home: BoardHome, line: Line, now: int) -> None:
    """Take and judge everything that came; raises as `pickup.pick_up` does."""
    if home.settings.role is BoardRole.ELIGIBILITY:
        desk = EligibilityDesk(home, open_bench(home, now))
        pick_up(home.database, line, eligibility_store.TABLES.progress, desk)
    else:
        pick_up(home.database, line, box_store.TABLES.progress, BallotDesk(home.keys, home.package))


def status(home: BoardHome) -> BoardStatus:
    """Return how the board stands."""
    return _eligibility_status(home) if home.settings.role is BoardRole.ELIGIBILITY else _box_status(home)


def _eligibility_status(home: BoardHome) -> BoardStatus:
    with home.database.read() as connection:
        statements = eligibility_store.read_statements(connection)
        devices = eligibility_store.read_devices(connection)
        alarms = eligibility_store.TABLES.alarms(connection)
        settled = eligibility_store.read_settlement(connection) is not None
    came = Counter(each.device for each in statements)
    standing = Counter(f"{each.standing.value} {each.reason}".strip() for each in statements)
    shown = [DeviceShown(each.name, each.made, came[each.name], bool(each.closed)) for each in devices]
    return _status(home, dict(sorted(standing.items())), shown, alarms, settled)


def _box_status(home: BoardHome) -> BoardStatus:
    with home.database.read() as connection:
        numbers = {
            style: len(box_store.read_ballots(connection, election.fingerprint))
            for style, election in home.package.elections.items()
        }
        numbers["checked"] = len(box_store.read_checked(connection))
        devices = box_store.read_devices(connection)
        alarms = box_store.TABLES.alarms(connection)
        closed = is_closed(connection)
    # How many came from which device is not kept: the box forgets where a ballot is from.
    shown = [DeviceShown(each.name, each.cast, -1, each.is_final) for each in devices]
    return _status(home, numbers, shown, alarms, closed)


def _status(
    home: BoardHome,
    numbers: dict[str, int],
    devices: list[DeviceShown],
    alarms: list[Raised],
    closed: bool,  # noqa: FBT001 - one call each
) -> BoardStatus:
    told = [{"alarm": each.alarm.value, "device": each.device, "detail": each.detail} for each in alarms]
    return BoardStatus(home.package.definition.id, home.package.mode.value, numbers, devices, told, closed)


def open_statements(home: BoardHome) -> Iterator[OpenStatement]:
    """Return the statements that wait for a decision, with the evidence."""
    with home.database.read() as connection:
        statements = eligibility_store.read_statements(connection)
        decided = eligibility_store.read_decisions(connection)
    for each in statements:
        if each.standing is Standing.OPEN and each.sha256 not in decided:
            certificate = base64.b64encode(signer_of(each.container).dump()).decode()
            time = read_facts(each.container).time
            yield OpenStatement(each.sha256, each.reason, each.place, each.device, time, certificate)


def two_people(first: str, second: str, do: str) -> tuple[str, str]:
    """Return both names, trimmed; raises VoteStateError where one is missing, too long, or one person twice."""
    names = (first.strip(), second.strip())
    if names[0].casefold() == names[1].casefold():
        raise VoteStateError(f"two people {do}, not one twice")
    if not all(0 < len(name) <= MAX_NAME for name in names):
        raise VoteStateError("a name is missing or too long")
    return names


def decision_of(counts: bool, first: str, second: str, why: str) -> Decision:  # noqa: FBT001 - the verdict itself
    """Return the decision of two officers; raises VoteStateError where it is none."""
    names = two_people(first, second, "decide")
    if not 0 < len(why.strip()) <= MAX_WHY:
        raise VoteStateError("say on what evidence, in up to 1000 characters")
    return Decision(counts, *names, why.strip())


def decide(home: BoardHome, statement: str, decision: Decision) -> None:
    """Note what two officers decided; raises VoteStateError where there is nothing to decide."""
    with home.database.write() as connection:
        eligibility_store.store_decision(connection, HexHash(statement), decision)


def note_paper_voters(home: BoardHome, text: str) -> int:
    """Note people who voted on paper, a line each: country and personal code; returns how many are on the roll.

    Raises:
        VoteStateError: a line is of another form, names nobody on the roll, or the board has settled.
    """
    keys = home.roll_keys()
    people: list[Pseudonym] = []
    for number, line in enumerate(text.splitlines(), 1):
        country, _, code = line.strip().partition(" ")
        if home.package.roll.district_of(Voter(country, code.strip()), keys) is None:
            raise VoteStateError(f"line {number} names nobody on the roll; nothing was noted")
        people.append(Pseudonym(keys.entry(Voter(country, code.strip()))))
    with home.database.write() as connection:
        if eligibility_store.read_settlement(connection) is not None:
            raise VoteStateError("the board has settled")
        for person in people:
            eligibility_store.store_paper_voter(connection, person)
    return len(people)


def settle_now(home: BoardHome, key: DeviceKey, now: int, without: Collection[str]) -> Settlement:
    """Settle for good; raises as `settling.settle` does."""
    bench = open_bench(home, now)
    with home.database.write() as connection:
        return settle(connection, home.package, bench, key, without=without)


@dataclass(frozen=True, slots=True)
class GivenList:
    """The eligibility board's list as somebody brought it, and the key that it must be signed with."""

    untrusted: bytes
    board_key: bytes


def close_now(home: BoardHome, given: GivenList, desk: Desk, without: Collection[str]) -> list[ClosedElection]:
    """Close the box and write what is public of it.

    Raises:
        ListRefusedError: the list is not by that board.
        VoteStateError, RecordFileError: as `closing` does.
    """
    accepted = verify_list(given.untrusted, AcceptedList, given.board_key)
    with home.database.write() as connection:
        closings = close_box(connection, home.package, accepted, without=without)
    elections = home.package.elections.values()
    return [write_closing(desk, home.package, each, closings[each.fingerprint]) for each in elections]


@dataclass(frozen=True, slots=True)
class PublicLog:
    """The public log as it stands: what is put on the web, and what the centre hands on to kiosks."""

    files: dict[str, bytes]
    part: BallotLogPart


def public_log(home: BoardHome) -> PublicLog:
    """Return the log: its lines, its checkpoint, and the key that verifies it; for kiosks the hashes of its leaves."""
    signer = home.log_signer()
    with home.database.read() as connection:
        lines = box_store.read_lines(connection)
    leaves = [leaf_hash(VOTING_LOG_LEAF + line) for line in lines]
    root = MerkleTree.from_leaf_hashes(leaves).root()
    checkpoint = sign_checkpoint(Checkpoint(signer.name, len(leaves), root), signer)
    files = {
        "log.jsonl": b"".join(line + b"\n" for line in lines),
        "checkpoint": checkpoint.encode(),
        "log.vkey": f"{signer.verifier.vkey}\n".encode(),
    }
    return PublicLog(files, part_of(checkpoint, b"".join(leaves), 0))
