# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Rows of the session table: services by life event, and the search."""

from townhall_kiosk import effects as do
from townhall_kiosk import events as on
from townhall_kiosk import states as at
from townhall_kiosk.finding import effects as look
from townhall_kiosk.finding import events as happened
from townhall_kiosk.finding import states as find
from townhall_kiosk.steps import Step, refuse, stop
from townhall_kiosk.table_row import row


def _search(state: at.ChoosingService | find.ChoosingFound, _event: object) -> Step:
    return Step(find.SearchingService(state.reader))


def _services(state: at.ChoosingService | find.SearchingService | find.AboutService, _event: object) -> Step:
    return Step(at.ChoosingService(state.reader))


def _opened(state: at.ChoosingService | find.ChoosingFound, event: on.ServiceOpened) -> Step:
    if event.has_local_facts:
        return Step(find.AboutService(state.reader))
    return Step(at.Answering(state.reader, 0))


FINDING_TABLE = (
    row(
        at.ChoosingService,
        happened.LifeEventChosen,
        lambda s, e: Step(at.ChoosingService(s.reader, e.life_event)),
        at.ChoosingService,
    ),
    row(at.ChoosingService, on.ServiceOpened, _opened, at.Answering, find.AboutService),
    row(at.ChoosingService, on.WentBack, _services, at.ChoosingService),
    row(at.ChoosingService, happened.SearchWanted, _search, find.SearchingService),
    row(
        find.SearchingService,
        on.AnswerGiven,
        lambda s, e: Step(s, (look.FindServices(e.value),)),
        find.SearchingService,
    ),
    row(
        find.SearchingService,
        happened.ServicesFound,
        lambda s, _e: Step(find.ChoosingFound(s.reader)),
        find.ChoosingFound,
    ),
    row(
        find.SearchingService,
        happened.NothingFound,
        lambda s, e: Step(find.SearchingService(s.reader, e.message, e.words)),
        find.SearchingService,
    ),
    row(find.SearchingService, on.WentBack, _services, at.ChoosingService),
    row(find.SearchingService, on.StopPressed, stop, at.TakingCard),
    row(find.ChoosingFound, on.ServiceChosen, lambda s, e: Step(s, (do.OpenService(e.service),)), find.ChoosingFound),
    row(find.ChoosingFound, on.ServiceOpened, _opened, at.Answering, find.AboutService),
    row(find.ChoosingFound, on.CardFailed, refuse, at.CardRefused),
    row(find.ChoosingFound, happened.SearchWanted, _search, find.SearchingService),
    row(find.ChoosingFound, on.WentBack, _search, find.SearchingService),
    row(find.ChoosingFound, on.StopPressed, stop, at.TakingCard),
    row(find.AboutService, on.Continued, lambda s, _e: Step(at.Answering(s.reader, 0)), at.Answering),
    row(find.AboutService, on.WentBack, _services, at.ChoosingService),
    row(find.AboutService, on.StopPressed, stop, at.TakingCard),
)
