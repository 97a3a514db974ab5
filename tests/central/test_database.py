# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Transactions that hold their lock, store all or nothing, and run on one thread; journals and pages over them."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, insert, select, text, update

from townhall_central import agencies, journals, log
from townhall_central.database import Database
from townhall_central.errors import BusyError, DirectoryError
from townhall_central.inbox.home import InboxHome
from townhall_central.log import create_log
from townhall_central.place import Place
from townhall_central.schema import VERSION
from townhall_central.simulation.centre import SimulatedCentre
from townhall_central.tables import ADDRESSEE, ENVELOPE, JOURNAL, LOG_NODE, SCHEMA

pytestmark = pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def place(new_place: Callable[[], Place]) -> Place:
    return new_place()


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    made = Database.create(place, SCHEMA, create_log)
    yield made
    made.close()


def positions(database: Database) -> list[int]:
    with database.read() as connection:
        return sorted(connection.scalars(select(LOG_NODE.c.position)))


class InterruptedByCallerError(Exception):
    """Something of the caller's."""


def test_an_exception_stores_nothing(database: Database) -> None:
    def interrupted() -> None:
        with database.write() as connection:
            connection.execute(insert(LOG_NODE).values(position=7, hash=b""))
            raise InterruptedByCallerError

    with pytest.raises(InterruptedByCallerError):
        interrupted()
    assert positions(database) == []


def test_a_second_writer_waits_for_the_first(database: Database, place: Place) -> None:
    other = Database.open(place, SCHEMA)
    entered, order = threading.Event(), []

    def second() -> None:
        entered.wait()
        with other.write() as connection:
            order.append("second")
            connection.execute(insert(LOG_NODE).values(position=9, hash=b""))

    thread = threading.Thread(target=second)
    thread.start()
    with database.write() as connection:
        entered.set()
        connection.execute(insert(LOG_NODE).values(position=8, hash=b""))
        order.append("first")
    thread.join()
    other.close()
    assert order == ["first", "second"]
    assert positions(database) == [8, 9]


def test_durability_is_asked_for(engine: str, database: Database) -> None:
    if engine == "postgresql":
        with database.write() as connection:
            shown = [connection.execute(text(f"SHOW {name}")).scalar_one() for name in ("synchronous_commit", "fsync")]
        assert shown == ["on", "on"]
        return
    with database.read() as connection:
        found = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    assert found == {"journal_mode": "truncate", "synchronous": 3, "foreign_keys": 1, "secure_delete": 1}


def test_a_reader_sees_one_state_and_changes_none(database: Database, place: Place) -> None:
    other = Database.open(place, SCHEMA)
    with database.read() as connection:
        assert log.read_head(connection).size == 0
        if place.read_options.get("postgresql_readonly"):  # SQLite's writer waits until a reader has ended
            with other.write() as writing:
                log.append(writing, log.lock_head(writing), [bytes(32)])
        assert log.read_head(connection).size == 0
    other.close()


def test_a_worker_of_an_older_program_stops_writing_once_the_database_is_migrated(
    database: Database, place: Place
) -> None:
    with database.write() as connection:
        connection.execute(update(VERSION).values(version_num="9999"))
    with pytest.raises(BusyError, match="migrated"), database.write():
        pass
    with pytest.raises(DirectoryError, match="has schema 9999"):
        Database.open(place, SCHEMA)


def test_a_database_that_holds_something_is_not_taken(database: Database, place: Place) -> None:
    before = positions(database)
    with pytest.raises(DirectoryError):
        Database.create(place, SCHEMA)
    assert positions(database) == before


def test_all_work_of_a_worker_is_done_by_one_thread(database: Database) -> None:
    def who(_database: Database, number: int) -> tuple[int, int]:
        return number, threading.get_ident()

    async def crowd() -> list[tuple[int, int]]:
        return await asyncio.gather(*(database.run(who, number) for number in range(20)))

    found = asyncio.run(crowd())
    assert [number for number, _ in found] == list(range(20))
    assert len({thread for _, thread in found} - {threading.get_ident()}) == 1


OF = ("kiosk-1", "journal-1")


def envelope_row(seq: int, index: int) -> dict[str, object]:
    fixed: dict[str, object] = {"prev_hash": "", "status": "accepted", "received_at": 5, "certificate": b"c"}
    place = {"kiosk": "kiosk-1", "journal_id": "journal-1", "seq": seq, "log_index": index}
    return {**fixed, **place, "id": f"{index:064x}", "receipt": b"", "bytes": b""}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(1, 9)), cuts=st.sets(st.integers(1, 7)), kept=st.integers(1, 8))
def test_the_lowest_missing_seq_is_that_of_the_set(
    database: Database, order: list[int], cuts: set[int], kept: int
) -> None:
    stored: set[int] = set()
    with database.write() as connection:
        connection.execute(delete(ENVELOPE))
        connection.execute(delete(JOURNAL))
        assert journals.lowest_missing(connection, *OF) == 1
        for start, stop in pairwise(sorted({0, kept, *(cut for cut in cuts if cut < kept)})):
            together = sorted(order[start:stop])
            connection.execute(insert(ENVELOPE), [envelope_row(seq, seq) for seq in together])
            is_followed = together[-1] + 1 in stored
            stored |= {*together}
            expected = next(number for number in range(1, 10) if number not in stored)
            assert journals.advance(connection, *OF, together, is_followed=is_followed) == expected
            assert journals.lowest_missing(connection, *OF) == expected


def test_a_long_run_is_passed_over_at_once(database: Database) -> None:
    last = 2_500
    with database.write() as connection:
        rows = [envelope_row(seq, seq) for seq in range(2, last + 1)]
        connection.execute(insert(ENVELOPE), rows)
        assert journals.advance(connection, *OF, range(2, last + 1), is_followed=False) == 1
        connection.execute(insert(ENVELOPE).values(**envelope_row(1, 1)))
        assert journals.advance(connection, *OF, [1], is_followed=True) == last + 1
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
