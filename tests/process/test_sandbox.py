# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A locked process, by what the kernel answers it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.process import hostile

from townhall_process.sandbox import Rights

PROGRAM = Path(hostile.__file__)
_PATIENCE_S = 60


def run(rights: str, attempt: hostile.Attempt) -> subprocess.CompletedProcess[str]:
    """Have a process of its own try; the keeper of the play is the test."""
    command = [sys.executable, str(PROGRAM), rights, attempt.__name__, str(os.getpid())]
    return subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_S, check=False)


def name_of(attempt: hostile.Attempt) -> str:
    return attempt.__name__


ROOMS = (Rights.MODULE, Rights.MODULE_WITH_FILES)
_READS: set[hostile.Attempt] = {hostile.read_a_file, hostile.list_a_folder, hostile.open_a_file_in_another_thread}
_LOADS: set[hostile.Attempt] = {hostile.open_a_unix_socket, hostile.map_new_code, hostile.make_data_executable}
_ITS_JOB: dict[Rights, set[hostile.Attempt]] = {
    Rights.NOTHING_NEW: set(),
    Rights.PCSC: {hostile.open_a_unix_socket},
    Rights.MODULE: _LOADS | _READS,
    Rights.MODULE_WITH_FILES: _LOADS,  # what it may do with files is seen where a module does it
}
"""What each kind of process is there for."""


@pytest.fixture(params=Rights, ids=lambda rights: rights.name)
def rights(request: pytest.FixtureRequest) -> Rights:
    return Rights(request.param)


@pytest.mark.parametrize("attempt", hostile.NO_FILE, ids=name_of)
@pytest.mark.parametrize("rights", [Rights.NOTHING_NEW, Rights.PCSC, Rights.MODULE], ids=lambda rights: rights.name)
def test_a_locked_process_sees_no_file_and_one_around_a_module_writes_none(
    rights: Rights, attempt: hostile.Attempt
) -> None:
    is_memory = rights in ROOMS and attempt is hostile.open_the_keepers_memory
    usual = "EACCES" if is_memory else "ENOENT"
    assert run(rights.name, attempt).stdout == ("done" if attempt in _ITS_JOB[rights] else usual)
    assert not Path("/tmp/townhall-hostile").exists()  # noqa: S108  # looks only


@pytest.mark.parametrize("attempt", hostile.REFUSED, ids=name_of)
def test_a_locked_process_opens_no_socket_and_touches_no_other(rights: Rights, attempt: hostile.Attempt) -> None:
    assert run(rights.name, attempt).stdout == ("done" if attempt in _ITS_JOB[rights] else "EACCES")


@pytest.mark.parametrize("rights", ROOMS, ids=lambda rights: rights.name)
def test_a_process_that_may_open_files_opens_no_memory_of_another(rights: Rights) -> None:
    """Root's neither: the domain decides, not the user."""
    assert run("FREE", hostile.open_the_keepers_memory).stdout == "done"
    assert run(rights.name, hostile.open_the_keepers_memory).stdout == "EACCES"


@pytest.mark.parametrize("attempt", hostile.UNKNOWN, ids=name_of)
def test_a_locked_process_types_into_no_terminal(rights: Rights, attempt: hostile.Attempt) -> None:
    assert run(rights.name, attempt).stdout == "ENOSYS"


@pytest.mark.parametrize("attempt", hostile.DEADLY, ids=name_of)
def test_a_locked_process_that_attacks_another_is_ended_by_the_kernel(rights: Rights, attempt: hostile.Attempt) -> None:
    ended = run(rights.name, attempt)
    assert ended.returncode == -signal.SIGSYS
    assert ended.stdout == ""


@pytest.mark.parametrize(
    "attempt",
    [hostile.read_a_file, hostile.open_an_internet_socket, hostile.make_a_socket_pair, hostile.map_new_code],
    ids=name_of,
)
def test_the_attempts_work_where_nothing_is_locked(attempt: hostile.Attempt) -> None:
    """Otherwise the tests above would say nothing."""
    assert run("FREE", attempt).stdout == "done"


def test_a_thread_that_a_library_started_before_is_locked_too() -> None:
    code = (
        "import threading\n"
        "from townhall_process.sandbox import lock, Rights\n"
        "go, said = threading.Event(), []\n"
        "def work():\n"
        "    go.wait()\n"
        "    try:\n"
        "        open('/etc/passwd')\n"
        "    except FileNotFoundError:\n"
        "        said.append('sees nothing')\n"
        "thread = threading.Thread(target=work)\n"
        "thread.start()\n"
        "lock(Rights.NOTHING_NEW)\n"
        "go.set()\n"
        "thread.join()\n"
        "print(*said)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "sees nothing\n"


def test_a_locked_process_still_computes_in_threads_and_speaks_through_what_it_holds() -> None:
    code = (
        "import asyncio, concurrent.futures.thread, os, socket\n"
        "from townhall_process.sandbox import lock, Rights\n"
        "async def main():\n"
        "    ours, theirs = socket.socketpair()\n"
        "    lock(Rights.NOTHING_NEW)\n"
        "    await asyncio.to_thread(ours.sendall, bytes(100))\n"
        "    socket.send_fds(ours, [b'x'], [1])\n"
        "    data, fds, _flags, _name = socket.recv_fds(theirs, 200, 1)\n"
        "    os.write(fds[0], str(len(data)).encode())\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout in {"100", "101"}


def test_a_hidden_process_leaves_no_core_and_gains_no_rights() -> None:
    code = (
        "import ctypes, resource\n"
        "from townhall_process.sandbox import hide\n"
        "hide()\n"
        "prctl = ctypes.CDLL(None).prctl\n"
        "print(prctl(3), prctl(39, 0, 0, 0, 0), resource.getrlimit(resource.RLIMIT_CORE))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "0 1 (0, 0)\n"
