# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Zones in pictures, read by Debian's tesseract in the real locked process: offered whole, or not at all."""

import asyncio
import io
import subprocess
import sys
from dataclasses import replace

import pytest
from PIL import Image

from townhall_smartcard.camera.client import read_image, settled, text_of
from townhall_smartcard.camera.messages import MOST_IMAGE_BYTES, ImageRefusal, ZoneSeen
from townhall_smartcard.camera.pieces import Fillers, Piece, take_apart
from townhall_smartcard.emrtd.lds.mrz import parse_mrz
from townhall_smartcard.emrtd.lds.mrz_layout import split_lines
from townhall_smartcard.emrtd.mrz_entry import ZoneRefused
from townhall_smartcard.simulation import lds_files
from townhall_smartcard.simulation.lds_files import Holder
from townhall_smartcard.simulation.printed_zone import SIGHTS, packed

HOLDER = Holder("ERIKSSON", "ANNA MARIA", "D23145890")
SCANNED = SIGHTS[0]


def lines_of(zone: str) -> tuple[str, ...]:
    found = split_lines(zone)
    assert found is not None
    return found[1]


def picture(zone: str, turned: float = 0.0) -> bytes:
    return packed(lines_of(zone), replace(SCANNED, degrees=turned))


@pytest.mark.parametrize("zone", [lds_files.td1(HOLDER), lds_files.td3(HOLDER)], ids=["card", "passport"])
@pytest.mark.parametrize("turned", [0.0, 1.5])
def test_rows_of_fillers_are_counted_and_what_is_between_is_left_to_be_read(zone: str, turned: float) -> None:
    straight, lines = take_apart(Image.open(io.BytesIO(picture(zone, turned))))
    assert len(lines) == len(lines_of(zone))
    for line, printed in zip(lines, lines_of(zone), strict=True):
        parts = [part for part in printed.replace("<", " < ").split(" ") if part]
        counted = sum(part.count for part in line if isinstance(part, Fillers))
        assert counted == printed.count("<")
        pieces = [part for part in line if isinstance(part, Piece)]
        assert len(pieces) == len([part for part in parts if part != "<"])
        assert all(0 <= each.left < each.left + each.width <= straight.width for each in pieces)


@pytest.mark.parametrize("zone", [lds_files.td1(HOLDER), lds_files.td3(HOLDER)], ids=["card", "passport"])
def test_a_scanned_zone_is_read_and_offered_whole(zone: str) -> None:
    seen = asyncio.run(read_image(picture(zone)))
    assert isinstance(seen, ZoneSeen), seen
    assert seen.zone == parse_mrz(zone)
    assert seen.lines == "\n".join(lines_of(zone))
    assert "ERIKSSON" not in repr(seen)


def test_a_zone_with_one_wrong_check_digit_is_never_offered() -> None:
    zone = lds_files.td3(HOLDER)
    wrong = zone[:-1] + str((int(zone[-1]) + 1) % 10)
    assert isinstance(asyncio.run(read_image(picture(wrong))), ZoneRefused)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", ImageRefusal.BROKEN),
        (b"GIF89a" + bytes(100), ImageRefusal.BROKEN),
        (picture(lds_files.td3(HOLDER))[:-3000], ImageRefusal.BROKEN),
        (bytes(MOST_IMAGE_BYTES + 1), ImageRefusal.BROKEN),
        (b"P5\n60000 60000\n255\n" + bytes(1000), ImageRefusal.BROKEN),
    ],
    ids=["nothing", "another kind", "torn", "too long", "bomb"],
)
def test_a_hostile_picture_is_refused(content: bytes, why: ImageRefusal) -> None:
    assert asyncio.run(read_image(content)) is why


@pytest.mark.parametrize("size", [(1, 1), (3000, 1), (1, 3000), (400, 300)])
def test_a_picture_without_lines_has_no_zone(size: tuple[int, int]) -> None:
    written = io.BytesIO()
    Image.linear_gradient("L").resize(size).save(written, "PNG")
    assert isinstance(asyncio.run(read_image(written.getvalue())), ZoneRefused | ImageRefusal)


def test_a_process_that_takes_too_long_is_ended() -> None:
    assert asyncio.run(text_of(picture(lds_files.td3(HOLDER)), 0.01)) is ImageRefusal.TOO_SLOW


def test_look_alikes_are_told_apart_by_where_they_stand_and_never_in_a_number() -> None:
    zone = lds_files.td3(replace(HOLDER, document_number="O0I1S5B8Z"))
    first, second = lines_of(zone)
    seen = "\n".join((first.replace("UTO", "UT0"), second.replace("740812", "74OBIZ")))
    assert settled(seen) == f"{first}\n{second}"
    assert settled(seen[:-1]) == seen[:-1], "of another length nothing is known"


_HOSTILE = """
import os, socket
from pathlib import Path
from townhall_process.confined import limit_memory, limit_work, silence
from townhall_process.sandbox import Rights, lock
from townhall_smartcard.camera import camera_process as process
told = os.dup(1)
reader = process.load()
assert reader is not None
silence()
limit_memory(process.MOST_MEMORY_BYTES)
limit_work(process.MOST_WORK_S)
lock(Rights.NOTHING_NEW)
reached = []
for name, act in {
    "file": lambda: Path("/etc/passwd").read_bytes(),
    "network": lambda: socket.socket(socket.AF_INET),
    "unix": lambda: socket.socket(socket.AF_UNIX),
    "process": lambda: os.fork(),
    "memory": lambda: bytearray(process.MOST_MEMORY_BYTES),
}.items():
    try:
        act()
        reached.append(name)
    except (OSError, MemoryError):
        pass
os.write(told, repr(reached).encode())
"""


def test_a_reader_that_was_taken_over_reaches_nothing() -> None:
    ran = subprocess.run([sys.executable, "-c", _HOSTILE], capture_output=True, timeout=60, check=False)
    assert ran.stdout == b"[]", ran.stderr


def test_every_refusal_has_a_code_of_its_own() -> None:
    assert len({why.code for why in ImageRefusal}) == len(ImageRefusal)
