# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The events after the ballots: a tally that is theirs; shuffles, shares and a result that are the tally's."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from townhall_voting.election import RankedQuestion
from townhall_voting.errors import (
    RecordRefusedError,
    RefusedError,
    ResultRefusedError,
    ShareRefusal,
    ShareRefusedError,
    TooFewSharesError,
)
from townhall_voting.proofs import Ciphertext
from townhall_voting.ranked.shuffle_proof import MixContext, check_shuffle
from townhall_voting.ranked.shuffle_wire import Shuffle, parse_shuffle
from townhall_voting.record.events import (
    EncryptedTallyEvent,
    PartialDecryptionEvent,
    ResultEvent,
    ShuffleEvent,
    data_of,
)
from townhall_voting.record.findings import Facts
from townhall_voting.record.reasons import Place, Refusal
from townhall_voting.record.setup_check import Foundation
from townhall_voting.trustees.combination import Combiner, OfferedShare, Requirement, ValidShare
from townhall_voting.trustees.result import open_tally, parse_result
from townhall_voting.trustees.tally import EncryptedTally, parse_encrypted_tally

_SHARES: Final = {
    ShareRefusal.UNKNOWN_TRUSTEE: Refusal.SHARE_OWNER,
    ShareRefusal.MALFORMED: Refusal.SHARE_MALFORMED,
    ShareRefusal.MEMBERSHIP: Refusal.SHARE_MEMBERSHIP,
    ShareRefusal.PROOF: Refusal.SHARE_PROOF,
    ShareRefusal.NO_SIDE_CAR: Refusal.NO_SIDE_CAR,
    ShareRefusal.SIDE_CAR_MALFORMED: Refusal.SIDE_CAR_MALFORMED,
    ShareRefusal.SIDE_CAR_PROOF: Refusal.SIDE_CAR_PROOF,
    ShareRefusal.REPEATED: Refusal.SHARE_REPEATED,
}


class ClosingCheck:
    """Judges the events after EndBallots, in the order of the grammar; notes in ``facts`` what it has found good."""

    def __init__(
        self, foundation: Foundation, recounted: EncryptedTally, side_cars: Mapping[int, bytes] | None, facts: Facts
    ) -> None:
        """Bind to the tally that the checked ballots give; ``side_cars`` by owner, None where none are asked for."""
        self._foundation = foundation
        self._tally = recounted
        self._lists = recounted.ciphertexts
        self._side_cars = side_cars
        self._facts = facts
        self._shares: list[ValidShare] = []
        self._combiner: Combiner | None = None

    def check_tally(self, event: EncryptedTallyEvent, place: Place) -> None:
        """Compare the stored tally with the recounted one; raises RecordRefusedError."""
        if event.ballot_count != self._tally.num_tallied:
            raise RecordRefusedError(Refusal.TALLY_COUNT, place)
        if event.total_weight != self._tally.total_weight:
            raise RecordRefusedError(Refusal.TALLY_WEIGHT, place)
        if event.tally != self._tally.data:
            try:
                parse_encrypted_tally(self._foundation.election, *data_of(event))
            except RefusedError as error:
                raise RecordRefusedError(Refusal.TALLY_MALFORMED, place, str(error)) from error
            raise RecordRefusedError(Refusal.TALLY, place)
        self._facts.tally = self._tally.hash

    def check_shuffle(self, event: ShuffleEvent, place: Place) -> None:
        """Check one trustee's shuffle of the lists as they stand; raises RecordRefusedError."""
        if not 1 <= event.owner <= len(self._foundation.trustees.keys):
            raise RecordRefusedError(Refusal.SHUFFLE_OWNER, place)
        if event.owner in self._facts.shuffled_by:
            raise RecordRefusedError(Refusal.SHUFFLE_REPEATED, place)
        if not self._must_shuffle:
            raise RecordRefusedError(Refusal.SHUFFLE_NEEDLESS, place)
        election = self._foundation.election
        with _refusing(Refusal.SHUFFLE_MALFORMED, place):
            shuffle = parse_shuffle(election.group, event.shuffle)
        before = [self._lists[index] for index in self._ranked]
        if [len(each.ciphertexts) for each in shuffle.questions] != [len(each) for each in before]:
            raise RecordRefusedError(Refusal.SHUFFLE_MALFORMED, place, "lists of other lengths")
        context = MixContext(election.group, election.public_key, election.fingerprint)
        with _refusing(Refusal.SHUFFLE_PROOF, place):
            for ciphertexts, shuffled in zip(before, shuffle.questions, strict=True):
                check_shuffle(context, ciphertexts, shuffled)
        self._lists = self._replaced(shuffle)
        self._facts.shuffled_by.append(event.owner)

    def check_share(self, event: PartialDecryptionEvent, place: Place) -> None:
        """Check one trustee's share; raises RecordRefusedError."""
        if self._must_shuffle and not self._facts.shuffled_by:
            raise RecordRefusedError(Refusal.SHUFFLE_MISSING, place)
        if event.owner in self._facts.decrypted_by:
            raise RecordRefusedError(Refusal.SHARE_REPEATED, place)
        side_car = None if self._side_cars is None else self._side_cars.get(event.owner)
        try:
            share = self._combining().check(OfferedShare(event.owner, event.decryption, side_car))
        except ShareRefusedError as error:
            raise RecordRefusedError(_SHARES[error.reason], place, str(error)) from error
        self._shares.append(share)
        self._facts.decrypted_by.append(event.owner)

    def check_result(self, event: ResultEvent, place: Place) -> None:
        """Open the tally by the shares and compare the stored result; raises RecordRefusedError."""
        election = self._foundation.election
        try:
            combination = self._combining().put_together(self._shares)
        except TooFewSharesError as error:
            raise RecordRefusedError(Refusal.TOO_FEW_SHARES, place, str(error)) from error
        with _refusing(Refusal.RESULT_MALFORMED, place):
            parse_result(election, event.result)
        try:
            opened = open_tally(election, self._tally.shuffled(self._lists), combination.factors)
        except ResultRefusedError as error:
            raise RecordRefusedError(Refusal.UNDECODABLE, place, str(error)) from error
        if opened.data != event.result:
            raise RecordRefusedError(Refusal.RESULT, place)
        self._facts.result = opened

    @property
    def _ranked(self) -> list[int]:
        questions = self._foundation.election.questions
        return [index for index, question in enumerate(questions) if isinstance(question, RankedQuestion)]

    @property
    def _must_shuffle(self) -> bool:
        return bool(self._ranked) and self._tally.num_tallied > 0

    def _replaced(self, shuffle: Shuffle) -> tuple[tuple[Ciphertext, ...], ...]:
        lists = list(self._lists)
        for index, shuffled in zip(self._ranked, shuffle.questions, strict=True):
            lists[index] = shuffled.ciphertexts
        return tuple(lists)

    def _combining(self) -> Combiner:
        if self._combiner is None:
            requirement = Requirement.RECORD if self._side_cars is None else Requirement.SIDE_CAR
            tally = self._tally.shuffled(self._lists)
            self._combiner = Combiner(self._foundation.election, self._foundation.trustees, tally, requirement)
        return self._combiner


@contextmanager
def _refusing(reason: Refusal, place: Place) -> Iterator[None]:
    try:
        yield
    except RefusedError as error:
        raise RecordRefusedError(reason, place, str(error)) from error
