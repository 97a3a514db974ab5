# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Forks workers that kill themselves with SIGKILL at their n-th database step: `INBOX TRUST TSA OCSP NOW N` lines."""

import itertools
import os
import signal
import sys
from pathlib import Path

from sqlalchemy import Engine, event

from townhall_central.inbox.assurance import run_assurance
from townhall_central.inbox.assurance_steps import Archive
from townhall_central.inbox.home import TrustServices, open_home
from townhall_central.inbox.trust_folder import load_anchors, load_timestamp_anchors
from townhall_central.inbox.trust_line import HttpTrustLine


def work(directory: Path, trust: Path, services: TrustServices, now: int, deadly_step: int) -> None:
    home = open_home(directory)
    steps = itertools.count(1)

    def step(*_: object) -> None:
        if next(steps) == deadly_step:
            os.kill(os.getpid(), signal.SIGKILL)

    for moment in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(Engine, moment, step)
    with HttpTrustLine(services) as line:
        run_assurance(home.database, Archive(line, load_anchors(trust), load_timestamp_anchors(trust), lambda: now))


def main() -> None:
    for line in sys.stdin:
        directory, trust, tsa, ocsp, now, deadly_step = line.split()
        pid = os.fork()
        if pid == 0:
            work(Path(directory), Path(trust), TrustServices(tsa, ocsp), int(now), int(deadly_step))
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
