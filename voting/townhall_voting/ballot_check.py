# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whether a ballot may be counted: every number an element, every proof and the signature checked.

Membership is tested number by number, sharing its squarings with the powers that the number's proof needs; or of many
ballots together, by random selections. One product of all would not do: the cofactor of BELENIOS-2048 is divisible by 2
and 3, and pairs would come through.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from townhall_voting.ballot import Ballot, HomomorphicAnswer, RankedAnswer, parse_ballot, signature_prefix
from townhall_voting.election import Election, HomomorphicQuestion
from townhall_voting.errors import BallotRefusal, BallotRefusedError, MembershipError, ProofRefusedError
from townhall_voting.group import MembershipBatch
from townhall_voting.proofs import (
    Ciphertext,
    EncryptionKey,
    Proof,
    check_knowledge_by_table,
    check_one_of,
)
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


class BallotChecker:
    """Checks ballots of one election; building it costs two tables of powers (some 30 ms).

    With a ``batch`` a ballot's membership is open until the batch tells it of all.
    """

    def __init__(self, election: Election, batch: MembershipBatch | None = None) -> None:
        self.election = election
        self._key = EncryptionKey(election.group, election.public_key)
        self._powers = election.group.checked_powers if batch is None else batch.powers

    def check(self, data: bytes) -> Ballot:
        """Return the ballot that ``data`` spells, everything about it checked.

        Whether its voting key may vote, and has not voted yet, is for the caller to know.

        Raises:
            BallotRefusedError: it must not be counted; the reason says why.
        """
        ballot = parse_ballot(self.election, data)
        context = ballot_context(ballot.election, ballot.credential)
        for question, answer in zip(self.election.questions, ballot.answers, strict=True):
            match question, answer:
                case HomomorphicQuestion(), HomomorphicAnswer():
                    self._check_homomorphic(question, answer, context)
                case _, RankedAnswer():
                    self._check_ranked(answer, context)
                case _:
                    raise BallotRefusedError(BallotRefusal.MALFORMED)
        with _refusing(BallotRefusal.SIGNATURE):
            prefix = signature_prefix(ballot.hash)
            check_knowledge_by_table(self._key, prefix, ballot.credential, ballot.signature, self._powers)
        return ballot

    def _check_homomorphic(self, question: HomomorphicQuestion, answer: HomomorphicAnswer, context: str) -> None:
        with _refusing(BallotRefusal.INDIVIDUAL_PROOF):
            for choice, proofs in zip(answer.choices, answer.individual_proofs, strict=True):
                statement = individual_statement(context, choice)
                check_one_of(self._key, statement.prefix, statement.claims, proofs, self._powers)
        whole = answer_context(context, answer.choices)
        total = sum_of(self._key.group, answer.choices[question.is_blank_allowed :])
        with _refusing(BallotRefusal.OVERALL_PROOF):
            self._check(overall_statement(question, whole, answer.choices, total), answer.overall_proof)
        if question.is_blank_allowed:
            with _refusing(BallotRefusal.BLANK_PROOF):
                self._check(blank_statement(whole, answer.choices, total), answer.blank_proof)

    def _check_ranked(self, answer: RankedAnswer, context: str) -> None:
        prefix = encryption_prefix(context, self._key.value, answer.choices)
        with _refusing(BallotRefusal.ENCRYPTION_PROOF):
            check_knowledge_by_table(self._key, prefix, answer.choices.alpha, answer.proof, self._powers)
            self._powers(answer.choices.beta, ())

    def _check(self, statement: Statement, proofs: tuple[Proof, ...]) -> None:
        check_one_of(self._key, statement.prefix, statement.claims, proofs, self._key.group.powers)


def ciphertexts_of(ballot: Ballot) -> Iterator[Ciphertext]:
    """Return every ciphertext of the ballot, question by question."""
    for answer in ballot.answers:
        match answer:
            case HomomorphicAnswer():
                yield from answer.choices
            case RankedAnswer():
                yield answer.choices


@contextmanager
def _refusing(reason: BallotRefusal) -> Iterator[None]:
    try:
        yield
    except MembershipError as error:
        raise BallotRefusedError(BallotRefusal.MEMBERSHIP) from error
    except ProofRefusedError as error:
        raise BallotRefusedError(reason) from error
