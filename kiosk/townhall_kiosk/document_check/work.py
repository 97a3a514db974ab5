# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reads and judges a document for staff: what was typed opens its chip, and what states signed tells its worth."""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from townhall_crypto.state_trust import StateTrust, StateTrustFiles, load_state_trust
from townhall_kiosk import events as on
from townhall_kiosk.document_check import effects as make
from townhall_kiosk.document_check import events as happened
from townhall_kiosk.document_check.comparison import differing
from townhall_kiosk.document_check.desk import CheckedDocument
from townhall_kiosk.document_check.events import ReadingProblem
from townhall_kiosk.documents.card_report import report_on, zone_of
from townhall_kiosk.errors import VisitError
from townhall_kiosk.ports import Cards, PictureOpener, StaffOffice
from townhall_kiosk.staff import acts
from townhall_kiosk.staff.errors import StaffRefusedError
from townhall_kiosk.staff.messages import StaffActWanted, StaffDone, StaffTurnedAway, StateTrustGiven
from townhall_kiosk.visit.staff_work import CounterDesk
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_smartcard.emrtd.document_read import DocumentRead
from townhall_smartcard.emrtd.lds.mrz import Mrz
from townhall_smartcard.emrtd.messages import DocumentClosed, DocumentOpened
from townhall_smartcard.emrtd.mrz_entry import ZoneRefused, read_entry
from townhall_smartcard.messages import DocumentOutcome, Failed, Failure

_PROBLEMS: Final = {
    Failure.CARD_UNSUPPORTED: ReadingProblem.NO_CHIP,
    Failure.CARD_MUTE: ReadingProblem.MUTE,
    Failure.READER_BUSY: ReadingProblem.BUSY,
    Failure.NO_SERVICE: ReadingProblem.NO_SERVICE,
}


class _NotAllowed(Exception):  # noqa: N818  # an event in disguise, caught where it is raised
    def __init__(self, event: on.Event) -> None:
        super().__init__(type(event).__name__)
        self.event = event


@dataclass(slots=True)
class DocumentWork:
    """Asks one card process at a time; the keeper is asked each time, and writes down that a document was checked."""

    counter: CounterDesk
    around: Surroundings
    office: StaffOffice
    pictures: PictureOpener
    cards: Cards | None = None

    async def check(self, job: make.CheckDocument) -> on.Event:
        """Take the zone, open the document with it, judge it, and put all of it on the desk."""
        desk = self.counter.document
        desk.found = None
        if job.typed is not None:
            desk.typed, desk.zone = job.typed, None
            entry = read_entry(job.typed, self.around.framing)
            if isinstance(entry, ZoneRefused):
                return happened.ZoneMistyped(entry.mistakes)
            desk.zone = entry.zone
        zone = desk.zone
        if zone is None:
            raise VisitError("a document is read before its zone was typed")
        holding = [each.name for each in self._cards().readers if each.card is not None]
        readers = [name for name in holding if name != job.staff_reader]
        if len(readers) != 1:
            return happened.DocumentMissing(are_several=bool(readers))
        try:
            trust = await self._trust()
        except _NotAllowed as exc:
            return exc.event
        return await self._judge(await self._cards().open_document(readers[0], zone.password()), zone, trust)

    async def _judge(self, outcome: DocumentOutcome, zone: Mrz, trust: StateTrust) -> on.Event:
        match outcome:
            case DocumentOpened(document=document):
                now = self.around.now().astimezone(UTC)
                found = await asyncio.to_thread(examine, document, zone, trust, now)
                picture = found.report.picture
                face = None if picture is None else await self.pictures.open_picture(picture)
                self.counter.document.found = replace(found, face=face)
                return happened.DocumentChecked()
            case DocumentClosed():
                return happened.DocumentFailed(ReadingProblem.CLOSED)
            case Failed(failure=Failure.CARD_REMOVED):
                return happened.DocumentMissing()
            case Failed(failure=failure):
                return happened.DocumentFailed(_PROBLEMS.get(failure, ReadingProblem.UNREADABLE))

    async def _trust(self) -> StateTrust:
        """Return whom the kiosk believes about documents, by its catalogue as it is now."""
        answer = await self.office.ask_office(StaffActWanted(self.counter.token, acts.CheckDocument()))
        match answer:
            case StateTrustGiven():
                files = answer.files()
            case StaffTurnedAway(code=code) | StaffDone(code=code):
                raise _NotAllowed(on.StaffTurnedAway(code or StaffRefusedError.code))
            case _:
                raise VisitError(type(answer).__name__)
        desk = self.counter.document
        if desk.trust is None or desk.trust[0] != files:
            desk.trust = files, await asyncio.to_thread(_load, files, self.around.now().astimezone(UTC))
        return desk.trust[1]

    def _cards(self) -> Cards:
        if self.cards is None:
            raise VisitError("no card process")
        return self.cards


def _load(files: StateTrustFiles, now: datetime) -> StateTrust:
    return load_state_trust(files, now)


def examine(document: DocumentRead, printed: Mrz, trust: StateTrust, now: datetime) -> CheckedDocument:
    """Judge what a chip said, and compare it with what is printed."""
    report = report_on(document, trust, now)
    chip = zone_of(document)
    return CheckedDocument(report, printed, chip, differing(printed, chip) if chip is not None else frozenset())
