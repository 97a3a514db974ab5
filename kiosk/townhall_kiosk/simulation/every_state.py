# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""At least one example of every state that a visit can be in, with all the facts that a screen could differ by."""

from typing import Final

from townhall_kiosk import states as at
from townhall_kiosk.card_problem import CardProblem
from townhall_kiosk.document_check import views as papers
from townhall_kiosk.document_check.events import ReadingProblem
from townhall_kiosk.finding import states as find
from townhall_kiosk.pin_life import states as pins
from townhall_kiosk.pin_life.errand import After, PinErrand, PinWay
from townhall_kiosk.reader_keys import states as keys
from townhall_kiosk.staff import acts, counter_assist, counter_steps, views
from townhall_kiosk.staff.acts import AssistStep, DeviceTest
from townhall_kiosk.staff.errors import ClosedByStaffError
from townhall_kiosk.staff.views import PinTrouble
from townhall_kiosk.states import Outcome, Paper, PinNotice, State
from townhall_kiosk.voting import states as vote
from townhall_kiosk.voting.errors import (
    REFUSALS,
    SlipNotCastError,
    SlipNotTakenError,
    VotedHereError,
    VotingRefusedError,
)
from townhall_smartcard.emrtd.lds.mrz import Checked
from townhall_smartcard.emrtd.mrz_entry import MrzFault, MrzMistake, Place
from townhall_smartcard.messages import PinRole
from townhall_smartcard.pin_rules import NewPinFault
from townhall_sync.errors import JournalFullError

