# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A visit with staff in it, before a keeper's office that is real; what people do there is a scene."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import TypeAlias, TypeVar

from townhall_kiosk import states as at
from townhall_kiosk.simulation.counter import Counter
from townhall_kiosk.simulation.visit import SimulatedVisit
from townhall_kiosk.staff import views
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import AINO, JUHAN, KADRI
from townhall_ui import screens

View = TypeVar("View", bound=views.View)


class Play:
    """A visit whose keeper's office is real; Kadri and Juhan are administrators, Aino is nobody."""

    def __init__(self, visit: SimulatedVisit, office: Counter, keys: dict[str, CardKeys]) -> None:
        self.visit, self.office, self.keys = visit, office, keys
        people = {"kadri": KADRI, "juhan": JUHAN, "aino": AINO}
        self.cards = {name: EstonianCard(person, keys[name]) for name, person in people.items()}

    async def view(self, kind: type[View]) -> View:
        """Wait until staff see a view of this kind."""
        async with asyncio.timeout(60):
            while not (isinstance(state := self.visit.state, at.AtCounter) and isinstance(state.view, kind)):
                self.visit.display.changed.clear()
                await self.visit.display.changed.wait()
        return state.view

    async def pick(self, chosen: str, kind: type[View]) -> View:
        self.visit.press(screens.Chose(chosen))
        await self.visit.settle()
        return await self.view(kind)

    async def enter_pin(self, digits: str = "1234") -> None:
        await self.view(views.PinAsked)
        self.visit.enter_pin(digits)
        await self.visit.settle()


StaffScene: TypeAlias = Callable[[Play], Coroutine[object, object, None]]
