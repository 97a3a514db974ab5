# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a visit knows besides the person: the place, the line, the languages, the services."""

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from townhall_forms.registers.register import KnownRegister
from townhall_forms.service import Service
from townhall_kiosk.clock import KioskClock
from townhall_kiosk.staff.roster import Roster
from townhall_kiosk.texts import Texts
from townhall_kiosk.visit.election import VisitElection
from townhall_kiosk.visit.ways import PersonWays
from townhall_smartcard.emrtd.mrz_entry import Framing
from townhall_smartcard.messages import AtReader
from townhall_sync.catalogue_municipality import LocalFacts, Municipality
from townhall_voting.package.definition import DeviceRole

ENTRY_S: Final = 30
LONGEST_ENTRY_S: Final = 255
"""For whoever needs more time: the most that a reader can be told (WCAG 2.2.1 asks for ten times as much)."""


class Hearing(enum.Enum):
    """Whether a person can be read to."""

    NO_SPEECH = "no-speech"  # nothing speaks on this kiosk, or not now
    NO_HEADPHONES = "no-headphones"
    HEARD = "heard"


@dataclass(slots=True)
class Surroundings:
    """Changes during a visit: language and ways by choice, line and hearing by themselves, the countdown by seconds."""

    place: str
    texts: Mapping[str, Texts]  # the kiosk's default language first
    services: tuple[Service, ...]
    can_print: bool
    language: str
    line_is_up: bool = False
    has_reader: bool = True
    countdown_s: int = 0
    countdown_total_s: int = 1
    entry_s: int = ENTRY_S  # how long a reader waits for a PIN at its own keys
    ways: PersonWays = field(default_factory=PersonWays)
    hearing: Hearing = Hearing.NO_SPEECH
    is_help_coming: bool = False
    elsewhere: str = ""  # where else people are served, and when
    municipality: Municipality | None = None  # whose fees, hours and offices are shown

    def can_offer(self, service: Service) -> bool:
        """Whether a service can be had now."""
        return self.line_is_up or not service.needs_line

    roster: Roster = field(default_factory=Roster)  # who works here; the keeper decides, this only offers
    now: Callable[[], datetime] = field(default=KioskClock().now)
    staff_reader: str = ""
    framing: Framing = field(default_factory=Framing)  # what a reader of machine readable zones sends around them
    closing_reason: str = ""  # name of why staff took the kiosk out of service
    registers: Mapping[str, KnownRegister] = field(default_factory=dict)  # that the services' forms ask
    election: VisitElection | None = None  # in which this kiosk takes part

    def local_facts(self, service: str) -> LocalFacts | None:
        """What the municipality says of a service."""
        return None if self.municipality is None else self.municipality.services.get(service)

    def pin_or_keys(self, pin: bytearray | None) -> bytearray | AtReader:
        """Return a PIN that was typed, or how the person is asked for it at the reader."""
        return self.keys() if pin is None else pin

    def keys(self) -> AtReader:
        """Return how the person is asked at the reader: in their language, with the time that they need."""
        return AtReader(self.language, self.entry_s)

    @property
    def role(self) -> DeviceRole | None:
        """What this kiosk does in an election; None: there is none here."""
        return None if self.election is None else self.election.role

    def is_staff(self, certificate_der: bytes) -> bool:
        """Whether the holder of a certificate is on the list here and now."""
        return self.roster.role_of(certificate_der, self.place, self.now()) is not None

    @property
    def text(self) -> Texts:
        """The texts of the person's language."""
        return self.texts[self.language]
