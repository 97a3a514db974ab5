# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whether the centre answers, so that people are told the truth about when their form is sent."""

import asyncio
from collections.abc import Awaitable, Callable

from townhall_sync.central_service import CentralService


class LineWatch:
    """Asks the centre for its checkpoint now and then; nothing but the fact of an answer is used."""

    def __init__(self, central: CentralService, nonce: Callable[[], str], every_s: float) -> None:
        """Ask every ``every_s`` seconds."""
        self._central = central
        self._nonce = nonce
        self._every_s = every_s

    async def run(self, changed: Callable[[bool], Awaitable[None]]) -> None:
        """Call ``changed`` with each change, for ever; the line counts as down to begin with."""
        is_up = False
        while True:
            answers = await self._central.checkpoint(self._nonce()) is not None
            if answers != is_up:
                is_up = answers
                await changed(is_up)
            await asyncio.sleep(self._every_s)
