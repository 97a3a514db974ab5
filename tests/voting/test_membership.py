# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whether numbers are elements, told of many together: what one by one would refuse never comes through."""

import io
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.voting.forger import Forger
from tests.voting.our_election import GoodRecord, OurElection
from tests.voting.test_schnorr_group import element, outsiders

from townhall_crypto.secret import Secret
from townhall_voting.ballot_check import BallotChecker
from townhall_voting.ballot_making import BallotMaker, Choices, sign_ballot
from townhall_voting.credential import VotingKey
from townhall_voting.errors import BallotRefusal, BallotRefusedError, MembershipError
from townhall_voting.group import Element, Scalar
from townhall_voting.nonces import SeedNonces
from townhall_voting.proofs import Ciphertext, EncryptionKey
from townhall_voting.record.ballot_judges import BallotJudge, DirectJudge, Membership, WeighedBallot
from townhall_voting.record.check_pool import CheckPool
from townhall_voting.record.findings import NotVerified, Verified
from townhall_voting.record.reasons import Refusal
from townhall_voting.record.verifier import Evidence, verify_record
from townhall_voting.schnorr_group import BELENIOS_2048, RFC_3526_2048, SchnorrGroup
from townhall_voting.trustees.tally import Tally

GROUPS = [BELENIOS_2048, RFC_3526_2048]
TOGETHER = [DirectJudge(Membership.TOGETHER), CheckPool(2, Membership.TOGETHER)]
_TRIES = 400  # each succeeds with one in sixteen


def hidden(group: SchnorrGroup) -> list[int]:
    """Numbers outside the group that are in the range of its elements."""
    return [number for number in outsiders(group) if 0 < number < group.modulus]


@given(st.sampled_from(GROUPS), st.lists(st.integers(1, 1 << 300), max_size=13))
@settings(max_examples=20)
def test_elements_are_elements_together_however_many(group: SchnorrGroup, seeds: list[int]) -> None:
    batch, numbers = group.membership_batch(), [element(group, seed) for seed in seeds]
    exponents = [Scalar(5), Scalar(group.order - 1)]
    for number in numbers:
        assert batch.powers(number, exponents) == group.powers(number, exponents)
    assert batch.are_elements()
    assert batch.are_elements()


@pytest.mark.parametrize("place", range(7))
def test_one_number_that_is_none_is_seen_in_every_place(place: int) -> None:
    group = BELENIOS_2048
    for number in hidden(group):
        batch = group.membership_batch()
        for index in range(7):
            batch.powers(number if index == place else element(group, index), ())
        assert not batch.are_elements()


def test_numbers_whose_product_is_an_element_are_seen() -> None:
    group = BELENIOS_2048
    for number in hidden(group):
        inverse = pow(number, -1, group.modulus)
        for pair in ((number, inverse), (number,) * 6):
            batch = group.membership_batch()
            for each in pair:
                batch.powers(each, ())
            assert not batch.are_elements()


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_what_is_no_number_of_the_group_at_all_is_refused_at_once(group: SchnorrGroup) -> None:
    for number in (0, -1, group.modulus, group.modulus + 1):
        with pytest.raises(MembershipError):
            group.membership_batch().powers(number, ())


def test_where_membership_is_cheap_each_number_is_told_at_once() -> None:
    for number in hidden(RFC_3526_2048):
        with pytest.raises(MembershipError):
            RFC_3526_2048.membership_batch().powers(number, ())


@pytest.fixture
def evil(good: GoodRecord) -> bytes:
    """A ballot with one number outside the group, every proof of which holds: its challenges are even."""
    town = good.town
    ballots = (_evil(town, good.votes[1].key) for _ in range(_TRIES))
    return next(each for each in ballots if _is_proved(town, each))


def _evil(town: OurElection, key: VotingKey) -> bytes:
    """Return a ballot that proves its first ciphertext as if that were not negated."""
    nonces = SeedNonces(Secret(town.randomness.read(32)), town.group, town.election.fingerprint, key.public)
    first, honest = nonces.draw("q0.c0.r"), EncryptionKey.encrypt

    def encrypt(self: EncryptionKey, plaintext: int, nonce: Scalar) -> Ciphertext:
        made = honest(self, plaintext, nonce)
        return Ciphertext(Element(BELENIOS_2048.modulus - made.alpha), made.beta) if nonce == first else made

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(EncryptionKey, "encrypt", encrypt)
        prepared = BallotMaker(town.election).prepare(Choices(((1, 0, 0), (0, 1, 0))), key.public, nonces)
    return sign_ballot(town.group, prepared, key, town.randomness)


def _is_proved(town: OurElection, ballot: bytes) -> bool:
    try:
        BallotChecker(town.election, town.group.membership_batch()).check(ballot)
    except BallotRefusedError:
        return False
    return True


def test_a_ballot_that_proves_everything_but_membership_is_refused(good: GoodRecord, evil: bytes) -> None:
    with pytest.raises(BallotRefusedError) as refused:
        BallotChecker(good.town.election).check(evil)
    assert refused.value.reason is BallotRefusal.MEMBERSHIP


@pytest.mark.parametrize("judge", TOGETHER, ids=["here", "several cores"])
def test_it_is_refused_among_others_and_honest_ones_are_counted(
    good: GoodRecord, evil: bytes, judge: BallotJudge
) -> None:
    honest = [each.ballot.data for each in good.votes]
    tally = Tally(good.town.election)
    assert len(list(judge.judge(good.town.election, _weighed(honest), tally))) == len(honest)
    assert tally.encrypted() == good.town.tally([each.ballot for each in good.votes])
    with pytest.raises(BallotRefusedError) as refused:
        list(judge.judge(good.town.election, _weighed([honest[0], evil, honest[2]]), Tally(good.town.election)))
    assert refused.value.reason is BallotRefusal.MEMBERSHIP


@pytest.mark.parametrize("judge", TOGETHER, ids=["here", "several cores"])
def test_a_record_with_it_is_refused_and_the_honest_one_is_not(
    good: GoodRecord, evil: bytes, judge: BallotJudge
) -> None:
    false = Forger(good).of_ballot(Refusal.BALLOT_MEMBERSHIP, evil)
    found = verify_record(io.BytesIO(false.data), Evidence(false.uuid, false.side_cars, false.published), judge)
    assert isinstance(found, NotVerified)
    assert found.reason is Refusal.BALLOT_MEMBERSHIP
    evidence = Evidence(false.uuid, good.side_cars, good.published)
    assert isinstance(verify_record(io.BytesIO(good.data), evidence, judge), Verified)


def _weighed(ballots: list[bytes]) -> Iterator[WeighedBallot]:
    return (WeighedBallot(each, 1) for each in ballots)
