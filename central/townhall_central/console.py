# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the commands say: results on stdout for scripts, refusals on stderr."""

import sys


def say(line: str) -> None:
    """Write one line of a command's result, at once."""
    print(line, flush=True)  # noqa: T201 - this is what a command's output is


def complain(line: str) -> None:
    """Write one line for whoever gave the command."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - this is what a command's output is
