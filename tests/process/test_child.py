# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Starting processes, ending them, and dying with the parent."""

import asyncio
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Coroutine, Iterator
from pathlib import Path

import pytest

from townhall_process.child import SpawnedChild, die_with_parent, python_module, socket_pair, start, take_end
from townhall_process.errors import ProcessError

HERE = Path(__file__).parent
PARENT = HERE / "parent_and_child.py"
_PATIENCE_S = 30


def play(scene: Coroutine[object, object, None]) -> None:
    asyncio.run(asyncio.wait_for(scene, _PATIENCE_S))


def ends_within_patience(pidfd: int) -> bool:
    """A pidfd can be read once its process has ended (pidfd_open(2))."""
    return bool(select.select([pidfd], [], [], _PATIENCE_S)[0])


@pytest.fixture
def parent() -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A parent process, and a pidfd of the child that it started."""
    with subprocess.Popen([sys.executable, str(PARENT)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        pidfd = os.pidfd_open(child)
        yield process, pidfd
        process.kill()
        os.close(pidfd)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGABRT])
def test_a_child_dies_with_its_parent_however_the_parent_dies(
    parent: tuple[subprocess.Popen[str], int], number: signal.Signals
) -> None:
    process, pidfd = parent
    assert not select.select([pidfd], [], [], 0)[0], "the child should live as long as its parent"
    process.send_signal(number)
    process.wait(_PATIENCE_S)
    assert ends_within_patience(pidfd)


def test_a_child_whose_parent_is_gone_already_does_not_begin() -> None:
    """The parent's id is 1 for whoever lost his parent: the test plays that in a process id namespace's place."""
    code = "import os\nfrom townhall_process.child import die_with_parent\nos.getppid = lambda: 1\ndie_with_parent()\n"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "ProcessError" in done.stderr


def test_dying_with_the_parent_can_be_asked_twice() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from townhall_process.child import die_with_parent as d; d(); d(); print('on')"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "on\n"
    assert callable(die_with_parent)


def test_ctrl_c_is_for_the_parent_alone() -> None:
    code = (
        "import os, signal\n"
        "from townhall_process.child import live_as_child\n"
        "live_as_child()\n"
        "os.kill(os.getpid(), signal.SIGINT)\n"
        "print('on')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "on\n"


def test_a_child_gets_its_end_and_the_parent_keeps_no_copy_of_it() -> None:
    async def scene() -> None:
        ours, theirs = socket_pair()
        code = (
            "import sys\n"
            "from townhall_process.child import take_end\n"
            "end = take_end(sys.argv)\n"
            "end.sendall(end.recv(100).upper())\n"
        )
        child = await start([sys.executable, "-c", code], theirs)
        assert theirs.fileno() == -1
        ours.sendall(b"hello")
        assert await asyncio.to_thread(ours.recv, 100) == b"HELLO"
        assert await child.ended() == 0
        assert await asyncio.to_thread(ours.recv, 100) == b"", "another copy of the child's end is open somewhere"
        ours.close()

    play(scene())


def test_a_child_inherits_nothing_but_its_end() -> None:
    async def scene() -> None:
        ours, theirs = socket_pair()
        secret = os.open("/dev/null", os.O_RDONLY)
        others, _more = socket.socketpair()
        code = (
            "import os, sys\n"
            "from townhall_process.child import take_end\n"
            "end = take_end(sys.argv)\n"
            "fds = [fd for fd in map(int, os.listdir('/proc/self/fd')) if os.path.exists(f'/proc/self/fd/{fd}')]\n"
            "end.sendall(repr(sorted(fd for fd in fds if fd > 2 and fd != end.fileno())).encode())\n"
        )
        child = await start([sys.executable, "-c", code], theirs)
        assert await asyncio.to_thread(ours.recv, 1000) == b"[]"
        await child.ended()
        os.close(secret)
        for end in (ours, others, _more):
            end.close()

    play(scene())


def test_a_program_that_cannot_be_started_leaves_no_end_behind() -> None:
    async def scene() -> None:
        ours, theirs = socket_pair()
        with pytest.raises(ProcessError):
            await start(["/no/such/program"], theirs)
        assert theirs.fileno() == -1
        ours.close()

    play(scene())


async def _start(code: str) -> SpawnedChild:
    ours, theirs = socket_pair()
    child = await start([sys.executable, "-c", code], theirs)
    ours.close()
    return child


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("pass", 0),
        ("raise SystemExit(75)", 75),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -signal.SIGKILL),
    ],
)
def test_the_status_tells_how_a_child_ended(code: str, status: int) -> None:
    async def scene() -> None:
        child = await _start(code)
        assert await child.ended() == status
        assert await child.ended() == status

    play(scene())


def test_a_killed_child_is_gone_at_once_and_may_be_killed_again() -> None:
    async def scene() -> None:
        child = await _start("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.pause()")
        assert child.pid > 0
        assert await child.kill() == -signal.SIGKILL
        assert await child.kill() == -signal.SIGKILL
        with pytest.raises(ProcessLookupError):
            os.kill(child.pid, 0)

    play(scene())


@pytest.mark.parametrize(
    "arguments", [[], ["x"], ["9999"], ["-1"], ["99999999999999999999"], ["3", ""], ["visit", "--size"]]
)
def test_a_child_without_a_channel_says_so(arguments: list[str]) -> None:
    with pytest.raises(ProcessError):
        take_end(arguments)


def test_a_file_is_no_channel() -> None:
    with tempfile.TemporaryFile() as file, pytest.raises(ProcessError):
        take_end([str(file.fileno())])


def test_a_module_runs_with_this_interpreter_and_without_the_user_s_settings() -> None:
    command = python_module("townhall_process", "--flag", "value")
    assert command == (sys.executable, "-I", "-m", "townhall_process", "--flag", "value")


def test_a_large_message_fits_the_socket_s_buffer_at_least_in_part() -> None:
    ours, theirs = socket_pair()
    ours.setblocking(False)
    assert ours.send(bytes(256 * 1024)) > 64 * 1024
    ours.close()
    theirs.close()


def test_ctrl_c_in_a_terminal_is_left_to_the_parent() -> None:
    code = (
        "import os, signal\n"
        "from townhall_process.child import live_as_child\n"
        "live_as_child()\n"
        "os.kill(os.getpid(), signal.SIGINT)\n"
        "print('lives')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "lives\n"
