# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What can happen during a visit."""

from dataclasses import dataclass, field

from townhall_kiosk.card_events import AccessNumberNeeded as AccessNumberNeeded  # noqa: PLC0414  # shown here
from townhall_kiosk.card_events import AccessNumberWasWrong as AccessNumberWasWrong  # noqa: PLC0414  # shown here
from townhall_kiosk.card_events import CardFailed as CardFailed  # noqa: PLC0414  # shown here
from townhall_kiosk.card_events import CardInserted as CardInserted  # noqa: PLC0414  # shown here
from townhall_kiosk.card_events import CardRead as CardRead  # noqa: PLC0414  # shown here
from townhall_kiosk.card_events import CardRemoved as CardRemoved  # noqa: PLC0414  # shown here
from townhall_kiosk.card_events import CardUnusable as CardUnusable  # noqa: PLC0414  # shown here
from townhall_kiosk.card_events import CardWasDisturbed as CardWasDisturbed  # noqa: PLC0414  # shown here
from townhall_kiosk.card_events import LastTryWasReached as LastTryWasReached  # noqa: PLC0414  # shown here
from townhall_kiosk.card_events import PinAccepted as PinAccepted  # noqa: PLC0414  # shown here
from townhall_kiosk.card_events import PinLengthWasRefused as PinLengthWasRefused  # noqa: PLC0414  # shown here
from townhall_kiosk.card_events import PinNotEntered as PinNotEntered  # noqa: PLC0414  # shown here
from townhall_kiosk.card_events import PinWasBlocked as PinWasBlocked  # noqa: PLC0414  # shown here
from townhall_kiosk.card_events import PinWasWrong as PinWasWrong  # noqa: PLC0414  # shown here
from townhall_kiosk.card_events import ReaderHasKeys as ReaderHasKeys  # noqa: PLC0414  # shown here
from townhall_kiosk.card_events import SeveralCardsSeen as SeveralCardsSeen  # noqa: PLC0414  # shown here
from townhall_kiosk.document_check import events as documents
from townhall_kiosk.finding import events as finding
from townhall_kiosk.pin_life import events as pins
from townhall_kiosk.staff.acts import DeviceResult, StaffAct
from townhall_kiosk.staff.views import PinTrouble
from townhall_kiosk.states import Paper
from townhall_kiosk.voting import events as voting

# The person


@dataclass(frozen=True, slots=True)
class LanguageChosen:
    """A touch on the attract screen or the language screen; ``has_election``: this kiosk takes part in one now."""

    language: str
    has_election: bool = False


@dataclass(frozen=True, slots=True)
class Continued:
    """The primary button."""


@dataclass(frozen=True, slots=True)
class WentBack:
    """The back button."""


@dataclass(frozen=True, slots=True)
class StopPressed:
    """The stop button."""


@dataclass(frozen=True, slots=True)
class ServiceChosen:
    """One of the services."""

    service: str


@dataclass(frozen=True, slots=True)
class AnswerGiven:
    """An answer to the question on the screen; ``question`` is its position in a form."""

    value: str = field(repr=False)
    question: int = 0


@dataclass(frozen=True, slots=True)
class RepeatTouched:
    """One more, change one, remove one, or go on: the id of what was touched on the screen of a repeat."""

    chosen: str = ""
    question: int = 0  # its position in the form


@dataclass(frozen=True, slots=True)
class ChangeAsked:
    """One line of the review is to be changed; its position among the questions that apply."""

    question: int


@dataclass(frozen=True, slots=True)
class PinGiven:
    """A PIN; whoever uses it wipes it."""

    pin: bytearray = field(repr=False)


@dataclass(frozen=True, slots=True)
class AccessNumberGiven:
    """The number printed on a card; whoever uses it wipes it."""

    access_number: bytearray = field(repr=False)


@dataclass(frozen=True, slots=True)
class PrintAsked:
    """The receipt on paper, once more if need be."""


@dataclass(frozen=True, slots=True)
class AskedForWays:
    """The button that leads to the ways to use the kiosk."""


@dataclass(frozen=True, slots=True)
class WayChosen:
    """Another size of text, contrast, voice, switch; names as ``visit.ways`` has them."""

    group: str
    choice: str


@dataclass(frozen=True, slots=True)
class CalledForHelp:
    """The button that calls a member of staff."""


@dataclass(frozen=True, slots=True)
class WasActive:
    """Any touch or key."""


# The kiosk


@dataclass(frozen=True, slots=True)
class ServiceOpened:
    """The form is on the desk; ``has_local_facts``: the municipality says something of it, which comes first."""

    has_local_facts: bool = False


@dataclass(frozen=True, slots=True)
class AnswerAccepted:
    """The form took the answer; ``following`` is the position of the next question to ask, if any."""

    question: int
    following: int | None


