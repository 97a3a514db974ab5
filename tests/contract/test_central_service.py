# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What every CentralService and EnrolmentService keeps to: the simulator in memory, and the real centre over HTTP."""

import asyncio
import hashlib
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from townhall_central import agencies
from townhall_central.agencies import AgencyFile
from townhall_central.simulation.centre import SimulatedCentre
from townhall_crypto.device_key import FileDeviceKey
from townhall_crypto.envelope import NO_PREVIOUS, Created, Envelope, OuterHeader, sealed_sha256, sign_envelope
from townhall_crypto.recipients import RecipientPublicKey, generate_recipient_key
from townhall_crypto.sealed import seal
from townhall_sync.async_journal import AsyncJournal
from townhall_sync.backoff import Backoff
from townhall_sync.central_http import HttpCentralService, HttpEnrolmentService, HttpLine
from townhall_sync.central_service import (
    Answered,
    CentralService,
    EnrolmentService,
    Refusal,
    Refused,
    Stored,
)
from townhall_sync.clock import SimulatedClock
from townhall_sync.courier import Courier
from townhall_sync.enrolment import Enrolled, EnrolmentDenied, enrol, make_request
from townhall_sync.one_time_code import OneTimeCode
from townhall_sync.receipt import (
    CentreKeys,
    ExpectedReceipt,
    Outcome,
    Receipt,
    check_continues,
    verify_fresh_checkpoint,
    verify_receipt,
)
from townhall_sync.simulated_kiosk import SimulatedKiosk, SimulatedLine
from townhall_sync.simulator import CentralServiceSimulator
from townhall_sync.wire import encode_base64, enrolment_id

Result = TypeVar("Result")
Serve = Callable[[SimulatedCentre, Callable[[], int]], int]


@dataclass
class Centre:
    """A centre under test, whichever it is: how to reach it, and what its staff can do."""

    keys: CentreKeys
    make_code: Callable[[str], OneTimeCode]
    approve: Callable[[str], object]
    line: Callable[[], HttpLine] | None
    simulator: CentralServiceSimulator | None

    def run(self, work: Callable[[EnrolmentService, "Sender"], Awaitable[Result]], sender: "Sender") -> Result:
        async def run() -> Result:
            if self.simulator is not None:
                self.simulator.caller = sender.name
                sender.service = self.simulator
                return await work(self.simulator, sender)
            assert self.line is not None
            line = self.line()
            try:
                sender.service = HttpCentralService(
                    line, key=sender.key, key_id=sender.name, wall=lambda: 5, nonce=lambda: os.urandom(8).hex()
                )
                return await work(HttpEnrolmentService(line), sender)
            finally:
                await line.close()

        return asyncio.run(run())


@dataclass
class Sender:
    """A kiosk's side: its key, and envelopes of its journal by hand."""

    name: str
    key: FileDeviceKey
    recipient: RecipientPublicKey
    service: CentralService | None = None

    def envelope(
        self, seq: int, previous: str = "", *, sealed: bytes | None = None, key: FileDeviceKey | None = None
    ) -> Envelope:
        content = seal(os.urandom(16), kind="service", recipients=[self.recipient]) if sealed is None else sealed
        header = OuterHeader(
            kiosk=self.name,
            journal_id="journal-1",
            boot="boot",
            seq=seq,
            prev_hash=previous or (NO_PREVIOUS if seq == 1 else "e" * 64),
            created=Created(1, 2, 3),
            sealed_sha256=sealed_sha256(content),
        )
        return sign_envelope(header, content, key or self.key)

    def chain(self, length: int) -> list[Envelope]:
        made: list[Envelope] = []
        for seq in range(1, length + 1):
            made.append(self.envelope(seq, made[-1].header.envelope_id if made else ""))
        return made

    async def put(self, envelope: Envelope, *, as_id: str | None = None) -> object:
        assert self.service is not None
        return await self.service.put_envelope(as_id or envelope.header.envelope_id, envelope.to_bytes())

    async def stored(self, envelope: Envelope, keys: CentreKeys) -> tuple[Receipt, int]:
        outcome = await self.put(envelope)
        assert isinstance(outcome, Stored), outcome
        header = envelope.header
        expected = ExpectedReceipt(header.envelope_id, header.kiosk, header.journal_id, header.seq)
        return verify_receipt(outcome.reply.receipt, expected, keys), outcome.reply.lowest_missing_seq


@pytest.fixture(params=["simulator", "http"])
def centre(request: pytest.FixtureRequest, clock: SimulatedClock, recipient: RecipientPublicKey) -> Centre:
    if request.param == "simulator":
        simulator = CentralServiceSimulator(clock.wall)
        simulator.recipients = {recipient.key_id}
        return Centre(
            simulator.keys, lambda kiosk: simulator.make_code(kiosk, os.urandom(16)), simulator.approve, None, simulator
        )
    real: SimulatedCentre = request.getfixturevalue("real_centre")
    serve: Serve = request.getfixturevalue("serve")
    port = serve(real, clock.wall)
    request_key = FileDeviceKey(ec.generate_private_key(ec.SECP256R1())).public_der
    agency = AgencyFile(
        name="Registry", recipient_key=encode_base64(recipient.public), request_key=encode_base64(request_key)
    )
    with real.database.write() as connection:
        agencies.add(connection, msgspec.json.encode(agency), by="Ann", now=real.now)
    keys = CentreKeys.from_root(real.keys.root_bytes)
    return Centre(keys, real.code, real.approve, lambda: HttpLine(f"http://127.0.0.1:{port}", None), None)


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


