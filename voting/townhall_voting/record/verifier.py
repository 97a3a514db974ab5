# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The strict verification of a whole record: stricter than the tool's own, event by event, as a stream.

Order of checks: the setup, each ballot as it comes, then tally, shuffles, shares and result, and at last the published
log. The first fault in this order, which is that of the archive, is the one that is told.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import BinaryIO

from townhall_voting.errors import MalformedError, ProgrammingError, RecordRefusedError
from townhall_voting.record.archive import Recorded, read_events, read_head
from townhall_voting.record.ballot_judges import BallotJudge
from townhall_voting.record.ballots_check import BallotsCheck, Watch, unwatched
from townhall_voting.record.closing_check import ClosingCheck
from townhall_voting.record.digesting import DigestingStream
from townhall_voting.record.events import (
    BallotEvent,
    EncryptedTallyEvent,
    EndBallotsEvent,
    EndShufflesEvent,
    PartialDecryptionEvent,
    ResultEvent,
    SetupEvent,
    ShuffleEvent,
)
from townhall_voting.record.findings import Facts, NotVerified, Outcome, Verified
from townhall_voting.record.grammar import Phase, advance
from townhall_voting.record.log_check import PublishedFiles, check_log
from townhall_voting.record.reasons import Concern, Place, Refusal
from townhall_voting.record.remembered import Remembered, parse_remembered
from townhall_voting.record.setup_check import Foundation, check_setup, check_unused
from townhall_voting.trustees.tally import Tally
from townhall_voting.trustees.threshold import Layout


@dataclass(frozen=True, slots=True)
class Evidence:
    """What stands beside a record.

    ``uuid`` is what the file is called before ``.bel``; ``side_cars`` are by owner, None where none are asked for, as
    records of other programs have none; ``published`` is what the ballot box published.
    """

    uuid: str | None = None
    side_cars: Mapping[int, bytes] | None = field(default_factory=dict, repr=False)
    published: PublishedFiles | None = None


def verify_record(
    stream: BinaryIO,
    evidence: Evidence,
    judge: BallotJudge,
    remembered: bytes | None = None,
    watch: Watch = unwatched,
) -> Outcome:
    """Return what is found of the record that ``stream``, which can seek, holds from its beginning.

    ``remembered`` is the file that an earlier verification left (``write_remembered``). Where it fits, the ballots that
    it speaks of are not checked again; where it does not, everything is.

    Raises:
        UnavailableError: the judge cannot go on.
    """
    verification = _Verification(stream, evidence, watch)
    try:
        ballots = verification.run(remembered, judge)
    except RecordRefusedError as error:
        return NotVerified(error.reason, error.place, error.detail, verification.facts)
    return Verified(verification.facts, ballots.remember())