@dataclass(frozen=True, slots=True)
class AnswerRefused:
    """The form did not take it; ``message`` says how to mend it."""

    question: int
    value: str = field(repr=False)
    message: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AnswerMissing:
    """The form cannot be finished before this question has another answer, and before others have where there are."""

    question: int
    is_only_one: bool = True


@dataclass(frozen=True, slots=True)
class DocumentMade:
    """The document to be signed is on the desk."""

    signature_tries: int


@dataclass(frozen=True, slots=True)
class Committed:
    """The keeper has the sealed transaction durably; the receipt is on the desk."""


@dataclass(frozen=True, slots=True)
class Printed:
    """The receipt lies in the tray, or could not be printed."""

    paper: Paper


@dataclass(frozen=True, slots=True)
class IdleTimeout:
    """Nobody touched anything for as long as the state waits."""


@dataclass(frozen=True, slots=True)
class CountdownOver:
    """Nobody answered the countdown."""


@dataclass(frozen=True, slots=True)
class TimeUp:
    """A message has been on the screen long enough."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something broke that the person cannot mend; a code of docs/failure-codes.md."""

    code: str


@dataclass(frozen=True, slots=True)
class ServiceChanged:
    """Staff took the kiosk out of service, or put it back; ``closed`` is the code of why nobody is served, or empty."""

    closed: str


# Staff


@dataclass(frozen=True, slots=True)
class StaffAsked:
    """Somebody who is a member of staff too wants to work at this kiosk."""


@dataclass(frozen=True, slots=True)
class Picked:
    """One of the choices on a screen for staff."""

    id: str


@dataclass(frozen=True, slots=True)
class StaffCardInserted:
    """A card came into the reader for staff."""

    reader: str


@dataclass(frozen=True, slots=True)
class StaffCardRemoved:
    """It is out again."""


@dataclass(frozen=True, slots=True)
class StaffCardKnown:
    """The card of staff is read; whether its certificate is on the list here and now."""

    tries_left: int
    is_listed: bool


@dataclass(frozen=True, slots=True)
class StaffPinRefused:
    """The card did not sign."""

    trouble: PinTrouble
    tries_left: int


@dataclass(frozen=True, slots=True)
class StaffLetIn:
    """The keeper believes the proof; its token is on the desk."""


@dataclass(frozen=True, slots=True)
class StaffTurnedAway:
    """The card cannot be used, or the keeper does not let this be done."""

    code: str


@dataclass(frozen=True, slots=True)
class StaffActDone:
    """The keeper did an act, or ``code`` says why not."""

    act: StaffAct
    code: str = ""


@dataclass(frozen=True, slots=True)
class FurtherPersonNeeded:
    """The act waits for another person's agreement."""

    act: StaffAct


@dataclass(frozen=True, slots=True)
class DeviceTested:
    """A test has ended, as far as the machine can tell."""

    result: DeviceResult


Event = (
    LanguageChosen
    | Continued
    | WentBack
    | StopPressed
    | ServiceChosen
    | AnswerGiven
    | RepeatTouched
    | ChangeAsked
    | PinGiven
    | AccessNumberGiven
    | PrintAsked
    | AskedForWays
    | WayChosen
    | CalledForHelp
    | WasActive
    | CardInserted
    | CardUnusable
    | SeveralCardsSeen
    | CardRemoved
    | AccessNumberNeeded
    | AccessNumberWasWrong
    | CardRead
    | CardFailed
    | PinAccepted
    | PinWasWrong
    | PinLengthWasRefused
    | PinNotEntered
    | ReaderHasKeys
    | LastTryWasReached
    | CardWasDisturbed
    | PinWasBlocked
    | ServiceOpened
    | AnswerAccepted
    | AnswerRefused
    | AnswerMissing
    | DocumentMade
    | Committed
    | Printed
    | IdleTimeout
    | CountdownOver
    | TimeUp
    | Fault
    | ServiceChanged
    | StaffAsked
    | Picked
    | StaffCardInserted
    | StaffCardRemoved
    | StaffCardKnown
    | StaffPinRefused
    | StaffLetIn
    | StaffTurnedAway
    | StaffActDone
    | FurtherPersonNeeded
    | DeviceTested
    | documents.Event
    | finding.Event
    | pins.Event
    | voting.Event
)

Beneath = (
    StopPressed
    | CardInserted
    | CardUnusable
    | SeveralCardsSeen
    | CardFailed
    | ServiceOpened
    | AnswerAccepted
    | AnswerRefused
    | Printed
    | ServiceChanged
    | finding.ServicesFound
    | finding.NothingFound
    | voting.ContestAccepted
    | voting.ContestRefused
    | voting.BallotBegun
    | voting.VotingRefused
)
"""What happens to a state that lies under the ways to use or under the help; working states are never covered."""
