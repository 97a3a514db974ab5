# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The process that reads a zone in one picture: ``python -m townhall_smartcard.camera.camera_process FD``.

Locked as the process for a chip's photo is (``picture_process``), once library, model and decoders are loaded. It
answers once and ends.
"""

import asyncio
import io
import os
import sys
from collections.abc import Sequence
from typing import Final

from PIL import Image

from townhall_process.channel import Channel
from townhall_process.child import live_as_child, take_end
from townhall_process.confined import limit_memory, limit_work, silence
from townhall_process.errors import ProcessError
from townhall_process.sandbox import Rights, lock
from townhall_smartcard.camera.messages import (
    MOST_IMAGE_BYTES,
    MOST_PIXELS,
    ImageAnswer,
    ImageNotRead,
    ImageRefusal,
    ImageText,
    ReadImage,
)
from townhall_smartcard.camera.pieces import Fillers, Piece, take_apart
from townhall_smartcard.camera.tesseract import Tesseract
from townhall_smartcard.emrtd.lds.mrz_layout import FILLER
from townhall_smartcard.errors import TesseractMissingError

MOST_MEMORY_BYTES: Final = 1 << 30
MOST_WORK_S: Final = 30
_FORMATS: Final = ("JPEG", "PNG", "PPM")
_MOST_LINES: Final = 8
_SAMPLE: Final = (64, 32)


def answer(reader: Tesseract | None, request: ReadImage) -> ImageAnswer:
    """Return the lines that may be a zone's; whatever fails is an answer."""
    if reader is None:
        return ImageNotRead(ImageRefusal.NO_TESSERACT)
    try:
        with Image.open(io.BytesIO(request.content), formats=_FORMATS) as packed:
            if packed.width * packed.height > MOST_PIXELS:
                return ImageNotRead(ImageRefusal.BROKEN)
            straight, lines = take_apart(packed.convert("L"))
    except Exception:  # noqa: BLE001 - what a hostile picture makes a decoder raise has no end
        return ImageNotRead(ImageRefusal.BROKEN)
    reader.look_at(straight.tobytes(), *straight.size)
    return ImageText("\n".join("".join(_said(reader, each) for each in line) for line in lines[:_MOST_LINES]))


def _said(reader: Tesseract, part: Piece | Fillers) -> str:
    if isinstance(part, Fillers):
        return FILLER * part.count
    return "".join(reader.read(part).split())


def load() -> Tesseract | None:
    """Load all that is needed, by using it once; None: there is no tesseract here."""
    try:
        reader = Tesseract()
    except TesseractMissingError:
        return None
    for kind in _FORMATS:
        packed = io.BytesIO()
        Image.new("L", _SAMPLE, 255).save(packed, kind)
        answer(reader, ReadImage(packed.getvalue()))
    return reader


async def serve(arguments: Sequence[str]) -> None:
    """Answer one request."""
    channel: Channel[ReadImage, ImageAnswer] = Channel(
        take_end(arguments), ReadImage, max_frame_bytes=MOST_IMAGE_BYTES + 1024
    )
    reader = load()
    lock(Rights.NOTHING_NEW)
    try:
        await channel.send(answer(reader, await channel.receive()))
    except ProcessError:
        return


if __name__ == "__main__":
    os.environ["OMP_THREAD_LIMIT"] = "1"  # threads of its own make it slower here, not faster
    live_as_child()
    silence()
    limit_memory(MOST_MEMORY_BYTES)
    limit_work(MOST_WORK_S)
    asyncio.run(serve(sys.argv[1:]))
    os._exit(0)  # as in picture_process
