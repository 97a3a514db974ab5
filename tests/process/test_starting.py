# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Both ways to start a process keep one contract: as a child of the keeper, and by a service manager as another user.

The service manager of the play is systemd's own ``systemd-socket-activate``.
"""

import asyncio
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from townhall_process import guard
from townhall_process.activation import activate
from townhall_process.child import Child, Start, python_module, socket_pair, start
from townhall_process.errors import ProcessError

PROGRAM = str(Path(__file__).parent / "started.py")
RUNNER = "cProfile"  # of the standard library: a module that runs a program by its path, as -I leaves no other way
_PATIENCE_S = 60
_LOOK_EVERY_S = 0.02


@dataclass(frozen=True, slots=True)
class Started:
    """A process, the keeper's end of its channel, and what it said first."""

    child: Child
    channel: socket.socket
    pid: int
    arguments: list[str]
    beside: list[int]

    def say(self, order: bytes) -> None:
        self.channel.sendall(order)


Scene = Callable[[Started], Awaitable[None]]


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Path]:
    """A folder with the socket ``visit``, behind which a service manager starts the program under its guard."""
    path = tmp_path / "visit"
    guarded = python_module("townhall_process.guard", RUNNER)
    command = ("systemd-socket-activate", "--accept", f"--listen={path}", *guarded)
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        pause = threading.Event()
        while not path.exists():
            assert process.poll() is None
            pause.wait(_LOOK_EVERY_S)
        yield tmp_path
        process.terminate()


@pytest.fixture(params=["own-child", "other-user"])
def way(request: pytest.FixtureRequest) -> Start:
    """A way to start the program."""
    if request.param == "own-child":
        return partial(start, python_module(RUNNER, PROGRAM, "--size", "10x20"))
    folder: Path = request.getfixturevalue("manager")
    return partial(activate, folder / "visit", (PROGRAM, "--size", "10x20"))


@pytest.fixture
def play(way: Start) -> Callable[[Scene], None]:
    def run(scene: Scene) -> None:
        async def work() -> None:
            ours, theirs = socket_pair()
            child = await way(theirs)
            assert theirs.fileno() == -1, "the keeper keeps no copy of the child's end"
            ours.settimeout(_PATIENCE_S)
            said = json.loads(await asyncio.to_thread(ours.recv, 4096))
            await scene(Started(child, ours, said["pid"], said["arguments"], said["beside"]))
            await child.kill()
            ours.close()

        asyncio.run(asyncio.wait_for(work(), _PATIENCE_S))

    return run


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_process_gets_its_arguments_and_its_end_and_nothing_else(play: Callable[[Scene], None]) -> None:
    async def scene(started: Started) -> None:
        assert started.arguments == ["--size", "10x20"]
        assert started.beside == []
        started.say(b"a")
        assert await asyncio.to_thread(started.channel.recv, 1) == b"A"

    play(scene)


@pytest.mark.parametrize(("order", "status"), [(b"0", 0), (b"7", 75), (b"k", -signal.SIGKILL)])
def test_the_status_tells_how_a_process_ended(play: Callable[[Scene], None], order: bytes, status: int) -> None:
    async def scene(started: Started) -> None:
        started.say(order)
        assert await started.child.ended() == status
        assert await started.child.ended() == status
        assert is_gone(started.pid)
        assert await asyncio.to_thread(started.channel.recv, 1) == b""

    play(scene)


def test_a_wedged_process_is_gone_when_kill_returns_and_may_be_killed_again(play: Callable[[Scene], None]) -> None:
    async def scene(started: Started) -> None:
        waiting = asyncio.create_task(started.child.ended())
        started.channel.shutdown(socket.SHUT_WR)  # now it waits for ever, deaf to SIGTERM
        assert await started.child.kill() == -signal.SIGKILL
        assert is_gone(started.pid)
        assert await started.child.kill() == -signal.SIGKILL
        assert await waiting == -signal.SIGKILL

    play(scene)


def test_a_process_that_is_not_waited_for_any_more_can_still_be_ended(play: Callable[[Scene], None]) -> None:
    async def scene(started: Started) -> None:
        waiting = asyncio.create_task(started.child.ended())
        await asyncio.sleep(0)
        waiting.cancel()
        assert await started.child.kill() == -signal.SIGKILL
        assert is_gone(started.pid)

    play(scene)


def test_a_process_behind_a_leash_ends_with_the_keeper(manager: Path) -> None:
    """The kernel closes the leash of a keeper that was killed."""
    ours, theirs = socket_pair()
    with socket.socket(socket.AF_UNIX) as leash:
        leash.connect(str(manager / "visit"))
        socket.send_fds(leash, [guard.pack_arguments((PROGRAM,))], [theirs.fileno()])
        theirs.close()
        ours.settimeout(_PATIENCE_S)
        pid = json.loads(ours.recv(4096))["pid"]
        handle = os.pidfd_open(pid)
    ours.close()
    assert select.select([handle], [], [], _PATIENCE_S)[0], "it lives on without a keeper"
    os.close(handle)


def test_where_nobody_listens_the_end_is_closed_and_the_keeper_told(tmp_path: Path) -> None:
    async def work() -> None:
        ours, theirs = socket_pair()
        with pytest.raises(ProcessError):
            await activate(tmp_path / "visit", (), theirs)
        assert theirs.fileno() == -1
        ours.close()

    asyncio.run(work())


@pytest.mark.parametrize("order", [b"", b"--size", b"\0"], ids=["nothing", "unended", "no descriptor"])
def test_a_guard_without_a_whole_order_starts_nothing(order: bytes) -> None:
    ours, theirs = socket.socketpair()
    command = python_module("townhall_process.guard", RUNNER)
    # The service manager's protocol is a descriptor with the number three.
    process = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import os; os.dup2({theirs.fileno()}, 3); os.execv({command[0]!r}, {list(command)!r})",
        ],
        pass_fds=[theirs.fileno()],
    )
    theirs.close()
    if order:
        ours.sendall(order)
    ours.close()
    assert process.wait(_PATIENCE_S) == guard.EXIT_NO_ORDER
