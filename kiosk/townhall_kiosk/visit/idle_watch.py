# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Keeps the time of a visit: when a screen has waited long enough, counted down, or lasted."""

from collections.abc import Callable

from townhall_kiosk import events as on
from townhall_kiosk import states as at
from townhall_kiosk.document_check import views as documents
from townhall_kiosk.ports import Alarm, Timer

_PATIENT_TIMES = 10  # WCAG 2.2.1: extended to at least ten times the default


class IdleWatch:
    """One alarm at a time, set anew by every state and every touch."""

    def __init__(self, timer: Timer, post: Callable[[on.Event], None], count_down: Callable[[int, int], None]) -> None:
        """``post`` takes the events; ``count_down`` is told the seconds left and in all, once a second."""
        self._timer = timer
        self._post = post
        self._count_down = count_down
        self._alarm: Alarm | None = None
        self._state: at.State = at.Attract()
        self._times = 1

    def be_patient(self) -> None:
        """Wait several times as long from now on, for the rest of this visit."""
        self._times = _PATIENT_TIMES

    def entered(self, state: at.State) -> None:
        """Set the alarm that ``state`` asks for."""
        self._cancel()
        self._state = state
        if isinstance(state, at.StillThere):
            idle = state.resume.idle
            total = idle.countdown_s if idle else 0
            self._tick(total, total)
        elif state.lasts_s is not None:
            self._set(state.lasts_s, lambda: self._post(on.TimeUp()))
        elif (idle := _idle_of(state)) is not None:
            self._set(idle.wait_s * self._times, lambda: self._post(on.IdleTimeout()))

    def show_time(self, left_s: int) -> None:
        """Tell each second how long a reader still waits for a PIN; what follows, the reader says."""
        self._run_out(left_s, left_s)

    def _run_out(self, left_s: int, total_s: int) -> None:
        self._count_down(left_s, total_s)
        if left_s > 0:
            self._set(1, lambda: self._run_out(left_s - 1, total_s))

    def touched(self) -> None:
        """Somebody is there: wait anew."""
        if (idle := _idle_of(self._state)) is not None:
            self._set(idle.wait_s * self._times, lambda: self._post(on.IdleTimeout()))

    def _tick(self, left_s: int, total_s: int) -> None:
        if left_s <= 0:
            self._post(on.CountdownOver())
            return
        self._set(1, lambda: self._tick(left_s - 1, total_s))
        self._count_down(left_s, total_s)

    def _set(self, seconds: float, callback: Callable[[], None]) -> None:
        self._cancel()
        self._alarm = self._timer.call_later(seconds, callback)

    def _cancel(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None


def _idle_of(state: at.State) -> at.Idle | None:
    if isinstance(state, at.AtCounter) and isinstance(state.view, documents.WithData):
        return documents.LOCK
    return state.idle
