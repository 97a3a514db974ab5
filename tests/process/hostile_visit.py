# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A visit or card process that was taken over: once it is locked it tries everything, and says what came of it.

``python -m tests.process.hostile_visit visit|card KEEPER LAST CHANNEL``; LAST is the attempt after which none can come.
"""

import json
import os
import sys
import threading

from PySide6.QtCore import QTimer
from tests.process import hostile

from townhall_kiosk.visit.app import main as visit
from townhall_smartcard.card_process import main as card
from townhall_ui.window import Window

_LOOK_EVERY_MS = 20
_LOCKED = b"Seccomp:\t2"


def main(kind: str, keeper: int, last: hostile.Attempt, channel: str) -> int:
    """Be a process of ours with one thing more in it."""
    status = os.open("/proc/self/status", os.O_RDONLY)  # opened before the lock, to see when it is there

    def is_locked() -> bool:
        return _LOCKED in os.pread(status, 4096, 0)

    def try_everything() -> None:
        attempts = (*hostile.NO_FILE, *hostile.REFUSED, *hostile.UNKNOWN)
        said = {attempt.__name__: hostile.outcome(attempt, keeper) for attempt in attempts}
        os.write(1, json.dumps(said).encode() + b"\n")
        last(keeper)
        os.write(1, b"lives\n")

    if kind == "card":

        def wait() -> None:
            pause = threading.Event()
            while not is_locked():
                pause.wait(_LOOK_EVERY_MS / 1000)
            try_everything()

        threading.Thread(target=wait, daemon=True).start()
        return card(int(channel))

    def sit_down(window: Window) -> None:
        timer = QTimer(window)

        def look() -> None:
            if is_locked():
                timer.stop()
                try_everything()

        timer.timeout.connect(look)
        timer.start(_LOOK_EVERY_MS)

    return visit(["--size", "800x600", channel], on_window=sit_down)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), hostile.ALL[sys.argv[3]], sys.argv[4]))
