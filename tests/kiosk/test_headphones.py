# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The jack, as an input device tells of it.

A machine of CI has no sound card and no uinput, so the device is a named pipe through which the kernel's own events
come; what only a device can be asked (``EVIOCGSW``) a pipe refuses, as a device without switches does.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from townhall_kiosk.keeper.headphones import EV_SW, EVENT, SW_HEADPHONE_INSERT, EvdevHeadphones, NoHeadphones

WITHIN_S = 20.0
EV_SYN, SW_MICROPHONE_INSERT = 0, 4


def event(kind: int, code: int, value: int) -> bytes:
    return EVENT.pack(1, 2, kind, code, value)


PLUG, PULL = event(EV_SW, SW_HEADPHONE_INSERT, 1), event(EV_SW, SW_HEADPHONE_INSERT, 0)
SYNC = event(EV_SYN, 0, 0)


class Jack:
    """A named pipe in place of the device, and what was told of it."""

    def __init__(self, device: Path) -> None:
        self.device = device
        os.mkfifo(device)
        self.told: asyncio.Queue[bool] = asyncio.Queue()

    async def tell(self, are_in: bool) -> None:  # noqa: FBT001  # a callback of one fact
        self.told.put_nowait(are_in)

    async def next(self) -> bool:
        async with asyncio.timeout(WITHIN_S):
            return await self.told.get()


def play(jack: Jack, scene: Callable[[int], Coroutine[object, object, None]]) -> None:
    async def stage() -> None:
        running = asyncio.create_task(EvdevHeadphones(jack.device, look_again_s=0.01).changes(jack.tell))
        writer = await asyncio.to_thread(os.open, jack.device, os.O_WRONLY)
        await scene(writer)
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    asyncio.run(stage())


@pytest.fixture
def jack(tmp_path: Path) -> Jack:
    return Jack(tmp_path / "event7")


def test_plugging_in_and_pulling_out_are_told_and_nothing_else_is(jack: Jack) -> None:
    async def scene(writer: int) -> None:
        os.write(writer, event(EV_SW, SW_MICROPHONE_INSERT, 1) + SYNC + PLUG + SYNC)
        assert await jack.next() is True
        os.write(writer, PLUG + SYNC + PULL + SYNC)
        assert await jack.next() is False
        assert jack.told.empty()
        os.close(writer)

    play(jack, scene)


def test_a_device_that_is_gone_means_that_none_are_in(jack: Jack) -> None:
    async def scene(writer: int) -> None:
        os.write(writer, PLUG)
        assert await jack.next() is True
        os.close(writer)
        assert await jack.next() is False

    play(jack, scene)


def test_half_an_event_is_no_event(jack: Jack) -> None:
    async def scene(writer: int) -> None:
        os.write(writer, PLUG[:-1])
        os.write(writer, SYNC)
        os.close(writer)

    play(jack, scene)
    assert jack.told.empty()


def test_a_device_that_is_not_there_is_waited_for_and_nobody_is_read_to(tmp_path: Path) -> None:
    async def stage() -> None:
        told: list[bool] = []

        async def tell(are_in: bool) -> None:  # noqa: FBT001  # a callback of one fact
            told.append(are_in)

        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.1):
                await EvdevHeadphones(tmp_path / "none", look_again_s=0.01).changes(tell)
        await NoHeadphones().changes(tell)
        assert told == []

    asyncio.run(stage())
