# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A started process for the tests: says who it is and what it holds, and ends as it is told."""

import json
import os
import signal
import sys
from pathlib import Path

from townhall_process.child import live_as_child, take_end


def main() -> None:
    """Speak first, then do what each received byte says."""
    live_as_child()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    end = take_end(sys.argv)
    held = [int(path.name) for path in Path("/proc/self/fd").iterdir() if path.exists()]
    beside = sorted(number for number in held if number > 2 and number != end.fileno())
    end.sendall(json.dumps({"pid": os.getpid(), "arguments": sys.argv[1:-1], "beside": beside}).encode() + b"\n")
    while order := end.recv(1):
        if order == b"0":
            os._exit(0)
        if order == b"7":
            os._exit(75)
        if order == b"k":
            os.kill(os.getpid(), signal.SIGKILL)
        end.sendall(order.upper())
    signal.pause()  # a wedged process: its channel is closed, and it does not care


if __name__ == "__main__":
    main()
