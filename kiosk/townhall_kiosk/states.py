# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where a visit can be; each state carries only the facts that exist in it.

What was collected (identity, answers, document) lies on the visit's desk and ends with the process; here are the facts
that decide where to go next. Every state class says what taking the card out means (``card``), how long it waits for
somebody (``idle``) and after how many seconds it passes by itself (``lasts_s``).
"""

import enum
from dataclasses import dataclass, field
from typing import ClassVar

from townhall_kiosk.card_problem import CardProblem
from townhall_smartcard.messages import PinRole


class CardNeed(enum.Enum):
    """What taking the card out means in a state."""

    NONE = "none"  # nobody needs it
    VISIT = "visit"  # without it the visit stops and nothing was sent
    RELEASE = "release"  # it is what we wait for


class Outcome(enum.Enum):
    """How a visit ended, as the person is told and the audit trail records it."""

    NOTHING_SENT = "nothing-sent"
    STORED = "stored"


class PinNotice(enum.Enum):
    """What to say above the PIN pad."""

    NONE = "none"
    WRONG = "wrong"
    LENGTH = "length"
    INTERRUPTED = "interrupted"  # another program disturbed the card: enter it again


class Paper(enum.Enum):
    """What became of the receipt on paper."""

    NOT_ASKED = "not-asked"
    PRINTED = "printed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Idle:
    """How long a screen waits for somebody, and how long it then counts down; seconds."""

    wait_s: int
    countdown_s: int


_EMPTY_HANDED = Idle(60, 20)
_PIN = Idle(60, 30)
_FORM = Idle(180, 45)


@dataclass(frozen=True, slots=True)
class Attract:
    """Nobody is here."""

    card: ClassVar[CardNeed] = CardNeed.NONE
    idle: ClassVar[Idle | None] = None
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class PreviousEnded:
    """The visit before this one broke off; the person may still be here."""

    number: str | None  # of the stored transaction; None: nothing was sent
    has_receipt: bool = False
    closed: str = ""  # code of why nobody is served after this was read; empty: somebody is
    paper: Paper = Paper.NOT_ASKED
    card: ClassVar[CardNeed] = CardNeed.NONE
    idle: ClassVar[Idle | None] = None
    lasts_s: ClassVar[int | None] = 60


@dataclass(frozen=True, slots=True)
class ChoosingLanguage:
    """A card came before a language."""

    card: ClassVar[CardNeed] = CardNeed.NONE
    idle: ClassVar[Idle | None] = _EMPTY_HANDED
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class WaitingForCard:
    """A language is chosen; the card is not in yet."""

    card: ClassVar[CardNeed] = CardNeed.NONE
    idle: ClassVar[Idle | None] = _EMPTY_HANDED
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class SeveralCards:
    """More than one card is in; none is chosen silently."""

    card: ClassVar[CardNeed] = CardNeed.NONE
    idle: ClassVar[Idle | None] = _EMPTY_HANDED
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class ReadingCard:
    """The card says who it belongs to."""

    reader: str
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = None
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class CardRefused:
    """This card cannot be used here; it is to be taken out."""

    problem: CardProblem
    card: ClassVar[CardNeed] = CardNeed.RELEASE
    idle: ClassVar[Idle | None] = None
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class ConfirmingLastTry:
    """One try is left: the person says that they know."""

    reader: str
    role: PinRole
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = _PIN
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
    idle: ClassVar[Idle | None] = _PIN
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class UsingPin:
    """The card works with a PIN: authentication or signature."""

    reader: str
    role: PinRole
    tries_left: int
    last_try_confirmed: bool
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = None
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class ChoosingService:
    """The person is known; what do they want."""

    reader: str
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = _FORM
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class Answering:
    """One question of the form."""

    reader: str
    question: int  # position among the questions that apply now
    problem: str = ""  # what was wrong with the last answer, in the person's language
    refused: str = field(default="", repr=False)  # that answer, which stays on the screen to be mended
    is_changing: bool = False  # came from the review and returns there
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = _FORM
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class Reviewing:
    """All answers before the document is made."""

    reader: str
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = _FORM
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class MakingDocument:
    """The answers become the document."""

    reader: str
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = None
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class ReadingDocument:
    """Exactly what will be signed."""

    reader: str
    signature_tries: int
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = _FORM
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class Committing:
    """Signed; sealed and on its way to the journal. Taking the card out changes nothing any more."""

    card_is_in: bool = True
    card: ClassVar[CardNeed] = CardNeed.NONE
    idle: ClassVar[Idle | None] = None
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class ShowingReceipt:
    """Done, and durable."""

    card_is_in: bool
    paper: Paper = Paper.NOT_ASKED
    card: ClassVar[CardNeed] = CardNeed.RELEASE
    idle: ClassVar[Idle | None] = Idle(60, 20)
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class TakingCard:
    """The only exit while a card is in."""

    outcome: Outcome
    card: ClassVar[CardNeed] = CardNeed.RELEASE
    idle: ClassVar[Idle | None] = None
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class Thanked:
    """The card is out; goodbye."""

    outcome: Outcome
    card: ClassVar[CardNeed] = CardNeed.NONE
    idle: ClassVar[Idle | None] = None
    lasts_s: ClassVar[int | None] = 5


@dataclass(frozen=True, slots=True)
class StoppedEarly:
    """The card is gone before anything was sent."""

    card: ClassVar[CardNeed] = CardNeed.NONE
    idle: ClassVar[Idle | None] = None
    lasts_s: ClassVar[int | None] = 15


@dataclass(frozen=True, slots=True)
class StillThere:
    """A countdown; any touch goes back."""

    resume: "Resumable"
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = None
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class OutOfService:
    """Something broke; the card is released first."""

    code: str
    card_is_in: bool
    card: ClassVar[CardNeed] = CardNeed.RELEASE
    idle: ClassVar[Idle | None] = None
    lasts_s: ClassVar[int | None] = 60


@dataclass(frozen=True, slots=True)
class Ended:
    """The process may leave."""

    outcome: Outcome
    card: ClassVar[CardNeed] = CardNeed.NONE
    idle: ClassVar[Idle | None] = None
    lasts_s: ClassVar[int | None] = None


Resumable = (
    ChoosingLanguage
    | WaitingForCard
    | SeveralCards
    | ConfirmingLastTry
    | EnteringPin
    | ChoosingService
    | Answering
    | Reviewing
    | ReadingDocument
    | ShowingReceipt
)

State = (
    Attract
    | PreviousEnded
    | Resumable
    | ReadingCard
    | CardRefused
    | UsingPin
    | MakingDocument
    | Committing
    | TakingCard
    | Thanked
    | StoppedEarly
    | StillThere
    | OutOfService
    | Ended
)
