# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Puts one visit on the stage: from provisions in standby to the end of the process. No Qt here."""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from townhall_crypto.asice import sign_asice
from townhall_crypto.errors import TrustMaterialError
from townhall_crypto.pades import sign_pdf
from townhall_crypto.recipients import RecipientPublicKey
from townhall_crypto.trust import TrustAnchors, prepare_trust
from townhall_forms.service import read_service
from townhall_kiosk import messages
from townhall_kiosk import states as at
from townhall_kiosk.catalogue_registers import known_registers
from townhall_kiosk.clock import KioskClock
from townhall_kiosk.document_check.work import DocumentWork
from townhall_kiosk.ports import Clock, Display
from townhall_kiosk.speech.speech_dispatcher import SpeechDispatcher
from townhall_kiosk.staff.messages import ServiceStands
from townhall_kiosk.staff.roster import Roster
from townhall_kiosk.translations import load_translated
from townhall_kiosk.visit.ballot_work import BallotWork
from townhall_kiosk.visit.card_work import CardWork
from townhall_kiosk.visit.closing_work import ClosingWork
from townhall_kiosk.visit.desk import Desk
from townhall_kiosk.visit.election import VisitElection
from townhall_kiosk.visit.find_work import FindWork
from townhall_kiosk.visit.form_work import FormWork
from townhall_kiosk.visit.keeper_link import KeeperLink
from townhall_kiosk.visit.pin_work import PinWork
from townhall_kiosk.visit.register_work import RegisterWork
from townhall_kiosk.visit.rehearsal import rehearse
from townhall_kiosk.visit.runner import Visit
from townhall_kiosk.visit.staff_work import StaffWork
from townhall_kiosk.visit.surroundings import Hearing, Surroundings
from townhall_kiosk.visit.voice_box import VoiceBox
from townhall_kiosk.visit.voter_work import VoterWork
from townhall_kiosk.visit.voting_paper import VotingPaper
from townhall_kiosk.visit.work import Work
from townhall_process.channel import Channel
from townhall_process.errors import ChannelClosedError, ChannelMisuseError
from townhall_smartcard.client import CardClient
from townhall_smartcard.emrtd.mrz_entry import Framing
from townhall_smartcard.messages import FromCard
from townhall_sync.catalogue_municipality import decode_municipality
from townhall_ui.screens import Intent
from townhall_voting.randomness import MixedRandomness, OperatingSystem

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Panel:
    """The screen in front of the person; ``paint`` returns when the glass shows what was last given to ``display``."""

    display: Display
    show: Callable[[], None]
    listen: Callable[[Callable[[Intent], None]], None]
    hear: Callable[[Callable[[str, str, bool], None]], None]
    warm: Callable[[bytes], None]
    """Draw a picture of a page once, out of sight."""
    chime: Callable[[], None]
    """Let everybody near hear something."""


