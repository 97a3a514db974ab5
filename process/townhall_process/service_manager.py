# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Telling systemd that a process is ready and alive (sd_notify(3)); without systemd it tells nobody."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Mapping


class ServiceManager:
    """Whoever started this process and wants to know how it is."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        """Connect now: a locked process could not later."""
        self._socket: socket.socket | None = None
        self._interval_s = int(environment.get("WATCHDOG_USEC", "0")) / 1_000_000 / 3
        if address := environment.get("NOTIFY_SOCKET"):
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
            self._socket.setblocking(False)
            self._socket.connect("\0" + address[1:] if address.startswith("@") else address)

    def ready(self) -> None:
        """Say that the process does its work from now on."""
        self._tell(b"READY=1")

    async def beat(self) -> None:
        """Say again and again, from this loop, that the loop still turns; return at once where nobody listens."""
        while self._socket is not None and self._interval_s > 0:
            self._tell(b"WATCHDOG=1")
            await asyncio.sleep(self._interval_s)

    def close(self) -> None:
        """Tell nobody any more."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _tell(self, state: bytes) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):  # a manager that does not listen decides by the watchdog
                self._socket.send(state)
