# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Backups of a centre: whole, private, taken while it serves, refused when they are not what they should be."""

import stat
import threading
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from townhall_central import agencies, backup, cli, enrolment, ingest, keys, log
from townhall_central.database import Database
from townhall_central.errors import BackupRefusedError, BusyError, DirectoryError, PassphraseRefusedError
from townhall_central.inbox import store
from townhall_central.inbox.case import Case
from townhall_central.inbox.examine import Examined
from townhall_central.inbox.home import InboxHome
from townhall_central.inbox.round import RoundResult, run_round
from townhall_central.simulation.centre import PASSPHRASE, SimulatedCentre
from townhall_central.simulation.kiosk import MemoryDeviceKey, SimulatedKiosk, enrolment_request
from townhall_central.sqlite import SqliteFile
from townhall_central.tables import ENVELOPE, LOG_HEAD, SCHEMA
from townhall_crypto.secret import Secret
from townhall_sync.receipt import CentreKeys
from townhall_sync.restoration import verify_restoration

Restore = Callable[[], SimulatedCentre]
pytestmark = pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)


def rows(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.read() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in SCHEMA.metadata.sorted_tables
        }


@pytest.fixture
def delivered(centre: SimulatedCentre, kiosk: SimulatedKiosk) -> list[ingest.Outcome]:
    centre.code("kiosk-9")
    return [centre.put(kiosk, envelope) for envelope in kiosk.chain(11)]


@pytest.fixture
def restore(centre: SimulatedCentre, tmp_path: Path, new_url: Callable[[], str]) -> Callable[[], SimulatedCentre]:
    def work() -> SimulatedCentre:
        path = tmp_path / "restored"
        backup.restore(tmp_path / "backup", path, Secret(PASSPHRASE), now=centre.now, database_url=new_url())
        return SimulatedCentre(path, keys.load_keys(path), keys.open_database(path), centre.now)

    return work


def test_what_comes_back_is_what_was_there_and_a_statement(
    centre: SimulatedCentre, delivered: list[ingest.Outcome], tmp_path: Path, restore: Restore
) -> None:
    copied = backup.back_up(centre.path, tmp_path / "backup")
    restored = restore()
    before, after = rows(centre.database), rows(restored.database)
    assert len(after.pop("restoration")) == len(before.pop("restoration")) + 1
    assert after == before
    assert len(before["envelope"]) == len(delivered)
    with restored.database.read() as connection:
        (signed,) = log.restorations(connection).restorations
    stated = verify_restoration(signed, CentreKeys.from_root(centre.keys.root_bytes))
    assert (stated.checkpoint.size, stated.checkpoint.root.hex()) == (copied.size, copied.root) == (11, copied.root)
    assert restored.keys.root_bytes == centre.keys.root_bytes
    restored.database.close()


def test_a_restored_centre_goes_on_with_everything(
    *,
    centre: SimulatedCentre,
    kiosk: SimulatedKiosk,
    inbox: InboxHome,
    delivered: list[ingest.Outcome],
    tmp_path: Path,
    restore: Restore,
) -> None:
    """Numbers go on after the copied ones, the device CA's passphrase opens, known envelopes are known."""
    backup.back_up(centre.path, tmp_path / "backup")
    restored = restore()
    again = [restored.put(kiosk, kiosk.envelope(12)), *(restored.put(kiosk, each) for each in kiosk.chain(0))]
    assert all(isinstance(each, ingest.Stored) and each.is_new for each in again)
    key = MemoryDeviceKey()
    asked = restored.ask(enrolment_request("kiosk-10", key, restored.code("kiosk-10").secret))
    assert asked is not None
    restored.approve(asked.state.id)
    with restored.database.read() as connection:
        assert [each.id for each in enrolment.waiting(connection)] == []
        assert len(agencies.page(connection, inbox.key_id, -1).items) == 12
        assert agencies.page(connection, inbox.key_id, -1).epoch == centre.now
    assert len(delivered) == 11
    restored.database.close()


class NearLine:
    """An inbox beside its centre."""

    def __init__(self, centre: SimulatedCentre, key_id: str) -> None:
        self.centre = centre
        self._key_id = key_id

    def page(self, after: int) -> agencies.InboxPage:
        with self.centre.database.read() as connection:
            return agencies.page(connection, self._key_id, after)

    def envelope(self, envelope_id: str) -> bytes:
        with self.centre.database.read() as connection:
            found = ingest.read_bytes(connection, envelope_id)
        assert found is not None
        return found


def look(untrusted: bytes, item: agencies.InboxItem) -> Examined:
    return Examined(Case(state="ready", reasons=[]), untrusted, sha256(item.id.encode()).digest())


def test_an_inbox_misses_nothing_of_a_restored_log_and_takes_nothing_twice(
    centre: SimulatedCentre, kiosk: SimulatedKiosk, inbox: InboxHome, tmp_path: Path, restore: Restore
) -> None:
    """Places in the restored log are given anew: at those that the inbox has passed, others come to stand."""
    envelopes = kiosk.chain(8)
    for envelope in envelopes[:3]:
        centre.put(kiosk, envelope)
    backup.back_up(centre.path, tmp_path / "backup")
    for envelope in envelopes[3:6]:
        centre.put(kiosk, envelope)
    line = NearLine(centre, inbox.key_id)
    assert run_round(inbox.database, line, look) == RoundResult(6, 0)
    line.centre = restore()
    for envelope in (envelopes[7], envelopes[6], *envelopes[3:6]):  # new ones first, then what was lost
        assert run_round(inbox.database, line, look).cases <= 1
        line.centre.put(kiosk, envelope)
    run_round(inbox.database, line, look)
    assert run_round(inbox.database, line, look) == RoundResult(0, 0)
    with inbox.database.read() as connection:
        shown = [store.read_case(connection, number) for number, _state in store.list_cases(connection)]
    found = [identifier for case in shown for identifier in case.envelopes]
    assert sorted(found) == sorted(each.header.envelope_id for each in envelopes)
    line.centre.database.close()


