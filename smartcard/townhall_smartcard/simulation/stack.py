# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A card process with its client, as a visit has them: for tests, demo and the staff's self-test."""

import asyncio
import contextlib
import os
import string
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from townhall_process.channel import Channel
from townhall_process.child import python_module, socket_pair
from townhall_process.errors import ProcessError
from townhall_smartcard.client import CardClient, Event
from townhall_smartcard.messages import CardFamily, FromCard, Request
from townhall_smartcard.simulation.pcscd import READER_NAME

_PATIENCE_S: Final = 60.0
_END_S: Final = 5.0


def virtual_reader_name(slot: int) -> str:
    """Return the name under which slot number ``slot`` of a ``PrivatePcscd`` appears."""
    return f"{READER_NAME} {string.ascii_uppercase[slot // 2]} 00 {slot % 2:02}"


@dataclass(slots=True)
class RunningCardProcess:
    """A card process of our own, and everything heard from it so far."""

    client: CardClient
    channel: Channel[FromCard, Request]
    process: asyncio.subprocess.Process
    heard: list[Event]

    async def until(self, is_so: Callable[[CardClient], bool]) -> None:
        """Take in events until ``is_so``.

        Raises:
            TimeoutError: it was not so within a minute.
            ChannelClosedError: the process ended before.
        """
        try:
            async with asyncio.timeout(_PATIENCE_S):
                while not is_so(self.client):
                    self.heard.append(await self.client.next_event())
        except TimeoutError:
            raise TimeoutError(f"the readers are {self.client.readers}") from None

    async def until_card(self, reader: str, family: CardFamily | None) -> None:
        """Wait until a reader holds a card of this family, or none; raises as ``until``."""
        await self.until(lambda client: any(each.name == reader and each.card is family for each in client.readers))

    async def exit_status(self) -> int:
        """Wait until the process has ended; raises TimeoutError after a minute."""
        async with asyncio.timeout(_PATIENCE_S):
            return await self.process.wait()


@contextlib.asynccontextmanager
async def card_process(
    environment: Mapping[str, str], *, deadline_s: float = 10.0, arguments: tuple[str, ...] = ()
) -> AsyncIterator[RunningCardProcess]:
    """Start a card process and a client; both end with the block.

    ``environment`` leads to the PC/SC service: ``PrivatePcscd.environment``.
    """
    ours, theirs = socket_pair()
    with theirs:
        module = python_module("townhall_smartcard.card_process", "--deadline-s", str(deadline_s), *arguments)
        process = await asyncio.create_subprocess_exec(
            *module, str(theirs.fileno()), pass_fds=(theirs.fileno(),), env={**os.environ, **environment}
        )
    channel: Channel[FromCard, Request] = Channel(ours, FromCard)
    client = CardClient(channel)
    pumping = asyncio.create_task(client.run())
    try:
        yield RunningCardProcess(client, channel, process, [])
    finally:
        pumping.cancel()
        with contextlib.suppress(asyncio.CancelledError, ProcessError):
            await pumping
        channel.close()
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    try:
        async with asyncio.timeout(_END_S):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
