# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Forks inboxes that kill themselves with SIGKILL at their n-th database step: reads `INBOX URL N` lines."""

import itertools
import os
import signal
import sys
from functools import partial
from pathlib import Path

from sqlalchemy import Engine, event

from townhall_central.centre_line import CentreLine
from townhall_central.inbox.desk import open_desk
from townhall_central.inbox.examine import examine
from townhall_central.inbox.home import open_home
from townhall_central.inbox.round import run_round


def work(directory: Path, url: str, deadly_step: int) -> None:
    home = open_home(directory)
    look = partial(examine, desk=open_desk(home))
    steps = itertools.count(1)

    def step(*_: object) -> None:
        if next(steps) == deadly_step:
            os.kill(os.getpid(), signal.SIGKILL)

    for moment in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(Engine, moment, step)
    with CentreLine(url, home.key_id, home.request_key) as line:
        run_round(home.database, line, look)


def main() -> None:
    for line in sys.stdin:
        directory, url, deadly_step = line.split()
        pid = os.fork()
        if pid == 0:
            work(Path(directory), url, int(deadly_step))
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
