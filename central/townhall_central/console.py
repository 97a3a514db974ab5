# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the commands say: results on stdout for scripts, refusals on stderr."""

import getpass
import sys
from pathlib import Path

from townhall_central.errors import SetupError
from townhall_central.keys import read_private
from townhall_crypto.secret import Secret


def say(line: str) -> None:
    """Write one line of a command's result, at once."""
    print(line, flush=True)  # noqa: T201 - this is what a command's output is


def complain(line: str) -> None:
    """Write one line for whoever gave the command."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - this is what a command's output is


def ask_passphrase(path: Path | None, of: str, *, is_new: bool) -> Secret:
    """Return the passphrase of ``of``: from a private file, else from whoever sits at the terminal.

    Raises:
        SetupError: there is no terminal, or a new passphrase was typed in two ways.
    """
    if path is not None:
        return Secret(read_private(path).rstrip(b"\r\n"))
    if not sys.stdin.isatty():
        raise SetupError("no terminal to ask for the passphrase: give --passphrase-file")
    typed = getpass.getpass(f"Passphrase of {of}: ")
    if is_new and getpass.getpass("Once more: ") != typed:
        raise SetupError("the passphrases differ")
    return Secret(typed.encode())
