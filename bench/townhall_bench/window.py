# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""How long the window takes from the start of its process to its first frame."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Final

from townhall_bench.pairing import in_turns, seconds
from townhall_bench.row import Budget, Held, Row

_ROUNDS: Final = 9
_MS: Final = 1000.0
_TIMEOUT_S: Final = 60


def rows() -> Iterator[Row]:
    """Measure."""
    ours, bare = in_turns(seconds(_program("our_window")), seconds(_program("bare_window")), _ROUNDS)
    yield Row(
        "start of a process to the first screen",
        ours * _MS,
        "ms",
        "bare PySide6 window with one label",
        bare * _MS,
        Budget(2, Held.RATIO),
    )


def _program(name: str) -> Callable[[], object]:
    command = [sys.executable, "-m", f"townhall_bench.programs.{name}"]
    return lambda: subprocess.run(command, check=True, timeout=_TIMEOUT_S)
