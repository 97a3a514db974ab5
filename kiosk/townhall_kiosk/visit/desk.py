# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What one visit has collected. It lies in the visit's memory only; the process's end is its wipe."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from townhall_crypto.trust_verdict import Outcome, TrustVerdict
from townhall_forms.record import PageFacts
from townhall_forms.registers.statement import Statement
from townhall_forms.service import Service
from townhall_forms.session import FormSession
from townhall_forms.transaction import IdentityEvidence
from townhall_kiosk.receipt import SignedReceipt
from townhall_kiosk.visit.ballot_desk import BallotDesk
from townhall_kiosk.visit.choice_search import Sought
from townhall_kiosk.visit.staff_work import CounterDesk
from townhall_smartcard.apdu import wipe
from townhall_smartcard.identity import Identity
from townhall_smartcard.messages import CardContents


@dataclass(slots=True)
class Document:
    """The document before and after the card signed it, and its pages as pictures of these very bytes."""

    unsigned: bytes
    pages: tuple[bytes, ...]
    text: str
    facts: PageFacts
    signed: bytes | None = None


@dataclass(slots=True)
class PinCodes:
    """The code that gives the right to a new PIN, and that PIN: ASCII digits, which their last user wipes."""

    code: bytearray = field(default_factory=bytearray, repr=False)
    new: bytearray = field(default_factory=bytearray, repr=False)

    def wipe(self) -> None:
        """Wipe and drop both."""
        wipe(self.code)
        wipe(self.new)
        self.code, self.new = bytearray(), bytearray()


@dataclass(frozen=True, slots=True)
class Known:
    """What a register states about the person of this visit, verified."""

    statement: Statement = field(repr=False)
    values: Mapping[str, str] = field(repr=False)  # by prefill key


@dataclass(frozen=True, slots=True)
class FoundServices:
    """What was looked for, and the ids of the services that fit, the best first."""

    words: str = field(repr=False)
    services: tuple[str, ...]


@dataclass(slots=True)
class Desk:
    """Filled from the top down as the visit goes on."""

    contents: CardContents | None = None
    verdicts: Mapping[str, TrustVerdict] = field(default_factory=dict)  # by service: what the card is worth to it
    identity: Identity | None = None
    evidence: IdentityEvidence | None = None
    known: Mapping[str, Known] = field(default_factory=dict)  # by register
    found: FoundServices | None = None  # by the search for a service
    service: Service | None = None
    told: tuple[Statement, ...] = ()  # what the open form was filled in with
    form: FormSession | None = None
    removing: str = ""  # of a repeat: the instance that the person is asked about once more before it goes
    sought: Sought | None = None  # in a long list of choices: what the person chooses from now
    document: Document | None = None
    receipt: SignedReceipt | None = None
    ballot: BallotDesk = field(default_factory=BallotDesk)
    codes: PinCodes = field(default_factory=PinCodes)
    counter: CounterDesk = field(default_factory=CounterDesk)  # of staff; cleared when they leave

    @property
    def verdict(self) -> TrustVerdict | None:
        """What the card is worth to the chosen service."""
        return self.verdicts.get(self.service.id) if self.service is not None else None

    @property
    def is_provisional(self) -> bool:
        """Whether the town must still check the card for the chosen service."""
        return self.verdict is not None and self.verdict.outcome is Outcome.PROVISIONAL

    def clear(self) -> None:
        """Drop everything, so that no later screen can show it."""
        self.contents = self.identity = self.evidence = None
        self.verdicts = {}
        self.known, self.told = {}, ()
        self.service = self.form = self.document = self.receipt = None
        self.removing = ""
        self.sought = self.found = None
        self.codes.wipe()
        self.ballot.clear()
