# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Ranked ballots go from trustee to trustee on the stick: nobody shuffles twice, and nobody in another's name."""

import base64
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from townhall_kiosk.trustee import durable
from townhall_kiosk.trustee.errors import (
    ExchangeError,
    ForeignShuffleError,
    RecordUnfitError,
    SecondShuffleError,
    SecondTallyError,
    ShuffleRefusedError,
    ShufflesMissingError,
    TrusteeHomeError,
)
from townhall_kiosk.trustee.shuffling import BallotsShuffled, shuffle
from townhall_voting.nonces import Randomness
from townhall_voting.ranked.shuffle_wire import parse_shuffle
from townhall_voting.record.completion import read_waiting
from townhall_voting.record.events import ShuffleEvent
from townhall_voting.record.mixing import add_shuffle, end_shuffles, make_shuffle, sign_shuffle
from townhall_voting.record.reasons import Refusal
from townhall_voting.record.record_file import RecordFile

if TYPE_CHECKING:
    from tests.kiosk.trustee.conftest import NewVote, Vote

RANKINGS = (((1, 2),), ((2, 1),), ((1, 0),))


@pytest.fixture
def vote(new_vote: "NewVote") -> "Vote":
    """A ranked election that any two of three trustees decrypt."""
    return new_vote(2, 3, is_ranked=True)


def forged(record: Path, owner: int, randomness: Randomness) -> None:
    """Whoever carries the stick shuffles in a trustee's name: no event of a record is signed by a trustee."""
    with record.open("rb") as stream:
        waiting = read_waiting(stream)
    add_shuffle(record, owner, make_shuffle(waiting, randomness))


def sign_again(vote: "Vote", owner: int, record: Path) -> None:
    """Somebody has a copy of a trustee's key and number, and signs with it what stands in the record."""
    with record.open("rb") as stream:
        waiting = read_waiting(stream)
    desk = vote.desk(owner)
    signing = desk.home.open(vote.circle.numbers[owner - 1]).keys.signing
    (data,) = (each.shuffle for each in waiting.shuffles if each.owner == owner)
    signature = sign_shuffle(waiting, owner, data, signing, desk.randomness)
    desk.exchange.replace_shuffle_signature(record.stem, owner, signature)


def shuffles_in(record: Path) -> list[bytes]:
    with record.open("rb") as stream:
        return [each.shuffle for each in read_waiting(stream).shuffles]


def test_nobody_decrypts_before_as_many_have_shuffled_as_decrypt(vote: "Vote") -> None:
    record = vote.record(*RANKINGS)
    for place in (1, 2):
        with pytest.raises(ShufflesMissingError):
            vote.decrypt(3, record)
        vote.shuffle(place, record)
    assert vote.decrypt(3, record) == 3
    with pytest.raises(ShuffleRefusedError):
        vote.shuffle(3, record)


def test_a_shuffle_that_is_gone_from_the_record_is_added_again_byte_for_byte(vote: "Vote") -> None:
    record = vote.record(*RANKINGS)
    before = record.read_bytes()
    vote.shuffle(1, record)
    after, (first,) = record.read_bytes(), shuffles_in(record)
    assert vote.shuffle(1, record) == BallotsShuffled(1, missing=1)
    assert record.read_bytes() == after
    record.write_bytes(before)  # the stick is put back
    assert vote.shuffle(1, record) == BallotsShuffled(1, missing=1)
    assert shuffles_in(record) == [first]


def test_a_trustee_who_has_shuffled_shuffles_no_other_ballots_and_no_other_order(vote: "Vote") -> None:
    record = vote.record(*RANKINGS)
    before = record.read_bytes()
    vote.shuffle(1, record)
    record.write_bytes(before)
    vote.shuffle(2, record)
    reordered = record.read_bytes()
    with pytest.raises(SecondShuffleError):  # the same ballots, but as trustee 2 left them
        vote.shuffle(1, record)
    assert record.read_bytes() == reordered
    other = vote.record(*RANKINGS[:2])
    before = other.read_bytes()
    with pytest.raises(SecondShuffleError):
        vote.shuffle(1, other)
    assert other.read_bytes() == before


def test_a_shuffle_in_ones_name_that_is_not_ones_own_is_found_before_anything_is_decrypted(vote: "Vote") -> None:
    record = vote.record(*RANKINGS)
    randomness = vote.circle.desks[0].randomness
    for owner in (1, 2):
        forged(record, owner, randomness)
    with pytest.raises(SecondShuffleError):
        vote.shuffle(1, record)
    end_shuffles(record)
    for place in (1, 2):
        sign_again(vote, place, record)
    for place in (1, 2):  # any two of three are needed, so one of these is
        with pytest.raises(SecondShuffleError):
            vote.decrypt(place, record)
    assert vote.desk(1).exchange.share(record.stem, 1) == (None, None)


def test_one_trustee_who_shuffles_in_the_name_of_another_gets_nothing_decrypted(vote: "Vote") -> None:
    record = vote.record(*RANKINGS)
    vote.shuffle(3, record)  # dishonest, and carries the stick: trustee 2 will not be there to find it out
    forged(record, 2, vote.circle.desks[2].randomness)
    end_shuffles(record)
    for signature in (None, vote.desk(3).exchange.shuffle_signature(record.stem, 3), b"{}", b"\xff"):
        if signature is not None:
            vote.desk(3).exchange.replace_shuffle_signature(record.stem, 2, signature)
        with pytest.raises(ForeignShuffleError) as refused:
            vote.decrypt(1, record)
        assert refused.value.owner == 2
    assert vote.desk(1).exchange.share(record.stem, 1) == (None, None)