@pytest.fixture(scope="module")
def recipient() -> RecipientPublicKey:
    return generate_recipient_key().public


@pytest.fixture
def sender(centre: Centre, recipient: RecipientPublicKey) -> Sender:
    """An enrolled kiosk."""
    made = Sender("kiosk-1", FileDeviceKey(ec.generate_private_key(ec.SECP256R1())), recipient)
    code = centre.make_code(made.name)

    async def work(enrolment: EnrolmentService, kiosk: Sender) -> None:
        asked = await enrolment.ask_enrolment(make_request(code, kiosk.name, kiosk.key))
        assert isinstance(asked, Answered)
        centre.approve(asked.state.id)

    centre.run(work, made)
    return made


def test_an_envelope_is_stored_with_a_verifiable_receipt(centre: Centre, sender: Sender) -> None:
    async def work(_enrolment: EnrolmentService, kiosk: Sender) -> tuple[Receipt, int]:
        return await kiosk.stored(kiosk.envelope(1), centre.keys)

    receipt, lowest_missing = centre.run(work, sender)
    assert (receipt.outcome, receipt.reason, receipt.server_time) == (Outcome.ACCEPTED, "", 1_800_000_000)
    assert lowest_missing == 2


def test_the_same_bytes_again_get_the_same_receipt(centre: Centre, sender: Sender) -> None:
    async def work(_enrolment: EnrolmentService, kiosk: Sender) -> list[Receipt]:
        first, second = kiosk.chain(2)
        return [(await kiosk.stored(each, centre.keys))[0] for each in (first, second, first)]

    first, _second, again = centre.run(work, sender)
    assert first == again


def test_envelopes_come_in_any_order_and_the_lowest_missing_is_named(centre: Centre, sender: Sender) -> None:
    async def work(_enrolment: EnrolmentService, kiosk: Sender) -> list[int]:
        chain = kiosk.chain(4)
        return [(await kiosk.stored(chain[seq - 1], centre.keys))[1] for seq in (3, 1, 4, 2)]

    assert centre.run(work, sender) == [1, 2, 2, 5]


def test_another_envelope_at_a_taken_place_is_a_fork(centre: Centre, sender: Sender) -> None:
    async def work(_enrolment: EnrolmentService, kiosk: Sender) -> list[object]:
        await kiosk.stored(kiosk.envelope(1), centre.keys)
        first = kiosk.envelope(1)
        return [await kiosk.put(first), await kiosk.put(first)]

    assert centre.run(work, sender) == [Refused("TH-CENT-022", Refusal.FORKED)] * 2


@pytest.mark.parametrize("seq", [1, 3])
def test_a_link_that_contradicts_a_neighbour_is_a_fork(centre: Centre, sender: Sender, seq: int) -> None:
    async def work(_enrolment: EnrolmentService, kiosk: Sender) -> object:
        await kiosk.stored(kiosk.chain(2)[1], centre.keys)
        return await kiosk.put(kiosk.envelope(seq, "" if seq == 1 else "d" * 64))

    assert centre.run(work, sender) == Refused("TH-CENT-021", Refusal.FORKED)


def test_other_bytes_under_a_known_id_are_a_fork(centre: Centre, sender: Sender) -> None:
    async def work(_enrolment: EnrolmentService, kiosk: Sender) -> object:
        first = kiosk.envelope(1)
        await kiosk.stored(first, centre.keys)
        return await kiosk.put(sign_envelope(first.header, first.sealed, kiosk.key))

    assert centre.run(work, sender) == Refused("TH-CENT-023", Refusal.FORKED)


def test_what_no_agency_can_use_is_quarantined_and_fills_its_seq(centre: Centre, sender: Sender) -> None:
    stranger = FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))
    nobody = generate_recipient_key().public

    async def work(_enrolment: EnrolmentService, kiosk: Sender) -> list[tuple[Receipt, int]]:
        first = kiosk.envelope(1, key=stranger)
        second = kiosk.envelope(2, first.header.envelope_id, sealed=b"no seal")
        unknown = seal(b"x", kind="service", recipients=[nobody])
        third = kiosk.envelope(3, second.header.envelope_id, sealed=unknown)
        return [await kiosk.stored(each, centre.keys) for each in (first, second, third)]

    results = centre.run(work, sender)
    assert [receipt.outcome for receipt, _missing in results] == [Outcome.QUARANTINED] * 3
    assert [receipt.reason for receipt, _missing in results] == ["TH-CENT-061", "TH-CENT-062", "TH-CENT-063"]
    assert [missing for _receipt, missing in results] == [2, 3, 4]


