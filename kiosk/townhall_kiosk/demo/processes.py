# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A running kiosk's processes, seen from outside as an operator sees them: for drills in which one is killed."""

from dataclasses import dataclass
from pathlib import Path

_VISIT = b"townhall_kiosk.demo.visit_process"
_CARD = b"townhall_smartcard.card_process"


@dataclass(frozen=True, slots=True)
class KioskProcesses:
    """The processes of the kiosk whose keeper has this process id."""

    keeper: int

    def visits(self) -> tuple[int, ...]:
        """Return the visit processes, oldest first: the one on the glass, then the standby."""
        return self._children(_VISIT)

    def cards(self) -> tuple[int, ...]:
        """Return the card processes; there is one, or none between two visits."""
        return self._children(_CARD)

    def _children(self, module: bytes) -> tuple[int, ...]:
        found = [pid for pid in self._all_children() if module in _command(pid)]
        return tuple(sorted(found, key=_started))

    def _all_children(self) -> list[int]:
        lists = Path(f"/proc/{self.keeper}/task").glob("*/children")
        return [int(pid) for path in lists for pid in path.read_text().split()]


def _command(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:  # ended meanwhile
        return []


def _started(pid: int) -> int:
    """Return when the process started, in clock ticks since boot (proc(5), field 22)."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    except OSError:
        return 0
