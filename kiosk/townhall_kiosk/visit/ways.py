# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""How one person uses the kiosk: the look of the window, switches, and the voice. Kept for one visit only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Final

from townhall_kiosk.speech.voice import Rate, Voice, Volume
from townhall_ui.theme import Contrast, TextSize
from townhall_ui.ways import ScanSpeed, Switches, Ways

SPEECH, REPEAT = "speech", "repeat"
"""The one choice that changes nothing: what was said last is said again."""


@dataclass(frozen=True, slots=True)
class PersonWays:
    """The default is what each visit begins with."""

    look: Ways = field(default_factory=Ways)
    voice: Voice = field(default_factory=Voice)

    def changed(self, group: str, choice: str) -> "PersonWays":
        """Return the ways with another choice in one group; names that stand nowhere change nothing."""
        axis = AXES.get(group)
        chosen = None if axis is None else next((each for each in axis.kind if name_of(each) == choice), None)
        return self if axis is None or chosen is None else axis.put(self, chosen)

    def larger(self) -> "PersonWays":
        """Return the ways with the next size of text; after the largest comes the smallest."""
        sizes = tuple(TextSize)
        following = sizes[(sizes.index(self.look.text_size) + 1) % len(sizes)]
        return replace(self, look=replace(self.look, text_size=following))


@dataclass(frozen=True, slots=True)
class Axis:
    """One thing that can be had in several ways: all of them, which it is, and how it is changed."""

    kind: type[Enum]
    now: Callable[[PersonWays], Enum]
    put: Callable[[PersonWays, Any], PersonWays]  # Any: a member of ``kind``, which typing cannot say


def name_of(member: Enum) -> str:
    """Return how a member is called on the screen's model and in the catalogues."""
    return member.name.lower().replace("_", "-")


def _scanned(ways: PersonWays, **changes: Any) -> PersonWays:  # noqa: ANN401  # fields of Scanning
    return replace(ways, look=replace(ways.look, scanning=replace(ways.look.scanning, **changes)))


AXES: Final[Mapping[str, Axis]] = {
    "text-size": Axis(
        TextSize, lambda w: w.look.text_size, lambda w, to: replace(w, look=replace(w.look, text_size=to))
    ),
    "contrast": Axis(Contrast, lambda w: w.look.contrast, lambda w, to: replace(w, look=replace(w.look, contrast=to))),
    "switches": Axis(Switches, lambda w: w.look.scanning.switches, lambda w, to: _scanned(w, switches=to)),
    "speed": Axis(ScanSpeed, lambda w: w.look.scanning.speed, lambda w, to: _scanned(w, speed=to)),
    "volume": Axis(Volume, lambda w: w.voice.volume, lambda w, to: replace(w, voice=replace(w.voice, volume=to))),
    "rate": Axis(Rate, lambda w: w.voice.rate, lambda w, to: replace(w, voice=replace(w.voice, rate=to))),
}
"""By group, in the order of the screen."""
