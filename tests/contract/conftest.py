# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The real centre, under uvicorn on loopback, and kiosks with real journals before it."""

import asyncio
import os
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select

from townhall_central import agencies
from townhall_central.agencies import AgencyFile
from townhall_central.app import create_app
from townhall_central.settings import Settings
from townhall_central.simulation.centre import SimulatedCentre
from townhall_central.simulation.kiosk import MemoryDeviceKey, enrolment_request
from townhall_central.simulation.stick_post import StickPost
from townhall_central.stick import StickDesk, StickReport
from townhall_central.tables import ENVELOPE
from townhall_crypto.device_key import FileDeviceKey
from townhall_crypto.envelope import NO_PREVIOUS, Created, Envelope, OuterHeader, sealed_sha256, sign_envelope
from townhall_crypto.recipients import RecipientPublicKey, generate_recipient_key
from townhall_crypto.sealed import seal
from townhall_sync import wire
from townhall_sync.async_journal import AsyncJournal
from townhall_sync.batch import NamedEnvelope
from townhall_sync.central_http import HttpCentralService, HttpEnrolmentService, HttpLine
from townhall_sync.central_service import (
    Answered,
    BatchAnswered,
    CentralService,
    EnrolmentService,
    Refused,
    Stored,
)
from townhall_sync.clock import SimulatedClock
from townhall_sync.courier import Courier
from townhall_sync.enrolment import make_request
from townhall_sync.one_time_code import OneTimeCode
from townhall_sync.receipt import (
    CentreKeys,
    ExpectedReceipt,
    Receipt,
    verify_receipt,
)
from townhall_sync.simulated_kiosk import SimulatedKiosk, SimulatedLine
from townhall_sync.simulator import CentralServiceSimulator
from townhall_sync.stick_files import Stick
from townhall_sync.stick_road import StickRoad
from townhall_sync.wire import (
    encode_base64,
)

Result = TypeVar("Result")
Serve = Callable[[SimulatedCentre, Callable[[], int]], int]


@pytest.fixture
def real_centre(tmp_path: Path) -> Iterator[SimulatedCentre]:
    centre = SimulatedCentre.create(tmp_path / "centre", 1_800_000_000)
    yield centre
    centre.database.close()


@pytest.fixture
def serve() -> Iterator[Callable[[SimulatedCentre, Callable[[], int]], int]]:
    """Serve a centre's directory with a clock; returns the port."""
    with ExitStack() as running:

        def start(centre: SimulatedCentre, wall: Callable[[], int]) -> int:
            app = create_app(Settings(centre.path, clock=wall))
            server = uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False, ws="none"))
            listening = running.enter_context(closing(socket.create_server(("127.0.0.1", 0))))
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
            thread.start()

            def stop() -> None:
                server.should_exit = True
                thread.join()

            running.callback(stop)
            port: int = listening.getsockname()[1]
            return port

        yield start


@dataclass
class Centre:
    """A centre under test, whichever it is: how to reach it, and what its staff can do."""

    keys: CentreKeys
    make_code: Callable[[str], OneTimeCode]
    approve: Callable[[str], object]
    line: Callable[[], HttpLine] | None
    simulator: CentralServiceSimulator | None
    stick: Callable[["Sender"], StickPost] | None = None

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
                if self.stick is not None:
                    sender.service = self.stick(sender)
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

    async def post(self, envelopes: list[Envelope]) -> tuple[Stored | Refused, ...]:
        """Send a batch."""
        assert self.service is not None
        sent = [NamedEnvelope(each.header.envelope_id, each.to_bytes()) for each in envelopes]
        outcome = await self.service.put_envelopes(sent)
        assert isinstance(outcome, BatchAnswered), outcome
        return outcome.outcomes

    async def stored(self, envelope: Envelope, keys: CentreKeys) -> tuple[Receipt, int]:
        return self.verified(envelope, await self.put(envelope), keys)

    def verified(self, envelope: Envelope, outcome: object, keys: CentreKeys) -> tuple[Receipt, int]:
        assert isinstance(outcome, Stored), outcome
        header = envelope.header
        expected = ExpectedReceipt(header.envelope_id, header.kiosk, header.journal_id, header.seq)
        return verify_receipt(outcome.reply.receipt, expected, keys), outcome.reply.lowest_missing_seq


