# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Unpacks one picture with Pillow, and no other kind than its header said; the one file that imports Pillow.

Runs in ``picture_process`` alone: libjpeg and OpenJPEG are native code, and a chip's picture is anybody's bytes.
"""

import io
from typing import Final

from PIL import Image, Jpeg2KImagePlugin, JpegImagePlugin

from townhall_smartcard.emrtd.lds.pictures import PictureKind
from townhall_smartcard.picture.messages import (
    LARGEST_SIDE,
    MOST_PIXELS,
    NotOpened,
    OpenPicture,
    PictureAnswer,
    PictureRefusal,
    Pixels,
)

_FORMATS: Final = {
    PictureKind.JPEG: JpegImagePlugin.JpegImageFile.format,
    PictureKind.JPEG_2000: Jpeg2KImagePlugin.Jpeg2KImageFile.format,
    PictureKind.JPEG_2000_CODESTREAM: Jpeg2KImagePlugin.Jpeg2KImageFile.format,
}
_SAMPLE: Final = (8, 8)


def open_picture(request: OpenPicture) -> PictureAnswer:
    """Return the pixels, made smaller where a side is longer than ``LARGEST_SIDE``; whatever fails is an answer."""
    size = request.width, request.height
    if min(size) < 1 or size[0] * size[1] > MOST_PIXELS:
        return NotOpened(PictureRefusal.TOO_LARGE)
    try:
        with Image.open(io.BytesIO(request.content), formats=(str(_FORMATS[request.kind]),)) as packed:
            if packed.size != size:
                return NotOpened(PictureRefusal.BROKEN)
            packed.load()
            picture = packed.convert("RGB")
    except Exception:  # noqa: BLE001 - what a hostile picture makes a decoder raise has no end
        return NotOpened(PictureRefusal.BROKEN)
    picture.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    return Pixels(*picture.size, picture.tobytes())


def warm() -> None:
    """Unpack a picture of each kind, so that a locked process opens no file for it."""
    for kind, name in ((PictureKind.JPEG, "JPEG"), (PictureKind.JPEG_2000, "JPEG2000")):
        packed = io.BytesIO()
        Image.new("RGB", _SAMPLE).save(packed, name)
        open_picture(OpenPicture(kind, *_SAMPLE, packed.getvalue()))
