# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A real kiosk whose machine shows a wrong time (libfaketime): closed by its name, and open when the clock is right."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.journeys.conftest import Town


def wrong_by(monkeypatch: pytest.MonkeyPatch, offset: str) -> None:
    """Let what is started from now on see another wall clock; the monotonic ones stay right."""
    (library,) = Path("/usr/lib").glob("*/faketime/libfaketime.so.1")
    monkeypatch.setenv("LD_PRELOAD", str(library))
    monkeypatch.setenv("FAKETIME", offset)
    monkeypatch.setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1")


def test_a_clock_that_is_back_closes_the_kiosk_and_one_that_is_right_opens_it(
    town: "Town", monkeypatch: pytest.MonkeyPatch
) -> None:
    town.open_kiosk(with_line=True)
    try:
        for step in town.visitor().steps():
            if step == "receipt":
                town.number_on_screen()
        town.until(lambda: town.told <= set(town.arrived()), "the form to arrive")
        town.close_kiosk()
        with monkeypatch.context() as wrong:
            wrong_by(wrong, "-2d")
            town.world.start_kiosk()
            seen = town.person.wait_until(lambda seen: bool(seen.code), "an out-of-service screen", 60.0)
            assert seen.code == "TH-KIOS-007"
            town.close_kiosk()
        town.world.start_kiosk()
        town.person.wait_for("AttractScreen", within_s=60.0)
    finally:
        town.close_kiosk()
    assert set(town.stored()) == town.told
