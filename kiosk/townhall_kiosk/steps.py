# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What each step of a visit leads to: the functions behind the rows of ``session.TABLE``; all pure."""

from dataclasses import dataclass, replace

from townhall_kiosk import effects as do
from townhall_kiosk import events as on
from townhall_kiosk import states as at
from townhall_kiosk.effects import Effect
from townhall_kiosk.events import Event
from townhall_kiosk.pin_life import states as pins
from townhall_kiosk.states import State
from townhall_kiosk.voting import states as vote


@dataclass(frozen=True, slots=True)
class Step:
    """What follows from an event."""

    state: State
    effects: tuple[Effect, ...] = ()


def dismiss(state: at.PreviousEnded, _event: Event) -> Step:
    """The news was read: on to the next visitor, or out of service where nobody can be served."""
    if state.closed:
        return Step(at.OutOfService(state.closed, card_is_in=False), (do.Forget(), do.ResetWays()))
    return Step(at.Attract(), (do.Forget(), do.ResetWays(), do.LookForCard()))


def stop(_state: State, _event: Event) -> Step:
    """The person stopped while a card is in: nothing is sent, the card is to be taken."""
    return Step(at.TakingCard(at.Outcome.NOTHING_SENT), (do.Forget(),))


def leave(_state: State, _event: Event) -> Step:
    """The visit ends without a card and without anything sent."""
    return ended(at.Outcome.NOTHING_SENT)


def ended(outcome: at.Outcome) -> Step:
    """The last step of every visit."""
    return Step(at.Ended(outcome), (do.Forget(), do.EndVisit(outcome)))


def read(_state: State, event: on.CardInserted) -> Step:
    """Read the one card that is in."""
    return Step(at.ReadingCard(event.reader), (do.ReadCard(event.reader),))


def refuse(_state: State, event: on.CardUnusable | on.CardFailed) -> Step:
    """The card cannot be used: say why, and wait until it is out."""
    return Step(at.CardRefused(event.problem), (do.Forget(),))


def in_language(_state: State, event: on.LanguageChosen) -> Step:
    """Speak the chosen language, then offer the vote, or see whether a card is in already."""
    if event.has_election:
        return Step(vote.VotingOffered(), (do.UseLanguage(event.language),))
    return Step(at.WaitingForCard(), (do.UseLanguage(event.language), do.LookForCard()))


def answer_given(state: at.Answering, event: on.AnswerGiven) -> Step:
    """Hand the answer to the form; one to the question before, from a second touch on its button, to nobody."""
    return Step(state, (do.GiveAnswer(state.question, event.value),) if event.question == state.question else ())


def repeat_touched(state: at.Answering, event: on.RepeatTouched) -> Step:
    """The same for a touch on the screen of a repeat."""
    return Step(state, (do.ChangeRepeat(state.question, event.chosen),) if event.question == state.question else ())


def answer_accepted(state: at.Answering, event: on.AnswerAccepted) -> Step:
    """On to the next question, or to the review when none follows."""
    if event.question != state.question:  # the person went back meanwhile
        return Step(state)
    if event.following is None:
        return Step(at.Reviewing(state.reader))
    return Step(at.Answering(state.reader, event.following, is_changing=state.is_changing))


def reviewed(state: at.Reviewing, _event: on.Continued) -> Step:
    """Make the document; from the list of what is open, first to all answers."""
    if state.is_incomplete:
        return Step(at.Reviewing(state.reader))
    return Step(at.MakingDocument(state.reader), (do.MakeDocument(),))


def answer_missing(state: at.MakingDocument, event: on.AnswerMissing) -> Step:
    """Back to the one question that is open, or to the list of those that are."""
    if event.is_only_one:
        return Step(at.Answering(state.reader, event.question, is_changing=True))
    return Step(at.Reviewing(state.reader, is_incomplete=True))


def answer_refused(state: at.Answering, event: on.AnswerRefused) -> Step:
    """Say how to mend the answer, and leave it there to be mended."""
    if event.question != state.question:
        return Step(state)
    return Step(replace(state, problem=event.message, refused=event.value))


def back_from_question(state: at.Answering, _event: on.WentBack) -> Step:
    """Back to where the person came from."""
    if state.is_changing:
        return Step(at.Reviewing(state.reader))
    if state.question == 0:
        return Step(at.ChoosingService(state.reader))
    return Step(at.Answering(state.reader, state.question - 1))


def finish(state: at.ShowingReceipt | vote.ShowingVoteReceipt, _event: Event) -> Step:
    """Leave the receipt: the card first, if it is in."""
    outcome = at.Outcome.VOTED if isinstance(state, vote.ShowingVoteReceipt) else at.Outcome.STORED
    if state.card_is_in:
        return Step(at.TakingCard(outcome), (do.Forget(),))
    return Step(at.Thanked(outcome), (do.Forget(),))


def gone(state: at.Resumable) -> Step:  # noqa: PLR0911  # one line a case
    """Nobody answered the countdown: release the card if one is in."""
    match at.beneath(state):
        case at.ShowingReceipt() | vote.ShowingVoteReceipt() as receipt:
            return finish(receipt, on.CountdownOver())
        case at.PreviousEnded() as news:
            return dismiss(news, on.CountdownOver())
        case at.CardRefused() | at.TakingCard() | at.OutOfService() | pins.NewPinUnknown() as for_card:
            return Step(for_card)  # whoever is there
        case vote.VoterCardRefused() | vote.VoterTurnedAway(card_is_in=True):
            return Step(at.TakingCard(at.Outcome.NOTHING_SENT), (do.Forget(),))
        case vote.ShowingAdmission(card_is_in=True):
            return Step(at.TakingCard(at.Outcome.ADMITTED), (do.Forget(),))
        case vote.ShowingAdmission():
            return ended(at.Outcome.ADMITTED)
        case vote.TakingSlip():
            return ended(at.Outcome.SLIP)
        case below if below.card is at.CardNeed.VISIT:
            return Step(at.TakingCard(at.Outcome.NOTHING_SENT), (do.Forget(),))
        case _:
            return ended(at.Outcome.NOTHING_SENT)


