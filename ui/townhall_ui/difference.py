# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What one act changed in a text: for the echo of keys."""

from itertools import takewhile


def difference(before: str, after: str) -> tuple[str, str]:
    """What came into a text and what went out of it, between the parts that stayed at both ends."""
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    return after[start : len(after) - end], before[start : len(before) - end]


def _common(one: str, other: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
