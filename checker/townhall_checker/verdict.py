# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The check as a whole: election, code and slip in, one verdict out."""

from dataclasses import dataclass

from townhall_checker.ballot import ballot_digest
from townhall_checker.code import CheckCode, read_code
from townhall_checker.election import Election, Homomorphic, Question, b64
from townhall_checker.errors import BallotDiffersError
from townhall_checker.slip import read_slip, require_same


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a ballot says to one question: a number for each answer (0 or 1 where nothing is ranked), or blank."""

    question: str
    answers: tuple[tuple[str, int], ...]
    is_ranked: bool
    is_blank: bool


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The ballot of the code follows from its seed; ``compares_slip``: and the whole h is the slip's."""

    h: str
    chosen: tuple[Chosen, ...]
    compares_slip: bool


def check(election: Election, text: str, slip: str) -> Confirmed:
    """Make the ballot of the code ``text`` again; ``slip`` is what was typed or scanned from the slip, or nothing.

    Raises:
        CheckerError: the ballot, the code or the slip is refused; its class says why.
    """
    code = read_code(text, election)
    said = read_slip(slip, election)
    digest = ballot_digest(election, code)
    if digest != code.shown:
        raise BallotDiffersError
    require_same(said, digest)
    return Confirmed(b64(digest), _chosen(election, code), compares_slip=bool(said.h))


def _chosen(election: Election, code: CheckCode) -> tuple[Chosen, ...]:
    return tuple(map(_answered, election.questions, code.choices))


def _answered(question: Question, numbers: bytes) -> Chosen:
    if not isinstance(question, Homomorphic):
        return Chosen(question.text, tuple(zip(question.answers, numbers, strict=True)), is_ranked=True, is_blank=False)
    bits = numbers[question.may_be_blank :]
    is_blank = question.may_be_blank and bool(numbers[0])
    return Chosen(question.text, tuple(zip(question.answers, bits, strict=True)), is_ranked=False, is_blank=is_blank)
