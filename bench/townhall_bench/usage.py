# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What processes use: memory, shared pages counted by their share, and processor time."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_KIB: Final = 1024
_TICKS: Final = os.sysconf("SC_CLK_TCK")


def pss_bytes(pids: Iterable[int]) -> int:
    """Return the sum of the proportional set sizes (proc(5), smaps_rollup) of processes."""
    return sum(_pss(pid) for pid in pids)


def cpu_s(pids: Iterable[int]) -> float:
    """Return the processor seconds that processes have used, in user and kernel (proc(5), fields 14 and 15)."""
    return sum(_ticks(pid) for pid in pids) / _TICKS


def are_asleep(pids: Iterable[int]) -> bool:
    """Tell whether every thread of the processes waits for something; one that only gets no processor does not."""
    threads = [path for pid in pids for path in Path(f"/proc/{pid}/task").glob("*/stat")]
    return all(path.read_text().rpartition(")")[2].split()[0] == "S" for path in threads)


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _pss(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * _KIB
    raise ValueError(f"no Pss of process {pid}")
