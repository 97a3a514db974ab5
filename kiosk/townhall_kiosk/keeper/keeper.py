# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The keeper: holds the device key and the journal, keeps the line, supervises the visits. It opens no window.

Nothing that a person says reaches it readable: a visit hands over sealed bytes and gets back a signed receipt.
"""

import asyncio
import logging
import secrets
import socket
from collections.abc import Mapping
from importlib.metadata import version

import msgspec

from townhall_crypto.device_key import DeviceKey
from townhall_crypto.errors import CryptoError
from townhall_crypto.trust import TrustAnchors
from townhall_kiosk import messages
from townhall_kiosk.catalogue import CLOCK_TOLERANCE_S, KioskCatalogue
from townhall_kiosk.catalogue_provisions import Provided
from townhall_kiosk.errors import ClockBackError, KioskError
from townhall_kiosk.keeper.closing_watch import ClosingWatch
from townhall_kiosk.keeper.election_day import ElectionDay
from townhall_kiosk.keeper.line_watch import LineWatch
from townhall_kiosk.keeper.record_search import RecordSearch
from townhall_kiosk.keeper.running_visit import CutOff, Processes
from townhall_kiosk.keeper.speech_line import SpeechLine
from townhall_kiosk.keeper.visits import Visits
from townhall_kiosk.ports import Clock, Headphones, Printer
from townhall_kiosk.receipt import ReceiptFacts, sign_receipt
from townhall_kiosk.staff.authority import Authority, Grounds
from townhall_kiosk.staff.control import ControlServer
from townhall_kiosk.staff.messages import ServiceStands, ToOffice
from townhall_kiosk.staff.office import Office, Say
from townhall_kiosk.staff.roster import Roster
from townhall_kiosk.staff.standing import Standing
from townhall_kiosk.staff.status import Devices, PollsFacts
from townhall_kiosk.staff.works import StaffSetting, Works
from townhall_kiosk.states import Outcome
from townhall_kiosk.voting.errors import PackageNotCurrentError
from townhall_kiosk.voting.messages import FromPolls, PollsDone, ToPolls
from townhall_sync.async_journal import AsyncJournal
from townhall_sync.audit import Event, Fact
from townhall_sync.ballot_log import BallotLogs
from townhall_sync.courier import Courier
from townhall_sync.errors import JournalFullError, JournalRolledBackError, SyncError
from townhall_sync.number import number_of

_log = logging.getLogger(__name__)

_CALL_AGAIN_NS = 30 * 10**9


class Keeper:
    """One kiosk, running. Implements ``KeeperServices`` for its visits."""

    def __init__(  # noqa: PLR0913  # the composition root's wiring, keyword-only
        self,
        *,
        journal: AsyncJournal,
        courier: Courier,
        line: LineWatch,
        key: DeviceKey,
        clock: Clock,
        printer: Printer,
        headphones: Headphones,
        speech: SpeechLine,
        catalogue: KioskCatalogue,
        processes: Processes,
        setting: StaffSetting,
        election: ElectionDay,
        ballot_logs: BallotLogs,
    ) -> None:
        """Wire the keeper; nothing happens before ``run``."""
        self._journal = journal
        self._courier = courier
        self._line = line
        self._closing = ClosingWatch(journal, line.every_s)
        self._is_clock_back = False
        self._key = key
        self._clock = clock
        self._headphones = headphones
        self._speech = speech
        self._records = RecordSearch()
        self._called_ns: dict[str, int] = {}  # by visit: when it last called for help
        self.catalogue = catalogue
        provisions = catalogue.provided.provisions
        self._grounds = _grounds(provisions)
        self._election = election
        self._ballot_logs = ballot_logs
        self._election.anchors = lambda: self._grounds.anchors
        self._visits = Visits(processes, self._with_election(catalogue.provided), self)
        devices = Devices(has_printer=provisions.can_print)
        self.works = Works(setting, self, journal, key, clock, printer, line.facts, devices)
        authority = Authority(provisions.kiosk, lambda: self._grounds, clock, secrets.token_bytes)
        self._office = Office(authority, self.works, journal, election)
        election.print = self.works.print
        self._control = ControlServer(setting.home, self.works, journal)

    async def run(self) -> None:
        """Run until cancelled.

        Raises:
            OutOfServiceError: the journal cannot be used; what a commit came to is known after the next start.
        """
        await self._note(Event.KIOSK_STARTED, {"version": version("townhall")})
        await self._election.catch_up()
        previous = await self._cut_off_by_restart()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._courier.run())
                group.create_task(self._line.run(self._line_changed))
                group.create_task(self._headphones.changes(self._visits.headphones_changed))
                group.create_task(self._visits.run(previous))
                group.create_task(self._control.run())
                group.create_task(self.catalogue.run(self._provided))
                group.create_task(self._election.run())
                group.create_task(self._election.log.run(self._ballot_logs, self._line.every_s))
                group.create_task(self._closing.run(self.closed, self._closing_changed))
        finally:
            await self._note(Event.KIOSK_STOPPED, {})

    async def commit(self, request: messages.Commit) -> messages.Committed | messages.NotCommitted:
        """Make a sealed payload durable and sign its receipt; the service's title is stored nowhere."""
        try:
            committed = await self._journal.commit(request.sealed)
        except JournalFullError as exc:
            _log.error("%s: the disk is full", exc.code)
            return messages.NotCommitted(exc.code)
        facts = ReceiptFacts(
            number=committed.number,
            service=request.service,
            place=self.catalogue.provided.provisions.place,
            date=self._clock.now().isoformat(timespec="minutes"),
            kiosk=self._journal.kiosk,
            envelope=committed.envelope_id,
            checkpoint=committed.checkpoint,
        )
        self._courier.wake()
        return messages.Committed(sign_receipt(facts, self._key))

    async def print(self, pdf: bytes) -> str:
        """Print; return an empty text, or the code of why not."""
        return await self.works.print(pdf)

    async def seek_record(self, name: str, request: messages.SeekRecord) -> messages.RecordSought:
        """Find a sealed record, a few for each visit; the audit trail has neither its name nor what it holds."""
        outcome, sealed = self._records.seek(name, request, self.catalogue.provided.registers)
        if outcome:
            await self._note(Event.REGISTER_ASKED, {"visit": name, "register": request.register, "outcome": outcome})
        return messages.RecordSought(sealed)

    async def closed(self) -> str:
        """Return an empty text, or the code of why no visit may begin; those that are on go on to their end."""
        if self.works.standing.code:
            return self.works.standing.code
        status = await self._journal.status()
        behind_s = status.last_server_time - self._clock.wall()
        was_back, self._is_clock_back = self._is_clock_back, behind_s > CLOCK_TOLERANCE_S
        if self._is_clock_back:
            if not was_back:
                await self._note(Event.CLOCK_BACK, {"seconds": behind_s})
            return self._closed_by(ClockBackError.code)
        if status.accepts_visits:
            closed = self.catalogue.provided.closed
            return self._closed_by(closed) if closed else ""
        return self._closed_by(JournalRolledBackError.code if status.is_forked else JournalFullError.code)

    @staticmethod
    def _closed_by(code: str) -> str:
        _log.error("%s: no visit may begin", code)
        return code

    def closing_reason(self) -> str:
        """Return why staff took the kiosk out of service, or an empty text."""
        reason = self.works.standing.reason
        return "" if reason is None else reason.value

    async def service_stands(self, _standing: Standing) -> None:
        """Tell the visits: who is being served goes on to the end, who comes next is not."""
        await self._visits.service_stands(ServiceStands(await self.closed(), self.closing_reason()))

    async def _closing_changed(self, code: str) -> None:
        _log.warning("%s", f"closed: {code}" if code else "open again")
        await self._visits.service_stands(ServiceStands(code, self.closing_reason()))

    def polls_facts(self) -> PollsFacts:
        """Return how the polls of an election stand here."""
        return self._election.facts()

    def staff_listed(self) -> int:
        """Return how many certificates are on the list of staff."""
        return len(self._grounds.roster.entries)

    async def staff(self, name: str, message: ToOffice, say: Say) -> None:
        """Take what staff at a visit's screen want."""
        await self._office.take(name, message, say)

    def entropy(self) -> bytes:
        """Return fresh bytes of this machine's sources of randomness, for one visit."""
        return self._election.entropy()

    async def polls(self, name: str, message: ToPolls) -> FromPolls:
        """Take one message of a visit that votes."""
        polls = self._election.polls
        return PollsDone(PackageNotCurrentError.code) if polls is None else await polls.station.take(name, message)

    async def staff_gone(self, name: str) -> None:
        """End what staff had at the screen of a visit that is ended."""
        await self._office.gone(name)
        self._election.gone(name)

    async def visit_begun(self, name: str) -> None:
        """Write to the audit trail that somebody came."""
        await self._note(Event.VISIT_BEGUN, {"visit": name})

    async def called_for_help(self, name: str) -> None:
        """Write to the audit trail, for staff to see, that somebody needs help; not each touch of the button."""
        now_ns, last_ns = self._clock.monotonic_ns(), self._called_ns.get(name)
        if last_ns is not None and now_ns - last_ns < _CALL_AGAIN_NS:
            return
        self._called_ns = {name: now_ns}
        self.works.devices.help_calls = 1  # one person at a time is at a kiosk
        _log.warning("somebody calls a member of staff")
        await self._note(Event.HELP_CALLED, {"visit": name})

    async def speech(self) -> socket.socket | None:
        """Return a connection to the speech service, or None where there is none now."""
        return await self._speech.connect()

    async def speech_again(self) -> socket.socket | None:
        """Return the next connection once there is one; None: there is no speech on this kiosk."""
        return await self._speech.connect_again()

    async def visit_ended(self, name: str, outcome: Outcome | None) -> None:
        """Write to the audit trail how the visit ended; None: it was cut off, and its person has read so."""
        self.works.devices.help_calls = 0
        told = "DIED" if outcome is None else outcome.name
        await self._note(Event.VISIT_ENDED, {"visit": name, "outcome": told})

    async def _note(self, event: Event, facts: Mapping[str, Fact]) -> None:
        """Write to the audit trail; on a disk too full for it the log alone says so; no form needs it."""
        try:
            await self._journal.audit(event, facts)
        except JournalFullError as exc:
            _log.error("%s: %s is not in the audit trail", exc.code, event.name)

    async def _cut_off_by_restart(self) -> CutOff | None:
        """Return the visit that a restart of the keeper cut off, or whose end nobody has read yet, if there is one."""
        cut_off = await self._journal.open_visit()
        if cut_off is None:
            return None
        number = number_of(cut_off.envelope_id) if cut_off.envelope_id else None
        return CutOff(cut_off.name, messages.Previous(number, None, has_voted=cut_off.has_voted))

    async def _provided(self, provided: Provided) -> None:
        self._grounds = _grounds(provided.provisions)
        self.works.moved_to(provided.provisions.place)
        await self._visits.provide(self._with_election(provided))

    def _with_election(self, provided: Provided) -> messages.Provisions:
        """Return what visits get, with the election in which this kiosk takes part; the rest goes on without it."""
        provisions = provided.provisions
        try:
            election = self._election.use(provided.election, provisions.recipients)
        except (KioskError, SyncError, CryptoError) as exc:
            _log.error("%s: no election: %s", exc.code, exc)
            election = None
        is_booth = election is not None and self._election.is_booth
        services = () if is_booth else provisions.services  # they begin with a card, and a booth never learns who
        return msgspec.structs.replace(provisions, election=election, services=services)

    async def _line_changed(self, is_up: bool) -> None:  # noqa: FBT001  # a callback of one fact
        _log.info("the centre %s", "answers" if is_up else "does not answer")
        if is_up:
            self._courier.wake()
            self.catalogue.wake()
        await self._visits.line_changed(is_up=is_up)


def _grounds(provisions: messages.Provisions) -> Grounds:
    anchors = TrustAnchors(provisions.anchors, provisions.intermediates, provisions.revocation_lists)
    return Grounds(Roster.read(provisions.roster) if provisions.roster else Roster(), anchors, provisions.place)
