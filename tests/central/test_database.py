# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Transactions that hold their lock, store all or nothing, and run on one thread; journals and pages over them."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, insert, select, text

from townhall_central import agencies, journals
from townhall_central.database import Database
from townhall_central.errors import BusyError
from townhall_central.inbox.home import InboxHome
from townhall_central.simulation.centre import SimulatedCentre
from townhall_central.tables import ADDRESSEE, ENVELOPE, METADATA, SCHEMA, SCHEMA_VERSION
from townhall_crypto.envelope import NO_PREVIOUS, Created, OuterHeader


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database.create(tmp_path / "x.db", METADATA, SCHEMA_VERSION)
    yield made
    made.close()


def versions(database: Database) -> list[int]:
    with database.read() as connection:
        return sorted(connection.scalars(select(SCHEMA.c.version)))


class InterruptedByCallerError(Exception):
    """Something of the caller's."""


def test_an_exception_stores_nothing(database: Database) -> None:
    def interrupted() -> None:
        with database.write() as connection:
            connection.execute(insert(SCHEMA).values(version=7))
            raise InterruptedByCallerError

    with pytest.raises(InterruptedByCallerError):
        interrupted()
    assert versions(database) == [SCHEMA_VERSION]


def test_a_second_writer_waits_for_the_first(database: Database, tmp_path: Path) -> None:
    other = Database.open(tmp_path / "x.db", METADATA, SCHEMA_VERSION)
    entered, order = threading.Event(), []

    def second() -> None:
        entered.wait()
        with other.write() as connection:
            order.append("second")
            connection.execute(insert(SCHEMA).values(version=9))

    thread = threading.Thread(target=second)
    thread.start()
    with database.write() as connection:
        entered.set()
        connection.execute(insert(SCHEMA).values(version=8))
        order.append("first")
    thread.join()
    other.close()
    assert order == ["first", "second"]
    assert versions(database) == [SCHEMA_VERSION, 8, 9]


def test_durability_is_asked_for(database: Database) -> None:
    with database.read() as connection:
        found = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    assert found == {"journal_mode": "truncate", "synchronous": 3, "foreign_keys": 1, "secure_delete": 1}


def test_a_failing_statement_is_a_busy_centre_not_a_crash(database: Database) -> None:
    with pytest.raises(BusyError), database.write() as connection:
        connection.exec_driver_sql("SELECT * FROM nothing")


def test_all_work_of_a_worker_is_done_by_one_thread(database: Database) -> None:
    def who(_database: Database, number: int) -> tuple[int, int]:
        return number, threading.get_ident()

    async def crowd() -> list[tuple[int, int]]:
        return await asyncio.gather(*(database.run(who, number) for number in range(20)))

    found = asyncio.run(crowd())
    assert [number for number, _ in found] == list(range(20))
    assert len({thread for _, thread in found} - {threading.get_ident()}) == 1


def header(seq: int) -> OuterHeader:
    previous = NO_PREVIOUS if seq == 1 else "1" * 64
    return OuterHeader("kiosk-1", "journal-1", "boot", seq, previous, Created(0, 0, 0), "2" * 64)


def envelope_row(seq: int, index: int) -> dict[str, object]:
    fixed: dict[str, object] = {"prev_hash": "", "status": "accepted", "received_at": 5, "certificate": b"c"}
    place = {"kiosk": "kiosk-1", "journal_id": "journal-1", "seq": seq, "log_index": index}
    return {**fixed, **place, "id": f"{index:064x}", "receipt": b"", "bytes": b""}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(1, 9)), kept=st.integers(1, 8))
def test_the_lowest_missing_seq_is_that_of_the_set(
    tmp_path_factory: pytest.TempPathFactory, order: list[int], kept: int
) -> None:
    database = Database.create(tmp_path_factory.mktemp("j") / "x.db", METADATA, SCHEMA_VERSION)
    stored: set[int] = set()
    with database.write() as connection:
        assert journals.lowest_missing(connection, header(1)) == 1
        for index, seq in enumerate(order[:kept]):
            connection.execute(insert(ENVELOPE).values(**envelope_row(seq, index)))
            stored.add(seq)
            expected = next(number for number in range(1, 10) if number not in stored)
            assert journals.advance(connection, header(seq), is_followed=seq + 1 in stored) == expected
            assert journals.lowest_missing(connection, header(seq)) == expected
    database.close()


def test_a_long_run_is_passed_over_at_once(database: Database) -> None:
    last = 2_500
    with database.write() as connection:
        rows = [envelope_row(seq, seq) for seq in range(2, last + 1)]
        connection.execute(insert(ENVELOPE), rows)
        assert journals.advance(connection, header(last), is_followed=False) == 1
        connection.execute(insert(ENVELOPE).values(**envelope_row(1, 1)))
        assert journals.advance(connection, header(1), is_followed=True) == last + 1
        assert connection.scalar(select(func.count()).select_from(ENVELOPE)) == last


def test_an_inbox_is_read_page_by_page(centre: SimulatedCentre, inbox: InboxHome) -> None:
    total = agencies.PAGE * 2 + 7
    with centre.database.write() as connection:
        connection.execute(insert(ENVELOPE), [envelope_row(seq, seq * 3) for seq in range(1, total + 1)])
        rows = [{"key_id": inbox.key_id, "log_index": seq * 3} for seq in range(1, total + 1)]
        connection.execute(insert(ADDRESSEE), rows)
    after = -1
    found: list[int] = []
    lasts: list[bool] = []
    while not (lasts and lasts[-1]):
        with centre.database.read() as connection:
            page = agencies.page(connection, inbox.key_id, after)
        found += [item.index for item in page.items]
        lasts.append(page.is_last)
        after = found[-1]
    assert found == [seq * 3 for seq in range(1, total + 1)]
    assert lasts == [False, False, True]


def test_a_page_that_is_just_full_is_the_last(centre: SimulatedCentre, inbox: InboxHome) -> None:
    with centre.database.write() as connection:
        connection.execute(insert(ENVELOPE), [envelope_row(seq, seq) for seq in range(1, agencies.PAGE + 1)])
        rows = [{"key_id": inbox.key_id, "log_index": seq} for seq in range(1, agencies.PAGE + 1)]
        connection.execute(insert(ADDRESSEE), rows)
        page = agencies.page(connection, inbox.key_id, -1)
        assert (len(page.items), page.is_last) == (agencies.PAGE, True)
        assert agencies.page(connection, "f" * 64, -1).items == []
