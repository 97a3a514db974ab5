# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A parent that prints the id of its child and sleeps; the child asked to die with it."""

import os
import signal
import sys

from townhall_process.child import die_with_parent


def main() -> None:
    """Fork; the child tells through a pipe that it is ready."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        die_with_parent()
        os.write(writing, b"!")
        while True:
            signal.pause()
    os.read(reading, 1)
    sys.stdout.write(f"{child}\n")
    sys.stdout.flush()
    signal.pause()


if __name__ == "__main__":
    main()
