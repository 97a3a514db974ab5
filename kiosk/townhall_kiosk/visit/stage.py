# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Puts one visit on the stage: from provisions in standby to the end of the process. No Qt here."""

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path

from townhall_crypto.pades import sign_pdf
from townhall_crypto.recipients import RecipientPublicKey
from townhall_crypto.trust import TrustAnchors
from townhall_forms.service import read_service
from townhall_kiosk import messages
from townhall_kiosk import states as at
from townhall_kiosk.clock import KioskClock
from townhall_kiosk.ports import Clock, Display
from townhall_kiosk.texts import load_texts
from townhall_kiosk.visit.card_work import CardWork
from townhall_kiosk.visit.closing_work import ClosingWork
from townhall_kiosk.visit.desk import Desk
from townhall_kiosk.visit.form_work import FormWork
from townhall_kiosk.visit.keeper_link import KeeperLink
from townhall_kiosk.visit.runner import Visit
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_kiosk.visit.work import Work
from townhall_process.channel import Channel
from townhall_process.errors import ChannelClosedError, ChannelMisuseError
from townhall_smartcard.client import CardClient
from townhall_smartcard.messages import FromCard
from townhall_ui.screens import Intent

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Panel:
    """The screen in front of the person; ``paint`` returns when the glass shows what was last given to ``display``."""

    display: Display
    show: Callable[[], None]
    listen: Callable[[Callable[[Intent], None]], None]


class Stage:
    """One visit's life: warm, on, over."""

    def __init__(self, link: KeeperLink, panel: Panel, fonts: Path) -> None:
        """Take the channel, the screen and the fonts; nothing happens before ``run``."""
        self._link = link
        self._panel = panel
        self._fonts = fonts
        self._clock: Clock = KioskClock()
        self._desk = Desk()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Stand by, play the visit, and wait for the keeper to end the process.

        Raises:
            ChannelClosedError: the keeper is gone, or ended this visit.
        """
        provisions = await self._link.provisions()
        around = _surroundings(provisions)
        work = self._work(provisions, around)
        await self._link.say(messages.StandingBy())

        def line(is_up: bool) -> None:  # noqa: FBT001  # a callback of one fact
            around.line_is_up = is_up

        begin, card_end = await self._link.begin(line)
        visit = self._visit(begin, work, around)
        self._panel.listen(visit.on_intent)
        self._spawn(self._follow_cards(card_end, visit))
        self._spawn(visit.run())
        self._panel.show()
        await self._link.say(messages.Painted())
        await self._link.run(
            lambda is_up: visit.line_changed(is_up=is_up),
            lambda end: self._spawn(self._follow_cards(end, visit)),
        )

    def _work(self, provisions: messages.Provisions, around: Surroundings) -> Work:
        anchors = TrustAnchors(provisions.anchors, provisions.intermediates, provisions.revocation_lists)
        card = CardWork(
            desk=self._desk,
            around=around,
            anchors=anchors,
            clock=self._clock,
            randomness=os.urandom,
            signer=sign_pdf,
        )
        form = FormWork(self._desk, around, self._clock, self._fonts)
        recipients = _recipients(provisions.recipients)
        closing = ClosingWork(self._desk, around, recipients, self._link, self._link, self._fonts)
        return Work(card, form, closing)

    def _visit(self, begin: messages.Begin, work: Work, around: Surroundings) -> Visit:
        start: at.State = at.OutOfService(begin.closed, card_is_in=False) if begin.closed else at.Attract()
        if begin.previous is not None:
            self._desk.receipt = begin.previous.receipt
            has_receipt = begin.previous.receipt is not None
            start = at.PreviousEnded(begin.previous.number, has_receipt=has_receipt, closed=begin.closed)
        return Visit(
            display=self._panel.display,
            timer=asyncio.get_running_loop(),
            work=work,
            around=around,
            desk=self._desk,
            start=start,
            on_dismissed=lambda: self._tell(messages.PreviousDismissed()),
            on_left=lambda: self._tell(messages.PersonCame()),
            on_over=lambda outcome: self._tell(messages.VisitOver(outcome)),
        )

    def _tell(self, message: messages.FromVisit) -> None:
        self._spawn(self._link.say(message))

    async def _follow_cards(self, end: socket.socket, visit: Visit) -> None:
        """Follow one card process; when it ends, ask the keeper for the next."""
        client = CardClient(Channel(end, FromCard))
        pump = asyncio.create_task(_pump(client))
        try:
            await visit.watch_cards(client)
        except ChannelClosedError:
            _log.warning("the card process ended")
            await self._link.replace_card_process()
        finally:
            pump.cancel()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        """End on a bug: leaving the process is the wipe, and the standby tells the person."""
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error


async def _pump(client: CardClient) -> None:
    try:
        await client.run()
    except (ChannelClosedError, ChannelMisuseError) as exc:
        _log.warning("card channel: %s", exc.code)


def _surroundings(provisions: messages.Provisions) -> Surroundings:
    texts = load_texts(provisions.languages)
    return Surroundings(
        place=provisions.place,
        texts=texts,
        services=tuple(read_service(files.description, files.form) for files in provisions.services),
        can_print=provisions.can_print,
        language=provisions.languages[0],
    )


def _recipients(untrusted: Mapping[str, tuple[bytes, ...]]) -> dict[str, tuple[RecipientPublicKey, ...]]:
    return {agency: tuple(map(RecipientPublicKey.from_bytes, keys)) for agency, keys in untrusted.items()}
