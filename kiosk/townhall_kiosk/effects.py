# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a step of a visit asks its runner to do; showing the new state's screen goes without saying."""

from dataclasses import dataclass, field

from townhall_kiosk.states import Outcome


@dataclass(frozen=True, slots=True)
class UseLanguage:
    """Speak this language from now on."""

    language: str


@dataclass(frozen=True, slots=True)
class LookForCard:
    """Say again which cards are in: the state now cares."""


@dataclass(frozen=True, slots=True)
class ReadCard:
    """Read everything that needs no PIN."""

    reader: str


@dataclass(frozen=True, slots=True)
class ProveIdentity:
    """Have a fresh challenge signed under the authentication certificate."""

    reader: str
    last_try_confirmed: bool
    pin: bytearray = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenService:
    """Put the service's form on the desk, filled in from the card where the form says so."""

    service: str


@dataclass(frozen=True, slots=True)
class GiveAnswer:
    """Hand the answer to the form."""

    question: int
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MakeDocument:
    """Make the document of the answers."""


@dataclass(frozen=True, slots=True)
class SignDocument:
    """Have the document signed with PIN 2."""

    reader: str
    last_try_confirmed: bool
    pin: bytearray = field(repr=False)


@dataclass(frozen=True, slots=True)
class WipePin:
    """A PIN came when nobody waited for it."""

    pin: bytearray = field(repr=False)


@dataclass(frozen=True, slots=True)
class Commit:
    """Seal the transaction and hand it to the keeper."""


@dataclass(frozen=True, slots=True)
class PrintReceipt:
    """Put the receipt on paper."""


@dataclass(frozen=True, slots=True)
class Forget:
    """Drop everything collected: the screen goes blank before anything else happens."""


@dataclass(frozen=True, slots=True)
class EndVisit:
    """Tell the keeper that this visit is over."""

    outcome: Outcome


Effect = (
    UseLanguage
    | LookForCard
    | ReadCard
    | ProveIdentity
    | OpenService
    | GiveAnswer
    | MakeDocument
    | SignDocument
    | WipePin
    | Commit
    | PrintReceipt
    | Forget
    | EndVisit
)

Job = ReadCard | ProveIdentity | OpenService | GiveAnswer | MakeDocument | SignDocument | Commit | PrintReceipt
"""Effects that take a while, or can fail: each leads to one event."""
