# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A keeper like any other, whose visits have a puppet at their window."""

import asyncio
import logging
import sys
from pathlib import Path

from townhall_kiosk.home import KioskHome
from townhall_kiosk.keeper.app import run_kiosk, visit_command_of
from townhall_process.child import die_with_parent

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="keeper %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    die_with_parent()
    home, person = KioskHome(Path(sys.argv[1])), sys.argv[2]
    command = visit_command_of(home.settings(), "townhall_kiosk.demo.visit_process", "--person", person)
    asyncio.run(run_kiosk(home, command))
