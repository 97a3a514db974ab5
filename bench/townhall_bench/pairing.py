# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Measures two things in turns, so that whatever else the machine does falls on both alike."""

import statistics
import time
from collections.abc import Callable


def in_turns(ours: Callable[[], float], peer: Callable[[], float], rounds: int) -> tuple[float, float]:
    """Return the medians of what both report, measured alternately; the first round warms up and is dropped."""
    pairs = [(ours(), peer()) for _ in range(rounds + 1)][1:]
    return statistics.median(our for our, _ in pairs), statistics.median(theirs for _, theirs in pairs)


def seconds(work: Callable[[], object]) -> Callable[[], float]:
    """Return a function that does ``work`` once and reports its wall time in seconds."""

    def timed() -> float:
        begun = time.perf_counter()
        work()
        return time.perf_counter() - begun

    return timed


def percentile(values: list[float], share: float) -> float:
    """Return the value that ``share`` (0 to 1) of all are not above."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]
