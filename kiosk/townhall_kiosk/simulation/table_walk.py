# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The session table walked in full: every state that events can lead to, and what every event does there."""

from collections import deque
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from townhall_kiosk import events as on
from townhall_kiosk import states as at
from townhall_kiosk.card_problem import CardProblem
from townhall_kiosk.errors import VisitError
from townhall_kiosk.events import Event
from townhall_kiosk.session import advance
from townhall_kiosk.states import Outcome, Paper, State
from townhall_kiosk.steps import Step
from townhall_sync.errors import JournalFullError

STARTS: Final[tuple[State, ...]] = (
    at.Attract(),
    at.PreviousEnded(None),
    at.PreviousEnded("1234", has_receipt=True),
    at.PreviousEnded(None, closed=JournalFullError.code),
    at.OutOfService(JournalFullError.code, card_is_in=False),
)
_PIN: Final = bytearray(b"1234")

EVENTS: Final[tuple[Event, ...]] = (
    on.LanguageChosen("ar"),
    on.Continued(),
    on.WentBack(),
    on.StopPressed(),
    on.ServiceChosen("s"),
    on.AnswerGiven("a"),
    on.ChangeAsked(0),
    on.ChangeAsked(1),
    on.PinGiven(_PIN),
    on.PrintAsked(),
    on.WasActive(),
    on.CardInserted("A"),
    on.CardUnusable(CardProblem.DEAD),
    on.SeveralCardsSeen(),
    on.CardRemoved(),
    *(on.CardRead(one, two) for one in (0, 1, 3) for two in (0, 1, 3)),
    on.CardFailed(CardProblem.MUTE),
    on.PinAccepted(),
    *(on.PinWasWrong(left) for left in (0, 1, 2)),
    on.PinLengthWasRefused(),
    on.LastTryWasReached(),
    on.CardWasDisturbed(),
    on.PinWasBlocked(),
    on.ServiceOpened(),
    *(on.AnswerAccepted(question, following) for question in (0, 1) for following in (None, 0, 1)),
    *(on.AnswerRefused(question, "x", "no") for question in (0, 1)),
    on.AnswerMissing(1),
    *(on.DocumentMade(tries) for tries in (0, 1, 3)),
    on.Committed(),
    *(on.Printed(paper) for paper in (Paper.PRINTED, Paper.FAILED)),
    on.IdleTimeout(),
    on.CountdownOver(),
    on.TimeUp(),
    on.Fault(VisitError.code),
)
"""Every event, with all the facts that the table could take differently."""


@cache
def graph() -> dict[State, dict[int, Step]]:
    """Every state that any events lead to from a start, and what every event (by its place in EVENTS) does there."""
    found: dict[State, dict[int, Step]] = {}
    waiting = deque(STARTS)
    while waiting:
        state = waiting.popleft()
        if state not in found:
            found[state] = {number: advance(state, event) for number, event in enumerate(EVENTS)}
            waiting.extend(step.state for step in found[state].values())
    return found


def steps() -> Iterator[tuple[State, Event, Step]]:
    """Return every state, every event, and what follows."""
    for state, following in graph().items():
        for number, step in following.items():
            yield state, EVENTS[number], step


def leading_home(kinds: Iterable[type[Event]], *, also_home: State | None = None) -> set[State]:
    """Return the states from which some events of these kinds lead to Ended, or to what counts as home as well."""
    allowed = tuple(kinds)
    home: set[State] = {state for state in graph() if isinstance(state, at.Ended) or state == also_home}
    while True:
        more = {
            state
            for state, event, step in steps()
            if state not in home and isinstance(event, allowed) and step.state in home
        }
        if not more:
            return home
        home |= more


def is_card_in(state: State) -> bool:
    """Tell whether a card is in the reader as far as the state knows."""
    match state:
        case at.StillThere():
            return is_card_in(state.resume)
        case at.ShowingReceipt() | at.OutOfService() | at.Committing():
            return state.card_is_in
        case _:
            return state.card is not at.CardNeed.NONE


def outcome_told(state: State) -> Outcome | None:
    """Return what the person is told in this state about the form, if anything."""
    match state:
        case at.ShowingReceipt():
            return Outcome.STORED
        case at.TakingCard() | at.Thanked() | at.Ended():
            return state.outcome
        case at.StoppedEarly() | at.OutOfService() | at.CardRefused():
            return Outcome.NOTHING_SENT
        case at.StillThere():
            return outcome_told(state.resume)
        case _:
            return None
