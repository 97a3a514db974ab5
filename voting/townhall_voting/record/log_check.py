# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whether a record counts exactly the ballots that were published during the vote and not rejected, each once."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from townhall_crypto.checkpoint import NoteVerifier
from townhall_voting.board.lists import AcceptedList, RejectedList, verify_list
from townhall_voting.board.log import PublishedLog, read_log
from townhall_voting.election import Election
from townhall_voting.errors import RecordRefusedError, RefusedError
from townhall_voting.hashing import Fingerprint
from townhall_voting.record.ballot_judges import GoodBallot
from townhall_voting.record.findings import Facts
from townhall_voting.record.reasons import Concern, Place, Refusal


@dataclass(frozen=True, slots=True)
class AcceptedFile:
    """The eligibility board's list of accepted ballots, and the board's key, known from elsewhere."""

    data: bytes = field(repr=False)
    board_key_der: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PublishedFiles:
    """What the ballot box published (docs/formats/voting-log.md, voting-lists.md), and its keys, known from elsewhere.

    ``rejected`` is the box's signed list for this election; ``box_key_der`` its key. ``accepted`` holds the box to the
    other board's word: without it a box could count ballots that no card cast.
    """

    log: bytes = field(repr=False)
    checkpoint: str = field(repr=False)
    rejected: bytes = field(repr=False)
    log_key: NoteVerifier
    box_key_der: bytes = field(repr=False)
    accepted: AcceptedFile | None = None


def check_log(
    election: Election, ballots: Sequence[GoodBallot], published: PublishedFiles, facts: Facts, place: Place
) -> None:
    """Compare the record's ballots with what was published; ``place`` is where the ballots end.

    Raises:
        RecordRefusedError: LOG to ACCEPTED_DROPPED.
    """
    log, rejected_list = _read(published, place)
    if rejected_list.election != election.fingerprint:
        raise RecordRefusedError(Refusal.LOG_ELECTION, place)
    recorded, listed = {ballot.tracker for ballot in ballots}, log.trackers(election.fingerprint)
    rejected = {each.tracker for each in rejected_list.rejected}
    for reason, wrong in (
        (Refusal.CHECKED_COUNTED, {ballot.hash for ballot in ballots} & log.checked),
        (Refusal.REJECTED_COUNTED, recorded & rejected),
        (Refusal.UNPUBLISHED, recorded - listed),
        (Refusal.DROPPED, listed - recorded - rejected),
        (Refusal.LOG, rejected - listed),
    ):
        if wrong:
            raise RecordRefusedError(reason, place, f"{len(wrong)}, the first {min(wrong)}")
    if facts.total_weight != facts.ballot_count:
        raise RecordRefusedError(Refusal.WEIGHTED, place, f"{facts.ballot_count} count {facts.total_weight} times")
    if published.accepted is None:
        facts.concerns.append(Concern.NO_ACCEPTED)
    else:
        _check_accepted(election, {ballot.hash for ballot in ballots}, published.accepted, (log, rejected_list), place)
    if rejected_list.missing:
        facts.concerns.append(Concern.MISSING_BALLOTS)
    facts.published_count, facts.rejected_count, facts.checked_count = len(listed), len(rejected), len(log.checked)


def _check_accepted(
    election: Election,
    counted: set[Fingerprint],
    file: AcceptedFile,
    box: tuple[PublishedLog, RejectedList],
    place: Place,
) -> None:
    """Compare the counted ballots with the other board's list: none more, and a reason for each that is not there."""
    log, rejected_list = box
    try:
        accepted = verify_list(file.data, AcceptedList, file.board_key_der)
    except RefusedError as error:
        raise RecordRefusedError(Refusal.LOG, place, str(error)) from error
    rejected = {each.tracker for each in rejected_list.rejected}
    named = {each for each in log.ballots(election.fingerprint) if each.tracker in rejected}
    explained = {each.ballot for each in named} | log.checked | set(rejected_list.missing)
    allowed = {
        ballot for each in accepted.elections if each.election == election.fingerprint for ballot in each.ballots
    }
    for reason, wrong in (
        (Refusal.UNCONFIRMED, counted - allowed),
        (Refusal.ACCEPTED_DROPPED, allowed - counted - explained),
    ):
        if wrong:
            raise RecordRefusedError(reason, place, f"{len(wrong)}, the first {min(wrong)}")


def _read(published: PublishedFiles, place: Place) -> tuple[PublishedLog, RejectedList]:
    try:
        log = read_log(published.log, published.checkpoint, published.log_key)
        rejected = verify_list(published.rejected, RejectedList, published.box_key_der)
    except RefusedError as error:
        raise RecordRefusedError(Refusal.LOG, place, str(error)) from error
    if not log.is_closed:
        raise RecordRefusedError(Refusal.LOG, place, "it is not closed")
    return log, rejected