class Stage:
    """One visit's life: warm, on, over."""

    def __init__(self, link: KeeperLink, panel: Panel, fonts: Path, lock: Callable[[], None]) -> None:
        """Take the channel, the screen and the fonts; nothing happens before ``run``.

        ``lock`` gives up what a visit may not do; it is called before anybody's data can be there.
        """
        self._link = link
        self._panel = panel
        self._fonts = fonts
        self._lock = lock
        self._clock: Clock = KioskClock()
        self._desk = Desk()
        self._visit: Visit | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Stand by, play the visit, and wait for the keeper to end the process.

        Raises:
            ChannelClosedError: the keeper is gone, or ended this visit.
        """
        provisions = await self._link.provisions()
        around = _surroundings(provisions)
        voice = VoiceBox(around)
        work = self._work(provisions, around, voice)
        self._panel.warm(await rehearse(around, self._fonts, self._clock.now()))
        self._lock()
        await self._link.say(messages.StandingBy())
        begun = await self._link.begin(_Standby(around, voice))
        visit = self._visit = self._make_visit(begun.message, work, around, voice)
        self._panel.listen(visit.on_intent)
        self._panel.hear(visit.hear)
        playing = _Playing(visit, voice, self)
        playing.take_card_end(begun.card_end)
        if begun.speech_end is not None:
            playing.take_speech_end(begun.speech_end)
        self.spawn(visit.run())
        self._panel.show()
        await self._link.say(messages.Painted())
        await self._link.run(playing)

    def _work(self, provisions: messages.Provisions, around: Surroundings, voice: VoiceBox) -> Work:
        anchors = _anchors(provisions)
        with contextlib.suppress(TrustMaterialError):  # the first card meets it again, on a screen with its code
            prepare_trust(anchors)  # now, while nobody waits: a national revocation list takes a tenth of a second
        card = CardWork(
            desk=self._desk,
            around=around,
            anchors=anchors,
            clock=self._clock,
            randomness=os.urandom,
            signer=sign_pdf,
            container_signer=sign_asice,
            registers=RegisterWork(self._desk, around, self._link),
        )
        form = FormWork(self._desk, around, self._clock, self._fonts)
        finding = FindWork(self._desk, around)
        finding.prepare()
        recipients = _recipients(provisions.recipients)
        closing = ClosingWork(self._desk, around, recipients, self._link, self._link, self._fonts)
        staff = StaffWork(
            desk=self._desk.counter,
            around=around,
            office=self._link,
            say=lambda sentence: _said(voice, sentence, around),
            on_progress=self._progressed,
        )
        paper = VotingPaper(around, self._clock, self._fonts)
        randomness = MixedRandomness((OperatingSystem(),))
        randomness.mix(KeepersRandomness(provisions.entropy))
        ballot = BallotWork(self._desk.ballot, around, self._link, self._link, paper, randomness)
        voter = VoterWork(self._desk.ballot, around, anchors, self._clock, self._link, self._link, paper, randomness)
        documents = DocumentWork(self._desk.counter, around, self._link, self._link)
        return Work(
            card,
            form,
            closing,
            staff,
            documents=documents,
            finding=finding,
            pins=PinWork(self._desk, around),
            ballot=ballot,
            voter=voter,
        )

    def _progressed(self) -> None:
        if self._visit is not None:
            self._visit.progressed()

    def _make_visit(self, begin: messages.Begin, work: Work, around: Surroundings, voice: VoiceBox) -> Visit:
        around.closing_reason = begin.reason
        start: at.State = at.OutOfService(begin.closed, card_is_in=False) if begin.closed else at.Attract()
        if begin.previous is not None:
            self._desk.receipt = begin.previous.receipt
            has_receipt = begin.previous.receipt is not None
            start = at.PreviousEnded(
                begin.previous.number,
                has_receipt=has_receipt,
                closed=begin.closed,
                has_voted=begin.previous.has_voted,
            )
        return Visit(
            display=self._panel.display,
            timer=asyncio.get_running_loop(),
            work=work,
            around=around,
            desk=self._desk,
            voice=voice,
            start=start,
            on_help=lambda: self._tell(messages.CalledForHelp()),
            on_dismissed=lambda: self._tell(messages.PreviousDismissed()),
            on_left=lambda: self._tell(messages.PersonCame()),
            on_over=lambda outcome: self._tell(messages.VisitOver(outcome)),
            tell_office=self._tell,
            chime=self._panel.chime,
        )

    def _tell(self, message: messages.FromVisit) -> None:
        self.spawn(self._link.say(message))

    async def follow_speech(self, end: socket.socket, visit: Visit, voice: VoiceBox) -> None:
        """Speak through one connection; when it breaks there is silence until the keeper has another."""
        speech = SpeechDispatcher(end)
        voice.speak_with(speech)
        visit.hearing_changed()
        await speech.run()
        voice.lose_speech()
        visit.hearing_changed()
        await self._link.say(messages.ReplaceSpeech())

    async def follow_cards(self, end: socket.socket, visit: Visit) -> None:
        """Follow one card process; when it ends, ask the keeper for the next."""
        client = CardClient(Channel(end, FromCard))
        pump = asyncio.create_task(_pump(client))
        try:
            await visit.watch_cards(client)
        except ChannelClosedError:
            _log.warning("the card process ended")
            await self._link.replace_card_process()
        finally:
            pump.cancel()

    def spawn(self, work: Coroutine[None, None, None]) -> None:
        """Do ``work`` beside everything else; a bug in it ends the process."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        """End on a bug: leaving the process is the wipe, and the standby tells the person."""
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error


class _Standby:
    """Implements ``StandbyNews``."""

    def __init__(self, around: Surroundings, voice: VoiceBox) -> None:
        self._around, self._voice = around, voice

    def line_changed(self, *, is_up: bool) -> None:
        self._around.line_is_up = is_up

    def headphones_changed(self, *, are_plugged: bool) -> None:
        self._voice.plug(are_plugged=are_plugged)


class _Playing:
    """Implements ``KeeperNews`` while the visit is on."""

    def __init__(self, visit: Visit, voice: VoiceBox, stage: Stage) -> None:
        self._visit, self._voice, self._stage = visit, voice, stage

    def line_changed(self, *, is_up: bool) -> None:
        self._visit.line_changed(is_up=is_up)

    def headphones_changed(self, *, are_plugged: bool) -> None:
        self._voice.plug(are_plugged=are_plugged)
        self._visit.hearing_changed()

    def service_stands(self, news: ServiceStands) -> None:
        self._visit.service_stands(news)

    def take_card_end(self, end: socket.socket) -> None:
        self._stage.spawn(self._stage.follow_cards(end, self._visit))

    def take_speech_end(self, end: socket.socket) -> None:
        self._stage.spawn(self._stage.follow_speech(end, self._visit, self._voice))


def _said(voice: VoiceBox, sentence: str, around: Surroundings) -> bool:
    """Say a sentence to whoever listens; tell whether anything can speak here now."""
    if around.hearing is Hearing.NO_SPEECH:
        return False
    voice.hear(sentence, around.language, is_urgent=True)
    return True


async def _pump(client: CardClient) -> None:
    try:
        await client.run()
    except (ChannelClosedError, ChannelMisuseError) as exc:
        _log.warning("card channel: %s", exc.code)


def _surroundings(provisions: messages.Provisions) -> Surroundings:
    texts = load_translated(provisions.languages, provisions.translations)
    municipality = decode_municipality(provisions.municipality) if provisions.municipality else None
    return Surroundings(
        place=provisions.place,
        texts=texts,
        services=tuple(read_service(files.description, files.form) for files in provisions.services),
        can_print=provisions.can_print,
        language=provisions.languages[0],
        elsewhere=provisions.elsewhere,
        municipality=municipality,
        roster=Roster.read(provisions.roster) if provisions.roster else Roster(),
        staff_reader=provisions.staff_reader,
        framing=Framing(provisions.zone_prefix, provisions.zone_suffix),
        registers=known_registers(provisions.registers),
        election=None if provisions.election is None else VisitElection.read(provisions.election, provisions.kiosk),
    )


class KeepersRandomness:
    """Implements ``RandomSource`` by bytes of the keeper's own sources, a TPM among them: a visit opens no device."""

    name = "keeper"

    def __init__(self, entropy: bytes) -> None:
        self._entropy = entropy

    def read(self, size_bytes: int) -> bytes:
        """Return the first of those bytes; raises OSError where there are too few."""
        if len(self._entropy) < size_bytes:
            raise OSError("the keeper gave too little")
        return self._entropy[:size_bytes]


def _anchors(provisions: messages.Provisions) -> TrustAnchors:
    seconds = provisions.trust_list_at
    signed_at = datetime.fromtimestamp(seconds, UTC) if seconds else None
    return TrustAnchors(provisions.anchors, provisions.intermediates, provisions.revocation_lists, signed_at)


def _recipients(untrusted: Mapping[str, tuple[bytes, ...]]) -> dict[str, tuple[RecipientPublicKey, ...]]:
    return {agency: tuple(map(RecipientPublicKey.from_bytes, keys)) for agency, keys in untrusted.items()}
