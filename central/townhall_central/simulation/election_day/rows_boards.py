# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The report's rows about rogue boards and a stolen disk: attacks on what the day left."""

from collections.abc import Iterator, Sequence
from io import BytesIO

from townhall_central.simulation.election_day.observed import Observed
from townhall_central.simulation.election_day.report import ThreatRow, row
from townhall_central.vote import box_store, eligibility_store
from townhall_central.vote.delivery import Alarm
from townhall_crypto.checkpoint import Checkpoint, verify_checkpoint
from townhall_crypto.errors import RefusedError
from townhall_crypto.recipients import generate_recipient_key
from townhall_crypto.sealed import open_sealed, seal
from townhall_crypto.secret import Secret
from townhall_voting.board.log import PublishedLog, check_extends, has_root, read_log, write_log
from townhall_voting.eligibility.batches import STATEMENT_KIND, STATEMENTS_KIND, StatementBatch, sorted_by_hash
from townhall_voting.eligibility.statement import read_facts
from townhall_voting.errors import LogRefusedError, RecordRefusedError
from townhall_voting.hashing import Fingerprint, hex_hash
from townhall_voting.package.roll import RollKeys, Voter
from townhall_voting.record.archive import append_event, open_archive, read_events, read_head
from townhall_voting.record.ballot_judges import DirectJudge, GoodBallot
from townhall_voting.record.events import BallotEvent, Event, SetupEvent
from townhall_voting.record.findings import Facts, NotVerified
from townhall_voting.record.log_check import check_log
from townhall_voting.record.reasons import Place, Refusal
from townhall_voting.record.verifier import Evidence, verify_record


def board_rows(seen: Observed) -> Iterator[ThreatRow]:
    """Return the rows, each judged by what was found."""
    yield _stolen_disk(seen)
    yield _dropped(seen)
    yield _replayed(seen)
    yield _rewritten(seen)
    yield _statement_replayed(seen)
    yield _invented(seen)


def _stolen_disk(seen: Observed) -> ThreatRow:
    """Whoever copied a kiosk's disk tries to open it, to find a person in it, and to look everybody up in the roll."""
    disk, town = seen.day.stolen, seen.day.town
    opened = sum(_opens(blob) for blob in disk)
    codes = [voter.person.personal_code for voter in town.voters]
    # A ballot is long numbers in digits, among which any short number is found by chance.
    whole = b"".join(blob for blob in disk if not blob.startswith(b"{"))
    named = sum(code.encode() in whole for code in codes)
    guessed = RollKeys.derive(Secret.random(32), town.board.package.definition)
    found = sum(town.board.package.roll.district_of(Voter("EE", code), guessed) is not None for code in codes)
    return row(
        "Stolen disk",
        f"{len(disk)} sealed or encrypted things that waited on a kiosk; {len(codes)} people looked up without the key",
        {"opened": opened, "people named": named, "people found in the roll": found},
        held=bool(disk) and opened == named == found == 0,
        rest_risk="times, sizes and addressees of what waits",
    )


def _opens(blob: bytes) -> bool:
    try:
        open_sealed(blob, generate_recipient_key())
    except RefusedError:
        return False
    return True


def _dropped(seen: Observed) -> ThreatRow:
    """The box drops a logged ballot from record and lists, or counts one that it never logged."""
    ballots = seen.good_ballots
    other = GoodBallot(Fingerprint(hex_hash(b"h")[:43]), Fingerprint(hex_hash(b"tracker")[:43]))
    told = [_log_verdict(seen, ballots[1:]), _log_verdict(seen, [*ballots, other])]
    return row(
        "Rogue box drops or adds a ballot after logging",
        "a record without one logged ballot, and one with a ballot that the log does not have",
        {f"strict verifier: {each.name.lower()}": 1 for each in told if each is not None},
        held=told == [Refusal.DROPPED, Refusal.UNPUBLISHED],
    )


def _log_verdict(seen: Observed, ballots: Sequence[GoodBallot]) -> Refusal | None:
    election = seen.day.town.box.package.elections["town"]
    try:
        check_log(election, ballots, seen.day.town.published, Facts(), Place(0))
    except RecordRefusedError as error:
        return error.reason
    return None


