# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One flipped bit anywhere in the journal's files: noticed at opening, or nothing that is read has changed."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from townhall_sync.audit import Event
from townhall_sync.errors import JournalCorruptError, JournalFaultError, OutOfServiceError
from townhall_sync.journal import Journal
from townhall_sync.receipt import ExpectedReceipt, verify_receipt
from townhall_sync.simulated_kiosk import SimulatedKiosk, SimulatedLine
from townhall_sync.simulator import CentralServiceSimulator

Sealed = Callable[[int], bytes]


@dataclass
class Filled:
    """The files of a journal in which everything occurs that can, as after a crash (with a WAL) and a stop."""

    kiosk: SimulatedKiosk
    crashed: dict[str, bytes]
    stopped: dict[str, bytes]
    content: tuple[object, ...]

    def put_back(self, files: dict[str, bytes]) -> None:
        self.kiosk.close()
        for path in self.kiosk.directory.iterdir():
            path.unlink()
        for name, data in files.items():
            (self.kiosk.directory / name).write_bytes(data)


def read_all(journal: Journal) -> tuple[object, ...]:
    """Everything that a journal can be asked for."""
    ids = list(journal._log.ledger.seq_by_id)
    return (
        journal.journal_id,
        journal.pending(),
        tuple(journal.envelope_bytes(each) for each in ids),
        tuple(journal.receipt(seq) for seq in journal.delivered_kept()),
        tuple(journal._first_result(seq) for seq in range(1, len(ids) + 1)),
        journal.head(),
        journal.centre_note(),
    )


def files_of(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.name != "reserve"}


@pytest.fixture
def filled(line: SimulatedLine, sealed: Sealed) -> Filled:
    kiosk = line.kiosk
    journal = kiosk.open()
    for number in range(1, 4):
        journal.commit(sealed(number))
    kiosk.close()
    line.run(lambda _journal, courier: courier.deliver_once())
    journal = kiosk.open()
    journal.audit(Event.VISIT_BEGUN, {"visit": "v-1"})
    for number in range(4, 7):
        journal.commit(sealed(number))
    journal.isolate(4, "TH-CENT-002")
    content = read_all(journal)
    crashed = files_of(kiosk.directory)
    kiosk.close()
    return Filled(kiosk, crashed, files_of(kiosk.directory), content)


def check(filled: Filled, files: dict[str, bytes], name: str, offset: int, bit: int) -> bool:
    """Flip one bit; tell whether it was noticed. Fails where it changes what is read."""
    changed = bytearray(files[name])
    changed[offset] ^= 1 << bit
    filled.put_back({**files, name: bytes(changed)})
    try:
        journal = filled.kiosk.open()
        content = read_all(journal)
    except OutOfServiceError:
        return True
    assert content == filled.content, f"{name} {offset}.{bit} changed what is read"
    return False


def test_the_untouched_images_read_the_same(filled: Filled) -> None:
    for files in (filled.crashed, filled.stopped):
        filled.put_back(files)
        assert read_all(filled.kiosk.open()) == filled.content


@pytest.mark.parametrize("name", ["journal.db", "journal.db-wal", "head"])
@pytest.mark.parametrize("seed", range(4))
def test_a_flipped_bit_is_noticed_or_lies_where_nothing_is_read(filled: Filled, name: str, seed: int) -> None:
    dice = random.Random(f"{name} {seed}")  # noqa: S311  a test's dice
    files = filled.crashed if name == "journal.db-wal" else filled.stopped
    noticed = sum(check(filled, files, name, dice.randrange(len(files[name])), dice.randrange(8)) for _try in range(25))
    if name == "journal.db":
        assert noticed > 5


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", ["journal.db", "journal.db-wal"])
def test_each_seventh_byte_flipped_in_turn_is_noticed_or_lies_where_nothing_is_read(filled: Filled, name: str) -> None:
    files = filled.crashed if name == "journal.db-wal" else filled.stopped
    for offset in range(0, len(files[name]), 7):
        check(filled, files, name, offset, offset % 8)


def test_a_schema_that_is_no_text_any_more_is_noticed(filled: Filled) -> None:
    stored = filled.stopped["journal.db"]
    first = stored.index(b"CREATE TABLE")
    last = stored.rindex(b"CREATE TABLE", 0, 4096)
    noticed = [check(filled, filled.stopped, "journal.db", offset, 7) for offset in range(first, last + 60, 9)]
    assert sum(noticed) > len(noticed) / 2


def test_every_payload_byte_counts(filled: Filled, sealed: Sealed) -> None:
    stored = filled.stopped["journal.db"]
    place = stored.find(sealed(5)[1000:1040])
    assert place > 0
    assert check(filled, filled.stopped, "journal.db", place, 0)


