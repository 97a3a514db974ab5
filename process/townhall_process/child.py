# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Starting a process of ours with one end of a socket pair, and being such a process.

A child dies with its parent: a kiosk never runs half. The last argument on a child's command line is the number of the
file descriptor that holds its end.
"""

import asyncio
import contextlib
import ctypes
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from townhall_process.errors import ProcessError
from townhall_process.sandbox import hide

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_SOCKET_BUFFER_BYTES = 1024 * 1024


def socket_pair() -> tuple[socket.socket, socket.socket]:
    """Return two connected Unix stream sockets with room for a large message."""
    pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    for end in pair:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BUFFER_BYTES)
    return pair


class Child(Protocol):
    """A running process of ours; whoever started it waits for its end."""

    async def ended(self) -> int:
        """Wait until the process has ended; return its exit status (negative: the signal that ended it)."""

    async def kill(self) -> int:
        """End the process at once, and return its exit status."""


Start: TypeAlias = Callable[[socket.socket], Awaitable[Child]]
"""Starts a process with the given end of a channel, and closes this process's copy of it; raises ``ProcessError``."""


@dataclass(frozen=True, slots=True)
class SpawnedChild:
    """A child of this very process; see ``Child``."""

    process: asyncio.subprocess.Process

    @property
    def pid(self) -> int:
        """The process id."""
        return self.process.pid

    async def ended(self) -> int:
        """Wait until the process has ended; return its exit status (negative: the signal that ended it)."""
        return await self.process.wait()

    async def kill(self) -> int:
        """End the process at once, and return its exit status."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        return await self.process.wait()


async def start(command: Sequence[str], end: socket.socket) -> SpawnedChild:
    """Start ``command`` as this process's own user, with ``end`` as its channel; this process's copy of it is closed.

    Raises:
        ProcessError: there is no such program.
    """
    number = end.fileno()
    try:
        process = await asyncio.create_subprocess_exec(*command, str(number), pass_fds=[number])
    except OSError as exc:
        raise ProcessError(f"{command[0]}: {exc.strerror}") from exc
    finally:
        end.close()
    return SpawnedChild(process)


def python_module(name: str, *arguments: str) -> tuple[str, ...]:
    """Return the command line that runs one of our modules with this very interpreter, isolated from its user."""
    return (sys.executable, "-I", "-m", name, *arguments)


def die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent ends, however the parent ends.

    Raises:
        ProcessError: the kernel refused, or the parent is gone already.
    """
    parent = os.getppid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise ProcessError(os.strerror(ctypes.get_errno()))
    if os.getppid() != parent or parent == 1:
        raise ProcessError("the parent ended before its child began")


def live_as_child() -> None:
    """Die with the parent, hide from others, and leave Ctrl-C of a terminal to the parent: it ends its children itself.

    Raises:
        ProcessError: see ``die_with_parent`` and ``sandbox.hide``.
    """
    die_with_parent()
    hide()
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def take_end(arguments: Sequence[str]) -> socket.socket:
    """Return the channel's socket of a child from its command line.

    Raises:
        ProcessError: the last argument names no socket.
    """
    try:
        return socket.socket(fileno=int(arguments[-1]))
    except (IndexError, ValueError, OverflowError, OSError) as exc:
        raise ProcessError("started without a channel") from exc
