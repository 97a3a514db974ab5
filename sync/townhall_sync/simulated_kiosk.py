# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A kiosk's directory, and a line from it to a centre, on a clock that never waits; for tests and training."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from townhall_crypto.device_key import DeviceKey
from townhall_sync.async_journal import AsyncJournal
from townhall_sync.central_service import CentralService
from townhall_sync.clock import SimulatedClock
from townhall_sync.courier import Courier, Timing
from townhall_sync.journal import Journal
from townhall_sync.journal_records import JournalPolicy, KnownHead
from townhall_sync.receipt import CentreKeys

SMALL: Final = JournalPolicy(reserve_bytes=64 * 1024, low_disk_bytes=0)
"""A policy that fits a test's disk."""


@dataclass
class SimulatedKiosk:
    """A journal directory with its key and clock; ``journal`` opens it, once at a time."""

    directory: Path
    key: DeviceKey
    clock: SimulatedClock
    policy: JournalPolicy = SMALL
    name: str = "kiosk-1"
    _opened: ExitStack = field(default_factory=ExitStack)

    def opening(self, known_head: KnownHead | None = None) -> Callable[[], Journal]:
        """Return the call that opens the journal, for ``AsyncJournal``."""
        return partial(
            Journal.open,
            self.directory,
            kiosk=self.name,
            key=self.key,
            clock=self.clock,
            policy=self.policy,
            known_head=known_head,
        )

    def open(self, known_head: KnownHead | None = None) -> Journal:
        """Open the journal, after closing it where it is open."""
        self.close()
        journal = self.opening(known_head)()
        self._opened.callback(journal.close)
        return journal

    def close(self) -> None:
        """Close the journal where it is open."""
        self._opened.close()


Result = TypeVar("Result")


@dataclass
class SimulatedLine:
    """A kiosk, a centre, and a courier between them. ``waits`` are the seconds that the courier would have slept."""

    kiosk: SimulatedKiosk
    centre: CentralService
    keys: CentreKeys
    waits: list[float] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(20261122))  # noqa: S311  a test's dice

    def timing(self, sleep: Callable[[float], Awaitable[None]] | None = None) -> Timing:
        """Return the courier's time and chance: both simulated."""
        clock = self.kiosk.clock
        return Timing(
            clock=clock,
            sleep=sleep or self._sleep,
            uniform=self.chance.uniform,
            nonce=lambda: f"n{self.chance.getrandbits(64)}",
        )

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await self.kiosk.clock.sleep(seconds)

    def run(self, work: Callable[[AsyncJournal, Courier], Coroutine[object, object, Result]]) -> Result:
        """Open the journal and a courier for it, and do ``work`` with both."""

        async def run() -> Result:
            self.kiosk.close()
            journal = await AsyncJournal.open(self.kiosk.opening())
            try:
                return await work(journal, Courier(journal, self.centre, self.keys, self.timing()))
            finally:
                await journal.close()

        return asyncio.run(run())

    async def settle(self, courier: Courier, rounds: int = 40) -> None:
        """Let the courier work until it has nothing to do, or for ``rounds``."""
        for _round in range(rounds):
            seconds = await courier.deliver_once()
            if seconds == self.timing().cap_s:
                return
            await self._sleep(seconds)
