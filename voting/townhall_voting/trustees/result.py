# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The result: counts and rankings that a decryption gives, strictly decoded, and their spelling in the record."""

from dataclasses import dataclass, field
from math import isqrt
from typing import Final, TypeAlias

import msgspec

from townhall_voting.election import Election, HomomorphicQuestion, RankedQuestion
from townhall_voting.errors import MalformedError, ResultRefusedError
from townhall_voting.group import Element, Group
from townhall_voting.trustees.partial_decryption import Factors
from townhall_voting.trustees.tally import EncryptedTally
from townhall_voting.untrusted_json import read_json
from townhall_voting.wire import count_wire, parse_count

MAX_BYTES: Final = 256 * 1024 * 1024

Counts: TypeAlias = tuple[int, ...]
"""Votes for each answer of a homomorphic question, "blank" first where it is allowed."""

Rankings: TypeAlias = tuple[tuple[int, ...], ...]
"""The numbers of each ballot for each answer of a ranked question, in the order of the last shuffle."""


@dataclass(frozen=True, slots=True)
class Result:
    """The result of each question; equal bytes, equal result."""

    data: bytes = field(repr=False)
    questions: tuple[Counts | Rankings, ...] = field(compare=False)


class DiscreteLogarithms:
    """Finds the exponent of g^n for 0 <= n <= ``bound``, by a table of some sqrt(bound) powers."""

    def __init__(self, group: Group, bound: int) -> None:
        self._group = group
        self._bound = bound
        self._step = isqrt(bound) + 1
        self._small: dict[Element, int] = {}
        power = group.identity
        for exponent in range(self._step):
            self._small[power] = exponent
            power = group.multiply(power, group.generator)
        self._giant = group.divide(group.identity, power)

    def find(self, element: Element) -> int:
        """Return n.

        Raises:
            ResultRefusedError: there is no such n up to the bound.
        """
        rest = element
        for giant in range(self._step):
            small = self._small.get(rest)
            if small is not None and giant * self._step + small <= self._bound:
                return giant * self._step + small
            rest = self._group.multiply(rest, self._giant)
        raise ResultRefusedError("no count that these ballots could have")


def open_tally(election: Election, tally: EncryptedTally, factors: Factors) -> Result:
    """Return what the tally encrypts, given the factors of the whole key.

    Raises:
        ResultRefusedError: a count above the ballots' weight, or a ranking with more numbers than there are answers.
    """
    group = election.group
    logarithms = DiscreteLogarithms(group, tally.total_weight)
    questions: list[Counts | Rankings] = []
    for question, ciphertexts, column in zip(election.questions, tally.ciphertexts, factors, strict=True):
        opened = [group.divide(ciphertext.beta, factor) for ciphertext, factor in zip(ciphertexts, column, strict=True)]
        match question:
            case HomomorphicQuestion():
                questions.append(tuple(logarithms.find(element) for element in opened))
            case RankedQuestion():
                questions.append(tuple(_ranking(group, element, len(question.answers)) for element in opened))
    return Result(_spell(tuple(questions)), tuple(questions))


def parse_result(election: Election, data: bytes) -> Result:
    """Return the result that ``data`` spells; whether it is the tally's, only opening it tells.

    Raises:
        ResultRefusedError: another form or spelling.
    """
    try:
        questions = _parse(election, data)
    except MalformedError as error:
        raise ResultRefusedError("not a result of this election") from error
    if _spell(questions) != data:
        raise ResultRefusedError("a result in another spelling")
    return Result(data, questions)


def _ranking(group: Group, element: Element, count: int) -> tuple[int, ...]:
    try:
        return group.extract(element, count)
    except MalformedError as error:
        raise ResultRefusedError("a ranking that holds more numbers than there are answers") from error


def _parse(election: Election, data: bytes) -> tuple[Counts | Rankings, ...]:
    if len(data) > MAX_BYTES:
        raise MalformedError("too long")
    entries = read_json(data, dict[str, list[msgspec.Raw]])
    if list(entries) != ["result"] or len(entries["result"]) != len(election.questions):
        raise MalformedError("not one entry for each question")
    questions: list[Counts | Rankings] = []
    for question, raw in zip(election.questions, entries["result"], strict=True):
        match question:
            case HomomorphicQuestion():
                counts = read_json(raw, list[int | str])
                if len(counts) != question.ciphertext_count:
                    raise MalformedError("not one count for each answer")
                questions.append(tuple(parse_count(count) for count in counts))
            case RankedQuestion():
                rankings = read_json(raw, list[list[int]])
                if any(len(each) != len(question.answers) for each in rankings):
                    raise MalformedError("not one number for each answer")
                questions.append(tuple(tuple(each) for each in rankings))
    return tuple(questions)


def _spell(questions: tuple[Counts | Rankings, ...]) -> bytes:
    return msgspec.json.encode(
        {"result": [[count_wire(each) if isinstance(each, int) else each for each in entry] for entry in questions]}
    )
