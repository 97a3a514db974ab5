# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a step of a visit that votes asks its runner to do."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class BeginBallot:
    """Put an empty ballot on the desk, if the polls are open."""


@dataclass(frozen=True, slots=True)
class ChooseDistrict:
    """The ballot is that of this district."""

    district: str


@dataclass(frozen=True, slots=True)
class Mark:
    """The contest has these marks now."""

    contest: int
    marks: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rank:
    """The contest has these ranks now."""

    contest: int
    ranking: tuple[tuple[str, ...], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class LeaveContest:
    """See whether the contest may stay as it is."""

    contest: int


@dataclass(frozen=True, slots=True)
class MakeBallot:
    """Draw a seed, make the ballot, and print the slip that commits to it."""


@dataclass(frozen=True, slots=True)
class PrintSlip:
    """Print the same slip once more."""


@dataclass(frozen=True, slots=True)
class OpenBallot:
    """Have the keeper make it durable that this ballot is void, then put its code on the desk."""


@dataclass(frozen=True, slots=True)
class TakeAdmission:
    """At a booth: keep the admission number for the slip, and begin the ballot."""

    number: bytearray = field(repr=False)


@dataclass(frozen=True, slots=True)
class CastAtBooth:
    """Sign the ballot, forget the voting key, have the keeper store it and sign that it is cast; print that slip."""


@dataclass(frozen=True, slots=True)
class PrintCastSlip:
    """Print the same cast slip once more."""


@dataclass(frozen=True, slots=True)
class ReadSlip:
    """At a desk: have the keeper verify the slip, and put its facts on the desk."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PrintAdmission:
    """Put the admission number on paper."""


@dataclass(frozen=True, slots=True)
class ForgetSeed:
    """Forget seed and randomness: from now on nobody can open this ballot."""


@dataclass(frozen=True, slots=True)
class ReadVoter:
    """Read the card, and ask the keeper whether this person may vote here now.

    What lies on the desk decides for what: a ballot, a booth's slip, or nothing yet: then for an admission number.
    """

    reader: str


@dataclass(frozen=True, slots=True)
class OpenVoterCard:
    """Open the card with its access number, and go on as with ``ReadVoter``."""

    reader: str
    access_number: bytearray = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignStatement:
    """Have the card sign the statement with PIN 2."""

    reader: str
    last_try_confirmed: bool
    pin: bytearray | None = field(repr=False)  # None: it is entered at the reader's keys


@dataclass(frozen=True, slots=True)
class CastVote:
    """Seal the statement, sign the ballot, forget the voting key and the marks, and hand both to the keeper.

    At a desk there is the statement alone.
    """


@dataclass(frozen=True, slots=True)
class PrintVoteReceipt:
    """Put the receipt of the vote on paper."""


Job = (
    BeginBallot
    | ChooseDistrict
    | LeaveContest
    | MakeBallot
    | PrintSlip
    | OpenBallot
    | TakeAdmission
    | CastAtBooth
    | PrintCastSlip
    | ReadSlip
    | PrintAdmission
    | ReadVoter
    | OpenVoterCard
    | SignStatement
    | CastVote
    | PrintVoteReceipt
)
"""Effects that take a while, or can fail: each leads to one event."""

Effect = Mark | Rank | ForgetSeed | Job
