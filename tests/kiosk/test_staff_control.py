# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The keeper's control socket: real Unix sockets, honest and hostile clients, and the commands of the shell."""

import asyncio
import contextlib
import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from townhall_crypto.device_key import FileDeviceKey
from townhall_kiosk.cli import main
from townhall_kiosk.simulation.counter import Counter
from townhall_kiosk.simulation.ports import StandingClock
from townhall_kiosk.simulation.staff import STATUSES, UNWELL, WELL
from townhall_kiosk.staff.acts import ClosingReason
from townhall_kiosk.staff.control import (
    MAX_REQUEST_BYTES,
    SOCKET,
    AskStatus,
    Close,
    ControlServer,
    ExportTo,
    Open,
    address_of,
    listen,
)
from townhall_kiosk.staff.errors import ControlRefusedError, KeeperRunsError, MediumError
from townhall_kiosk.staff.messages import StaffDone
from townhall_kiosk.staff.roster import Roster
from townhall_kiosk.staff.shell import ask, in_json, in_words
from townhall_kiosk.staff.status import KioskStatus
from townhall_kiosk.staff.works import Progress
from townhall_smartcard.simulation.pki import TestPki
from townhall_sync.async_journal import AsyncJournal
from townhall_sync.simulated_kiosk import SimulatedKiosk

Scene = Callable[[Counter, ControlServer], Awaitable[None]]
Play = Callable[..., None]
_NOBODY = 65534


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose path is longer than a socket's address can be."""
    home = tmp_path / ("a-very-long-name-" * 8)
    home.mkdir()
    return home


@pytest.fixture
def play(home: Path, key: FileDeviceKey, pki: TestPki) -> Play:
    """Play a scene beside a keeper's running control socket."""

    def run(scene: Scene, *, within_s: float = 30.0, owner: int | None = None, **facts: object) -> None:
        async def stage() -> None:
            clock = StandingClock()
            kiosk = SimulatedKiosk(home / "journal", key, clock)
            journal = await AsyncJournal.open(kiosk.opening())
            counter = Counter(home, journal, key, pki.trust_anchors, Roster(), clock, **facts)  # type: ignore[arg-type]  # by name
            server = ControlServer(home, counter.works, journal, within_s=within_s, owner=owner)
            serving = asyncio.create_task(server.run())
            try:
                async with asyncio.timeout(60):
                    await server.is_listening.wait()
                    await scene(counter, server)
                assert not serving.done()
            finally:
                serving.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await serving
                await journal.close()

        asyncio.run(stage())

    return run


def raw(home: Path) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    with address_of(home) as address:
        client.connect(address)
    client.setblocking(False)
    return client


async def until_left(client: socket.socket) -> bytes:
    """Return what the server says until it leaves."""
    loop, said = asyncio.get_running_loop(), b""
    with contextlib.suppress(ConnectionResetError):
        while data := await loop.sock_recv(client, 65536):
            said += data
    client.close()
    return said


def frame(body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + body


# Asking


def test_the_shell_asks_how_the_kiosk_stands(play: Play, home: Path) -> None:
    async def scene(_counter: Counter, _server: ControlServer) -> None:
        status = await ask(home, AskStatus())
        assert isinstance(status, KioskStatus)
        assert (status.kiosk, status.service) == ("kiosk-1", "in-service")

    play(scene)
    assert not (home / SOCKET).exists(), "an ended keeper leaves no socket"


def test_the_shell_takes_the_kiosk_out_of_service_and_back(play: Play, home: Path) -> None:
    async def scene(counter: Counter, _server: ControlServer) -> None:
        assert await ask(home, Close(ClosingReason.PAPER)) == StaffDone()
        assert await counter.closed() == "TH-KIOS-024"
        assert await ask(home, Open()) == StaffDone()
        assert await counter.closed() == ""
        assert len(counter.told) == 2

    play(scene)


def test_progress_comes_before_the_answer(play: Play, home: Path, tmp_path: Path) -> None:
    class Stick:
        async def export(self, directory: Path, progress: Progress) -> int:
            assert directory == tmp_path
            await progress(1, 2)
            await progress(2, 2)
            return 2

        async def take_in(self, directory: Path, progress: Progress) -> int:
            raise AssertionError(directory, progress)

    async def scene(_counter: Counter, _server: ControlServer) -> None:
        assert await ask(home, ExportTo(str(tmp_path))) == StaffDone(count=2)

    play(scene, stick=Stick())


def test_without_a_road_by_stick_the_shell_is_told_so(play: Play, home: Path) -> None:
    async def scene(_counter: Counter, _server: ControlServer) -> None:
        assert await ask(home, ExportTo("/")) == StaffDone(MediumError.code)

    play(scene)


def test_without_a_keeper_nobody_answers(home: Path) -> None:
    with pytest.raises(ControlRefusedError):
        asyncio.run(ask(home, AskStatus()))


# Who may ask


def test_the_socket_is_its_owners_alone(play: Play, home: Path) -> None:
    async def scene(_counter: Counter, _server: ControlServer) -> None:
        status = (home / SOCKET).lstat()
        assert stat.S_ISSOCK(status.st_mode)
        assert stat.S_IMODE(status.st_mode) == 0o600

    before = os.umask(0)
    try:
        play(scene)
    finally:
        os.umask(before)


_ASK_AS_NOBODY = """
import os, socket, sys
client = socket.socket(socket.AF_UNIX)
os.setgid({nobody}); os.setuid({nobody})
client.connect("/proc/self/fd/{folder}/{name}")
client.settimeout(30)
client.sendall(bytes.fromhex("{request}"))
sys.stdout.buffer.write(client.recv(65536))
"""


def open_to_all(home: Path) -> None:
    home.chmod(0o755)
    (home / SOCKET).chmod(0o666)


def test_another_user_is_not_answered_even_where_the_mode_would_let_them(play: Play, home: Path) -> None:
    request = frame(msgspec.msgpack.encode(AskStatus()))

    async def as_root(_counter: Counter, _server: ControlServer) -> None:
        open_to_all(home)
        folder = os.open(home, os.O_PATH)
        code = _ASK_AS_NOBODY.format(nobody=_NOBODY, folder=folder, name=SOCKET, request=request.hex())
        asking = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-c", code, stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=[folder]
        )
        said, complaint = await asking.communicate()
        os.close(folder)
        assert said == b""
        assert asking.returncode == 0 or b"ConnectionResetError" in complaint or b"BrokenPipe" in complaint, complaint

    async def as_user(_counter: Counter, _server: ControlServer) -> None:
        with pytest.raises(ControlRefusedError):
            await ask(home, AskStatus())

    if os.geteuid() == 0:
        play(as_root)
    else:
        play(as_user, owner=os.geteuid() + 1)


