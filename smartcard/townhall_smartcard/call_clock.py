# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Since when the worker thread has been inside a call that nothing can interrupt."""

import contextlib
import enum
from collections.abc import Callable, Iterator
from time import monotonic

from townhall_smartcard.errors import CardError, CardMuteError, ReaderBusyError, ServiceGoneError


class Call(enum.Enum):
    """A PC/SC call without a timeout of its own, and what its never ending means."""

    REACH_SERVICE = enum.auto()
    CONNECT = enum.auto()
    BEGIN_TRANSACTION = enum.auto()
    TRANSMIT = enum.auto()
    CONTROL = enum.auto()
    RELEASE = enum.auto()

    @property
    def error(self) -> CardError:
        """What to tell when the deadline has passed.

        A connection that does not come about is blamed on the card too, though another program's transaction delays it
        as well: to take the card out helps against both.
        """
        match self:
            case Call.REACH_SERVICE:
                return ServiceGoneError()
            case Call.BEGIN_TRANSACTION:
                return ReaderBusyError()
            case Call.CONNECT | Call.TRANSMIT | Call.CONTROL | Call.RELEASE:
                return CardMuteError()


class CallClock:
    """Written by the one worker thread, read by the loop that watches it.

    A call costs two clock readings and no lock: the pair is replaced as a whole, so a reader sees a call or none.
    """

    def __init__(self, deadline_s: float, now: Callable[[], float] = monotonic) -> None:
        self._deadline_s = deadline_s
        self._now = now
        self._running: tuple[Call, float] | None = None

    @contextlib.contextmanager
    def during(self, call: Call, extra_s: float = 0.0) -> Iterator[None]:
        """Mark the worker as being inside ``call``, which may take ``extra_s`` longer: a person is at it."""
        self._running = (call, self._now() + extra_s)
        try:
            yield
        finally:
            self._running = None

    @property
    def overdue(self) -> Call | None:
        """The running call if it has passed its deadline."""
        running = self._running
        return running[0] if running is not None and self._now() - running[1] >= self._deadline_s else None

    @property
    def next_look_s(self) -> float:
        """Seconds until a call that runs now, or begins now, can be overdue."""
        running = self._running
        return self._deadline_s if running is None else max(0.0, running[1] + self._deadline_s - self._now())
