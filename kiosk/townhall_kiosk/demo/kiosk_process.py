# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A keeper like any other, whose visits have a puppet at their window."""

import asyncio
import logging
import sys
from functools import partial
from pathlib import Path

from townhall_kiosk.home import KioskHome
from townhall_kiosk.keeper.app import run_kiosk, start_anew
from townhall_kiosk.keeper.processes import own_children
from townhall_process.child import die_with_parent

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="keeper %(levelname)s %(name)s: %(message)s")
    for library in ("httpx2", "tuf"):
        logging.getLogger(library).setLevel(logging.WARNING)
    die_with_parent()
    home, person = KioskHome(Path(sys.argv[1])), sys.argv[2]
    processes = partial(own_children, module="townhall_kiosk.demo.visit_process", arguments=("--person", person))
    if asyncio.run(run_kiosk(home, processes)):
        start_anew()
