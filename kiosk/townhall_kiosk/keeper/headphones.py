# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whether headphones are in the jack, as the input device of the sound card tells (linux/input.h).

A jack is a switch: ``EVIOCGSW`` reads how it stands, and every change is one ``struct input_event``. Where the
device does not tell, none are plugged in, and nothing is said aloud.
"""

import asyncio
import fcntl
import logging
import os
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

_log = logging.getLogger(__name__)

EVENT: Final = struct.Struct("@llHHi")
"""``struct input_event``: seconds, microseconds, type, code, value; the first two as long as the machine has them."""
EV_SW: Final = 0x05
SW_HEADPHONE_INSERT: Final = 0x02
_SWITCH_BYTES = 8  # one bit a switch
_EVIOCGSW = 0x80000000 | _SWITCH_BYTES << 16 | ord("E") << 8 | 0x1B  # _IOC(_IOC_READ, 'E', 0x1b, len)
_READ_BYTES = EVENT.size * 64
_LOOK_AGAIN_S = 5.0


class EvdevHeadphones:
    """Implements ``Headphones`` on one input device, usually one of ``/dev/input/by-path``."""

    def __init__(self, device: Path, look_again_s: float = _LOOK_AGAIN_S) -> None:
        """Nothing is opened before ``changes``; a device that is not there is looked for every ``look_again_s``."""
        self._device = device
        self._look_again_s = look_again_s
        self._are_in = False

    async def changes(self, told: Callable[[bool], Awaitable[None]]) -> None:
        """Tell each change, for ever; to begin with, and where the device is gone, none are plugged in."""
        while True:
            try:
                descriptor = os.open(self._device, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            except OSError as exc:
                _log.warning("no headphones: %s: %s", self._device.name, exc.strerror)
            else:
                try:
                    await self._follow(descriptor, told)
                finally:
                    os.close(descriptor)
            await self._tell(told, are_in=False)
            await asyncio.sleep(self._look_again_s)

    async def _follow(self, descriptor: int, told: Callable[[bool], Awaitable[None]]) -> None:
        """Follow one opened device until it is gone."""
        await self._tell(told, are_in=_stand(descriptor))
        while True:
            await _readable(descriptor)
            try:
                data = os.read(descriptor, _READ_BYTES)
            except BlockingIOError:
                continue
            except OSError:
                return
            if not data:
                return
            for _s, _us, kind, code, value in EVENT.iter_unpack(data[: len(data) // EVENT.size * EVENT.size]):
                if (kind, code) == (EV_SW, SW_HEADPHONE_INSERT):
                    await self._tell(told, are_in=bool(value))

    async def _tell(self, told: Callable[[bool], Awaitable[None]], *, are_in: bool) -> None:
        if are_in != self._are_in:
            self._are_in = are_in
            _log.info("headphones are %s", "plugged in" if are_in else "out")
            await told(are_in)


def _stand(descriptor: int) -> bool:
    """Return how the switch stands; what cannot tell counts as out until its first event."""
    switches = bytearray(_SWITCH_BYTES)
    try:
        fcntl.ioctl(descriptor, _EVIOCGSW, switches)
    except OSError:
        return False
    return bool(int.from_bytes(switches, "little") & 1 << SW_HEADPHONE_INSERT)


async def _readable(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()

    def wake() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_reader(descriptor, wake)
    try:
        await ready
    finally:
        loop.remove_reader(descriptor)


class NoHeadphones:
    """Implements ``Headphones`` where no jack is known: nobody is read to."""

    async def changes(self, told: Callable[[bool], Awaitable[None]]) -> None:
        """Tell nothing."""
