# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the keeper and a visit say to each other.

The keeper never receives an answer, a PIN or a choice: what a visit hands over is sealed already. The service's title
travels for the receipt's sake; it is signed and handed back, and stored nowhere.
"""

import msgspec

from townhall_kiosk.receipt import SignedReceipt
from townhall_kiosk.staff.messages import FromOffice, ToOffice
from townhall_kiosk.states import Outcome
from townhall_kiosk.voting.messages import ElectionFiles, FromPolls, ToPolls

# Keeper to visit


class ServiceFiles(msgspec.Struct, frozen=True):
    """One service as its files, verified by the keeper."""

    description: bytes  # service.json
    form: bytes  # form.xml


class RegisterFacts(msgspec.Struct, frozen=True):
    """What a visit knows of a register: everything but its records."""

    register: str
    date: str  # ISO, the extract's
    point: bytes  # the extract's: P-384, uncompressed
    keys: tuple[bytes, ...]  # the registrar's: Ed25519, raw
    titles: dict[str, str]  # by BCP 47 language


class Provisions(msgspec.Struct, frozen=True, tag=True):
    """All that a visit may know; it opens no file of the keeper's."""

    kiosk: str
    place: str
    languages: tuple[str, ...]
    can_print: bool
    services: tuple[ServiceFiles, ...]
    recipients: dict[str, tuple[bytes, ...]]  # agency -> its public keys
    anchors: tuple[bytes, ...]  # DER
    intermediates: tuple[bytes, ...]  # DER
    revocation_lists: tuple[bytes, ...]  # DER
    roster: bytes = b""  # staff.json; empty: nobody works here
    trust_list_at: int = 0  # Unix seconds when the trust list was signed; 0: not known
    staff_reader: str = ""  # the reader for cards of staff; a citizen's card is never looked for there
    zone_prefix: str = ""  # what a reader of machine readable zones sends around them
    zone_suffix: str = ""
    elsewhere: str = ""  # where people can go when this kiosk is out of service
    translations: dict[str, bytes] = {}  # language -> signed gettext file that was found to fit
    election: ElectionFiles | None = None  # in which this kiosk takes part now
    registers: tuple[RegisterFacts, ...] = ()  # that the services' forms ask
    municipality: bytes = b""  # places/<municipality>.json that was found to fit; empty: none
    entropy: bytes = b""  # of the keeper's sources of randomness, fresh for each visit


class Line(msgspec.Struct, frozen=True, tag=True):
    """Whether the centre answered last time."""

    is_up: bool


class Previous(msgspec.Struct, frozen=True):
    """How a visit that broke off ended: ``number`` of what was stored, or None: nothing was sent."""

    number: str | None
    receipt: SignedReceipt | None  # for another print; lost where the keeper itself was restarted since
    has_voted: bool = False  # a vote was cast: it has no number that anybody but its voter may know


class Begin(msgspec.Struct, frozen=True, tag=True):
    """The visit is on: show the window. Comes with the descriptors of the card channel and, if there is one, of speech.

    ``closed`` is empty, or the code of why nobody is served now: no room on the disk, a copied journal; ``reason`` is
    the reason's name where staff took the kiosk out of service.
    """

    previous: Previous | None
    closed: str = ""
    reason: str = ""
    has_speech: bool = False


class Headphones(msgspec.Struct, frozen=True, tag=True):
    """Whether headphones are plugged in: without them nothing is said aloud."""

    are_plugged: bool


class SpeechReplaced(msgspec.Struct, frozen=True, tag=True):
    """A new connection to the speech service comes with this."""


class CardProcessReplaced(msgspec.Struct, frozen=True, tag=True):
    """A new card process stands behind the file descriptor that comes with this."""


class PictureProcessGiven(msgspec.Struct, frozen=True, tag=True):
    """A process that unpacks one picture stands behind the file descriptor that comes with this, if one is there."""

    is_there: bool = True


class Committed(msgspec.Struct, frozen=True, tag=True):
    """The sealed payload is durable."""

    receipt: SignedReceipt


class NotCommitted(msgspec.Struct, frozen=True, tag=True):
    """Nothing was stored; ``code`` says why."""

    code: str


class RecordSought(msgspec.Struct, frozen=True, tag=True):
    """A register's record, sealed to one person's card; empty where there is none of that name."""

    sealed: bytes


class PrintDone(msgspec.Struct, frozen=True, tag=True):
    """The receipt is on paper, or ``code`` says why not."""

    code: str = ""


FromKeeper = (
    Provisions
    | Line
    | Headphones
    | Begin
    | CardProcessReplaced
    | PictureProcessGiven
    | SpeechReplaced
    | Committed
    | NotCommitted
    | RecordSought
    | PrintDone
    | FromOffice
    | FromPolls
)

# Visit to keeper


class StandingBy(msgspec.Struct, frozen=True, tag=True):
    """Warm: provisions are loaded, the window is built and hidden."""


class Painted(msgspec.Struct, frozen=True, tag=True):
    """The first screen after ``Begin`` is on the glass."""


class PersonCame(msgspec.Struct, frozen=True, tag=True):
    """Somebody left the attract screen: from now on this process is somebody's visit."""


class Commit(msgspec.Struct, frozen=True, tag=True):
    """Make this sealed payload durable."""

    sealed: bytes
    service: str


class ReplaceCardProcess(msgspec.Struct, frozen=True, tag=True):
    """The card process is mute or gone: start another."""


class PictureProcessWanted(msgspec.Struct, frozen=True, tag=True):
    """A picture is to be unpacked: start the process that does that."""


class SeekRecord(msgspec.Struct, frozen=True, tag=True):
    """Find the record of this name in the extract of a register; the name says nothing to whoever lacks the card."""

    register: str
    name: bytes


class Print(msgspec.Struct, frozen=True, tag=True):
    """Put this receipt on paper."""

    pdf: bytes


class ReplaceSpeech(msgspec.Struct, frozen=True, tag=True):
    """The speech service is mute or gone: connect anew as soon as it is back."""


class CalledForHelp(msgspec.Struct, frozen=True, tag=True):
    """The person called a member of staff."""


class PreviousDismissed(msgspec.Struct, frozen=True, tag=True):
    """The person has read how the broken-off visit ended."""


class VisitOver(msgspec.Struct, frozen=True, tag=True):
    """The visit is over; the process waits to be ended."""

    outcome: Outcome


FromVisit = (
    StandingBy
    | Painted
    | PersonCame
    | Commit
    | ReplaceCardProcess
    | PictureProcessWanted
    | ReplaceSpeech
    | CalledForHelp
    | SeekRecord
    | Print
    | PreviousDismissed
    | VisitOver
    | ToOffice
    | ToPolls
)
