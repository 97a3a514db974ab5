# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What happens in a visit by the card in the reader; shown among all ``events``."""

from dataclasses import dataclass

from townhall_kiosk.card_problem import CardProblem
from townhall_kiosk.state_facts import PinNotice
from townhall_smartcard.messages import PinRole


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
class AccessNumberNeeded:
    """The card shows nothing before the number printed on it is given."""


@dataclass(frozen=True, slots=True)
class AccessNumberWasWrong:
    """The number does not open the card; nothing is counted, but the card takes its time."""


@dataclass(frozen=True, slots=True)
class CardRead:
    """Personal data, certificates and counters are on the desk."""

    authentication_tries: int
    signature_tries: int
    puk_tries: int = 0  # by which a blocked PIN can be set here; none where it cannot
    never_set: PinRole | None = None  # the first PIN that its holder must set first, and can here


@dataclass(frozen=True, slots=True)
class CardFailed:
    """The card could not be read, or is not to be trusted."""

    problem: CardProblem


@dataclass(frozen=True, slots=True)
class PinAccepted:
    """The card did what the PIN allows; the identity (PIN 1) or the signed document (PIN 2) is on the desk."""


@dataclass(frozen=True, slots=True)
class PinWasWrong:
    """The card refused the PIN, or the PUK; ``puk_tries`` as in ``CardRead``."""

    tries_left: int
    puk_tries: int = 0


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
    """No try is left; ``puk_tries`` as in ``CardRead``."""

    puk_tries: int = 0


@dataclass(frozen=True, slots=True)
class ReaderHasKeys:
    """The PIN that is asked for now can be entered at the reader's own keys, and is."""


@dataclass(frozen=True, slots=True)
class PinNotEntered:
    """No PIN came from the reader's keys; the card saw none, and no try was used."""

    reason: PinNotice
