# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The first event of a record: the election, those who hold its key and those who may vote in it, checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from townhall_voting.election import Election, RankedQuestion, parse_election
from townhall_voting.errors import RecordRefusedError, RefusedError
from townhall_voting.record.credentials import PublicCredential, is_sorted, parse_unchecked_credentials
from townhall_voting.record.events import SetupEvent
from townhall_voting.record.reasons import Place, Refusal
from townhall_voting.trustees.trustee_list import Trustees, check_trustees_of, parse_trustees


@dataclass(frozen=True, slots=True)
class Foundation:
    """What every later event is judged against. Voting keys are found by their decimal digits."""

    election: Election
    trustees: Trustees
    credentials: Mapping[str, PublicCredential]
    is_sorted: bool


def check_setup(event: SetupEvent, place: Place) -> Foundation:
    """Return the foundation that a record's first event lays.

    Whether a voting key is an element is left to ``check_unused``: for those that signed, their ballots' check tells.

    Raises:
        RecordRefusedError: ELECTION, TRUSTEES, CREDENTIALS or WEIGHTED_RANKING.
    """
    try:
        election = parse_election(event.election)
    except RefusedError as error:
        raise RecordRefusedError(Refusal.ELECTION, place, str(error)) from error
    try:
        trustees = parse_trustees(election.group, event.trustees)
        check_trustees_of(election, trustees)
    except RefusedError as error:
        raise RecordRefusedError(Refusal.TRUSTEES, place, str(error)) from error
    try:
        credentials = parse_unchecked_credentials(election.group, event.credentials)
    except RefusedError as error:
        raise RecordRefusedError(Refusal.CREDENTIALS, place, str(error)) from error
    is_ranked = any(isinstance(question, RankedQuestion) for question in election.questions)
    if is_ranked and any(each.weight != 1 for each in credentials):
        raise RecordRefusedError(Refusal.WEIGHTED_RANKING, place)
    by_digits = {str(int(each.key)): each for each in credentials}
    return Foundation(election, trustees, by_digits, is_sorted(credentials))


def check_unused(foundation: Foundation, unused: Sequence[int], place: Place) -> None:
    """Check that the voting keys at these positions of the list, which signed no ballot, are elements.

    Raises:
        RecordRefusedError: CREDENTIALS.
    """
    group, credentials = foundation.election.group, list(foundation.credentials.values())
    if not all(group.is_element(credentials[index].key) for index in unused):
        raise RecordRefusedError(Refusal.CREDENTIALS, place, "a voting key that is no element of the group")
