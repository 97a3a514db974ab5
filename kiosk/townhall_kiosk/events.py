# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What can happen during a visit."""

from dataclasses import dataclass, field

from townhall_kiosk.card_problem import CardProblem
from townhall_kiosk.states import Paper

# The person


@dataclass(frozen=True, slots=True)
class LanguageChosen:
    """A touch on the attract screen or the language screen."""

    language: str


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
    """An answer to the question on the screen."""

    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ChangeAsked:
    """One line of the review is to be changed; its position among the questions that apply."""

    question: int


@dataclass(frozen=True, slots=True)
class PinGiven:
    """A PIN; whoever uses it wipes it."""

    pin: bytearray = field(repr=False)


@dataclass(frozen=True, slots=True)
class PrintAsked:
    """The receipt on paper, once more if need be."""


@dataclass(frozen=True, slots=True)
class WasActive:
    """Any touch or key."""


# The card


@dataclass(frozen=True, slots=True)
class CardInserted:
    """One usable card is in, and no other."""

    reader: str


@dataclass(frozen=True, slots=True)
class CardUnusable:
    """One card is in that this kiosk cannot use."""

    problem: CardProblem


@dataclass(frozen=True, slots=True)
class SeveralCardsSeen:
    """More than one card is in."""


@dataclass(frozen=True, slots=True)
class CardRemoved:
    """The visit's card, or the last of all cards, is out."""


@dataclass(frozen=True, slots=True)
class CardRead:
    """Personal data, certificates and counters are on the desk."""

    authentication_tries: int
    signature_tries: int


@dataclass(frozen=True, slots=True)
class CardFailed:
    """The card could not be read, or is not to be trusted."""

    problem: CardProblem


@dataclass(frozen=True, slots=True)
class PinAccepted:
    """The card did what the PIN allows; the identity (PIN 1) or the signed document (PIN 2) is on the desk."""


@dataclass(frozen=True, slots=True)
class PinWasWrong:
    """The card refused the PIN."""

    tries_left: int


@dataclass(frozen=True, slots=True)
class PinLengthWasRefused:
    """Too short or too long; no try was used."""


@dataclass(frozen=True, slots=True)
class LastTryWasReached:
    """One try is left and the person has not said that they know; no try was used."""


@dataclass(frozen=True, slots=True)
class CardWasDisturbed:
    """Another program reset or held the card; what was asked was not done."""


@dataclass(frozen=True, slots=True)
class PinWasBlocked:
    """No try is left."""


# The kiosk


@dataclass(frozen=True, slots=True)
class ServiceOpened:
    """The form is on the desk."""


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
    """The form cannot be finished before this question has another answer."""

    question: int


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


Event = (
    LanguageChosen
    | Continued
    | WentBack
    | StopPressed
    | ServiceChosen
    | AnswerGiven
    | ChangeAsked
    | PinGiven
    | PrintAsked
    | WasActive
    | CardInserted
    | CardUnusable
    | SeveralCardsSeen
    | CardRemoved
    | CardRead
    | CardFailed
    | PinAccepted
    | PinWasWrong
    | PinLengthWasRefused
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
)
