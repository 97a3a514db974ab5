# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where a visit that votes can be. Marks, seed, keys and the ballot lie on the desk; here is only what decides the way.

Until ``WaitingForVoter`` nobody's card is looked at: the machine does not know who marks this ballot. A booth never
comes there: its way ends with ``TakingSlip``. A desk's begins with it, or with ``EnteringSlip``.
"""

from dataclasses import dataclass
from typing import ClassVar

from townhall_kiosk.card_problem import CardProblem
from townhall_kiosk.state_facts import CardNeed, Idle, Paper, PinNotice
from townhall_kiosk.voting.apart_states import VOTING_IDLE as VOTING_IDLE  # noqa: PLC0414  # shown here
from townhall_kiosk.voting.apart_states import AdmissionMistyped as AdmissionMistyped  # noqa: PLC0414  # shown here
from townhall_kiosk.voting.apart_states import CastingAtBooth as CastingAtBooth  # noqa: PLC0414  # shown here
from townhall_kiosk.voting.apart_states import CastSlipFailed as CastSlipFailed  # noqa: PLC0414  # shown here
from townhall_kiosk.voting.apart_states import EnteringAdmission as EnteringAdmission  # noqa: PLC0414  # shown here
from townhall_kiosk.voting.apart_states import EnteringSlip as EnteringSlip  # noqa: PLC0414  # shown here
from townhall_kiosk.voting.apart_states import ReadingSlip as ReadingSlip  # noqa: PLC0414  # shown here
from townhall_kiosk.voting.apart_states import ShowingAdmission as ShowingAdmission  # noqa: PLC0414  # shown here
from townhall_kiosk.voting.apart_states import TakingSlip as TakingSlip  # noqa: PLC0414  # shown here
from townhall_kiosk.voting.apart_states import WaitingForOfficer as WaitingForOfficer  # noqa: PLC0414  # shown here


@dataclass(frozen=True, slots=True)
class VotingOffered:
    """Vote, or something else; ``code`` says why nobody can vote now, where that is so."""

    code: str = ""
    card: ClassVar[CardNeed] = CardNeed.NONE
    idle: ClassVar[Idle | None] = VOTING_IDLE
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class ChoosingDistrict:
    """Where the person lives decides what they vote on; the roll is asked later whether that is so."""

    card: ClassVar[CardNeed] = CardNeed.NONE
    idle: ClassVar[Idle | None] = VOTING_IDLE
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class Marking:
    """One contest. ``has_notice``: the person went on with fewer marks than it needs."""

    contest: int
    is_changing: bool = False
    has_notice: bool = False
    card: ClassVar[CardNeed] = CardNeed.NONE
    idle: ClassVar[Idle | None] = VOTING_IDLE
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class ReviewingBallot:
    """All contests, with what is left open named."""

    card: ClassVar[CardNeed] = CardNeed.NONE
    idle: ClassVar[Idle | None] = VOTING_IDLE
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class MakingBallot:
    """The marks become a ballot, and the slip that commits to it is printed."""

    card: ClassVar[CardNeed] = CardNeed.NONE
    idle: ClassVar[Idle | None] = None
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class SlipFailed:
    """The slip did not come out: without it nobody is asked to check or cast."""

    paper: Paper
    card: ClassVar[CardNeed] = CardNeed.NONE
    idle: ClassVar[Idle | None] = VOTING_IDLE
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class CheckOrCast:
    """The slip is in the person's hand: open this ballot, or cast it."""

    card: ClassVar[CardNeed] = CardNeed.NONE
    idle: ClassVar[Idle | None] = VOTING_IDLE
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class OpeningBallot:
    """The keeper makes it durable that this ballot is void."""

    card: ClassVar[CardNeed] = CardNeed.NONE
    idle: ClassVar[Idle | None] = None
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class ShowingCheck:
    """The code by which anybody can check the void ballot."""

    card: ClassVar[CardNeed] = CardNeed.NONE
    idle: ClassVar[Idle | None] = VOTING_IDLE
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class WaitingForVoter:
    """The card is not in yet: of whoever casts a ballot that can be opened no more, or wants an admission number."""

    are_several: bool = False
    card: ClassVar[CardNeed] = CardNeed.NONE
    idle: ClassVar[Idle | None] = VOTING_IDLE
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class ReadingVoter:
    """The card says whose it is, and the keeper whether they may vote here now."""

    reader: str
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = None
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class EnteringVoterNumber:
    """The card is held to a reader, and opens with the number printed on it."""

    reader: str
    was_wrong: bool = False  # the number given before
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = VOTING_IDLE
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class VoterCardRefused:
    """This card cannot be used; the ballot waits for another, or for the same put in better."""

    problem: CardProblem
    card: ClassVar[CardNeed] = CardNeed.RELEASE
    idle: ClassVar[Idle | None] = None
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class VoterTurnedAway:
    """This person does not vote here now, and ``code`` says why: the ballot is gone."""

    code: str
    card_is_in: bool = True
    card: ClassVar[CardNeed] = CardNeed.RELEASE
    idle: ClassVar[Idle | None] = None
    lasts_s: ClassVar[int | None] = 60


