# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Payloads are freed after their time and on proof alone; a centre that rewrites its log is noticed."""

from collections import deque
from collections.abc import Callable

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from townhall_crypto.merkle import MerkleTree, leaf_hash
from townhall_sync.async_journal import AsyncJournal
from townhall_sync.courier import Courier, _Round
from townhall_sync.journal_records import DAY_S, JournalStatus
from townhall_sync.simulated_kiosk import SimulatedLine
from townhall_sync.simulator import CentralServiceSimulator
from townhall_sync.wire import sign_checkpoint_reply

Sealed = Callable[[int], bytes]
DELIVERED = 3


@pytest.fixture
def later(line: SimulatedLine, sealed: Sealed) -> Callable[[float, Callable[[], None]], JournalStatus]:
    """Deliver three envelopes, let time pass, break something, and let the courier work."""

    def run(seconds: float, breaking: Callable[[], None]) -> JournalStatus:
        async def work(journal: AsyncJournal, courier: Courier) -> JournalStatus:
            for number in range(DELIVERED):
                await journal.commit(sealed(number))
            await line.settle(courier)
            await line.kiosk.clock.sleep(seconds)
            breaking()
            await line.settle(courier, rounds=10)
            return await journal.status()

        return line.run(work)

    return run


Later = Callable[[float, Callable[[], None]], JournalStatus]


def events(line: SimulatedLine, name: bytes) -> int:
    return sum(name in entry for _index, entry in line.kiosk.open()._log._store.entries())


def test_a_payload_is_kept_for_its_time_and_then_freed(later: Later, line: SimulatedLine, sealed: Sealed) -> None:
    assert later(8 * DAY_S, lambda: None).kept_payloads == 0
    assert events(line, b"PAYLOAD_FREED") == DELIVERED
    line.kiosk.close()
    on_disk = b"".join(path.read_bytes() for path in line.kiosk.directory.iterdir())
    assert all(sealed(number)[-256:] not in on_disk for number in range(DELIVERED))


def test_a_payload_is_not_freed_before_its_time(later: Later) -> None:
    assert later(6 * DAY_S, lambda: None).kept_payloads == DELIVERED


def test_the_kiosks_own_clock_frees_nothing(later: Later, centre: CentralServiceSimulator) -> None:
    now = centre._wall()
    centre._wall = lambda: now
    assert later(3650 * DAY_S, lambda: None).kept_payloads == DELIVERED


def test_nothing_is_freed_while_the_centre_does_not_answer(later: Later, centre: CentralServiceSimulator) -> None:
    def silence() -> None:
        centre.faults.lose_requests = 10**6

    assert later(8 * DAY_S, silence).kept_payloads == DELIVERED


def test_an_old_checkpoint_answered_again_frees_nothing(
    later: Later, line: SimulatedLine, centre: CentralServiceSimulator
) -> None:
    def replay() -> None:
        centre.faults.stale_checkpoint = sign_checkpoint_reply(
            centre._archive.checkpoint(), "an-older-question", centre._wall(), centre._receipt_key
        )

    assert later(8 * DAY_S, replay).kept_payloads == DELIVERED
    assert events(line, b"CENTRE_CONTRADICTED") >= 1


def test_a_checkpoint_by_another_key_frees_nothing(later: Later, centre: CentralServiceSimulator) -> None:
    def forge() -> None:
        centre._receipt_key = Ed25519PrivateKey.generate()

    assert later(8 * DAY_S, forge).kept_payloads == DELIVERED


def test_a_restored_centre_gets_the_lost_again_and_they_are_freed_in_their_time(
    line: SimulatedLine, centre: CentralServiceSimulator, sealed: Sealed
) -> None:
    async def work(journal: AsyncJournal, courier: Courier) -> list[int]:
        kept = []
        for number in range(DELIVERED):
            await journal.commit(sealed(number))
        await line.settle(courier)
        await line.kiosk.clock.sleep(8 * DAY_S)
        centre.restore(size=1)
        for seconds in (0, DAY_S, 8 * DAY_S):
            await line.kiosk.clock.sleep(seconds)
            await line.settle(courier)
            kept.append((await journal.status()).kept_payloads)
        return kept

    # Nothing at once; a day later the one that was never lost; the others after their time anew.
    assert line.run(work) == [3, 2, 0]
    assert len(centre.envelopes) == DELIVERED
    assert events(line, b"CENTRE_RESTORED") == 1
    assert events(line, b"CENTRE_CONTRADICTED") == 0
    assert events(line, b"QUEUED_AGAIN") == DELIVERED


def test_a_rewritten_log_of_the_same_length_is_noticed(
    later: Later, line: SimulatedLine, centre: CentralServiceSimulator
) -> None:
    def rewrite() -> None:
        centre._archive.tree = MerkleTree.from_leaf_hashes(
            leaf_hash(bytes([number])) for number in range(DELIVERED + 2)
        )

    assert later(8 * DAY_S, rewrite).kept_payloads == DELIVERED
    assert events(line, b"CENTRE_CONTRADICTED") >= 1


def test_a_proof_of_other_sizes_frees_nothing(later: Later, centre: CentralServiceSimulator) -> None:
    honest = centre.consistency

    async def crossed(first: int, second: int) -> object:
        reply = await honest(first, second)
        return None if reply is None else msgspec.structs.replace(reply, first=first + 1)

    def cross() -> None:
        centre.consistency = crossed  # type: ignore[method-assign, assignment]  # a lying centre

    assert later(8 * DAY_S, cross).kept_payloads == DELIVERED


def test_receipts_under_keys_that_changed_since_are_asked_for_again(
    line: SimulatedLine, centre: CentralServiceSimulator, sealed: Sealed
) -> None:
    async def work(journal: AsyncJournal, courier: Courier) -> list[int]:
        for number in range(DELIVERED):
            await journal.commit(sealed(number))
        await line.settle(courier)
        await line.kiosk.clock.sleep(8 * DAY_S)
        successor = CentralServiceSimulator(line.kiosk.clock.wall)
        successor.add_kiosk(line.kiosk.name, line.kiosk.key.public_der)
        heir = Courier(journal, successor, successor.keys, line.timing())
        kept = []
        for seconds in (0, 8 * DAY_S):
            await line.kiosk.clock.sleep(seconds)
            await line.settle(heir)
            kept.append((await journal.status()).kept_payloads)
        assert list(successor.envelopes) == list(centre.envelopes)
        return kept

    assert line.run(work) == [DELIVERED, 0]


def test_a_centre_restored_before_it_was_ever_watched_is_noticed_by_the_receipts(
    line: SimulatedLine, centre: CentralServiceSimulator, sealed: Sealed
) -> None:
    async def work(journal: AsyncJournal, courier: Courier) -> None:
        await journal.commit(sealed(1))
        centre.faults.lose_requests = 1
        await courier.deliver_once()
        centre.faults.lose_requests = 0
        await courier._deliver_next(deque(await journal.pending()), _Round())
        assert len(centre.envelopes) == 1
        centre.restore(size=0, is_stated=False)
        await line.kiosk.clock.sleep(line.timing().upkeep_s)
        await line.settle(courier)

    line.run(work)
    assert len(centre.envelopes) == 1
    assert events(line, b"CENTRE_CONTRADICTED") == 1
