# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The keeper's control socket: the shell asks a running kiosk how it stands, and has a few things done.

One connection, one request. Who may ask is decided by the kernel's word (``SO_PEERCRED``): the keeper's own user, or
root. The socket has mode 0600 from the instant that it exists. Nothing of a person passes here.
"""

import asyncio
import contextlib
import logging
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final, assert_never

import msgspec

from townhall_kiosk.staff import acts
from townhall_kiosk.staff.acts import ClosingReason
from townhall_kiosk.staff.errors import ControlRefusedError, KeeperRunsError
from townhall_kiosk.staff.messages import StaffDone, StaffProgress
from townhall_kiosk.staff.office import DONE
from townhall_kiosk.staff.status import KioskStatus
from townhall_kiosk.staff.works import Works
from townhall_process.channel import Channel
from townhall_process.errors import ChannelClosedError, ProcessError
from townhall_sync.async_journal import AsyncJournal
from townhall_sync.audit import Event

_log = logging.getLogger(__name__)

SOCKET: Final = "control"
MAX_REQUEST_BYTES: Final = 64 * 1024
REQUEST_WITHIN_S: Final = 5.0
_AT_ONCE: Final = 8
_WAITING: Final = 64
_CREDENTIALS: Final = struct.Struct("3i")  # pid, uid, gid: unix(7)


class AskStatus(msgspec.Struct, frozen=True, tag=True):
    """How does the kiosk stand?"""


class ExportTo(msgspec.Struct, frozen=True, tag=True):
    """Write what waits to this directory (an absolute path)."""

    directory: str


class ImportFrom(msgspec.Struct, frozen=True, tag=True):
    """Take what this directory brings (an absolute path)."""

    directory: str


class Close(msgspec.Struct, frozen=True, tag=True):
    """Take the kiosk out of service."""

    reason: ClosingReason


class Open(msgspec.Struct, frozen=True, tag=True):
    """Put the kiosk back in service."""


ControlRequest = AskStatus | ExportTo | ImportFrom | Close | Open
ControlReply = KioskStatus | StaffProgress | StaffDone


@contextlib.contextmanager
def address_of(home: Path) -> Iterator[str]:
    """Yield the socket's address, by its folder's descriptor: the home's path may be longer than an address can be."""
    folder = os.open(home, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{SOCKET}"
    finally:
        os.close(folder)


def _is_answered(home: Path) -> bool:
    with address_of(home) as address, socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(address)
        except OSError:
            return False
        return True


def listen(home: Path) -> socket.socket:
    """Return the listening socket of ``home``; one that a dead keeper left is replaced.

    Raises:
        KeeperRunsError: somebody answers there already.
        ControlRefusedError: no socket can be made there.
    """
    if _is_answered(home):
        raise KeeperRunsError("a keeper runs in this home")
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        os.fchmod(server.fileno(), 0o600)  # before bind: the name never exists with another mode
        with address_of(home) as address:
            (home / SOCKET).unlink(missing_ok=True)
            server.bind(address)
        server.listen(_WAITING)
    except OSError as exc:
        server.close()
        raise ControlRefusedError(f"no control socket: {exc.strerror}") from exc
    return server


def user_of(client: socket.socket) -> int:
    """Return the user id that the other end had when it connected, by the kernel's word."""
    said = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    uid: int = _CREDENTIALS.unpack(said)[1]
    return uid


class ControlServer:
    """Answers the shell until cancelled."""

    def __init__(
        self,
        home: Path,
        works: Works,
        journal: AsyncJournal,
        *,
        within_s: float = REQUEST_WITHIN_S,
        owner: int | None = None,
    ) -> None:
        """Answer for ``home``; a client that says nothing whole for ``within_s`` seconds is left.

        ``owner`` is the user id that may ask beside root; None: this process's own.
        """
        self._home = home
        self._works = works
        self._journal = journal
        self._within_s = within_s
        self._may_ask = {0, os.geteuid() if owner is None else owner}
        self._places = asyncio.Semaphore(_AT_ONCE)
        self.is_listening = asyncio.Event()

    async def run(self) -> None:
        """Listen and answer.

        Raises:
            KeeperRunsError: see ``listen``, as also the other.
        """
        server = listen(self._home)
        loop = asyncio.get_running_loop()
        self.is_listening.set()
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    await self._places.acquire()
                    client, _peer = await loop.sock_accept(server)
                    group.create_task(self._serve(client))
        finally:
            server.close()
            (self._home / SOCKET).unlink(missing_ok=True)

    async def _serve(self, client: socket.socket) -> None:
        channel: Channel[ControlRequest, ControlReply] = Channel(
            client, ControlRequest, max_frame_bytes=MAX_REQUEST_BYTES
        )
        try:
            if user_of(client) not in self._may_ask:
                _log.warning("%s: the control socket was asked by another user", ControlRefusedError.code)
                return
            async with asyncio.timeout(self._within_s):
                request = await channel.receive()
            await channel.send(await self._answer(request, channel))
        except TimeoutError:
            _log.warning("%s: a client of the control socket said nothing", ControlRefusedError.code)
        except ProcessError as exc:
            _log.warning("%s: a client of the control socket was left", exc.code)
        finally:
            channel.close()
            self._places.release()

    async def _answer(self, request: ControlRequest, channel: Channel[ControlRequest, ControlReply]) -> ControlReply:
        async def progress(done: int, total: int) -> None:
            with contextlib.suppress(ChannelClosedError):  # who asked has left; what was begun is ended
                await channel.send(StaffProgress(done, total))

        match request:
            case AskStatus():
                return await self._works.status()
            case ExportTo(directory=directory):
                done = await self._works.export(Path(directory), progress)
            case ImportFrom(directory=directory):
                done = await self._works.take_in(Path(directory), progress)
            case Close(reason=reason):
                done = await self._works.do(acts.TakeOutOfService(reason), progress)
            case Open():
                done = await self._works.do(acts.PutInService(), progress)
            case _:
                assert_never(request)
        outcome = done.code or DONE
        await self._journal.audit(Event.SHELL_ACT_ENDED, {"act": type(request).__name__.upper(), "outcome": outcome})
        return done
