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
from townhall_kiosk.document_check import events as papers
from townhall_kiosk.document_check.steps import ANOTHER
from townhall_kiosk.errors import VisitError
from townhall_kiosk.events import Event
from townhall_kiosk.finding import events as finding
from townhall_kiosk.pin_life import events as new_pin
from townhall_kiosk.pin_life import states as pins
from townhall_kiosk.pin_life.errand import PinWay
from townhall_kiosk.session import advance
from townhall_kiosk.staff import acts, counter_steps
from townhall_kiosk.staff.acts import AssistStep, DeviceResult, DeviceTest, Verdict
from townhall_kiosk.staff.views import PinTrouble
from townhall_kiosk.states import Outcome, Paper, PinNotice, State
from townhall_kiosk.steps import Step
from townhall_kiosk.voting import events as happened
from townhall_kiosk.voting import states as vote
from townhall_kiosk.voting.errors import PollsPausedError, SlipNotTakenError, VotedHereError
from townhall_smartcard.emrtd.mrz_entry import MrzFault, MrzMistake, Place
from townhall_smartcard.messages import PinRole
from townhall_smartcard.pin_rules import NewPinFault
from townhall_sync.errors import JournalFullError

STARTS: Final[tuple[State, ...]] = (
    at.Attract(),
    at.PreviousEnded(None),
    at.PreviousEnded("1234", has_receipt=True),
    at.PreviousEnded(None, closed=JournalFullError.code),
    at.PreviousEnded(None, has_voted=True),
    at.OutOfService(JournalFullError.code, card_is_in=False),
)
COVERED: Final[tuple[State | None, ...]] = (
    None,
    at.Attract(),
    at.OutOfService(JournalFullError.code, card_is_in=False),
    at.Answering("A", 0),
    at.ShowingReceipt(card_is_in=True),
    at.Committing(),
)
"""What the counter is seen over when the table is walked."""
_PIN: Final = bytearray(b"1234")
_NUMBER: Final = bytearray(b"123456")

ACTS: Final[tuple[acts.StaffAct, ...]] = (
    *(acts.LookAtStatus(), acts.MakeReport("", ()), *counter_steps.CHOICES.values(), *counter_steps.GRAVE.values()),
    *map(acts.TakeOutOfService, acts.ClosingReason),
    *map(acts.Assist, AssistStep),
)
PICKS: Final = (
    *(
        counter_steps.TESTS,
        counter_steps.REPORT,
        counter_steps.CLOSE,
        counter_steps.AGAIN,
        counter_steps.DOCUMENT,
        ANOTHER,
        counter_steps.RIGHT,
        counter_steps.NOT_RIGHT,
    ),
    *(*counter_steps.CHOICES, *counter_steps.GRAVE, "et"),
    *(each.value for kind in (acts.ClosingReason, DeviceTest, AssistStep) for each in kind),
    *map(str, range(1, counter_steps.TOUCH_TARGETS + 1)),
)

