# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The line to the real centre is cut after any number of bytes, either way: each envelope arrives exactly once."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import func, select

from townhall_central.simulation.centre import SimulatedCentre
from townhall_central.tables import ENVELOPE
from townhall_crypto.device_key import FileDeviceKey
from townhall_sync.async_journal import AsyncJournal
from townhall_sync.central_http import HttpCentralService, HttpLimits, HttpLine
from townhall_sync.clock import SimulatedClock
from townhall_sync.courier import Courier
from townhall_sync.enrolment import make_request
from townhall_sync.receipt import CentreKeys
from townhall_sync.simulated_kiosk import SimulatedKiosk, SimulatedLine

Serve = Callable[[SimulatedCentre, Callable[[], int]], int]


class Way(Enum):
    REQUEST = "request"
    RESPONSE = "response"


@dataclass
class CuttingProxy:
    """Passes bytes on to a port until a way has had its number of bytes; then both sides are dropped."""

    port: int
    seen: dict[Way, int] = field(default_factory=lambda: dict.fromkeys(Way, 0))
    cut: tuple[Way, int] | None = None
    is_abrupt: bool = False
    pumps: set[asyncio.Task[None]] = field(default_factory=set)

    def arm(self, cut: tuple[Way, int] | None, *, is_abrupt: bool = False) -> None:
        self.cut, self.is_abrupt = cut, is_abrupt
        self.seen = dict.fromkeys(Way, 0)

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward_reader, onward_writer = await asyncio.open_connection("127.0.0.1", self.port)
        sides = (writer, onward_writer)
        pumps = {
            asyncio.ensure_future(self.pump(Way.REQUEST, reader, onward_writer, sides)),
            asyncio.ensure_future(self.pump(Way.RESPONSE, onward_reader, writer, sides)),
        }
        self.pumps |= pumps
        await asyncio.wait(pumps)
        self.pumps -= pumps

    async def pump(
        self,
        way: Way,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        sides: tuple[asyncio.StreamWriter, ...],
    ) -> None:
        try:
            while data := await reader.read(65536):
                is_cut_here = self.cut is not None and self.cut[0] is way
                room = max(0, self.cut[1] - self.seen[way]) if self.cut is not None and is_cut_here else len(data)
                self.seen[way] += len(data)
                writer.write(data[:room])
                await writer.drain()
                if is_cut_here and room <= len(data):
                    break
        except OSError:
            pass
        finally:
            for side in sides:
                if self.is_abrupt:
                    side.transport.abort()
                else:
                    side.close()

    async def close(self) -> None:
        for pump in self.pumps:
            pump.cancel()
        await asyncio.gather(*self.pumps, return_exceptions=True)
        for _turn in range(3):  # transports close in the loop's next turns
            await asyncio.sleep(0)


@dataclass
class Scene:
    proxy: CuttingProxy
    journal: AsyncJournal
    courier: Courier
    line: SimulatedLine
    count_at_centre: Callable[[], int]
    committed: int = 0

    together: int = 1
    """How many envelopes go in one request."""

    async def commit(self) -> None:
        for _envelope in range(self.together):
            await self.journal.commit(os.urandom(3000))
        self.committed += self.together

    async def send(self, cut: tuple[Way, int] | None, *, is_abrupt: bool) -> None:
        """Commit more, let the courier try over a line that is cut, and again over a whole one."""
        await self.commit()
        # As at a start, with whole batches: after a cut the courier would go one by one.
        self.courier = Courier(self.journal, self.line.centre, self.line.keys, self.line.timing())
        self.proxy.arm(cut, is_abrupt=is_abrupt)
        await self.courier.deliver_once()
        assert self.count_at_centre() in {self.committed - self.together, self.committed}
        self.proxy.arm(None)
        await self.line.settle(self.courier)
        assert (await self.journal.status()).queued == 0
        assert self.count_at_centre() == self.committed


@contextlib.asynccontextmanager
async def scene(
    real_centre: SimulatedCentre, port: int, clock: SimulatedClock, directory: Path
) -> AsyncIterator[Scene]:
    key = FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))
    asked = real_centre.ask(make_request(real_centre.code("kiosk-1"), "kiosk-1", key))
    assert asked is not None
    real_centre.approve(asked.state.id)
    proxy = CuttingProxy(port)
    server = await asyncio.start_server(proxy.connected, "127.0.0.1", 0)
    own_port = server.sockets[0].getsockname()[1]
    http = HttpLine(f"http://127.0.0.1:{own_port}", None, HttpLimits(step_s=5.0))
    central = HttpCentralService(http, key=key, key_id="kiosk-1", wall=clock.wall, nonce=lambda: os.urandom(8).hex())
    kiosk = SimulatedKiosk(directory, key, clock)
    journal = await AsyncJournal.open(kiosk.opening())
    keys = CentreKeys.from_root(real_centre.keys.root_bytes)
    line = SimulatedLine(kiosk, central, keys)

    def count_at_centre() -> int:
        with real_centre.database.read() as connection:
            return connection.scalar(select(func.count()).select_from(ENVELOPE)) or 0

    try:
        yield Scene(proxy, journal, Courier(journal, central, keys, line.timing()), line, count_at_centre)
    finally:
        await http.close()
        server.close()
        await proxy.close()
        await journal.close()


async def cut_everywhere(found: Scene, way: Way, share: int) -> int:
    """Cut after every ``share``-th byte of one way, and after each of the first and last ones."""
    await found.send(None, is_abrupt=False)
    found.proxy.arm(None)
    await found.commit()
    await found.line.settle(found.courier)
    length = found.proxy.seen[way]
    offsets = sorted({0, 1, 2, length - 2, length - 1, *range(0, length, share)})
    for number, offset in enumerate(offsets):
        await found.send((way, offset), is_abrupt=number % 2 == 1)
    return len(offsets)


def run(real_centre: SimulatedCentre, serve: Serve, tmp_path: Path, way: Way, share: int, *, together: int = 1) -> int:
    clock = SimulatedClock()
    port = serve(real_centre, clock.wall)

    async def cut() -> int:
        async with scene(real_centre, port, clock, tmp_path / "journal") as found:
            found.together = together
            return await cut_everywhere(found, way, share)

    return asyncio.run(cut())


@pytest.mark.parametrize(("way", "share"), [(Way.REQUEST, 131), (Way.RESPONSE, 61)], ids=["request", "response"])
def test_a_line_cut_at_sampled_offsets_delivers_exactly_once(
    real_centre: SimulatedCentre, serve: Serve, tmp_path: Path, way: Way, share: int
) -> None:
    assert run(real_centre, serve, tmp_path, way, share) > 15


@pytest.mark.parametrize(("way", "share"), [(Way.REQUEST, 397), (Way.RESPONSE, 229)], ids=["request", "response"])
def test_a_batch_cut_at_sampled_offsets_is_stored_whole_or_not_and_delivered_exactly_once(
    real_centre: SimulatedCentre, serve: Serve, tmp_path: Path, way: Way, share: int
) -> None:
    assert run(real_centre, serve, tmp_path, way, share, together=3) > 15


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("way", list(Way))
def test_a_line_cut_at_every_offset_delivers_exactly_once(
    real_centre: SimulatedCentre, serve: Serve, tmp_path: Path, way: Way
) -> None:
    assert run(real_centre, serve, tmp_path, way, 1) > 500
