# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The signed catalogue over the real centre's line and from a stick: the same bytes, for enrolled kiosks."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from townhall_central.routes_catalogue import CATALOGUE_DIRECTORY
from townhall_central.simulation.catalogue import SimulatedAdministrators, write_content
from townhall_central.simulation.centre import SimulatedCentre
from townhall_central.simulation.kiosk import MemoryDeviceKey
from townhall_crypto.recipients import generate_recipient_key
from townhall_smartcard.simulation.pki import TestPki
from townhall_sync.catalogue import CatalogueStore
from townhall_sync.catalogue_outcomes import CatalogueRefusal, Refreshed, RefreshOutcome, Refused, Unchanged
from townhall_sync.catalogue_places import KioskPlace
from townhall_sync.catalogue_source import DirectorySource, LineSource
from townhall_sync.central_http import HttpCentralService, HttpLimits, HttpLine
from townhall_sync.central_service import Absent, Oversized, Unreachable

SERVICES = Path(__file__).resolve().parents[2] / "services"
Serve = Callable[[SimulatedCentre, Callable[[], int]], int]
Work = Callable[[HttpCentralService], Awaitable[object]]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> SimulatedAdministrators:
    folder = tmp_path_factory.mktemp("town")
    pki = TestPki()
    content = write_content(
        folder / "content",
        services=SERVICES,
        recipients={"population-register": generate_recipient_key().public.to_bytes()},
        anchors=pki.anchors_der,
        crls=pki.crls_der,
        groups={"all": ["change-of-address"]},
        kiosks={"kiosk-1": KioskPlace("Tamme Library", "all")},
    )
    administrators = SimulatedAdministrators(folder / "repository", int(time.time()))
    administrators.publish(content)
    return administrators


def over(port: int, key: MemoryDeviceKey, work: Work, name: str = "kiosk-1") -> object:
    async def run() -> object:
        line = HttpLine(f"http://127.0.0.1:{port}", None, HttpLimits(step_s=5, exchange_s=20))
        try:
            return await work(
                HttpCentralService(line, key=key, key_id=name, wall=lambda: 5, nonce=lambda: os.urandom(8).hex())
            )
        finally:
            await line.close()

    return asyncio.run(run())


def refreshing(store: CatalogueStore) -> Callable[[HttpCentralService], Awaitable[RefreshOutcome]]:
    async def work(central: HttpCentralService) -> RefreshOutcome:
        source = LineSource(central.catalogue_file, asyncio.get_running_loop())
        return await asyncio.to_thread(store.refresh, source)

    return work


def files(directory: Path) -> dict[str, bytes]:
    """The newest copy below a store's directory, by relative path."""
    copy = (directory / "current").resolve()
    return {str(path.relative_to(copy)): path.read_bytes() for path in copy.rglob("*") if path.is_file()}


@pytest.fixture
def centre(real_centre: SimulatedCentre, town: SimulatedAdministrators) -> SimulatedCentre:
    town.export(real_centre.path / CATALOGUE_DIRECTORY)
    return real_centre


def test_line_and_stick_bring_the_same_bytes(
    centre: SimulatedCentre, serve: Serve, town: SimulatedAdministrators, tmp_path: Path
) -> None:
    kiosk = MemoryDeviceKey()
    centre.enrol("kiosk-1", [], key=kiosk)
    port = serve(centre, lambda: centre.now)
    by_line = CatalogueStore(tmp_path / "by-line", town.bootstrap)
    assert isinstance(over(port, kiosk, refreshing(by_line)), Refreshed)
    by_stick = CatalogueStore(tmp_path / "by-stick", town.bootstrap)
    stick = DirectorySource(town.export(tmp_path / "stick"))
    assert isinstance(by_stick.refresh(stick), Refreshed)
    assert files(tmp_path / "by-line") == files(tmp_path / "by-stick")
    assert len(files(tmp_path / "by-line")) > 12
    assert over(port, kiosk, refreshing(by_stick)) == Unchanged()
    assert by_line.refresh(stick) == Unchanged()


