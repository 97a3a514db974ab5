# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The key number: 24 digits that open a trustee's key, drawn by the machine, written down once, typed on any keyboard.

80 bits, stretched by scrypt: nobody tries them all. Digits only, so that it can be entered on the PIN pad, unseen, and
read in every script. It is in no string but where it is shown to be written down.
"""

from typing import Final

from townhall_crypto.secret import Secret
from townhall_voting.nonces import Randomness

DIGITS: Final = 24
_GROUP: Final = 4


def new_number(randomness: Randomness) -> Secret:
    """Return a fresh number as ASCII digits.

    Raises:
        RandomnessError: the source of randomness failed.
    """
    rest, digits = int.from_bytes(randomness.read(32), "big"), bytearray(DIGITS)
    for place in range(DIGITS):
        rest, digit = divmod(rest, 10)
        digits[place] = ord("0") + digit
    number = Secret(digits)
    digits[:] = bytes(DIGITS)
    return number


def shown(number: Secret) -> str:
    """Return the number as it is written down: six groups of four."""
    digits = bytes(number.reveal()).decode()
    return " ".join(digits[start : start + _GROUP] for start in range(0, DIGITS, _GROUP))


def entered(typed: bytearray) -> Secret | None:
    """Return the number that somebody typed, blanks and hyphens left out; None if it is none. ``typed`` is wiped."""
    digits = bytearray(each for each in typed if each not in b" -\n")
    try:
        return Secret(digits) if len(digits) == DIGITS and digits.isdigit() else None
    finally:
        for buffer in (typed, digits):
            buffer[:] = bytes(len(buffer))
