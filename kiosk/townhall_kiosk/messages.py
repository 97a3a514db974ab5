# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the keeper and a visit say to each other.

The keeper never receives an answer, a PIN or a choice: what a visit hands over is sealed already. The service's title
travels for the receipt's sake; it is signed and handed back, and stored nowhere.
"""

import msgspec

from townhall_kiosk.receipt import SignedReceipt
from townhall_kiosk.states import Outcome

# Keeper to visit


class ServiceFiles(msgspec.Struct, frozen=True):
    """One service as its files, verified by the keeper."""

    description: bytes  # service.json
    form: bytes  # form.xml


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


class Line(msgspec.Struct, frozen=True, tag=True):
    """Whether the centre answered last time."""

    is_up: bool


class Previous(msgspec.Struct, frozen=True):
    """How a visit that broke off ended: ``number`` of what was stored, or None: nothing was sent."""

    number: str | None
    receipt: SignedReceipt | None  # for another print; lost where the keeper itself was restarted since


class Begin(msgspec.Struct, frozen=True, tag=True):
    """The visit is on: show the window. Comes with the card channel's file descriptor.

    ``closed`` is empty, or the code of why nobody is served now: no room on the disk, a copied journal.
    """

    previous: Previous | None
    closed: str = ""


class CardProcessReplaced(msgspec.Struct, frozen=True, tag=True):
    """A new card process stands behind the file descriptor that comes with this."""


class Committed(msgspec.Struct, frozen=True, tag=True):
    """The sealed payload is durable."""

    receipt: SignedReceipt


class NotCommitted(msgspec.Struct, frozen=True, tag=True):
    """Nothing was stored; ``code`` says why."""

    code: str


class PrintDone(msgspec.Struct, frozen=True, tag=True):
    """The receipt is on paper, or ``code`` says why not."""

    code: str = ""


FromKeeper = Provisions | Line | Begin | CardProcessReplaced | Committed | NotCommitted | PrintDone

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


class Print(msgspec.Struct, frozen=True, tag=True):
    """Put this receipt on paper."""

    pdf: bytes


class PreviousDismissed(msgspec.Struct, frozen=True, tag=True):
    """The person has read how the broken-off visit ended."""


class VisitOver(msgspec.Struct, frozen=True, tag=True):
    """The visit is over; the process waits to be ended."""

    outcome: Outcome


FromVisit = StandingBy | Painted | PersonCame | Commit | ReplaceCardProcess | Print | PreviousDismissed | VisitOver
