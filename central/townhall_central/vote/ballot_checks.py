# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Many ballots checked at once: here where they are few, on all cores where starting processes pays."""

import contextlib
import os
from collections.abc import Collection, Sequence
from typing import Final

from townhall_voting.ballot import Ballot, parse_ballot
from townhall_voting.election import Election
from townhall_voting.errors import BallotRefusal, BallotRefusedError, CheckPoolError
from townhall_voting.record.ballot_judges import BadBallot, BallotJudge, DirectJudge, Verdict, WeighedBallot
from townhall_voting.record.check_pool import CheckPool
from townhall_voting.trustees.tally import Tally

_WORTH_PROCESSES: Final = 200


def check_ballots(elections: Collection[Election], ballots: Sequence[bytes]) -> list[Ballot | BallotRefusal]:
    """Return each ballot, every proof checked by whichever election takes it, or why it is refused; in their order."""
    checked: list[Ballot | BallotRefusal] = [_parsed(elections, data) for data in ballots]
    for election in elections:
        mine = [
            (place, data)
            for place, (each, data) in enumerate(zip(checked, ballots, strict=True))
            if isinstance(each, Ballot) and each.election == election.fingerprint
        ]
        for (place, _), verdict in zip(mine, _judged(election, [data for _, data in mine]), strict=True):
            if isinstance(verdict, BadBallot):
                checked[place] = verdict.reason
    return checked


def _judged(election: Election, ballots: list[bytes]) -> list[Verdict]:
    def ask(judge: BallotJudge) -> list[Verdict]:
        return list(judge.judge(election, iter([WeighedBallot(data, 1) for data in ballots]), Tally(election)))

    if len(ballots) >= _WORTH_PROCESSES:
        # Without processes it takes longer, no more: a box that cannot start them must not set a batch aside.
        with contextlib.suppress(CheckPoolError):
            return ask(CheckPool(len(os.sched_getaffinity(0))))
    return ask(DirectJudge()) if ballots else []


def _parsed(elections: Collection[Election], data: bytes) -> Ballot | BallotRefusal:
    refusal = BallotRefusal.OTHER_ELECTION
    for election in elections:
        try:
            return parse_ballot(election, data)
        except BallotRefusedError as error:
            if error.reason is not BallotRefusal.OTHER_ELECTION:
                refusal = error.reason
    return refusal
