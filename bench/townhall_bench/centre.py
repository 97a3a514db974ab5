# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What envelopes cost the centre, beside a bare FastAPI server that stores the same bytes, and by batch."""

import http.client
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from townhall_bench.row import Budget, Held, Row
from townhall_bench.usage import cpu_s
from townhall_central.simulation.centre import SimulatedCentre
from townhall_central.simulation.kiosk import SimulatedKiosk, batch_of
from townhall_central.simulation.postgresql import PostgresqlServer
from townhall_crypto.envelope import Envelope
from townhall_crypto.recipients import generate_recipient_key

_BIG, _SMALL = 60_000, 3_000  # payload bytes that come to 64 KiB and 4 KiB
_ENVELOPES: Final = 300
_WARM_UP: Final = 20
_TURN: Final = 20
_BURST: Final = 4_096
_BATCH: Final = 128
_WORKERS: Final = 2
_LINES: Final = 4
_MS: Final = 1000.0
_TIMEOUT_S: Final = 60


@dataclass(frozen=True, slots=True)
class _Upload:
    method: str
    path: str
    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Server:
    pid: int
    port: int

    @property
    def authority(self) -> str:
        return f"127.0.0.1:{self.port}"


def rows() -> Iterator[Row]:
    """Measure."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        yield _cpu(Path(folder) / "cpu")
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        yield from _throughput(Path(folder) / "burst")


def _cpu(folder: Path) -> Row:
    folder.mkdir()
    kiosk = _enrolled(folder / "centre")
    with _centre(folder / "centre") as ours, _bare(folder / "bare.db") as bare:
        made = [kiosk.envelope(seq, os.urandom(_BIG)) for seq in range(1, _ENVELOPES + _WARM_UP + 1)]
        uploads = [_signed(kiosk, each, ours.authority) for each in made]
        servers = (ours, bare)
        for server in servers:
            _send(server, uploads[:_WARM_UP])
        before = [cpu_s([server.pid]) for server in servers]
        for start in range(_WARM_UP, len(uploads), _TURN):  # in turns, so that the machine's other work falls on both
            for server in servers:
                _send(server, uploads[start : start + _TURN])
        spent = [(cpu_s([server.pid]) - used) / _ENVELOPES for server, used in zip(servers, before, strict=True)]
    return Row(
        "centre, CPU of an envelope of 64 KiB",
        spent[0] * _MS,
        "ms",
        "bare FastAPI PUT stores the same bytes",
        spent[1] * _MS,
        Budget(3, Held.RATIO),
    )


def _throughput(folder: Path) -> Iterator[Row]:
    folder.mkdir()
    alone = _rate(folder / "alone", "", _one_by_one)
    together = _rate(folder / "together", "", _by_batch)
    with PostgresqlServer() as server:
        on_postgresql = _rate(folder / "postgresql", server.new_database(), _by_batch)
    name = f"by batch, envelopes of 4 KiB taken by {_WORKERS} workers"
    budget = Budget(1000, Held.VALUE, at_least=True)
    yield Row(f"centre, {name}", together, "1/s", "the same, a PUT each", alone, budget)
    yield Row(f"centre on PostgreSQL, {name}", on_postgresql, "1/s", "the same on SQLite", together, budget)


def _rate(
    data: Path, database_url: str, pack: Callable[[SimulatedKiosk, Sequence[Envelope], str], list[_Upload]]
) -> float:
    """Return how many envelopes a second one kind of database takes, the senders on the same cores."""
    kiosk = _enrolled(data, database_url)
    made = [kiosk.envelope(seq, os.urandom(_SMALL)) for seq in range(1, _BURST + 1)]
    parts = [made[start : start + _BATCH] for start in range(0, _BURST, _BATCH)]
    with ExitStack() as stack:
        ours = [stack.enter_context(_centre(data)) for _ in range(_WORKERS)]
        # Each line begins elsewhere and goes on in order, as kiosks do.
        work = []
        for line in range(_LINES):
            server = ours[line % _WORKERS]
            work.append(
                (server, [each for part in parts[line::_LINES] for each in pack(kiosk, part, server.authority)])
            )
        return _BURST / _burst(work)


def _one_by_one(kiosk: SimulatedKiosk, envelopes: Sequence[Envelope], authority: str) -> list[_Upload]:
    return [_signed(kiosk, each, authority) for each in envelopes]


def _by_batch(kiosk: SimulatedKiosk, envelopes: Sequence[Envelope], authority: str) -> list[_Upload]:
    body = batch_of(envelopes)
    return [_Upload("POST", "/v1/envelopes", body, kiosk.post_headers(authority, body))]


def _burst(work: Sequence[tuple[_Server, Sequence[_Upload]]]) -> float:
    threads = [threading.Thread(target=_send, args=each) for each in work]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - begun


def _enrolled(path: Path, database_url: str = "") -> SimulatedKiosk:
    centre = SimulatedCentre.create(path, int(time.time()), database_url)
    kiosk = centre.enrol("kiosk-1", [generate_recipient_key().public])
    centre.database.close()
    return kiosk


def _signed(kiosk: SimulatedKiosk, envelope: Envelope, authority: str) -> _Upload:
    body, identity = envelope.to_bytes(), envelope.header.envelope_id
    return _Upload("PUT", f"/v1/envelopes/{identity}", body, kiosk.put_headers(authority, identity, body))


def _send(server: _Server, uploads: Sequence[_Upload]) -> None:
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=_TIMEOUT_S)
    for upload in uploads:
        line.request(upload.method, upload.path, body=upload.body, headers=upload.headers)
        answer = line.getresponse()
        answer.read()
        if answer.status not in {http.client.CREATED, http.client.OK}:
            raise RuntimeError(f"the server answered {answer.status}")
    line.close()


@contextmanager
def _centre(data: Path) -> Iterator[_Server]:
    with _started(
        [str(Path(sys.executable).parent / "townhall-central"), "serve", "--data", str(data), "--port", "0"]
    ) as it:
        yield it


@contextmanager
def _bare(path: Path) -> Iterator[_Server]:
    with _started([sys.executable, "-m", "townhall_bench.programs.bare_put", str(path)]) as it:
        yield it


@contextmanager
def _started(command: list[str]) -> Iterator[_Server]:
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None  # noqa: S101  # a pipe was asked for
            port = int(process.stdout.readline().rsplit(":", 1)[1])
            yield _Server(process.pid, port)
        finally:
            process.kill()
