# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The end of a record: the tally that waits in it, and the trustees' shares and the result that complete it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from townhall_voting.election import Election, RankedQuestion, parse_election
from townhall_voting.errors import MalformedError, ShareRefusedError
from townhall_voting.proofs import Ciphertext
from townhall_voting.ranked.shuffle_wire import parse_shuffle
from townhall_voting.record.archive import read_events, read_head
from townhall_voting.record.events import (
    EncryptedTallyEvent,
    EndShufflesEvent,
    PartialDecryptionEvent,
    ResultEvent,
    SetupEvent,
    ShuffleEvent,
    data_of,
)
from townhall_voting.record.record_file import RecordFile
from townhall_voting.trustees.combination import Combiner, OfferedShare, Requirement
from townhall_voting.trustees.result import Result, open_tally
from townhall_voting.trustees.tally import EncryptedTally, parse_encrypted_tally
from townhall_voting.trustees.trustee_list import Trustees, parse_trustees


@dataclass(frozen=True, slots=True)
class WaitingTally:
    """What there is to decrypt: ``tally`` after the last of the ``shuffles``, and whether more may follow."""

    election: Election
    trustees: Trustees
    tally: EncryptedTally
    shuffles: tuple[ShuffleEvent, ...]
    is_shuffling_over: bool

    @property
    def shuffled_by(self) -> tuple[int, ...]:
        """Whose the shuffles are, as the record says: no trustee signs theirs."""
        return tuple(shuffle.owner for shuffle in self.shuffles)

    @property
    def is_ranked(self) -> bool:
        """Whether a question is ranked: its ballots are opened one by one."""
        return any(isinstance(question, RankedQuestion) for question in self.election.questions)

    @property
    def missing_shuffles(self) -> int:
        """How many more trustees shuffle: as many as decrypt, so that fewer learn nothing of whose ranking is whose."""
        return max(0, self.trustees.needed - len(self.shuffles)) if self.is_ranked else 0

    @property
    def is_ready(self) -> bool:
        """Whether it may be decrypted: a ranked ballot that nobody shuffled would tell whose it is."""
        return self.is_shuffling_over or not self.is_ranked


@dataclass(frozen=True, slots=True)
class Counted:
    """The result, whose shares it rests on, and which were left out and why."""

    result: Result
    used: tuple[int, ...]
    refused: tuple[ShareRefusedError, ...]


def read_waiting(stream: BinaryIO) -> WaitingTally:
    """Return the tally that waits in a record; whether the record holds is for the verifier, before or after.

    Raises:
        MalformedError: no tally waits: the record is not closed, or has its result.
        RecordRefusedError, ElectionRefusedError, TrusteesRefusedError, TallyRefusedError: it is damaged.
    """
    setup: SetupEvent | None = None
    tally: EncryptedTallyEvent | None = None
    shuffles: list[ShuffleEvent] = []
    is_over = False
    for recorded in read_events(stream, read_head(stream)):
        match recorded.event:
            case SetupEvent() as event:
                setup = event
            case EncryptedTallyEvent() as event:
                tally = event
            case ShuffleEvent() as event:
                shuffles.append(event)
            case EndShufflesEvent():
                is_over = True
            case ResultEvent():
                raise MalformedError("this record has its result")
    if setup is None or tally is None:
        raise MalformedError("this record is not closed")
    election = parse_election(setup.election)
    encrypted = parse_encrypted_tally(election, *data_of(tally))
    if shuffles:
        encrypted = encrypted.shuffled(list(_shuffled(election, encrypted, shuffles[-1])))
    trustees = parse_trustees(election.group, setup.trustees)
    return WaitingTally(election, trustees, encrypted, tuple(shuffles), is_over)


def complete(record: Path, waiting: WaitingTally, offered: Iterable[OfferedShare]) -> Counted:
    """Add the first valid shares that suffice, and the result, to the record in which the tally waits.

    Raises:
        MalformedError: ranked ballots are not shuffled; nothing was added.
        TooFewSharesError: too few are valid; nothing was added. It names those refused and why.
        ResultRefusedError: they open to nothing that these ballots could have; nothing was added.
        RecordFileError, RecordRefusedError: the file cannot be written, or another event must come first.
    """
    if not waiting.is_ready:
        raise MalformedError("ranked ballots that nobody shuffled")
    combiner = Combiner(waiting.election, waiting.trustees, waiting.tally, Requirement.SIDE_CAR)
    combination = combiner.combine(offered)
    result = open_tally(waiting.election, waiting.tally, combination.factors)
    with RecordFile.open(record) as file:
        for share in combination.used:
            file.append(PartialDecryptionEvent(share.owner, share.decryption.data))
        file.append(ResultEvent(result.data))
    return Counted(result, tuple(share.owner for share in combination.used), combination.refused)


def _shuffled(election: Election, tally: EncryptedTally, event: ShuffleEvent) -> Iterator[tuple[Ciphertext, ...]]:
    """Return the ciphertexts to decrypt, question by question: shuffled where the question is ranked."""
    shuffled = iter(parse_shuffle(election.group, event.shuffle).questions)
    for question, column in zip(election.questions, tally.ciphertexts, strict=True):
        yield next(shuffled).ciphertexts if isinstance(question, RankedQuestion) else column
