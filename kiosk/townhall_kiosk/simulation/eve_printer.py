# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A real IPP printer on the loopback, without paper: CUPS's ippeveprinter, on a bus of its own."""

import contextlib
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, Self

TAKE: Final = 'cp "$1" "$TRAY/receipt.pdf"'
_PROGRAM: Final = "/usr/sbin/ippeveprinter"
_LOOKS: Final = 3000
_LOOK_EVERY_S: Final = 0.02


class EvePrinter:
    """What it prints runs a shell command, whose $TRAY is ``tray``; use it as a context manager."""

    def __init__(self, directory: Path) -> None:
        """Nothing runs before ``start``."""
        self.directory = directory
        self.tray = directory / "tray"
        self.spool = directory / "spool"
        self.started: list[subprocess.Popen[bytes]] = []
        self._opened = ExitStack()
        self._bus = ""

    def __enter__(self) -> Self:
        """Start the bus on which a printer tells of itself."""
        self.directory.mkdir(exist_ok=True)
        bus = subprocess.Popen(
            ["dbus-daemon", "--session", "--nofork", "--print-address"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._opened.callback(bus.wait)
        self._opened.callback(bus.kill)
        if bus.stdout is not None:
            self._opened.callback(bus.stdout.close)
            self._bus = bus.stdout.readline().decode().strip()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Switch everything off."""
        self._opened.close()

    def start(self, command: str = TAKE, formats: str = "application/pdf") -> str:
        """Switch it on; return its address."""
        script = self.directory / "command"
        script.write_text(f"#!/bin/sh\n{command}\n")
        script.chmod(0o700)
        for directory in (self.tray, self.spool):
            directory.mkdir(exist_ok=True)
        port = free_port()
        options = ["-p", str(port), "-n", "localhost", "-r", "off", "-d", str(self.spool), "-f", formats]
        process = subprocess.Popen(
            [_PROGRAM, *options, "-c", str(script), "Test printer"],
            env=self._environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._opened.callback(end, process)
        self.started.append(process)
        wait_for(lambda: _answers(port))
        return f"ipp://localhost:{port}/ipp/print"

    def _environment(self) -> Mapping[str, str]:
        return {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": self._bus, "TRAY": str(self.tray)}


def end(process: subprocess.Popen[bytes]) -> None:
    """End a printer and what it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def free_port() -> int:
    """Return a port of the loopback that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("localhost", port)):
        return True
    return False


def wait_for(look: Callable[[], bool]) -> None:
    """Look until it is so.

    Raises:
        TimeoutError: it never was.
    """
    pause = threading.Event()
    for _ in range(_LOOKS):
        if look():
            return
        pause.wait(_LOOK_EVERY_S)
    raise TimeoutError("waited in vain")
