# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The ways to use the window: size of text, contrast, and switches; kept for one visit, given by the caller."""

import enum
from dataclasses import dataclass

from townhall_ui.theme import Contrast, TextSize


class Switches(enum.Enum):
    """How somebody with switches in place of hands goes through a screen."""

    NONE = "none"
    ONE = "one"  # the mark moves by itself, the switch takes what is marked
    TWO = "two"  # one switch moves the mark, the other takes what is marked


class ScanSpeed(enum.Enum):
    """Seconds that the mark of the one switch stays on each thing."""

    SLOW = 3.0
    MEDIUM = 2.0
    FAST = 1.2


@dataclass(frozen=True, slots=True)
class Scanning:
    """Whether the window is scanned by switches, and how fast."""

    switches: Switches = Switches.NONE
    speed: ScanSpeed = ScanSpeed.MEDIUM


@dataclass(frozen=True, slots=True)
class Ways:
    """How one person uses the window; the default is what each visit begins with."""

    text_size: TextSize = TextSize.SECOND
    contrast: Contrast = Contrast.DEFAULT
    scanning: Scanning = Scanning()
