# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Forks real workers quickly: reads `DIRECTORY N` lines, each worker prints its pid and where it listens.

N > 0: the worker kills itself with SIGKILL around its N-th database step.
"""

import itertools
import os
import signal
import sys
from pathlib import Path

import uvicorn
from sqlalchemy import Engine, event

from townhall_central.app import create_app
from townhall_central.serve import TellingServer
from townhall_central.settings import Settings


def work(directory: Path, deadly_step: int) -> None:
    app = create_app(Settings(directory))
    steps = itertools.count(1)

    def step(*_: object) -> None:
        if next(steps) == deadly_step:
            os.kill(os.getpid(), signal.SIGKILL)

    for moment in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(Engine, moment, step)
    TellingServer(uvicorn.Config(app, port=0, log_level="critical", access_log=False)).run()


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the workers
    for line in sys.stdin:
        directory, deadly_step = line.rsplit(maxsplit=1)
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            work(Path(directory), int(deadly_step))
            os._exit(0)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
