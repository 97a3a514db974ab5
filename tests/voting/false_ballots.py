# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""False records by their ballots: unknown, copied, changed, not proved, replayed."""

import json
from typing import Final

from tests.voting.forger import FalseRecord, Forger, Forgery, minus, spelled
from tests.voting.our_election import UUID

from townhall_voting.election import Title, write_election
from townhall_voting.hashing import fingerprint
from townhall_voting.record.events import (
    BallotEvent,
    ResultEvent,
    SetupEvent,
)
from townhall_voting.record.reasons import Refusal

# Section 8: what both refuse.


def wrong_result(forger: Forger) -> FalseRecord:
    return forger.of_rest(Refusal.RESULT, 4, ResultEvent(b'{"result":[[2,1,2],[1,1,0]]}'))


def ballot_after_the_result(forger: Forger) -> FalseRecord:
    late = forger.town.vote(((0, 1, 0), (0, 0, 1)))
    return forger.false([*forger.good.events, BallotEvent(late.ballot.data)], Refusal.ORDER)


def unknown_credential(forger: Forger) -> FalseRecord:
    stranger = forger.town.vote(((0, 1, 0), (0, 0, 1)))
    return forger.of_ballot(Refusal.UNKNOWN_CREDENTIAL, stranger.ballot.data)


def answers_copied(forger: Forger) -> FalseRecord:
    """Another voter's answers under an own voting key, signed with it."""
    copied = json.loads(forger.ballots[1].data) | {"answers": json.loads(forger.ballots[0].data)["answers"]}
    return forger.of_ballot(Refusal.INDIVIDUAL_PROOF, forger.signed(copied))


def reformatted_ballot(forger: Forger) -> FalseRecord:
    return forger.of_ballot(Refusal.BALLOT_MALFORMED, json.dumps(json.loads(forger.ballots[1].data)).encode())


def credential_twice(forger: Forger) -> FalseRecord:
    assert isinstance(forger.setup, SetupEvent)
    keys = forger.setup.credentials[1:-1].split(b",")
    return forger.of_setup(Refusal.CREDENTIALS, credentials=b"[" + b",".join([keys[0], *keys]) + b"]")


# More ballots.


def ballot_for_another_election(forger: Forger) -> FalseRecord:
    title = Title(UUID, "Another", "")
    other = write_election(title, forger.town.group, forger.town.election.public_key, forger.town.questions)
    copy = json.loads(forger.ballots[1].data) | {"election_hash": other.fingerprint}
    return forger.of_ballot(Refusal.BALLOT_ELECTION, forger.signed(copy))


def ballot_outside_the_group(forger: Forger) -> FalseRecord:
    modulus = forger.town.group.modulus  # type: ignore[attr-defined]  # both groups have one

    def negated(number: str) -> str:
        return minus(number, modulus)

    ballot = forger.changed(forger.ballots[1], "answers", 0, "choices", 0, "alpha", by=negated)
    return forger.of_ballot(Refusal.BALLOT_MEMBERSHIP, ballot)


def pair_outside_the_group(forger: Forger) -> FalseRecord:
    """Two numbers negated: their product is an element, so a test of products lets them through."""
    modulus = forger.town.group.modulus  # type: ignore[attr-defined]  # both groups have one
    copy = json.loads(forger.ballots[1].data)
    for choice in copy["answers"][0]["choices"][:2]:
        choice["beta"] = minus(choice["beta"], modulus)
    return forger.of_ballot(Refusal.BALLOT_MEMBERSHIP, forger.signed(copy))


def ballot_with_another_hash(forger: Forger) -> FalseRecord:
    copy = json.loads(forger.ballots[1].data)
    copy["signature"]["hash"] = fingerprint(b"another")
    return forger.of_ballot(Refusal.BALLOT_HASH, spelled(copy))


def ballot_signed_by_another(forger: Forger) -> FalseRecord:
    copy = json.loads(forger.ballots[1].data)
    copy["signature"]["proof"] = json.loads(forger.ballots[0].data)["signature"]["proof"]
    return forger.of_ballot(Refusal.BALLOT_SIGNATURE, spelled(copy))


def proofs_exchanged(forger: Forger) -> FalseRecord:
    copy = json.loads(forger.ballots[1].data)
    proofs = copy["answers"][0]["individual_proofs"]
    proofs[0], proofs[1] = proofs[1], proofs[0]
    return forger.of_ballot(Refusal.INDIVIDUAL_PROOF, forger.signed(copy))


def overall_proof_of_another_answer(forger: Forger) -> FalseRecord:
    copy = json.loads(forger.ballots[1].data)
    copy["answers"][0]["overall_proof"].reverse()
    return forger.of_ballot(Refusal.OVERALL_PROOF, forger.signed(copy))


def blank_proof_exchanged(forger: Forger) -> FalseRecord:
    copy = json.loads(forger.ballots[1].data)
    copy["answers"][1]["blank_proof"].reverse()
    return forger.of_ballot(Refusal.BLANK_PROOF, forger.signed(copy))


def ciphertexts_exchanged(forger: Forger) -> FalseRecord:
    """Two choices of a good ballot exchanged with their proofs: only the overall proof tells."""
    copy = json.loads(forger.ballots[1].data)
    answer = copy["answers"][0]
    for member in ("choices", "individual_proofs"):
        answer[member][0], answer[member][1] = answer[member][1], answer[member][0]
    return forger.of_ballot(Refusal.OVERALL_PROOF, forger.signed(copy))


BALLOTS: Final[tuple[Forgery, ...]] = (
    wrong_result,
    ballot_after_the_result,
    unknown_credential,
    answers_copied,
    reformatted_ballot,
    credential_twice,
    ballot_for_another_election,
    ballot_outside_the_group,
    pair_outside_the_group,
    ballot_with_another_hash,
    ballot_signed_by_another,
    proofs_exchanged,
    overall_proof_of_another_answer,
    blank_proof_exchanged,
    ciphertexts_exchanged,
)
