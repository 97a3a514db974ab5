# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""At least one example of every state that a visit can be in, with all the facts that a screen could differ by."""

from typing import Final

from townhall_kiosk import states as at
from townhall_kiosk.card_problem import CardProblem
from townhall_kiosk.states import Outcome, Paper, PinNotice, State
from townhall_smartcard.messages import PinRole
from townhall_sync.errors import JournalFullError

_ROLES: Final = (PinRole.AUTHENTICATION, PinRole.SIGNATURE)
RESUMABLE: Final[tuple[at.Resumable, ...]] = (
    at.ChoosingLanguage(),
    at.WaitingForCard(),
    at.SeveralCards(),
    *(at.ConfirmingLastTry("A", role) for role in _ROLES),
    *(at.EnteringPin("A", role, tries, notice) for role in _ROLES for tries in (1, 2, 3) for notice in PinNotice),
    at.ChoosingService("A"),
    *(at.Answering("A", question) for question in range(8)),
    at.Answering("A", 0, problem="Enter it again", refused="x"),
    at.Answering("A", 0, is_changing=True),
    at.Reviewing("A"),
    at.ReadingDocument("A", 3),
    *(at.ShowingReceipt(card_is_in, paper) for card_is_in in (True, False) for paper in Paper),
)
STATES: Final[tuple[State, ...]] = (
    *RESUMABLE,
    *map(at.StillThere, RESUMABLE),
    at.Attract(),
    at.PreviousEnded(None),
    *(at.PreviousEnded("1234", has_receipt=True, paper=paper) for paper in Paper),
    at.PreviousEnded("1234"),
    at.PreviousEnded("1234", closed=JournalFullError.code),
    at.ReadingCard("A"),
    *map(at.CardRefused, CardProblem),
    *(at.UsingPin("A", role, 3, last_try_confirmed=False) for role in _ROLES),
    at.MakingDocument("A"),
    at.Committing(),
    *map(at.TakingCard, Outcome),
    *map(at.Thanked, Outcome),
    at.StoppedEarly(),
    *(at.OutOfService(JournalFullError.code, card_is_in) for card_is_in in (True, False)),
    *map(at.Ended, Outcome),
)
