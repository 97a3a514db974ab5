# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a service manager is told, over the datagram socket of sd_notify(3)."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from townhall_process.service_manager import ServiceManager

_PATIENCE_S = 30


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """Who listens, and at which address."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(_PATIENCE_S)
        yield listening, str(tmp_path / "notify")


def test_it_hears_that_a_process_is_ready_and_that_its_loop_turns(manager: tuple[socket.socket, str]) -> None:
    listening, address = manager

    async def scene() -> None:
        told = ServiceManager({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "3000"})
        told.ready()
        beating = asyncio.create_task(told.beat())
        heard = [await asyncio.to_thread(listening.recv, 100) for _ in range(3)]
        beating.cancel()
        told.close()
        assert heard == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]

    asyncio.run(scene())


@pytest.mark.parametrize("environment", [{}, {"WATCHDOG_USEC": "3000"}], ids=["no systemd", "no socket"])
def test_without_a_manager_nobody_is_told_and_nothing_waits(environment: dict[str, str]) -> None:
    told = ServiceManager(environment)
    told.ready()
    asyncio.run(asyncio.wait_for(told.beat(), _PATIENCE_S))


def test_a_manager_without_a_watchdog_hears_ready_alone(manager: tuple[socket.socket, str]) -> None:
    listening, address = manager
    told = ServiceManager({"NOTIFY_SOCKET": address})
    told.ready()
    asyncio.run(asyncio.wait_for(told.beat(), _PATIENCE_S))
    told.close()
    told.ready()  # nobody any more
    assert listening.recv(100) == b"READY=1"
    listening.setblocking(False)
    with pytest.raises(BlockingIOError):
        listening.recv(100)


def test_a_locked_process_still_says_that_it_lives(manager: tuple[socket.socket, str]) -> None:
    listening, address = manager
    code = (
        "import asyncio\n"
        "from townhall_process.sandbox import Rights, lock\n"
        "from townhall_process.service_manager import ServiceManager\n"
        "async def main():\n"
        "    manager = ServiceManager()\n"
        "    lock(Rights.NOTHING_NEW)\n"
        "    await manager.beat()\n"
        "asyncio.run(main())\n"
    )
    environment = {**os.environ, "NOTIFY_SOCKET": address, "WATCHDOG_USEC": "3000"}
    with subprocess.Popen([sys.executable, "-c", code], env=environment) as process:
        assert [listening.recv(100), listening.recv(100)] == [b"WATCHDOG=1", b"WATCHDOG=1"]
        process.kill()
