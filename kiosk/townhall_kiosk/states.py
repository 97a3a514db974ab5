# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where a visit can be; each state carries only the facts that exist in it.

What was collected (identity, answers, document) lies on the visit's desk and ends with the process; here are the facts
that decide where to go next. Every state class says what taking the card out means (``card``), how long it waits for
somebody (``idle``) and after how many seconds it passes by itself (``lasts_s``).
"""

from dataclasses import dataclass, field
from typing import ClassVar

from townhall_kiosk.card_problem import CardProblem
from townhall_kiosk.finding import states as find
from townhall_kiosk.finding.states import ChoosingService as ChoosingService  # noqa: PLC0414  # shown here
from townhall_kiosk.pin_life import states as pins
from townhall_kiosk.pin_states import PIN_IDLE
from townhall_kiosk.pin_states import ConfirmingLastTry as ConfirmingLastTry  # noqa: PLC0414  # shown here
from townhall_kiosk.pin_states import EnteringPin as EnteringPin  # noqa: PLC0414  # shown here
from townhall_kiosk.pin_states import UsingPin as UsingPin  # noqa: PLC0414  # shown here
from townhall_kiosk.reader_keys import states as keys
from townhall_kiosk.staff import views
from townhall_kiosk.staff.acts import StaffAct
from townhall_kiosk.state_facts import CardNeed as CardNeed  # noqa: PLC0414  # shown here
from townhall_kiosk.state_facts import Idle as Idle  # noqa: PLC0414  # shown here
from townhall_kiosk.state_facts import Outcome as Outcome  # noqa: PLC0414  # shown here
from townhall_kiosk.state_facts import Paper as Paper  # noqa: PLC0414  # shown here
from townhall_kiosk.state_facts import PinNotice as PinNotice  # noqa: PLC0414  # shown here
from townhall_kiosk.voting import states as vote

_EMPTY_HANDED = Idle(60, 20)
_WAITING_FOR_STAFF = Idle(300, 45)
_STAFF_LOCK = Idle(600, 0)  # staff are told nothing before: they come in again
_FORM = Idle(180, 45)


@dataclass(frozen=True, slots=True)
class Attract:
    """Nobody is here."""

    card: ClassVar[CardNeed] = CardNeed.NONE
    idle: ClassVar[Idle | None] = None
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class Arrived:
    """Somebody is here, chose ways to use the kiosk or called for help, and has no language yet."""

    card: ClassVar[CardNeed] = CardNeed.NONE
    idle: ClassVar[Idle | None] = _EMPTY_HANDED
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class PreviousEnded:
    """The visit before this one broke off; the person may still be here."""

    number: str | None  # of the stored transaction; None: nothing was sent
    has_receipt: bool = False
    closed: str = ""  # code of why nobody is served after this was read; empty: somebody is
    paper: Paper = Paper.NOT_ASKED
    has_voted: bool = False  # what was stored is a vote
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
class EnteringAccessNumber:
    """The card is held to a reader, and opens with the number printed on it."""

    reader: str
    was_wrong: bool = False  # the number given before
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = PIN_IDLE
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class CardRefused:
    """This card cannot be used here; it is to be taken out."""

    problem: CardProblem
    card: ClassVar[CardNeed] = CardNeed.RELEASE
    idle: ClassVar[Idle | None] = None
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
    is_incomplete: bool = False  # several questions must have another answer first: they are listed instead
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
class ChoosingWays:
    """Size of text, contrast, speech, switches: over where the person was, who goes back there."""

    resume: "Waiting"
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = _FORM
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class HelpComing:
    """A member of staff was called; over where the person was, who goes back there."""

    resume: "Waiting | ChoosingWays"
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = _WAITING_FOR_STAFF
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class StillThere:
    """A countdown; any touch goes back."""

    resume: "Resumable"
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = None
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class AtCounter:
    """Staff are at the screen (``staff.counter`` has its table); what was there before is covered, and goes on."""

    view: views.View
    reader: str  # where their card is
    beneath: "State | None" = None
    is_own_reader: bool = True  # that reader is the citizens'; False: it is for staff only
    agreeing: StaffAct | None = None  # what a further person is asked to agree to
    card: ClassVar[CardNeed] = CardNeed.RELEASE
    idle: ClassVar[Idle | None] = _STAFF_LOCK
    lasts_s: ClassVar[int | None] = None

    @property
    def is_assist(self) -> bool:
        """Whether a person's visit is beneath."""
        return self.beneath is not None and not isinstance(self.beneath, Attract | OutOfService)

    @property
    def is_card_in(self) -> bool:
        """Whether the card of staff is in a reader."""
        return not isinstance(self.view, views.OtherPersonAsked) or self.view.card_is_in


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


Asking = (
    Arrived
    | ChoosingLanguage
    | WaitingForCard
    | SeveralCards
    | EnteringAccessNumber
    | ConfirmingLastTry
    | EnteringPin
    | ChoosingService
    | Answering
    | Reviewing
    | ReadingDocument
    | ShowingReceipt
    | find.State
    | keys.Asking
    | pins.Asking
    | vote.Asking
)

"""Where a person is asked for something; turns into a countdown when nobody is there."""

Waiting = PreviousEnded | Asking | CardRefused | TakingCard | StoppedEarly | OutOfService | pins.Waiting | vote.Waiting
"""Where a person is waited for: from here, and back to here, lead the ways to use and the help."""

Aside = ChoosingWays | HelpComing
"""What lies over a state; what lies beneath goes on meanwhile."""

Resumable = Asking | Aside
"""What turns into a countdown when nobody is there, and comes back as it was."""

State = (
    Attract
    | PreviousEnded
    | Asking
    | ReadingCard
    | CardRefused
    | UsingPin
    | MakingDocument
    | Committing
    | TakingCard
    | Thanked
    | StoppedEarly
    | pins.State
    | vote.State
    | Aside
    | StillThere
    | AtCounter
    | OutOfService
    | Ended
)


def beneath(state: State) -> State:
    """Return the state under everything that lies over it."""
    while True:
        match state:
            case StillThere() | ChoosingWays() | HelpComing():
                state = state.resume
            case AtCounter(beneath=covered) if covered is not None:
                state = covered
            case _:
                return state
