# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The wall clock leaps, repeats, goes back and forward: nothing accepted is lost, and the same happens as before."""

import time
from collections.abc import Callable, Iterator
from itertools import chain, repeat

import pytest

from townhall_crypto.device_key import FileDeviceKey
from townhall_sync.audit import Event
from townhall_sync.clock import SimulatedClock, SystemClock
from townhall_sync.journal_records import DAY_S
from townhall_sync.simulated_kiosk import SimulatedKiosk, SimulatedLine
from townhall_sync.simulator import CentralServiceSimulator

RIGHT = 1_800_000_000
YEAR_S = 365 * DAY_S
WALKS = {
    "a leap second that is repeated": [0, 1, 1, 2, 3],
    "a leap second that is smeared": [0, 1, 1, 1, 2, 2, 3],
    "back an hour": [0, -3600, -3600, 0],
    "back to the beginning of time": [0, -RIGHT, -RIGHT, 0],
    "years forward, then corrected": [0, 20 * YEAR_S, 20 * YEAR_S, 0],
    "forward and back at each look": [0, YEAR_S, -YEAR_S] * 40,
}


class WanderingClock(SimulatedClock):
    """A clock whose wall time is off by what a walk says, one step a minute; its monotonic time is right."""

    def __init__(self, walk: list[int]) -> None:
        super().__init__(RIGHT)
        self._walk: Iterator[int] = chain(walk, repeat(walk[-1]))

    def step(self) -> None:
        """A minute passes."""
        self.seconds += 60
        self.wall_offset = RIGHT + next(self._walk)


def live(kiosk: SimulatedKiosk, clock: WanderingClock, sealed: Callable[[int], bytes]) -> tuple[object, ...]:
    """Commit, deliver and free over nine days; return what happened, without wall times."""
    centre = CentralServiceSimulator(lambda: RIGHT + int(clock.seconds))
    centre.add_kiosk(kiosk.name, kiosk.key.public_der)
    line = SimulatedLine(kiosk, centre, centre.keys)
    for number in range(12):
        clock.step()
        journal = kiosk.open()
        journal.audit(Event.VISIT_BEGUN, {"visit": f"v-{number}"})
        assert journal.commit(sealed(number)).seq == number + 1
        if number % 3 == 2:
            line.run(lambda _journal, courier: line.settle(courier))
    clock.seconds += 9 * DAY_S
    line.run(lambda _journal, courier: line.settle(courier))
    journal = kiosk.open()
    assert [journal.commit(sealed(number)).is_repeat for number in range(12)] == [True] * 12
    ledger, status = journal._log.ledger, journal.status()
    assert len(centre.envelopes) == 12
    return line.waits, sorted(ledger.freed), sorted(ledger.delivered), status.queued, status.accepts_visits


@pytest.mark.parametrize("walk", WALKS.values(), ids=WALKS)
def test_whatever_the_wall_clock_does_the_same_happens(
    kiosk: SimulatedKiosk, key: FileDeviceKey, sealed: Callable[[int], bytes], walk: list[int]
) -> None:
    clocks = WanderingClock([0]), WanderingClock(walk)
    steady, wandering = (
        live(SimulatedKiosk(kiosk.directory / name, key, clock), clock, sealed)
        for name, clock in zip(("steady", "wandering"), clocks, strict=True)
    )
    assert steady == wandering
    assert steady[1] == list(range(1, 13)), "all payloads were freed, by the centre's signed times"


def test_a_new_opening_is_a_new_boot_so_monotonic_times_are_never_compared_across_one(
    kiosk: SimulatedKiosk, sealed: Callable[[int], bytes]
) -> None:
    kiosk.open().commit(sealed(1))
    kiosk.clock.seconds = 0.0  # the machine was restarted: its monotonic clock begins anew
    journal = kiosk.open()
    journal.commit(sealed(2))
    headers = [row.header for row in journal._log.store.envelopes()]
    boots = {header.partition(b'"boot":"')[2][:16] for header in headers}
    assert len(boots) == 2


def test_the_machines_clock_measures_on_while_it_sleeps_and_never_shows_a_time_before_1970(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    assert before <= SystemClock().monotonic_ns() <= time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    monkeypatch.setattr(time, "time", lambda: -5.0)
    assert SystemClock().wall() == 0
