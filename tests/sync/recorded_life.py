# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A process in which a journal lives through everything that it can, and dies; what it acknowledges it prints.

Usage: recorded_life.py DIRECTORY KEY LIFE FAULT. LIFE is a name in ``LIVES``. FAULT names a
mistake that no journal of ours makes, or "none". Each line on stdout is a JSON object of ``Acknowledged``.
"""

import contextlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from townhall_crypto.device_key import DeviceKey, FileDeviceKey
from townhall_crypto.secret import Secret
from townhall_sync import journal, journal_log, sqlite_store
from townhall_sync.audit import Event
from townhall_sync.clock import SimulatedClock
from townhall_sync.errors import OutOfServiceError
from townhall_sync.journal import Journal
from townhall_sync.journal_records import DAY_S, JournalPolicy
from townhall_sync.simulated_kiosk import SimulatedKiosk, SimulatedLine
from townhall_sync.simulator import CentralServiceSimulator

POLICY = JournalPolicy(reserve_bytes=16 * 1024, low_disk_bytes=0, fold_pages=24)


class Acknowledged(msgspec.Struct, frozen=True):
    """The log's size and root, and what was committed last: a payload's number, envelope id and seq."""

    size: int
    root: str
    number: int = 0
    envelope_id: str = ""
    seq: int = 0


def sealed(number: int) -> bytes:
    """The n-th payload: 1 to 5 KiB that no compiler and no disk knows; the journal looks at no sealed byte."""
    return b"".join(f"{number} {place} ".encode().ljust(16, b".") for place in range(64 + number % 5 * 64))


def load_key(path: Path) -> DeviceKey:
    return FileDeviceKey.load(path, Secret(b"passphrase of a test"))


def broken(fault: str) -> None:
    """Make one mistake in the journal, to see that it would be found."""
    match fault:
        case "none":
            pass
        case "synchronous=OFF" | "synchronous=NORMAL":
            pragmas = [each.replace("synchronous=FULL", fault) for each in sqlite_store._PRAGMAS]
            vars(sqlite_store)["_PRAGMAS"] = tuple(pragmas)
        case "no sync of directories":
            vars(journal)["make_durable_directory"] = lambda path: path.mkdir(parents=True, exist_ok=True)
        case "nothing made safe at the opening":
            vars(sqlite_store)["rewrite"] = lambda _path: None
        case "head before the commit":
            write = journal_log.JournalLog._write

            def write_early(self: journal_log.JournalLog, entries: list) -> tuple:  # type: ignore[type-arg]
                head, note = write(self, entries)
                self._acknowledge(head)
                return head, note

            journal_log.JournalLog._write = write_early  # type: ignore[method-assign]
        case _:
            raise ValueError(fault)


@dataclass
class Life:
    """An open journal that says aloud what it acknowledged."""

    kiosk: SimulatedKiosk
    journal: Journal

    def say(self, number: int = 0, envelope_id: str = "", seq: int = 0) -> None:
        tree = self.journal._log.tree
        line = Acknowledged(tree.size, tree.root().hex(), number, envelope_id, seq)
        os.write(1, msgspec.json.encode(line) + b"\n")

    def commit(self, *numbers: int) -> None:
        for number in numbers:
            self.kiosk.clock.seconds += 60
            committed = self.journal.commit(sealed(number))
            self.say(number, committed.envelope_id, committed.seq)

    def visit(self, name: str, *numbers: int) -> None:
        self.journal.audit(Event.VISIT_BEGUN, {"visit": name})
        self.say()
        self.commit(*numbers)
        self.journal.audit(Event.VISIT_ENDED, {"visit": name, "outcome": "DONE"})
        self.say()

    def deliver(self, line: SimulatedLine) -> None:
        line.run(lambda _journal, courier: courier.deliver_once())
        self.journal = self.kiosk.open()
        self.say()

    def fill_the_disk(self, numbers: range) -> None:
        """Commit until the disk has no room: the reserve is given up, and comes back."""
        database = self.journal._log._store._database
        database.execute("PRAGMA max_page_count=1").fetchall()  # SQLite stays at what it has

        release = self.journal._reserve.release

        def released() -> bool:
            database.execute("PRAGMA max_page_count=1000000").fetchall()
            return release()

        self.journal._reserve.release = released  # type: ignore[method-assign]
        for number in numbers:
            self.commit(number)
            if not self.journal.status().reserve_held:
                break
        assert not self.journal.status().reserve_held
        self.journal._reserve.release = release  # type: ignore[method-assign]
        self.journal.restore_reserve()
        self.say()


def first(life: Life, _line: SimulatedLine) -> None:
    life.say()
    life.visit("v-1", 1)
    life.visit("v-2", 2)
    life.commit(3, 4)
    life.journal.isolate(4, "TH-CENT-002")
    life.say()
    life.commit(5)


def second(life: Life, line: SimulatedLine) -> None:
    life.say()
    life.commit(5, 6)  # the first again: somebody did not hear the answer
    life.deliver(line)
    life.visit("v-3", 7, 8)
    life.deliver(line)
    life.kiosk.clock.seconds += 8 * DAY_S
    life.deliver(line)
    life.commit(9)
    life.fill_the_disk(range(10, 30))
    life.visit("v-4", 31, 32)


def failing(life: Life, _line: SimulatedLine) -> None:
    """The disk refuses a sync somewhere here (``strace`` sees to it)."""
    life.say()
    life.commit(1, 2, 3, 4, 5, 6)


def repeating(life: Life, _line: SimulatedLine) -> None:
    """Everybody who did not hear the answer asks again."""
    life.say()
    life.commit(1, 2, 3, 4, 5, 6)


LIVES: dict[str, Callable[[Life, SimulatedLine], None]] = {
    "1": first,
    "2": second,
    "failing": failing,
    "repeating": repeating,
}


def main(directory: str, key_file: str, which: str, fault: str) -> None:
    """Live, and die without closing anything."""
    broken(fault)
    key = load_key(Path(key_file))
    kiosk = SimulatedKiosk(Path(directory), key, SimulatedClock(), POLICY)
    kiosk.clock.seconds += 3600 * list(LIVES).index(which)
    centre = CentralServiceSimulator(kiosk.clock.wall)
    centre.add_kiosk(kiosk.name, key.public_der)
    with contextlib.suppress(*([OutOfServiceError] if which == "failing" else [])):
        LIVES[which](Life(kiosk, kiosk.open()), SimulatedLine(kiosk, centre, centre.keys))
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
