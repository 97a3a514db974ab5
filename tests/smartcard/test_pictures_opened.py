# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Pictures of chips through the real locked process: right ones become pixels, hostile ones a refusal with a code."""

import asyncio
import io
import random
import struct
import subprocess
import sys
from dataclasses import replace
from functools import cache

import pytest
from PIL import Image

from townhall_process.channel import Channel
from townhall_process.child import python_module, socket_pair, start
from townhall_process.errors import ChannelClosedError
from townhall_smartcard.emrtd.lds.files import LdsFile
from townhall_smartcard.emrtd.lds.pictures import Picture, PictureKind, picture_of
from townhall_smartcard.errors import DataGroupUnreadableError
from townhall_smartcard.picture.client import PROCESS, ask, open_in_child
from townhall_smartcard.picture.messages import (
    LARGEST_SIDE,
    MOST_PIXELS,
    OpenPicture,
    PictureAnswer,
    PictureRefusal,
    Pixels,
)


@cache
def packed(kind: str = "JPEG", size: tuple[int, int] = (60, 80), mode: str = "RGB", **how: object) -> bytes:
    written = io.BytesIO()
    image = Image.new(mode, size)
    image.paste(Image.linear_gradient("L").resize(size).convert(mode))
    image.save(written, kind, **how)
    return written.getvalue()


def of(content: bytes) -> Picture:
    return picture_of(content, LdsFile.DG2)


def opened(picture: Picture, deadline_s: float = 20) -> Pixels | PictureRefusal:
    return asyncio.run(open_in_child(picture, deadline_s))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (packed(), PictureKind.JPEG),
        (packed(mode="L"), PictureKind.JPEG),
        (packed(mode="CMYK"), PictureKind.JPEG),
        (packed(progressive=True), PictureKind.JPEG),
        (packed("JPEG2000"), PictureKind.JPEG_2000),
        (packed("JPEG2000", mode="L"), PictureKind.JPEG_2000),
        (packed("JPEG2000", no_jp2=True), PictureKind.JPEG_2000_CODESTREAM),
    ],
    ids=["JPEG", "grey", "CMYK", "progressive", "JPEG 2000", "JPEG 2000, grey", "codestream"],
)
def test_a_picture_of_each_kind_becomes_its_pixels(content: bytes, kind: PictureKind) -> None:
    picture = of(content)
    assert picture.kind is kind
    pixels = opened(picture)
    assert isinstance(pixels, Pixels)
    assert (pixels.width, pixels.height) == (60, 80)
    with Image.open(io.BytesIO(content)) as judge:
        assert pixels.rgb == judge.convert("RGB").tobytes()
    assert len(pixels.rgb) == 60 * 80 * 3
    assert repr(pixels) == "Pixels(60 x 80)"


def test_a_large_picture_comes_back_small_and_of_the_same_shape() -> None:
    pixels = opened(of(packed(size=(1600, 2000))))
    assert isinstance(pixels, Pixels)
    assert (pixels.width, pixels.height) == (640, LARGEST_SIDE)


def test_what_says_that_it_is_a_bomb_is_not_unpacked() -> None:
    bomb = replace(of(packed()), width=60_000, height=60_000)
    assert opened(bomb) is PictureRefusal.TOO_LARGE
    assert MOST_PIXELS < 60_000 * 60_000


def resized(content: bytes, width: int, height: int) -> bytes:
    """A JPEG whose header claims another size than its data have."""
    at = content.index(b"\xff\xc0")
    return content[: at + 5] + struct.pack(">HH", height, width) + content[at + 9 :]


