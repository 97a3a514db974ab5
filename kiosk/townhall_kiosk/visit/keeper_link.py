# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The visit's side of its channel to the keeper: commits, prints, asks for a card process, hears of the line."""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar, assert_never

from townhall_kiosk import messages
from townhall_kiosk.receipt import SignedReceipt
from townhall_kiosk.staff.messages import Answer, ServiceStands, StaffProgress, ToOffice
from townhall_kiosk.voting.messages import FromPolls, ToPolls
from townhall_process.channel import Channel
from townhall_process.errors import ChannelMisuseError
from townhall_smartcard.emrtd.lds.pictures import Picture
from townhall_smartcard.picture.client import ask
from townhall_smartcard.picture.messages import PictureRefusal, Pixels

_Value = TypeVar("_Value")


class StandbyNews(Protocol):
    """Who hears what the keeper says by itself, also before the visit begins."""

    def line_changed(self, *, is_up: bool) -> None:
        """The centre answers, or does not."""

    def headphones_changed(self, *, are_plugged: bool) -> None:
        """Headphones came or went."""


class KeeperNews(StandbyNews, Protocol):
    """Who hears what the keeper says by itself while the visit is on."""

    def take_card_end(self, end: socket.socket) -> None:
        """A new card process stands behind ``end``."""

    def service_stands(self, news: ServiceStands) -> None:
        """The kiosk was taken out of service or put back."""

    def take_speech_end(self, end: socket.socket) -> None:
        """The speech service listens behind ``end``."""


@dataclass(frozen=True, slots=True)
class Begun:
    """What the keeper said when this visit began, and what came with it."""

    message: messages.Begin
    card_end: socket.socket
    speech_end: socket.socket | None


class KeeperLink:
    """Implements the visit's ports towards the keeper; ``run`` takes in what the keeper says."""

    def __init__(self, end: socket.socket) -> None:
        """Take over the visit's end of the channel."""
        self._channel: Channel[messages.FromKeeper, messages.FromVisit] = Channel(end, messages.FromKeeper)
        self._commit: asyncio.Future[messages.Committed | messages.NotCommitted] | None = None
        self._print: asyncio.Future[str] | None = None
        self._record: asyncio.Future[bytes] | None = None
        self._office: asyncio.Future[Answer] | None = None
        self._polls: asyncio.Future[FromPolls] | None = None
        self._picture: asyncio.Future[socket.socket | None] | None = None
        self._on_progress: Callable[[int, int], None] | None = None

    async def say(self, message: messages.FromVisit) -> None:
        """Tell the keeper; raises ``ChannelClosedError`` when it is gone."""
        await self._channel.send(message)

    async def provisions(self) -> messages.Provisions:
        """Wait for the first message of every visit."""
        message = await self._channel.receive()
        if not isinstance(message, messages.Provisions):
            raise ChannelMisuseError(type(message).__name__)
        return message

    async def begin(self, news: StandbyNews) -> Begun:
        """Stand by until the keeper says that this visit is on."""
        while True:
            message = await self._channel.receive()
            match message:
                case messages.Begin(has_speech=has_speech):
                    return Begun(message, self._end(), self._end() if has_speech else None)
                case messages.Line(is_up=is_up):
                    news.line_changed(is_up=is_up)
                case messages.Headphones(are_plugged=are_plugged):
                    news.headphones_changed(are_plugged=are_plugged)
                case ServiceStands():
                    continue  # ``Begin`` says it again
                case _:
                    raise ChannelMisuseError(type(message).__name__)

    async def run(self, news: KeeperNews) -> None:  # noqa: C901, PLR0912  # one line a message
        """Take in what the keeper says until it ends the visit.

        Raises:
            ChannelClosedError: the keeper is gone.
        """
        while True:
            message = await self._channel.receive()
            if isinstance(message, Answer):
                _settle(self._office, message)
                continue
            if isinstance(message, FromPolls):
                _settle(self._polls, message)
                continue
            match message:
                case messages.Line(is_up=is_up):
                    news.line_changed(is_up=is_up)
                case ServiceStands():
                    news.service_stands(message)
                case StaffProgress(done=done, total=total):
                    if self._on_progress is not None:
                        self._on_progress(done, total)
                case messages.Headphones(are_plugged=are_plugged):
                    news.headphones_changed(are_plugged=are_plugged)
                case messages.CardProcessReplaced():
                    news.take_card_end(self._end())
                case messages.PictureProcessGiven(is_there=is_there):
                    self._take_picture_end(is_there=is_there)
                case messages.SpeechReplaced():
                    news.take_speech_end(self._end())
                case messages.Committed() | messages.NotCommitted():
                    _settle(self._commit, message)
                case messages.RecordSought(sealed=sealed):
                    _settle(self._record, sealed)
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

    async def seek(self, register: str, name: bytes) -> bytes:
        """Have the keeper look for a sealed record; return it, or nothing where there is none of that name."""
        self._record = asyncio.get_running_loop().create_future()
        await self.say(messages.SeekRecord(register, name))
        return await self._record

    async def ask_office(self, message: ToOffice, on_progress: Callable[[int, int], None] | None = None) -> Answer:
        """Ask the keeper's office for staff, and return its answer; one question at a time."""
        self._office, self._on_progress = asyncio.get_running_loop().create_future(), on_progress
        await self.say(message)
        return await self._office

    async def ask_polls(self, message: ToPolls) -> FromPolls:
        """Ask the keeper's polling station, and return its answer; one question at a time."""
        self._polls = asyncio.get_running_loop().create_future()
        await self.say(message)
        return await self._polls

    async def tell_office(self, message: ToOffice) -> None:
        """Tell the keeper's office something that has no answer."""
        await self.say(message)

    async def replace_card_process(self) -> None:
        """Ask for a new card process; its channel comes through ``run``."""
        await self.say(messages.ReplaceCardProcess())

    async def open_picture(self, picture: Picture) -> Pixels | PictureRefusal:
        """Have a process of its own unpack a picture; the keeper starts it and sees nothing of it."""
        self._picture = asyncio.get_running_loop().create_future()
        await self.say(messages.PictureProcessWanted())
        end = await self._picture
        return PictureRefusal.NO_PROCESS if end is None else await ask(end, picture)

    def _take_picture_end(self, *, is_there: bool) -> None:
        end = self._end() if is_there else None
        if self._picture is not None and not self._picture.done():
            self._picture.set_result(end)
        elif end is not None:
            end.close()  # who asked has left

    def _end(self) -> socket.socket:
        return socket.socket(fileno=self._channel.take_fd())


def _settle(waiting: asyncio.Future[_Value] | None, value: _Value) -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(value)
