# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a visit has of one ballot: marks, seed, voting key. It lies in the visit's memory, and goes piece by piece."""

from dataclasses import dataclass, field

from townhall_crypto.secret import Secret
from townhall_kiosk.visit.election import BallotStyle
from townhall_kiosk.voting.messages import NumberGiven
from townhall_smartcard.messages import CardContents
from townhall_voting.ballot_making import Choices, UnsignedBallot
from townhall_voting.credential import VotingKey
from townhall_voting.eligibility.receipt import VotingReceiptFacts
from townhall_voting.eligibility.slip import SlipFacts
from townhall_voting.eligibility.statement import StatementFacts

BLANK = "_blank"
"""The id of the blank vote; no candidate can have it."""


@dataclass(slots=True)
class Marks:
    """One contest: in which order this visit sees the candidates, and what is marked.

    ``ranking`` has ids by rank, the best first; without ranks every mark is a rank of its own.
    """

    order: tuple[int, ...]
    ranking: tuple[tuple[str, ...], ...] = field(default=(), repr=False)

    @property
    def chosen(self) -> tuple[str, ...]:
        """Everything that is marked, whatever its rank."""
        return tuple(each for rank in self.ranking for each in rank)


@dataclass(slots=True)
class MadeBallot:
    """A ballot that was committed to. ``seed`` and ``choices`` are None from the first step of casting on."""

    unsigned: UnsignedBallot
    key: VotingKey | None = field(repr=False)
    seed: Secret | None = field(repr=False)
    choices: Choices | None = field(repr=False)
    slip: str = ""  # text of the slip's QR
    cast_slip: str = ""  # at a booth: of the one that says that it is cast

    def forget_seed(self) -> None:
        """Forget what could open the ballot."""
        if self.seed is not None:
            self.seed.wipe()
        self.seed = self.choices = None


@dataclass(slots=True)
class BallotDesk:
    """Filled from the top down as the vote goes on."""

    admission: str = field(default="", repr=False)  # at a booth: the number that the desk gave out
    style: BallotStyle | None = None
    marks: list[Marks] = field(default_factory=list)
    made: MadeBallot | None = None
    slip: SlipFacts | None = None  # at a desk: of a booth's slip, as the keeper verified it
    given: NumberGiven | None = None  # at a desk: the admission number for this person
    opened: str = field(default="", repr=False)  # the code of the void ballot
    contents: CardContents | None = field(default=None, repr=False)
    statement: StatementFacts | None = field(default=None, repr=False)
    signed: bytes = field(default=b"", repr=False)  # R
    receipt: str = ""  # text of the receipt's QR
    receipt_facts: VotingReceiptFacts | None = None

    def clear(self) -> None:
        """Drop everything, so that no later screen can show it."""
        if self.made is not None:
            self.made.forget_seed()
        self.style = self.made = self.contents = self.statement = self.receipt_facts = None
        self.slip = self.given = None
        self.marks.clear()
        self.opened = self.receipt = self.admission = ""
        self.signed = b""

    def forget_marks(self) -> None:
        """Forget what was chosen; the ballot goes on."""
        self.marks.clear()
