# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A centre in a directory, an agency that it knows, and an enrolled kiosk that seals to that agency."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from townhall_central import agencies
from townhall_central.inbox.home import InboxHome, InboxSettings, create_home, open_home
from townhall_central.simulation.centre import SimulatedCentre
from townhall_central.simulation.kiosk import SimulatedKiosk

NOW = 1_800_000_000


@pytest.fixture
def new_centre(tmp_path: Path) -> Iterator[Callable[[], SimulatedCentre]]:
    """Makes a fresh centre at each call: a property needs one for each example."""
    made: list[SimulatedCentre] = []

    def make() -> SimulatedCentre:
        made.append(SimulatedCentre.create(tmp_path / f"centre-{len(made)}", NOW))
        return made[-1]

    yield make
    for each in made:
        each.database.close()


@pytest.fixture
def centre(new_centre: Callable[[], SimulatedCentre]) -> SimulatedCentre:
    return new_centre()


@pytest.fixture
def inbox(tmp_path: Path, centre: SimulatedCentre) -> Iterator[InboxHome]:
    settings = InboxSettings(name="Registry", centre="http://127.0.0.1:9", services="services", anchors="anchors")
    create_home(tmp_path / "inbox", settings, centre.keys.root_bytes)
    with centre.database.write() as connection:
        agencies.add(connection, (tmp_path / "inbox" / "agency.json").read_bytes(), by="Ann", now=NOW)
    opened = open_home(tmp_path / "inbox")
    yield opened
    opened.database.close()


@pytest.fixture
def kiosk(centre: SimulatedCentre, inbox: InboxHome) -> SimulatedKiosk:
    return centre.enrol("kiosk-1", [inbox.recipient_key.public])
