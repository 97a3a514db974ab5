# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One visit process and its card process, as the keeper sees them.

The keeper makes the socket pair between the two and drops both of its ends, so no PIN and no personal data ever pass
through it.
"""

import asyncio
import contextlib
import logging
import secrets
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, assert_never

import msgspec

from townhall_kiosk import messages
from townhall_kiosk.receipt import SignedReceipt
from townhall_kiosk.staff.messages import ServiceStands, ToOffice
from townhall_kiosk.staff.office import Say
from townhall_kiosk.states import Outcome
from townhall_kiosk.voting.messages import FromPolls, ToPolls, VoteTaken
from townhall_process.channel import Channel
from townhall_process.child import Child, Start, socket_pair
from townhall_process.errors import ChannelClosedError, ChannelMisuseError, ProcessError

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Processes:
    """How a kiosk starts its other processes: as children of the keeper, or as users of their own."""

    visit: Start
    card: Start
    picture: Start  # unpacks one picture, and ends


class KeeperServices(Protocol):
    """What a visit may ask of the keeper."""

    async def commit(self, request: messages.Commit) -> messages.Committed | messages.NotCommitted:
        """Make a sealed payload durable."""

    async def print(self, pdf: bytes) -> str:
        """Print; return an empty text, or the code of why not."""

    async def seek_record(self, name: str, request: messages.SeekRecord) -> messages.RecordSought:
        """Look for a sealed record in a register's extract, for one visit."""

    async def closed(self) -> str:
        """Return an empty text, or the code of why no visit may begin."""

    async def visit_begun(self, name: str) -> None:
        """Somebody came."""

    async def called_for_help(self, name: str) -> None:
        """Somebody called a member of staff."""

    async def speech(self) -> socket.socket | None:
        """Return a connection to the speech service, or None where there is none now."""

    async def speech_again(self) -> socket.socket | None:
        """Return the next connection once there is one; None: there is no speech on this kiosk."""

    async def visit_ended(self, name: str, outcome: Outcome | None) -> None:
        """The visit is over; None: it was cut off, and its person has read so."""

    def closing_reason(self) -> str:
        """Return why staff took the kiosk out of service, or an empty text."""

    async def staff(self, name: str, message: ToOffice, say: Say) -> None:
        """Staff at this visit's screen want something; ``say`` answers."""

    def entropy(self) -> bytes:
        """Return fresh bytes of this machine's sources of randomness, for one visit."""

    async def polls(self, name: str, message: ToPolls) -> FromPolls:
        """Take one message of a visit that votes."""

    async def staff_gone(self, name: str) -> None:
        """The visit is ended: no staff are at its screen any more."""


@dataclass(frozen=True, slots=True)
class CutOff:
    """A visit that broke off and whose person has not read so yet; until then the audit trail has it as not ended."""

    name: str
    news: messages.Previous


