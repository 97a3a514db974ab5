# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A visit as one pure table: ``State x Event -> State + effects``.

Theory of operation. A visit is in one ``State``; what happens is an ``Event``; ``advance`` looks the pair up and
returns the next state and the effects to perform. It does nothing itself. The rows are read top-down in the order of a
visit; five events have an answer in every state: ``CardRemoved``, ``IdleTimeout``, ``Fault``, ``AskedForWays`` and
``CalledForHelp`` (``steps.py``). What happens by itself under the ways to use or under the help happens to the state
beneath. A pair that stands nowhere leaves the state as it is: a late answer of a card, or a second touch.
"""

from dataclasses import replace
from typing import get_args

from townhall_kiosk import effects as do
from townhall_kiosk import events as on
from townhall_kiosk import pin_steps as pin
from townhall_kiosk import states as at
from townhall_kiosk import steps as then
from townhall_kiosk.card_problem import CardProblem
from townhall_kiosk.events import Event
from townhall_kiosk.finding.table import FINDING_TABLE
from townhall_kiosk.pin_life import states as pins
from townhall_kiosk.pin_life.table import PIN_TABLE
from townhall_kiosk.reader_keys.table import KEYS_TABLE
from townhall_kiosk.staff import counter
from townhall_kiosk.states import State
from townhall_kiosk.steps import Step
from townhall_kiosk.table_row import Key, Row
from townhall_kiosk.table_row import row as _row
from townhall_kiosk.voting import states as vote
from townhall_kiosk.voting.table import VOTING_TABLE
from townhall_smartcard.messages import PinRole

_PIN1_OR_2_STATES = (at.ConfirmingLastTry, at.EnteringPin, at.CardRefused)
_OR_NEW_PIN = (*_PIN1_OR_2_STATES, pins.OfferingNewPin)

TABLE: dict[Key, Row] = dict(
    (
        # Nobody is here
        _row(at.Attract, on.LanguageChosen, then.in_language, at.WaitingForCard, vote.VotingOffered),
        _row(at.Attract, on.CardInserted, lambda _s, _e: Step(at.ChoosingLanguage()), at.ChoosingLanguage),
        _row(at.Attract, on.CardUnusable, lambda _s, _e: Step(at.ChoosingLanguage()), at.ChoosingLanguage),
        _row(at.Attract, on.SeveralCardsSeen, lambda _s, _e: Step(at.ChoosingLanguage()), at.ChoosingLanguage),
        _row(at.Arrived, on.LanguageChosen, then.in_language, at.WaitingForCard, vote.VotingOffered),
        _row(at.Arrived, on.CardInserted, lambda _s, _e: Step(at.ChoosingLanguage()), at.ChoosingLanguage),
        _row(at.Arrived, on.CardUnusable, lambda _s, _e: Step(at.ChoosingLanguage()), at.ChoosingLanguage),
        _row(at.Arrived, on.SeveralCardsSeen, lambda _s, _e: Step(at.ChoosingLanguage()), at.ChoosingLanguage),
        _row(at.PreviousEnded, on.Continued, then.dismiss, at.Attract, at.OutOfService),
        _row(at.PreviousEnded, on.TimeUp, then.dismiss, at.Attract, at.OutOfService),
        _row(at.PreviousEnded, on.PrintAsked, lambda s, _e: Step(s, (do.PrintReceipt(),)), at.PreviousEnded),
        _row(at.PreviousEnded, on.Printed, lambda s, e: Step(replace(s, paper=e.paper)), at.PreviousEnded),
        _row(at.ChoosingLanguage, on.LanguageChosen, then.in_language, at.WaitingForCard, vote.VotingOffered),
        _row(at.ChoosingLanguage, on.StopPressed, then.stop, at.TakingCard),
        # The card
        _row(at.WaitingForCard, on.CardInserted, then.read, at.ReadingCard),
        _row(at.WaitingForCard, on.CardUnusable, then.refuse, at.CardRefused),
        _row(at.WaitingForCard, on.SeveralCardsSeen, lambda _s, _e: Step(at.SeveralCards()), at.SeveralCards),
        _row(at.WaitingForCard, on.StopPressed, then.leave, at.Ended),
        _row(at.SeveralCards, on.CardInserted, then.read, at.ReadingCard),
        _row(at.SeveralCards, on.CardUnusable, then.refuse, at.CardRefused),
        _row(at.SeveralCards, on.StopPressed, then.leave, at.Ended),
        _row(at.ReadingCard, on.CardRead, pin.card_read, *_OR_NEW_PIN),
        _row(
            at.ReadingCard,
            on.AccessNumberNeeded,
            lambda s, _e: Step(at.EnteringAccessNumber(s.reader)),
            at.EnteringAccessNumber,
        ),
        _row(
            at.ReadingCard,
            on.AccessNumberWasWrong,
            lambda s, _e: Step(at.EnteringAccessNumber(s.reader, was_wrong=True)),
            at.EnteringAccessNumber,
        ),
        _row(
            at.EnteringAccessNumber,
            on.AccessNumberGiven,
            lambda s, e: Step(at.ReadingCard(s.reader), (do.OpenCard(s.reader, e.access_number),)),
            at.ReadingCard,
        ),
        _row(at.EnteringAccessNumber, on.StopPressed, then.stop, at.TakingCard),
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
        _row(at.ConfirmingLastTry, on.WentBack, pin.back_from_pin, at.ConfirmingLastTry, at.ReadingDocument),
        _row(at.ConfirmingLastTry, on.StopPressed, then.stop, at.TakingCard),
        _row(at.EnteringPin, on.PinGiven, pin.use_pin, at.UsingPin),
        _row(at.EnteringPin, on.WentBack, pin.back_from_pin, at.EnteringPin, at.ReadingDocument),
        _row(at.EnteringPin, on.StopPressed, then.stop, at.TakingCard),
        _row(at.UsingPin, on.PinAccepted, pin.pin_accepted, at.ChoosingService, at.Committing),
        _row(
            at.UsingPin,
            on.PinWasWrong,
            lambda s, e: pin.ask_pin(s.reader, s.role, e.tries_left, at.PinNotice.WRONG, e.puk_tries),
            *_OR_NEW_PIN,
        ),
        _row(at.UsingPin, on.PinLengthWasRefused, pin.ask_again(at.PinNotice.LENGTH), at.EnteringPin),
        _row(at.UsingPin, on.PinNotEntered, lambda s, e: pin.ask_again(e.reason)(s, e), at.EnteringPin),
        _row(at.UsingPin, on.CardWasDisturbed, pin.ask_again(at.PinNotice.INTERRUPTED), at.EnteringPin),
        _row(at.UsingPin, on.LastTryWasReached, lambda s, _e: pin.ask_pin(s.reader, s.role, 1), at.ConfirmingLastTry),
        _row(
            at.UsingPin,
            on.PinWasBlocked,
            lambda s, e: pin.ask_pin(s.reader, s.role, 0, puk_tries=e.puk_tries),
            at.CardRefused,
            pins.OfferingNewPin,
        ),
        _row(at.UsingPin, on.CardFailed, then.refuse, at.CardRefused),
        # The form
        _row(
            at.ChoosingService,
            on.ServiceChosen,
            lambda s, e: Step(s, (do.OpenService(e.service),)),
            at.ChoosingService,
        ),
        _row(at.ChoosingService, on.CardFailed, then.refuse, at.CardRefused),
        _row(at.ChoosingService, on.StopPressed, then.stop, at.TakingCard),
        _row(at.Answering, on.AnswerGiven, then.answer_given, at.Answering),
        _row(at.Answering, on.RepeatTouched, then.repeat_touched, at.Answering),
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
            then.reviewed,
            at.MakingDocument,
            at.Reviewing,
        ),
        _row(at.Reviewing, on.StopPressed, then.stop, at.TakingCard),
        # The document and its signature
        _row(
            at.MakingDocument,
            on.AnswerMissing,
            then.answer_missing,
            at.Answering,
            at.Reviewing,
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
            lambda s, _e: pin.ask_pin(s.reader, PinRole.SIGNATURE, s.signature_tries),
            *_PIN1_OR_2_STATES,
        ),
        _row(at.ReadingDocument, on.WentBack, lambda s, _e: Step(at.Reviewing(s.reader)), at.Reviewing),
        _row(at.ReadingDocument, on.StopPressed, then.stop, at.TakingCard),
        # Done
        _row(at.Committing, on.Committed, lambda s, _e: Step(at.ShowingReceipt(s.card_is_in)), at.ShowingReceipt),
        _row(at.ShowingReceipt, on.PrintAsked, lambda s, _e: Step(s, (do.PrintReceipt(),)), at.ShowingReceipt),
        _row(at.ShowingReceipt, on.Printed, lambda s, e: Step(replace(s, paper=e.paper)), at.ShowingReceipt),
        _row(at.ShowingReceipt, on.Continued, then.finish, at.TakingCard, at.Thanked),
        # Over any of these
        _row(at.ChoosingWays, on.WayChosen, lambda s, e: Step(s, (do.UseWay(e.group, e.choice),)), at.ChoosingWays),
        _row(at.ChoosingWays, on.Continued, lambda s, _e: Step(s.resume), *get_args(at.Waiting)),
        _row(at.HelpComing, on.Continued, lambda s, _e: Step(s.resume), *get_args(at.Waiting | at.ChoosingWays)),
        # Ways out
        _row(at.StoppedEarly, on.Continued, then.leave, at.Ended),
        _row(at.StoppedEarly, on.TimeUp, then.leave, at.Ended),
        _row(at.Thanked, on.TimeUp, lambda s, _e: then.ended(s.outcome), at.Ended),
        _row(at.Thanked, on.WasActive, lambda s, _e: then.ended(s.outcome), at.Ended),
        _row(at.ChoosingService, on.StaffAsked, counter.staff_asked, at.AtCounter),
        _row(at.OutOfService, on.CardInserted, counter.at_closed_kiosk, at.AtCounter),
        _row(vote.WaitingForOfficer, on.CardInserted, counter.at_booth, at.AtCounter),
        _row(
            at.OutOfService,
            on.TimeUp,
            lambda s, _e: Step(s) if s.card_is_in else then.leave(s, _e),
            at.OutOfService,
            at.Ended,
        ),
        _row(at.StillThere, on.WasActive, lambda s, _e: Step(s.resume), *get_args(at.Resumable)),
        _row(
            at.StillThere,
            on.CountdownOver,
            lambda s, _e: then.gone(s.resume),
            *(at.TakingCard, at.Thanked, at.Ended, at.Attract, at.OutOfService, at.CardRefused, pins.NewPinUnknown),
        ),
        # Finding a service among many
        *FINDING_TABLE,
        # New PINs
        *PIN_TABLE,
        # PINs at the reader's own keys
        *KEYS_TABLE,
        # Voting
        *VOTING_TABLE,
    )
)


def advance(state: State, event: Event) -> Step:  # noqa: C901, PLR0911  # one line an event
    """Return what follows from ``event`` in ``state``; pure."""
    if isinstance(state, at.AtCounter):
        return counter.advance(state, event, advance)
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
        case on.AskedForWays():
            return then.ask_for_ways(state)
        case on.CalledForHelp():
            return then.call_for_help(state)
        case _ if isinstance(state, at.Aside) and isinstance(event, on.Beneath):
            return then.put_back_over(state, advance(state.resume, event))
        case on.StaffCardInserted():
            return counter.staff_card(state, event)
        case on.ServiceChanged():
            return then.service_changed(state, event)
        case on.PinGiven(pin=secret) | on.AccessNumberGiven(access_number=secret):
            return Step(state, (do.WipeSecret(secret),))
        case _:
            return Step(state)
