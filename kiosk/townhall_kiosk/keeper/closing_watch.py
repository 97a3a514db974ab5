# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whether people can be served: clocks go wrong and are set right, disks fill up and get room, while nobody acts."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from townhall_sync.async_journal import AsyncJournal
from townhall_sync.errors import JournalFullError


class ClosingWatch:
    """Looks again and again why nobody may be served, so that the kiosk closes and opens by itself."""

    def __init__(self, journal: AsyncJournal, every_s: float) -> None:
        """Look every ``every_s`` seconds."""
        self._journal = journal
        self._every_s = every_s

    async def run(self, closed: Callable[[], Awaitable[str]], changed: Callable[[str], Awaitable[None]]) -> None:
        """Call ``changed`` with each other answer of ``closed``, for ever; the kiosk counts as open to begin with.

        Raises:
            OutOfServiceError: the journal failed.
        """
        known = ""
        while True:
            await asyncio.sleep(self._every_s)
            with contextlib.suppress(JournalFullError):  # somebody else took the room meanwhile
                await self._journal.restore_reserve()
            code = await closed()
            if code != known:
                known = code
                await changed(code)
