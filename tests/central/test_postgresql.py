# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""PostgreSQL as a centre's database: what is refused as unsafe, where a password is not, and a server that dies."""

import logging
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import insert, select

from townhall_central import cli, ingest, keys, log
from townhall_central.database import Database
from townhall_central.errors import BusyError, DirectoryError
from townhall_central.place import place_of
from townhall_central.postgresql import PostgresqlDatabase
from townhall_central.simulation.centre import PASSPHRASE, SimulatedCentre
from townhall_central.simulation.kiosk import SimulatedKiosk
from townhall_central.simulation.postgresql import PostgresqlServer
from townhall_central.tables import LOG_NODE, SCHEMA

SECRET = "correct-horse-battery"
on_postgresql = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGHOST", "PGHOSTADDR", "PGSERVICE", "PGSSLMODE", "PGPASSWORD", "PGPASSFILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("mysql://a/b", "begins with"),
        ("sqlite:///x.db", "begins with"),
        ("postgresql://[", "no address"),
        ("postgresql:///x?colour=red", "no address"),
        (f"postgresql://u:{SECRET}@localhost/x", "no password"),
        (f"postgresql://u@localhost/x?password={SECRET}", "no password"),
        (f"postgresql://u@localhost/x?sslpassword={SECRET}", "no password"),
        ("postgresql://u@db.example.org/x", "verify-full"),
        ("postgresql://u@db.example.org/x?sslmode=require", "verify-full"),
        ("postgresql://u@db.example.org/x?sslmode=verify-ca", "verify-full"),
        ("postgresql://u@localhost,db.example.org/x", "verify-full"),
        ("postgresql://u@localhost/x?hostaddr=192.0.2.7", "verify-full"),
        ("postgresql:///x?service=centre", "verify-full"),
    ],
)
def test_an_address_that_is_not_safe_is_refused(tmp_path: Path, url: str, why: str) -> None:
    with pytest.raises(DirectoryError, match=why) as caught:
        place_of(tmp_path, "x.db", url)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(("name", "value"), [("PGHOST", "db.example.org"), ("PGHOSTADDR", "192.0.2.7")])
def test_what_the_environment_adds_counts_too(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(DirectoryError, match="verify-full"):
        PostgresqlDatabase.parse("postgresql:///x")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql:///x",
        "postgresql://u@localhost/x",
        "postgres://u@/x?host=/run/postgresql",
        "postgresql://u@db.example.org/x?sslmode=verify-full&sslrootcert=/etc/townhall/db-ca.pem",
    ],
)
def test_a_safe_address_is_taken_as_it_is(url: str) -> None:
    assert PostgresqlDatabase.parse(url).conninfo == url


def test_a_server_that_does_not_answer_is_a_busy_centre(tmp_path: Path) -> None:
    place = PostgresqlDatabase.parse(f"postgresql://u@/x?host={tmp_path}")
    with pytest.raises(BusyError):
        Database.open(place, SCHEMA)


