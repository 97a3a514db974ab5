# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Runs one visit: takes events one by one, asks the table, performs effects, shows screens, keeps the time."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from townhall_kiosk import effects as do
from townhall_kiosk import events as on
from townhall_kiosk import states as at
from townhall_kiosk.document_check import effects as papers
from townhall_kiosk.document_check import events as happened
from townhall_kiosk.effects import Effect
from townhall_kiosk.pin_life import effects as new_pin
from townhall_kiosk.pin_life import states as pins
from townhall_kiosk.ports import Cards, Display, Timer
from townhall_kiosk.session import advance
from townhall_kiosk.staff import views
from townhall_kiosk.staff.messages import DevicesSeen, ServiceStands, StaffLeft, ToOffice
from townhall_kiosk.visit.card_watch import CardWatch
from townhall_kiosk.visit.desk import Desk
from townhall_kiosk.visit.idle_watch import IdleWatch
from townhall_kiosk.visit.intents import event_of
from townhall_kiosk.visit.presenters import present
from townhall_kiosk.visit.reader_keys import entry_lasts, noticed
from townhall_kiosk.visit.surroundings import LONGEST_ENTRY_S, Surroundings
from townhall_kiosk.visit.voice_box import VoiceBox
from townhall_kiosk.visit.ways import REPEAT, SPEECH, PersonWays
from townhall_kiosk.visit.work import Work
from townhall_kiosk.voting import effects as make
from townhall_kiosk.voting import states as vote
from townhall_smartcard.apdu import wipe
from townhall_smartcard.messages import Reader, ServiceChanged
from townhall_ui.screens import Intent, Screen, TurnedVolume

_log = logging.getLogger(__name__)


