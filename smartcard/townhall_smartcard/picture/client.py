# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Asks a process to unpack a picture; whatever becomes of that process is an answer."""

import asyncio
import socket
from typing import Final

from townhall_process.channel import Channel
from townhall_process.child import python_module, socket_pair, start
from townhall_process.errors import ChannelClosedError, ChannelMisuseError, ProcessError
from townhall_smartcard.emrtd.lds.pictures import Picture
from townhall_smartcard.picture.messages import (
    MOST_ANSWER_BYTES,
    OpenPicture,
    PictureAnswer,
    PictureRefusal,
    Pixels,
)

PROCESS: Final = "townhall_smartcard.picture.picture_process"
DEADLINE_S: Final = 5.0


async def ask(end: socket.socket, picture: Picture, deadline_s: float = DEADLINE_S) -> Pixels | PictureRefusal:
    """Have the process behind ``end`` unpack a picture; this end is closed afterwards, which ends the process."""
    channel: Channel[PictureAnswer, OpenPicture] = Channel(end, PictureAnswer, max_frame_bytes=MOST_ANSWER_BYTES)
    request = OpenPicture(picture.kind, picture.width, picture.height, picture.content)
    try:
        async with asyncio.timeout(deadline_s):
            await channel.send(request)
            answer = await channel.receive()
    except TimeoutError:
        return PictureRefusal.TOO_SLOW
    except ChannelClosedError:
        return PictureRefusal.CRASHED
    except ChannelMisuseError:
        return PictureRefusal.BROKEN
    finally:
        channel.close()
    if not isinstance(answer, Pixels):
        return answer.why
    is_whole = min(answer.width, answer.height) > 0 and len(answer.rgb) == 3 * answer.width * answer.height
    return answer if is_whole else PictureRefusal.BROKEN


async def open_in_child(picture: Picture, deadline_s: float = DEADLINE_S) -> Pixels | PictureRefusal:
    """Unpack a picture in a child of this very process, which is gone afterwards."""
    ours, theirs = socket_pair()
    try:
        child = await start(python_module(PROCESS), theirs)
    except ProcessError:
        ours.close()
        return PictureRefusal.NO_PROCESS
    try:
        return await ask(ours, picture, deadline_s)
    finally:
        await child.kill()
