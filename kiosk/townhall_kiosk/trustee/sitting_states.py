# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a trustee's window can be at. A key number lives in a state and goes with it."""

from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from townhall_crypto.secret import Secret
from townhall_kiosk.trustee.decryption import Examined
from townhall_kiosk.trustee.exchange import Missing
from townhall_voting.hashing import HexHash
from townhall_voting.record.completion import Counted
from townhall_voting.trustees.ceremony import Terms


class Purpose(Enum):
    """What the key number is asked for."""

    TYPE_BACK = "type-back"
    GO_ON = "go-on"
    COPY = "copy"
    DRILL = "drill"
    SHUFFLE = "shuffle"
    DECRYPT = "decrypt"


@dataclass(frozen=True, slots=True)
class Menu:
    """Choose what to do."""


@dataclass(frozen=True, slots=True)
class LanguageAsked:
    """Choose a language."""


@dataclass(frozen=True, slots=True)
class SizeAsked:
    """How many trustees there are."""


@dataclass(frozen=True, slots=True)
class PlaceAsked:
    """Which of them this one is."""

    terms: Terms


@dataclass(frozen=True, slots=True)
class NumberShown:
    """The fresh key number is to be written down."""

    terms: Terms
    place: int
    number: Secret = field(repr=False)
    was_wrong: bool = False


@dataclass(frozen=True, slots=True)
class NumberAsked:
    """The key number is to be typed; ``shown`` is the state to which typing it back belongs."""

    purpose: Purpose
    was_wrong: bool = False
    shown: NumberShown | None = None
    examined: Examined | None = None


@dataclass(frozen=True, slots=True)
class Working:
    """Something takes a moment; ``percent`` of a record is verified, None where nothing is counted."""

    percent: int | None = None


@dataclass(frozen=True, slots=True)
class CeremonyCompared:
    """All trustees compare the certificates' hash."""

    hash: HexHash
    number: Secret = field(repr=False)


@dataclass(frozen=True, slots=True)
class Placed:
    """This trustee has a place."""

    place: int


@dataclass(frozen=True, slots=True)
class Awaiting:
    """Others must put their messages first."""

    missing: Missing


@dataclass(frozen=True, slots=True)
class Differs:
    """What was compared is not the same for all."""


@dataclass(frozen=True, slots=True)
class CeremonyEnded:
    """The outcome, for all to compare."""

    hash: HexHash
    owner: int


@dataclass(frozen=True, slots=True)
class CopyOpens:
    """A copy was tried and opens."""

    place: int


@dataclass(frozen=True, slots=True)
class TallyCompared:
    """All trustees compare the tally's hash; ``purpose`` is what follows if it is the same."""

    examined: Examined
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class Shuffled:
    """This trustee's shuffle is in the record; ``missing`` others shuffle too before anybody decrypts."""

    owner: int
    missing: int


@dataclass(frozen=True, slots=True)
class TallyDecrypted:
    """This trustee's part is done."""

    owner: int


@dataclass(frozen=True, slots=True)
class VotesCounted:
    """The result."""

    examined: Examined
    counted: Counted


@dataclass(frozen=True, slots=True)
class Failed:
    """Something could not be done; ``trustee`` is whose fault it is, where that is known."""

    code: str
    trustee: int | None = None


State: TypeAlias = (
    Menu
    | LanguageAsked
    | SizeAsked
    | PlaceAsked
    | NumberShown
    | NumberAsked
    | Working
    | CeremonyCompared
    | Placed
    | Awaiting
    | Differs
    | CeremonyEnded
    | CopyOpens
    | TallyCompared
    | Shuffled
    | TallyDecrypted
    | VotesCounted
    | Failed
)
