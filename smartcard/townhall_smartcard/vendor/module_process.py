# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The process around one vendor's module: ``python -m townhall_smartcard.vendor.module_process PATH FD``.

A module is foreign native code. Before it is loaded this process has nothing of a terminal, is hidden, and is locked:
it may read files and speak through Unix sockets, as PC/SC needs, and nothing more (``Rights.MODULE``). It does not
watch itself: whoever started it kills it past a deadline, and its memory goes with it.
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from typing import Final

from townhall_process.channel import Channel
from townhall_process.child import live_as_child, take_end
from townhall_process.confined import limit_memory, silence
from townhall_process.errors import ChannelClosedError
from townhall_process.sandbox import Rights, lock
from townhall_smartcard.vendor.messages import (
    ModuleAnswer,
    ModuleFailed,
    ModuleFailure,
    ModuleRequest,
    ShowKeys,
    UseKey,
)
from townhall_smartcard.vendor.token import ReaderTokens

_MOST_MEMORY_BYTES: Final = 1 << 30
_WRITES_FILES: Final = "--writes-files"


def answer(tokens: ReaderTokens, request: ModuleRequest) -> ModuleAnswer:
    """Do what is asked; whatever a module makes the library raise is an answer."""
    try:
        match request:
            case ShowKeys(reader):
                return tokens.show(reader)
            case UseKey():
                return tokens.use(request)
    except Exception as exc:  # noqa: BLE001 - the top of a process: what a broken module brings about has no end
        return ModuleFailed(ModuleFailure.REFUSED, type(exc).__name__)


async def serve(arguments: Sequence[str]) -> None:
    """Answer until the other side closes the channel."""
    path, *options, _ = arguments
    channel: Channel[ModuleRequest, ModuleAnswer] = Channel(take_end(arguments), ModuleRequest)
    lock(Rights.MODULE_WITH_FILES if _WRITES_FILES in options else Rights.MODULE)
    tokens = ReaderTokens(path)
    try:
        while True:
            await channel.send(answer(tokens, await channel.receive()))
    except ChannelClosedError:
        return


if __name__ == "__main__":
    live_as_child()
    silence()
    limit_memory(_MOST_MEMORY_BYTES)
    asyncio.run(serve(sys.argv[1:]))
    os._exit(0)  # a module's own farewell may crash or hang
