# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The judge that checks ballots on several cores, in processes of its own (docs/adr/0032-verifying.md)."""

import subprocess
import sys
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from queue import SimpleQueue
from typing import IO, Final, Self

from townhall_voting.election import Election
from townhall_voting.errors import BallotRefusal, BallotRefusedError, CheckPoolError, ProgrammingError
from townhall_voting.hashing import Fingerprint
from townhall_voting.record.ballot_judges import BadBallot, GoodBallot, Membership, Verdict, WeighedBallot
from townhall_voting.record.check_wire import Bad, Begin, Check, Count, Counted, Good, Question, hear_answer, say
from townhall_voting.trustees.tally import EncryptedTally, Tally, parse_encrypted_tally

_AHEAD: Final = 4
"""Ballots that wait for each process, so that none is idle while verdicts are taken in order."""


class CheckPool:
    """Checks on ``processes`` cores. The ballots of one election are read a few ahead, never all."""

    def __init__(self, processes: int, membership: Membership = Membership.EACH) -> None:
        if processes < 1:
            raise ProgrammingError("at least one process")
        self._processes = processes
        self._membership = membership

    def judge(
        self, election: Election, ballots: Iterator[WeighedBallot], tally: Tally
    ) -> Generator[Verdict, None, None]:
        """Start the processes, check, count, and end them, also when the iterator is closed early.

        Raises:
            BallotRefusedError: as the port says.
            CheckPoolError: a process cannot be started, or has ended.
        """
        with ExitStack() as stack:
            workers = [stack.enter_context(_Worker(election, self._membership)) for _ in range(self._processes)]
            threads = ThreadPoolExecutor(self._processes, "check")
            stack.callback(threads.shutdown, cancel_futures=True)
            stack.callback(_kill, workers)  # first of all: no thread then waits for an answer
            idle: SimpleQueue[_Worker] = SimpleQueue()
            for worker in workers:
                idle.put(worker)

            def check(ballot: WeighedBallot) -> Verdict:
                worker = idle.get()
                try:
                    return worker.check(ballot)
                finally:
                    idle.put(worker)

            waiting: deque[Future[Verdict]] = deque()
            for ballot in ballots:
                waiting.append(threads.submit(check, ballot))
                if len(waiting) > _AHEAD * self._processes:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
            for worker in workers:
                tally.include(worker.count())


class _Worker:
    """One checking process."""

    def __init__(self, election: Election, membership: Membership) -> None:
        self._election, self._membership = election, membership

    def __enter__(self) -> Self:
        command = [sys.executable, "-P", "-m", "townhall_voting.record.check_worker"]
        try:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        except OSError as error:
            raise CheckPoolError("a checking process cannot be started") from error
        if self._process.stdin is None or self._process.stdout is None:
            raise ProgrammingError("both pipes were asked for")
        self._questions: IO[bytes] = self._process.stdin
        self._answers: IO[bytes] = self._process.stdout
        say(self._questions, Begin(self._election.data, self._membership))
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._process.communicate()

    def kill(self) -> None:
        self._process.kill()

    def check(self, ballot: WeighedBallot) -> Verdict:
        match self._ask(Check(ballot.data, ballot.weight)):
            case Good(ballot_hash, tracker):
                return GoodBallot(Fingerprint(ballot_hash), Fingerprint(tracker))
            case Bad(reason):
                return BadBallot(BallotRefusal[reason])
            case Counted():
                raise CheckPoolError("an answer to another question")

    def count(self) -> EncryptedTally:
        answer = self._ask(Count())
        if not isinstance(answer, Counted):
            raise CheckPoolError("an answer to another question")
        if not answer.are_elements:
            raise BallotRefusedError(BallotRefusal.MEMBERSHIP)
        return parse_encrypted_tally(self._election, answer.tally, answer.sized_tally)

    def _ask(self, question: Question) -> Good | Bad | Counted:
        say(self._questions, question)
        return hear_answer(self._answers)


def _kill(workers: Sequence[_Worker]) -> None:
    for worker in workers:
        worker.kill()
