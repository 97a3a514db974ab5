# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where a visit can be in which a PIN gets a new value. The codes lie on the desk until they are sent or dropped."""

from dataclasses import dataclass
from typing import ClassVar

from townhall_kiosk.pin_life.errand import PinErrand
from townhall_kiosk.state_facts import CardNeed, Idle, PinNotice
from townhall_smartcard.messages import PinRole
from townhall_smartcard.pin_rules import NewPinFault

_IDLE = Idle(60, 30)
_IDLE_WITH_PAPER = Idle(180, 45)  # somebody looks for an envelope


@dataclass(frozen=True, slots=True)
class ChoosingPin:
    """Which PIN, and how."""

    reader: str
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = _IDLE_WITH_PAPER
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class OfferingNewPin:
    """A PIN is blocked, or was never set, and can be set here."""

    errand: PinErrand
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = _IDLE_WITH_PAPER
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class ConfirmingLastCode:
    """One try is left for the code that is asked next: the person says that they know."""

    errand: PinErrand
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = _IDLE
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class EnteringCode:
    """The present PIN, the one in the envelope, or the PUK."""

    errand: PinErrand
    notice: PinNotice = PinNotice.NONE
    faults: tuple[NewPinFault, ...] = ()  # why the card did not take the new PIN that was sent before
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = _IDLE
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class EnteringNewPin:
    """The PIN that the person chooses."""

    errand: PinErrand
    faults: tuple[NewPinFault, ...] = ()  # of the one chosen before
    has_differed: bool = False  # the two entered before were not the same
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = _IDLE
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class RepeatingNewPin:
    """The same once more."""

    errand: PinErrand
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = _IDLE
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class ReplacingPin:
    """The card is at it. Whoever takes it out now learns that nobody knows which PIN holds."""

    errand: PinErrand
    at_reader: bool = False  # the person enters all codes at the reader's keys meanwhile
    card: ClassVar[CardNeed] = CardNeed.RELEASE
    idle: ClassVar[Idle | None] = None
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class NewPinSet:
    """Done; ``tries`` are those of the new PIN."""

    errand: PinErrand
    tries: int
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = _IDLE
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class NewPinUnknown:
    """The card broke off: it has the old PIN or the new one, and nobody knows before it is tried."""

    role: PinRole
    card_is_in: bool
    code: ClassVar[str] = "TH-KIOS-082"
    card: ClassVar[CardNeed] = CardNeed.RELEASE
    idle: ClassVar[Idle | None] = None
    lasts_s: ClassVar[int | None] = 60


Pad = EnteringCode | EnteringNewPin | RepeatingNewPin
"""Where digits are entered that nobody may hear."""

Asking = ChoosingPin | OfferingNewPin | ConfirmingLastCode | Pad | NewPinSet
Waiting = Asking | NewPinUnknown
State = Waiting | ReplacingPin
