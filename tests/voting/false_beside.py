# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Honest archives with something false beside them: side-cars, and what the ballot box published."""

import json
from dataclasses import replace
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.voting.forger import FalseRecord, Forger, Forgery, spelled
from tests.voting.our_election import LOG_KEY, accepted, logged, published

from townhall_crypto.checkpoint import Ed25519NoteSigner
from townhall_crypto.device_key import FileDeviceKey
from townhall_voting.board.lists import RejectedBallot, Rejection
from townhall_voting.board.log import LoggedBallot
from townhall_voting.hashing import Fingerprint, fingerprint
from townhall_voting.record.log_check import AcceptedFile, PublishedFiles
from townhall_voting.record.reasons import Refusal

# Beside the archive, where the tool does not look.


def no_side_car(forger: Forger) -> FalseRecord:
    cars = {1: forger.good.side_cars[1]}
    return forger.false(forger.good.events, Refusal.NO_SIDE_CAR, is_accepted=True, side_cars=cars)


def side_cars_exchanged(forger: Forger) -> FalseRecord:
    cars = {1: forger.good.side_cars[2], 2: forger.good.side_cars[1]}
    return forger.false(forger.good.events, Refusal.SIDE_CAR_MALFORMED, is_accepted=True, side_cars=cars)


def side_car_with_a_false_proof(forger: Forger) -> FalseRecord:
    copy = json.loads(forger.good.side_cars[1])
    copy["proofs"][0][0]["response"] = "1"
    cars = forger.good.side_cars | {1: spelled(copy)}
    return forger.false(forger.good.events, Refusal.SIDE_CAR_PROOF, is_accepted=True, side_cars=cars)


def of_box(forger: Forger, reason: Refusal, beside: PublishedFiles) -> FalseRecord:
    return forger.false(forger.good.events, reason, is_accepted=True, beside=beside)


def phi(forger: Forger) -> Fingerprint:
    return forger.town.election.fingerprint


def log_of(forger: Forger) -> list[LoggedBallot]:
    return [logged(ballot) for ballot in forger.ballots]


ONE_MORE: Final = LoggedBallot(fingerprint(b"one more"), fingerprint(b"its h"))


def published_ballot_dropped(forger: Forger) -> FalseRecord:
    return of_box(forger, Refusal.DROPPED, published(phi(forger), [*log_of(forger), ONE_MORE]))


def ballot_never_published(forger: Forger) -> FalseRecord:
    return of_box(forger, Refusal.UNPUBLISHED, published(phi(forger), log_of(forger)[1:]))


def checked_ballot_counted(forger: Forger) -> FalseRecord:
    opened = [forger.ballots[2].hash]
    return of_box(forger, Refusal.CHECKED_COUNTED, published(phi(forger), log_of(forger)[:2], checked=opened))


def rejected_ballot_counted(forger: Forger) -> FalseRecord:
    rejected = [RejectedBallot(forger.ballots[0].tracker, Rejection.REVOKED)]
    return of_box(forger, Refusal.REJECTED_COUNTED, published(phi(forger), log_of(forger), rejected))


def rejected_ballot_never_published(forger: Forger) -> FalseRecord:
    rejected = [RejectedBallot(ONE_MORE.tracker, Rejection.DUPLICATE)]
    return of_box(forger, Refusal.LOG, published(phi(forger), log_of(forger), rejected))


def ballot_that_no_card_cast(forger: Forger) -> FalseRecord:
    less = accepted(phi(forger), [ballot.hash for ballot in forger.ballots[1:]])
    return of_box(forger, Refusal.UNCONFIRMED, replace(forger.good.published, accepted=less))


def accepted_ballot_without_a_word(forger: Forger) -> FalseRecord:
    more = accepted(phi(forger), [ONE_MORE.ballot, *(ballot.hash for ballot in forger.ballots)])
    return of_box(forger, Refusal.ACCEPTED_DROPPED, replace(forger.good.published, accepted=more))


def accepted_list_by_another_board(forger: Forger) -> FalseRecord:
    file = accepted(phi(forger), [ballot.hash for ballot in forger.ballots])
    stranger = AcceptedFile(file.data, FileDeviceKey(ec.generate_private_key(ec.SECP256R1())).public_der)
    return of_box(forger, Refusal.LOG, replace(forger.good.published, accepted=stranger))


def list_of_another_election(forger: Forger) -> FalseRecord:
    return of_box(forger, Refusal.LOG_ELECTION, published(fingerprint(b"another"), log_of(forger)))


def log_not_closed(forger: Forger) -> FalseRecord:
    return of_box(forger, Refusal.LOG, published(phi(forger), log_of(forger), is_closed=False))


def log_by_another_box(forger: Forger) -> FalseRecord:
    stranger = Ed25519NoteSigner(LOG_KEY.name, Ed25519PrivateKey.generate()).verifier
    return of_box(forger, Refusal.LOG, replace(forger.good.published, log_key=stranger))


def list_by_another_box(forger: Forger) -> FalseRecord:
    stranger = FileDeviceKey(ec.generate_private_key(ec.SECP256R1())).public_der
    return of_box(forger, Refusal.LOG, replace(forger.good.published, box_key_der=stranger))


def another_name(forger: Forger) -> FalseRecord:
    false = forger.false(forger.good.events, Refusal.OTHER_NAME, is_accepted=True)
    return replace(false, uuid="A" * 14)


# Bytes.


def cut_short(forger: Forger) -> FalseRecord:
    false = forger.false(forger.good.events, Refusal.TRUNCATED)
    return replace(false, data=false.data[:-512])


def zeros_at_the_end(forger: Forger) -> FalseRecord:
    """The two zero blocks that end every other tar file."""
    false = forger.false(forger.good.events, Refusal.BLOCK)
    return replace(false, data=false.data + bytes(1024))


BESIDE: Final[tuple[Forgery, ...]] = (
    no_side_car,
    side_cars_exchanged,
    side_car_with_a_false_proof,
    published_ballot_dropped,
    ballot_never_published,
    checked_ballot_counted,
    rejected_ballot_counted,
    rejected_ballot_never_published,
    ballot_that_no_card_cast,
    accepted_ballot_without_a_word,
    accepted_list_by_another_board,
    list_of_another_election,
    log_not_closed,
    log_by_another_box,
    list_by_another_box,
    another_name,
    cut_short,
    zeros_at_the_end,
)
