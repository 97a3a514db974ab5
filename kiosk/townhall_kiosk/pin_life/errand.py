# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What somebody is about who gives a PIN a new value."""

import enum
from dataclasses import dataclass

from townhall_smartcard.messages import PinRole


class PinWay(enum.Enum):
    """By right of what a PIN gets its new value."""

    CHANGE = "change"  # its present value
    ACTIVATE = "activate"  # the value in the envelope that came with a new card
    UNBLOCK = "unblock"  # the PUK


class After(enum.Enum):
    """Where the person was, and goes on once the PIN is set."""

    READ = "read"  # before PIN 1: the card is read anew
    SERVICES = "services"
    DOCUMENT = "document"  # the document that was to be signed is still there


@dataclass(frozen=True, slots=True)
class PinErrand:
    """One PIN to be set; ``tries_left`` are those of the code that gives the right to it."""

    reader: str
    role: PinRole
    way: PinWay
    after: After
    tries_left: int
    last_try_confirmed: bool = False

    @property
    def code(self) -> PinRole:
        """Which secret is asked first."""
        return PinRole.UNBLOCKING if self.way is PinWay.UNBLOCK else self.role