def test_nobody_else_reads_a_backup(centre: SimulatedCentre, tmp_path: Path) -> None:
    backup.back_up(centre.path, tmp_path / "backup")
    found = list((tmp_path / "backup").rglob("*"))
    assert len(found) > 5
    for path in [tmp_path / "backup", *found]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_backup_of_a_centre_that_serves_is_one_state_of_it(
    centre: SimulatedCentre, kiosk: SimulatedKiosk, tmp_path: Path
) -> None:
    """Writers go on meanwhile: what is copied is a beginning of their log, whole, with its own head."""
    envelopes = kiosk.chain(30)
    centre.put(kiosk, envelopes[0])
    has_begun = threading.Event()

    def deliver() -> None:
        for envelope in envelopes[1:]:
            has_begun.set()
            while True:
                try:
                    centre.put(kiosk, envelope)
                except BusyError:
                    continue
                break

    thread = threading.Thread(target=deliver)
    thread.start()
    assert has_begun.wait(20)
    copied = backup.back_up(centre.path, tmp_path / "backup")
    thread.join()
    assert 1 <= copied.size <= 30
    with centre.database.read() as connection:
        assert log.read_head(connection).size == 30
        assert log.consistency_proof(connection, copied.size, 30) is not None


def test_nothing_is_written_over(centre: SimulatedCentre, tmp_path: Path, new_url: Callable[[], str]) -> None:
    with pytest.raises(DirectoryError):
        backup.back_up(centre.path, centre.path)
    with pytest.raises(DirectoryError, match="inside"):
        backup.back_up(centre.path, centre.path / "backup")
    assert not (centre.path / "backup").exists()
    backup.back_up(centre.path, tmp_path / "backup")
    with pytest.raises(DirectoryError):
        backup.back_up(centre.path, tmp_path / "backup")
    with pytest.raises(DirectoryError):
        backup.restore(tmp_path / "backup", centre.path, Secret(PASSPHRASE), now=centre.now, database_url=new_url())


def test_without_the_passphrase_nobody_states_a_restoration(centre: SimulatedCentre, tmp_path: Path) -> None:
    backup.back_up(centre.path, tmp_path / "backup")
    with pytest.raises(PassphraseRefusedError):
        backup.restore(tmp_path / "backup", tmp_path / "restored", Secret(b"of somebody else"), now=centre.now)
    assert not (tmp_path / "restored").exists()


@pytest.mark.parametrize("damage", ["a row is gone", "the last row is gone", "the head is another"])
def test_a_backup_that_does_not_hold_together_is_refused(
    centre: SimulatedCentre, delivered: list[ingest.Outcome], tmp_path: Path, damage: str
) -> None:
    assert delivered
    backup.back_up(centre.path, tmp_path / "backup")
    changes = {
        "a row is gone": delete(ENVELOPE).where(ENVELOPE.c.log_index == 4),
        "the last row is gone": delete(ENVELOPE).where(ENVELOPE.c.log_index == 10),
        "the head is another": update(LOG_HEAD).values(peaks=bytes(96)),
    }
    opened = Database.open(SqliteFile(tmp_path / "backup" / "central.db"), SCHEMA)
    with opened.write() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        connection.exec_driver_sql("DELETE FROM addressee")
        connection.execute(changes[damage])
    opened.close()
    with pytest.raises(BackupRefusedError):
        backup.restore(tmp_path / "backup", tmp_path / "restored", Secret(PASSPHRASE), now=centre.now)
    assert not (tmp_path / "restored" / "root.json").exists()


def test_a_clock_behind_the_backup_is_noticed(
    centre: SimulatedCentre, delivered: list[ingest.Outcome], tmp_path: Path
) -> None:
    assert delivered
    backup.back_up(centre.path, tmp_path / "backup")
    with pytest.raises(BackupRefusedError, match="clock"):
        backup.restore(tmp_path / "backup", tmp_path / "restored", Secret(PASSPHRASE), now=centre.now - 1)


def test_the_commands_back_up_and_restore(
    centre: SimulatedCentre, tmp_path: Path, new_url: Callable[[], str], capsys: pytest.CaptureFixture[str]
) -> None:
    passphrase = tmp_path / "passphrase"
    passphrase.touch(mode=0o600)
    passphrase.write_bytes(PASSPHRASE)
    kept, data = str(tmp_path / "backup"), str(tmp_path / "restored")
    assert cli.main(["backup", "--data", str(centre.path), kept]) == 0
    assert capsys.readouterr().out.startswith("backup of a log of 0, root ")
    restoring = ["restore", "--data", data, "--passphrase-file", str(passphrase), "--database", new_url(), kept]
    assert cli.main(restoring) == 0
    assert capsys.readouterr().out.startswith("restored to a log of 0, root ")
    assert cli.main(restoring) == 1
    assert capsys.readouterr().err.startswith("TH-CENT-041")
    assert cli.main(["status", "--data", data]) == 0
