# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Having the service manager start a process of ours as another user; the other side of ``guard``."""

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from townhall_process.errors import ProcessError
from townhall_process.guard import STATUS, pack_arguments

_log = logging.getLogger(__name__)

_ENDS_WITHIN_S: Final = 10.0


class ActivatedChild:
    """A process behind a leash; see ``Child`` for what its methods promise."""

    def __init__(self, leash: socket.socket) -> None:
        """Take over a leash over which the order was given."""
        self._leash = leash
        self._end = asyncio.create_task(self._await_end())

    async def ended(self) -> int:
        """Wait until the process has ended; return its exit status (negative: the signal that ended it)."""
        return await asyncio.shield(self._end)

    async def kill(self) -> int:
        """End the process at once, and return its exit status."""
        with contextlib.suppress(OSError):
            self._leash.shutdown(socket.SHUT_WR)
        try:
            return await asyncio.wait_for(self.ended(), _ENDS_WITHIN_S)
        except TimeoutError:
            _log.critical("a process did not end when its leash closed; the service manager has to end it")
            return -signal.SIGKILL

    async def _await_end(self) -> int:
        """The leash closes when the guard is gone, and with it goes whatever else is in its unit."""
        told = b""
        loop = asyncio.get_running_loop()
        with self._leash:
            while True:
                try:
                    data = await loop.sock_recv(self._leash, STATUS.size)
                except OSError:
                    data = b""
                if not data:
                    break
                told += data
        (status,) = STATUS.unpack(told) if len(told) == STATUS.size else (-signal.SIGKILL,)
        return int(status)


async def activate(service: Path, arguments: Sequence[str], end: socket.socket) -> ActivatedChild:
    """Have the service manager start the process behind the socket ``service``, with ``end`` as its channel.

    This process's copy of ``end`` is closed.

    Raises:
        ProcessError: nobody listens there.
    """
    leash = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        leash.connect(str(service))  # a listening Unix socket answers at once
        socket.send_fds(leash, [pack_arguments(tuple(arguments))], [end.fileno()])
    except OSError as exc:
        leash.close()
        raise ProcessError(f"{service.name}: {exc.strerror}") from exc
    finally:
        end.close()
    leash.setblocking(False)
    return ActivatedChild(leash)
