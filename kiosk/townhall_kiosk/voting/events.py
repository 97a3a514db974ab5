# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What can happen during a visit that votes, besides what happens during every visit."""

from dataclasses import dataclass, field

from townhall_kiosk.state_facts import Paper

# The person


@dataclass(frozen=True, slots=True)
class VoteWanted:
    """Vote."""


@dataclass(frozen=True, slots=True)
class ServicesWanted:
    """Something else than voting."""


@dataclass(frozen=True, slots=True)
class DistrictChosen:
    """Where the person says that they live."""

    district: str


@dataclass(frozen=True, slots=True)
class Marked:
    """All marks of the contest on the screen, as they are now."""

    marks: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ranked:
    """All ranks of the contest on the screen, as they are now."""

    ranking: tuple[tuple[str, ...], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class CheckWanted:
    """Open this ballot: it is void from now on."""


@dataclass(frozen=True, slots=True)
class CastWanted:
    """Cast this ballot."""


@dataclass(frozen=True, slots=True)
class SlipCastWanted:
    """Cast this ballot at a booth: a slip says so, and the desk has the person sign."""


@dataclass(frozen=True, slots=True)
class AdmissionWanted:
    """At a desk: vote, which begins with an admission number."""


@dataclass(frozen=True, slots=True)
class SlipInHand:
    """At a desk: the person comes back with a booth's slip."""


@dataclass(frozen=True, slots=True)
class OfficersWanted:
    """At a booth, where no voter's card is looked at: officers come in with theirs."""


# The kiosk


@dataclass(frozen=True, slots=True)
class BallotBegun:
    """An empty ballot is on the desk; or the district must be known first."""

    needs_district: bool


@dataclass(frozen=True, slots=True)
class AdmissionNeeded:
    """At a booth: the number that the desk gave out comes first."""


@dataclass(frozen=True, slots=True)
class VotingRefused:
    """Nobody votes here now; ``code`` says why."""

    code: str


@dataclass(frozen=True, slots=True)
class ContestAccepted:
    """The contest may stay as it is; ``following`` is the next one, if any."""

    contest: int
    following: int | None


@dataclass(frozen=True, slots=True)
class ContestRefused:
    """The contest needs more marks."""

    contest: int


@dataclass(frozen=True, slots=True)
class SlipPrinted:
    """The ballot is made and its slip is in the tray, or could not be printed."""

    paper: Paper


@dataclass(frozen=True, slots=True)
class CastSlipPrinted:
    """The ballot is durable, and the slip that says so is in the tray, or could not be printed."""

    paper: Paper


@dataclass(frozen=True, slots=True)
class AdmissionRefused:
    """What was typed at a booth is no admission number."""


@dataclass(frozen=True, slots=True)
class SlipTaken:
    """The slip is one that a booth of this place signed after it forgot the seed."""


@dataclass(frozen=True, slots=True)
class SlipRefused:
    """It is not; ``code`` says why."""

    code: str


@dataclass(frozen=True, slots=True)
class NumberGiven:
    """The person may vote; their admission number is on the desk."""


@dataclass(frozen=True, slots=True)
class BallotOpened:
    """It is durable that the ballot is void; its code may be shown."""


@dataclass(frozen=True, slots=True)
class VoterKnown:
    """The person is on the roll, has not voted here, and the sentence is on the desk."""

    signature_tries: int


@dataclass(frozen=True, slots=True)
class VoterRefused:
    """This person does not vote here now; ``code`` says why."""

    code: str


@dataclass(frozen=True, slots=True)
class VoteStored:
    """Statement and ballot are durable; the receipt is on the desk."""


Event = (
    VoteWanted
    | ServicesWanted
    | DistrictChosen
    | Marked
    | Ranked
    | CheckWanted
    | CastWanted
    | SlipCastWanted
    | AdmissionWanted
    | SlipInHand
    | OfficersWanted
    | BallotBegun
    | AdmissionNeeded
    | VotingRefused
    | ContestAccepted
    | ContestRefused
    | SlipPrinted
    | CastSlipPrinted
    | SlipTaken
    | SlipRefused
    | AdmissionRefused
    | NumberGiven
    | BallotOpened
    | VoterKnown
    | VoterRefused
    | VoteStored
)
