# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Colours by role, and the contrast modes: each mode is one palette, and no view knows which.

VVSG 2.0: whatever is to be read or touched stands out by 10:1 at first (7.1-C) and by 20:1 in the high modes (7.1-D),
where shapes and words alone tell what colours tell elsewhere; what is read stands out by 4.5:1 to 8:1 in the low one.
"""

import enum
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours by role, each ``#rrggbb``; a contrast mode is one of these."""

    page: str = "#ffffff"
    ink: str = "#0b0c0c"
    muted: str = "#2f363b"  # running text of lesser weight
    surface: str = "#eef2f4"  # panels, trays of keys
    edge: str = "#3a4248"  # the line around a control
    rule: str = "#cfd6da"  # lines that only decorate
    band: str = "#10344a"
    on_band: str = "#ffffff"
    band_soft: str = "#dbe9f2"  # lesser text on the band
    band_deep: str = "#0b0c0c"  # a button of the band while it is pressed
    primary: str = "#00401d"
    primary_deep: str = "#001f0e"
    on_primary: str = "#ffffff"
    focus: str = "#ffdd00"
    on_focus: str = "#0b0c0c"
    asleep: str = "#dde3e7"  # a control that cannot be used now
    on_asleep: str = "#262c30"
    chosen: str = "#e3f0e9"
    plain: str = "#10344a"  # signs and edges of notices without a tone, a key that is down
    on_plain: str = "#ffffff"
    plain_tint: str = "#e8f0f5"
    good: str = "#00401d"
    good_tint: str = "#e3f0e9"
    warning: str = "#5a2f00"
    warning_tint: str = "#fff2d6"
    problem: str = "#74080d"
    problem_tint: str = "#fdecec"
    mode: str = "#5b1f78"  # the frame while somebody else is at work here
    on_mode: str = "#ffffff"

    def roles(self) -> dict[str, str]:
        """Each role and its colour."""
        return asdict(self)


HIGH_CONTRAST_LIGHT = Palette(
    ink="#000000",
    muted="#000000",
    surface="#ffffff",
    edge="#000000",
    rule="#000000",
    band="#000000",
    band_soft="#ffffff",
    band_deep="#333333",
    primary="#000000",
    primary_deep="#333333",
    focus="#ffff99",
    on_focus="#000000",
    asleep="#ffffff",
    on_asleep="#474747",
    chosen="#ffffff",
    plain="#000000",
    plain_tint="#ffffff",
    good="#000000",
    good_tint="#ffffff",
    warning="#000000",
    warning_tint="#ffffff",
    problem="#000000",
    problem_tint="#ffffff",
    mode="#12001a",
)

HIGH_CONTRAST_DARK = Palette(
    page="#000000",
    ink="#ffffff",
    muted="#ffffff",
    surface="#000000",
    edge="#ffffff",
    rule="#ffffff",
    band="#080808",
    band_soft="#ffffff",
    band_deep="#000000",
    primary="#ffffff",
    primary_deep="#cccccc",
    on_primary="#000000",
    focus="#ffff99",
    on_focus="#000000",
    asleep="#000000",
    on_asleep="#b4b4b4",
    chosen="#000000",
    plain="#ffffff",
    on_plain="#000000",
    plain_tint="#000000",
    good="#ffffff",
    good_tint="#000000",
    warning="#ffffff",
    warning_tint="#000000",
    problem="#ffffff",
    problem_tint="#000000",
    mode="#ffffff",
    on_mode="#000000",
)

LOW_CONTRAST = Palette(
    page="#e4e0d5",
    ink="#636058",
    muted="#636058",
    surface="#e4e0d5",
    edge="#77746b",
    rule="#cfcabd",
    band="#55656e",
    on_band="#e4e0d5",
    band_soft="#e4e0d5",
    band_deep="#4a5961",
    primary="#3f6a52",
    primary_deep="#375f49",
    on_primary="#e4e0d5",
    focus="#e8cf57",
    on_focus="#5f5a2c",
    asleep="#d8d3c6",
    on_asleep="#5d5a52",
    chosen="#d9e0d2",
    plain="#55656e",
    on_plain="#e4e0d5",
    plain_tint="#dfdfd9",
    good="#3f6a52",
    good_tint="#dce2d4",
    warning="#7d5a28",
    warning_tint="#eadfc6",
    problem="#8f4a45",
    problem_tint="#ecdad3",
    mode="#6e5580",
    on_mode="#e4e0d5",
)


class Contrast(enum.Enum):
    """The contrast modes."""

    DEFAULT = Palette()
    HIGH_LIGHT = HIGH_CONTRAST_LIGHT
    HIGH_DARK = HIGH_CONTRAST_DARK
    LOW = LOW_CONTRAST
