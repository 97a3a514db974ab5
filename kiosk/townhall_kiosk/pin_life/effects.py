# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a step of a new PIN asks the visit's runner to do; whoever takes a secret wipes it."""

from dataclasses import dataclass, field

from townhall_kiosk.pin_life.errand import PinErrand


@dataclass(frozen=True, slots=True)
class KeepCode:
    """Put the code that gives the right on the desk, in place of what was there."""

    pin: bytearray = field(repr=False)


@dataclass(frozen=True, slots=True)
class ForgetCodes:
    """Wipe what is on the desk of codes and new PINs."""


@dataclass(frozen=True, slots=True)
class JudgeNewPin:
    """Put the new PIN on the desk if it fits."""

    errand: PinErrand
    pin: bytearray = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReplacePin:
    """If this is the new PIN once more, have the card take it."""

    errand: PinErrand
    pin: bytearray = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReplacePinAtReader:
    """Have the code that gives the right, and the new PIN twice, entered at the reader's keys."""

    errand: PinErrand


Job = JudgeNewPin | ReplacePin | ReplacePinAtReader
Effect = KeepCode | ForgetCodes | Job
