# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whole visits on a running kiosk: memory, the hand-over between two, a pulled card, and each touch."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from townhall_bench.card_slot import CardSlot
from townhall_bench.pairing import percentile
from townhall_bench.row import Budget, Held, Row
from townhall_bench.usage import are_asleep, cpu_s, pss_bytes
from townhall_forms.service import load_services
from townhall_kiosk.demo.processes import KioskProcesses
from townhall_kiosk.demo.script import Visitor
from townhall_kiosk.demo.world import SERVICES, World
from townhall_kiosk.texts import Texts
from townhall_smartcard.simulation.estonian_card_person import KADRI

_SETTLED: Final = 20  # visits after which the keeper has met everything that it ever meets
_PULLED_EVERY: Final = 2
_TEXT: Final = Texts("en")
_MS: Final = 1000.0
_MB: Final = 1e6
_WITHIN_S: Final = 60.0
_AT_REST_S: Final = 0.1
_WINDOWS: Final = 2


@dataclass(slots=True)
class _Measured:
    handed_over_s: list[float] = field(default_factory=list)
    blank_s: list[float] = field(default_factory=list)  # after a bare PC/SC client knew that the card is gone
    event_s: list[float] = field(default_factory=list)  # that client's wait, from the pull on
    touches_s: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)


def rows(visits: int) -> Iterator[Row]:
    """Measure so many visits."""
    measured = _Measured()
    with (
        tempfile.TemporaryDirectory() as folder,
        World(KADRI, agency="population-register", log=Path(folder) / "log") as world,
    ):
        world.start_kiosk()
        world.person.wait_for("AttractScreen", within_s=_WITHIN_S)
        slot = CardSlot(world.pcscd.environment)
        for number in range(1, visits + 1):
            _visit(world, slot, measured, is_pulled=number % _PULLED_EVERY == 0)
        slot.close()
    with _bare_windows() as pids:
        bare = pss_bytes(pids)
    yield from _rows(measured, bare, visits)


def _rows(measured: _Measured, bare: int, visits: int) -> Iterator[Row]:
    settled, last = (
        statistics.median(part) for part in (measured.memory[_SETTLED : 2 * _SETTLED], measured.memory[-_SETTLED:])
    )
    yield Row(
        "kiosk memory, PSS of all processes, standby warm",
        last / _MB,
        "MB",
        f"{_WINDOWS} bare PySide6 windows",
        bare / _MB,
        Budget(450, Held.VALUE),
    )
    yield Row(
        f"kiosk memory after {visits} visits",
        last / _MB,
        "MB",
        f"the same kiosk after {_SETTLED} visits",
        settled / _MB,
        Budget(1 + 0.01 * (visits - 2 * _SETTLED) / 100, Held.RATIO),
    )
    yield Row(
        "next visit's first screen from standby",
        statistics.median(measured.handed_over_s) * _MS,
        "ms",
        "the slowest of the run",
        max(measured.handed_over_s) * _MS,
        Budget(200, Held.VALUE),
    )
    yield Row(
        "card pulled: blank screen after the event, p99",
        percentile(measured.blank_s, 0.99) * _MS,
        "ms",
        "a bare PC/SC client hears of the pull (pcscd looks 2.5 times a second)",
        statistics.median(measured.event_s) * _MS,
        Budget(200, Held.VALUE),
    )
    yield Row(
        f"touch to paint, p99 of {len(measured.touches_s)}, card, crypto and sync at work",
        percentile(measured.touches_s, 0.99) * _MS,
        "ms",
        "the median touch",
        statistics.median(measured.touches_s) * _MS,
        Budget(100, Held.VALUE),
    )


def _visit(world: World, slot: CardSlot, measured: _Measured, *, is_pulled: bool) -> None:
    """One person comes and goes; the next one's first screen stands and a standby is warm when this returns."""
    for step in _visitor(world).steps():
        if step == "services" and is_pulled:
            _pull(world, slot, measured)
            break
        if step == "take-card":
            measured.touches_s += world.person.touches()
        if step == "thanks":
            break
    measured.handed_over_s.append(_hand_over(world, is_pulled=is_pulled))
    processes = KioskProcesses(world.kiosk_pid)
    _until_standby_is_warm(processes)
    measured.memory.append(pss_bytes([processes.keeper, *processes.visits(), *processes.cards()]))


def _hand_over(world: World, *, is_pulled: bool) -> float:
    """Leave the last screen; return the seconds until the next visit's window stands."""
    next_shows, deadline = world.person.standby_window(), time.monotonic() + _WITHIN_S
    begun = time.monotonic()
    if is_pulled:
        world.person.press(_TEXT("stopped.button"))
    else:
        world.person.type(" ")  # any key ends the good-bye
    while next_shows() != "AttractScreen":
        if time.monotonic() > deadline:
            raise TimeoutError("no visit took over")
    return time.monotonic() - begun


def _pull(world: World, slot: CardSlot, measured: _Measured) -> None:
    pulled = slot.time_of_removal(world.readers[0].remove)
    world.person.wait_for("MessageScreen", _TEXT("stopped.heading"))
    measured.blank_s.append(max(0.0, time.monotonic() - pulled.heard))
    measured.event_s.append(pulled.heard - pulled.begun)


def _visitor(world: World) -> Visitor:
    service = next(each for each in load_services(SERVICES) if each.id == "change-of-address")
    card = world.card_of(KADRI)
    return Visitor(
        person=world.person,
        holder=KADRI,
        text=_TEXT,
        service=service,
        watch=lambda _name: None,
        insert_card=lambda: world.readers[0].insert(card),
        remove_card=world.readers[0].remove,
    )


def _until_standby_is_warm(processes: KioskProcesses) -> None:
    """Wait for a standby that has come to rest.

    It is watched by its processor time: reading a process's memory every moment would hold it up more than all it does.
    """
    deadline = time.monotonic() + _WITHIN_S
    while True:
        pids = (processes.keeper, *processes.visits())
        before = cpu_s(pids)
        time.sleep(_AT_REST_S)
        is_whole = len(pids) == 1 + _WINDOWS and pids[1:] == processes.visits()
        if is_whole and are_asleep(pids) and cpu_s(pids) == before:
            return
        if time.monotonic() > deadline:
            raise TimeoutError("no standby visit came")


@contextmanager
def _bare_windows() -> Iterator[Sequence[int]]:
    command = [sys.executable, "-m", "townhall_bench.programs.bare_window", "--stay"]
    windows = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(_WINDOWS)]
    try:
        for window in windows:
            assert window.stdout is not None  # noqa: S101  # a pipe was asked for
            window.stdout.readline()
        yield [window.pid for window in windows]
    finally:
        for window in windows:
            window.kill()
            window.communicate()
