# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a step of a visit asks its runner to do; showing the new state's screen goes without saying."""

from dataclasses import dataclass, field

from townhall_kiosk.document_check import effects as documents
from townhall_kiosk.finding import effects as finding
from townhall_kiosk.pin_life import effects as pins
from townhall_kiosk.staff.acts import DeviceResult, DeviceTest, StaffAct
from townhall_kiosk.states import Outcome
from townhall_kiosk.voting import effects as voting


@dataclass(frozen=True, slots=True)
class UseLanguage:
    """Speak this language from now on."""

    language: str


@dataclass(frozen=True, slots=True)
class UseWay:
    """Use the kiosk in this way from now on; names as ``visit.ways`` has them."""

    group: str
    choice: str


@dataclass(frozen=True, slots=True)
class ResetWays:
    """The next person begins as every visit begins."""


@dataclass(frozen=True, slots=True)
class CallStaff:
    """Tell the keeper that somebody needs help."""


@dataclass(frozen=True, slots=True)
class LookForCard:
    """Say again which cards are in: the state now cares."""


@dataclass(frozen=True, slots=True)
class ReadCard:
    """Read everything that needs no PIN."""

    reader: str


@dataclass(frozen=True, slots=True)
class OpenCard:
    """Open the card with its access number, and read everything that needs no PIN."""

    reader: str
    access_number: bytearray = field(repr=False)


@dataclass(frozen=True, slots=True)
class ProveIdentity:
    """Have a fresh challenge signed under the authentication certificate."""

    reader: str
    last_try_confirmed: bool
    pin: bytearray | None = field(repr=False)  # None: it is entered at the reader's keys


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
class ChangeRepeat:
    """Do what was touched on the screen of a repeat."""

    question: int
    chosen: str


@dataclass(frozen=True, slots=True)
class MakeDocument:
    """Make the document of the answers."""


@dataclass(frozen=True, slots=True)
class SignDocument:
    """Have the document signed with PIN 2."""

    reader: str
    last_try_confirmed: bool
    pin: bytearray | None = field(repr=False)  # None: it is entered at the reader's keys


@dataclass(frozen=True, slots=True)
class WipeSecret:
    """A PIN or an access number came when nobody waited for it."""

    secret: bytearray = field(repr=False)


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


# Staff


@dataclass(frozen=True, slots=True)
class ReadStaffCard:
    """Read the card of somebody who may be staff."""

    reader: str


@dataclass(frozen=True, slots=True)
class ProveStaff:
    """Have the keeper's challenge signed with PIN 1: to come in, or to agree to ``act``."""

    reader: str
    last_try_confirmed: bool
    act: StaffAct | None
    pin: bytearray = field(repr=False)


@dataclass(frozen=True, slots=True)
class DoStaffAct:
    """Have the keeper do an act."""

    act: StaffAct


@dataclass(frozen=True, slots=True)
class RunDeviceTest:
    """Test one device; ``reader`` is where the card of staff is."""

    test: DeviceTest
    reader: str


@dataclass(frozen=True, slots=True)
class NoteTest:
    """Keep how a test ended, for the report."""

    result: DeviceResult


@dataclass(frozen=True, slots=True)
class LeaveCounter:
    """Staff have left: their session ends, and nothing of theirs stays."""


@dataclass(frozen=True, slots=True)
class Chime:
    """Let everybody hear that somebody else is at work here now."""


@dataclass(frozen=True, slots=True)
class GiveMoreTime:
    """Wait longer on every screen of this visit."""


@dataclass(frozen=True, slots=True)
class UseLargerText:
    """Use the next size of text; after the largest comes the smallest."""


Effect = (
    UseLanguage
    | UseWay
    | ResetWays
    | CallStaff
    | LookForCard
    | ReadCard
    | OpenCard
    | ProveIdentity
    | OpenService
    | GiveAnswer
    | ChangeRepeat
    | MakeDocument
    | SignDocument
    | WipeSecret
    | Commit
    | PrintReceipt
    | Forget
    | EndVisit
    | ReadStaffCard
    | ProveStaff
    | DoStaffAct
    | RunDeviceTest
    | NoteTest
    | LeaveCounter
    | Chime
    | GiveMoreTime
    | UseLargerText
    | documents.Effect
    | finding.Effect
    | pins.Effect
    | voting.Effect
)

Job = (
    ReadCard
    | OpenCard
    | ProveIdentity
    | OpenService
    | GiveAnswer
    | ChangeRepeat
    | MakeDocument
    | SignDocument
    | Commit
    | PrintReceipt
    | finding.Job
    | pins.Job
    | voting.Job
)
"""Effects that take a while, or can fail: each leads to one event."""

StaffJob = ReadStaffCard | ProveStaff | DoStaffAct | RunDeviceTest | documents.CheckDocument
"""The same for staff, beside whatever the person's visit beneath is at."""
