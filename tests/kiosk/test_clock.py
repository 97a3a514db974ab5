# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The kiosk's clock."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from townhall_kiosk.clock import KioskClock
from townhall_kiosk.ports import Clock
from townhall_kiosk.simulation.ports import StandingClock


@pytest.fixture(params=["Europe/Tallinn", "America/St_Johns", "UTC"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield os.environ["TZ"]
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(params=[KioskClock, StandingClock])
def clock(request: pytest.FixtureRequest) -> Clock:
    made: Clock = request.param()
    return made


@pytest.mark.usefixtures("zone")
def test_people_read_the_local_time_with_its_offset(clock: Clock) -> None:
    now = clock.now()
    assert now.utcoffset() == datetime.now().astimezone().utcoffset()
    assert abs(now - datetime.now(UTC)) < timedelta(minutes=1)
    assert now.microsecond == 0


def test_wall_and_local_time_agree(clock: Clock) -> None:
    assert abs(clock.now().timestamp() - clock.wall()) <= 1


def test_the_monotonic_clock_never_goes_back(clock: Clock) -> None:
    seen = [clock.monotonic_ns() for _ in range(100)]
    assert seen == sorted(seen)