_ROLES: Final = (PinRole.AUTHENTICATION, PinRole.SIGNATURE)
_OF_PADS: Final = (PinNotice.NONE, PinNotice.WRONG, PinNotice.LENGTH, PinNotice.INTERRUPTED)
_PIN_ERRANDS: Final = (
    PinErrand("A", PinRole.AUTHENTICATION, PinWay.CHANGE, After.SERVICES, 3),
    PinErrand("A", PinRole.SIGNATURE, PinWay.CHANGE, After.SERVICES, 1, last_try_confirmed=True),
    PinErrand("A", PinRole.UNBLOCKING, PinWay.CHANGE, After.SERVICES, 2),
    PinErrand("A", PinRole.AUTHENTICATION, PinWay.ACTIVATE, After.READ, 3),
    PinErrand("A", PinRole.AUTHENTICATION, PinWay.UNBLOCK, After.READ, 3),
    PinErrand("A", PinRole.SIGNATURE, PinWay.UNBLOCK, After.DOCUMENT, 2),
)
_OFFERED_ERRANDS: Final = tuple(each for each in _PIN_ERRANDS if each.way is not PinWay.CHANGE)
_ASKING: Final[tuple[at.Asking, ...]] = (
    at.Arrived(),
    at.ChoosingLanguage(),
    at.WaitingForCard(),
    at.SeveralCards(),
    *(at.EnteringAccessNumber("A", was_wrong) for was_wrong in (False, True)),
    *(at.ConfirmingLastTry("A", role) for role in _ROLES),
    *(at.EnteringPin("A", role, tries, notice) for role in _ROLES for tries in (1, 2, 3) for notice in _OF_PADS),
    *(keys.ReadyForPin("A", role, 3) for role in _ROLES),
    *(keys.ReadyForPin("A", PinRole.SIGNATURE, 2, notice) for notice in PinNotice),
    keys.ReadyForVotePin("A", 3),
    keys.ReadyForVotePin("A", 2, PinNotice.WRONG),
    *map(keys.ReadyForNewPin, _PIN_ERRANDS),
    keys.ReadyForNewPin(_PIN_ERRANDS[-1], PinNotice.WRONG),
    keys.ReadyForNewPin(_PIN_ERRANDS[-1], PinNotice.DIFFERED),
    keys.ReadyForNewPin(_PIN_ERRANDS[0], faults=(NewPinFault.NOT_TAKEN,)),
    at.ChoosingService("A"),
    at.ChoosingService("A", "moving"),
    find.SearchingService("A"),
    find.SearchingService("A", "Type another word", "x"),
    find.ChoosingFound("A"),
    find.AboutService("A"),
    *(at.Answering("A", question) for question in range(8)),
    at.Answering("A", 0, problem="Enter it again", refused="x"),
    at.Answering("A", 0, is_changing=True),
    at.Reviewing("A"),
    at.Reviewing("A", is_incomplete=True),
    at.ReadingDocument("A", 3),
    *(at.ShowingReceipt(card_is_in, paper) for card_is_in in (True, False) for paper in Paper),
    pins.ChoosingPin("A"),
    *map(pins.OfferingNewPin, _OFFERED_ERRANDS),
    *map(pins.ConfirmingLastCode, _PIN_ERRANDS[-2:]),
    *map(pins.EnteringCode, _PIN_ERRANDS),
    *(pins.EnteringCode(_PIN_ERRANDS[-1], notice) for notice in _OF_PADS),
    pins.EnteringCode(_PIN_ERRANDS[0], faults=(NewPinFault.NOT_TAKEN,)),
    *(pins.EnteringNewPin(_PIN_ERRANDS[0], (fault,)) for fault in NewPinFault),
    pins.EnteringNewPin(_PIN_ERRANDS[0], has_differed=True),
    pins.RepeatingNewPin(_PIN_ERRANDS[0]),
    pins.NewPinSet(_PIN_ERRANDS[0], 3),
    vote.VotingOffered(),
    *map(vote.VotingOffered, (*REFUSALS, VotingRefusedError.code)),
    vote.WaitingForOfficer(),
    vote.EnteringAdmission(),
    vote.AdmissionMistyped(),
    vote.ChoosingDistrict(),
    *(vote.Marking(contest, has_notice=has_notice) for contest in (0, 1, 2) for has_notice in (True, False)),
    vote.ReviewingBallot(),
    *(vote.SlipFailed(paper) for paper in Paper if paper not in {Paper.PRINTED, Paper.NOT_ASKED}),
    vote.CheckOrCast(),
    vote.ShowingCheck(),
    vote.CastSlipFailed(Paper.JAMMED),
    vote.TakingSlip(),
    *map(vote.EnteringSlip, ("", SlipNotTakenError.code, SlipNotCastError.code)),
    vote.ShowingAdmission(card_is_in=True),
    vote.ShowingAdmission(card_is_in=False, paper=Paper.PRINTED),
    *(vote.WaitingForVoter(are_several=are_several) for are_several in (True, False)),
    *(vote.EnteringVoterNumber("A", was_wrong) for was_wrong in (True, False)),
    vote.ReadingStatement("A", 3),
    vote.ConfirmingLastVoteTry("A"),
    vote.EnteringVotePin("A", 3),
    vote.EnteringVotePin("A", 2, PinNotice.WRONG),
    vote.ShowingVoteReceipt(card_is_in=True),
    vote.ShowingVoteReceipt(card_is_in=False, paper=Paper.PRINTED),
)
WAITING: Final[tuple[at.Waiting, ...]] = (
    *_ASKING,
    at.PreviousEnded(None),
    at.PreviousEnded(None, has_voted=True),
    vote.VoterCardRefused(CardProblem.MUTE),
    *(vote.VoterTurnedAway(VotedHereError.code, card_is_in) for card_is_in in (True, False)),
    *(at.PreviousEnded("1234", has_receipt=True, paper=paper) for paper in Paper),
    at.PreviousEnded("1234"),
    at.PreviousEnded("1234", closed=JournalFullError.code),
    *map(at.CardRefused, CardProblem),
    *map(at.TakingCard, Outcome),
    at.StoppedEarly(),
    *(pins.NewPinUnknown(PinRole.SIGNATURE, card_is_in) for card_is_in in (True, False)),
    *(at.OutOfService(JournalFullError.code, card_is_in) for card_is_in in (True, False)),
)
RESUMABLE: Final[tuple[at.Resumable, ...]] = (
    *_ASKING,
    *map(at.ChoosingWays, WAITING),
    *map(at.HelpComing, WAITING),
    at.HelpComing(at.ChoosingWays(at.Reviewing("A"))),
)
MISTAKES: Final = (
    *(MrzMistake(fault, Place(1, 2), wanted=30) for fault in MrzFault if fault is not MrzFault.CHECK_DIGIT),
    *(MrzMistake(MrzFault.LENGTH, Place(line, 2), wanted=wanted) for line, wanted in ((0, 72), (4, 0))),
    *(MrzMistake(MrzFault.CHECK_DIGIT, Place(2, 7), about, look_at=(Place(2, 3), Place(2, 5))) for about in Checked),
)
"""One of each that can be made in a zone."""
_TOLD: Final = ("", "staff.told.done", "staff.told.failed")
VIEWS: Final[tuple[views.View, ...]] = (
    views.CardBeingRead(),
    views.LastTryAsked(),
    *(views.PinAsked(3, trouble) for trouble in (None, PinTrouble.WRONG, PinTrouble.LENGTH, PinTrouble.INTERRUPTED)),
    views.PinInUse(3, last_try_confirmed=False),
    views.TurnedAway(JournalFullError.code),
    *(views.Menu(told, JournalFullError.code) for told in _TOLD),
    *(views.Tests(told) for told in _TOLD),
    *map(views.Testing, DeviceTest),
    *map(views.TouchTest, range(counter_steps.TOUCH_TARGETS)),
    *map(views.Judging, (DeviceTest.PRINTER, DeviceTest.SPEECH)),
    views.ReasonAsked(),
    *map(views.Confirming, counter_steps.GRAVE.values()),
    views.Doing(acts.ExportToStick()),
    *(views.OtherPersonAsked(acts.RetireKiosk(), card_is_in) for card_is_in in (True, False)),
    *(views.OtherPersonAsked(act) for act in (acts.OpenPolls(), acts.ClosePolls())),
    views.Finished(),
    views.Finished(JournalFullError.code),
    *(views.AssistMenu(f"assist.told.{step.value}") for step in counter_assist.TOLD_STEPS),
    papers.ZoneAsked(),
    *(papers.ZoneAsked((mistake,)) for mistake in MISTAKES),
    *map(papers.DocumentAsked, (False, True)),
    papers.DocumentBeingRead(),
    *map(papers.DocumentNotRead, ReadingProblem),
    papers.DocumentShown(),
    views.AssistMenu("staff.told.failed"),
    views.AssistLanguage(),
    views.Assisting(AssistStep.BEGAN),
)
"""Everything that staff can see."""

