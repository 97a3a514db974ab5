# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where a visit can be with a PIN; ``states`` shows them under its own name."""

from dataclasses import dataclass
from typing import ClassVar

from townhall_kiosk.state_facts import CardNeed, Idle, PinNotice
from townhall_smartcard.messages import PinRole

PIN_IDLE = Idle(60, 30)


@dataclass(frozen=True, slots=True)
class ConfirmingLastTry:
    """One try is left: the person says that they know."""

    reader: str
    role: PinRole
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = PIN_IDLE
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class EnteringPin:
    """The PIN pad is open."""

    reader: str
    role: PinRole
    tries_left: int
    notice: PinNotice = PinNotice.NONE
    last_try_confirmed: bool = False
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = PIN_IDLE
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class UsingPin:
    """The card works with a PIN: authentication or signature."""

    reader: str
    role: PinRole
    tries_left: int
    last_try_confirmed: bool
    at_reader: bool = False  # the person enters it at the reader's keys meanwhile
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = None
    lasts_s: ClassVar[int | None] = None
