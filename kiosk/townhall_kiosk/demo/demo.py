# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""``townhall demo``: from the card in the reader to the case at the agency, offline in between.

With a display and a terminal a person plays one visit by hand in the real window; otherwise ``story`` plays staff and
four visits of people who each use the kiosk in their own way, in the same window. Either way ``demo-output/`` then
holds what paper, agency and log would.
"""

import os
import shutil
import sys
from pathlib import Path

from townhall_kiosk.demo.diary import Album, Diary
from townhall_kiosk.demo.person import Hands
from townhall_kiosk.demo.shell import queued
from townhall_kiosk.demo.story import Story, deliver, keep_case
from townhall_kiosk.demo.world import World
from townhall_kiosk.home import KioskHome
from townhall_kiosk.texts import Texts
from townhall_smartcard.simulation.estonian_card_person import KADRI

OUTPUT = Path("demo-output")
AGENCY = "population-register"


def run_demo(*, language: str, by_keyboard: bool) -> int:
    """Play the demo; return the exit status."""
    shutil.rmtree(OUTPUT, ignore_errors=True)
    album = Album(OUTPUT / "screens")
    diary = Diary()
    hands = Hands.KEYBOARD if by_keyboard else Hands.TOUCH
    with World(KADRI, hands, agency=AGENCY, is_archiving=True) as world:
        diary.note("A card issuer, two readers, a centre with one agency and an enrolled kiosk stand.")
        world.centre.stop()
        diary.note("The line is cut: from here on the kiosk is alone.")
        world.start_kiosk()
        shutil.copy(KioskHome(world.home).device_certificate, OUTPUT / "kiosk.der")  # for townhall receipt verify
        if _has_person():
            _by_hand(world, diary)
            _deliver_by_hand(world, diary)
        else:
            Story(world, album, diary, Texts(language), OUTPUT).play()
    diary.save(OUTPUT / "summary.txt")
    sys.stdout.write(f"\nLook into {OUTPUT}/: {', '.join(sorted(path.name for path in OUTPUT.iterdir()))}\n")
    return 0


def _has_person() -> bool:
    display = "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ
    return display and sys.stdin.isatty() and "QT_QPA_PLATFORM" not in os.environ


def _by_hand(world: World, diary: Diary) -> None:
    """Let the person at the terminal go through the visit; the terminal is the hand that holds the card."""
    sys.stdout.write(
        "\nThe kiosk's window opens. You are KADRI-LIIS ÕISPUU; PIN 1 is 1234, PIN 2 is 12345.\n"
        "Choose a language, then press Enter here to put the card into the reader. "
    )
    sys.stdout.flush()
    sys.stdin.readline()
    world.readers[0].insert(world.card)
    diary.note("The card is in.")
    sys.stdout.write("Print the receipt; when the kiosk asks you to take the card, press Enter here. ")
    sys.stdout.flush()
    sys.stdin.readline()
    world.readers[0].remove()
    diary.note("The card is out.")
    if (world.paper / "receipt.pdf").exists():
        shutil.copy(world.paper / "receipt.pdf", OUTPUT / "receipt.pdf")


def _deliver_by_hand(world: World, diary: Diary) -> None:
    """Deliver; a person who plays by hand may have stopped, so that there is nothing to deliver."""
    if not queued(world):
        diary.note("The agency will have no case: nothing was sent in this visit.")
        world.stop_kiosk()
        return
    deliver(world, diary, cases=1)
    keep_case(world, diary, OUTPUT, 1)
