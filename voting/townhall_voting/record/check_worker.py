# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The program of a checking process: checks and counts the ballots that it is given until its input ends."""

import signal
import sys
from typing import IO

from townhall_voting.ballot_check import BallotChecker
from townhall_voting.election import parse_election
from townhall_voting.record.ballot_judges import BadBallot, GoodBallot, WeighedBallot, batch_for, judge_one
from townhall_voting.record.check_wire import Bad, Begin, Check, Count, Counted, Good, hear_question, say
from townhall_voting.trustees.tally import Tally


def work(questions: IO[bytes], answers: IO[bytes]) -> None:
    """Answer every question; raises VotingError where the asker breaks the protocol or is gone."""
    begin = hear_question(questions)
    if not isinstance(begin, Begin):
        return
    election = parse_election(begin.election)
    batch = batch_for(election, begin.membership)
    checker, tally = BallotChecker(election, batch), Tally(election)
    while (question := hear_question(questions)) is not None:
        match question:
            case Check(ballot, weight):
                verdict = judge_one(checker, WeighedBallot(ballot, weight), tally)
                match verdict:
                    case GoodBallot(ballot_hash, tracker):
                        say(answers, Good(ballot_hash, tracker))
                    case BadBallot(reason):
                        say(answers, Bad(reason.name))
            case Count():
                counted, are_elements = tally.encrypted(), batch is None or batch.are_elements()
                say(answers, Counted(counted.data, counted.sized_data, are_elements))
            case Begin():
                return


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the asker ends us by closing our input
    work(sys.stdin.buffer, sys.stdout.buffer)
