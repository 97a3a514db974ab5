# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A kiosk whose journal cannot be used: the screen says that it is out of service and why, until the journal opens."""

import asyncio
import logging
import secrets
import socket
from collections.abc import Callable

from townhall_kiosk import messages
from townhall_kiosk.errors import PrintError
from townhall_kiosk.keeper.machine_randomness import ENTROPY_BYTES
from townhall_kiosk.keeper.running_visit import Processes
from townhall_kiosk.keeper.visits import Visits
from townhall_kiosk.staff.messages import ToOffice
from townhall_kiosk.staff.office import Say
from townhall_kiosk.states import Outcome
from townhall_kiosk.voting.errors import VotingRefusedError
from townhall_kiosk.voting.messages import FromPolls, PollsDone, ToPolls
from townhall_process.service_manager import ServiceManager
from townhall_sync.async_journal import AsyncJournal
from townhall_sync.errors import JournalFullError, JournalInUseError, OutOfServiceError
from townhall_sync.journal import Journal

_log = logging.getLogger(__name__)


class WithoutJournal:
    """Implements ``KeeperServices`` where nothing can be stored: nobody is served."""

    def __init__(self, code: str) -> None:
        """``code`` says why."""
        self.code = code

    async def commit(self, _request: messages.Commit) -> messages.Committed | messages.NotCommitted:
        """Store nothing."""
        return messages.NotCommitted(self.code)

    async def print(self, _pdf: bytes) -> str:
        """Print nothing."""
        return PrintError.code

    async def seek_record(self, _name: str, _request: messages.SeekRecord) -> messages.RecordSought:
        """Find nothing: nobody is served."""
        return messages.RecordSought(b"")

    async def closed(self) -> str:
        """Return why no visit may begin."""
        _log.error("%s: no visit may begin", self.code)
        return self.code

    async def visit_begun(self, _name: str) -> None:
        """There is no audit trail to write to."""

    async def visit_ended(self, _name: str, _outcome: Outcome | None) -> None:
        """There is no audit trail to write to."""

    async def called_for_help(self, _name: str) -> None:
        """There is no audit trail to write to."""

    async def speech(self) -> socket.socket | None:
        """Return nothing: nobody is read to."""
        return None

    async def speech_again(self) -> socket.socket | None:
        """Return nothing: there will be no speech."""
        return None

    def closing_reason(self) -> str:
        """Return nothing: it was not staff who closed."""
        return ""

    async def staff(self, _name: str, _message: ToOffice, _say: Say) -> None:
        """Let no staff in: there is no audit trail to write their acts to."""

    def entropy(self) -> bytes:
        """Nobody votes without a journal; visits have their own source all the same."""
        return secrets.token_bytes(ENTROPY_BYTES)

    async def polls(self, _name: str, _message: ToPolls) -> FromPolls:
        """Nobody votes without a journal."""
        return PollsDone(VotingRefusedError.code)

    async def staff_gone(self, _name: str) -> None:
        """Nobody was there."""


async def usable_journal(
    open_journal: Callable[[], Journal], processes: Processes, provisions: messages.Provisions, *, again_s: float
) -> AsyncJournal:
    """Return the journal once it opens; until then the screen says why it does not, and it is tried ``again_s`` later.

    Raises:
        JournalInUseError: another keeper runs, which has the screen as well.
    """
    manager = ServiceManager()
    beating: asyncio.Task[None] | None = None
    showing: asyncio.Task[None] | None = None
    services = WithoutJournal("")
    try:
        while True:
            try:
                return await AsyncJournal.open(open_journal)
            except JournalInUseError:
                raise
            except (OutOfServiceError, JournalFullError) as exc:
                _log.critical("%s: the journal cannot be used: %s", exc.code, exc)
                services.code = exc.code
            if showing is None:
                manager.ready()
                beating = asyncio.create_task(manager.beat())
                showing = asyncio.create_task(Visits(processes, provisions, services).run(None))
            await asyncio.wait({showing}, timeout=again_s)
            if showing.done():
                showing.result()
    finally:
        for task in (showing, beating):
            if task is not None:
                task.cancel()
        if showing is not None:
            await asyncio.wait({showing})
