# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The clock port of this part: a wall clock that may be wrong, and a monotonic one that only measures."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """What time it seems to be. No decision about trust hangs on ``wall``; the centre brackets times by its own."""

    def wall(self) -> int:
        """Return the wall clock in unix seconds."""

    def monotonic_ns(self) -> int:
        """Return nanoseconds since some instant of this boot; never goes back."""


class SystemClock:
    """The clock of this machine."""

    def wall(self) -> int:
        """Return the wall clock in unix seconds."""
        return max(0, int(time.time()))

    def monotonic_ns(self) -> int:
        """Return CLOCK_BOOTTIME, which goes on while the machine sleeps."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


class SimulatedClock:
    """A clock that stands until it is told; for tests and training. Its wall clock may be set wrong."""

    def __init__(self, wall: int = 1_800_000_000) -> None:
        """Start at ``wall`` (unix seconds)."""
        self.seconds = 0.0
        self.wall_offset = wall

    def wall(self) -> int:
        """Return the wall clock in unix seconds."""
        return int(self.wall_offset + self.seconds)

    def monotonic_ns(self) -> int:
        """Return nanoseconds since the start."""
        return int(self.seconds * 1_000_000_000)

    async def sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        self.seconds += seconds
        await asyncio.sleep(0)