# Two keepers, and one that died


def test_a_second_keeper_of_the_same_home_does_not_take_the_socket(play: Play, home: Path) -> None:
    async def scene(_counter: Counter, _server: ControlServer) -> None:
        with pytest.raises(KeeperRunsError):
            listen(home)
        assert isinstance(await ask(home, AskStatus()), KioskStatus)

    play(scene)


def test_a_socket_that_a_dead_keeper_left_is_replaced(play: Play, home: Path) -> None:
    listen(home).close()
    assert (home / SOCKET).exists()

    async def scene(_counter: Counter, _server: ControlServer) -> None:
        assert isinstance(await ask(home, AskStatus()), KioskStatus)

    play(scene)


# Hostile clients


@pytest.mark.parametrize(
    "said",
    [
        (MAX_REQUEST_BYTES + 1).to_bytes(4, "big"),
        b"\xff" * 4,
        b"\xff" * 65536,
        frame(b""),
        frame(b"\xc1"),
        frame(b"x" * 1000),
        frame(msgspec.msgpack.encode({"type": "Shutdown"})),
        frame(msgspec.msgpack.encode({"type": "Close", "reason": "boredom"})),
        frame(msgspec.msgpack.encode(["AskStatus"])),
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_no_request_is_left_without_an_answer(play: Play, home: Path, said: bytes) -> None:
    async def scene(_counter: Counter, _server: ControlServer) -> None:
        client = raw(home)
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            await asyncio.get_running_loop().sock_sendall(client, said)
        assert await until_left(client) == b""
        assert isinstance(await ask(home, AskStatus()), KioskStatus)

    play(scene)


def test_who_says_nothing_or_half_a_request_is_left_after_a_while(play: Play, home: Path) -> None:
    async def scene(_counter: Counter, _server: ControlServer) -> None:
        clients = [raw(home) for _ in range(12)]  # more than are served at once
        for client in clients[::2]:
            await asyncio.get_running_loop().sock_sendall(client, b"\x00\x00")
        assert [await until_left(client) for client in clients] == [b""] * len(clients)
        assert isinstance(await ask(home, AskStatus()), KioskStatus)

    play(scene, within_s=0.05)


def test_who_leaves_before_the_answer_harms_nobody(play: Play, home: Path) -> None:
    async def scene(counter: Counter, _server: ControlServer) -> None:
        client = raw(home)
        request = frame(msgspec.msgpack.encode(Close(ClosingReason.TESTING)))
        await asyncio.get_running_loop().sock_sendall(client, request)
        client.close()
        await counter.has_told.wait()
        assert isinstance(await ask(home, AskStatus()), KioskStatus)

    play(scene)


# The commands


def test_words_for_a_terminal_say_every_fact_on_a_line_of_its_own() -> None:
    lines = in_words(UNWELL).splitlines()
    assert len(lines) == len(set(lines)) > 12
    assert any(line.startswith("look at") and "isolated" in line for line in lines)
    assert "look at" not in in_words(WELL)


def test_json_for_programs_is_one_object_that_reads_back() -> None:
    for status in STATUSES:
        assert msgspec.json.decode(in_json(status), type=KioskStatus) == status
        assert isinstance(json.loads(in_json(status)), dict)


@pytest.mark.parametrize(
    "command", [["status"], ["status", "--json"], ["out-of-service"], ["in-service"], ["stick", "export", "."]]
)
def test_a_command_without_a_keeper_says_so_by_its_code(
    home: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    assert main([*command, "--home", str(home)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(ControlRefusedError.code)


def test_a_stick_that_is_no_directory_is_not_asked_for(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["stick", "import", "--home", str(home), str(home / "nowhere")]) == 1
    assert capsys.readouterr().err.startswith(MediumError.code)
