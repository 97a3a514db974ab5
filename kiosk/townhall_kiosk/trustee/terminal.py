# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A trustee at a terminal: what every step of ``townhall trustee`` asks for, and how it is typed."""

import argparse
import os
import sys
import termios
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from townhall_crypto.secret import Secret

_MAX_LINE: Final = 4096  # what a terminal hands over at once

if TYPE_CHECKING:
    from townhall_voting.randomness import MixedRandomness


def step_parser(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    words: str,
    run: Callable[[argparse.Namespace], int],
) -> argparse.ArgumentParser:
    """Add a step of ``townhall trustee``: own folder, folder that goes round, randomness."""
    parser = commands.add_parser(name, help=words)
    parser.add_argument("--home", type=Path, required=True, help="the trustee's own folder; never on the stick")
    parser.add_argument("--folder", type=Path, required=True, help="the folder that goes round among trustees")
    parser.add_argument("--tpm", type=Path, metavar="DEVICE", help="mix in this TPM's randomness (/dev/tpmrm0)")
    parser.set_defaults(run=run)
    return parser


def mixed_randomness(tpm: Path | None) -> "MixedRandomness":
    """Return the machine's randomness: the operating system's, and the TPM's where the trustee names one.

    Raises:
        RandomnessError: a source is missing or fails its start-up test.
    """
    from townhall_voting.randomness import MixedRandomness, OperatingSystem, Tpm  # noqa: PLC0415  # as below

    return MixedRandomness((OperatingSystem(),) if tpm is None else (OperatingSystem(), Tpm(tpm)))


def number() -> Secret:
    """Return the key number that the trustee types, unseen.

    Raises:
        KeyLockedError: it is no key number.
    """
    from townhall_voting.errors import KeyLockedError  # noqa: PLC0415  # other commands need no groups

    entered_number = asked_number()
    if entered_number is None:
        raise KeyLockedError
    return entered_number


def asked_number() -> Secret | None:
    """Return the key number that the trustee types, unseen; None if it is none."""
    from townhall_kiosk.trustee.key_number import entered  # noqa: PLC0415  # other commands need no groups

    if not sys.stdin.isatty():
        return entered(bytearray(sys.stdin.buffer.readline()))
    sys.stderr.write("Key number: ")
    sys.stderr.flush()
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    unseen = [*before]
    unseen[3] &= ~termios.ECHO  # local modes
    line = bytearray(_MAX_LINE)
    try:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, unseen)
        length = os.readv(terminal, [line])
        return entered(line[:length])
    finally:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
        line[:] = bytes(len(line))
        sys.stderr.write("\n")


def typed(question: str) -> str:
    """Return a line that the trustee types, seen."""
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline()


def say(text: str) -> None:
    """Tell the trustee."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
