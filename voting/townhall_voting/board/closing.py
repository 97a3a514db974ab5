# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The close of one election: which ballots of the box make the record, and a reason for each that does not."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from townhall_voting.ballot import Ballot
from townhall_voting.board.lists import AcceptedList, RejectedBallot, Rejection
from townhall_voting.hashing import Fingerprint


@dataclass(frozen=True, slots=True)
class Closing:
    """What the box makes public at the close."""

    counted: tuple[Ballot, ...]
    """Sorted by tracker: the order of the record, which tells nothing of any other."""
    rejected: tuple[RejectedBallot, ...]
    """Sorted."""
    missing: tuple[Fingerprint, ...]
    """h of accepted ballots that are not there, sorted: each is an alarm with a device and a statement behind it."""


def close_election(
    election: Fingerprint, ballots: Sequence[Ballot], accepted: AcceptedList, checked: Collection[Fingerprint]
) -> Closing:
    """Return the close of ``election`` over all its ``ballots``, each checked by ``BallotChecker`` and no h twice.

    An opened ballot never counts, whatever a statement says: that list is binding. Two ballots of one voting key are a
    device's fault; neither counts.
    """
    by_hash = {ballot.hash: ballot for ballot in ballots}
    keys = Counter(ballot.credential for ballot in ballots)
    confirmed = {h for each in accepted.elections if each.election == election for h in each.ballots}
    refused: Mapping[Fingerprint, Rejection] = {each.ballot: each.reason for each in accepted.refused}

    def rejection(ballot: Ballot) -> Rejection | None:
        if ballot.hash in checked:
            return Rejection.CHECKED
        if keys[ballot.credential] > 1:
            return Rejection.SAME_KEY
        return None if ballot.hash in confirmed else refused.get(ballot.hash, Rejection.NOT_CONFIRMED)

    reasons = {ballot.hash: rejection(ballot) for ballot in ballots}
    return Closing(
        tuple(sorted((by_hash[h] for h, reason in reasons.items() if reason is None), key=lambda each: each.tracker)),
        _rejected(by_hash, reasons.items()),
        tuple(sorted(confirmed - by_hash.keys() - set(checked))),
    )


def _rejected(
    by_hash: Mapping[Fingerprint, Ballot], reasons: Iterable[tuple[Fingerprint, Rejection | None]]
) -> tuple[RejectedBallot, ...]:
    return tuple(sorted(RejectedBallot(by_hash[h].tracker, reason) for h, reason in reasons if reason is not None))