EVENTS: Final[tuple[Event, ...]] = (
    on.LanguageChosen("ar"),
    on.LanguageChosen("ar", has_election=True),
    on.Continued(),
    on.WentBack(),
    on.StopPressed(),
    on.ServiceChosen("s"),
    on.AnswerGiven("a"),
    on.AnswerGiven("a", question=1),
    on.RepeatTouched("add"),
    on.ChangeAsked(0),
    on.ChangeAsked(1),
    on.PinGiven(_PIN),
    on.AccessNumberGiven(_NUMBER),
    on.PrintAsked(),
    on.AskedForWays(),
    on.WayChosen("text-size", "third"),
    on.CalledForHelp(),
    on.WasActive(),
    on.CardInserted("A"),
    on.CardUnusable(CardProblem.DEAD),
    on.SeveralCardsSeen(),
    on.CardRemoved(),
    on.AccessNumberNeeded(),
    on.AccessNumberWasWrong(),
    *(on.CardRead(one, two) for one in (0, 1, 3) for two in (0, 1, 3)),
    *(on.CardRead(one, two, puk_tries=2) for one, two in ((0, 3), (3, 0))),
    on.CardRead(3, 2, never_set=PinRole.SIGNATURE),
    on.CardFailed(CardProblem.MUTE),
    on.PinAccepted(),
    *(on.PinWasWrong(left) for left in (0, 1, 2)),
    on.PinWasWrong(0, puk_tries=2),
    on.PinLengthWasRefused(),
    on.ReaderHasKeys(),
    *map(on.PinNotEntered, (PinNotice.TIMED_OUT, PinNotice.CANCELLED, PinNotice.DIFFERED)),
    on.LastTryWasReached(),
    on.CardWasDisturbed(),
    on.PinWasBlocked(),
    on.PinWasBlocked(puk_tries=2),
    *map(on.ServiceOpened, (False, True)),
    *(on.AnswerAccepted(question, following) for question in (0, 1) for following in (None, 0, 1)),
    *(on.AnswerRefused(question, "x", "no") for question in (0, 1)),
    on.AnswerMissing(1),
    on.AnswerMissing(1, is_only_one=False),
    *(on.DocumentMade(tries) for tries in (0, 1, 3)),
    on.Committed(),
    *(on.Printed(paper) for paper in (Paper.PRINTED, Paper.FAILED)),
    on.IdleTimeout(),
    on.CountdownOver(),
    on.TimeUp(),
    on.Fault(VisitError.code),
    *map(on.ServiceChanged, ("", JournalFullError.code)),
    on.StaffAsked(),
    *map(on.Picked, PICKS),
    on.StaffCardInserted("S"),
    on.StaffCardRemoved(),
    *(on.StaffCardKnown(tries, is_listed) for tries in (0, 1, 3) for is_listed in (True, False)),
    *(on.StaffPinRefused(trouble, 2) for trouble in PinTrouble),
    on.StaffLetIn(),
    on.StaffTurnedAway(VisitError.code),
    *(on.StaffActDone(act, code) for act in ACTS for code in ("", VisitError.code)),
    on.FurtherPersonNeeded(acts.RetireKiosk()),
    *(on.DeviceTested(DeviceResult(test, verdict)) for test in DeviceTest for verdict in Verdict),
    papers.ZoneGiven("x"),
    papers.ZoneMistyped((MrzMistake(MrzFault.EMPTY, Place(0, 0)),)),
    *map(papers.DocumentMissing, (False, True)),
    papers.CardsMoved(),
    papers.DocumentChecked(),
    papers.DocumentFailed(papers.ReadingProblem.CLOSED),
    finding.LifeEventChosen("moving"),
    finding.SearchWanted(),
    finding.ServicesFound(),
    finding.NothingFound("x", "no"),
    new_pin.PinsWanted(),
    *(new_pin.PinChosen(PinRole.SIGNATURE, PinWay.CHANGE, tries) for tries in (0, 1)),
    new_pin.PinChosen(PinRole.SIGNATURE, PinWay.UNBLOCK, 2),
    new_pin.NewPinFits(),
    new_pin.NewPinUnfit((NewPinFault.RUN,)),
    new_pin.NewPinDiffers(),
    new_pin.PinWasReplaced(3),
    new_pin.CardBrokeOff(),
    happened.VoteWanted(),
    happened.ServicesWanted(),
    happened.DistrictChosen("d"),
    happened.Marked(("a",)),
    happened.Ranked((("a",),)),
    happened.CheckWanted(),
    happened.CastWanted(),
    happened.SlipCastWanted(),
    happened.AdmissionWanted(),
    happened.SlipInHand(),
    happened.OfficersWanted(),
    happened.AdmissionNeeded(),
    *(happened.BallotBegun(needs_district) for needs_district in (True, False)),
    happened.VotingRefused(PollsPausedError.code),
    *(happened.ContestAccepted(contest, following) for contest in (0, 1) for following in (None, 1)),
    *map(happened.ContestRefused, (0, 1)),
    *map(happened.SlipPrinted, (Paper.PRINTED, Paper.NO_PAPER)),
    *map(happened.CastSlipPrinted, (Paper.PRINTED, Paper.NO_PAPER)),
    happened.SlipTaken(),
    happened.SlipRefused(SlipNotTakenError.code),
    happened.AdmissionRefused(),
    happened.NumberGiven(),
    happened.BallotOpened(),
    *map(happened.VoterKnown, (0, 1, 3)),
    happened.VoterRefused(VotedHereError.code),
    happened.VoteStored(),
)
"""Every event, with all the facts that the table could take differently."""


@cache
def graph() -> dict[State, dict[int, Step]]:
    """Every state that any events lead to from a start, and what every event (by its place in EVENTS) does there."""
    found: dict[State, dict[int, Step]] = {}
    waiting = deque(STARTS)
    while waiting:
        state = waiting.popleft()
        if state not in found and not _is_left_out(state):
            found[state] = {number: advance(state, event) for number, event in enumerate(EVENTS)}
            waiting.extend(step.state for step in found[state].values())
    return found


def _is_left_out(state: State) -> bool:
    """What the counter covers moves by the session's own table: a few examples stand for all (the tests have all)."""
    return isinstance(state, at.AtCounter) and state.beneath not in COVERED


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


def is_card_in(state: State) -> bool:  # one line a case
    """Tell whether a card is in the reader as far as the state knows."""
    match state:
        case at.StillThere() | at.ChoosingWays() | at.HelpComing():
            return is_card_in(state.resume)
        case at.AtCounter(beneath=None):
            return state.is_own_reader and state.is_card_in
        case at.AtCounter(beneath=covered) if covered is not None:
            return is_card_in(covered) or state.is_own_reader
        case at.ShowingReceipt() | at.OutOfService() | at.Committing() | pins.NewPinUnknown():
            return state.card_is_in
        case vote.CastingVote() | vote.ShowingVoteReceipt() | vote.VoterTurnedAway() | vote.ShowingAdmission():
            return state.card_is_in
        case _:
            return state.card is not at.CardNeed.NONE


def outcome_told(state: State) -> Outcome | None:  # noqa: PLR0911  # one line a case
    """Return what the person is told in this state about the form, if anything."""
    match state:
        case at.ShowingReceipt():
            return Outcome.STORED
        case vote.ShowingVoteReceipt():
            return Outcome.VOTED
        case vote.TakingSlip():
            return Outcome.SLIP
        case vote.ShowingAdmission():
            return Outcome.ADMITTED
        case at.TakingCard() | at.Thanked() | at.Ended():
            return state.outcome
        case at.StoppedEarly() | at.OutOfService() | at.CardRefused() | vote.VoterTurnedAway() | pins.NewPinUnknown():
            return Outcome.NOTHING_SENT
        case at.StillThere() | at.ChoosingWays() | at.HelpComing():
            return outcome_told(state.resume)
        case at.AtCounter(beneath=covered) if covered is not None:
            return outcome_told(covered)
        case _:
            return None
