# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""How long the glass waits between two visits: measured and told, never a reason to fail (budget: 0.2 s)."""

import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from townhall_kiosk.texts import Texts

if TYPE_CHECKING:
    from tests.journeys.conftest import Town

ENGLISH = Texts("en")
VISITS = 5
BUDGET_S = 0.2


STILL = 10  # so many looks without any work


def test_the_next_visit_takes_over_from_standby(kiosk: "Town", capsys: pytest.CaptureFixture[str]) -> None:
    taken: list[float] = []
    for _ in range(VISITS):
        leaving, waiting = kiosk.processes.visits()
        wait_until_warm(kiosk, waiting)
        kiosk.person.press(ENGLISH("attract.touch"))
        kiosk.person.wait_for("MessageScreen", ENGLISH("insert-card.heading"))
        next_shows = kiosk.person.standby_window()
        begun = time.monotonic()
        kiosk.person.press(ENGLISH("button.stop"))
        while not (seen := next_shows()):
            pass
        taken.append(time.monotonic() - begun)
        assert seen == "AttractScreen"
        kiosk.until(lambda gone=leaving: gone not in kiosk.processes.visits(), "the old visit's end")  # type: ignore[misc]  # a lambda's default has no type
        assert kiosk.processes.visits()[0] == waiting
        kiosk.standby()
    with capsys.disabled():
        print(f"\nhand-over: median {statistics.median(taken):.3f} s, worst {max(taken):.3f} s, budget {BUDGET_S} s")  # noqa: T201


def wait_until_warm(kiosk: "Town", pid: int) -> None:
    """Wait until a process has nothing left to do."""
    used: list[str] = []

    def is_still() -> bool:
        used.append(" ".join(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]))
        return len(used) > STILL and len(set(used[-STILL:])) == 1

    kiosk.until(is_still, "the standby visit to be warm")
