# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A visit as one pure table: ``State x Event -> State + effects``.

Theory of operation. A visit is in one ``State``; what happens is an ``Event``; ``advance`` looks the pair up and
returns the next state and the effects to perform. It does nothing itself. The rows are read top-down in the order of a
visit; three events have an answer in every state: ``CardRemoved``, ``IdleTimeout`` and ``Fault`` (``steps.py``). A pair
that stands nowhere leaves the state as it is: a late answer of a card, or a second touch.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar, get_args

from townhall_kiosk import effects as do
from townhall_kiosk import events as on
from townhall_kiosk import states as at
from townhall_kiosk import steps as then
from townhall_kiosk.card_problem import CardProblem
from townhall_kiosk.events import Event
from townhall_kiosk.states import State
from townhall_kiosk.steps import Step
from townhall_smartcard.messages import PinRole

_S = TypeVar("_S", bound=State)
_E = TypeVar("_E", bound=Event)
_Key = tuple[type[object], type[object]]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; ``targets`` are the states it can lead to."""

    source: type[object]
    event: type[object]
    take: Callable[[State, Event], Step]
    targets: tuple[type[object], ...]


def _row(source: type[_S], event: type[_E], take: Callable[[_S, _E], Step], *targets: type[object]) -> tuple[_Key, Row]:
    def checked(state: State, happened: Event) -> Step:
        if not (isinstance(state, source) and isinstance(happened, event)):
            raise TypeError(f"{type(state).__name__} x {type(happened).__name__} came to the wrong row")
        return take(state, happened)

    return (source, event), Row(source, event, checked, targets)


_PIN1_OR_2_STATES = (at.ConfirmingLastTry, at.EnteringPin, at.CardRefused)

TABLE: dict[_Key, Row] = dict(
    (
        # Nobody is here
        _row(at.Attract, on.LanguageChosen, then.in_language, at.WaitingForCard),
        _row(at.Attract, on.CardInserted, lambda _s, _e: Step(at.ChoosingLanguage()), at.ChoosingLanguage),
        _row(at.Attract, on.CardUnusable, lambda _s, _e: Step(at.ChoosingLanguage()), at.ChoosingLanguage),
        _row(at.Attract, on.SeveralCardsSeen, lambda _s, _e: Step(at.ChoosingLanguage()), at.ChoosingLanguage),
        _row(at.PreviousEnded, on.Continued, then.dismiss, at.Attract, at.OutOfService),
        _row(at.PreviousEnded, on.TimeUp, then.dismiss, at.Attract, at.OutOfService),
        _row(at.PreviousEnded, on.PrintAsked, lambda s, _e: Step(s, (do.PrintReceipt(),)), at.PreviousEnded),
        _row(at.PreviousEnded, on.Printed, lambda s, e: Step(replace(s, paper=e.paper)), at.PreviousEnded),
        _row(at.ChoosingLanguage, on.LanguageChosen, then.in_language, at.WaitingForCard),
        _row(at.ChoosingLanguage, on.StopPressed, then.stop, at.TakingCard),
        # The card
        _row(at.WaitingForCard, on.CardInserted, then.read, at.ReadingCard),
        _row(at.WaitingForCard, on.CardUnusable, then.refuse, at.CardRefused),
        _row(at.WaitingForCard, on.SeveralCardsSeen, lambda _s, _e: Step(at.SeveralCards()), at.SeveralCards),
        _row(at.WaitingForCard, on.StopPressed, then.leave, at.Ended),
        _row(at.SeveralCards, on.CardInserted, then.read, at.ReadingCard),
        _row(at.SeveralCards, on.CardUnusable, then.refuse, at.CardRefused),
        _row(at.SeveralCards, on.StopPressed, then.leave, at.Ended),
        _row(at.ReadingCard, on.CardRead, then.card_read, *_PIN1_OR_2_STATES),
        _row(at.ReadingCard, on.CardFailed, then.refuse, at.CardRefused),
        _row(
            at.ReadingCard,
            on.CardWasDisturbed,
            lambda _s, _e: Step(at.CardRefused(CardProblem.BUSY), (do.Forget(),)),
            at.CardRefused,
        ),
        _row(at.CardRefused, on.CardInserted, then.read, at.ReadingCard),
        _row(at.CardRefused, on.CardUnusable, then.refuse, at.CardRefused),
        # PIN 1 and PIN 2
        _row(
            at.ConfirmingLastTry,
            on.Continued,
            lambda s, _e: Step(at.EnteringPin(s.reader, s.role, 1, last_try_confirmed=True)),
            at.EnteringPin,
        ),
        _row(at.ConfirmingLastTry, on.WentBack, then.back_from_pin, at.ConfirmingLastTry, at.ReadingDocument),
        _row(at.ConfirmingLastTry, on.StopPressed, then.stop, at.TakingCard),
        _row(at.EnteringPin, on.PinGiven, then.use_pin, at.UsingPin),
        _row(at.EnteringPin, on.WentBack, then.back_from_pin, at.EnteringPin, at.ReadingDocument),
        _row(at.EnteringPin, on.StopPressed, then.stop, at.TakingCard),
        _row(at.UsingPin, on.PinAccepted, then.pin_accepted, at.ChoosingService, at.Committing),
        _row(
            at.UsingPin,
            on.PinWasWrong,
            lambda s, e: then.ask_pin(s.reader, s.role, e.tries_left, at.PinNotice.WRONG),
            *_PIN1_OR_2_STATES,
        ),
        _row(at.UsingPin, on.PinLengthWasRefused, then.ask_again(at.PinNotice.LENGTH), at.EnteringPin),
        _row(at.UsingPin, on.CardWasDisturbed, then.ask_again(at.PinNotice.INTERRUPTED), at.EnteringPin),
        _row(at.UsingPin, on.LastTryWasReached, lambda s, _e: then.ask_pin(s.reader, s.role, 1), at.ConfirmingLastTry),
        _row(at.UsingPin, on.PinWasBlocked, lambda s, _e: then.ask_pin(s.reader, s.role, 0), at.CardRefused),
        _row(at.UsingPin, on.CardFailed, then.refuse, at.CardRefused),
        # The form
        _row(
            at.ChoosingService,
            on.ServiceChosen,
            lambda s, e: Step(s, (do.OpenService(e.service),)),
            at.ChoosingService,
        ),
        _row(at.ChoosingService, on.ServiceOpened, lambda s, _e: Step(at.Answering(s.reader, 0)), at.Answering),
        _row(at.ChoosingService, on.StopPressed, then.stop, at.TakingCard),
        _row(at.Answering, on.AnswerGiven, lambda s, e: Step(s, (do.GiveAnswer(s.question, e.value),)), at.Answering),
        _row(at.Answering, on.AnswerAccepted, then.answer_accepted, at.Answering, at.Reviewing),
        _row(at.Answering, on.AnswerRefused, then.answer_refused, at.Answering),
        _row(at.Answering, on.WentBack, then.back_from_question, at.Answering, at.Reviewing, at.ChoosingService),
        _row(at.Answering, on.StopPressed, then.stop, at.TakingCard),
        _row(
            at.Reviewing,
            on.ChangeAsked,
            lambda s, e: Step(at.Answering(s.reader, e.question, is_changing=True)),
            at.Answering,
        ),
        _row(
            at.Reviewing,
            on.Continued,
            lambda s, _e: Step(at.MakingDocument(s.reader), (do.MakeDocument(),)),
            at.MakingDocument,
        ),
        _row(at.Reviewing, on.StopPressed, then.stop, at.TakingCard),
        # The document and its signature
        _row(
            at.MakingDocument,
            on.AnswerMissing,
            lambda s, e: Step(at.Answering(s.reader, e.question, is_changing=True)),
            at.Answering,
        ),
        _row(
            at.MakingDocument,
            on.DocumentMade,
            lambda s, e: Step(at.ReadingDocument(s.reader, e.signature_tries)),
            at.ReadingDocument,
        ),
        _row(
            at.ReadingDocument,
            on.Continued,
            lambda s, _e: then.ask_pin(s.reader, PinRole.SIGNATURE, s.signature_tries),
            *_PIN1_OR_2_STATES,
        ),
        _row(at.ReadingDocument, on.WentBack, lambda s, _e: Step(at.Reviewing(s.reader)), at.Reviewing),
        _row(at.ReadingDocument, on.StopPressed, then.stop, at.TakingCard),
        # Done
        _row(at.Committing, on.Committed, lambda s, _e: Step(at.ShowingReceipt(s.card_is_in)), at.ShowingReceipt),
        _row(at.ShowingReceipt, on.PrintAsked, lambda s, _e: Step(s, (do.PrintReceipt(),)), at.ShowingReceipt),
        _row(at.ShowingReceipt, on.Printed, lambda s, e: Step(replace(s, paper=e.paper)), at.ShowingReceipt),
        _row(at.ShowingReceipt, on.Continued, then.finish, at.TakingCard, at.Thanked),
        # Ways out
        _row(at.StoppedEarly, on.Continued, then.leave, at.Ended),
        _row(at.StoppedEarly, on.TimeUp, then.leave, at.Ended),
        _row(at.Thanked, on.TimeUp, lambda s, _e: then.ended(s.outcome), at.Ended),
        _row(at.Thanked, on.WasActive, lambda s, _e: then.ended(s.outcome), at.Ended),
        _row(
            at.OutOfService,
            on.TimeUp,
            lambda s, _e: Step(s) if s.card_is_in else then.leave(s, _e),
            at.OutOfService,
            at.Ended,
        ),
        _row(at.StillThere, on.WasActive, lambda s, _e: Step(s.resume), *get_args(at.Resumable)),
        _row(at.StillThere, on.CountdownOver, lambda s, _e: then.gone(s.resume), at.TakingCard, at.Thanked, at.Ended),
    )
)


def advance(state: State, event: Event) -> Step:
    """Return what follows from ``event`` in ``state``; pure."""
    row = TABLE.get((type(state), type(event)))
    if row is not None:
        return row.take(state, event)
    match event:
        case on.CardRemoved():
            return then.card_removed(state)
        case on.IdleTimeout():
            return then.idle(state)
        case on.Fault():
            return then.fault(state, event)
        case on.PinGiven():
            return Step(state, (do.WipePin(event.pin),))
        case _:
            return Step(state)
