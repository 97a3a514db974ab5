# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The booth's work: choices become an encrypted, proved ballot whose every exponent can be drawn again from a seed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NewType

from townhall_voting.ballot import (
    Answer,
    HomomorphicAnswer,
    RankedAnswer,
    signature_prefix,
    signed_ballot_bytes,
    unsigned_bytes,
)
from townhall_voting.credential import VotingKey
from townhall_voting.election import Election, HomomorphicQuestion, RankedQuestion
from townhall_voting.errors import ChoicesRefusedError
from townhall_voting.group import Element, Group, Scalar
from townhall_voting.hashing import Fingerprint, fingerprint
from townhall_voting.nonces import Nonces, Randomness, draw_scalar
from townhall_voting.proofs import Ciphertext, EncryptionKey, Opening, Proof, prove_knowledge_once, prove_one_of
from townhall_voting.statements import (
    Statement,
    answer_context,
    ballot_context,
    blank_statement,
    encryption_prefix,
    individual_statement,
    overall_statement,
    sum_of,
)

Choices = NewType("Choices", tuple[tuple[int, ...], ...])
"""For each question: bits ("blank" first where it is allowed), or a number 0..255 for each answer."""


@dataclass(frozen=True, slots=True)
class UnsignedBallot:
    """A ballot before its signature: whole, committed to by its hash, and without any secret."""

    credential: Element
    data: bytes = field(repr=False)

    @property
    def hash(self) -> Fingerprint:
        """h: what the slip commits to and what the person's card signs."""
        return fingerprint(self.data)


class BallotMaker:
    """Makes ballots of one election; building it costs two tables of powers (some 30 ms)."""

    def __init__(self, election: Election) -> None:
        self.election = election
        self._key = EncryptionKey(election.group, election.public_key)

    def prepare(self, choices: Choices, credential: Element, nonces: Nonces) -> UnsignedBallot:
        """Return the ballot of ``choices`` under the public part of a voting key.

        ``nonces`` is used for this ballot alone and forgotten before the ballot is signed.

        Raises:
            ChoicesRefusedError: a question does not allow its choices.
        """
        election = self.election
        check_choices(election, choices)
        context = ballot_context(election.fingerprint, credential)
        answers: list[Answer] = []
        for index, (question, chosen) in enumerate(zip(election.questions, choices, strict=True)):
            draw = _under(nonces, f"q{index}")
            match question:
                case HomomorphicQuestion():
                    answers.append(_homomorphic_answer(self._key, question, chosen, context, draw))
                case RankedQuestion():
                    answers.append(_ranked_answer(self._key, chosen, context, draw))
        return UnsignedBallot(credential, unsigned_bytes(election, credential, answers))


def sign_ballot(group: Group, ballot: UnsignedBallot, key: VotingKey, randomness: Randomness) -> bytes:
    """Return the finished ballot, signed by the voting key that it names."""
    nonce = draw_scalar(randomness, group)
    signature = prove_knowledge_once(group, signature_prefix(ballot.hash), key.private, nonce)
    return signed_ballot_bytes(ballot.data, signature)


def check_choices(election: Election, choices: Choices) -> None:
    """Check that ``choices`` answer every question as it allows.

    Raises:
        ChoicesRefusedError: they do not.
    """
    if len(choices) != len(election.questions):
        raise ChoicesRefusedError("not an answer to each question")
    for question, chosen in zip(election.questions, choices, strict=True):
        match question:
            case HomomorphicQuestion():
                _check_bits(question, chosen)
            case RankedQuestion():
                if len(chosen) != len(question.answers) or any(not 0 <= number <= 255 for number in chosen):
                    raise ChoicesRefusedError("not a number for each answer")


def _check_bits(question: HomomorphicQuestion, chosen: Sequence[int]) -> None:
    if len(chosen) != question.ciphertext_count or any(bit not in {0, 1} for bit in chosen):
        raise ChoicesRefusedError("not a bit for each answer")
    count = sum(chosen[question.is_blank_allowed :])
    is_blank = question.is_blank_allowed and chosen[0] == 1
    if count if is_blank else not question.minimum <= count <= question.maximum:
        raise ChoicesRefusedError("a number of choices that the question does not allow")


_Draw = Callable[[str], Scalar]


def _under(nonces: Nonces, prefix: str) -> _Draw:
    return lambda path: nonces.draw(f"{prefix}.{path}")


def _homomorphic_answer(
    key: EncryptionKey, question: HomomorphicQuestion, chosen: Sequence[int], context: str, draw: _Draw
) -> HomomorphicAnswer:
    openings = [Opening(bit, draw(f"c{index}.r")) for index, bit in enumerate(chosen)]
    choices = tuple(key.encrypt(opening.plaintext, opening.nonce) for opening in openings)
    individual = tuple(
        _prove(
            key,
            individual_statement(context, choice),
            [opening, opening],
            opening.plaintext,
            _sub(draw, f"c{index}.individual"),
        )
        for index, (choice, opening) in enumerate(zip(choices, openings, strict=True))
    )
    whole = answer_context(context, choices)
    first = int(question.is_blank_allowed)
    total = sum_of(key.group, choices[first:])
    sum_opening = Opening(sum(chosen[first:]), key.group.scalar(sum(opening.nonce for opening in openings[first:])))
    statement = overall_statement(question, whole, choices, total)
    by_count = sum_opening.plaintext - question.minimum
    if not question.is_blank_allowed:
        overall = _prove(key, statement, [sum_opening] * len(statement.claims), by_count, _sub(draw, "overall"))
        return HomomorphicAnswer(choices, individual, overall, ())
    is_blank = chosen[0] == 1
    sums = [sum_opening] * (len(statement.claims) - 1)
    overall = _prove(key, statement, [openings[0], *sums], 0 if is_blank else by_count + 1, _sub(draw, "overall"))
    either = _prove(
        key, blank_statement(whole, choices, total), [openings[0], sum_opening], int(is_blank), _sub(draw, "blank")
    )
    return HomomorphicAnswer(choices, individual, overall, either)


def _ranked_answer(key: EncryptionKey, chosen: Sequence[int], context: str, draw: _Draw) -> RankedAnswer:
    group, nonce = key.group, draw("r")
    choices = Ciphertext(key.generator.power(nonce), group.multiply(key.key.power(nonce), group.embed(chosen)))
    return RankedAnswer(
        choices, prove_knowledge_once(group, encryption_prefix(context, key.value, choices), nonce, draw("w"))
    )


def _prove(
    key: EncryptionKey, statement: Statement, openings: Sequence[Opening], true: int, draw: _Draw
) -> tuple[Proof, ...]:
    branches = list(zip(statement.claims, openings, strict=True))
    return prove_one_of(key, statement.prefix, branches, true, draw)


def _sub(draw: _Draw, prefix: str) -> _Draw:
    return lambda path: draw(f"{prefix}.{path}")
