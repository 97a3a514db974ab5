# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The journal accepts once, keeps the chain, and knows itself again."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from townhall_crypto.checkpoint import DeviceNoteVerifier, verify_checkpoint
from townhall_crypto.device_key import FileDeviceKey
from townhall_crypto.envelope import NO_PREVIOUS, verify_envelope
from townhall_sync.async_journal import AsyncJournal
from townhall_sync.audit import Event
from townhall_sync.clock import SimulatedClock
from townhall_sync.errors import (
    JournalCorruptError,
    JournalForeignError,
    JournalInUseError,
    JournalRolledBackError,
)
from townhall_sync.journal import Journal
from townhall_sync.journal_records import JournalPolicy, KnownHead
from townhall_sync.number import number_of, parse_number
from townhall_sync.simulated_kiosk import SimulatedKiosk
from townhall_sync.verification import log_origin

Sealed = Callable[[int], bytes]


def test_a_committed_envelope_verifies_and_names_its_payload(
    kiosk: SimulatedKiosk, key: FileDeviceKey, sealed: Sealed
) -> None:
    journal = kiosk.open()
    committed = journal.commit(sealed(1))
    envelope = verify_envelope(journal.envelope_bytes(committed.envelope_id), key.public_der)
    assert envelope.sealed == sealed(1)
    assert envelope.header.envelope_id == committed.envelope_id
    assert (envelope.header.kiosk, envelope.header.seq) == ("kiosk-1", 1)
    assert envelope.header.prev_hash == NO_PREVIOUS


def test_each_envelope_names_the_one_before_it_across_openings(
    kiosk: SimulatedKiosk, key: FileDeviceKey, sealed: Sealed
) -> None:
    previous = NO_PREVIOUS
    boots = set()
    for number in range(1, 6):
        journal = kiosk.open()
        committed = journal.commit(sealed(number))
        header = verify_envelope(journal.envelope_bytes(committed.envelope_id), key.public_der).header
        assert (header.seq, header.prev_hash) == (number, previous)
        previous = committed.envelope_id
        boots.add(header.boot)
    assert len(boots) == 5


def test_the_same_sealed_bytes_again_give_the_first_result(kiosk: SimulatedKiosk, sealed: Sealed) -> None:
    journal = kiosk.open()
    first = journal.commit(sealed(1))
    journal.commit(sealed(2))
    again = kiosk.open().commit(sealed(1))
    assert not first.is_repeat
    assert again.is_repeat
    assert (again.number, again.envelope_id, again.seq, again.checkpoint) == (
        first.number,
        first.envelope_id,
        first.seq,
        first.checkpoint,
    )


def test_the_number_is_read_from_the_envelope_id(kiosk: SimulatedKiosk, sealed: Sealed) -> None:
    committed = kiosk.open().commit(sealed(1))
    assert committed.number == number_of(committed.envelope_id)
    assert parse_number(committed.number.lower()) == committed.number


def test_the_checkpoint_is_a_signed_note_of_this_journals_log(
    kiosk: SimulatedKiosk, key: FileDeviceKey, sealed: Sealed
) -> None:
    journal = kiosk.open()
    before = journal.checkpoint()
    committed = journal.commit(sealed(1))
    verifier = DeviceNoteVerifier(log_origin("kiosk-1", journal.journal_id), key.public_der)
    old, new = verify_checkpoint(before, verifier), verify_checkpoint(committed.checkpoint, verifier)
    assert new.size == old.size + 1
    assert journal.checkpoint() == committed.checkpoint


def test_a_created_time_carries_wall_monotonic_and_the_centres_time(
    kiosk: SimulatedKiosk, key: FileDeviceKey, clock: SimulatedClock, sealed: Sealed
) -> None:
    clock.seconds = 77.5
    journal = kiosk.open()
    committed = journal.commit(sealed(1))
    created = verify_envelope(journal.envelope_bytes(committed.envelope_id), key.public_der).header.created
    assert (created.wall, created.monotonic_ns, created.last_server_time) == (1_800_000_077, 77_500_000_000, 0)


