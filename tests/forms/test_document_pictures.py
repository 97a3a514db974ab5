# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The pictures on the screen are made from the very bytes that are signed."""

import io
import zlib
from struct import unpack

import pikepdf
import pytest
from PySide6.QtGui import QImage

from townhall_forms.document_pictures import page_pictures
from townhall_forms.errors import DocumentFailedError


def page(content: bytes, pages: int = 1, size: tuple[int, int] = (72, 144)) -> bytes:
    pdf = pikepdf.new()
    for _ in range(pages):
        pdf.add_blank_page(page_size=size)
        pdf.pages[-1].Contents = pdf.make_stream(content)
    output = io.BytesIO()
    pdf.save(output)
    return output.getvalue()


def chunks(png: bytes) -> dict[bytes, bytes]:
    found, position = {}, 8
    while position < len(png):
        (length,) = unpack(">I", png[position : position + 4])
        kind, content = png[position + 4 : position + 8], png[position + 8 : position + 8 + length]
        (checksum,) = unpack(">I", png[position + 8 + length : position + 12 + length])
        assert checksum == zlib.crc32(kind + content)
        found[kind] = content
        position += 12 + length
    return found


def pixels(png: bytes) -> list[list[tuple[int, ...]]]:
    width, height = unpack(">II", chunks(png)[b"IHDR"][:8])
    rows = zlib.decompress(chunks(png)[b"IDAT"])
    line = 1 + 3 * width
    return [[tuple(rows[row * line + 1 + 3 * column :][:3]) for column in range(width)] for row in range(height)]


def test_a_picture_shows_the_page_in_its_colours_and_the_right_way_up() -> None:
    (picture,) = page_pictures(page(b"1 0 0 rg 0 72 72 72 re f 0 0 1 rg 0 0 36 72 re f"), pixels_per_inch=72)
    shown = pixels(picture)
    assert (len(shown[0]), len(shown)) == (72, 144)
    assert shown[10][10] == (255, 0, 0)
    assert shown[134][10] == (0, 0, 255)
    assert shown[134][60] == (255, 255, 255)


@pytest.mark.parametrize("width", [71, 72, 73, 74, 75])
def test_rows_of_any_width_are_in_line(width: int) -> None:
    (picture,) = page_pictures(page(b"0 g 0 0 1 200 re f", size=(width, 20)), pixels_per_inch=72)
    shown = pixels(picture)
    assert all(row[0] == (0, 0, 0) and row[2] == (255, 255, 255) for row in shown)


def test_the_density_is_the_one_that_the_screen_asks_for() -> None:
    (picture,) = page_pictures(page(b""), pixels_per_inch=216)
    assert unpack(">II", chunks(picture)[b"IHDR"][:8]) == (216, 432)


def test_each_page_has_its_picture() -> None:
    assert len(page_pictures(page(b"", pages=3), pixels_per_inch=20)) == 3


def test_the_window_reads_the_pictures() -> None:
    (picture,) = page_pictures(page(b"0 g 10 10 40 40 re f"))
    image = QImage.fromData(picture)
    assert (image.width(), image.height()) == (144, 288)
    assert image.pixelColor(60, 288 - 60).name() == "#000000"
    assert image.pixelColor(60, 60).name() == "#ffffff"


@pytest.mark.parametrize("junk", [b"", b"not a PDF", b"%PDF-1.7\n%%EOF"])
def test_what_is_no_pdf_has_no_picture(junk: bytes) -> None:
    with pytest.raises(DocumentFailedError):
        page_pictures(junk)
