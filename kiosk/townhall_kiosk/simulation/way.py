# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The way of one person through the change-of-address visit, in steps that end where something can be seen or done.

Where the machine works, the simulated world waits, so that a step can end there as well.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias

from townhall_kiosk import states as at
from townhall_kiosk.simulation.visit import SimulatedVisit
from townhall_smartcard.simulation.vpcd import VirtualCard
from townhall_ui import screens

Step: TypeAlias = Callable[[SimulatedVisit, VirtualCard], Awaitable[object]]

ANSWERS: Final[Mapping[str, str]] = {
    "street": "Tamme puiestee",
    "house": "12",
    "postcode": "50403",
    "town": "Tartu",
    "previous_place": "none",
    "movers": "nobody",
    "tenure": "owner",
    "declaration": "yes",
}
"""By the names of the questions; one that is missing is left empty."""


async def begin(visit: SimulatedVisit, _card: VirtualCard, language: str = "en") -> None:
    """Choose a language."""
    visit.press(screens.Chose(language))
    await visit.until(at.WaitingForCard)


async def put_card_in(visit: SimulatedVisit, card: VirtualCard) -> None:
    """Put the card in; it takes its time."""
    visit.cards.hold()
    visit.insert(card)
    await visit.until(at.ReadingCard)


async def be_read(visit: SimulatedVisit, _card: VirtualCard) -> None:
    """Wait until the card is read."""
    visit.cards.go_on()
    await visit.until(at.EnteringPin)


async def enter_pin1(visit: SimulatedVisit, _card: VirtualCard) -> None:
    """Enter PIN 1; the card takes its time."""
    visit.cards.hold()
    visit.enter_pin("1234")
    await visit.until(at.UsingPin)


async def be_identified(visit: SimulatedVisit, _card: VirtualCard) -> None:
    """Wait until the card has proved whose it is."""
    visit.cards.go_on()
    await visit.until(at.ChoosingService)


async def choose_service(visit: SimulatedVisit, _card: VirtualCard) -> None:
    """Choose the change of address."""
    visit.press(screens.Chose("change-of-address"))
    await visit.until(at.Answering)


async def answer_all(visit: SimulatedVisit, _card: VirtualCard) -> None:
    """Answer every question."""
    while isinstance(visit.state, at.Answering):
        name = visit.question()
        await visit.answer(visit.clock.now().date().isoformat() if name == "from_date" else ANSWERS.get(name, ""))


async def go_on_to_document(visit: SimulatedVisit, _card: VirtualCard) -> None:
    """Go on from the review; the document is being made."""
    visit.press(screens.Proceeded())
    await visit.until(at.MakingDocument)


async def get_document(visit: SimulatedVisit, _card: VirtualCard) -> None:
    """Wait for the document."""
    await visit.until(at.ReadingDocument)


async def go_on_to_sign(visit: SimulatedVisit, _card: VirtualCard) -> None:
    """Go on from the document to PIN 2."""
    visit.press(screens.Proceeded())
    await visit.until(at.EnteringPin)


async def enter_pin2(visit: SimulatedVisit, _card: VirtualCard) -> None:
    """Enter PIN 2; the card takes its time."""
    visit.cards.hold()
    visit.enter_pin("12345")
    await visit.until(at.UsingPin)


async def sign(visit: SimulatedVisit, _card: VirtualCard) -> None:
    """Wait until the card has signed; the disk takes its time."""
    visit.outbox.is_open.clear()
    visit.cards.go_on()
    await visit.until(at.Committing)


async def get_receipt(visit: SimulatedVisit, _card: VirtualCard) -> None:
    """Wait until the form is stored."""
    visit.outbox.is_open.set()
    await visit.until(at.ShowingReceipt)


async def finish(visit: SimulatedVisit, _card: VirtualCard) -> None:
    """Leave the receipt."""
    visit.press(screens.Proceeded())
    await visit.until(at.TakingCard)


async def take_card(visit: SimulatedVisit, _card: VirtualCard) -> None:
    """Take the card out."""
    visit.remove()
    await visit.until(at.Thanked)


WAY: Final[tuple[Step, ...]] = (
    *(begin, put_card_in, be_read, enter_pin1, be_identified, choose_service, answer_all, go_on_to_document),
    *(get_document, go_on_to_sign, enter_pin2, sign, get_receipt, finish, take_card),
)


async def go(visit: SimulatedVisit, card: VirtualCard, *, until: Step | None = None, count: int = len(WAY)) -> None:
    """Go the first ``count`` steps of the way, or up to and with one."""
    for step in WAY[: count if until is None else WAY.index(until) + 1]:
        await step(visit, card)
