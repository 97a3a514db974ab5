# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Asks the process around a vendor's module, and ends it: past its deadline, and when all is asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from townhall_process.channel import Channel
from townhall_process.child import Child, python_module, socket_pair, start
from townhall_process.errors import ChannelClosedError, ChannelMisuseError
from townhall_smartcard.errors import (
    CardError,
    CardModuleError,
    CardRemovedError,
    CardUnsupportedError,
    ModuleCrashedError,
    ModuleStuckError,
    ModuleUnloadableError,
)
from townhall_smartcard.vendor.messages import ModuleAnswer, ModuleFailed, ModuleFailure, ModuleRequest
from townhall_smartcard.vendor.modules import VendorModule

_PROCESS: Final = "townhall_smartcard.vendor.module_process"
_LONGEST_ANSWER: Final = 4 * 1024 * 1024
_LONGEST_NAME: Final = 40
_FAREWELL_S: Final = 1.0


class ModuleClient:
    """One running module; questions go one after the other."""

    def __init__(self, module: VendorModule, channel: Channel[ModuleAnswer, ModuleRequest]) -> None:
        self._module: Final = module
        self._channel: Final = channel

    async def ask(self, request: ModuleRequest, deadline_s: float) -> ModuleAnswer:
        """Ask, and wait for the answer; after any error this module is asked nothing more.

        Raises:
            ModuleStuckError: there was none within ``deadline_s``.
            ModuleCrashedError: the module's process ended.
            CardModuleError: what came is no answer, or the module refused.
            CardRemovedError: the card is gone.
            CardUnsupportedError: no card of this module lies in the reader.
        """
        try:
            async with asyncio.timeout(deadline_s):
                await self._channel.send(request)
                answer = await self._channel.receive()
        except TimeoutError:
            raise ModuleStuckError(self._module.name) from None
        except ChannelClosedError:
            raise ModuleCrashedError(self._module.name) from None
        except ChannelMisuseError:
            raise CardModuleError(f"{self._module.name}: no answer of ours") from None
        if isinstance(answer, ModuleFailed):
            raise self._error_of(answer)
        return answer

    def _error_of(self, failed: ModuleFailed) -> CardError:
        told = f"{self._module.name}: {_printable(failed.return_value)}"
        match failed.failure:
            case ModuleFailure.UNLOADABLE:
                return ModuleUnloadableError(told)
            case ModuleFailure.NO_TOKEN:
                return CardUnsupportedError(self._module.name)
            case ModuleFailure.GONE:
                return CardRemovedError(self._module.name)
            case ModuleFailure.REFUSED:
                return CardModuleError(told)


@asynccontextmanager
async def running(module: VendorModule) -> AsyncIterator[ModuleClient]:
    """Start the process around a module; it is gone, and its memory with it, when this ends."""
    ours, theirs = socket_pair()
    options = ("--writes-files",) if module.writes_files else ()
    try:
        child = await start(python_module(_PROCESS, str(module.path), *options), theirs)
    except BaseException:
        ours.close()
        raise
    channel: Channel[ModuleAnswer, ModuleRequest] = Channel(ours, ModuleAnswer, max_frame_bytes=_LONGEST_ANSWER)
    try:
        yield ModuleClient(module, channel)
    except ModuleStuckError:
        await child.kill()
        raise
    finally:
        channel.close()
        await _end(child)


async def _end(child: Child) -> None:
    """Wait for a process that nobody speaks to any more, and kill it if it stays."""
    try:
        async with asyncio.timeout(_FAREWELL_S):
            await child.ended()
    except TimeoutError:
        await child.kill()


def _printable(untrusted_name: str) -> str:
    """Return the name of a return value; whatever else stands there is not passed on."""
    is_name = untrusted_name.isascii() and untrusted_name.isalnum() and len(untrusted_name) <= _LONGEST_NAME
    return untrusted_name if is_name else "unknown"
