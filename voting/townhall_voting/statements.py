# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What each proof of a ballot states, in one place for those who make ballots and those who check them.

Sections 4 and 5 of docs/formats/ballot-seed.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from townhall_voting.election import HomomorphicQuestion
from townhall_voting.group import Element, Group
from townhall_voting.hashing import Fingerprint
from townhall_voting.proofs import Ciphertext, Claim
from townhall_voting.schnorr_group import decimal


@dataclass(frozen=True, slots=True)
class Statement:
    """One-of-many: at least one of the claims holds; ``prefix`` binds the proof to its context."""

    prefix: str
    claims: tuple[Claim, ...]


def ballot_context(election: Fingerprint, credential: Element) -> str:
    """Return S0: what binds every proof of a ballot to the election and to the voting key."""
    return f"{election}|{decimal(credential)}"


def answer_context(context: str, choices: Sequence[Ciphertext]) -> str:
    """Return S: ``context`` and all ciphertexts of an answer."""
    numbers = (decimal(number) for choice in choices for number in (choice.alpha, choice.beta))
    return f"{context}|{','.join(numbers)}"


def sum_of(group: Group, choices: Sequence[Ciphertext]) -> Ciphertext:
    """Return the ciphertext of the sum of what ``choices`` encrypt."""
    return Ciphertext(
        group.product([choice.alpha for choice in choices]), group.product([choice.beta for choice in choices])
    )


def individual_statement(context: str, choice: Ciphertext) -> Statement:
    """``choice`` encrypts 0 or 1."""
    return _interval(context, choice, range(2))


def overall_statement(
    question: HomomorphicQuestion, context: str, choices: Sequence[Ciphertext], total: Ciphertext
) -> Statement:
    """As many answers are chosen as the question allows, or (where it is allowed) the ballot is blank.

    ``context`` is S, ``total`` the sum of the answers' ciphertexts, without "blank".
    """
    allowed = range(question.minimum, question.maximum + 1)
    if not question.is_blank_allowed:
        return _interval(context, total, allowed)
    claims = (Claim(choices[0], 1), *(Claim(total, count) for count in allowed))
    return Statement(f"bproof1|{context}|", claims)


def blank_statement(context: str, choices: Sequence[Ciphertext], total: Ciphertext) -> Statement:
    """The ballot is not blank, or no answer is chosen; arguments as in ``overall_statement``."""
    return Statement(f"bproof0|{context}|", (Claim(choices[0], 0), Claim(total, 0)))


def encryption_prefix(context: str, public_key: Element, choices: Ciphertext) -> str:
    """Return what binds the proof of knowing a non-homomorphic answer."""
    return f"raweg|{context}|{decimal(public_key)},{decimal(choices.alpha)},{decimal(choices.beta)}|"


def _interval(context: str, ciphertext: Ciphertext, values: range) -> Statement:
    prefix = f"prove|{context}|{decimal(ciphertext.alpha)},{decimal(ciphertext.beta)}|"
    return Statement(prefix, tuple(Claim(ciphertext, value) for value in values))
