# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""False records: each is byte-valid but for its fault, with the reason that ours gives and the tool's own verdict."""

import json
from dataclasses import replace
from typing import Final

from tests.voting.false_ballots import BALLOTS
from tests.voting.false_beside import BESIDE
from tests.voting.forger import FalseRecord, Forger, Forgery, minus, spelled
from tests.voting.our_election import tally_event

from townhall_voting.credential import VotingKey, new_voting_key
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
from townhall_voting.record.reasons import Refusal
from townhall_voting.trustee_keys import prove_key
from townhall_voting.trustees.tally import Tally
from townhall_voting.trustees.trustee_list import write_trustees

# Section 8 of the record's reference: what the tool lets through.


def earlier_ballots_dropped(forger: Forger) -> FalseRecord:
    """Ballots, an end, more ballots, another end, and a tally of the later ones alone."""
    rest, side_cars = forger.recount(forger.ballots[1:])
    events = [forger.setup, forger.cast[0], EndBallotsEvent(), *forger.cast[1:], *rest]
    return forger.false(events, Refusal.ORDER, is_accepted=True, side_cars=side_cars)


def another_stored_tally(forger: Forger) -> FalseRecord:
    """The stored tally is that of one ballot twice; shares and result are those of the true one."""
    tally = Tally(forger.town.election)
    for ballot in (forger.ballots[0], forger.ballots[1], forger.ballots[1]):
        tally.add(ballot)
    return forger.of_rest(Refusal.TALLY, 1, tally_event(tally.encrypted()), is_accepted=True)


def no_end_of_ballots(forger: Forger) -> FalseRecord:
    return forger.false([forger.setup, *forger.cast, *forger.rest[1:]], Refusal.ORDER, is_accepted=True)


def old_ballot_replayed(forger: Forger) -> FalseRecord:
    """A voter's newer ballot, then the old one once more: the tool counts the last."""
    newer = forger.town.vote(((0, 1, 0), (0, 0, 1)), key_of(forger, 0))
    events = [forger.setup, *forger.cast, BallotEvent(newer.ballot.data), forger.cast[0], *forger.rest]
    return forger.false(events, Refusal.SECOND_BALLOT, is_accepted=True)


def key_of(forger: Forger, index: int) -> VotingKey:
    return next(each.key for each in forger.good.votes if each.ballot == forger.ballots[index])


# The setup.


def election_with_a_key_of_order_two(forger: Forger) -> FalseRecord:
    assert isinstance(forger.setup, SetupEvent)
    key = str(int(forger.town.election.public_key))
    modulus = forger.town.group.modulus  # type: ignore[attr-defined]  # both groups have one
    election = forger.setup.election.replace(key.encode(), minus(key, modulus).encode())
    return forger.of_setup(Refusal.ELECTION, election=election)


def trustees_of_another_election(forger: Forger) -> FalseRecord:
    town = forger.town
    private = new_voting_key(town.group, town.randomness).private
    trustees = write_trustees(town.group, [prove_key(town.group, private, town.randomness)])
    return forger.of_setup(Refusal.TRUSTEES, trustees=trustees.data)


def trustee_without_proof(forger: Forger) -> FalseRecord:
    assert isinstance(forger.setup, SetupEvent)
    trustees = json.loads(forger.setup.trustees)
    trustees[0][1]["pok"] = trustees[1][1]["pok"]
    return forger.of_setup(Refusal.TRUSTEES, trustees=spelled(trustees))


def unused_credential_outside_the_group(forger: Forger) -> FalseRecord:
    """A voting key that signs nothing in this record, and that no exponent gives."""
    assert isinstance(forger.setup, SetupEvent)
    modulus = forger.town.group.modulus  # type: ignore[attr-defined]  # both groups have one
    keys = [*json.loads(forger.setup.credentials), str(modulus - 1)]
    return forger.of_setup(Refusal.CREDENTIALS, credentials=spelled(sorted(keys, key=int)))


def election_with_a_newline(forger: Forger) -> FalseRecord:
    assert isinstance(forger.setup, SetupEvent)
    return forger.of_setup(Refusal.ELECTION, election=forger.setup.election + b"\n")


# The tally.


def tally_with_another_count(forger: Forger) -> FalseRecord:
    event = stored_tally(forger)
    return forger.of_rest(Refusal.TALLY_COUNT, 1, replace(event, ballot_count=2), is_accepted=True)


def tally_with_another_weight(forger: Forger) -> FalseRecord:
    event = stored_tally(forger)
    return forger.of_rest(Refusal.TALLY_WEIGHT, 1, replace(event, total_weight=4), is_accepted=True)


