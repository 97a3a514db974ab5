# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Turns the very bytes of a PDF into pictures for the screen, so that what is seen is what is signed; uses PDFium."""

import zlib
from struct import pack

import pypdfium2
from pypdfium2.raw import FPDFBitmap_BGR

from townhall_forms.errors import DocumentFailedError


def page_pictures(pdf: bytes, *, pixels_per_inch: float = 144) -> tuple[bytes, ...]:
    """Return each page as PNG (RGB, 8 bit); raises DocumentFailedError when PDFium cannot read the PDF."""
    try:
        document = pypdfium2.PdfDocument(pdf)
    except pypdfium2.PdfiumError:
        raise DocumentFailedError("the PDF cannot be drawn") from None
    try:
        return tuple(_picture(page, pixels_per_inch / 72) for page in document)
    finally:
        document.close()


def _picture(page: pypdfium2.PdfPage, pixels_per_point: float) -> bytes:
    bitmap = page.render(
        scale=pixels_per_point,
        force_bitmap_format=FPDFBitmap_BGR,
        rev_byteorder=True,  # red first, as PNG has it
    )
    try:
        return _png(bytes(bitmap.buffer), bitmap.width, bitmap.height, bitmap.stride)
    finally:
        bitmap.close()


def _png(pixels: bytes, width: int, height: int, stride: int) -> bytes:
    """PNG (ISO/IEC 15948) without filters: pages are mostly white, so little would be gained."""
    rows = b"".join(b"\x00" + pixels[row * stride : row * stride + width * 3] for row in range(height))
    header = pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return pack(">I", len(content)) + kind + content + pack(">I", zlib.crc32(kind + content))
