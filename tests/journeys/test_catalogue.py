# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A kiosk in front of its window: without a catalogue it is closed, and opens by itself when one comes."""

import shutil
from typing import TYPE_CHECKING

from townhall_kiosk.errors import NoCatalogueError
from townhall_kiosk.texts import Texts

if TYPE_CHECKING:
    from tests.journeys.conftest import Town

ENGLISH = Texts("en")


def test_a_kiosk_without_a_catalogue_is_closed_until_the_line_brings_one(town: "Town") -> None:
    world = town.world
    world.centre.stop()
    shutil.rmtree(world.home / "catalogue")
    world.start_kiosk()
    try:
        if not town.first_screen().code:  # the journey before was cut off, and its news come first
            town.person.press(ENGLISH("previous.dismiss"))
        seen = town.person.wait_until(lambda seen: bool(seen.code), "why it is closed", 60.0)
        assert seen.code == NoCatalogueError.code
        town.line_up()
        town.person.wait_for("AttractScreen", within_s=60.0)
        town.standby()
        town.go(town.visitor(), "insert-card")
    finally:
        town.close_kiosk()
