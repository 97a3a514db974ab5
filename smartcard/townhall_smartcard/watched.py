# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Work in a thread of its own, left behind when one of its calls passes the deadline."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

from townhall_smartcard.call_clock import CallClock
from townhall_smartcard.errors import CallStuckError, CardError

Result = TypeVar("Result")


def outcome_of(work: Callable[[], Result], calls: CallClock) -> Result | CardError:
    """Do ``work`` as ``run_watched`` does, for commands at a desk; a card that fails is an outcome."""
    try:
        return asyncio.run(run_watched(work, calls))
    except CallStuckError as exc:
        return exc.reason
    except CardError as exc:
        return exc


async def run_watched(work: Callable[[], Result], calls: CallClock) -> Result:
    """Do ``work`` in a thread and return its result; ``work`` marks its calls in ``calls``.

    Raises:
        CallStuckError: a call passed its deadline; its thread goes on, and its result is lost.
        Exception: whatever ``work`` raises.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Result] = loop.create_future()

    def settle(outcome: Callable[[], None]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop ended meanwhile, nobody waits
            loop.call_soon_threadsafe(lambda: None if done.done() else outcome())

    def thread_top() -> None:
        try:
            result = work()
        except Exception as exc:  # noqa: BLE001 - the top of a thread: whoever waits gets it
            error = exc
            settle(lambda: done.set_exception(error))
        else:
            settle(lambda: done.set_result(result))

    threading.Thread(target=thread_top, name="card-worker", daemon=True).start()
    while True:
        finished, _ = await asyncio.wait({done}, timeout=calls.next_look_s)
        if finished:
            return done.result()
        if (call := calls.overdue) is not None:
            done.cancel()
            raise CallStuckError(call.error)
