# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The encrypted tally: ciphertexts of all counted ballots multiplied, or listed where a question is ranked."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Self

import msgspec

from townhall_voting.ballot import Ballot, HomomorphicAnswer, RankedAnswer
from townhall_voting.election import Election, HomomorphicQuestion
from townhall_voting.errors import MalformedError, MembershipError, ProgrammingError, TallyRefusedError
from townhall_voting.group import Group
from townhall_voting.hashing import HexHash, hex_hash
from townhall_voting.proofs import Ciphertext
from townhall_voting.untrusted_json import read_json
from townhall_voting.wire import CiphertextWire, ciphertext_wire, count_wire, parse_count

MAX_BYTES: Final = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class EncryptedTally:
    """What trustees decrypt; equal bytes and counts, equal tally.

    ``ciphertexts`` has, for each question, one ciphertext for each answer (and "blank"), or one for each ballot.
    """

    data: bytes = field(repr=False)
    num_tallied: int
    total_weight: int
    ciphertexts: tuple[tuple[Ciphertext, ...], ...] = field(compare=False, repr=False)

    @property
    def hash(self) -> HexHash:
        """The hash over the tally's bytes: what trustees compare before they decrypt."""
        return hex_hash(self.data)

    @property
    def sized_data(self) -> bytes:
        """The payload of the record's EncryptedTally event: number of ballots, their weight, hash of the tally."""
        return msgspec.json.encode(SizedTallyWire(self.num_tallied, count_wire(self.total_weight), self.hash))

    def shuffled(self, lists: Sequence[Sequence[Ciphertext]]) -> Self:
        """Return what there is to decrypt after shuffles: for each question its ciphertexts, now of the last shuffle.

        Data and hash stay those of the tally; the shuffles' proofs lead from one to the other.

        Raises:
            ProgrammingError: the lists have other lengths.
        """
        if [len(each) for each in lists] != [len(each) for each in self.ciphertexts]:
            raise ProgrammingError("a shuffle neither adds nor drops")
        return replace(self, ciphertexts=tuple(tuple(each) for each in lists))


class SizedTallyWire(msgspec.Struct, forbid_unknown_fields=True):
    """The payload of the record's EncryptedTally event."""

    num_tallied: int
    total_weight: int | str
    encrypted_tally: str


class Tally:
    """A running sum. Ballots are added as they come, in any order, and sums of parts are included."""

    def __init__(self, election: Election) -> None:
        self._election = election
        self._num_tallied = 0
        self._total_weight = 0
        one = Ciphertext(election.group.identity, election.group.identity)
        self._columns: list[list[Ciphertext]] = [
            [one] * question.ciphertext_count if isinstance(question, HomomorphicQuestion) else []
            for question in election.questions
        ]

    def add(self, ballot: Ballot, weight: int = 1) -> None:
        """Count a ballot that ``BallotChecker`` accepted and that no other of its voting key replaces.

        Raises:
            ProgrammingError: another election's ballot, a weight that is not positive, or one of a ranked question.
        """
        if ballot.election != self._election.fingerprint or weight < 1:
            raise ProgrammingError("a ballot of another election, or a weight that is not positive")
        group = self._election.group
        for index, answer in enumerate(ballot.answers):
            match answer:
                case HomomorphicAnswer():
                    self._columns[index] = _sums(group, self._columns[index], _weighed(group, answer.choices, weight))
                case RankedAnswer() if weight == 1:
                    self._columns[index].append(answer.choices)
                case RankedAnswer():
                    raise ProgrammingError("a ranked answer has no weight")
        self._num_tallied += 1
        self._total_weight += weight

    def include(self, part: EncryptedTally) -> None:
        """Count what ``part`` has counted as well: a tally of this election, made here or parsed.

        Raises:
            ProgrammingError: it is not for as many questions.
        """
        if len(part.ciphertexts) != len(self._columns):
            raise ProgrammingError("a tally of another election")
        for index, (question, column) in enumerate(zip(self._election.questions, part.ciphertexts, strict=True)):
            if isinstance(question, HomomorphicQuestion):
                self._columns[index] = _sums(self._election.group, self._columns[index], column)
            else:
                self._columns[index] += column
        self._num_tallied += part.num_tallied
        self._total_weight += part.total_weight

    def encrypted(self) -> EncryptedTally:
        """Return the tally of what was counted until now; lists are sorted, so that they tell nothing of any order."""
        columns = tuple(
            tuple(column if isinstance(question, HomomorphicQuestion) else sorted(column, key=_numbers))
            for question, column in zip(self._election.questions, self._columns, strict=True)
        )
        return EncryptedTally(_spell(columns), self._num_tallied, self._total_weight, columns)


def parse_encrypted_tally(election: Election, data: bytes, sized_data: bytes) -> EncryptedTally:
    """Return the tally that the record's two objects state: their form, every number an element, lists sorted.

    Raises:
        TallyRefusedError: it is none of this election; whether it is that of the ballots, only adding them tells.
    """
    try:
        tally = _parse(election, data, sized_data)
    except (MalformedError, MembershipError) as error:
        raise TallyRefusedError("no encrypted tally of this election") from error
    if tally.data != _spell(tally.ciphertexts) or tally.sized_data != sized_data:
        raise TallyRefusedError("a tally in another spelling, or another one's size")
    return tally


def _parse(election: Election, data: bytes, sized_data: bytes) -> EncryptedTally:
    if len(data) > MAX_BYTES or len(sized_data) > MAX_BYTES:
        raise MalformedError("too long")
    size = read_json(sized_data, SizedTallyWire)
    columns = read_json(data, list[list[CiphertextWire]])
    total_weight = parse_count(size.total_weight)
    if len(columns) != len(election.questions) or not 0 <= size.num_tallied <= total_weight:
        raise MalformedError("not one entry for each question, or fewer votes than ballots")
    for question, column in zip(election.questions, columns, strict=True):
        expected = question.ciphertext_count if isinstance(question, HomomorphicQuestion) else size.num_tallied
        if len(column) != expected:
            raise MalformedError("not one ciphertext for each answer or ballot")
    group = election.group
    ciphertexts = tuple(
        tuple(Ciphertext(group.element(wire.alpha), group.element(wire.beta)) for wire in column) for column in columns
    )
    for question, parsed in zip(election.questions, ciphertexts, strict=True):
        if not isinstance(question, HomomorphicQuestion) and list(parsed) != sorted(parsed, key=_numbers):
            raise MalformedError("a list that is not sorted")
    return EncryptedTally(data, size.num_tallied, total_weight, ciphertexts)


def _sums(group: Group, left: Sequence[Ciphertext], right: Sequence[Ciphertext]) -> list[Ciphertext]:
    return [
        Ciphertext(group.multiply(one.alpha, other.alpha), group.multiply(one.beta, other.beta))
        for one, other in zip(left, right, strict=True)
    ]


def _weighed(group: Group, choices: Sequence[Ciphertext], weight: int) -> Sequence[Ciphertext]:
    if weight == 1:
        return choices
    times = group.scalar(weight)
    return [Ciphertext(group.power(each.alpha, times), group.power(each.beta, times)) for each in choices]


def _numbers(ciphertext: Ciphertext) -> tuple[int, int]:
    return ciphertext.alpha, ciphertext.beta


def _spell(columns: Sequence[Sequence[Ciphertext]]) -> bytes:
    return msgspec.json.encode([[ciphertext_wire(each) for each in column] for column in columns])
