# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What staff see at the counter of a visit: plain values, each with only the facts that decide where to go next."""

import enum
from dataclasses import dataclass

from townhall_kiosk.document_check import views as document
from townhall_kiosk.staff.acts import AssistStep, DeviceTest, StaffAct


class PinTrouble(enum.Enum):
    """Why the card did not sign."""

    WRONG = "wrong"
    LENGTH = "length"
    INTERRUPTED = "interrupted"
    LAST_TRY = "last-try"  # it has to be confirmed first; no try was used
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class CardBeingRead:
    """Whose card is it."""


@dataclass(frozen=True, slots=True)
class LastTryAsked:
    """One try is left: they say that they know."""


@dataclass(frozen=True, slots=True)
class PinAsked:
    """The PIN pad is open for PIN 1 of a card of staff."""

    tries_left: int
    trouble: PinTrouble | None = None
    last_try_confirmed: bool = False


@dataclass(frozen=True, slots=True)
class PinInUse:
    """The card signs the keeper's challenge, and the keeper looks at it."""

    tries_left: int
    last_try_confirmed: bool


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """They may not do this; the card is to be taken."""

    code: str


@dataclass(frozen=True, slots=True)
class Menu:
    """How the kiosk stands, and what can be done; ``told`` is what the last act came to."""

    told: str = ""  # id of a text
    code: str = ""


@dataclass(frozen=True, slots=True)
class Tests:
    """All tests, and how those ended that were made."""

    told: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Testing:
    """The machine tests by itself."""

    test: DeviceTest


@dataclass(frozen=True, slots=True)
class TouchTest:
    """Touch one target after the other."""

    following: int = 0


@dataclass(frozen=True, slots=True)
class Judging:
    """The person says whether it was right."""

    test: DeviceTest


@dataclass(frozen=True, slots=True)
class ReasonAsked:
    """Why is the kiosk taken out of service."""


@dataclass(frozen=True, slots=True)
class Confirming:
    """An act that is asked about once more."""

    act: StaffAct


@dataclass(frozen=True, slots=True)
class Doing:
    """The keeper does an act."""

    act: StaffAct


@dataclass(frozen=True, slots=True)
class OtherPersonAsked:
    """``act`` waits for another person's card, in this reader or the other."""

    act: StaffAct
    card_is_in: bool = True


@dataclass(frozen=True, slots=True)
class Finished:
    """What several people agreed to was done, or ``code`` says why not; the cards are to be taken."""

    code: str = ""


@dataclass(frozen=True, slots=True)
class AssistMenu:
    """What a clerk can do for the person whose screen is covered."""

    told: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class AssistLanguage:
    """In which language does the visit go on."""


@dataclass(frozen=True, slots=True)
class Assisting:
    """The keeper is asked whether this step may be done; ``choice`` is the language."""

    step: AssistStep
    choice: str = ""


View = (
    CardBeingRead
    | LastTryAsked
    | PinAsked
    | PinInUse
    | TurnedAway
    | Menu
    | Tests
    | Testing
    | TouchTest
    | Judging
    | ReasonAsked
    | Confirming
    | Doing
    | OtherPersonAsked
    | Finished
    | AssistMenu
    | AssistLanguage
    | Assisting
    | document.View
)

AtWork = CardBeingRead | PinInUse | Testing | Doing | Assisting | document.DocumentBeingRead
"""While the machine works."""
