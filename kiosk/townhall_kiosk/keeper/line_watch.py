# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whether the centre answers, so that people are told the truth about when their form is sent."""

import asyncio
from collections.abc import Awaitable, Callable

from townhall_kiosk.staff.status import LineFacts
from townhall_sync.central_service import CentralService
from townhall_sync.clock import Clock
from townhall_sync.errors import ReceiptRefusedError
from townhall_sync.receipt import CentreKeys, verify_fresh_checkpoint


class LineWatch:
    """Asks the centre for its checkpoint now and then.

    People are told of the fact of an answer; staff also of the centre's time in it, where it is signed by the centre.
    """

    def __init__(
        self, central: CentralService, keys: CentreKeys, clock: Clock, nonce: Callable[[], str], every_s: float
    ) -> None:
        """Ask every ``every_s`` seconds."""
        self.facts = LineFacts()
        self._central = central
        self._keys = keys
        self._clock = clock
        self._nonce = nonce
        self.every_s = every_s

    async def run(self, changed: Callable[[bool], Awaitable[None]]) -> None:
        """Call ``changed`` with each change, for ever; the line counts as down to begin with."""
        while True:
            answers = await self._ask()
            if answers != self.facts.is_up:
                self.facts.is_up = answers
                await changed(answers)
            await asyncio.sleep(self.every_s)

    async def _ask(self) -> bool:
        """Tell whether the centre answers, and note its time."""
        nonce = self._nonce()
        reply = await self._central.checkpoint(nonce)
        if reply is None:
            return False
        wall = self._clock.wall()
        self.facts.seen = wall
        try:
            self.facts.drift_s = wall - verify_fresh_checkpoint(reply, nonce, self._keys).server_time
        except ReceiptRefusedError:
            self.facts.drift_s = None  # an answer that the centre did not sign says nothing of the time
        return True
