# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A visit process without a window: writes to a file what it does; SIGUSR1 is the person who comes.

It does not stand by as long as there is a file beside that one with the suffix ``.hold``.

Usage: plain_visit.py FILE CHANNEL
"""

import asyncio
import signal
import sys
from pathlib import Path

from townhall_kiosk import messages
from townhall_process.channel import Channel
from townhall_process.child import live_as_child, take_end
from townhall_process.errors import ChannelClosedError

DIARY = Path(sys.argv[1])


def tell(what: str, provisions: messages.Provisions) -> None:
    with DIARY.open("a") as diary:
        diary.write(f"{what} {provisions.place}\n")


async def visit() -> None:
    channel: Channel[messages.FromKeeper, messages.FromVisit] = Channel(take_end(sys.argv), messages.FromKeeper)
    provisions = await channel.receive()
    assert isinstance(provisions, messages.Provisions)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, lambda: loop.create_task(channel.send(messages.PersonCame())))
    while DIARY.with_suffix(".hold").exists():  # noqa: ASYNC110  # no event reaches us from the test
        await asyncio.sleep(0.01)
    await channel.send(messages.StandingBy())
    tell("standby", provisions)
    while True:
        message = await channel.receive()
        if isinstance(message, messages.Begin):
            await channel.send(messages.Painted())
            tell("painted", provisions)


live_as_child()
try:
    asyncio.run(visit())
except ChannelClosedError:
    sys.exit(0)