class RunningVisit:
    """Takes what one visit says until it is over or its process ends."""

    def __init__(
        self,
        child: Child,
        channel: Channel[messages.FromVisit, messages.FromKeeper],
        services: KeeperServices,
        processes: Processes,
    ) -> None:
        """Use ``start``."""
        self._processes = processes
        self._name = secrets.token_hex(8)
        self._child = child
        self._channel = channel
        self._services = services
        self.provisions: messages.Provisions | None = None  # what it stands by with
        self._card: Child | None = None
        self._picture: Child | None = None
        self._warm = asyncio.Event()
        self._painted = asyncio.Event()
        self._retired = asyncio.Event()
        self._is_leaving = False
        self._somebody_came = False
        self._is_over = False
        self._receipt: SignedReceipt | None = None
        self._has_voted = False
        self._previous: CutOff | None = None
        self._reconnecting: asyncio.Task[None] | None = None
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls, processes: Processes, services: KeeperServices) -> "RunningVisit":
        """Start a visit process.

        Raises:
            ProcessError: it cannot be started.
        """
        ours, theirs = socket_pair()
        child = await processes.visit(theirs)
        return cls(child, Channel(ours, messages.FromVisit), services, processes)

    async def stand_by(self, provisions: messages.Provisions) -> bool:
        """Hand over the provisions; tell whether the visit stands by (False: it ended first)."""
        self.provisions = provisions
        try:
            await self._channel.send(msgspec.structs.replace(provisions, entropy=self._services.entropy()))
        except ChannelClosedError:
            return False
        await self._first(self._warm)
        return self._warm.is_set()

    async def begin(self, previous: CutOff | None) -> None:
        """Let the visit begin, with a card process of its own; it tells first how ``previous`` ended.

        Raises:
            ChannelClosedError: the visit's process is gone.
        """
        self._previous = previous
        news = None if previous is None else previous.news
        speech = await self._services.speech()
        try:
            closed = await self._services.closed()
            begin = messages.Begin(news, closed, self._services.closing_reason(), has_speech=speech is not None)
            await self._start_card_process(begin, [] if speech is None else [speech.fileno()])
        finally:
            if speech is not None:
                speech.close()

    async def painted_or_ended(self) -> None:
        """Wait until the first screen is on the glass, or the visit's process ended."""
        await self._first(self._painted)

    async def over(self) -> None:
        """Wait until the visit is over, retired or its process ended; raise what went wrong in the keeper meanwhile."""
        await self._first(self._retired)
        if self._listening.done():
            self._listening.result()

    def retire(self) -> None:
        """Make room for a visit with newer provisions, if nobody has come and nobody's news are on the screen."""
        if not self._somebody_came and self._previous is None:
            self._retired.set()

    @property
    def is_ended(self) -> bool:
        """Whether it said that it is over, or its process ended."""
        return self._listening.done()

    def leave(self) -> bool:
        """Give the glass up to a successor that stands by; False if somebody has come: then this one stays."""
        self._is_leaving = not self._somebody_came
        return self._is_leaving

    async def tell_line(self, *, is_up: bool) -> None:
        """Tell whether the centre answers."""
        try:
            await self._channel.send(messages.Line(is_up))
        except ChannelClosedError:
            _log.info("a visit ended before it heard of the line")

    async def tell_service(self, news: ServiceStands) -> None:
        """Tell that the kiosk was taken out of service or put back."""
        try:
            await self._channel.send(news)
        except ChannelClosedError:
            _log.info("a visit ended before it heard of the service")

    async def tell_headphones(self, *, are_plugged: bool) -> None:
        """Tell whether headphones are plugged in."""
        with contextlib.suppress(ChannelClosedError):
            await self._channel.send(messages.Headphones(are_plugged))

    def left_behind(self) -> CutOff | None:
        """Return what the next visit must tell the person, if this one did not come to its end."""
        if self._is_over:
            return None
        if self._receipt is not None:
            return CutOff(self._name, messages.Previous(self._receipt.facts.number, self._receipt))
        if self._has_voted:
            return CutOff(self._name, messages.Previous(None, None, has_voted=True))
        if self._somebody_came:
            return CutOff(self._name, messages.Previous(None, None))
        return self._previous

    async def end_card_process(self) -> None:
        """End this visit's card process; nobody may speak to a card any more."""
        if self._card is not None:
            await self._card.kill()
            self._card = None

    async def end(self) -> None:
        """End both processes at once: leaving is the wipe. What the keeper knew of the person goes as well."""
        self._listening.cancel()
        self._receipt = self._previous = None
        if self._reconnecting is not None:
            self._reconnecting.cancel()
        await self._child.kill()
        await self.end_card_process()
        await self._end_picture_process()
        self._channel.close()
        await self._services.staff_gone(self._name)

    async def _first(self, event: asyncio.Event) -> None:
        """Wait until ``event`` is set or the visit has ended."""
        waiting = asyncio.create_task(event.wait())
        try:
            await asyncio.wait({waiting, self._listening}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()

    async def _listen(self) -> None:
        try:
            while not self._is_over:
                await self._take(await self._channel.receive())
        except ChannelClosedError:
            status = await self._child.ended()
            _log.warning("a visit's process ended with status %d", status)
        except ChannelMisuseError as exc:
            _log.critical("%s: a visit said what no visit says; ended", exc.code)
            await self._child.kill()

    async def _take(self, message: messages.FromVisit) -> None:  # noqa: C901, PLR0912  # one line a message
        if isinstance(message, ToOffice):
            await self._services.staff(self._name, message, self._channel.send)
            return
        if isinstance(message, ToPolls):
            await self._polls(message)
            return
        match message:
            case messages.StandingBy():
                self._warm.set()
            case messages.Painted():
                self._painted.set()
            case messages.PersonCame():
                await self._person_came()
            case messages.PreviousDismissed():
                await self._dismissed()
            case messages.Commit():
                await self._commit(message)
            case messages.ReplaceCardProcess():
                await self.end_card_process()
                await self._start_card_process(messages.CardProcessReplaced())
            case messages.PictureProcessWanted():
                await self._start_picture_process()
            case messages.ReplaceSpeech():
                self._reconnecting = asyncio.create_task(self._connect_speech())
            case messages.CalledForHelp():
                await self._services.called_for_help(self._name)
            case messages.SeekRecord():
                await self._channel.send(await self._services.seek_record(self._name, message))
            case messages.Print(pdf=pdf):
                await self._channel.send(messages.PrintDone(await self._services.print(pdf)))
            case messages.VisitOver(outcome=outcome):
                self._is_over = True
                self._receipt, self._has_voted = None, False  # the next person is told nothing of it
                if self._somebody_came:
                    await self._services.visit_ended(self._name, outcome)
            case _:
                assert_never(message)

    async def _dismissed(self) -> None:
        """Close the visit before only now: a keeper that is restarted sooner has it told again."""
        if self._previous is not None:
            await self._services.visit_ended(self._previous.name, None)
            self._previous = None

    async def _person_came(self) -> None:
        if self._is_leaving:
            return  # too late by a blink: the next attract screen is about to be on the glass
        if not self._somebody_came:  # who takes the card out before choosing a language comes again
            self._somebody_came = True
            self._retired.clear()  # who came while the successor was warming up is not sent away
            await self._services.visit_begun(self._name)

    async def _commit(self, request: messages.Commit) -> None:
        outcome = await self._services.commit(request)
        if isinstance(outcome, messages.Committed):
            self._receipt = outcome.receipt  # before it is told: the visit may die in between
        await self._channel.send(outcome)

    async def _polls(self, message: ToPolls) -> None:
        answer = await self._services.polls(self._name, message)
        self._has_voted |= isinstance(answer, VoteTaken)  # before it is told: the visit may die in between
        await self._channel.send(answer)

    async def _connect_speech(self) -> None:
        end = await self._services.speech_again()
        if end is not None:
            with end, contextlib.suppress(ChannelClosedError):
                await self._channel.send(messages.SpeechReplaced(), [end.fileno()])

    async def _start_card_process(
        self, message: messages.Begin | messages.CardProcessReplaced, more_fds: Sequence[int] = ()
    ) -> None:
        visits_end, cards_end = socket_pair()
        try:
            self._card = await self._processes.card(cards_end)
            await self._channel.send(message, [visits_end.fileno(), *more_fds])
        finally:
            visits_end.close()

    async def _end_picture_process(self) -> None:
        if self._picture is not None:
            await self._picture.kill()
            self._picture = None

    async def _start_picture_process(self) -> None:
        """Start one for one picture; the face in it goes from the visit to that process, never through this one."""
        await self._end_picture_process()
        visits_end, pictures_end = socket_pair()
        try:
            self._picture = await self._processes.picture(pictures_end)
        except ProcessError as exc:
            _log.warning("%s: no process for a picture", exc.code)
            await self._channel.send(messages.PictureProcessGiven(is_there=False))
        else:
            await self._channel.send(messages.PictureProcessGiven(), [visits_end.fileno()])
        finally:
            visits_end.close()