class _Verification:
    def __init__(self, stream: BinaryIO, evidence: Evidence, watch: Watch) -> None:
        self._file = stream
        self._evidence = evidence
        self._watch = watch
        self.facts = Facts()

    def run(self, remembered: bytes | None, judge: BallotJudge) -> BallotsCheck:
        stream = DigestingStream(self._file)
        first = next(read_events(stream, read_head(stream)), None)
        if first is None:
            raise RecordRefusedError(Refusal.EMPTY, Place(0))
        foundation = self._check_setup(first)
        known = Remembered(first.head, stream.digest(), (), Tally(foundation.election).encrypted())
        recalled = None if remembered is None else _recall(stream, foundation, known, remembered)
        if remembered is not None and recalled is None:
            self._file.seek(0)
            stream = DigestingStream(self._file)
            stream.skip(first.head.offset)
        ballots = BallotsCheck(foundation, recalled or known, stream, self._watch)
        events = read_events(stream, ballots.head)
        self._check_ballots(ballots, events, judge)
        if recalled is None:
            check_unused(foundation, ballots.unused, first.place)
        self._check_rest(foundation, ballots, events)
        return ballots

    def _check_setup(self, first: Recorded) -> Foundation:
        phase = self._phase_after(first)
        if not isinstance(first.event, SetupEvent):
            raise ProgrammingError("the grammar lets nothing else stand first")
        foundation = check_setup(first.event, first.place)
        facts, election = self.facts, foundation.election
        facts.election, facts.trustees = election, foundation.trustees
        facts.credential_count = len(foundation.credentials)
        if self._evidence.uuid not in {None, election.uuid}:
            raise RecordRefusedError(Refusal.OTHER_NAME, first.place, f"it is {election.uuid}")
        concerns = (
            (Concern.UNSORTED_CREDENTIALS, not foundation.is_sorted),
            (Concern.PLAIN_TRUSTEES, foundation.trustees.layout is Layout.PLAIN),
            (Concern.NO_SIDE_CARS, self._evidence.side_cars is None),
        )
        facts.concerns += [concern for concern, is_there in concerns if is_there]
        facts.phase, facts.head = phase, first.head
        return foundation

    def _check_ballots(self, ballots: BallotsCheck, events: Iterator[Recorded], judge: BallotJudge) -> None:
        facts = self.facts
        facts.remembered_count = len(ballots.counted)
        try:
            ballots.run(events, judge)
        finally:
            facts.ballot_count, facts.total_weight, facts.head = len(ballots.counted), ballots.weight, ballots.head
        trackers = [each.ballot.tracker for each in ballots.counted]
        if trackers != sorted(trackers):
            facts.concerns.append(Concern.UNSORTED_BALLOTS)
        if facts.total_weight != facts.ballot_count:
            facts.concerns.append(Concern.WEIGHTS)

    def _check_rest(self, foundation: Foundation, ballots: BallotsCheck, events: Iterator[Recorded]) -> None:
        following = () if ballots.following is None else (ballots.following,)
        rest = ClosingCheck(foundation, ballots.tally.encrypted(), self._evidence.side_cars, self.facts)
        for recorded in chain(following, events):
            phase, place = self._phase_after(recorded), recorded.place
            match recorded.event:
                case EncryptedTallyEvent() as event:
                    rest.check_tally(event, place)
                case ShuffleEvent() as event:
                    rest.check_shuffle(event, place)
                case PartialDecryptionEvent() as event:
                    rest.check_share(event, place)
                case ResultEvent() as event:
                    rest.check_result(event, place)
                case SetupEvent() | BallotEvent() | EndBallotsEvent() | EndShufflesEvent():
                    pass  # the grammar has refused the first two here; the others say nothing more
            self.facts.phase, self.facts.head = phase, recorded.head
            self._watch(recorded.head.offset)
        if ballots.following is not None:
            self._check_log(foundation, ballots, ballots.following.place)

    def _check_log(self, foundation: Foundation, ballots: BallotsCheck, place: Place) -> None:
        if self._evidence.published is None:
            self.facts.concerns.append(Concern.NO_LOG)
            return
        counted = [each.ballot for each in ballots.counted]
        check_log(foundation.election, counted, self._evidence.published, self.facts, place)

    def _phase_after(self, recorded: Recorded) -> Phase:
        return advance(self.facts.phase, recorded.event, recorded.place)


def _recall(stream: DigestingStream, foundation: Foundation, begun: Remembered, data: bytes) -> Remembered | None:
    """Return what was remembered of the bytes that ``stream`` holds, read up to its end; None if of other bytes."""
    try:
        remembered = parse_remembered(foundation.election, data)
    except MalformedError:
        return None
    if remembered.head.timestamp != begun.head.timestamp or remembered.head.offset < begun.head.offset:
        return None
    voters = {each.voter for each in remembered.ballots}
    if len(voters) != len(remembered.ballots) or not voters <= set(range(len(foundation.credentials))):
        return None
    stream.skip(remembered.head.offset - begun.head.offset)
    return remembered if stream.digest() == remembered.prefix else None
