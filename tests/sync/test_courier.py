# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The courier delivers exactly once, whatever the centre or the line does, and lets nothing hold others up."""

import asyncio
import contextlib
from collections.abc import Callable

import pytest

from townhall_sync.async_journal import AsyncJournal
from townhall_sync.audit import Event
from townhall_sync.backoff import Backoff
from townhall_sync.courier import Courier
from townhall_sync.errors import JournalFullError
from townhall_sync.journal_records import DAY_S, JournalStatus
from townhall_sync.simulated_faults import Forgery
from townhall_sync.simulated_kiosk import SimulatedLine
from townhall_sync.simulator import CentralServiceSimulator

Sealed = Callable[[int], bytes]


async def commit(journal: AsyncJournal, sealed: Sealed, *numbers: int) -> list[str]:
    return [(await journal.commit(sealed(number))).envelope_id for number in numbers]


def test_everything_committed_arrives_once_and_leaves_the_outbox(
    line: SimulatedLine, centre: CentralServiceSimulator, sealed: Sealed
) -> None:
    async def work(journal: AsyncJournal, courier: Courier) -> tuple[list[str], JournalStatus]:
        ids = await commit(journal, sealed, 1, 2, 3)
        await line.settle(courier)
        return ids, await journal.status()

    ids, status = line.run(work)
    assert list(centre.envelopes) == ids
    assert (status.queued, status.kept_payloads) == (0, 3)
    assert status.last_server_time == centre._wall()


@pytest.mark.parametrize("fault", ["lose_requests", "lose_replies"])
def test_lost_messages_are_repeated_until_they_are_not(
    line: SimulatedLine, centre: CentralServiceSimulator, sealed: Sealed, fault: str
) -> None:
    async def work(journal: AsyncJournal, courier: Courier) -> JournalStatus:
        await commit(journal, sealed, 1, 2, 3)
        centre.faults.lose_requests = 7 if fault == "lose_requests" else 0
        centre.faults.lose_replies = 7 if fault == "lose_replies" else 0
        await line.settle(courier)
        return await journal.status()

    assert line.run(work).queued == 0
    assert len(centre.envelopes) == 3
    assert line.waits


def test_a_repeated_request_counts_once(line: SimulatedLine, centre: CentralServiceSimulator, sealed: Sealed) -> None:
    centre.faults.repeat_requests = True

    async def work(journal: AsyncJournal, courier: Courier) -> JournalStatus:
        await commit(journal, sealed, 1, 2)
        await line.settle(courier)
        return await journal.status()

    assert line.run(work).queued == 0
    assert len(centre.envelopes) == 2


@pytest.mark.parametrize("forgery", list(Forgery))
def test_a_forged_receipt_frees_nothing_and_is_audited_once(
    line: SimulatedLine, centre: CentralServiceSimulator, sealed: Sealed, forgery: Forgery
) -> None:
    centre.faults.forge = forgery

    async def work(journal: AsyncJournal, courier: Courier) -> tuple[JournalStatus, JournalStatus]:
        await commit(journal, sealed, 1, 2)
        await line.settle(courier, rounds=5)
        forged = await journal.status()
        centre.faults.forge = None
        await line.settle(courier)
        return forged, await journal.status()

    forged, mended = line.run(work)
    assert (forged.queued, forged.last_receipt_wall) == (2, None)
    assert mended.queued == 0
    entries = [entry for _index, entry in line.kiosk.open()._log._store.entries()]
    assert sum(b"RECEIPT_REFUSED" in entry for entry in entries) == 2


def test_poison_stands_aside_after_three_verdicts_and_the_others_go_on(
    line: SimulatedLine, centre: CentralServiceSimulator, sealed: Sealed
) -> None:
    async def work(journal: AsyncJournal, courier: Courier) -> tuple[list[str], JournalStatus, JournalStatus]:
        ids = await commit(journal, sealed, 1, 2, 3)
        centre.faults.poison = {ids[0]}
        await line.settle(courier)
        poisoned = await journal.status()
        centre.faults.poison = set()
        await line.kiosk.clock.sleep(line.timing().aside_s)
        await line.settle(courier)
        return ids, poisoned, await journal.status()

    ids, poisoned, mended = line.run(work)
    assert (poisoned.queued, poisoned.isolated) == (1, 1)
    assert list(centre.envelopes) == [ids[1], ids[2], ids[0]]
    assert (mended.queued, mended.isolated) == (0, 0)


def test_envelopes_at_which_the_centre_stumbles_do_not_hold_up_the_others(
    line: SimulatedLine, centre: CentralServiceSimulator, sealed: Sealed
) -> None:
    async def work(journal: AsyncJournal, courier: Courier) -> list[str]:
        ids = await commit(journal, sealed, 1, 2, 3, 4)
        centre.faults.stumble = set(ids[:3])
        await line.settle(courier, rounds=6)
        return ids

    ids = line.run(work)
    assert list(centre.envelopes) == [ids[3]]


def test_the_waits_are_full_jitter_and_obey_retry_after(
    line: SimulatedLine, centre: CentralServiceSimulator, sealed: Sealed
) -> None:
    centre.faults.rate_limit_s = 120

    async def work(journal: AsyncJournal, courier: Courier) -> None:
        await commit(journal, sealed, 1)
        await line.settle(courier, rounds=12)

    line.run(work)
    assert len(line.waits) == 12
    assert all(120 <= wait <= 120 + min(900, 2 * 2**n) for n, wait in enumerate(line.waits))