def _replayed(seen: Observed) -> ThreatRow:
    """The box puts one ballot into the record a second time: what the tool of Belenios 2.0 lets through."""
    record = seen.day.town.public / seen.closed.record
    setup: SetupEvent | None = None
    ballots: list[bytes] = []
    with record.open("rb") as stream:
        head = read_head(stream)
        for recorded in read_events(stream, head):
            if isinstance(recorded.event, SetupEvent):
                setup = recorded.event
            elif isinstance(recorded.event, BallotEvent) and not ballots:
                ballots = [recorded.event.ballot] * 2
                break
    if setup is None:
        raise ValueError("the record has no setup")
    data, at = open_archive(seen.day.now)
    events: list[Event] = [setup, *map(BallotEvent, ballots)]
    for event in events:
        added, at = append_event(at, event)
        data += added
    verdict = verify_record(BytesIO(data), Evidence(), DirectJudge())
    reason = verdict.reason if isinstance(verdict, NotVerified) else None
    return row(
        "Rogue box replays a ballot",
        "a record with one ballot twice",
        {f"strict verifier: {reason.name.lower()}": 1} if reason is not None else {},
        held=reason is Refusal.SECOND_BALLOT,
    )


def _rewritten(seen: Observed) -> ThreatRow:
    """The box signs another log that lacks a line; somebody kept checkpoints, a receipt bears a root."""
    town, log = seen.day.town, seen.log
    signer = town.box.log_signer()
    kept = [verify_checkpoint(each, signer.verifier) for each in seen.day.checkpoints]
    honest = sum(_extends(log, each) for each in kept)
    entries = list(log.entries)
    del entries[0]
    lines, checkpoint = write_log(entries, signer)
    forged = read_log(lines, checkpoint, signer.verifier)
    caught = sum(not _extends(forged, each) for each in kept)
    roots = sum(has_root(log, each.size, each.root) and not has_root(forged, each.size, each.root) for each in kept)
    return row(
        "Board shows two versions",
        f"a log without its first line, signed by the box itself, against {len(kept)} checkpoints that somebody kept",
        {"kept checkpoint does not fit": caught, "root on a receipt does not fit": roots},
        held=honest == caught == roots == len(kept) > 0,
        rest_risk="somebody must have kept a checkpoint or a receipt",
    )


def _extends(log: PublishedLog, earlier: Checkpoint) -> bool:
    try:
        check_extends(log, earlier)
    except LogRefusedError:
        return False
    return True


def _statement_replayed(seen: Observed) -> ThreatRow:
    """A device delivers the statement that another device made; the board keeps the first, and says so."""
    town = seen.day.town
    with town.board.database.read() as connection:
        before = eligibility_store.read_statements(connection)
    victim = next(each for each in before if each.standing is eligibility_store.Standing.GOOD)
    thief = next(post.desk for post in seen.day.posts if post.desk.kiosk.name not in {victim.device, *seen.day.without})
    copied = seal(victim.container, kind=STATEMENT_KIND, recipients=[thief.board])
    batch = StatementBatch(
        mode=thief.package.mode,
        definition=hex_hash(thief.package.definition.to_bytes()),
        device=thief.kiosk.name,
        opened=thief.opened + thief.skew_s,
        closed=thief.closed,
        made=thief.made,
        statements=sorted_by_hash([copied]),
    )
    town.put(thief, [thief.seal_batch(batch.to_bytes(), STATEMENTS_KIND, thief.board)])
    alarms = seen.day.alarms()[Alarm.OTHER_DEVICE.value]
    town.pick_up()
    told = seen.day.alarms()[Alarm.OTHER_DEVICE.value] - alarms
    with town.board.database.read() as connection:
        after = eligibility_store.read_statements(connection)
    return row(
        "Statement replayed by another device",
        "a good statement delivered again under another device's name",
        {Alarm.OTHER_DEVICE.value: told},
        held=told == 1 and after == before,
    )


def _invented(seen: Observed) -> ThreatRow:
    """The eligibility board accepts a ballot that no card cast; sworn auditors read every statement again."""
    town = seen.day.town
    with town.board.database.read() as connection:
        containers = [each.container for each in eligibility_store.read_statements(connection)]
        paper = eligibility_store.read_paper_voters(connection)
    with town.box.database.read() as connection:
        box = box_store.read_ballots(connection, seen.rejected.election)
    stated = {_ballot_of(container) for container in containers}
    recorded = {each.hash for each in seen.good_ballots}
    listed = {hex_hash(container) for container in containers} == set(seen.report.statements)
    invented = Fingerprint(hex_hash(b"invented")[:43])
    return row(
        "Eligibility board invents a voter",
        f"{len(containers)} statements read again beside {len(box)} ballots and {len(paper)} paper voters",
        {"auditors: a counted ballot without a statement": len({*recorded, invented} - stated)},
        held=listed and recorded <= stated and {*recorded, invented} - stated == {invented},
    )


def _ballot_of(container: bytes) -> Fingerprint:
    return read_facts(container).ballot
