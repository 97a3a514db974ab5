# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The clock port of this part: a wall clock that may be wrong, and a monotonic one that only measures."""

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