def test_backoff_draws_from_the_whole_range_and_never_ends() -> None:
    longest = Backoff(uniform=lambda *ends: ends[1])
    assert [longest.failed() for _n in range(12)] == [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]
    shortest = Backoff(uniform=lambda *ends: ends[0])
    assert [shortest.failed() for _n in range(3)] == [0, 0, 0]
    for _n in range(10_000):
        longest.failed()
    assert longest.failed() == 900
    longest.succeeded()
    assert longest.failed() == 2


def test_a_kiosk_that_is_not_enrolled_says_so_once_and_keeps_trying(
    line: SimulatedLine, centre: CentralServiceSimulator, sealed: Sealed
) -> None:
    centre._kiosks.clear()

    async def work(journal: AsyncJournal, courier: Courier) -> JournalStatus:
        await commit(journal, sealed, 1, 2)
        await line.settle(courier, rounds=5)
        centre.add_kiosk(line.kiosk.name, line.kiosk.key.public_der)
        await line.settle(courier)
        return await journal.status()

    assert line.run(work).queued == 0
    entries = [entry for _index, entry in line.kiosk.open()._log._store.entries()]
    assert sum(b"KIOSK_REFUSED" in entry for entry in entries) == 1


def test_a_cloned_journal_is_found_by_the_centre_and_takes_no_more_visits(
    line: SimulatedLine, centre: CentralServiceSimulator, sealed: Sealed
) -> None:
    kiosk = line.kiosk
    kiosk.open().commit(sealed(1))
    kiosk.close()
    image = {path.name: path.read_bytes() for path in kiosk.directory.iterdir()}

    async def deliver(journal: AsyncJournal, courier: Courier, number: int) -> JournalStatus:
        await commit(journal, sealed, number)
        await line.settle(courier)
        return await journal.status()

    line.run(lambda journal, courier: deliver(journal, courier, 2))
    kiosk.close()
    for name, content in image.items():
        (kiosk.directory / name).write_bytes(content)
    (kiosk.directory / "journal.db-wal").unlink(missing_ok=True)
    status = line.run(lambda journal, courier: deliver(journal, courier, 3))
    assert status.is_forked
    assert not status.accepts_visits
    assert (status.queued, status.isolated) == (1, 1)
    assert len(centre.envelopes) == 2


def test_a_restored_centre_gets_again_what_it_lost(
    line: SimulatedLine, centre: CentralServiceSimulator, sealed: Sealed
) -> None:
    async def work(journal: AsyncJournal, courier: Courier) -> list[str]:
        ids = await commit(journal, sealed, 1, 2, 3, 4)
        await line.settle(courier)
        centre.restore(size=1)
        ids += await commit(journal, sealed, 5)
        await line.settle(courier)
        return ids

    ids = line.run(work)
    assert sorted(centre.envelopes) == sorted(ids)
    assert centre._archive.tree.size == 5


def test_a_centre_that_lost_what_was_freed_does_not_make_the_kiosk_send_for_ever(
    line: SimulatedLine, centre: CentralServiceSimulator, sealed: Sealed
) -> None:
    async def work(journal: AsyncJournal, courier: Courier) -> tuple[list[str], JournalStatus]:
        await commit(journal, sealed, 1)
        await line.settle(courier)
        await line.kiosk.clock.sleep(8 * DAY_S)
        await line.settle(courier)
        ids = await commit(journal, sealed, 2, 3)
        await line.settle(courier)
        centre.restore(size=0)
        ids += await commit(journal, sealed, 4)
        line.waits.clear()
        await line.settle(courier)
        return ids, await journal.status()

    ids, status = line.run(work)
    assert sorted(centre.envelopes) == sorted(ids)
    assert (status.queued, status.kept_payloads) == (0, 3)
    assert len(line.waits) < 10


def test_the_courier_sleeps_until_there_is_news(
    line: SimulatedLine, centre: CentralServiceSimulator, sealed: Sealed
) -> None:
    async def work(journal: AsyncJournal, courier: Courier) -> int:
        asleep = asyncio.Event()

        async def sleep(seconds: float) -> None:
            line.waits.append(seconds)
            asleep.set()
            await asyncio.Event().wait()

        courier = Courier(journal, centre, centre.keys, line.timing(sleep))
        running = asyncio.ensure_future(courier.run())
        await asleep.wait()
        assert line.waits == [900]
        asleep.clear()
        await commit(journal, sealed, 1)
        courier.wake()
        await asleep.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return (await journal.status()).queued

    assert line.run(work) == 0
    assert len(centre.envelopes) == 1


def test_a_receipt_without_room_on_the_disk_does_not_end_the_courier(
    line: SimulatedLine, centre: CentralServiceSimulator, sealed: Sealed
) -> None:
    async def work(journal: AsyncJournal, _courier: Courier) -> int:
        await commit(journal, sealed, 1)
        store = journal._journal._log._store
        await journal._run(lambda: store._database.execute("PRAGMA max_page_count=1").fetchall())
        await journal._run(lambda: fill(journal))
        tries = asyncio.Event()

        async def sleep(seconds: float) -> None:
            line.waits.append(seconds)
            if len(line.waits) == 2:
                await journal._run(lambda: store._database.execute("PRAGMA max_page_count=100000").fetchall())
            if len(line.waits) == 4:
                tries.set()
                await asyncio.Event().wait()

        running = asyncio.ensure_future(Courier(journal, centre, centre.keys, line.timing(sleep)).run())
        await tries.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return (await journal.status()).queued

    def fill(journal: AsyncJournal) -> None:
        with contextlib.suppress(JournalFullError):
            while True:
                journal._journal.audit(Event.KIOSK_STARTED, {"version": "v" * 64})

    assert line.run(work) == 0