def ask_for_ways(state: State) -> Step:
    """Answer ``AskedForWays`` in every state: those that wait for a person are left for the ways to use."""
    match state:
        case at.Attract():
            return Step(at.ChoosingWays(at.Arrived()))
        case at.HelpComing(resume=at.ChoosingWays() as ways):
            return Step(ways)
        case at.HelpComing(resume=below) if not isinstance(below, at.ChoosingWays):
            return Step(at.ChoosingWays(below))
        case _ if isinstance(state, at.Waiting):
            return Step(at.ChoosingWays(state))
        case _:
            return Step(state)


def call_for_help(state: State) -> Step:
    """Answer ``CalledForHelp`` in every state: staff are called, whatever the machine is at."""
    match state:
        case at.Attract():
            return Step(at.HelpComing(at.Arrived()), (do.CallStaff(),))
        case at.StillThere():
            return call_for_help(state.resume)
        case _ if isinstance(state, at.Waiting | at.ChoosingWays):
            return Step(at.HelpComing(state), (do.CallStaff(),))
        case at.Ended():
            return Step(state)
        case _:
            return Step(state, (do.CallStaff(),))


def put_back_over(state: at.Aside, below: Step) -> Step:
    """What lies beneath went on: it stays covered where it waits for the person still, and shows itself otherwise."""
    match state, below.state:
        case at.HelpComing(), at.ChoosingWays() as ways:
            return Step(at.HelpComing(ways), below.effects)
        case _, waiting if isinstance(waiting, at.Waiting):
            return Step(replace(state, resume=waiting), below.effects)
        case _:
            return below


def card_removed(state: State) -> Step:  # noqa: C901, PLR0911, PLR0912  # one line a case reads better than a nest
    """Answer ``CardRemoved`` in every state."""
    match state:
        case at.ChoosingLanguage():
            return Step(at.Arrived())
        case at.SeveralCards():
            return Step(at.WaitingForCard())
        case at.Committing() | vote.CastingVote() | vote.VoterTurnedAway() | vote.ShowingAdmission():
            return Step(replace(state, card_is_in=False))
        case at.CardRefused():
            return Step(at.WaitingForCard(), (do.LookForCard(),))
        case vote.VoterCardRefused():
            return Step(vote.WaitingForVoter(), (do.LookForCard(),))
        case vote.WaitingForVoter(are_several=True):
            return Step(vote.WaitingForVoter())
        case at.ShowingReceipt(card_is_in=True) | vote.ShowingVoteReceipt(card_is_in=True):
            return finish(replace(state, card_is_in=False), on.CardRemoved())
        case at.TakingCard():
            return Step(at.Thanked(state.outcome), (do.Forget(),))
        case at.OutOfService() | pins.NewPinUnknown():
            return Step(replace(state, card_is_in=False))
        case pins.ReplacingPin(errand=errand):
            return Step(pins.NewPinUnknown(errand.role, card_is_in=False), (do.Forget(),))
        case at.StillThere() | at.ChoosingWays() | at.HelpComing():
            after = card_removed(state.resume)
            return Step(state) if after.state == state.resume else after
        case _ if state.card is at.CardNeed.VISIT:
            return Step(at.StoppedEarly(), (do.Forget(),))
        case _:
            return Step(state)


def idle(state: State) -> Step:
    """Answer ``IdleTimeout`` in every state: those that wait for somebody start to count down."""
    if isinstance(state, at.Resumable):
        return Step(at.StillThere(state))
    return Step(state)


def fault(state: State, event: on.Fault) -> Step:
    """Answer ``Fault`` in every state: what is stored is never taken back by a later fault."""
    match state:
        case at.PreviousEnded() | at.ShowingReceipt() | at.TakingCard() | at.Thanked() | at.Ended() | at.OutOfService():
            return Step(state)
        case vote.ShowingVoteReceipt() | vote.ShowingAdmission() | vote.TakingSlip():
            return Step(state)
        case at.StillThere() | at.ChoosingWays() | at.HelpComing():
            after = fault(state.resume, event)
            return Step(state) if after.state == state.resume else after
        case at.Committing(card_is_in=card_is_in) | vote.CastingVote(card_is_in=card_is_in):
            return Step(at.OutOfService(event.code, card_is_in), (do.Forget(),))
        case _:
            return Step(at.OutOfService(event.code, state.card is not at.CardNeed.NONE), (do.Forget(),))


def service_changed(state: State, event: on.ServiceChanged) -> Step:
    """Staff closed or opened the kiosk: who is being served goes on to the end, and nobody after them."""
    match state:
        case at.Attract() if event.closed:
            return Step(at.OutOfService(event.closed, card_is_in=False), (do.Forget(),))
        case at.PreviousEnded():
            return Step(replace(state, closed=event.closed))
        case at.OutOfService(card_is_in=False) if not event.closed:
            return ended(at.Outcome.NOTHING_SENT)
        case at.OutOfService() if event.closed:
            return Step(replace(state, code=event.closed))
        case _:
            return Step(state)
