# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Staff at a visit's screen as one pure table of its own: ``View x Event -> View + effects``.

The counter covers what was on the screen before: nothing, or a person's visit. That visit goes on beneath: what its
card and its own work do happens to it and to nothing else, and it comes back exactly where it then is. Every answer for
staff has events of its own, so the two can never be mistaken for one another.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final, TypeAlias, TypeVar

from townhall_kiosk import effects as do
from townhall_kiosk import events as on
from townhall_kiosk import states as at
from townhall_kiosk.document_check import events as happened
from townhall_kiosk.document_check import steps as document
from townhall_kiosk.document_check import views as papers
from townhall_kiosk.events import Event
from townhall_kiosk.staff import counter_assist as helping
from townhall_kiosk.staff import counter_steps as then
from townhall_kiosk.staff import views
from townhall_kiosk.states import AtCounter, State
from townhall_kiosk.steps import Step
from townhall_kiosk.voting import states as vote

Advance: TypeAlias = Callable[[State, Event], Step]

_FOR_STAFF: Final = (
    *(on.Picked, on.Continued, on.WentBack, on.StopPressed, on.PinGiven, on.IdleTimeout, on.WasActive),
    on.AccessNumberGiven,  # of nobody's card: it was typed before staff covered the screen
    *(on.StaffCardInserted, on.StaffCardRemoved, on.StaffCardKnown, on.StaffPinRefused, on.StaffLetIn),
    *(on.StaffTurnedAway, on.StaffActDone, on.FurtherPersonNeeded, on.DeviceTested, on.TimeUp, on.CountdownOver),
    *(on.AskedForWays, on.WayChosen, on.CalledForHelp, on.StaffAsked, on.LanguageChosen),
    *(happened.ZoneGiven, happened.ZoneMistyped, happened.DocumentMissing, happened.CardsMoved),
    *(happened.DocumentChecked, happened.DocumentFailed),
)
"""What happens to the counter; everything else happens to what lies beneath it."""


def open_counter(reader: str, beneath: State | None, *, is_own_reader: bool) -> Step:
    """Cover the screen at once and read the card of staff."""
    counter = AtCounter(views.CardBeingRead(), reader, beneath, is_own_reader=is_own_reader)
    return Step(counter, (do.ReadStaffCard(reader),))


def staff_card(state: State, event: on.StaffCardInserted) -> Step:
    """Answer a card in the reader for staff in every state: the screen is covered the same instant."""
    match state:
        case at.Ended():
            return Step(state)
        case at.StillThere():  # whoever helps is somebody
            return open_counter(event.reader, state.resume, is_own_reader=False)
        case _:
            return open_counter(event.reader, state, is_own_reader=False)


def staff_asked(state: at.ChoosingService, _event: Event) -> Step:
    """A person who is a member of staff too goes to work: nothing of their own visit stays."""
    step = open_counter(state.reader, None, is_own_reader=True)
    return Step(step.state, (do.Forget(), *step.effects))


def at_closed_kiosk(state: at.OutOfService, event: on.CardInserted) -> Step:
    """Where citizens are not served, a card can only be one of staff."""
    return open_counter(event.reader, replace(state, card_is_in=False), is_own_reader=True)


def at_booth(_state: vote.WaitingForOfficer, event: on.CardInserted) -> Step:
    """At a booth, where no voter's card is looked at, a card that was asked for like this is one of staff."""
    return open_counter(event.reader, None, is_own_reader=True)


def advance(state: AtCounter, event: Event, go_on: Advance) -> Step:
    """Return what follows at the counter; ``go_on`` is the session's own ``advance``, for what lies beneath."""
    if _is_for_staff(state, event):
        return _at_counter(state, event)
    if state.beneath is not None:
        below = go_on(state.beneath, event)
        if isinstance(below.state, AtCounter):  # a counter is never covered by another
            return Step(state)
        if isinstance(below.state, at.Ended):  # the kiosk was opened again: nothing is there to come back to
            return Step(replace(state, beneath=None))
        return Step(replace(state, beneath=below.state), below.effects)
    if isinstance(event, on.Fault):
        return Step(at.OutOfService(event.code, card_is_in=True), (do.LeaveCounter(), do.Forget()))
    return Step(state)


def _is_for_staff(state: AtCounter, event: Event) -> bool:
    if isinstance(event, on.CardRemoved):
        return state.is_own_reader  # the card of staff itself is in the reader of citizens
    if isinstance(event, on.CardInserted):
        return isinstance(state.view, views.OtherPersonAsked)
    return isinstance(event, _FOR_STAFF)


def _at_counter(state: AtCounter, event: Event) -> Step:  # noqa: PLR0911  # one line an event
    match event:
        case on.CardRemoved():
            return _card_removed(state)
        case on.StaffCardRemoved():
            return Step(state) if state.is_own_reader else _card_removed(state)
        case on.CardInserted(reader=reader):
            return _card_inserted(state, reader, is_own_reader=True)
        case on.StaffCardInserted(reader=reader):
            return _card_inserted(state, reader, is_own_reader=False)
        case on.IdleTimeout():
            return Step(state) if isinstance(state.view, views.AtWork) else then.leave(state)
    row = _TABLE.get((type(state.view), type(event)))
    if row is not None:
        return row(state, event)
    match event:
        case on.PinGiven(pin=secret) | on.AccessNumberGiven(access_number=secret):
            return Step(state, (do.WipeSecret(secret),))
        case _:
            return Step(state)


