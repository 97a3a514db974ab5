# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One visit process and its card process, as the keeper sees them.

The keeper makes the socket pair between the two and drops both of its ends, so no PIN and no personal data ever pass
through it.
"""

import asyncio
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, assert_never

from townhall_kiosk import messages
from townhall_kiosk.receipt import SignedReceipt
from townhall_kiosk.states import Outcome
from townhall_process.channel import Channel
from townhall_process.child import Child, python_module, socket_pair, start
from townhall_process.errors import ChannelClosedError, ChannelMisuseError

_log = logging.getLogger(__name__)

CARD_PROCESS = python_module("townhall_smartcard.card_process")


class KeeperServices(Protocol):
    """What a visit may ask of the keeper."""

    async def commit(self, request: messages.Commit) -> messages.Committed | messages.NotCommitted:
        """Make a sealed payload durable."""

    async def print(self, pdf: bytes) -> str:
        """Print; return an empty text, or the code of why not."""

    async def closed(self) -> str:
        """Return an empty text, or the code of why no visit may begin."""

    async def visit_begun(self, name: str) -> None:
        """Somebody came."""

    async def visit_ended(self, name: str, outcome: Outcome | None) -> None:
        """The visit is over; None: it was cut off, and its person has read so."""


@dataclass(frozen=True, slots=True)
class CutOff:
    """A visit that broke off and whose person has not read so yet; until then the audit trail has it as not ended."""

    name: str
    news: messages.Previous


class RunningVisit:
    """Takes what one visit says until it is over or its process ends."""

    def __init__(
        self,
        child: Child,
        channel: Channel[messages.FromVisit, messages.FromKeeper],
        services: KeeperServices,
    ) -> None:
        """Use ``start``."""
        self._name = secrets.token_hex(8)
        self._child = child
        self._channel = channel
        self._services = services
        self._card: Child | None = None
        self._warm = asyncio.Event()
        self._painted = asyncio.Event()
        self._somebody_came = False
        self._is_over = False
        self._receipt: SignedReceipt | None = None
        self._previous: CutOff | None = None
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls, command: Sequence[str], services: KeeperServices) -> "RunningVisit":
        """Start a visit process."""
        ours, theirs = socket_pair()
        child = await start(command, theirs)
        return cls(child, Channel(ours, messages.FromVisit), services)

    async def stand_by(self, provisions: messages.Provisions) -> bool:
        """Hand over the provisions; tell whether the visit stands by (False: it ended first)."""
        try:
            await self._channel.send(provisions)
        except ChannelClosedError:
            return False
        await self._first(self._warm)
        return self._warm.is_set()

    async def begin(self, previous: CutOff | None) -> None:
        """Let the visit begin, with a card process of its own; it tells first how ``previous`` ended.

        Raises:
            ChannelClosedError: the visit's process is gone.
        """
        self._previous = previous
        news = None if previous is None else previous.news
        await self._start_card_process(messages.Begin(news, await self._services.closed()))

    async def painted_or_ended(self) -> None:
        """Wait until the first screen is on the glass, or the visit's process ended."""
        await self._first(self._painted)

    async def over(self) -> None:
        """Wait until the visit is over or its process ended; raise what went wrong in the keeper meanwhile."""
        await asyncio.wait({self._listening})
        self._listening.result()

    async def tell_line(self, *, is_up: bool) -> None:
        """Tell whether the centre answers."""
        try:
            await self._channel.send(messages.Line(is_up))
        except ChannelClosedError:
            _log.info("a visit ended before it heard of the line")

    def left_behind(self) -> CutOff | None:
        """Return what the next visit must tell the person, if this one did not come to its end."""
        if self._is_over:
            return None
        if self._receipt is not None:
            return CutOff(self._name, messages.Previous(self._receipt.facts.number, self._receipt))
        if self._somebody_came:
            return CutOff(self._name, messages.Previous(None, None))
        return self._previous

    async def end_card_process(self) -> None:
        """End this visit's card process; nobody may speak to a card any more."""
        if self._card is not None:
            await self._card.kill()
            self._card = None

    async def end(self) -> None:
        """End both processes at once: leaving is the wipe."""
        self._listening.cancel()
        await self._child.kill()
        await self.end_card_process()
        self._channel.close()

    async def _first(self, event: asyncio.Event) -> None:
        """Wait until ``event`` is set or the visit has ended."""
        waiting = asyncio.create_task(event.wait())
        try:
            await asyncio.wait({waiting, self._listening}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()

    async def _listen(self) -> None:
        try:
            while not self._is_over:
                await self._take(await self._channel.receive())
        except ChannelClosedError:
            status = await self._child.ended()
            _log.warning("a visit's process ended with status %d", status)
        except ChannelMisuseError as exc:
            _log.critical("%s: a visit said what no visit says; ended", exc.code)
            await self._child.kill()

    async def _take(self, message: messages.FromVisit) -> None:
        match message:
            case messages.StandingBy():
                self._warm.set()
            case messages.Painted():
                self._painted.set()
            case messages.PersonCame():
                await self._person_came()
            case messages.PreviousDismissed():
                await self._dismissed()
            case messages.Commit():
                await self._commit(message)
            case messages.ReplaceCardProcess():
                await self.end_card_process()
                await self._start_card_process(messages.CardProcessReplaced())
            case messages.Print(pdf=pdf):
                await self._channel.send(messages.PrintDone(await self._services.print(pdf)))
            case messages.VisitOver(outcome=outcome):
                self._is_over = True
                if self._somebody_came:
                    await self._services.visit_ended(self._name, outcome)
            case _:
                assert_never(message)

    async def _dismissed(self) -> None:
        """Close the visit before only now: a keeper that is restarted sooner has it told again."""
        if self._previous is not None:
            await self._services.visit_ended(self._previous.name, None)
            self._previous = None

    async def _person_came(self) -> None:
        if not self._somebody_came:  # who takes the card out before choosing a language comes again
            self._somebody_came = True
            await self._services.visit_begun(self._name)

    async def _commit(self, request: messages.Commit) -> None:
        outcome = await self._services.commit(request)
        if isinstance(outcome, messages.Committed):
            self._receipt = outcome.receipt  # before it is told: the visit may die in between
        await self._channel.send(outcome)

    async def _start_card_process(self, message: messages.Begin | messages.CardProcessReplaced) -> None:
        visits_end, cards_end = socket_pair()
        try:
            self._card = await start(CARD_PROCESS, cards_end)
            await self._channel.send(message, [visits_end.fileno()])
        finally:
            visits_end.close()
