# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A bare PC/SC client beside the kiosk's: when does anybody learn that a card was pulled."""

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from smartcard.scard import (
    SCARD_SCOPE_USER,
    SCARD_STATE_EMPTY,
    SCARD_STATE_UNAWARE,
    SCardEstablishContext,
    SCardGetStatusChange,
    SCardReleaseContext,
)

from townhall_smartcard.simulation.stack import virtual_reader_name

_WAIT_MS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Removal:
    """When the card was pulled and when the client heard of it, on the monotonic clock."""

    begun: float
    heard: float


class CardSlot:
    """Watches the first virtual reader of one PC/SC service."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Connect; libpcsclite reads the environment at its first call in a process."""
        os.environ.update(environment)
        result, self._context = SCardEstablishContext(SCARD_SCOPE_USER)
        if result:
            raise RuntimeError(f"no PC/SC service: {result:08X}")
        self._reader = virtual_reader_name(0)

    def time_of_removal(self, pull: Callable[[], None]) -> Removal:
        """Pull the card and wait until the service says so."""
        state = self._look(SCARD_STATE_UNAWARE)
        heard: list[float] = []
        waiting = threading.Thread(target=lambda: heard.append(self._until_empty(state)))
        waiting.start()
        begun = time.monotonic()
        pull()
        waiting.join()
        return Removal(begun, heard[0])

    def _until_empty(self, state: int) -> float:
        while not state & SCARD_STATE_EMPTY:
            state = self._look(state)
        return time.monotonic()

    def _look(self, known: int) -> int:
        result, states = SCardGetStatusChange(self._context, _WAIT_MS, [(self._reader, known)])
        if result:
            raise RuntimeError(f"the PC/SC service said {result & 0xFFFFFFFF:08X}")
        state: int = states[0][1]
        return state

    def close(self) -> None:
        """Disconnect."""
        SCardReleaseContext(self._context)