def test_what_is_committed_is_pending_in_order(kiosk: SimulatedKiosk, sealed: Sealed) -> None:
    journal = kiosk.open()
    ids = [journal.commit(sealed(number)).envelope_id for number in range(1, 5)]
    assert [each.envelope_id for each in journal.pending()] == ids
    assert [each.seq for each in journal.pending(2, after_seq=1)] == [2, 3]
    assert journal.status().queued == 4


def test_a_journal_belongs_to_one_kiosk_and_key(kiosk: SimulatedKiosk, sealed: Sealed) -> None:
    kiosk.open().commit(sealed(1))
    kiosk.close()
    other = FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))
    clock = SimulatedClock()
    with pytest.raises(JournalForeignError):
        Journal.open(kiosk.directory, kiosk="kiosk-1", key=other, clock=clock, policy=kiosk.policy)
    with pytest.raises(JournalForeignError):
        Journal.open(kiosk.directory, kiosk="kiosk-2", key=kiosk.key, clock=clock, policy=kiosk.policy)
    assert kiosk.open().status().last_seq == 1


def test_a_journal_is_open_once(kiosk: SimulatedKiosk) -> None:
    kiosk.open()
    with pytest.raises(JournalInUseError):
        Journal.open(kiosk.directory, kiosk="kiosk-1", key=kiosk.key, clock=kiosk.clock, policy=kiosk.policy)


def test_a_newer_programs_journal_is_left_alone(kiosk: SimulatedKiosk) -> None:
    kiosk.open()
    kiosk.close()
    database = sqlite3.connect(kiosk.directory / "journal.db")
    database.execute("PRAGMA user_version=99")
    database.close()
    with pytest.raises(JournalForeignError, match="99"):
        kiosk.open()


def test_the_database_is_set_up_as_the_design_says(kiosk: SimulatedKiosk, sealed: Sealed) -> None:
    journal = kiosk.open()
    journal.commit(sealed(1))
    database = journal._log._store._database
    settings = {
        name: database.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "secure_delete", "locking_mode", "mmap_size")
    }
    assert settings == {
        "journal_mode": b"wal",
        "synchronous": 2,
        "secure_delete": 1,
        "locking_mode": b"exclusive",
        "mmap_size": 0,
    }
    assert not (kiosk.directory / "journal.db-shm").exists()
    assert kiosk.directory.stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o077 == 0 for path in kiosk.directory.iterdir())


def test_an_older_image_put_back_is_noticed_through_a_known_head(kiosk: SimulatedKiosk, sealed: Sealed) -> None:
    journal = kiosk.open()
    journal.commit(sealed(1))
    kiosk.close()
    image = {path.name: path.read_bytes() for path in kiosk.directory.iterdir()}
    journal = kiosk.open()
    journal.commit(sealed(2))
    head = journal.head()
    kiosk.close()
    for path in kiosk.directory.iterdir():
        path.unlink()
    for name, content in image.items():
        (kiosk.directory / name).write_bytes(content)
    with pytest.raises(JournalRolledBackError):
        kiosk.open(head)
    assert kiosk.open().status().last_seq == 1


def test_a_known_head_that_the_journal_has_is_no_obstacle(kiosk: SimulatedKiosk, sealed: Sealed) -> None:
    journal = kiosk.open()
    journal.commit(sealed(1))
    head = journal.head()
    journal.commit(sealed(2))
    assert kiosk.open(head).status().last_seq == 2


@pytest.mark.parametrize("head", [KnownHead("another", 1, "0" * 64), None])
def test_a_journal_that_vanished_is_noticed_through_a_known_head(
    kiosk: SimulatedKiosk, sealed: Sealed, head: KnownHead | None
) -> None:
    journal = kiosk.open()
    journal.commit(sealed(1))
    known = head or journal.head()
    kiosk.close()
    for path in kiosk.directory.iterdir():
        path.unlink()
    with pytest.raises(JournalRolledBackError):
        kiosk.open(known)