def test_what_cannot_be_read_is_poison(centre: Centre, sender: Sender) -> None:
    async def work(_enrolment: EnrolmentService, kiosk: Sender) -> list[object]:
        assert kiosk.service is not None
        return [
            await kiosk.service.put_envelope("a" * 64, b"garbage"),
            await kiosk.put(kiosk.envelope(1), as_id="a" * 64),
        ]

    assert centre.run(work, sender) == [Refused("TH-CENT-002", Refusal.POISON)] * 2


def test_a_kiosk_that_was_never_approved_is_refused_whatever_it_sends(
    centre: Centre, recipient: RecipientPublicKey
) -> None:
    stranger = Sender("kiosk-9", FileDeviceKey(ec.generate_private_key(ec.SECP256R1())), recipient)

    async def work(_enrolment: EnrolmentService, kiosk: Sender) -> object:
        return await kiosk.put(kiosk.envelope(1))

    assert centre.run(work, stranger) == Refused("TH-CENT-012", Refusal.NOT_ENROLLED)


def test_another_kiosks_envelope_is_refused(centre: Centre, sender: Sender) -> None:
    other = Sender("kiosk-2", sender.key, sender.recipient)

    async def work(_enrolment: EnrolmentService, kiosk: Sender) -> object:
        return await kiosk.put(other.envelope(1))

    assert centre.run(work, sender) == Refused("TH-CENT-014", Refusal.NOT_ENROLLED)


def test_checkpoints_are_fresh_and_continue_each_other(centre: Centre, sender: Sender, clock: SimulatedClock) -> None:
    async def work(_enrolment: EnrolmentService, kiosk: Sender) -> list[int]:
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


def test_enrolment_takes_a_code_and_an_approval(centre: Centre, recipient: RecipientPublicKey) -> None:
    kiosk = Sender("kiosk-7", FileDeviceKey(ec.generate_private_key(ec.SECP256R1())), recipient)
    code = OneTimeCode.parse(centre.make_code("kiosk-7").format())
    waits = []

    async def work(enrolment: EnrolmentService, kiosk: Sender) -> Enrolled | EnrolmentDenied:
        async def approve_meanwhile(seconds: float) -> None:
            waits.append(seconds)
            if len(waits) == 2:
                centre.approve(enrolment_id(kiosk.key.public_der))

        backoff = Backoff(lambda _low, high: high)
        return await enrol(enrolment, code, kiosk.name, kiosk.key, backoff=backoff, sleep=approve_meanwhile)

    enrolled = centre.run(work, kiosk)
    assert isinstance(enrolled, Enrolled)
    assert len(waits) == 2
    assert hashlib.sha256(enrolled.root_json).digest() == code.root_sha256
    assert enrolled.keys.log_key.key_id == centre.keys.log_key.key_id


def test_a_wrong_code_is_denied_and_the_right_one_still_works(centre: Centre, recipient: RecipientPublicKey) -> None:
    kiosk = Sender("kiosk-7", FileDeviceKey(ec.generate_private_key(ec.SECP256R1())), recipient)
    right = centre.make_code("kiosk-7")
    wrong = OneTimeCode(bytes(16), right.root_sha256)

    async def work(enrolment: EnrolmentService, kiosk: Sender) -> list[object]:
        return [
            await enrolment.ask_enrolment(make_request(wrong, kiosk.name, kiosk.key)),
            await enrolment.ask_enrolment(make_request(right, "kiosk-8", kiosk.key)),
            await enrolment.ask_enrolment(make_request(right, kiosk.name, kiosk.key)),
            await enrolment.ask_enrolment(make_request(right, kiosk.name, kiosk.key)),
        ]

    denied, other_name, pending, again = centre.run(work, kiosk)
    assert denied == other_name == Refused("TH-CENT-015", Refusal.NOT_ENROLLED)
    assert isinstance(pending, Answered)
    assert pending == again


def test_a_used_code_does_not_enrol_a_second_key(centre: Centre, recipient: RecipientPublicKey) -> None:
    kiosk = Sender("kiosk-7", FileDeviceKey(ec.generate_private_key(ec.SECP256R1())), recipient)
    thief = FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))
    code = centre.make_code("kiosk-7")

    async def work(enrolment: EnrolmentService, kiosk: Sender) -> object:
        await enrolment.ask_enrolment(make_request(code, kiosk.name, kiosk.key))
        return await enrolment.ask_enrolment(make_request(code, kiosk.name, thief))

    assert centre.run(work, kiosk) == Refused("TH-CENT-015", Refusal.NOT_ENROLLED)


def test_a_journal_is_delivered_whole(centre: Centre, sender: Sender, clock: SimulatedClock, tmp_path: Path) -> None:
    kiosk = SimulatedKiosk(tmp_path / "journal", sender.key, clock, name=sender.name)
    journal = kiosk.open()
    for number in range(5):
        journal.commit(seal(bytes([number]), kind="service", recipients=[sender.recipient]))
    kiosk.close()

    async def work(_enrolment: EnrolmentService, sending: Sender) -> tuple[int, int]:
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
