# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Zones printed in OCR-B as a camera sees them: turned, blurred, with noise."""

import io
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

FONT: Final = "OCRB.otf"  # Debian's fonts-ocr-b
_PAPER, _INK = 235, 30


@dataclass(frozen=True, slots=True)
class Sight:
    """How a document is seen: letters so many pixels high, turned by degrees, blurred, and with noise."""

    name: str
    pixels: int
    degrees: float
    blur: float
    noise: float


SIGHTS: Final = (
    Sight("scanned", 40, 0.0, 0.3, 0.0),
    Sight("photographed well", 36, 0.5, 0.8, 8.0),
    Sight("photographed in a hand", 28, 2.0, 1.2, 14.0),
)
"""From easy to hard."""


def packed(lines: tuple[str, ...], sight: Sight, seed: int = 0) -> bytes:
    """Return a PNG of lines as a camera sees them."""
    font = ImageFont.truetype(FONT, sight.pixels)
    width, pitch = int(max(map(font.getlength, lines))), sight.pixels * 3 // 2
    seen = Image.new("L", (width + 6 * sight.pixels, pitch * len(lines) + 6 * sight.pixels), _PAPER)
    pen = ImageDraw.Draw(seen)
    for number, line in enumerate(lines):
        pen.text((3 * sight.pixels, 3 * sight.pixels + number * pitch), line, font=font, fill=_INK)
    turned = seen.rotate(sight.degrees * (1, -1)[seed % 2], Image.Resampling.BICUBIC, fillcolor=_PAPER)
    blurred = turned.filter(ImageFilter.GaussianBlur(sight.blur))
    if sight.noise:
        blurred = ImageChops.add(blurred, Image.effect_noise(blurred.size, 2 * sight.noise), 1, -128)
    written = io.BytesIO()
    blurred.save(written, "PNG")
    return written.getvalue()
