# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The watching thread over a scripted PC/SC service."""

import contextlib
import queue
import threading
from collections.abc import Iterator
from typing import Self

import pytest

from townhall_smartcard.errors import ServiceGoneError
from townhall_smartcard.monitor import FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S, WAIT_S, CardMonitor, Seen
from townhall_smartcard.slots import Slot

EMPTY = (Slot("Reader 1", is_occupied=False),)
FULL = (Slot("Reader 1", is_occupied=True, atr=b"\x3b\x00", changes=1),)


class ScriptedService:
    """A PC/SC service that lives through a list of looks: slots, or an error in opening or waiting.

    After the last look a wait lasts until it is cancelled.
    """

    def __init__(self, *looks: tuple[Slot, ...] | Exception | None) -> None:
        self._looks = list(looks)
        self._cancelled = threading.Event()
        self.waits: list[float] = []
        self.opened = 0

    @contextlib.contextmanager
    def open(self) -> Iterator["ScriptedService"]:
        """Open a look; a None in the script is a service that is not there."""
        if self._looks and self._looks[0] is None:
            self._looks.pop(0)
            raise ServiceGoneError
        self.opened += 1
        yield self

    def wait(self, timeout_s: float) -> tuple[Slot, ...]:
        self.waits.append(timeout_s)
        if not self._looks:
            self._cancelled.wait()
            return EMPTY
        look = self._looks.pop(0)
        if look is None:
            raise ServiceGoneError
        if isinstance(look, Exception):
            raise look
        return look

    def cancel(self) -> None:
        self._cancelled.set()


class Watcher:
    """A running monitor over a script, what it reported and how long it paused."""

    def __init__(self, service: ScriptedService) -> None:
        self.reports: queue.Queue[Seen] = queue.Queue()
        self.crashes: queue.Queue[Exception] = queue.Queue()
        self.pauses: list[float] = []
        self.monitor = CardMonitor(service.open, self.reports.put, self.crashes.put, pause=self.pauses.append)

    def __enter__(self) -> Self:
        self.monitor.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.monitor.stop()
        self.monitor.join(5)
        assert not self.monitor.is_alive()

    def next(self) -> Seen:
        return self.reports.get(timeout=5)


def test_what_is_there_is_reported_at_once_and_each_change_once() -> None:
    with Watcher(ScriptedService(EMPTY, EMPTY, FULL, FULL, EMPTY)) as watcher:
        assert [watcher.next() for _ in range(3)] == [EMPTY, FULL, EMPTY]
        assert watcher.reports.empty()


def test_a_service_that_goes_away_is_reported_once_and_found_again() -> None:
    service = ScriptedService(FULL, None, None, None, EMPTY)
    with Watcher(service) as watcher:
        assert [watcher.next() for _ in range(3)] == [FULL, None, EMPTY]
    assert service.opened == 2, "a fresh context, not the old one"


def test_the_back_off_doubles_up_to_its_limit_and_starts_anew_after_a_success() -> None:
    service = ScriptedService(*[None] * 6, FULL, None, None, EMPTY)
    with Watcher(service) as watcher:
        assert [watcher.next() for _ in range(4)] == [None, FULL, None, EMPTY]
    assert watcher.pauses == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0, 0.5, 1.0]
    assert (FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S) == (0.5, 5.0)


def test_no_wait_is_longer_than_five_seconds() -> None:
    service = ScriptedService(EMPTY, FULL)
    with Watcher(service) as watcher:
        assert [watcher.next(), watcher.next()] == [EMPTY, FULL]
    assert set(service.waits) == {WAIT_S}
    assert WAIT_S <= 5.0


def test_an_error_of_the_program_ends_the_thread_and_is_reported() -> None:
    watcher = Watcher(ScriptedService(EMPTY, KeyError("bug")))
    with watcher:
        assert isinstance(watcher.crashes.get(timeout=5), KeyError)
        watcher.monitor.join(5)
        assert not watcher.monitor.is_alive()


def test_stopping_ends_a_wait_and_a_pause() -> None:
    with Watcher(ScriptedService(EMPTY)) as watcher:
        assert watcher.next() == EMPTY
    gone = CardMonitor(ScriptedService(*[None] * 50).open, watcher.reports.put, watcher.crashes.put)
    gone.start()
    assert watcher.next() is None
    gone.stop()
    gone.join(5)
    assert not gone.is_alive()


def test_nothing_is_printed_however_long_the_service_is_away(capfd: pytest.CaptureFixture[str]) -> None:
    with Watcher(ScriptedService(*[None] * 200, EMPTY)) as watcher:
        assert [watcher.next(), watcher.next()] == [None, EMPTY]
    assert capfd.readouterr() == ("", "")
