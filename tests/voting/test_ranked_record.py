# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A whole election of ours with a ranked question: record, shuffles, shares and result, accepted by both verifiers."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from townhall_crypto.secret import Secret
from townhall_voting.ballot_check import BallotChecker
from townhall_voting.ballot_making import BallotMaker, Choices, sign_ballot
from townhall_voting.credential import new_voting_key
from townhall_voting.election import HomomorphicQuestion, Question, RankedQuestion, Title, write_election
from townhall_voting.errors import MalformedError, ProofRefusedError
from townhall_voting.group import Scalar
from townhall_voting.nonces import Randomness, SeedNonces, draw_scalar
from townhall_voting.record.ballot_judges import DirectJudge
from townhall_voting.record.completion import complete, read_waiting
from townhall_voting.record.credentials import PublicCredential, write_credentials
from townhall_voting.record.events import BallotEvent, EncryptedTallyEvent, EndBallotsEvent, SetupEvent
from townhall_voting.record.findings import Verified
from townhall_voting.record.mixing import add_shuffle, end_shuffles, make_shuffle
from townhall_voting.record.record_file import RecordFile
from townhall_voting.record.verifier import Evidence, verify_record
from townhall_voting.schnorr_group import RFC_3526_2048
from townhall_voting.trustee_keys import prove_key
from townhall_voting.trustees.combination import OfferedShare
from townhall_voting.trustees.partial_decryption import DecryptionStatement, decrypt_partially
from townhall_voting.trustees.side_car import prove_side_car
from townhall_voting.trustees.tally import Tally
from townhall_voting.trustees.trustee_list import write_trustees

if TYPE_CHECKING:
    from tests.voting.conftest import NewTool

GROUP = RFC_3526_2048
VOTES = (((1, 0), (1, 2, 3)), ((0, 1), (3, 1, 2)), ((1, 0), (1, 0, 2)))


@dataclass(frozen=True, slots=True)
class Closed:
    record: Path
    private: tuple[Scalar, ...]


@pytest.fixture
def closed(tmp_path: Path, randomness: Randomness) -> Closed:
    """An election of ours, closed with three ballots."""
    private = (draw_scalar(randomness, GROUP), draw_scalar(randomness, GROUP))
    trustees = write_trustees(GROUP, [prove_key(GROUP, key, randomness) for key in private])
    questions: list[Question] = [
        HomomorphicQuestion("Mayor", ("Ada", "Bo"), 1, 1),
        RankedQuestion("Parks", ("x", "y", "z")),
    ]
    election = write_election(Title("BXxNnieWzhqs6B", "Vote", ""), GROUP, trustees.public_key(GROUP), questions)
    ballots = []
    for vote in VOTES:
        key = new_voting_key(GROUP, randomness)
        nonces = SeedNonces(Secret(randomness.read(32)), GROUP, election.fingerprint, key.public)
        prepared = BallotMaker(election).prepare(Choices(vote), key.public, nonces)
        ballots.append(BallotChecker(election).check(sign_ballot(GROUP, prepared, key, randomness)))
    tally = Tally(election)
    credentials = write_credentials(PublicCredential(ballot.credential) for ballot in ballots)
    record = tmp_path / f"{election.uuid}.bel"
    with RecordFile.create(record, SetupEvent(election.data, trustees.data, credentials), 1_700_000_000) as file:
        for ballot in sorted(ballots, key=lambda each: each.tracker):
            file.append(BallotEvent(ballot.data))
            tally.add(ballot)
        file.append(EndBallotsEvent())
        encrypted = tally.encrypted()
        file.append(EncryptedTallyEvent(encrypted.data, encrypted.num_tallied, encrypted.total_weight))
    return Closed(record, private)


def shares_of(closed: Closed, randomness: Randomness) -> list[OfferedShare]:
    with closed.record.open("rb") as stream:
        waiting = read_waiting(stream)
    shares = []
    for owner, (private, key) in enumerate(zip(closed.private, waiting.trustees.keys, strict=True), 1):
        statement = DecryptionStatement(waiting.election, waiting.tally, owner, key.public_key)
        share = decrypt_partially(statement, private, randomness)
        shares.append(OfferedShare(owner, share.data, prove_side_car(statement, share, private, randomness)))
    return shares


def shuffle_of(closed: Closed, randomness: Randomness) -> bytes:
    with closed.record.open("rb") as stream:
        return make_shuffle(read_waiting(stream), randomness)


def test_both_verifiers_accept_it_from_setup_to_result(
    closed: Closed, randomness: Randomness, new_tool: "NewTool"
) -> None:
    for owner in (1, 2):
        add_shuffle(closed.record, owner, shuffle_of(closed, randomness))
    end_shuffles(closed.record)
    shares = shares_of(closed, randomness)
    with closed.record.open("rb") as stream:
        waiting = read_waiting(stream)
    result = complete(closed.record, waiting, shares).result
    sums, rankings = result.questions
    assert sums == (2, 1)
    assert sorted(rankings) == sorted(vote[1] for vote in VOTES)
    side_cars = {share.owner: share.side_car or b"" for share in shares}
    with closed.record.open("rb") as stream:
        outcome = verify_record(stream, Evidence(closed.record.stem, side_cars), DirectJudge())
    assert isinstance(outcome, Verified), outcome
    tool = new_tool()
    tool.write(closed.record.name, closed.record.read_bytes())
    tool.verify()


def test_a_shuffle_of_another_state_of_the_record_is_not_added(closed: Closed, randomness: Randomness) -> None:
    first, other = shuffle_of(closed, randomness), shuffle_of(closed, randomness)
    add_shuffle(closed.record, 1, first)
    before = closed.record.read_bytes()
    with pytest.raises(ProofRefusedError):
        add_shuffle(closed.record, 2, other)
    for owner in (1, 3):
        with pytest.raises(MalformedError):
            add_shuffle(closed.record, owner, shuffle_of(closed, randomness))
    with pytest.raises(MalformedError):
        add_shuffle(closed.record, 2, b"{}")
    assert closed.record.read_bytes() == before


def test_nothing_ranked_is_decrypted_without_a_shuffle(closed: Closed, randomness: Randomness) -> None:
    with closed.record.open("rb") as stream:
        waiting = read_waiting(stream)
    before = closed.record.read_bytes()
    with pytest.raises(MalformedError):
        complete(closed.record, waiting, shares_of(closed, randomness))
    with pytest.raises(MalformedError):
        end_shuffles(closed.record)
    assert closed.record.read_bytes() == before


def test_shuffling_does_not_end_before_as_many_trustees_have_shuffled_as_decrypt(
    closed: Closed, randomness: Randomness
) -> None:
    add_shuffle(closed.record, 2, shuffle_of(closed, randomness))
    before = closed.record.read_bytes()
    with pytest.raises(MalformedError, match="1 more trustees shuffle"):
        end_shuffles(closed.record)
    assert closed.record.read_bytes() == before
