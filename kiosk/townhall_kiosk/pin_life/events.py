# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What can happen while a PIN gets a new value."""

from dataclasses import dataclass

from townhall_kiosk.pin_life.errand import PinWay
from townhall_smartcard.messages import PinRole
from townhall_smartcard.pin_rules import NewPinFault


@dataclass(frozen=True, slots=True)
class PinsWanted:
    """The person wants to see to the PINs of their card."""


@dataclass(frozen=True, slots=True)
class PinChosen:
    """Which PIN, and how; with the tries of the code that gives the right to it."""

    role: PinRole
    way: PinWay
    tries_left: int


@dataclass(frozen=True, slots=True)
class NewPinFits:
    """Nobody would guess it early; it is on the desk."""


@dataclass(frozen=True, slots=True)
class NewPinUnfit:
    """It will not do: the rules say so before anything is sent, or the card does, and no try is lost."""

    faults: tuple[NewPinFault, ...]


@dataclass(frozen=True, slots=True)
class NewPinDiffers:
    """Entered once more it was another; nothing was sent."""


@dataclass(frozen=True, slots=True)
class PinWasReplaced:
    """The card has the new PIN, with so many tries."""

    tries: int


@dataclass(frozen=True, slots=True)
class CardBrokeOff:
    """Both codes were sent, and no answer came that says what the card did."""


Event = PinsWanted | PinChosen | NewPinFits | NewPinUnfit | NewPinDiffers | PinWasReplaced | CardBrokeOff
