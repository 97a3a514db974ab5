# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The courier sends several envelopes in one request, and no batch ever holds an envelope up."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Protocol

import pytest

from townhall_sync.async_journal import AsyncJournal
from townhall_sync.courier import Courier
from townhall_sync.errors import JournalFullError
from townhall_sync.journal_records import JournalStatus
from townhall_sync.receipt import Receipt
from townhall_sync.simulated_kiosk import SimulatedLine
from townhall_sync.simulator import CentralServiceSimulator

Sealed = Callable[[int], bytes]


def nothing(_ids: list[str]) -> None:
    """Let everything be as it is."""


class Deliver(Protocol):
    """Commits so many, does something, and lets the courier work; returns the ids and how the journal stands."""

    def __call__(
        self, count: int, meanwhile: Callable[[list[str]], None] = nothing, *, rounds: int = 40
    ) -> tuple[list[str], JournalStatus]: ...


@pytest.fixture
def deliver(line: SimulatedLine, sealed: Sealed) -> Deliver:
    def run(
        count: int, meanwhile: Callable[[list[str]], None] = nothing, *, rounds: int = 40
    ) -> tuple[list[str], JournalStatus]:
        async def work(journal: AsyncJournal, courier: Courier) -> tuple[list[str], JournalStatus]:
            ids = [(await journal.commit(sealed(number))).envelope_id for number in range(count)]
            meanwhile(ids)
            await line.settle(courier, rounds=rounds)
            return ids, await journal.status()

        return line.run(work)

    return run


def test_many_go_in_one_request_and_one_goes_alone(deliver: Deliver, centre: CentralServiceSimulator) -> None:
    ids, status = deliver(130)
    assert list(centre.envelopes) == ids
    assert centre.requests == [128, 2]
    assert status.queued == 0
    deliver(131)  # the first 130 are known payloads: one is new
    assert centre.requests == [128, 2, 1]


def test_every_receipt_of_a_batch_is_recorded(
    deliver: Deliver, centre: CentralServiceSimulator, line: SimulatedLine
) -> None:
    deliver(40)
    entries = [entry for _index, entry in line.kiosk.open()._log._store.entries()]
    assert sum(b"RECEIPT_RECORDED" in entry for entry in entries) == 40
    assert centre.requests == [40]


@pytest.mark.parametrize("fault", ["lose_requests", "lose_replies"])
def test_after_a_lost_batch_envelopes_go_one_by_one_and_grow_again(
    deliver: Deliver, centre: CentralServiceSimulator, fault: str
) -> None:
    def lose_one(_ids: list[str]) -> None:
        centre.faults.lose_requests = int(fault == "lose_requests")
        centre.faults.lose_replies = int(fault == "lose_replies")

    ids, status = deliver(20, lose_one)
    assert centre.requests == [20, 1, 2, 4, 8, 5]
    assert sorted(centre.envelopes) == sorted(ids)
    assert (status.queued, centre._archive.tree.size) == (0, 20)


def test_a_centre_that_stumbles_over_one_gets_all_the_others_in_one_round(
    deliver: Deliver, centre: CentralServiceSimulator
) -> None:
    def stumble(ids: list[str]) -> None:
        centre.faults.stumble = {ids[9]}

    ids, status = deliver(40, stumble, rounds=1)
    assert set(ids) - set(centre.envelopes) == {ids[9]}
    assert status.queued == 1


def test_one_that_is_refused_goes_alone_from_then_on(deliver: Deliver, centre: CentralServiceSimulator) -> None:
    def poison(ids: list[str]) -> None:
        centre.faults.poison = {ids[2]}

    ids, status = deliver(6, poison)
    assert set(ids) - set(centre.envelopes) == {ids[2]}
    assert centre.requests == [6, 1, 1]
    assert (status.queued, status.isolated) == (1, 1)


def test_a_centre_of_an_older_version_gets_them_one_by_one(
    deliver: Deliver, centre: CentralServiceSimulator, line: SimulatedLine
) -> None:
    def older(_ids: list[str]) -> None:
        centre.faults.knows_no_batches = True

    ids, status = deliver(5, older)
    assert list(centre.envelopes) == ids
    assert centre.requests == [1] * 5
    assert not line.waits, "it is no failure"
    assert status.queued == 0


def test_a_kiosk_that_is_not_enrolled_sends_no_second_batch_in_a_round(
    deliver: Deliver, centre: CentralServiceSimulator
) -> None:
    centre.caller = "kiosk-1"
    centre._kiosks.clear()
    _ids, status = deliver(130, rounds=1)
    assert centre.requests == [128]
    assert (status.queued, status.isolated) == (130, 0)


def test_patience_that_the_centre_asks_for_ends_the_round(
    deliver: Deliver, centre: CentralServiceSimulator, line: SimulatedLine
) -> None:
    centre.faults.rate_limit_s = 120
    _ids, status = deliver(130, rounds=1)
    assert centre.requests == [128]
    assert status.queued == 130
    assert line.waits[0] >= 120


def test_what_is_longer_than_a_batch_goes_alone(line: SimulatedLine, centre: CentralServiceSimulator) -> None:
    async def work(journal: AsyncJournal, courier: Courier) -> None:
        for number, length in enumerate((10, 2_000_000, 300_000, 300_000, 300_000, 300_000)):
            await journal.commit(bytes([number]) * length)
        await line.settle(courier)

    line.run(work)
    assert centre.requests == [1, 1, 3, 1]
    assert len(centre.envelopes) == 6


def test_receipts_without_room_for_all_are_recorded_one_by_one(
    line: SimulatedLine, centre: CentralServiceSimulator, sealed: Sealed, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    async def work(journal: AsyncJournal, courier: Courier) -> None:
        for number in range(4):
            await journal.commit(sealed(number))
        record = journal._journal.record_receipts

        def with_room_for_one(receipts: Iterable[Receipt]) -> None:
            together = list(receipts)
            tries.append(len(together))
            if len(together) > 1:
                raise JournalFullError
            record(together)

        monkeypatch.setattr(journal._journal, "record_receipts", with_room_for_one)
        for _round in range(2):
            with suppress(JournalFullError):
                await courier.deliver_once()

    line.run(work)
    assert tries == [4, 1, 2]
    assert len(centre.envelopes) == 4