def tally_in_another_form(forger: Forger) -> FalseRecord:
    event = stored_tally(forger)
    return forger.of_rest(Refusal.TALLY_MALFORMED, 1, replace(event, tally=event.tally + b" "), is_accepted=True)


def stored_tally(forger: Forger) -> EncryptedTallyEvent:
    (event,) = [event for event in forger.rest if isinstance(event, EncryptedTallyEvent)]
    return event


# Shares and result.


def share_of_another_key(forger: Forger) -> FalseRecord:
    """The second trustee's share under the first one's number."""
    first, second = forger.rest[2], forger.rest[3]
    assert isinstance(first, PartialDecryptionEvent)
    assert isinstance(second, PartialDecryptionEvent)
    return forger.of_rest(Refusal.SHARE_PROOF, 2, replace(second, owner=1))


def share_by_nobody(forger: Forger) -> FalseRecord:
    return forger.of_rest(Refusal.SHARE_OWNER, 2, owned(forger, 2, 3))


def share_by_trustee_zero(forger: Forger) -> FalseRecord:
    return forger.of_rest(Refusal.SHARE_OWNER, 2, owned(forger, 2, 0))


def share_twice(forger: Forger) -> FalseRecord:
    events = [forger.setup, *forger.cast, *forger.rest[:3], *forger.rest[2:]]
    return forger.false(events, Refusal.SHARE_REPEATED, is_accepted=True)


def one_share_too_few(forger: Forger) -> FalseRecord:
    events = [forger.setup, *forger.cast, *forger.rest[:3], forger.rest[4]]
    return forger.false(events, Refusal.TOO_FEW_SHARES)


def share_outside_the_group(forger: Forger) -> FalseRecord:
    event = forger.rest[2]
    assert isinstance(event, PartialDecryptionEvent)
    copy = json.loads(event.decryption)
    modulus = forger.town.group.modulus  # type: ignore[attr-defined]  # both groups have one
    copy["decryption_factors"][0][0] = minus(copy["decryption_factors"][0][0], modulus)
    return forger.of_rest(Refusal.SHARE_MEMBERSHIP, 2, replace(event, decryption=spelled(copy)))


def share_in_another_form(forger: Forger) -> FalseRecord:
    event = forger.rest[2]
    assert isinstance(event, PartialDecryptionEvent)
    respelled = replace(event, decryption=json.dumps(json.loads(event.decryption)).encode())
    return forger.of_rest(Refusal.SHARE_MALFORMED, 2, respelled, is_accepted=True)


def owned(forger: Forger, index: int, owner: int) -> PartialDecryptionEvent:
    event = forger.rest[index]
    assert isinstance(event, PartialDecryptionEvent)
    return replace(event, owner=owner)


def share_before_the_tally(forger: Forger) -> FalseRecord:
    rest = [forger.rest[0], forger.rest[2], forger.rest[1], *forger.rest[3:]]
    return forger.false([forger.setup, *forger.cast, *rest], Refusal.ORDER)


def needless_shuffle(forger: Forger) -> FalseRecord:
    empty = ShuffleEvent(1, b'{"ciphertexts":[],"proofs":[]}')
    rest = [*forger.rest[:2], empty, EndShufflesEvent(), *forger.rest[2:]]
    return forger.false([forger.setup, *forger.cast, *rest], Refusal.SHUFFLE_NEEDLESS, is_accepted=True)


def result_in_another_form(forger: Forger) -> FalseRecord:
    event = forger.rest[4]
    assert isinstance(event, ResultEvent)
    spaced = ResultEvent(event.result.replace(b",", b", "))
    return forger.of_rest(Refusal.RESULT_MALFORMED, 4, spaced, is_accepted=True)


FORGERIES: Final[tuple[Forgery, ...]] = (
    earlier_ballots_dropped,
    another_stored_tally,
    no_end_of_ballots,
    old_ballot_replayed,
    election_with_a_key_of_order_two,
    trustees_of_another_election,
    trustee_without_proof,
    unused_credential_outside_the_group,
    election_with_a_newline,
    tally_with_another_count,
    tally_with_another_weight,
    tally_in_another_form,
    share_of_another_key,
    share_by_nobody,
    share_by_trustee_zero,
    share_twice,
    one_share_too_few,
    share_outside_the_group,
    share_in_another_form,
    share_before_the_tally,
    needless_shuffle,
    result_in_another_form,
    *BALLOTS,
    *BESIDE,
)
"""Each is a function that takes a ``Forger`` of a record of sums; its name says what it does."""
