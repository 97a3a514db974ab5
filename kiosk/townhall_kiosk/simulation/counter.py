# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A keeper's office for staff in this process, on a real journal: for tests of visits with staff in them.

Authority, works, office and journal are the product's own. The visit at the counter is always the same.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from townhall_crypto.device_key import DeviceKey
from townhall_crypto.trust import TrustAnchors
from townhall_fonts import FONT_DIRECTORY
from townhall_kiosk.keeper.election_day import ElectionDay
from townhall_kiosk.simulation.ports import SimulatedPrinter, StandingClock
from townhall_kiosk.staff.authority import Authority, Grounds
from townhall_kiosk.staff.messages import Answer, FromOffice, ServiceStands, StaffProgress, ToOffice
from townhall_kiosk.staff.office import Office
from townhall_kiosk.staff.roster import Roster
from townhall_kiosk.staff.standing import Standing
from townhall_kiosk.staff.status import Devices, LineFacts, PollsFacts, Surroundings
from townhall_kiosk.staff.works import CatalogueRoad, StaffSetting, StickRoad, Works
from townhall_sync.async_journal import AsyncJournal

KIOSK: Final = "kiosk-1"
PLACE: Final = "Tamme Library"
VISIT: Final = "visit-1"


@dataclass(slots=True)
class Counter:
    """Implements the ``StaffOffice`` port, and the keeper's side of the works."""

    home: Path
    journal: AsyncJournal
    key: DeviceKey
    anchors: TrustAnchors
    roster: Roster
    clock: StandingClock = field(default_factory=StandingClock)
    printer: SimulatedPrinter = field(default_factory=SimulatedPrinter)
    stick: StickRoad | None = None
    catalogue: CatalogueRoad | None = None
    removable: Path | None = None
    secrets: Sequence[Path] = ()
    fault: str = ""
    """The code of a reason of the keeper's own to serve nobody."""
    told: list[Standing] = field(default_factory=list)
    has_told: asyncio.Event = field(default_factory=asyncio.Event)
    restarts: list[str] = field(default_factory=list)
    works: Works = field(init=False)
    office: Office = field(init=False)
    election: ElectionDay = field(init=False)

    def __post_init__(self) -> None:
        """Wire the office."""
        setting = StaffSetting(
            home=self.home,
            around=Surroundings(KIOSK, PLACE, "0.1.0"),
            restart=lambda: self.restarts.append("restart"),
            secrets=tuple(self.secrets),
            removable=self.removable,
            fonts=Path(FONT_DIRECTORY),
            stick=self.stick,
            catalogue=self.catalogue,
        )
        devices = Devices(has_printer=True)
        self.works = Works(setting, self, self.journal, self.key, self.clock, self.printer, LineFacts(), devices)
        numbers = iter(range(1, 1 << 30))
        authority = Authority(KIOSK, self._grounds, self.clock, lambda count: next(numbers).to_bytes(count, "big"))
        self.election = ElectionDay(self.home, self.key, self.clock, self.journal, has_printer=True)
        self.election.anchors, self.election.print = lambda: self.anchors, self.works.print
        self.office = Office(authority, self.works, self.journal, self.election)

    def _grounds(self) -> Grounds:
        return Grounds(self.roster, self.anchors, PLACE)

    # The keeper's side

    async def closed(self) -> str:
        """Return why no visit may begin, if so."""
        return self.works.standing.code or self.fault

    def polls_facts(self) -> PollsFacts:
        """Return how the polls of an election stand."""
        return self.election.facts()

    async def service_stands(self, standing: Standing) -> None:
        """Remember what visits would be told."""
        self.told.append(standing)
        self.has_told.set()

    def staff_listed(self) -> int:
        """Return how many certificates are listed."""
        return len(self.roster.entries)

    # The visit's side

    async def ask_office(self, message: ToOffice, on_progress: Callable[[int, int], None] | None = None) -> Answer:
        """Ask as the one visit."""
        said: list[FromOffice] = []

        async def say(reply: FromOffice) -> None:
            if isinstance(reply, StaffProgress):
                if on_progress is not None:
                    on_progress(reply.done, reply.total)
            else:
                said.append(reply)

        await self.office.take(VISIT, message, say)
        (answer,) = said
        if isinstance(answer, ServiceStands | StaffProgress):
            raise TypeError(type(answer).__name__)
        return answer

    async def tell_office(self, message: ToOffice) -> None:
        """Tell something without an answer, as the one visit."""

        async def say(reply: FromOffice) -> None:
            raise TypeError(type(reply).__name__)

        await self.office.take(VISIT, message, say)
