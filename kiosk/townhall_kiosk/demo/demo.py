# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""``townhall demo``: one visit from the card in the reader to the case at the agency, offline in between.

With a display and a terminal a person plays it by hand in the real window; otherwise a scripted person does, in the
same window. Either way ``demo-output/`` then holds what paper, agency and log would.
"""

import os
import shutil
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from townhall_forms.service import load_services
from townhall_kiosk.demo.person import Hands, PersonLostError
from townhall_kiosk.demo.script import Visitor
from townhall_kiosk.demo.world import SERVICES, World
from townhall_kiosk.home import KioskHome
from townhall_kiosk.texts import Texts
from townhall_smartcard.simulation.estonian_card_person import KADRI

OUTPUT = Path("demo-output")
AGENCY = "population-register"
_DELIVERED_WITHIN_S = 60.0
_PATIENCE_S = 15.0
_LOOK_EVERY_S = 0.2


@dataclass(slots=True)
class Diary:
    """What happened and how long each step took, for the terminal and ``summary.txt``."""

    lines: list[str] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)
    _last: float = field(default_factory=time.monotonic)

    def note(self, text: str) -> None:
        """Write one line with the time since the line before."""
        now = time.monotonic()
        line = f"{now - self._began:7.2f} s  (+{now - self._last:5.2f} s)  {text}"
        self._last = now
        self.lines.append(line)
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    def save(self, path: Path) -> None:
        """Write all lines to ``path``."""
        path.write_text("\n".join(self.lines) + "\n")


class Album:
    """Pictures of the screens, numbered in the order of the visit."""

    def __init__(self, directory: Path) -> None:
        """Use ``directory``, made anew."""
        self._directory = directory
        self._count = 0
        directory.mkdir(parents=True)

    def add(self, name: str, png: bytes) -> None:
        """Keep one picture."""
        self._count += 1
        (self._directory / f"{self._count:02d}-{name}.png").write_bytes(png)


def run_demo(*, language: str, by_keyboard: bool) -> int:
    """Play the demo; return the exit status."""
    shutil.rmtree(OUTPUT, ignore_errors=True)
    album = Album(OUTPUT / "screens")
    diary = Diary()
    hands = Hands.KEYBOARD if by_keyboard else Hands.TOUCH
    with World(KADRI, hands, agency=AGENCY) as world:
        diary.note("A card issuer, two readers, a centre with one agency and an enrolled kiosk stand.")
        world.centre.stop()
        diary.note("The line is cut: from here on the kiosk is alone.")
        world.start_kiosk()
        by_hand = _has_person()
        if by_hand:
            _by_hand(world, diary)
        else:
            _by_script(world, album, diary, Texts(language))
        if (world.paper / "receipt.pdf").exists():
            shutil.copy(world.paper / "receipt.pdf", OUTPUT / "receipt.pdf")
        shutil.copy(KioskHome(world.home).device_certificate, OUTPUT / "kiosk.der")  # for townhall receipt verify
        _deliver(world, diary, may_be_nothing=by_hand)
    diary.save(OUTPUT / "summary.txt")
    sys.stdout.write(
        f"\nLook into {OUTPUT}/: screens/, signed.pdf, receipt.pdf, kiosk.der, centre-case.json, summary.txt\n"
    )
    return 0


def _has_person() -> bool:
    display = "DISPLAY" in os.environ or "WAYLAND_DISPLAY" in os.environ
    return display and sys.stdin.isatty() and "QT_QPA_PLATFORM" not in os.environ


def _by_script(world: World, album: Album, diary: Diary, text: Texts) -> None:
    """Let the scripted person go through the visit, with a picture of every screen."""
    service = next(each for each in load_services(SERVICES) if each.id == "change-of-address")

    def watch(name: str) -> None:
        album.add(name, world.person.picture())
        diary.note(f"Screen: {name}")

    visitor = Visitor(
        person=world.person,
        holder=world.holder,
        text=text,
        service=service,
        watch=watch,
        insert_card=lambda: world.readers[0].insert(world.card),
        remove_card=world.readers[0].remove,
    )
    for _step in visitor.steps():
        pass


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


def _deliver(world: World, diary: Diary, *, may_be_nothing: bool) -> None:
    """Bring the line back and wait until the agency has its case, exactly one.

    A person who plays by hand may have stopped, so that there is nothing to wait for.
    """
    world.centre.start()
    diary.note("The line is back.")
    deadline = time.monotonic() + (_PATIENCE_S if may_be_nothing else _DELIVERED_WITHIN_S)
    while not (cases := world.centre.fetch()):
        if time.monotonic() > deadline:
            if may_be_nothing:
                diary.note("The agency has no case: nothing was sent in this visit.")
                return
            raise PersonLostError("the centre did not get the transaction")
        time.sleep(_LOOK_EVERY_S)
    number, state = cases[0]
    case = world.centre.case(number, OUTPUT / "signed.pdf")
    (OUTPUT / "centre-case.json").write_text(case)
    diary.note(f"The agency has {len(cases)} case, state: {state}.")
    world.stop_kiosk()
    again = world.centre.fetch()
    diary.note(f"Fetched again: {len(again)} case. The kiosk is switched off.")
