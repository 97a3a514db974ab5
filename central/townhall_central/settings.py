# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""How one worker of the centre is set up; read from the command line at the edge, nowhere else."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


def system_clock() -> int:
    """Return the machine's time in whole seconds of Unix time."""
    return int(time.time())


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the centre's data are, and its limits.

    `body_idle_s`: how long the next bytes of a body may take. `bodies_bytes`: how much of unfinished bodies one worker
    holds in memory, all requests together.
    """

    directory: Path
    clock: Callable[[], int] = system_clock
    body_idle_s: float = 30.0
    bodies_bytes: int = 256 * 1024 * 1024