class Visit:
    """One visit, from the attract screen until ``Ended``.

    ``on_dismissed`` is told when the person has read how the visit before ended, ``on_left`` when somebody leaves the
    attract screen, ``on_help`` when somebody calls staff, ``on_over`` when the visit has ended. ``tell_office`` tells
    the keeper's office for staff, ``chime`` lets everybody near hear something.
    """

    def __init__(  # noqa: PLR0913  # the composition root's wiring, keyword-only
        self,
        *,
        display: Display,
        timer: Timer,
        work: Work,
        around: Surroundings,
        desk: Desk,
        voice: VoiceBox,
        start: at.State,
        on_help: Callable[[], None],
        on_dismissed: Callable[[], None],
        on_left: Callable[[], None],
        on_over: Callable[[at.Outcome], None],
        tell_office: Callable[[ToOffice], None],
        chime: Callable[[], None],
    ) -> None:
        """Wire the visit; nothing happens before ``run``."""
        self.state: at.State = start
        self._display = display
        self._work = work
        self._around = around
        self._desk = desk
        self._voice = voice
        self._on_help = on_help
        self._on_dismissed = on_dismissed
        self._on_left = on_left
        self._on_over = on_over
        self._tell_office = tell_office
        self._chime = chime
        self._events: asyncio.Queue[on.Event] = asyncio.Queue()
        self._watch = CardWatch(around.staff_reader)
        self._idle = IdleWatch(timer, self.post, self._count_down)
        self._job: asyncio.Task[None] | None = None
        self._staff_job: asyncio.Task[None] | None = None
        self._printing: asyncio.Task[None] | None = None
        self._readers: tuple[Reader, ...] = ()
        self._shown: Screen | None = None

    def post(self, event: on.Event) -> None:
        """Something happened."""
        self._events.put_nowait(event)

    def on_intent(self, intent: Intent) -> None:
        """Take what the person did at the window."""
        self._idle.touched()
        if isinstance(intent, TurnedVolume):
            self._use(replace(self._around.ways, voice=self._around.ways.voice.turned(intent.steps)))
            self._show()
        event = event_of(intent, self.state, self._desk, self._around.role)
        if event is not None:
            self.post(event)

    async def watch_cards(self, cards: Cards) -> None:
        """Follow one card process until it ends. Its end is no removal: the next one says whether the card is still in.

        Raises:
            ChannelClosedError: the card process ended; call again with a new one.
        """
        self._work.use_cards(cards)
        while True:
            event = await cards.next_event()
            if isinstance(event, ServiceChanged):
                _log.info("PC/SC service %s", "runs" if event.is_running else "is away")
                continue
            self._readers = event.readers  # each change by itself: the newest alone would hide an exchange of cards
            self._tell_office(DevicesSeen(tuple(reader.name for reader in event.readers)))
            self._around.has_reader = self._watch.has_reader(event.readers)
            self._post_if(self._watch.notice_staff(event.readers))  # first: the screen is covered the same instant
            self._post_if(self._watch.notice(event.readers))
            self.post(happened.CardsMoved())
            self._show()

    def service_stands(self, news: ServiceStands) -> None:
        """The kiosk was taken out of service or put back."""
        self._around.closing_reason = news.reason
        self.post(on.ServiceChanged(news.closed))
        self._show()

    def progressed(self) -> None:
        """A long act of staff goes on."""
        self._show()

    def line_changed(self, *, is_up: bool) -> None:
        """The line to the centre came or went; the screen's top line says so."""
        if is_up != self._around.line_is_up:
            self._around.line_is_up = is_up
            self._show()

    def hear(self, text: str, language: str, is_urgent: bool) -> None:  # noqa: FBT001  # as the window's signal says it
        """Read to the person what the window says must be heard; while a PIN is asked, digits alone are for nobody."""
        is_pin = isinstance(self.state, at.AtCounter) and isinstance(self.state.view, views.PinAsked)
        is_pin = is_pin or isinstance(self.state, at.EnteringPin | vote.EnteringVotePin | pins.Pad)
        if is_pin and text.strip().isdecimal():
            return
        self._voice.hear(text, language, is_urgent=is_urgent)

    def hearing_changed(self) -> None:
        """Headphones or speech came or went; the ways to use say so."""
        self._show()

    async def run(self) -> None:
        """Run until the visit has ended."""
        self._entered()
        while not isinstance(self.state, at.Ended):
            self._take(await self._events.get())
            await asyncio.sleep(0)  # a job begins before the next event can take away what it works on
        for job in (self._job, self._staff_job):
            if job is not None:
                job.cancel()

    def _take(self, event: on.Event) -> None:
        before = self.state
        step = advance(before, event)
        self.state = step.state
        if (keys := noticed(self.state, self._desk)) is not None:
            self.state = advance(self.state, keys).state
        for effect in step.effects:
            self._perform(effect)
        was_told = isinstance(at.beneath(before), at.PreviousEnded)
        if was_told and not isinstance(at.beneath(self.state), at.PreviousEnded):
            self._on_dismissed()
        if isinstance(before, at.Attract) and not isinstance(self.state, at.Attract):
            self._on_left()
        if self.state != before or step.effects or isinstance(event, on.AnswerAccepted):  # a repeat grows in its place
            self._entered()

    def _entered(self) -> None:
        self._idle.entered(self.state)
        if entry_lasts(self.state):
            self._idle.show_time(self._around.entry_s)
        self._show()

    def _show(self) -> None:
        screen = present(self.state, self._desk, self._around)
        if screen != self._shown:  # the same screen again would take away what is typed
            self._shown = screen
            self._display.show_screen(screen)

    def _perform(self, effect: Effect) -> None:  # noqa: C901, PLR0912  # one line an effect
        match effect:
            case do.UseLanguage(language=language):
                self._around.language = language
                if self._desk.form is not None:  # a clerk chose it in the middle of a form
                    self._desk.form.set_language(language)
                self._voice.hear_first(self._around.text("language.endonym"), language)
            case do.UseWay(group=group, choice=choice):
                self._choose_way(group, choice)
            case do.ResetWays():
                self._use(PersonWays())
            case do.CallStaff():
                self._around.is_help_coming = True
                self._on_help()
            case do.NoteTest(result=result):
                self._desk.counter.note(result)
            case do.LeaveCounter():
                self._leave_counter()
            case do.Chime():
                self._chime()
            case do.GiveMoreTime():
                self._idle.be_patient()
                self._around.entry_s = LONGEST_ENTRY_S
            case do.UseLargerText():
                self._use(self._around.ways.larger())
            case do.ReadStaffCard() | do.ProveStaff() | do.DoStaffAct() | do.RunDeviceTest() | papers.CheckDocument():
                self._start_for_staff(effect)
            case papers.ForgetDocument():
                self._desk.counter.document.forget_document()
            case do.LookForCard():
                self._post_if(self._watch.look(self._readers))
            case do.Forget():
                if self._job is not None:
                    self._job.cancel()
                self._desk.clear()
            case do.WipeSecret(secret=secret):
                wipe(secret)
            case do.EndVisit(outcome=outcome):
                self._tell_over(outcome)
            case do.ReadCard(reader=reader) | make.ReadVoter(reader=reader):
                self._watch.take(reader)
                self._start(effect)
            case new_pin.KeepCode() | new_pin.ForgetCodes():
                self._work.pins.perform(effect)
            case make.Mark() | make.Rank():
                self._work.ballot.mark(effect)
            case make.ForgetSeed():
                self._work.ballot.forget_seed()
            case _:
                self._start(effect)

    def _start_for_staff(self, effect: do.StaffJob) -> None:
        """Do work for staff in the background, beside the work of the visit beneath."""
        if isinstance(effect, do.ReadStaffCard):
            self._watch.take(effect.reader)
        job = asyncio.create_task(self._do_for_staff(effect))
        job.add_done_callback(_raise_unexpected)
        if isinstance(effect, do.ProveStaff):
            pin = effect.pin
            job.add_done_callback(lambda _job: wipe(pin))
        self._staff_job = job

    async def _do_for_staff(self, effect: do.StaffJob) -> None:
        self.post(await self._work.perform_for_staff(effect))

    def _leave_counter(self) -> None:
        if self._staff_job is not None:
            self._staff_job.cancel()
        self._desk.counter.clear()
        self._tell_office(StaffLeft())

    def _choose_way(self, group: str, choice: str) -> None:
        if (group, choice) == (SPEECH, REPEAT):
            self._voice.repeat()
        else:
            self._use(self._around.ways.changed(group, choice))

    def _use(self, ways: PersonWays) -> None:
        """Be used in these ways from now on."""
        before, self._around.ways = self._around.ways, ways
        if ways.voice != before.voice:
            self._voice.use(ways.voice)
        if ways.look != before.look:
            self._display.use(ways.look)

    def _tell_over(self, outcome: at.Outcome) -> None:
        """Tell that the visit is over; the process is ended then, so paper that was asked for comes first."""
        if self._printing is None or self._printing.done():
            self._on_over(outcome)
        else:
            self._printing.add_done_callback(lambda _printing: self._on_over(outcome))

    def _start(self, effect: do.Job) -> None:
        """Do the work of an effect in the background; the event that it leads to comes back through the queue."""
        job = asyncio.create_task(self._do(effect))
        job.add_done_callback(_raise_unexpected)
        if (secret := _secret_of(effect)) is not None:
            job.add_done_callback(lambda _job: wipe(secret))  # also where the job was cancelled before it began
        if isinstance(effect, do.PrintReceipt | make.PrintVoteReceipt | make.PrintAdmission):
            self._printing = job  # who leaves at once still gets the paper
        else:
            self._job = job

    async def _do(self, effect: do.Job) -> None:
        self.post(await self._work.perform(effect, self.state))

    def _post_if(self, event: on.Event | None) -> None:
        if event is not None:
            self.post(event)

    def _count_down(self, left_s: int, total_s: int) -> None:
        self._around.countdown_s, self._around.countdown_total_s = left_s, total_s
        self._show()


def _secret_of(effect: do.Job) -> bytearray | None:
    match effect:
        case do.ProveIdentity(pin=secret) | do.SignDocument(pin=secret) | do.OpenCard(access_number=secret):
            return secret
        case new_pin.JudgeNewPin(pin=secret) | new_pin.ReplacePin(pin=secret):
            return secret
        case make.SignStatement(pin=secret) | make.OpenVoterCard(access_number=secret) | make.TakeAdmission(secret):
            return secret
        case _:
            return None


def _raise_unexpected(job: asyncio.Task[None]) -> None:
    """Let the loop's handler end the process on a bug: leaving is the wipe, and the standby tells the person."""
    if not job.cancelled() and (error := job.exception()) is not None:
        raise error
