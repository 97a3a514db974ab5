# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whether the centre answers, and how far its signed time is from this clock."""

import asyncio

import pytest

from townhall_kiosk.keeper.line_watch import LineWatch
from townhall_kiosk.simulation.ports import StandingClock
from townhall_sync.receipt import CentreKeys
from townhall_sync.simulator import CentralServiceSimulator


async def look(watch: LineWatch) -> list[bool]:
    """Let the watch ask once; return the changes that it told."""
    changes: list[bool] = []
    is_told = asyncio.Event()

    async def changed(is_up: bool) -> None:  # noqa: FBT001  # as the watch says it
        changes.append(is_up)
        is_told.set()

    running = asyncio.create_task(watch.run(changed))
    try:
        async with asyncio.timeout(30):
            await is_told.wait()
    finally:
        running.cancel()
    return changes


@pytest.mark.parametrize("ahead_s", [0, 7, -3600, 86_400])
def test_the_clock_is_compared_with_the_centres_signed_time(ahead_s: int) -> None:
    clock = StandingClock()
    centre = CentralServiceSimulator(lambda: clock.wall() - ahead_s)
    watch = LineWatch(centre, centre.keys, clock, lambda: "n1", 60.0)
    assert asyncio.run(look(watch)) == [True]
    assert (watch.facts.is_up, watch.facts.seen, watch.facts.drift_s) == (True, clock.wall(), ahead_s)


def test_an_answer_that_the_centre_did_not_sign_says_nothing_of_the_time() -> None:
    clock = StandingClock()
    centre, other = CentralServiceSimulator(clock.wall), CentralServiceSimulator(clock.wall)
    keys: CentreKeys = other.keys
    watch = LineWatch(centre, keys, clock, lambda: "n1", 60.0)
    assert asyncio.run(look(watch)) == [True]
    assert watch.facts.drift_s is None
