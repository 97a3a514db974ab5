# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The process that unpacks one picture: ``python -m townhall_smartcard.picture.picture_process FD``.

It has nothing of a terminal, is hidden, and is locked before the first byte of the picture comes: no file, no socket,
no process (``Rights.NOTHING_NEW``), so much memory and so much work. It answers once and ends: no face waits here for
the next person's.
"""

import asyncio
import os
import sys
from collections.abc import Sequence
from typing import Final

from townhall_process.channel import Channel
from townhall_process.child import live_as_child, take_end
from townhall_process.confined import limit_memory, limit_work, silence
from townhall_process.errors import ProcessError
from townhall_process.sandbox import Rights, lock
from townhall_smartcard.emrtd.lds.files import MAX_FILE_BYTES
from townhall_smartcard.picture.decoder import open_picture, warm
from townhall_smartcard.picture.messages import OpenPicture, PictureAnswer

MOST_MEMORY_BYTES: Final = 384 << 20
MOST_WORK_S: Final = 10


async def serve(arguments: Sequence[str]) -> None:
    """Answer one request; a sender who leaves, or says what nobody says, gets nothing."""
    channel: Channel[OpenPicture, PictureAnswer] = Channel(
        take_end(arguments), OpenPicture, max_frame_bytes=MAX_FILE_BYTES + 1024
    )
    warm()
    lock(Rights.NOTHING_NEW)
    try:
        await channel.send(open_picture(await channel.receive()))
    except ProcessError:
        return


if __name__ == "__main__":
    live_as_child()
    silence()
    limit_memory(MOST_MEMORY_BYTES)
    limit_work(MOST_WORK_S)
    asyncio.run(serve(sys.argv[1:]))
    os._exit(0)  # what a decoder left behind has no farewell
