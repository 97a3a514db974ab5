# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Screens on which a person chooses a service: all of a few, or by life event, or by a search."""

from townhall_crypto.trust_verdict import Outcome
from townhall_forms.service import Service
from townhall_kiosk import states as at
from townhall_kiosk.finding import states as find
from townhall_kiosk.finding.shelves import SHELVES, are_many, shelf
from townhall_kiosk.finding.words import spelled
from townhall_kiosk.visit.choice_search import MOST_FOUND
from townhall_kiosk.visit.desk import Desk
from townhall_kiosk.visit.presenters import local_facts, pin_life
from townhall_kiosk.visit.presenters.answer_way import repeated
from townhall_kiosk.visit.presenters.entry_words import date_words, keyboard_words
from townhall_kiosk.visit.presenters.frames import frame, page_words
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_ui.screens import Choice, ChoiceScreen, EntryKind, QuestionScreen

STAFF = "staff"
SEARCH = "/ search"
"""Id of the choice that leads to the search. No service's id begins with a slash."""
SHELF = "/ life "
"""What the id of a choice of a life event begins with."""


def services(state: at.ChoosingService, desk: Desk, around: Surroundings) -> ChoiceScreen:
    """What this person can do here: all services where they are few, or those of a life event, or the life events."""
    if state.life_event:
        return _shelf(state.life_event, desk, around)
    text = around.text
    assert desk.identity is not None  # noqa: S101  # the table opens this state only after PIN 1 was accepted
    is_by_life = are_many(around.services)
    choices = _by_life(around) if is_by_life else _all(around.services, desk, around)
    choices = (*choices, *pin_life.offered(desk, around))
    if around.is_staff(desk.identity.authentication_certificate):
        choices = (*choices, Choice(STAFF, text("services.staff"), hint=text("services.staff.what")))
    heading = text("services.heading", name=f"{desk.identity.given_names} {desk.identity.surname}")
    return ChoiceScreen(
        frame(around, heading, stop=True),
        choices,
        introduction=text("services.by-life") if is_by_life else text("services.introduction"),
        paging=page_words(around),
    )


def _by_life(around: Surroundings) -> tuple[Choice, ...]:
    text = around.text
    counts = {name: len(shelf(around.services, name)) for name in SHELVES}
    shelves = (
        Choice(SHELF + name, text(f"life.{name}"), hint=text.counted("services.count", count))
        for name, count in counts.items()
        if count
    )
    return (Choice(SEARCH, text("services.search"), hint=text("services.search.what")), *shelves)


def _shelf(name: str, desk: Desk, around: Surroundings) -> ChoiceScreen:
    def in_order(service: Service) -> tuple[str, ...]:
        return spelled(service.titles[around.language])

    return ChoiceScreen(
        frame(around, around.text(f"life.{name}"), back=True, stop=True),
        _all(tuple(sorted(shelf(around.services, name), key=in_order)), desk, around),
        introduction=around.text("services.introduction"),
        paging=page_words(around),
    )


def _all(chosen: tuple[Service, ...], desk: Desk, around: Surroundings) -> tuple[Choice, ...]:
    return tuple(_offered(service, desk, around) for service in chosen)


def searching(state: find.SearchingService, desk: Desk, around: Surroundings) -> QuestionScreen:
    """What is looked for; what was looked for last stands there to be mended."""
    text = around.text
    before = "" if desk.found is None else desk.found.words
    return QuestionScreen(
        frame(around, text("find.heading"), proceed=text("services.search"), back=True, stop=True),
        EntryKind.TEXT,
        state.refused or before,
        keyboard_words(around),
        date_words(around),
        hint=text("search.how"),
        problem=state.problem,
    )


def found(desk: Desk, around: Surroundings) -> ChoiceScreen:
    """What was found, the best first."""
    text = around.text
    assert desk.found is not None  # noqa: S101  # the table opens this state only with what was found on the desk
    by_id = {service.id: service for service in around.services}
    words, shown = repeated(desk.found.words), desk.found.services[:MOST_FOUND]
    are_all = len(shown) == len(desk.found.services)
    return ChoiceScreen(
        frame(around, text.counted("find.found", len(desk.found.services)), back=True, stop=True),
        (
            *_all(tuple(by_id[each] for each in shown), desk, around),
            Choice(SEARCH, text("search.again")),
        ),
        introduction=text("search.found", words=words) if are_all else text("search.best", words=words),
        paging=page_words(around),
    )


def _is_refused(desk: Desk, service: Service) -> bool:
    verdict = desk.verdicts.get(service.id)
    return verdict is not None and verdict.outcome is Outcome.REFUSED


def _offered(service: Service, desk: Desk, around: Surroundings) -> Choice:
    """One service; where it cannot be had now, with the reason."""
    text, title = around.text, service.titles[around.language]
    if _is_refused(desk, service):
        return Choice(service.id, title, hint=text("services.uncertain"), is_available=False)
    if not around.can_offer(service):
        return Choice(service.id, title, hint=text("services.needs-line"), is_available=False)
    return Choice(service.id, title, hint=local_facts.hint(service, around))
