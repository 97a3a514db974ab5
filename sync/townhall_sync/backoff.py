# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Full-jitter back-off: how long to wait after the n-th failure in a row. It never gives up."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Backoff:
    """Waits of U(0, min(cap, base * 2**n)) seconds; ``uniform`` is ``random.uniform`` or a test's.

    The whole range, from zero, is drawn from: kiosks that get their power back together must not call together.
    """

    uniform: Callable[[float, float], float]
    base_s: float = 2.0
    cap_s: float = 15 * 60.0
    failures: int = 0

    def failed(self) -> float:
        """Count a failure and return the seconds to wait."""
        longest = min(self.cap_s, self.base_s * 2 ** min(self.failures, 64))
        self.failures += 1
        return self.uniform(0.0, longest)

    def succeeded(self) -> None:
        """Begin anew."""
        self.failures = 0
