# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Work in a thread: its result, its errors, and its being left behind."""

import asyncio
import threading
from time import monotonic

import pytest

from townhall_smartcard.call_clock import Call, CallClock
from townhall_smartcard.errors import CallStuckError, CardMuteError, CardRemovedError
from townhall_smartcard.watched import run_watched


def test_the_result_comes_back() -> None:
    assert asyncio.run(run_watched(lambda: 42, CallClock(10.0))) == 42


def test_the_error_comes_back() -> None:
    def work() -> None:
        raise CardRemovedError

    with pytest.raises(CardRemovedError):
        asyncio.run(run_watched(work, CallClock(10.0)))


def test_work_whose_call_never_ends_is_left_behind_at_the_deadline() -> None:
    calls, release = CallClock(0.05), threading.Event()

    def work() -> None:
        with calls.during(Call.TRANSMIT):
            release.wait()

    started = monotonic()
    with pytest.raises(CallStuckError) as caught:
        asyncio.run(run_watched(work, calls))
    release.set()
    assert isinstance(caught.value.reason, CardMuteError)
    assert monotonic() - started >= 0.05


def test_many_short_calls_may_last_longer_than_one_deadline() -> None:
    calls, pause = CallClock(0.2), threading.Event()

    def work() -> str:
        for _ in range(5):
            with calls.during(Call.TRANSMIT):
                pause.wait(0.06)
        return "done"

    assert asyncio.run(run_watched(work, calls)) == "done"


def test_the_loop_goes_on_meanwhile() -> None:
    release = threading.Event()

    async def both() -> None:
        waiting = asyncio.create_task(run_watched(release.wait, CallClock(10.0)))
        for _ in range(10):
            await asyncio.sleep(0)
        assert not waiting.done()
        release.set()
        assert await waiting

    asyncio.run(both())
