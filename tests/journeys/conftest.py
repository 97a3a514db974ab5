# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One small world for a whole run (a worker of it): real readers, kiosk, centre, agency. Each journey starts a kiosk
anew with a fresh card, and may ask what the journal, the centre and the agency hold.
"""

import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace
from typing import TYPE_CHECKING, TypeVar

import msgspec
import pytest

from townhall_crypto.envelope import OuterHeader
from townhall_forms.service import Service, load_services
from townhall_kiosk.demo.person import Hands, Person, Sight
from townhall_kiosk.demo.processes import KioskProcesses
from townhall_kiosk.demo.script import Visitor
from townhall_kiosk.demo.world import SERVICES, World
from townhall_kiosk.texts import Texts
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_smartcard.simulation.estonian_card_person import Person as CardHolder
from townhall_smartcard.simulation.vpcd import VirtualCard
from townhall_sync.audit import Entry
from townhall_sync.number import number_of, parse_number

if TYPE_CHECKING:
    from tests.journeys import polling
else:
    # Tests are no package (style rule 26).
    polling = SimpleNamespace(**run_path(str(Path(__file__).with_name("polling.py"))))

AGENCY = "population-register"
WITHIN_S = 60.0
_LOOK_EVERY_S = 0.02
ENGLISH = Texts("en")

T = TypeVar("T")


@dataclass(slots=True)
class Town:
    """The world of one run; ``told`` are the numbers of all forms that people were told are stored."""

    world: World
    log: Path
    service: Service
    told: set[str] = field(default_factory=set)
    _inbox: subprocess.Popen[bytes] | None = None

    # The kiosk

    @property
    def person(self) -> Person:
        """Who stands in front of the kiosk."""
        return self.world.person

    @property
    def processes(self) -> KioskProcesses:
        """The processes of the running kiosk."""
        return KioskProcesses(self.world.kiosk_pid)

    def open_kiosk(self, *, with_line: bool) -> None:
        """Switch the kiosk on with empty readers; wait until its first screen stands and a standby visit is warm."""
        if with_line:
            self.line_up()
        else:
            self.world.centre.stop()
        self.world.start_kiosk()
        if self.first_screen().kind != "AttractScreen":  # the journey before was cut off by the switch
            self.dismiss()
        self.standby()

    def first_screen(self) -> Sight:
        """Return what the kiosk shows first after it was switched on."""
        return self.person.wait_until(lambda seen: bool(seen.kind), "a first screen", WITHIN_S)

    def standby(self) -> int:
        """Return the process id of the visit that waits, once there is one."""
        return self.until(lambda: self.processes.visits()[1:], "a standby visit")[0]

    def close_kiosk(self) -> None:
        """Take all cards, and switch the kiosk off."""
        self.person.gives_up = lambda _seen: False
        self.person.hands = Hands.TOUCH
        for reader in self.world.readers:
            reader.remove_slowly()
        self.world.stop_kiosk()
        if not self.world.pcscd.is_running:
            self.world.pcscd.start()

    def visitor(
        self,
        *,
        holder: CardHolder = KADRI,
        card: VirtualCard | None = None,
        text: Texts = ENGLISH,
        watch: Callable[[str], None] = lambda _name: None,
    ) -> Visitor:
        """Return somebody with a fresh card (or with ``card``)."""
        reader, own = self.world.readers[0], card or self.world.card_of(holder)
        return Visitor(
            person=self.person,
            holder=holder,
            text=text,
            service=self.service,
            watch=watch,
            insert_card=lambda: reader.insert(own),
            remove_card=reader.remove_slowly,
        )

    def card(self, holder: CardHolder = KADRI) -> EstonianCard:
        """Return a fresh card."""
        return self.world.card_of(holder)

    def go(self, visitor: Visitor, until: str) -> None:
        """Let a visitor go on to the step ``until``, and stay there."""
        for step in visitor.steps():
            if step == until:
                return
        raise AssertionError(until)

    def number_on_screen(self) -> str:
        """Return the one number of a transaction in the window, and remember that it was told."""
        numbers = set(_numbers(self.person.read()))
        assert len(numbers) == 1
        self.told |= numbers
        return numbers.pop()

    def dismiss(self) -> None:
        """Say that one has read how the visit before ended."""
        before = self.visits_ended()
        self.person.press(ENGLISH("previous.dismiss"))
        next_screens = {"AttractScreen", "ChoiceScreen"}  # whose card is still in is asked for a language
        self.person.wait_until(lambda seen: seen.kind in next_screens, "the next person's screen")
        self.until(lambda: self.visits_ended() > before, "the journal to have that it was read")

    # The line, the centre and the agency

    def line_up(self) -> None:
        """See that the centre answers."""
        if not self.world.centre.is_running:
            self.world.centre.start()

    def start_inbox(self) -> None:
        """Have the agency fetch all the time."""
        program = Path(sys.executable).parent / "townhall-central"
        command = [str(program), "inbox", "run", "--inbox", str(self.world.centre.inbox), "--interval", "0.1"]
        with self.log.open("ab") as log:
            self._inbox = subprocess.Popen(command, stdout=log, stderr=log)

    def kill_inbox(self) -> None:
        """Kill the agency's process."""
        if self._inbox is not None:
            self._inbox.kill()
            self._inbox.wait()
            self._inbox = None

    def inbox_up(self) -> None:
        """See that the agency's process runs."""
        if self._inbox is None or self._inbox.poll() is not None:
            self.start_inbox()

    def stored(self) -> list[str]:
        """Return the numbers of all forms in the kiosk's journal, in the order of their acceptance."""
        rows = self._journal("SELECT header FROM envelope ORDER BY seq")
        return [number_of(OuterHeader.from_bytes(header).envelope_id) for header in rows]

    def visits_ended(self) -> int:
        """Return of how many visits the kiosk's journal has the end: nobody is told of those after a restart."""
        entries = [msgspec.json.decode(entry, type=Entry) for entry in self._journal("SELECT entry FROM log")]
        return sum(entry.event == "VISIT_ENDED" for entry in entries)

    def _journal(self, query: str) -> list[bytes]:
        """Return the one column of a query of the kiosk's journal."""
        with tempfile.TemporaryDirectory() as copy:  # the keeper holds the lock on the original
            for part in (self.world.home / "journal").glob("*.db*"):
                shutil.copy(part, copy)
            (database,) = Path(copy).glob("*.db")
            with contextlib.closing(sqlite3.connect(database)) as connection:
                return [value for (value,) in connection.execute(query)]

    def arrived(self) -> list[str]:
        """Return the numbers of all envelopes that the centre accepted."""
        return self._numbers(self.world.centre.data, "SELECT id FROM envelope WHERE status = 'accepted' ORDER BY seq")

    def cases(self) -> list[str]:
        """Return the numbers of the agency's cases that are ready, one for each case and delivery."""
        query = "SELECT envelope_id FROM delivery JOIN agency_case ON number = case_number WHERE state = 'ready'"
        return self._numbers(self.world.centre.inbox, query + " ORDER BY log_index")

    def count_cases(self) -> int:
        """Return how many cases there are, whatever their state."""
        return len(_query(self.world.centre.inbox, "SELECT number FROM agency_case"))

    @staticmethod
    def _numbers(directory: Path, query: str) -> list[str]:
        return [_number(row[0]) for row in _query(directory, query)]

    def settle(self) -> None:
        """Bring the line back, and check that each form that people were told of is one case, and nothing else is.

        The kiosk runs when this is called and is off afterwards.
        """
        self.line_up()
        self.inbox_up()
        self.until(lambda: self.told <= set(self.cases()), "every form to arrive")
        self.close_kiosk()
        stored = self.stored()
        assert set(stored) == self.told
        assert len(stored) == len(self.told)
        assert self.arrived() == stored
        assert sorted(self.cases()) == sorted(stored)
        assert self.count_cases() == len(stored)

    @staticmethod
    def kill(pid: int) -> None:
        """Kill a process at once, if it still lives."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def until(self, look: Callable[[], T], what: str) -> T:
        """Look until there is something, and return it."""
        pause, looks = threading.Event(), int(WITHIN_S / _LOOK_EVERY_S)
        for _ in range(looks):
            if found := look():
                return found
            pause.wait(_LOOK_EVERY_S)
        raise AssertionError(f"waited in vain for {what}")


def _query(directory: Path, query: str) -> list[tuple[str | bytes]]:
    (database,) = directory.glob("*.db")
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=WITHIN_S)) as connection:
        rows: list[tuple[str | bytes]] = connection.execute(query).fetchall()
    return rows


def _number(envelope_id: str | bytes) -> str:
    return number_of(envelope_id.hex() if isinstance(envelope_id, bytes) else envelope_id)


def _numbers(words: str) -> Iterator[str]:
    for word in words.replace(".", " ").split():
        if word.count("-") == 2:
            with contextlib.suppress(ValueError):
                yield parse_number(word)


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town whose kiosk is off, and where no form was ever handed in."""
    log = tmp_path_factory.mktemp("town") / "log"
    service = next(each for each in load_services(SERVICES) if each.id == "change-of-address")
    with World(KADRI, agency=AGENCY, log=log) as world:
        town = Town(world, log, service)
        yield town
        town.kill_inbox()


@pytest.fixture
def kiosk(town: Town) -> Iterator[Town]:
    """A town whose kiosk was just switched on, without a line."""
    town.open_kiosk(with_line=False)
    yield town
    town.close_kiosk()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[polling.PollingPlace]":
    """A polling place whose polls are open; nobody has voted."""
    with polling.PollingPlace.founded(tmp_path_factory.mktemp("voting") / "log") as place:
        place.start()
        yield place