@dataclass(frozen=True, slots=True)
class ReadingStatement:
    """The sentence that will be signed, word for word."""

    reader: str
    signature_tries: int
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = VOTING_IDLE
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class ConfirmingLastVoteTry:
    """One try of PIN 2 is left: the person says that they know."""

    reader: str
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = VOTING_IDLE
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class EnteringVotePin:
    """The pad for PIN 2 is open."""

    reader: str
    tries_left: int
    notice: PinNotice = PinNotice.NONE
    last_try_confirmed: bool = False
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = VOTING_IDLE
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class SigningVote:
    """The card signs the statement."""

    reader: str
    tries_left: int
    last_try_confirmed: bool
    at_reader: bool = False  # the person enters PIN 2 at the reader's keys meanwhile
    card: ClassVar[CardNeed] = CardNeed.VISIT
    idle: ClassVar[Idle | None] = None
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class CastingVote:
    """Signed: statement and ballot are on their way to the disk. Taking the card out changes nothing any more."""

    card_is_in: bool = True
    card: ClassVar[CardNeed] = CardNeed.NONE
    idle: ClassVar[Idle | None] = None
    lasts_s: ClassVar[int | None] = None


@dataclass(frozen=True, slots=True)
class ShowingVoteReceipt:
    """Cast, and durable."""

    card_is_in: bool
    paper: Paper = Paper.NOT_ASKED
    card: ClassVar[CardNeed] = CardNeed.RELEASE
    idle: ClassVar[Idle | None] = VOTING_IDLE
    lasts_s: ClassVar[int | None] = None


Asking = (
    VotingOffered
    | WaitingForOfficer
    | EnteringAdmission
    | AdmissionMistyped
    | ChoosingDistrict
    | Marking
    | ReviewingBallot
    | SlipFailed
    | CheckOrCast
    | ShowingCheck
    | CastSlipFailed
    | TakingSlip
    | EnteringSlip
    | ShowingAdmission
    | WaitingForVoter
    | EnteringVoterNumber
    | ReadingStatement
    | ConfirmingLastVoteTry
    | EnteringVotePin
    | ShowingVoteReceipt
)
"""Where a person who votes is asked for something; turns into a countdown when nobody is there."""

Apart = (
    WaitingForOfficer
    | EnteringAdmission
    | AdmissionMistyped
    | CastingAtBooth
    | CastSlipFailed
    | TakingSlip
    | EnteringSlip
    | ReadingSlip
    | ShowingAdmission
)
"""What only a booth or a desk has."""

Waiting = Asking | VoterCardRefused | VoterTurnedAway
Working = MakingBallot | OpeningBallot | CastingAtBooth | ReadingSlip | ReadingVoter | SigningVote | CastingVote
State = Waiting | Working
