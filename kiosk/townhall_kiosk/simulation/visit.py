# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One visit in this process, with a person who presses, answers and puts cards in.

Table, runner, work, form, document, signature and card driver are the product's own. Time, display, outbox, printer
and the wire to the card are simulated, so nothing waits for a clock, a window, a keeper or PC/SC.
"""

import asyncio
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from townhall_crypto.asice import sign_asice
from townhall_crypto.pades import sign_pdf
from townhall_crypto.recipients import RecipientPublicKey
from townhall_crypto.trust import TrustAnchors
from townhall_fonts import FONT_DIRECTORY
from townhall_kiosk import events as on
from townhall_kiosk import states as at
from townhall_kiosk.document_check.work import DocumentWork
from townhall_kiosk.ports import PollsOffice, RegisterRecords, StaffOffice
from townhall_kiosk.simulation.ports import (
    ChildPictures,
    HandTimer,
    RecordingDisplay,
    RecordingSpeech,
    SimulatedOutbox,
    SimulatedPrinter,
    StandingClock,
)
from townhall_kiosk.staff.errors import StaffRefusedError
from townhall_kiosk.staff.messages import Answer, StaffTurnedAway, ToOffice
from townhall_kiosk.visit.asking import step_at
from townhall_kiosk.visit.ballot_work import BallotWork
from townhall_kiosk.visit.card_work import CardWork
from townhall_kiosk.visit.closing_work import ClosingWork
from townhall_kiosk.visit.desk import Desk
from townhall_kiosk.visit.find_work import FindWork
from townhall_kiosk.visit.form_work import FormWork
from townhall_kiosk.visit.pin_work import PinWork
from townhall_kiosk.visit.register_work import RegisterWork
from townhall_kiosk.visit.runner import Visit
from townhall_kiosk.visit.staff_work import StaffWork
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_kiosk.visit.voice_box import VoiceBox
from townhall_kiosk.visit.voter_work import VoterWork
from townhall_kiosk.visit.voting_paper import VotingPaper
from townhall_kiosk.visit.work import Work
from townhall_kiosk.voting.errors import PackageNotCurrentError
from townhall_kiosk.voting.messages import FromPolls, PollsDone, ToPolls
from townhall_process.errors import ChannelClosedError
from townhall_smartcard.simulation.simulated_cards import SimulatedCards
from townhall_smartcard.simulation.vpcd import VirtualCard
from townhall_ui import screens
from townhall_voting.randomness import MixedRandomness, OperatingSystem

FIRST, SECOND = "Reader A", "Reader B"
_PATIENCE_S = 30.0
_TURNS = 50  # of the loop: more than any chain of events without a thread needs

_State = TypeVar("_State", bound=at.State)


class NobodyAtTheOffice:
    """Implements ``StaffOffice`` where no keeper is: everybody is turned away."""

    async def ask_office(self, _message: ToOffice, _on_progress: Callable[[int, int], None] | None = None) -> Answer:
        """Turn away."""
        return StaffTurnedAway(StaffRefusedError.code)

    async def tell_office(self, _message: ToOffice) -> None:
        """Hear nothing."""


class NoPolls:
    """Implements ``PollsOffice`` where no election is."""

    async def ask_polls(self, _message: ToPolls) -> FromPolls:
        """Refuse."""
        return PollsDone(PackageNotCurrentError.code)


class NoRecords:
    """Implements ``RegisterRecords`` where no extract is."""

    async def seek(self, _register: str, _name: bytes) -> bytes:
        """Find nothing."""
        return b""


class SimulatedVisit:
    """Use it as an asynchronous context manager; whatever went wrong inside comes out at its end."""

    def __init__(  # noqa: PLR0913  # keyword-only but for what every visit needs
        self,
        around: Surroundings,
        anchors: TrustAnchors,
        recipients: Mapping[str, tuple[RecipientPublicKey, ...]],
        outbox: SimulatedOutbox,
        *,
        start: at.State | None = None,
        office: StaffOffice | None = None,
        polls: PollsOffice | None = None,
        records: RegisterRecords | None = None,
    ) -> None:
        """Wire a visit that begins on the attract screen, or in ``start``."""
        self.around, self.outbox, self._office = around, outbox, office
        if polls is None:  # a kiosk for services alone
            around.election = None
        self.desk, self.timer, self.display, self.printer = Desk(), HandTimer(), RecordingDisplay(), SimulatedPrinter()
        self.cards = SimulatedCards(FIRST, SECOND)
        self.voice, self.speech = VoiceBox(around), RecordingSpeech()
        self.pins: list[bytearray] = []
        self.told: list[str | at.Outcome] = []
        """What the keeper was told: "left", "dismissed", "help", and the outcome."""
        self.clock = StandingClock()
        fonts = Path(FONT_DIRECTORY)
        registers = RegisterWork(self.desk, around, records or NoRecords())
        card = CardWork(self.desk, around, anchors, self.clock, os.urandom, sign_pdf, sign_asice, registers)
        form = FormWork(self.desk, around, self.clock, fonts)
        closing = ClosingWork(self.desk, around, recipients, outbox, self.printer, fonts)
        self.office: list[ToOffice] = []
        """What the keeper's office for staff was told."""
        self.chimes = 0
        staff = StaffWork(self.desk.counter, around, office or NobodyAtTheOffice(), self._say, self._progressed)
        office_of_polls, paper = polls or NoPolls(), VotingPaper(around, self.clock, fonts)
        randomness = MixedRandomness((OperatingSystem(),))
        ballot = BallotWork(self.desk.ballot, around, office_of_polls, self.printer, paper, randomness)
        voter = VoterWork(
            self.desk.ballot, around, anchors, self.clock, office_of_polls, self.printer, paper, randomness
        )
        self._start = start or at.Attract()
        documents = DocumentWork(self.desk.counter, around, office or NobodyAtTheOffice(), ChildPictures())
        self._work = Work(
            card,
            form,
            closing,
            staff,
            documents=documents,
            finding=FindWork(self.desk, around),
            pins=PinWork(self.desk, self.around),
            ballot=ballot,
            voter=voter,
        )
        self._visit: Visit
        self._errors: list[dict[str, object]] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Begin: the first screen is up and the readers are known."""
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: self._errors.append(context))
        self._visit = Visit(
            display=self.display,
            timer=self.timer,
            work=self._work,
            around=self.around,
            desk=self.desk,
            voice=self.voice,
            start=self._start,
            on_help=lambda: self.told.append("help"),
            on_dismissed=lambda: self.told.append("dismissed"),
            on_left=lambda: self.told.append("left"),
            on_over=self.told.append,
            tell_office=self._tell_office,
            chime=self._chime,
        )
        self._tasks = [asyncio.create_task(self._visit.run()), asyncio.create_task(self._follow_cards())]
        await self.settle()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End; raises ``AssertionError`` for an error that nobody handled."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        await self.settle()
        if self._errors:
            raise AssertionError(self._errors)

    async def _follow_cards(self) -> None:
        """Follow the cards; when a card process ends, the next one finds the same cards in the same readers."""
        while True:
            cards = self.cards
            with suppress(ChannelClosedError):
                await self._visit.watch_cards(cards)
            names = [each.name for each in cards.readers]
            there = {name: card for name in names if (card := cards.card_in(name)) is not None}
            self.cards = SimulatedCards(*names, cards=there)

    def _tell_office(self, message: ToOffice) -> None:
        self.office.append(message)
        if self._office is not None:
            self._tasks.append(asyncio.create_task(self._office.tell_office(message)))

    def _progressed(self) -> None:
        self._visit.progressed()

    def _chime(self) -> None:
        self.chimes += 1

    def _say(self, sentence: str) -> bool:
        self.voice.hear(sentence, self.around.language, is_urgent=True)
        return True

    # What can be seen

    @property
    def state(self) -> at.State:
        """Where the visit is."""
        return self._visit.state

    @property
    def screen(self) -> screens.Screen:
        """What is on the glass."""
        return self.display.current

    async def settle(self) -> None:
        """Let everything happen that needs no thread and no time."""
        for _ in range(_TURNS):
            await asyncio.sleep(0)

    async def until(self, kind: type[_State]) -> _State:
        """Wait for a state of ``kind``, as it is entered; raises ``TimeoutError`` after 30 s."""
        async with asyncio.timeout(_PATIENCE_S):
            while not isinstance(state := self._visit.state, kind):
                self.display.changed.clear()
                await self.display.changed.wait()
        return state

    # What the person does

    def press(self, *intents: screens.Intent) -> None:
        """Do these things at the window, one right after the other."""
        for intent in intents:
            self._visit.on_intent(intent)

    def enter_pin(self, digits: str) -> None:
        """Enter a PIN; ``pins`` keeps the buffer, to see that it is wiped."""
        self.pins.append(bytearray(digits.encode()))
        self.press(screens.EnteredPin(self.pins[-1]))

    def enter_access_number(self, digits: bytes) -> bytearray:
        """Enter the number of a card; return the buffer, to see that it is wiped."""
        number = bytearray(digits)
        self.press(screens.EnteredAccessNumber(number))
        return number

    def hear(self, *texts: str) -> None:
        """Let the window say these things, one over the other."""
        for text in texts:
            self._visit.hear(text, self.around.language, True)  # as the signal of the window

    def insert(self, card: VirtualCard, reader: str = FIRST) -> None:
        """Put a card into a reader."""
        self.cards.insert(reader, card)

    def remove(self, reader: str = FIRST) -> None:
        """Take the card out."""
        self.cards.remove(reader)

    async def answer(self, value: str) -> None:
        """Answer the question on the screen."""
        self.press(screens.Answered(value))
        await self.settle()

    async def printed(self, count: int) -> None:
        """Wait until the printer was asked this often, and the person is told of it."""
        async with asyncio.timeout(_PATIENCE_S):
            while self.printer.asked < count:
                self.printer.changed.clear()
                await self.printer.changed.wait()
        await self.settle()

    def question(self) -> str:
        """Return the name of the question on the screen."""
        state = self._visit.state
        if not isinstance(state, at.Answering) or self.desk.form is None:
            raise TypeError(f"no question in {type(state).__name__}")
        return step_at(self.desk.form, state.question).ref.rsplit("/", 1)[-1]

    def post(self, event: on.Event) -> None:
        """Let something happen that neither person nor card does."""
        self._visit.post(event)

    def line_changed(self, *, is_up: bool) -> None:
        """The line comes or goes."""
        self._visit.line_changed(is_up=is_up)
