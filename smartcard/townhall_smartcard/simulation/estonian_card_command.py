# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a simulated card makes of the bytes it gets, and what it answers (ISO/IEC 7816-3 §12.1, short lengths only)."""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from townhall_smartcard.status import StatusWord

LONGEST_ANSWER: Final = 256


class Answer(NamedTuple):
    """A status word with the data before it."""

    status: int = StatusWord.OK
    data: bytes = b""

    def to_bytes(self) -> bytes:
        """Return data and status word as they go over the line."""
        return self.data + self.status.to_bytes(2, "big")


@dataclass(frozen=True, slots=True)
class Command:
    """A command with its parts; ``expected`` is Ne: 1 to 256 bytes, None where no Le was sent."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = field(default=b"", repr=False)
    expected: int | None = None

    @property
    def parameters(self) -> tuple[int, int]:
        """P1 and P2."""
        return self.p1, self.p2


def parse_command(untrusted: bytes) -> Command | None:
    """Return the command, or None if the lengths contradict each other. This card knows no extended lengths."""
    if len(untrusted) < 4:
        return None
    cla, ins, p1, p2 = untrusted[:4]
    body = untrusted[4:]
    if len(body) <= 1:
        return Command(cla, ins, p1, p2, expected=_expected(body))
    data, rest = body[1 : 1 + body[0]], body[1 + body[0] :]
    if body[0] == 0 or len(data) != body[0] or len(rest) > 1:
        return None
    return Command(cla, ins, p1, p2, data, _expected(rest))


def _expected(le: bytes) -> int | None:
    return (le[0] or LONGEST_ANSWER) if le else None
