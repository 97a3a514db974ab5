# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a simulated card makes of the bytes it gets, and what it answers (ISO/IEC 7816-3 §12.1)."""

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
    """A command with its parts; ``expected`` is Ne: 1 to 256 bytes, or to 65536; None where no Le was sent."""

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


def parse_command(untrusted: bytes, *, knows_extended: bool = False) -> Command | None:
    """Return the command, or None if the lengths contradict each other, or are extended and the card knows none."""
    if len(untrusted) < 4:
        return None
    cla, ins, p1, p2 = untrusted[:4]
    body = untrusted[4:]
    if len(body) <= 1:
        return Command(cla, ins, p1, p2, expected=_expected(body))
    if body[0] == 0 and not knows_extended:
        return None
    parts = _parts(body[0], body[1:], 1) if body[0] else _extended_parts(body[1:])
    return None if parts is None else Command(cla, ins, p1, p2, parts[0], _expected(parts[1]))


def _extended_parts(body: bytes) -> tuple[bytes, bytes] | None:
    if len(body) == 2:
        return b"", body
    length = int.from_bytes(body[:2], "big")
    return _parts(length, body[2:], 2) if length else None


def _parts(length: int, body: bytes, longest_le: int) -> tuple[bytes, bytes] | None:
    """Return data and Le, if the bytes are as many as they should be."""
    data, rest = body[:length], body[length:]
    return (data, rest) if len(data) == length and len(rest) in (0, longest_le) else None


def _expected(le: bytes) -> int | None:
    return (int.from_bytes(le, "big") or 1 << 8 * len(le)) if le else None
