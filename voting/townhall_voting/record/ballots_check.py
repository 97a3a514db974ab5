# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The ballots of a record: each by a voting key of the list, one a key, every proof checked by a judge, all counted."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Final, TypeAlias

import msgspec

from townhall_voting.errors import (
    BallotRefusal,
    BallotRefusedError,
    MalformedError,
    ProgrammingError,
    RecordRefusedError,
)
from townhall_voting.hashing import HexHash
from townhall_voting.record.archive import Head, Recorded
from townhall_voting.record.ballot_judges import BadBallot, BallotJudge, Verdict, WeighedBallot
from townhall_voting.record.digesting import DigestingStream
from townhall_voting.record.events import BallotEvent
from townhall_voting.record.reasons import Place, Refusal
from townhall_voting.record.remembered import CountedBallot, Remembered
from townhall_voting.record.setup_check import Foundation
from townhall_voting.trustees.tally import Tally
from townhall_voting.untrusted_json import read_json

Watch: TypeAlias = Callable[[int], None]
"""Is told up to which byte a record is verified."""


def unwatched(_offset: int) -> None:
    """Nobody is told."""


_REFUSALS: Final = {
    BallotRefusal.MALFORMED: Refusal.BALLOT_MALFORMED,
    BallotRefusal.OTHER_ELECTION: Refusal.BALLOT_ELECTION,
    BallotRefusal.MEMBERSHIP: Refusal.BALLOT_MEMBERSHIP,
    BallotRefusal.HASH: Refusal.BALLOT_HASH,
    BallotRefusal.SIGNATURE: Refusal.BALLOT_SIGNATURE,
    BallotRefusal.INDIVIDUAL_PROOF: Refusal.INDIVIDUAL_PROOF,
    BallotRefusal.OVERALL_PROOF: Refusal.OVERALL_PROOF,
    BallotRefusal.BLANK_PROOF: Refusal.BLANK_PROOF,
    BallotRefusal.ENCRYPTION_PROOF: Refusal.ENCRYPTION_PROOF,
}


class _CredentialWire(msgspec.Struct):
    credential: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """A ballot that waits for its verdict; ``prefix`` is SHA-256 of the archive up to its end."""

    place: Place
    head: Head
    voter: int
    prefix: HexHash


class BallotsCheck:
    """Goes through the ballots from where ``known`` ends; what is good so far is in ``known`` and ``counted``."""

    def __init__(self, foundation: Foundation, known: Remembered, stream: DigestingStream, watch: Watch) -> None:
        self._foundation = foundation
        self._stream = stream
        self._watch = watch
        self._voters = {digits: index for index, digits in enumerate(foundation.credentials)}
        self._used = {each.voter for each in known.ballots}
        self._asked: list[_Asked] = []
        self._stopped: RecordRefusedError | None = None
        self.head, self._prefix = known.head, known.prefix
        self.counted = list(known.ballots)
        self.tally = Tally(foundation.election)
        self.tally.include(known.tally)
        self.following: Recorded | None = None
        """The first event that is no ballot, if there is one."""

    def run(self, events: Iterator[Recorded], judge: BallotJudge) -> None:
        """Check the ballots up to the first other event.

        Raises:
            RecordRefusedError: the first fault in the order of the archive.
            UnavailableError: the judge cannot go on.
        """
        taken = 0
        with closing(judge.judge(self._foundation.election, self._ballots(events), self.tally)) as verdicts:
            try:
                for verdict in verdicts:
                    self._take(self._asked[taken], verdict)
                    taken += 1
            except BallotRefusedError as error:  # of all, not of one: the last is named
                raise RecordRefusedError(_REFUSALS[error.reason], self._asked[-1].place) from error
        if taken != len(self._asked) or self.tally.encrypted().num_tallied != len(self.counted):
            raise ProgrammingError("a judge that left out a ballot")
        if self._stopped is not None:
            raise self._stopped

    def remember(self) -> Remembered:
        """Return what holds once ``run`` has ended, even if a later event turns out to be false."""
        return Remembered(self.head, self._prefix, tuple(self.counted), self.tally.encrypted())

    @property
    def weight(self) -> int:
        """How many times all counted ballots count together."""
        weights = [credential.weight for credential in self._foundation.credentials.values()]
        return sum(weights[each.voter] for each in self.counted)

    @property
    def unused(self) -> list[int]:
        """The positions of the voting keys that signed no ballot."""
        return [index for index in range(len(self._voters)) if index not in self._used]

    def _take(self, asked: _Asked, verdict: Verdict) -> None:
        if isinstance(verdict, BadBallot):
            raise RecordRefusedError(_REFUSALS[verdict.reason], asked.place)
        self.counted.append(CountedBallot(asked.voter, verdict))
        self.head, self._prefix = asked.head, asked.prefix
        self._watch(self.head.offset)

    def _ballots(self, events: Iterator[Recorded]) -> Iterator[WeighedBallot]:
        """Return the ballots for the judge, who may be some way behind: a fault waits until he has come to it."""
        try:
            for recorded in events:
                if not isinstance(recorded.event, BallotEvent):
                    self.following = recorded
                    return
                yield self._weighed(recorded, recorded.event.ballot)
        except RecordRefusedError as error:
            self._stopped = error

    def _weighed(self, recorded: Recorded, ballot: bytes) -> WeighedBallot:
        try:
            digits = read_json(ballot, _CredentialWire).credential
        except MalformedError as error:
            raise RecordRefusedError(Refusal.BALLOT_MALFORMED, recorded.place) from error
        credential = self._foundation.credentials.get(digits)
        if credential is None:
            raise RecordRefusedError(Refusal.UNKNOWN_CREDENTIAL, recorded.place)
        voter = self._voters[digits]
        if voter in self._used:
            raise RecordRefusedError(Refusal.SECOND_BALLOT, recorded.place)
        self._used.add(voter)
        self._asked.append(_Asked(recorded.place, recorded.head, voter, self._stream.digest()))
        return WeighedBallot(ballot, credential.weight)
