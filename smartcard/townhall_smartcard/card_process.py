# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The card process: serves one visit's requests, and ends itself when a card does not answer.

``python -m townhall_smartcard.card_process [--deadline-s S] [--no-pin-pads] [--trace] FD``; FD is its end of a socket
pair. Nothing can interrupt a PC/SC call. So the calls run in a thread, the loop watches how long each one takes, and
past the deadline the process says so and exits with ``EXIT_STUCK``; its parent starts a new one. Before it hears the
first request it is locked: it can reach the PC/SC service and nothing else.
"""

import argparse
import asyncio
import logging
import os
import socket
import sys
from collections.abc import Coroutine, Sequence
from typing import Final

from townhall_process.channel import Channel
from townhall_process.child import live_as_child
from townhall_process.errors import ChannelClosedError, ChannelMisuseError
from townhall_process.sandbox import Rights, lock
from townhall_smartcard.access_numbers import AccessNumbers
from townhall_smartcard.access_operations import perform_on
from townhall_smartcard.apdu import wipe
from townhall_smartcard.call_clock import CallClock
from townhall_smartcard.cards import probe
from townhall_smartcard.connection import CardConnection
from townhall_smartcard.emrtd.messages import OpenDocument
from townhall_smartcard.errors import (
    CallStuckError,
    CardError,
    CardRemovedError,
    CardUnsupportedError,
    ServiceGoneError,
)
from townhall_smartcard.inventory import Inventory
from townhall_smartcard.messages import (
    SERVED_FAMILIES,
    CardContents,
    CardFamily,
    FromCard,
    OpenCard,
    Outcome,
    ReadersChanged,
    Request,
    ServiceChanged,
    secrets_of,
)
from townhall_smartcard.monitor import CardMonitor, Seen
from townhall_smartcard.operations import failed, is_for_keys, open_document
from townhall_smartcard.pcsc import PcscConnection, card_transaction, load_client, open_slots
from townhall_smartcard.pin_pad.exclusions import ALL_PADS, PadPolicy
from townhall_smartcard.pin_pad.pad import keys_of
from townhall_smartcard.processors import ApduProcessor, processors_for
from townhall_smartcard.slots import Slot
from townhall_smartcard.trace import TracedConnection
from townhall_smartcard.watched import run_watched

DEFAULT_DEADLINE_S: Final = 10.0
EXIT_DONE: Final = 0  # the visit closed the channel
EXIT_CRASHED: Final = 1
EXIT_MISUSED: Final = 64  # the visit sent what no visit sends
EXIT_STUCK: Final = 75  # a call passed its deadline

_log = logging.getLogger(__name__)
_SLOWEST_LOOK_S: Final = 1.0  # pcscd looks at a slot every 0.4 s
_LAST_WORDS_S: Final = 1.0  # a visit that does not listen must not keep a stuck process


class CardProcess:
    """One visit's readers and cards, in one asyncio loop.

    Requests are done one after the other. Once the channel is closed nothing new is begun.
    """

    def __init__(
        self, channel: Channel[Request, FromCard], deadline_s: float, pads: PadPolicy, *, is_traced: bool = False
    ) -> None:
        self._channel = channel
        self._deadline_s = deadline_s
        self._pads = pads
        self._is_traced = is_traced
        self._inventory = Inventory()
        self._numbers = AccessNumbers()
        self._requests: asyncio.Queue[Request | None] = asyncio.Queue()
        self._seen: asyncio.Queue[Seen | Slot | Exception] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closed = False

    async def run(self) -> int:
        """Serve until the channel closes or a call is stuck; return the process's exit status.

        Raises:
            ExceptionGroup: the program is wrong, or the visit hostile.
        """
        loop = asyncio.get_running_loop()

        def report(seen: Seen | Exception) -> None:
            loop.call_soon_threadsafe(self._seen.put_nowait, seen)

        # Never stopped: it ends with the process, and to stop it is a call to a service that may hang.
        CardMonitor(open_slots, report, report).start()
        async with asyncio.TaskGroup() as group:
            self._begin(group, self._listen())
            self._begin(group, self._follow(group))
            status = await self._serve()
            for task in tuple(self._tasks):
                task.cancel()
        return status

    def _begin(self, group: asyncio.TaskGroup, work: Coroutine[object, object, None]) -> None:
        task = group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _listen(self) -> None:
        try:
            while True:
                await self._requests.put(await self._channel.receive())
        except ChannelClosedError:
            self._is_closed = True
            await self._requests.put(None)

    async def _serve(self) -> int:
        while (request := await self._requests.get()) is not None:
            try:
                if not self._is_closed:
                    await self._say(await self._outcome(request))
            except CallStuckError as exc:
                await asyncio.wait_for(self._say(failed(request.request, exc.reason)), _LAST_WORDS_S)
                return EXIT_STUCK
            finally:
                for secret in secrets_of(request):
                    wipe(secret)
        return EXIT_DONE

    async def _outcome(self, request: Request) -> Outcome:
        calls = CallClock(self._deadline_s)
        family, known = self._inventory.family_in(request.reader), self._numbers.of(request.reader)
        if (refusal := self._refusal(family, request)) is not None or family is None:
            return failed(request.request, refusal or CardRemovedError())

        def work() -> Outcome:
            with card_transaction(request.reader, calls) as connection:
                if isinstance(request, OpenDocument):
                    return open_document(request, self._wire(connection), is_t0=connection.is_t0)
                keys = keys_of(connection, request.reader, self._pads) if is_for_keys(request) else None
                return perform_on(family, request, self._processors(connection), known, keys)

        try:
            outcome = await run_watched(work, calls)
        except CallStuckError:
            raise
        except CardRemovedError as exc:
            await self._tell_loss(request.reader)
            return failed(request.request, exc)
        except CardError as exc:
            return failed(request.request, exc)
        if isinstance(request, OpenCard) and isinstance(outcome, CardContents):
            self._remember(request)
        return outcome

    def _remember(self, request: OpenCard) -> None:
        """Keep the number that opened a card, if the card is still there."""
        if self._inventory.family_in(request.reader) is not None:
            self._numbers.remember(request.reader, request.access_number)

    async def _tell_loss(self, reader: str) -> None:
        """Whoever hears that a card was removed finds its reader empty, however slowly the service looks."""
        slot, news = self._inventory.lost(reader)
        await self._say(*news)
        if slot is not None:
            asyncio.get_running_loop().call_later(_SLOWEST_LOOK_S, self._seen.put_nowait, slot)

    def _refusal(self, family: CardFamily | None, request: Request) -> CardError | None:
        if not self._inventory.is_running:
            return ServiceGoneError()
        if family is None:
            return CardRemovedError()
        if isinstance(request, OpenDocument):  # any card may have a document's chip, or be one
            return CardUnsupportedError() if family is CardFamily.DEAD else None
        return None if family in SERVED_FAMILIES else CardUnsupportedError()

    async def _follow(self, group: asyncio.TaskGroup) -> None:
        probing: set[Slot] = set()
        while True:
            seen = await self._seen.get()
            if isinstance(seen, Exception):
                raise seen
            news = self._inventory.returned(seen) if isinstance(seen, Slot) else self._inventory.see(seen)
            await self._say(*news)
            unprobed = frozenset(self._inventory.unprobed())
            for slot in unprobed - probing:
                self._begin(group, self._probe(slot))
            probing = set(unprobed)

    async def _probe(self, slot: Slot) -> None:
        """Find out what a card of unknown ATR is. One that does not answer is dead; its thread ends when it leaves."""
        calls = CallClock(self._deadline_s)

        def work() -> CardFamily:
            with card_transaction(slot.name, calls) as connection:
                return probe(self._processors(connection))

        try:
            family = await run_watched(work, calls)
        except CallStuckError:
            family = CardFamily.DEAD
        except CardError:
            family = CardFamily.FOREIGN
        await self._say(*self._inventory.probed(slot, family))

    def _processors(self, connection: PcscConnection) -> ApduProcessor:
        return processors_for(self._wire(connection), is_t0=connection.is_t0)

    def _wire(self, connection: PcscConnection) -> CardConnection:
        return TracedConnection(connection) if self._is_traced else connection

    async def _say(self, *messages: Outcome | ReadersChanged | ServiceChanged) -> None:
        try:
            for message in messages:
                if isinstance(message, ReadersChanged):
                    self._numbers.keep_only([each.name for each in message.readers if each.card is not None])
                await self._channel.send(message)
        except ChannelClosedError:
            self._is_closed = True  # _listen reads the same and ends the process


def main(
    channel_fd: int, deadline_s: float = DEFAULT_DEADLINE_S, pads: PadPolicy = ALL_PADS, *, is_traced: bool = False
) -> int:
    """Run the card process on the socket ``channel_fd``; return its exit status, or exit at once if stuck."""

    async def serve() -> int:
        load_client()
        lock(Rights.PCSC)  # the loop has its sockets by now
        channel: Channel[Request, FromCard] = Channel(socket.socket(fileno=channel_fd), Request)
        return await CardProcess(channel, deadline_s, pads, is_traced=is_traced).run()

    try:
        status = asyncio.run(serve())
    except* ChannelMisuseError:
        status = EXIT_MISUSED
    except* Exception as group:  # noqa: BLE001 - the top of a process: texts may quote data, types do not
        _log.error("card process ends: %s", ", ".join(type(each).__name__ for each in group.exceptions))
        status = EXIT_CRASHED
    if status != EXIT_DONE:
        os._exit(status)  # a thread inside a call would keep an orderly exit waiting
    return status


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="townhall_smartcard.card_process", description=__doc__.splitlines()[0])
    parser.add_argument("fd", type=int, help="inherited file descriptor of the channel")
    parser.add_argument("--deadline-s", type=float, default=DEFAULT_DEADLINE_S, help="longest time for one call")
    parser.add_argument("--no-pin-pads", action="store_true", help="have every PIN entered on the screen")
    parser.add_argument(
        "--no-pin-pad-at",
        action="append",
        default=[],
        metavar="NAME",
        help="not at readers whose name begins like this",
    )
    parser.add_argument("--trace", action="store_true", help="write APDUs to standard error, without PINs and names")
    return parser.parse_args(argv)


if __name__ == "__main__":
    _parsed = _arguments(sys.argv[1:])
    if _parsed.trace:
        logging.basicConfig(level=logging.DEBUG, format="%(asctime)s %(name)s %(message)s")
    live_as_child()
    _pads = PadPolicy(is_used=not _parsed.no_pin_pads, excluded=tuple(_parsed.no_pin_pad_at))
    sys.exit(main(_parsed.fd, _parsed.deadline_s, _pads, is_traced=_parsed.trace))