def test_a_kiosk_that_is_not_enrolled_gets_no_file(
    centre: SimulatedCentre, serve: Serve, town: SimulatedAdministrators, tmp_path: Path
) -> None:
    centre.enrol("kiosk-1", [], key=MemoryDeviceKey(1))
    port = serve(centre, lambda: centre.now)
    store = CatalogueStore(tmp_path / "kiosk", town.bootstrap)
    for key, name in ((MemoryDeviceKey(1), "kiosk-2"), (MemoryDeviceKey(2), "kiosk-1")):
        outcome = over(port, key, refreshing(store), name)
        assert isinstance(outcome, Unreachable)
    assert store.open() is None


@pytest.mark.parametrize(
    "path",
    [
        "metadata/99.root.json",
        "metadata/../../keys/receipt.pem",
        "targets/%2e%2e/%2e%2e/keys/receipt.pem",
        "targets/..%2f..%2fkeys/receipt.pem",
        "keys/receipt.pem",
        "metadata/",
        "targets/trust",
    ],
)
def test_nothing_but_the_catalogues_files_is_served(centre: SimulatedCentre, serve: Serve, path: str) -> None:
    kiosk = MemoryDeviceKey()
    centre.enrol("kiosk-1", [], key=kiosk)
    port = serve(centre, lambda: centre.now)
    answer = over(port, kiosk, lambda central: central.catalogue_file(path, 10_000))
    assert isinstance(answer, Absent | Unreachable)


def test_a_file_longer_than_it_may_be_is_given_up(centre: SimulatedCentre, serve: Serve) -> None:
    kiosk = MemoryDeviceKey()
    centre.enrol("kiosk-1", [], key=kiosk)
    port = serve(centre, lambda: centre.now)
    assert over(port, kiosk, lambda central: central.catalogue_file("metadata/1.root.json", 100)) == Oversized()


@asynccontextmanager
async def answering(head: bytes, body: Callable[[], bytes]) -> AsyncIterator[int]:
    """Something in the centre's place: sends ``head``, then bodies as long as anybody listens."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        try:
            while part := body():
                writer.write(part)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


CATALOGUE = b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.townhall.catalogue\r\n"
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"


@pytest.mark.parametrize(
    ("head", "body", "expected"),
    [
        (CATALOGUE + b"\r\n", lambda: bytes(65536), Refused),
        (CATALOGUE + b"Content-Length: 100\r\n\r\n", lambda: b"", Unreachable),
        (PAGE, lambda: b"", Unreachable),
        (b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n", lambda: b"", Unreachable),
        (b"HTTP/1.1 302 Found\r\nLocation: http://example.org/\r\nContent-Length: 0\r\n\r\n", lambda: b"", Unreachable),
    ],
    ids=["data without end", "cut", "a captive portal", "not our 404", "a redirect"],
)
def test_what_is_not_plainly_the_centres_file_is_not_taken(
    head: bytes, body: Callable[[], bytes], expected: type, town: SimulatedAdministrators, tmp_path: Path
) -> None:
    store = CatalogueStore(tmp_path / "kiosk", town.bootstrap)

    async def run() -> RefreshOutcome:
        async with answering(head, body) as port:
            line = HttpLine(f"http://127.0.0.1:{port}", None, HttpLimits(step_s=5, exchange_s=20))
            central = HttpCentralService(
                line, key=MemoryDeviceKey(), key_id="kiosk-1", wall=lambda: 5, nonce=lambda: "n"
            )
            try:
                return await refreshing(store)(central)
            finally:
                await line.close()

    outcome = asyncio.run(run())
    assert isinstance(outcome, expected), outcome
    if isinstance(outcome, Refused):
        assert outcome.code == CatalogueRefusal.TOO_LARGE.value
    assert store.open() is None
