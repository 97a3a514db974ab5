# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The visit's side of its channel to the keeper: commits, prints, asks for a card process, hears of the line."""

import asyncio
import socket
from collections.abc import Callable
from typing import TypeVar, assert_never

from townhall_kiosk import messages
from townhall_kiosk.receipt import SignedReceipt
from townhall_process.channel import Channel
from townhall_process.errors import ChannelMisuseError

_Value = TypeVar("_Value")

CardEnd = Callable[[socket.socket], None]


class KeeperLink:
    """Implements the ``Outbox`` and ``Printer`` ports; ``run`` takes in what the keeper says."""

    def __init__(self, end: socket.socket) -> None:
        """Take over the visit's end of the channel."""
        self._channel: Channel[messages.FromKeeper, messages.FromVisit] = Channel(end, messages.FromKeeper)
        self._commit: asyncio.Future[messages.Committed | messages.NotCommitted] | None = None
        self._print: asyncio.Future[str] | None = None

    async def say(self, message: messages.FromVisit) -> None:
        """Tell the keeper; raises ``ChannelClosedError`` when it is gone."""
        await self._channel.send(message)

    async def provisions(self) -> messages.Provisions:
        """Wait for the first message of every visit."""
        message = await self._channel.receive()
        if not isinstance(message, messages.Provisions):
            raise ChannelMisuseError(type(message).__name__)
        return message

    async def begin(self, on_line: Callable[[bool], None]) -> tuple[messages.Begin, socket.socket]:
        """Stand by until the keeper says that this visit is on; return the card channel's end with it."""
        while True:
            message = await self._channel.receive()
            match message:
                case messages.Begin():
                    return message, self._card_end()
                case messages.Line(is_up=is_up):
                    on_line(is_up)
                case _:
                    raise ChannelMisuseError(type(message).__name__)

    async def run(self, on_line: Callable[[bool], None], on_card_end: CardEnd) -> None:
        """Take in what the keeper says until it ends the visit.

        Raises:
            ChannelClosedError: the keeper is gone.
        """
        while True:
            message = await self._channel.receive()
            match message:
                case messages.Line(is_up=is_up):
                    on_line(is_up)
                case messages.CardProcessReplaced():
                    on_card_end(self._card_end())
                case messages.Committed() | messages.NotCommitted():
                    _settle(self._commit, message)
                case messages.PrintDone(code=code):
                    _settle(self._print, code)
                case messages.Begin() | messages.Provisions():
                    raise ChannelMisuseError(type(message).__name__)
                case _:
                    assert_never(message)

    async def commit(self, sealed: bytes, service: str) -> SignedReceipt | str:
        """Return the receipt once the keeper has the payload durably, or the code of why it has not."""
        self._commit = asyncio.get_running_loop().create_future()
        await self.say(messages.Commit(sealed, service))
        outcome = await self._commit
        return outcome.receipt if isinstance(outcome, messages.Committed) else outcome.code

    async def print(self, pdf: bytes) -> str:
        """Have the keeper print; return an empty text, or the code of why not."""
        self._print = asyncio.get_running_loop().create_future()
        await self.say(messages.Print(pdf))
        return await self._print

    async def replace_card_process(self) -> None:
        """Ask for a new card process; its channel comes through ``run``."""
        await self.say(messages.ReplaceCardProcess())

    def _card_end(self) -> socket.socket:
        return socket.socket(fileno=self._channel.take_fd())


def _settle(waiting: asyncio.Future[_Value] | None, value: _Value) -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(value)