STATES: Final[tuple[State, ...]] = (
    *WAITING,
    *(state for state in RESUMABLE if not isinstance(state, at.Waiting)),
    *map(at.StillThere, RESUMABLE),
    at.Attract(),
    at.ReadingCard("A"),
    *(at.UsingPin("A", role, 3, last_try_confirmed=False) for role in _ROLES),
    *(at.UsingPin("A", role, tries, last_try_confirmed=False, at_reader=True) for role in _ROLES for tries in (1, 3)),
    at.MakingDocument("A"),
    pins.ReplacingPin(_PIN_ERRANDS[0]),
    *(pins.ReplacingPin(errand, at_reader=True) for errand in _PIN_ERRANDS),
    at.Committing(),
    vote.MakingBallot(),
    vote.OpeningBallot(),
    vote.CastingAtBooth(),
    vote.ReadingSlip(),
    vote.ReadingVoter("A"),
    vote.SigningVote("A", 3, last_try_confirmed=False),
    vote.SigningVote("A", 3, last_try_confirmed=False, at_reader=True),
    vote.CastingVote(),
    *map(at.Thanked, Outcome),
    *map(at.Ended, Outcome),
    *(at.OutOfService(ClosedByStaffError.code, card_is_in) for card_is_in in (True, False)),
    *(at.AtCounter(view, "A") for view in VIEWS),
    *(at.AtCounter(view, "A", agreeing=acts.RetireKiosk()) for view in (views.PinAsked(3), views.PinAsked(2))),
    *(at.AtCounter(view, "S", at.Answering("A", 0), is_own_reader=False) for view in VIEWS),
    at.AtCounter(views.AssistMenu(), "S", at.Committing(), is_own_reader=False),
)
