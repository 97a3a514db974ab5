# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a session and its page follow from besides answers: clock, seed and births of repeats; place and time."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from townhall_forms.nodes import Node

SEED_BYTES = 32

# Separates these values from every other use of a seed.
_NAMESPACE = b"townhall/forms/draw/1\0"


@dataclass(frozen=True, slots=True, repr=False)
class SessionRecord:
    """The circumstances of one session. From them and the answers, every value of the form follows."""

    opened: datetime  # aware; the clock stood still from then on
    seed: bytes  # ``SEED_BYTES`` of them; every value of chance is drawn from it
    births: tuple[tuple[str, int], ...] = ()  # (ref, birth) of repeats whose birth is not their position


@dataclass(frozen=True, slots=True)
class PageFacts:
    """Where and when a page was made, as it says: with a plain offset, in whole seconds."""

    place: str
    made: datetime


def with_plain_offset(now: datetime) -> datetime:
    """Return the same moment with its offset alone: a place's summer time would not survive being written down.

    Raises:
        ValueError: it has no time zone.
    """
    offset = now.utcoffset()
    if offset is None:
        raise ValueError("now has no time zone")
    return now.astimezone(timezone(timedelta(seconds=round(offset.total_seconds()))))


def draw(seed: bytes, node: Node, rule: str, number: int, length: int) -> bytes:
    """Return ``length`` bytes of chance: the same for the same node, rule and number of the draw in it.

    So the order in which nodes are computed does not matter, and neither does how often.
    """
    place = f"{node.birthplace}\0{number}\0{rule}".encode()
    return hashlib.shake_256(_NAMESPACE + seed + place).digest(length)
