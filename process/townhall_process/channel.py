# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A two-way channel of typed messages between two processes, over a Unix socket pair.

A frame is four bytes of length (big-endian) and one MessagePack message. File descriptors may travel beside a
message (``SCM_RIGHTS``). The reader names the union of types it accepts; anything else is an error, so a taken-over
process cannot make its peer build objects of its choice.
"""

import asyncio
import os
import socket
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from townhall_process.errors import ChannelClosedError, ChannelMisuseError

MAX_FRAME_BYTES = 17 * 1024 * 1024  # the largest sealed payload is 16 MiB
_LENGTH_BYTES = 4
_MAX_FDS = 4  # beside one message, and received but not yet taken
_READ_BYTES = 256 * 1024

Incoming = TypeVar("Incoming")
Outgoing = TypeVar("Outgoing", bound=msgspec.Struct)


class Channel(Generic[Incoming, Outgoing]):
    """One end of a channel, owned by one asyncio loop.

    Not safe for use from several threads. ``send`` keeps the order of its calls; ``receive`` may be awaited by one task
    at a time.
    """

    # Any: typing has no spelling for "the union that Incoming stands for" as a runtime value.
    def __init__(self, sock: socket.socket, accepts: Any, *, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:  # noqa: ANN401
        """Take over ``sock`` (a connected ``SOCK_STREAM`` Unix socket); ``accepts`` is the union of message types.

        A received frame longer than ``max_frame_bytes`` is misuse, and no more than that is ever held of it.
        """
        sock.setblocking(False)
        self._socket = sock
        self._max_frame_bytes = max_frame_bytes
        self._decoder: msgspec.msgpack.Decoder[Incoming] = msgspec.msgpack.Decoder(accepts)
        self._encoder = msgspec.msgpack.Encoder()
        self._buffer = bytearray()
        self._fds: deque[int] = deque()
        self._sending = asyncio.Lock()
        self._waits: dict[asyncio.Future[None], Callable[[int], bool]] = {}

    async def send(self, message: Outgoing, fds: Sequence[int] = ()) -> None:
        """Send one message, and duplicates of ``fds`` with it.

        A send that is cancelled before its first byte left sends nothing. One that is cancelled later closes the
        channel: the other side could not tell where the next message begins.

        Raises:
            ChannelClosedError: the other side is gone.
            ChannelMisuseError: the message is longer than any receiver takes; nothing was sent.
        """
        body = bytearray(_LENGTH_BYTES)
        self._encoder.encode_into(message, body, _LENGTH_BYTES)
        try:
            length = len(body) - _LENGTH_BYTES
            if length > MAX_FRAME_BYTES:
                raise ChannelMisuseError(f"frame of {length} bytes")
            body[:_LENGTH_BYTES] = length.to_bytes(_LENGTH_BYTES, "big")
            async with self._sending:
                await self._send_all(memoryview(body), fds)
        except OSError as exc:
            raise ChannelClosedError from exc
        finally:
            body[:] = bytes(len(body))  # a message may carry a PIN

    async def _send_all(self, frame: memoryview, fds: Sequence[int]) -> None:
        rest = frame
        try:
            while rest:
                try:
                    sent = socket.send_fds(self._socket, [rest], list(fds)) if fds else self._socket.send(rest)
                except BlockingIOError:
                    await self._writable()
                    continue
                fds = ()
                rest = rest[sent:]
        except asyncio.CancelledError:
            if len(rest) < len(frame):
                self.close()
            raise

    async def receive(self) -> Incoming:
        """Wait for the next message; file descriptors that came with it wait in ``take_fd``.

        Raises:
            ChannelClosedError: the other side is gone.
            ChannelMisuseError: the bytes are no message of an accepted type.
        """
        frame = await self._frame()
        try:
            return self._decoder.decode(frame)
        except msgspec.MsgspecError as exc:
            raise ChannelMisuseError(type(exc).__name__) from None  # the text of exc may quote an answer
        finally:
            frame[:] = bytes(len(frame))

    async def _frame(self) -> bytearray:
        await self._fill(_LENGTH_BYTES)
        length = int.from_bytes(self._buffer[:_LENGTH_BYTES], "big")
        if length > self._max_frame_bytes:
            raise ChannelMisuseError(f"frame of {length} bytes")
        await self._fill(_LENGTH_BYTES + length)
        frame = self._buffer[_LENGTH_BYTES : _LENGTH_BYTES + length]
        self._buffer[: _LENGTH_BYTES + length] = bytes(_LENGTH_BYTES + length)
        del self._buffer[: _LENGTH_BYTES + length]
        return frame

    async def _fill(self, wanted: int) -> None:
        while len(self._buffer) < wanted:
            try:
                data, fds, _flags, _address = socket.recv_fds(self._socket, _READ_BYTES, _MAX_FDS)
            except BlockingIOError:
                await self._readable()
                continue
            except OSError as exc:
                raise ChannelClosedError from exc
            self._fds.extend(fds)
            if len(self._fds) > _MAX_FDS:
                raise ChannelMisuseError("more file descriptors than messages ask for")
            if not data:
                raise ChannelClosedError
            self._buffer += data

    def take_fd(self) -> int:
        """Return the oldest received file descriptor not yet taken; the caller owns it.

        Raises:
            ChannelMisuseError: the message came without one.
        """
        if not self._fds:
            raise ChannelMisuseError("a message came without its file descriptor")
        return self._fds.popleft()

    def close(self) -> None:
        """Close this end; the other side, and whoever waits at this one, get ``ChannelClosedError``."""
        for ready, forget in self._waits.items():
            forget(self._socket.fileno())  # before the number can belong to another file
            if not ready.done():
                ready.set_exception(ChannelClosedError())
        self._waits.clear()
        self._socket.close()
        while self._fds:
            os.close(self._fds.popleft())

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        await self._once(loop.add_reader, loop.remove_reader)

    async def _writable(self) -> None:
        loop = asyncio.get_running_loop()
        await self._once(loop.add_writer, loop.remove_writer)

    async def _once(self, watch: Callable[[int, Callable[[], None]], object], forget: Callable[[int], bool]) -> None:
        """Wait until the socket can be read (or written) without blocking."""
        fd = self._socket.fileno()
        if fd < 0:
            raise ChannelClosedError
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def wake() -> None:
            if not ready.done():
                ready.set_result(None)

        watch(fd, wake)
        self._waits[ready] = forget
        try:
            await ready
        finally:
            if self._waits.pop(ready, None) is not None:
                forget(fd)
