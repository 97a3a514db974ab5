# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Real workers of a centre, forked quickly so that a test can spend dozens, and made to die where the test wants it.

As a program (`python -m townhall_central.simulation.workers`) it is the process that forks: it reads `DIRECTORY N`
lines, and each worker prints its pid and where it listens. N > 0: the worker kills itself with SIGKILL around its N-th
database step.
"""

import contextlib
import itertools
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import uvicorn
from sqlalchemy import Engine, event

from townhall_central.app import create_app
from townhall_central.serve import TellingServer
from townhall_central.settings import Settings
from townhall_central.simulation.centre import SimulatedCentre

_HOST: Final = "127.0.0.1"
_PATIENCE_MS: Final = 20_000


class Worker:
    """A running worker."""

    def __init__(self, pid: int, port: int) -> None:
        """Watch the worker ``pid`` that listens on ``port``."""
        self.pid = pid
        self.port = port
        self._pidfd = os.pidfd_open(pid)

    @property
    def authority(self) -> str:
        """What requests name as their host."""
        return f"{_HOST}:{self.port}"

    def kill(self) -> None:
        """Kill it, if it lives."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def wait(self) -> None:
        """Return when the worker is dead, however it died.

        Raises:
            TimeoutError: it lives on.
        """
        poll = select.poll()
        poll.register(self._pidfd, select.POLLIN)
        if not poll.poll(_PATIENCE_MS):
            raise TimeoutError("the worker lives on")
        os.close(self._pidfd)


class Workers:
    """Starts workers."""

    def __init__(self) -> None:
        """Start the process that forks them."""
        command = [sys.executable, "-m", "townhall_central.simulation.workers"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def start(self, centre: SimulatedCentre, deadly_step: int = 0) -> Worker:
        """Start one; it kills itself around its ``deadly_step``-th database step, if that is not 0."""
        told, saying = self._process.stdin, self._process.stdout
        assert told is not None  # noqa: S101  # a pipe was asked for
        assert saying is not None  # noqa: S101
        told.write(f"{centre.path} {deadly_step}\n")
        told.flush()
        pid, listening = sorted(saying.readline().strip() for _ in range(2))  # two writers, any order
        return Worker(int(pid), port_of(listening))

    @contextmanager
    def running(self, centre: SimulatedCentre) -> Iterator[Worker]:
        """Have one run through a block."""
        worker = self.start(centre)
        try:
            yield worker
        finally:
            worker.kill()
            worker.wait()

    def close(self) -> None:
        """End the process that forks."""
        self._process.communicate(timeout=_PATIENCE_MS / 1000)


def port_of(line: str) -> int:
    """Return the port of the line by which a worker tells that it listens; raises ValueError for another line."""
    start, _separator, port = line.rpartition(":")
    if start != f"listening on http://{_HOST}":
        raise ValueError(line)
    return int(port)


def _work(directory: Path, deadly_step: int) -> None:
    app = create_app(Settings(directory))
    steps = itertools.count(1)

    def step(*_: object) -> None:
        if next(steps) == deadly_step:
            os.kill(os.getpid(), signal.SIGKILL)

    for moment in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(Engine, moment, step)
    TellingServer(uvicorn.Config(app, port=0, log_level="critical", access_log=False)).run()


def main() -> None:
    """Fork a worker for each line."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the workers
    for line in sys.stdin:
        directory, deadly_step = line.rsplit(maxsplit=1)
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _work(Path(directory), int(deadly_step))
            os._exit(0)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
