# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The running kiosk of the demo, asked by the command ``townhall`` as its operator asks it."""

import json
import subprocess
import sys
from pathlib import Path

from townhall_kiosk.demo.person import PersonLostError
from townhall_kiosk.demo.world import World

_WITHIN_S = 60.0


def ask_kiosk(world: World, *arguments: str) -> str:
    """Return what a command printed.

    Raises:
        PersonLostError: it failed.
    """
    command = [str(Path(sys.executable).parent / "townhall"), *arguments, "--home", str(world.home)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_WITHIN_S, check=False)
    if done.returncode != 0:
        raise PersonLostError(f"townhall {arguments[0]}: {done.stderr.strip()}")
    return done.stdout


def queued(world: World) -> int:
    """Return how many forms wait at the kiosk for the centre."""
    return int(json.loads(ask_kiosk(world, "status", "--json"))["queued"])
