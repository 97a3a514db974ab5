# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""How loud and how fast somebody is spoken to."""

import enum
from dataclasses import dataclass, replace
from typing import Self


class Volume(enum.Enum):
    """In the unit of SSIP's ``SET VOLUME``: -100 to 100, of which espeak-ng makes an amplitude of 0 to 100 %.

    No step is more than 10 dB (VVSG 2.0, 7.1-K); how loud the loudest is, the sound card says.
    """

    QUIET = -92
    MEDIUM = -78
    LOUD = -32
    LOUDEST = 100

    @property
    def percent(self) -> int:
        """The amplitude, of that of the loudest."""
        return (self.value + 100) // 2


class Rate(enum.Enum):
    """In the unit of SSIP's ``SET RATE``: -100 to 100.

    ``packaging/etc/speech`` gives the ends and the middle their words a minute: half, once and twice the usual rate,
    so that the levels are 50, 75, 100 ... 200 % (VVSG 2.0, 7.1-K: six to eight of them).
    """

    SLOWEST = -100
    SLOW = -50
    MEDIUM = 0
    BRISK = 25
    FAST = 50
    FASTER = 75
    FASTEST = 100


@dataclass(frozen=True, slots=True)
class Voice:
    """One person's choice; the default is what each visit begins with."""

    volume: Volume = Volume.MEDIUM
    rate: Rate = Rate.MEDIUM

    def turned(self, steps: int) -> Self:
        """Return the voice so many steps louder (or quieter), as far as the volume goes."""
        levels = list(Volume)
        position = min(max(levels.index(self.volume) + steps, 0), len(levels) - 1)
        return replace(self, volume=levels[position])