def test_a_password_stands_in_no_message_log_setting_or_list_of_processes(
    postgresql: PostgresqlServer, tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """A user with a password of its own: the server's `trust` would not ask, so the wrong one is asked for by hand."""
    url = postgresql.new_database()
    passfile, passphrase = tmp_path / "pgpass", tmp_path / "passphrase"
    for path, content in ((passfile, f"*:*:*:*:{SECRET}\n".encode()), (passphrase, PASSPHRASE)):
        path.touch(mode=0o600)
        path.write_bytes(content)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE guarded LOGIN SUPERUSER PASSWORD {}").format(sql.Literal(SECRET)))
    guarded = url.replace("townhall@", "guarded@", 1) + f"&passfile={passfile}"
    data = tmp_path / "centre"
    caplog.set_level(logging.DEBUG)
    postgresql.ask_passwords_of("guarded")
    try:
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(url.replace("townhall@", "guarded@", 1))
        init = [
            "init",
            "--data",
            str(data),
            "--origin",
            "o",
            "--passphrase-file",
            str(passphrase),
            "--database",
            guarded,
        ]
        assert cli.main(init) == 0
        worker = [sys.executable, "-m", "townhall_central", "serve", "--data", str(data), "--port", "0"]
        with subprocess.Popen(worker, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            assert process.stdout is not None
            said = process.stdout.readline()
            arguments = Path(f"/proc/{process.pid}/cmdline").read_bytes()
            process.terminate()
            said += process.stdout.read()
        passfile.write_text("*:*:*:*:wrong\n")
        assert cli.main(["status", "--data", str(data)]) == 1
    finally:
        postgresql.ask_passwords_of()
    shown = capsys.readouterr()
    assert shown.err.startswith("TH-CENT-030")
    everything = [shown.out, shown.err, caplog.text, said.decode(), arguments.decode()]
    everything += [path.read_bytes().decode(errors="replace") for path in data.rglob("*") if path.is_file()]
    assert said.startswith(b"listening")
    assert [text for text in everything if SECRET in text] == []


def test_a_server_that_may_lose_what_it_acknowledged_is_refused(postgresql: PostgresqlServer) -> None:
    url = postgresql.new_database()
    postgresql.stop()
    postgresql.start(fsync="off")
    try:
        with pytest.raises(DirectoryError, match="fsync"):
            Database.create(PostgresqlDatabase.parse(url), SCHEMA)
    finally:
        postgresql.stop()
        postgresql.start()


def test_synchronous_commit_is_asked_for_where_the_server_does_not_care(postgresql: PostgresqlServer) -> None:
    url = postgresql.new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER ROLE townhall SET synchronous_commit = off")
    try:
        database = Database.create(PostgresqlDatabase.parse(url), SCHEMA)
        with database.read() as reading:
            assert reading.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"
        database.close()
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("ALTER ROLE townhall RESET synchronous_commit")


@on_postgresql
def test_a_server_that_dies_loses_nothing_acknowledged_and_the_centre_goes_on(
    postgresql: PostgresqlServer, centre: SimulatedCentre, kiosk: SimulatedKiosk
) -> None:
    envelopes = kiosk.chain(4)
    receipts = []
    for envelope in envelopes[:2]:
        outcome = centre.put(kiosk, envelope)
        assert isinstance(outcome, ingest.Stored)
        receipts.append(outcome.reply.receipt)
    postgresql.stop()
    with pytest.raises(BusyError):
        centre.put(kiosk, envelopes[2])
    postgresql.start()
    outcomes = [centre.put(kiosk, envelope) for envelope in envelopes]
    assert all(isinstance(outcome, ingest.Stored) for outcome in outcomes)
    again = [outcome.reply.receipt for outcome in outcomes if isinstance(outcome, ingest.Stored)]
    assert again[:2] == receipts
    assert [receipt.body.index for receipt in again] == [0, 1, 2, 3]


@on_postgresql
def test_a_connection_that_the_server_ends_in_mid_transaction_stores_nothing(
    centre: SimulatedCentre, kiosk: SimulatedKiosk
) -> None:
    envelope = kiosk.envelope(1)
    judged = ingest.judge(envelope.header.envelope_id, envelope.to_bytes(), kiosk.caller)

    def cut() -> None:
        with centre.database.write() as connection:
            ingest.store(connection, [judged], kiosk.caller, centre.keys, centre.now)
            connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(BusyError):
        cut()
    with centre.database.read() as connection:
        assert log.read_head(connection).size == 0
    assert isinstance(centre.put(kiosk, envelope), ingest.Stored)


@on_postgresql
def test_a_deadlock_is_a_busy_centre(centre: SimulatedCentre) -> None:
    """Writers take turns, so only somebody else's lock can make one: a maintenance script, say."""
    place = keys.database_place(centre.path)
    with centre.database.write() as connection:
        connection.execute(insert(LOG_NODE), [{"position": 1, "hash": b""}, {"position": 2, "hash": b""}])
    other = place.engine()
    is_held = threading.Event()
    lock = select(LOG_NODE).with_for_update()

    def maintain() -> None:
        with other.connect() as connection:
            connection.exec_driver_sql("SET deadlock_timeout = '60s'")  # the centre is the one that is told
            connection.execute(lock.where(LOG_NODE.c.position == 2))
            is_held.set()
            connection.execute(lock.where(LOG_NODE.c.position == 1))
            connection.rollback()

    thread = threading.Thread(target=maintain)

    def collide() -> None:
        with centre.database.write() as connection:
            connection.execute(lock.where(LOG_NODE.c.position == 1))
            thread.start()
            assert is_held.wait(20)
            connection.execute(lock.where(LOG_NODE.c.position == 2))

    with pytest.raises(BusyError):
        collide()
    thread.join()
    other.dispose()


@on_postgresql
def test_a_lock_that_does_not_come_is_a_busy_centre(centre: SimulatedCentre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("townhall_central.postgresql.LOCK_TIMEOUT_S", 0.05)
    other = keys.open_database(centre.path)
    with centre.database.write(), pytest.raises(BusyError), other.write():
        pass
    other.close()