def _card_removed(state: AtCounter) -> Step:
    """The card decides: without it staff are gone. An act that waits for another person waits on."""
    if isinstance(state.view, views.OtherPersonAsked) and state.view.card_is_in:
        return Step(replace(state, view=replace(state.view, card_is_in=False)))
    return then.gone(state)


def _card_inserted(state: AtCounter, reader: str, *, is_own_reader: bool) -> Step:
    if isinstance(state.view, views.OtherPersonAsked):
        act, reading = state.view.act, views.CardBeingRead()
        agreeing = replace(state, view=reading, reader=reader, is_own_reader=is_own_reader, agreeing=act)
        return Step(agreeing, (do.ReadStaffCard(reader),))
    return Step(state)


_V = TypeVar("_V")
_E = TypeVar("_E")  # without a bound, as in ``table_row``
_Row: TypeAlias = Callable[[AtCounter, Event], Step]


def _row(view: type[_V], event: type[_E], take: Callable[[AtCounter, _E], Step]) -> tuple[tuple[type, type], _Row]:
    def checked(state: AtCounter, happened: Event) -> Step:
        if not (isinstance(state.view, view) and isinstance(happened, event)):
            raise TypeError(f"{type(state.view).__name__} x {type(happened).__name__} came to the wrong row")
        return take(state, happened)

    return (view, event), checked


_ROWS: Final = (
    # Coming in
    _row(views.CardBeingRead, on.StaffCardKnown, then.card_known),
    _row(views.CardBeingRead, on.StaffTurnedAway, then.turned_away),
    _row(views.LastTryAsked, on.Continued, then.last_try_confirmed),
    _row(views.LastTryAsked, on.StopPressed, then.leaving),
    _row(views.PinAsked, on.PinGiven, then.use_pin),
    _row(views.PinAsked, on.StopPressed, then.leaving),
    _row(views.PinInUse, on.StaffPinRefused, then.pin_refused),
    _row(views.PinInUse, on.StaffLetIn, then.let_in),
    _row(views.PinInUse, on.StaffActDone, then.agreed),
    _row(views.PinInUse, on.FurtherPersonNeeded, then.further_person),
    _row(views.PinInUse, on.StaffTurnedAway, then.turned_away),
    _row(views.TurnedAway, on.StopPressed, then.leaving),
    # Acts
    _row(views.Menu, on.Picked, then.picked),
    _row(views.Menu, on.StopPressed, then.leaving),
    _row(views.ReasonAsked, on.Picked, then.reason_picked),
    _row(views.ReasonAsked, on.WentBack, then.to_menu),
    _row(views.Confirming, on.Continued, then.confirmed),
    _row(views.Confirming, on.WentBack, then.to_menu),
    _row(views.Doing, on.StaffActDone, then.act_done),
    _row(views.Doing, on.FurtherPersonNeeded, then.further_person),
    _row(views.Doing, on.StaffTurnedAway, then.turned_away),
    _row(views.OtherPersonAsked, on.StopPressed, then.leaving),
    _row(views.Finished, on.StopPressed, then.leaving),
    # Tests
    _row(views.Tests, on.Picked, then.test_picked),
    _row(views.Tests, on.WentBack, then.to_menu),
    _row(views.Testing, on.DeviceTested, then.tested),
    _row(views.Testing, on.StaffTurnedAway, then.turned_away),
    _row(views.TouchTest, on.Picked, then.touched),
    _row(views.TouchTest, on.WentBack, then.gave_up_touching),
    _row(views.Judging, on.Picked, then.judged),
    # A document
    _row(papers.ZoneAsked, happened.ZoneGiven, document.zone_given),
    _row(papers.ZoneAsked, on.WentBack, document.to_menu),
    _row(papers.DocumentBeingRead, happened.ZoneMistyped, document.mistyped),
    _row(papers.DocumentBeingRead, happened.DocumentMissing, document.missing),
    _row(papers.DocumentBeingRead, happened.DocumentFailed, document.failed),
    _row(papers.DocumentBeingRead, happened.DocumentChecked, document.checked),
    _row(papers.DocumentBeingRead, on.StaffTurnedAway, then.turned_away),
    _row(papers.DocumentAsked, happened.CardsMoved, document.look_again),
    _row(papers.DocumentAsked, on.Continued, document.look_again),
    _row(papers.DocumentAsked, on.WentBack, document.to_zone),
    _row(papers.DocumentNotRead, on.Continued, document.look_again),
    _row(papers.DocumentNotRead, on.WentBack, document.to_zone),
    _row(papers.DocumentShown, on.Picked, document.picked),
    _row(papers.DocumentShown, on.WentBack, document.to_menu),
    # Assistance
    _row(views.AssistMenu, on.Picked, helping.help_picked),
    _row(views.AssistLanguage, on.LanguageChosen, helping.language_picked),
    _row(views.AssistLanguage, on.WentBack, helping.to_assist_menu),
    _row(views.Assisting, on.StaffActDone, helping.assisted),
    _row(views.Assisting, on.StaffTurnedAway, then.turned_away),
)
_TABLE: Final[dict[tuple[type, type], _Row]] = dict(_ROWS)
