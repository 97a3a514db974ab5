# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The thread that watches the readers, and keeps on when the PC/SC service goes away."""

import threading
from collections.abc import Callable
from typing import Final, TypeAlias

from townhall_smartcard.errors import ServiceGoneError
from townhall_smartcard.slots import OpenSlots, Slot, Slots

WAIT_S: Final = 5.0
FIRST_BACK_OFF_S: Final = 0.5
LONGEST_BACK_OFF_S: Final = 5.0

#: All slots as they are now, or None: the service is away.
Seen: TypeAlias = tuple[Slot, ...] | None


class CardMonitor(threading.Thread):
    """Reports all slots whenever something changed, and once that the service is away.

    Both callbacks are called in this thread. Nothing is reported twice in a row; the first report comes at once.
    """

    def __init__(
        self,
        open_slots: OpenSlots,
        report: Callable[[Seen], None],
        report_crash: Callable[[Exception], None],
        *,
        pause: Callable[[float], object] | None = None,
    ) -> None:
        """``pause`` waits the given seconds, but not after ``stop``: tests pass one that does not."""
        super().__init__(name="card-monitor", daemon=True)
        self._open_slots = open_slots
        self._report = report
        self._report_crash = report_crash
        self._stopping = threading.Event()
        self._pause = pause or self._stopping.wait
        self._lock = threading.Lock()
        self._slots: Slots | None = None
        self._last: tuple[Seen] | None = None
        self._back_off_s = FIRST_BACK_OFF_S

    def run(self) -> None:
        """Watch until ``stop``."""
        try:
            while not self._stopping.is_set():
                self._watch_service()
        except Exception as exc:  # noqa: BLE001 - the top of a thread: its end must not go unnoticed
            self._report_crash(exc)

    def stop(self) -> None:
        """End the thread; returns at once, ``join`` waits."""
        self._stopping.set()
        with self._lock:
            if self._slots is not None:
                self._slots.cancel()

    def _watch_service(self) -> None:
        try:
            with self._open_slots() as slots:
                self._watch(slots)
        except ServiceGoneError:
            self._tell(None)
            self._pause(self._back_off_s)
            self._back_off_s = min(2 * self._back_off_s, LONGEST_BACK_OFF_S)

    def _watch(self, slots: Slots) -> None:
        with self._lock:
            self._slots = slots
        try:
            while not self._stopping.is_set():
                seen = slots.wait(WAIT_S)
                self._back_off_s = FIRST_BACK_OFF_S
                self._tell(seen)
        finally:
            with self._lock:
                self._slots = None

    def _tell(self, seen: Seen) -> None:
        if self._last != (seen,):
            self._last = (seen,)
            self._report(seen)