@pytest.mark.parametrize("lost", ["journal.db", "journal.db-wal"])
def test_a_database_or_wal_that_vanished_is_noticed_by_the_head_file(
    kiosk: SimulatedKiosk, sealed: Sealed, lost: str
) -> None:
    journal = kiosk.open()
    journal.commit(sealed(1))
    image = {path.name: path.read_bytes() for path in kiosk.directory.iterdir()}  # as after a crash: with a WAL
    kiosk.close()
    for name, content in image.items():
        (kiosk.directory / name).write_bytes(content)
    (kiosk.directory / lost).unlink()
    with pytest.raises((JournalRolledBackError, JournalCorruptError)):
        kiosk.open()


def test_an_audit_event_of_the_journals_own_state_is_refused_from_outside(kiosk: SimulatedKiosk) -> None:
    journal = kiosk.open()
    with pytest.raises(ValueError, match="own"):
        journal.audit(Event.FORK_REPORTED, {"seq": 1, "reason": "X"})
    journal.audit(Event.VISIT_BEGUN, {"visit": "v-1"})


def test_a_commit_that_the_caller_gave_up_on_still_happens(kiosk: SimulatedKiosk, sealed: Sealed) -> None:
    async def give_up() -> tuple[int, int]:
        journal = await AsyncJournal.open(kiosk.opening())
        task = asyncio.ensure_future(journal.commit(sealed(1)))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        again = await journal.commit(sealed(1))
        status = await journal.status()
        await journal.close()
        return again.is_repeat, status.last_seq

    assert asyncio.run(give_up()) == (True, 1)


def test_the_first_opening_makes_the_journals_name_and_later_ones_keep_it(
    kiosk: SimulatedKiosk, tmp_path: Path, key: FileDeviceKey
) -> None:
    name = kiosk.open().journal_id
    assert kiosk.open().journal_id == name
    kiosk.close()
    other = Journal.open(tmp_path / "other", kiosk="kiosk-1", key=key, clock=kiosk.clock, policy=kiosk.policy)
    assert other.journal_id != name
    other.close()


def test_visits_are_refused_without_a_reserve_or_with_little_room(kiosk: SimulatedKiosk) -> None:
    assert kiosk.open().status().accepts_visits
    kiosk.policy = JournalPolicy(reserve_bytes=64 * 1024, low_disk_bytes=2**60)
    assert not kiosk.open().status().accepts_visits
    kiosk.close()
    (kiosk.directory / "reserve").unlink()
    kiosk.policy = JournalPolicy(reserve_bytes=2**60, low_disk_bytes=0)
    status = kiosk.open().status()
    assert not status.reserve_held
    assert not status.accepts_visits


def test_a_report_of_a_fork_stops_new_visits_for_good(kiosk: SimulatedKiosk, sealed: Sealed) -> None:
    journal = kiosk.open()
    journal.commit(sealed(1))
    journal.report_fork(1, "TH-CENT-022")
    journal.report_fork(1, "TH-CENT-022")
    status = kiosk.open().status()
    assert status.is_forked
    assert not status.accepts_visits


def test_an_envelope_whose_row_was_swapped_while_open_is_not_handed_out(kiosk: SimulatedKiosk, sealed: Sealed) -> None:
    journal = kiosk.open()
    committed = journal.commit(sealed(1))
    journal._log._store._database.execute("UPDATE payload SET sealed = x'00'")
    with pytest.raises(JournalCorruptError):
        journal.envelope_bytes(committed.envelope_id)


def test_an_unknown_id_is_a_key_error(kiosk: SimulatedKiosk) -> None:
    with pytest.raises(KeyError):
        kiosk.open().envelope_bytes("0" * 64)
