# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where the exponents of ballots and proofs come from: a seed that can be shown, or fresh randomness."""

import hashlib
import hmac
from typing import Final, Protocol

from townhall_crypto.secret import Secret
from townhall_voting.errors import ProgrammingError
from townhall_voting.group import Element, Group, Scalar
from townhall_voting.hashing import Fingerprint

SEED_BYTES: Final = 32
_SALT: Final = b"townhall.ballot-seed.v1"


class Randomness(Protocol):
    """A source of uniform random bytes that nobody else knows."""

    def read(self, size_bytes: int) -> bytes:
        """Return fresh bytes.

        Raises:
            RandomnessError: the source failed its health test.
        """


class Nonces(Protocol):
    """Gives the exponent for each place of a ballot, by its path."""

    def draw(self, path: str) -> Scalar:
        """Return the exponent for ``path`` (docs/formats/ballot-seed.md, section 3)."""


class SeedNonces:
    """Exponents that follow from a ballot's seed (docs/formats/ballot-seed.md, section 3)."""

    def __init__(self, seed: Secret, group: Group, election: Fingerprint, credential: Element) -> None:
        """Bind ``seed`` (32 bytes) to one election and one voting key."""
        if len(seed.reveal()) != SEED_BYTES:
            raise ProgrammingError("a seed has 32 bytes")
        self._key = Secret(hmac.digest(_SALT, seed.reveal(), hashlib.sha256))
        self._group = group
        self._info = f"{election}|{int(credential)}|"

    def draw(self, path: str) -> Scalar:
        """Return the exponent for ``path``; the same each time."""
        drawn = _expand(self._key.reveal(), (self._info + path).encode(), self._group.draw_bytes)
        return self._group.scalar(int.from_bytes(drawn, "big"))

    def wipe(self) -> None:
        """Forget the seed; what was drawn is the caller's to forget."""
        self._key.wipe()


def _expand(key: bytearray, info: bytes, size_bytes: int) -> bytes:
    """HKDF-Expand with SHA-256 (RFC 5869, section 2.3).

    Ours, in four lines, because the library's makes a Python object of every call and a ballot has a hundred.
    """
    output, block, counter = b"", b"", 1
    while len(output) < size_bytes:
        block = hmac.digest(key, block + info + bytes([counter]), hashlib.sha256)
        output += block
        counter += 1
    return output[:size_bytes]


def draw_scalar(randomness: Randomness, group: Group) -> Scalar:
    """Return a fresh exponent, uniform but for 2 ** -128."""
    return group.scalar(int.from_bytes(randomness.read(group.draw_bytes), "big"))