@pytest.mark.parametrize(
    "content",
    [
        packed()[:-200],
        packed("JPEG2000")[: len(packed("JPEG2000")) // 2],
        packed()[:60],
        b"\xff\xd8\xff\xc0\x00\x11\x08\x00\x50\x00\x3c" + bytes(4000),
        packed("JPEG2000", no_jp2=True)[:120] + bytes(300),
    ],
    ids=["torn", "torn JPEG 2000", "header alone", "zeros", "zeros in a codestream"],
)
def test_a_torn_picture_is_refused(content: bytes) -> None:
    try:
        picture = of(content)
    except DataGroupUnreadableError:
        picture = Picture(PictureKind.JPEG, 60, 80, content)
    assert opened(picture) is PictureRefusal.BROKEN


@pytest.mark.parametrize("kind", PictureKind)
def test_a_picture_of_another_kind_than_its_header_said_is_refused(kind: PictureKind) -> None:
    gif = io.BytesIO()
    Image.new("RGB", (60, 80)).save(gif, "GIF")
    assert opened(Picture(kind, 60, 80, gif.getvalue())) is PictureRefusal.BROKEN
    other = packed("JPEG2000") if kind is PictureKind.JPEG else packed()
    assert opened(Picture(kind, 60, 80, other)) is PictureRefusal.BROKEN


def test_a_picture_of_another_size_than_was_said_is_refused() -> None:
    assert opened(replace(of(packed()), width=61)) is PictureRefusal.BROKEN


def test_small_data_under_a_header_of_millions_end_in_pixels_or_a_refusal_within_the_limits() -> None:
    bomb = of(resized(packed(), 2400, 2400))
    outcome = opened(bomb)
    assert outcome is PictureRefusal.BROKEN or isinstance(outcome, Pixels)


@pytest.mark.parametrize("kind", ["JPEG", "JPEG2000"])
def test_bytes_near_a_picture_never_bring_anything_but_an_answer(kind: str) -> None:
    draw = random.Random(7)  # noqa: S311  # the same bytes each time
    content = packed(kind)
    for _ in range(4):
        changed = bytearray(content)
        for _ in range(12):
            changed[draw.randrange(30, len(changed))] = draw.randrange(256)
        outcome = opened(replace(of(content), content=bytes(changed)))
        assert isinstance(outcome, Pixels | PictureRefusal)


def test_a_process_that_does_not_answer_is_left_at_the_deadline() -> None:
    async def silent() -> Pixels | PictureRefusal:
        ours, theirs = socket_pair()
        with theirs:
            return await ask(ours, of(packed()), 0.2)

    assert asyncio.run(silent()) is PictureRefusal.TOO_SLOW


def test_a_process_that_ends_by_itself_is_told() -> None:
    async def gone() -> Pixels | PictureRefusal:
        ours, theirs = socket_pair()
        theirs.close()
        return await ask(ours, of(packed()), 5)

    assert asyncio.run(gone()) is PictureRefusal.CRASHED


@pytest.mark.parametrize("answer", [Pixels(2, 2, b"123"), Pixels(0, 0, b""), Pixels(-1, -1, b"123")])
def test_pixels_that_are_not_all_there_are_no_picture(answer: Pixels) -> None:
    async def lie() -> Pixels | PictureRefusal:
        ours, theirs = socket_pair()
        channel: Channel[OpenPicture, PictureAnswer] = Channel(theirs, OpenPicture)
        asking = asyncio.create_task(ask(ours, of(packed()), 5))
        await channel.receive()
        await channel.send(answer)
        try:
            return await asking
        finally:
            channel.close()

    assert asyncio.run(lie()) is PictureRefusal.BROKEN


def test_the_process_answers_once_and_ends() -> None:
    async def twice() -> int:
        ours, theirs = socket_pair()
        child = await start(python_module(PROCESS), theirs)
        channel: Channel[PictureAnswer, OpenPicture] = Channel(ours, PictureAnswer)
        picture = of(packed())
        request = OpenPicture(picture.kind, picture.width, picture.height, picture.content)
        await channel.send(request)
        assert isinstance(await channel.receive(), Pixels)
        with pytest.raises(ChannelClosedError):
            await channel.receive()
        channel.close()
        return await child.ended()

    assert asyncio.run(twice()) == 0


_HOSTILE = """
import os, resource, socket
from townhall_process.confined import limit_memory, limit_work, silence
from townhall_process.sandbox import Rights, lock
from townhall_smartcard.picture import picture_process as process
from townhall_smartcard.picture.decoder import warm
from pathlib import Path
told = os.dup(1)
warm()
silence()
limit_memory(process.MOST_MEMORY_BYTES)
limit_work(process.MOST_WORK_S)
lock(Rights.NOTHING_NEW)
reached = []
for name, act in {
    "file": lambda: Path("/etc/passwd").read_bytes(),
    "new file": lambda: Path("/tmp/townhall-picture").write_bytes(b"x"),
    "network": lambda: socket.socket(socket.AF_INET),
    "unix": lambda: socket.socket(socket.AF_UNIX),
    "process": lambda: os.fork(),
    "more memory": lambda: resource.setrlimit(resource.RLIMIT_DATA, (1 << 34, 1 << 34)),
    "memory": lambda: bytearray(process.MOST_MEMORY_BYTES),
}.items():
    try:
        act()
        reached.append(name)
    except (OSError, MemoryError, ValueError):
        pass
os.write(told, repr(reached).encode())
os.write(1, b"not heard")
"""


def test_a_decoder_that_was_taken_over_reaches_nothing() -> None:
    ran = subprocess.run([sys.executable, "-c", _HOSTILE], capture_output=True, timeout=60, check=False)
    assert ran.stdout == b"[]", ran.stderr


def test_work_without_end_is_ended_by_the_kernel() -> None:
    program = "from townhall_process.confined import limit_work\nlimit_work(1)\nwhile True: pass"
    ran = subprocess.run([sys.executable, "-c", program], timeout=60, check=False, capture_output=True)
    assert ran.returncode < 0


def test_every_refusal_has_a_code_of_its_own() -> None:
    assert len({why.code for why in PictureRefusal}) == len(PictureRefusal)
