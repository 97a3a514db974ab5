# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Voting keys: the pair that signs one ballot, and Belenios credentials from which such a pair can be derived."""

import hashlib
import re
from dataclasses import dataclass, field
from typing import Final

from townhall_voting.errors import MalformedError
from townhall_voting.group import Element, Group, Scalar
from townhall_voting.nonces import Randomness, draw_scalar

_DIGITS: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_CREDENTIAL: Final = re.compile(rf"(?:[{_DIGITS}]{{3}}-){{4}}[{_DIGITS}]{{3}}")
_CHECKSUM_MODULUS: Final = 53
_ITERATIONS: Final = 1000


@dataclass(frozen=True, slots=True)
class VotingKey:
    """A key pair for one ballot. The private part is forgotten when the ballot is signed."""

    public: Element
    private: Scalar = field(repr=False)


def new_voting_key(group: Group, randomness: Randomness) -> VotingKey:
    """Return a fresh pair for one ballot.

    Raises:
        RandomnessError: the source of randomness failed.
    """
    private = draw_scalar(randomness, group)
    return VotingKey(group.generator_table.power(private), private)


def derive_voting_key(group: Group, credential: str, uuid: str) -> VotingKey:
    """Return the pair that Belenios derives from a printed credential in election ``uuid``.

    A credential is five groups of three base-58 characters, joined by dashes.

    Raises:
        MalformedError: not a credential, or its check character is wrong.
    """
    if not _CREDENTIAL.fullmatch(credential):
        raise MalformedError("not a credential")
    *digits, check = (_DIGITS.index(character) for character in credential.replace("-", ""))
    number = 0
    for digit in digits:
        number = number * len(_DIGITS) + digit
    if (number + check) % _CHECKSUM_MODULUS:
        raise MalformedError("a credential with a wrong check character")
    derived = hashlib.pbkdf2_hmac("sha256", credential.encode(), uuid.encode(), _ITERATIONS, 32)
    private = group.scalar(int.from_bytes(derived, "big"))
    return VotingKey(group.secret_power(group.generator, private), private)