def test_a_signature_that_was_lost_is_made_again_for_the_same_shuffle_alone(vote: "Vote") -> None:
    record = vote.record(*RANKINGS)
    for place in (1, 2):
        vote.shuffle(place, record)
    whole = record.read_bytes()
    (record.parent / f"{record.stem}.shuffled.2.json").unlink()
    with pytest.raises(ForeignShuffleError):
        vote.decrypt(1, record)
    assert vote.shuffle(2, record) == BallotsShuffled(2, missing=0)
    assert record.read_bytes() == whole
    assert vote.decrypt(1, record) == 1


def test_a_record_shuffled_by_others_anew_is_a_second_tally(vote: "Vote") -> None:
    record = vote.record(*RANKINGS)
    vote.shuffle(1, record)
    half = record.read_bytes()
    vote.shuffle(2, record)
    vote.decrypt(3, record)
    record.write_bytes(half)
    forged(record, 2, vote.circle.desks[0].randomness)
    end_shuffles(record)
    sign_again(vote, 2, record)
    with pytest.raises(SecondTallyError):  # the same ballots, but other ciphertexts
        vote.decrypt(3, record)


def test_a_shuffle_whose_proof_does_not_hold_stops_the_next_trustee(vote: "Vote") -> None:
    record = vote.record(*RANKINGS)
    before = record.read_bytes()
    vote.shuffle(1, record)
    (made,) = shuffles_in(record)
    shuffled = parse_shuffle(vote.election.group, made).questions[0].ciphertexts
    one, two = (str(int(each.alpha)).encode() for each in shuffled[:2])
    record.write_bytes(before)
    with RecordFile.open(record) as file:
        file.append(ShuffleEvent(1, made.replace(one, b"?").replace(two, one).replace(b"?", two)))
    with pytest.raises(RecordUnfitError, match=Refusal.SHUFFLE_PROOF.code):
        vote.shuffle(2, record)


def test_what_is_not_ranked_is_not_shuffled_and_other_words_shuffle_nothing(new_vote: "NewVote") -> None:
    vote = new_vote(1, 1)
    record = vote.record(((0, 1, 0, 0), (1, 0, 0, 0, 0, 0, 0)), ((1, 0, 0, 0), (1, 0, 0, 0, 0, 0, 0)))
    before = record.read_bytes()
    with pytest.raises(ShuffleRefusedError):
        vote.shuffle(1, record)
    desk = vote.desk(1)
    examined = desk.examine(record)
    other = desk.examine(vote.record(((0, 1, 0, 0), (1, 0, 0, 0, 0, 0, 0)), ((1, 0, 0, 0), (0, 1, 0, 0, 0, 0, 0))))
    record.write_bytes(before)
    with pytest.raises(RecordUnfitError):
        shuffle(desk, record, examined, other.hash, vote.circle.numbers[0])
    assert record.read_bytes() == before
    assert not (desk.home.path / "shuffled").exists()


def test_a_stick_that_is_pulled_while_it_is_written_gets_the_same_shuffle_later(
    vote: "Vote", monkeypatch: pytest.MonkeyPatch
) -> None:
    record = vote.record(*RANKINGS)
    before = record.read_bytes()

    def pulled(_path: Path, _source: Path) -> None:
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr(durable, "replace_by_copy", pulled)
        with pytest.raises(ExchangeError):
            vote.shuffle(1, record)
    assert record.read_bytes() == before
    kept = vote.desk(1).home.own_shuffle(record.stem)
    vote.shuffle(1, record)
    assert shuffles_in(record) == [kept]


def test_a_shuffle_that_cannot_be_kept_is_not_shown_to_anybody(vote: "Vote") -> None:
    record = vote.record(*RANKINGS)
    before = record.read_bytes()
    (vote.desk(1).home.path / "shuffled").write_bytes(b"in the way")
    with pytest.raises(TrusteeHomeError):
        vote.shuffle(1, record)
    assert record.read_bytes() == before


@dataclass(slots=True)
class Remembering:
    """Randomness that remembers all that it gave."""

    source: Randomness
    given: list[bytes] = field(default_factory=list, repr=False)

    def read(self, size_bytes: int) -> bytes:
        self.given.append(self.source.read(size_bytes))
        return self.given[-1]


def test_neither_order_nor_randomness_of_a_shuffle_is_on_either_medium(vote: "Vote") -> None:
    record = vote.record(*RANKINGS)
    desk = vote.desk(1)
    examined = desk.examine(record)
    remembering = Remembering(desk.randomness)
    shuffle(replace(desk, randomness=remembering), record, examined, examined.hash, vote.circle.numbers[0])
    written = b"".join(
        path.read_bytes() for folder in (desk.home.path, record.parent) for path in folder.rglob("*") if path.is_file()
    )
    assert shuffles_in(record)[0] in written
    order = vote.election.group.order
    assert len(remembering.given) > 6 * len(RANKINGS)
    for drawn in remembering.given:
        number = int.from_bytes(drawn, "big")
        for told in (drawn, drawn.hex().encode(), base64.b64encode(drawn), b"%d" % (number % order), b"%d" % number):
            assert told not in written
