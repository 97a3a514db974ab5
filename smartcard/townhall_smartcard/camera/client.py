# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Asks a process to read the zone in a picture; only one whose every check digit holds is offered."""

import asyncio
from typing import Final

from townhall_process.channel import Channel
from townhall_process.child import python_module, socket_pair, start
from townhall_process.errors import ChannelClosedError, ChannelMisuseError, ProcessError
from townhall_smartcard.camera.messages import (
    MOST_IMAGE_BYTES,
    MOST_TEXT_BYTES,
    ImageAnswer,
    ImageRefusal,
    ImageText,
    ReadImage,
    ZoneSeen,
)
from townhall_smartcard.emrtd.lds.mrz_layout import DIGITS_ONLY, LAYOUTS, LETTERS_ONLY, MrzField, split_lines
from townhall_smartcard.emrtd.mrz_entry import TypedZone, ZoneRefused, read_entry

PROCESS: Final = "townhall_smartcard.camera.camera_process"
DEADLINE_S: Final = 20.0
_AS_DIGIT: Final = dict(zip("OQDISBZG", "00015826", strict=True))
_AS_LETTER: Final = dict(zip("015826", "OISBZG", strict=True))


async def read_image(content: bytes, deadline_s: float = DEADLINE_S) -> ZoneSeen | ZoneRefused | ImageRefusal:
    """Return what was read, as a zone; a person compares it with the document.

    No check digit stands for a name: of those that are offered, some names are wrong (ADR 0050).
    """
    if len(content) > MOST_IMAGE_BYTES:
        return ImageRefusal.BROKEN
    text = await text_of(content, deadline_s)
    if isinstance(text, ImageRefusal):
        return text
    entry = read_entry(text)
    return ZoneSeen(text, entry.zone) if isinstance(entry, TypedZone) else entry


async def text_of(content: bytes, deadline_s: float = DEADLINE_S) -> str | ImageRefusal:
    """Return the lines that were read, of which nothing is checked."""
    ours, theirs = socket_pair()
    try:
        child = await start(python_module(PROCESS), theirs)
    except ProcessError:
        ours.close()
        return ImageRefusal.CRASHED
    channel: Channel[ImageAnswer, ReadImage] = Channel(ours, ImageAnswer, max_frame_bytes=MOST_TEXT_BYTES)
    try:
        async with asyncio.timeout(deadline_s):
            await channel.send(ReadImage(content))
            answer = await channel.receive()
    except TimeoutError:
        return ImageRefusal.TOO_SLOW
    except (ChannelClosedError, ChannelMisuseError):
        return ImageRefusal.CRASHED
    finally:
        channel.close()
        await child.kill()
    return settled(answer.untrusted) if isinstance(answer, ImageText) else answer.why


def settled(read: str) -> str:
    """Return lines with each look-alike as the one that can stand there, where they are as long as a document's.

    A camera sees a shape, not a sign: where only letters stand, the round one is an O. Of number and optional
    data that stays open, and their check digits tell.
    """
    lines = [list(line) for line in read.split("\n")]
    found = split_lines("".join(read.split("\n")))
    if found is None or [len(line) for line in lines] != [len(line) for line in found[1]]:
        return read
    for fields, alike in ((DIGITS_ONLY, _AS_DIGIT), ((MrzField.DOCUMENT_CODE, *LETTERS_ONLY), _AS_LETTER)):
        for span in (LAYOUTS[found[0]][field] for field in fields if field in LAYOUTS[found[0]]):
            for at in range(span.start, span.end):
                lines[span.line][at] = alike.get(lines[span.line][at], lines[span.line][at])
    return "\n".join("".join(line) for line in lines)