@dataclass
class Post:
    """A kiosk's journal, open, with both its roads."""

    journal: AsyncJournal
    courier: Courier
    line: SimulatedLine
    road: StickRoad
    sealed: Callable[[], bytes]

    async def commit(self, count: int) -> list[str]:
        return [(await self.journal.commit(self.sealed())).envelope_id for _ in range(count)]

    async def over_the_line(self) -> None:
        await self.line.settle(self.courier)


@dataclass
class Town:
    """A centre, its port, its clock, and what its kiosks need."""

    centre: SimulatedCentre
    port: int
    clock: SimulatedClock
    recipient: RecipientPublicKey
    directory: Path
    keys: dict[str, FileDeviceKey] = field(default_factory=dict)

    @property
    def root(self) -> CentreKeys:
        return CentreKeys.from_root(self.centre.keys.root_bytes)

    def work_off(self, stick: Path) -> StickReport:
        with Stick(stick) as opened:
            return StickDesk(self.centre.database, self.centre.keys, self.clock.wall, opened).work()

    def stored(self) -> list[str]:
        with self.centre.database.read() as connection:
            return list(connection.scalars(select(ENVELOPE.c.id).order_by(ENVELOPE.c.log_index)))

    def at(self, name: str, work: Callable[[Post], Awaitable[Result]]) -> Result:
        """Do something at a kiosk: its journal is opened and closed, as by a restart."""
        if name not in self.keys:
            key = self.keys[name] = FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))
            request = enrolment_request(name, key, self.centre.code(name).secret)  # type: ignore[arg-type]  # its public key
            asked = self.centre.ask(request)
            assert asked is not None
            self.centre.approve(asked.state.id)
        kiosk = SimulatedKiosk(self.directory / name, self.keys[name], self.clock, name=name)

        async def run() -> Result:
            http = HttpLine(f"http://127.0.0.1:{self.port}", None)
            service = HttpCentralService(
                http, key=self.keys[name], key_id=name, wall=lambda: 5, nonce=lambda: os.urandom(8).hex()
            )
            line = SimulatedLine(kiosk, service, self.root)
            journal = await AsyncJournal.open(kiosk.opening())
            courier = Courier(journal, service, self.root, line.timing())
            road = StickRoad(journal, courier, self.root, self.keys[name], lambda: os.urandom(16).hex())
            try:
                return await work(Post(journal, courier, line, road, self._sealed))
            finally:
                await journal.close()
                await http.close()

        return asyncio.run(run())

    def _sealed(self) -> bytes:
        return seal(os.urandom(32), kind="service", recipients=[self.recipient])


@pytest.fixture
def town(real_centre: SimulatedCentre, serve: Serve, tmp_path: Path) -> Town:
    clock = SimulatedClock()
    recipient = generate_recipient_key().public
    agency = AgencyFile(
        name="Registry",
        recipient_key=wire.encode_base64(recipient.public),
        request_key=wire.encode_base64(MemoryDeviceKey().public_der),
    )
    with real_centre.database.write() as connection:
        agencies.add(connection, msgspec.json.encode(agency), by="Ann", now=real_centre.now)
    made = Town(real_centre, serve(real_centre, clock.wall), clock, recipient, tmp_path / "kiosks")
    made.directory.mkdir()
    (tmp_path / "stick").mkdir()
    return made


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    return tmp_path / "stick"


@pytest.fixture(params=["simulator", "http", "stick"])
def centre(
    request: pytest.FixtureRequest, clock: SimulatedClock, recipient: RecipientPublicKey, tmp_path: Path
) -> Centre:
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

    def post(sender: Sender) -> StickPost:
        return StickPost(tmp_path / "stick", real, clock.wall, name=sender.name, key=sender.key)

    return Centre(
        keys,
        real.code,
        real.approve,
        lambda: HttpLine(f"http://127.0.0.1:{port}", None),
        None,
        post if request.param == "stick" else None,
    )


@pytest.fixture
def clock() -> SimulatedClock:
    return SimulatedClock()


@pytest.fixture(scope="module")
def recipient() -> RecipientPublicKey:
    return generate_recipient_key().public


@pytest.fixture
def stranger(recipient: RecipientPublicKey) -> Sender:
    """A kiosk that nobody enrolled."""
    return Sender("kiosk-9", FileDeviceKey(ec.generate_private_key(ec.SECP256R1())), recipient)


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
