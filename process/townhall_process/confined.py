# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Before foreign code runs in a process of ours: nothing of a terminal, and only so much memory and time."""

import os
import resource


def silence() -> None:
    """Give up standard input, output and error: what runs here may print a secret, and must not spoil an output."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)


def limit_memory(most_bytes: int) -> None:
    """Let code that leaks, or unpacks a bomb, end itself and not the machine."""
    resource.setrlimit(resource.RLIMIT_DATA, (most_bytes, most_bytes))


def limit_work(most_s: int) -> None:
    """Let code that never ends be ended by the kernel, after so many seconds of work."""
    resource.setrlimit(resource.RLIMIT_CPU, (most_s, most_s))