@pytest.mark.parametrize("size", [0, 1, 100, 4096, 10_000])
def test_a_truncated_database_is_noticed(filled: Filled, size: int) -> None:
    filled.put_back({**filled.stopped, "journal.db": filled.stopped["journal.db"][:size]})
    with pytest.raises(OutOfServiceError):
        filled.kiosk.open()


def test_a_database_of_zeros_is_noticed(filled: Filled) -> None:
    filled.put_back({**filled.stopped, "journal.db": bytes(len(filled.stopped["journal.db"]))})
    with pytest.raises(OutOfServiceError):
        filled.kiosk.open()


def test_an_unreadable_head_file_is_no_obstacle(filled: Filled) -> None:
    filled.put_back({**filled.stopped, "head": b"\x00" * 40})
    assert read_all(filled.kiosk.open()) == filled.content


def test_rows_changed_with_sql_are_noticed_whichever_they_are(filled: Filled) -> None:
    changes = (
        "UPDATE log SET entry = CAST(replace(entry, 'VISIT_BEGUN', 'VISIT_ENDED') AS BLOB)",
        "DELETE FROM log WHERE idx = (SELECT max(idx) FROM log)",
        "DELETE FROM log WHERE idx = 2",
        "UPDATE envelope SET signature = zeroblob(70) WHERE seq = 1",
        "UPDATE envelope SET header = zeroblob(70) WHERE seq = 1",
        "DELETE FROM envelope WHERE seq = 6",
        "INSERT INTO envelope VALUES (7, x'00', x'00', x'00')",
        "DELETE FROM payload WHERE seq = 5",
        "INSERT INTO payload VALUES (9, x'00')",
        "UPDATE payload SET sealed = (SELECT sealed FROM payload WHERE seq = 4) WHERE seq = 5",
        "DELETE FROM outbox WHERE seq = 5",
        "UPDATE outbox SET is_isolated = 0",
        "INSERT INTO outbox VALUES (1, 0)",
        "DELETE FROM receipt WHERE seq = 1",
        "UPDATE receipt SET signed = (SELECT signed FROM receipt WHERE seq = 2) WHERE seq = 1",
        "DELETE FROM centre",
        "UPDATE head SET note = CAST(replace(note, '1', '2') AS BLOB)",
        "DELETE FROM head",
    )
    for change in changes:
        filled.put_back(filled.stopped)
        journal = filled.kiosk.open()
        changed = journal._log._store._database.execute(change).rowcount
        assert changed, change
        with pytest.raises(OutOfServiceError):
            filled.kiosk.open()


def test_a_receipt_that_was_recorded_still_verifies(filled: Filled, centre: CentralServiceSimulator) -> None:
    journal = filled.kiosk.open()
    for seq in journal.delivered_kept():
        signed = journal.receipt(seq)
        expected = ExpectedReceipt(signed.body.id, "kiosk-1", journal.journal_id, seq)
        assert verify_receipt(signed, expected, centre.keys).seq == seq


LARGE = 300_000
"""More bytes than SQLite keeps in memory of eight of them."""


def large(number: int) -> bytes:
    return random.Random(number).randbytes(LARGE)  # noqa: S311  a test's payload


def change(path: Path, place: int, bytes_: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        file.write(bytes_)


@pytest.mark.parametrize("what", ["a payload", "a page of the tree", "a page of the log"])
def test_a_page_that_is_damaged_while_the_kiosk_runs_is_noticed_at_its_reading_and_nothing_follows(
    kiosk: SimulatedKiosk, what: str
) -> None:
    journal = kiosk.open()
    ids = [journal.commit(large(number)).envelope_id for number in range(20)]
    journal._log.fold()
    path = kiosk.directory / "journal.db"
    stored = path.read_bytes()
    inside = large(0)[5000:5040]
    assert stored.count(inside) == 1
    place = stored.index(inside)
    match what:
        case "a payload":
            change(path, place, bytes([stored[place] ^ 1]))
        case "a page of the tree":
            change(path, place // 4096 * 4096, bytes(4096))
        case _:
            place = stored.index(b'"event":"JOURNAL_CREATED"')
            change(path, place, b'"event":"JOURNAL_DAMAGED"')
    if what == "a page of the log":
        journal.audit(Event.VISIT_BEGUN, {"visit": "v-1"})  # the log is not read again while it runs
    else:
        with pytest.raises(JournalCorruptError):
            journal.envelope_bytes(ids[0])
        for act in (
            lambda: journal.envelope_bytes(ids[1]),
            lambda: journal.commit(large(0)),
            lambda: journal.commit(b"new"),
            lambda: journal.audit(Event.VISIT_BEGUN, {"visit": "v-1"}),
        ):
            with pytest.raises(JournalFaultError):
                act()
    with pytest.raises(JournalCorruptError):
        kiosk.open()
