# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What every CentralService keeps to: the simulator in memory, the real centre over HTTP, and by USB stick.

Enrolment goes over HTTP in the third case: a stick carries what an enrolled kiosk sends.
"""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from townhall_crypto.device_key import FileDeviceKey
from townhall_crypto.envelope import sign_envelope
from townhall_crypto.recipients import generate_recipient_key
from townhall_crypto.sealed import seal
from townhall_sync.async_journal import AsyncJournal
from townhall_sync.central_service import (
    EnrolmentService,
    Refusal,
    Refused,
)
from townhall_sync.clock import SimulatedClock
from townhall_sync.courier import Courier
from townhall_sync.receipt import (
    Outcome,
    Receipt,
    check_continues,
    verify_fresh_checkpoint,
)
from townhall_sync.simulated_kiosk import SimulatedKiosk, SimulatedLine
from townhall_sync.wire import (
    Restorations,
)

if TYPE_CHECKING:
    from tests.contract.conftest import Centre, Sender


def test_an_envelope_is_stored_with_a_verifiable_receipt(centre: "Centre", sender: "Sender") -> None:
    async def work(_enrolment: EnrolmentService, kiosk: "Sender") -> tuple[Receipt, int]:
        return await kiosk.stored(kiosk.envelope(1), centre.keys)

    receipt, lowest_missing = centre.run(work, sender)
    assert (receipt.outcome, receipt.reason, receipt.server_time) == (Outcome.ACCEPTED, "", 1_800_000_000)
    assert lowest_missing == 2


def test_the_same_bytes_again_get_the_same_receipt(centre: "Centre", sender: "Sender") -> None:
    async def work(_enrolment: EnrolmentService, kiosk: "Sender") -> list[Receipt]:
        first, second = kiosk.chain(2)
        return [(await kiosk.stored(each, centre.keys))[0] for each in (first, second, first)]

    first, _second, again = centre.run(work, sender)
    assert first == again


def test_envelopes_come_in_any_order_and_the_lowest_missing_is_named(centre: "Centre", sender: "Sender") -> None:
    async def work(_enrolment: EnrolmentService, kiosk: "Sender") -> list[int]:
        chain = kiosk.chain(4)
        return [(await kiosk.stored(chain[seq - 1], centre.keys))[1] for seq in (3, 1, 4, 2)]

    assert centre.run(work, sender) == [1, 2, 2, 5]


def test_another_envelope_at_a_taken_place_is_a_fork(centre: "Centre", sender: "Sender") -> None:
    async def work(_enrolment: EnrolmentService, kiosk: "Sender") -> list[object]:
        await kiosk.stored(kiosk.envelope(1), centre.keys)
        first = kiosk.envelope(1)
        return [await kiosk.put(first), await kiosk.put(first)]

    assert centre.run(work, sender) == [Refused("TH-CENT-022", Refusal.FORKED)] * 2


@pytest.mark.parametrize("seq", [1, 3])
def test_a_link_that_contradicts_a_neighbour_is_a_fork(centre: "Centre", sender: "Sender", seq: int) -> None:
    async def work(_enrolment: EnrolmentService, kiosk: "Sender") -> object:
        await kiosk.stored(kiosk.chain(2)[1], centre.keys)
        return await kiosk.put(kiosk.envelope(seq, "" if seq == 1 else "d" * 64))

    assert centre.run(work, sender) == Refused("TH-CENT-021", Refusal.FORKED)


def test_other_bytes_under_a_known_id_are_a_fork(centre: "Centre", sender: "Sender") -> None:
    async def work(_enrolment: EnrolmentService, kiosk: "Sender") -> object:
        first = kiosk.envelope(1)
        await kiosk.stored(first, centre.keys)
        return await kiosk.put(sign_envelope(first.header, first.sealed, kiosk.key))

    assert centre.run(work, sender) == Refused("TH-CENT-023", Refusal.FORKED)


def test_what_no_agency_can_use_is_quarantined_and_fills_its_seq(centre: "Centre", sender: "Sender") -> None:
    stranger = FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))
    nobody = generate_recipient_key().public

    async def work(_enrolment: EnrolmentService, kiosk: "Sender") -> list[tuple[Receipt, int]]:
        first = kiosk.envelope(1, key=stranger)
        second = kiosk.envelope(2, first.header.envelope_id, sealed=b"no seal")
        unknown = seal(b"x", kind="service", recipients=[nobody])
        third = kiosk.envelope(3, second.header.envelope_id, sealed=unknown)
        return [await kiosk.stored(each, centre.keys) for each in (first, second, third)]

    results = centre.run(work, sender)
    assert [receipt.outcome for receipt, _missing in results] == [Outcome.QUARANTINED] * 3
    assert [receipt.reason for receipt, _missing in results] == ["TH-CENT-061", "TH-CENT-062", "TH-CENT-063"]
    assert [missing for _receipt, missing in results] == [2, 3, 4]


def test_what_cannot_be_read_is_poison(centre: "Centre", sender: "Sender") -> None:
    async def work(_enrolment: EnrolmentService, kiosk: "Sender") -> list[object]:
        assert kiosk.service is not None
        return [
            await kiosk.service.put_envelope("a" * 64, b"garbage"),
            await kiosk.put(kiosk.envelope(1), as_id="a" * 64),
        ]

    assert centre.run(work, sender) == [Refused("TH-CENT-002", Refusal.POISON)] * 2


def test_a_kiosk_that_was_never_approved_is_refused_whatever_it_sends(centre: "Centre", stranger: "Sender") -> None:
    async def work(_enrolment: EnrolmentService, kiosk: "Sender") -> object:
        return await kiosk.put(kiosk.envelope(1))

    assert centre.run(work, stranger) == Refused("TH-CENT-012", Refusal.NOT_ENROLLED)


def test_another_kiosks_envelope_is_refused(centre: "Centre", sender: "Sender") -> None:
    other = replace(sender, name="kiosk-2")

    async def work(_enrolment: EnrolmentService, kiosk: "Sender") -> object:
        return await kiosk.put(other.envelope(1))

    assert centre.run(work, sender) == Refused("TH-CENT-014", Refusal.NOT_ENROLLED)


def test_checkpoints_are_fresh_and_continue_each_other(
    centre: "Centre", sender: "Sender", clock: SimulatedClock
) -> None:
    async def work(_enrolment: EnrolmentService, kiosk: "Sender") -> list[int]:
        assert kiosk.service is not None
        sizes = []
        earlier = None
        for number, envelope in enumerate(kiosk.chain(5)):
            await kiosk.stored(envelope, centre.keys)
            reply = await kiosk.service.checkpoint(f"nonce-{number}")
            assert reply is not None
            fresh = verify_fresh_checkpoint(reply, f"nonce-{number}", centre.keys)
            assert fresh.server_time == clock.wall()
            if earlier is not None:
                proof = await kiosk.service.consistency(earlier.size, fresh.checkpoint.size)
                assert proof is not None
                check_continues(earlier, fresh.checkpoint, proof)
            earlier = fresh.checkpoint
            sizes.append(earlier.size)
        assert await kiosk.service.consistency(3, 99) is None
        return sizes

    assert centre.run(work, sender) == [1, 2, 3, 4, 5]


def test_a_log_that_was_never_restored_has_no_statements(centre: "Centre", sender: "Sender") -> None:
    async def work(_enrolment: EnrolmentService, kiosk: "Sender") -> Restorations | None:
        assert kiosk.service is not None
        return await kiosk.service.restorations()

    assert centre.run(work, sender) == Restorations(restorations=())


def test_a_journal_is_delivered_whole(
    centre: "Centre", sender: "Sender", clock: SimulatedClock, tmp_path: Path
) -> None:
    kiosk = SimulatedKiosk(tmp_path / "journal", sender.key, clock, name=sender.name)
    journal = kiosk.open()
    for number in range(5):
        journal.commit(seal(bytes([number]), kind="service", recipients=[sender.recipient]))
    kiosk.close()

    async def work(_enrolment: EnrolmentService, sending: "Sender") -> tuple[int, int]:
        assert sending.service is not None
        line = SimulatedLine(kiosk, sending.service, centre.keys)
        opened = await AsyncJournal.open(kiosk.opening())
        courier = Courier(opened, sending.service, centre.keys, line.timing())
        await line.settle(courier)
        await clock.sleep(8 * 24 * 60 * 60)
        await line.settle(courier)
        status = await opened.status()
        await opened.close()
        return status.queued, status.kept_payloads

    assert centre.run(work, sender) == (0, 0)
