# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where a visit can be while a PIN is about to be entered at the reader's own keys: the person begins when ready.

A reader waits for half a minute and no longer, so it is not started before somebody says so.
"""

from dataclasses import dataclass
from typing import ClassVar

from townhall_kiosk.pin_life.errand import PinErrand
from townhall_kiosk.pin_states import PIN_IDLE
from townhall_kiosk.state_facts import CardNeed, Idle, PinNotice
from townhall_kiosk.voting.apart_states import VOTING_IDLE
from townhall_smartcard.messages import PinRole
from townhall_smartcard.pin_rules import NewPinFault


@dataclass(frozen=True, slots=True)
class ReadyForPin:
    """In place of the pad on the screen, for PIN 1 or PIN 2."""

    reader: str
    role: PinRole
    tries_left: int
    notice: PinNotice = PinNotice.NONE
    last_try_confirmed: bool = False
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = PIN_IDLE
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class ReadyForVotePin:
    """In place of the pad on which a voter enters PIN 2."""

    reader: str
    tries_left: int
    notice: PinNotice = PinNotice.NONE
    last_try_confirmed: bool = False
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = VOTING_IDLE
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class ReadyForNewPin:
    """In place of the pads for the code that gives the right and for the new PIN: the reader asks for all of them."""

    errand: PinErrand
    notice: PinNotice = PinNotice.NONE
    faults: tuple[NewPinFault, ...] = ()  # why the card did not take the new PIN that was entered before
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = PIN_IDLE
    lasts_s: ClassVar[int | None] = None


Asking = ReadyForPin | ReadyForVotePin | ReadyForNewPin
