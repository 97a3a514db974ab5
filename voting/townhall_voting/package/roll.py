# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The roll: who may vote and in which district, as keyed hashes in one sorted file, unreadable without the key.

Format: docs/formats/election-package.md, section 4. A person is looked up by binary search in a mapped file, so that a
million of them take neither memory nor time.
"""

import hmac
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from townhall_crypto import canonical
from townhall_crypto.namespaces import ROLL_KEYS
from townhall_crypto.secret import Secret
from townhall_voting.errors import MalformedError, ProgrammingError, RollEntryRefusedError
from townhall_voting.package.contests import Id
from townhall_voting.package.definition import Definition

KEY_BYTES: Final = 32
HASH_BYTES: Final = 16
"""Of HMAC-SHA-256, cut as RFC 2104 §5 allows: among a million voters two agree with a chance of 2 ** -89."""
ENTRY_BYTES: Final = HASH_BYTES + 2
_MAGIC: Final = b"THROLL\x00\x01"
_HEADER_BYTES: Final = len(_MAGIC) + 8


@dataclass(frozen=True, slots=True)
class Voter:
    """A person as their certificate names them: country of two capitals, personal code. Personal data: no repr."""

    country: str = field(repr=False)
    personal_code: str = field(repr=False)

    def to_bytes(self) -> bytes:
        """Return what is hashed."""
        return canonical.encode({"country": self.country, "personal_code": self.personal_code})


@dataclass(frozen=True, slots=True)
class RollKeys:
    """The keys that the roll key becomes for one election in one mode; kept in the keeper's memory only."""

    entries: Secret = field(repr=False)
    marks: Secret = field(repr=False)
    admissions: Secret = field(repr=False)

    @classmethod
    def derive(cls, roll_key: Secret, definition: Definition, device: str = "") -> "RollKeys":
        """Return the keys for ``definition``; all but entries are ``device``'s own: two disks cannot be compared."""
        if len(roll_key.reveal()) != KEY_BYTES:
            raise ProgrammingError("a roll key has 32 bytes")
        facts = {"mode": definition.mode.value, "election": definition.id}
        return cls(
            _derived(roll_key, {**facts, "use": "entries"}),
            _derived(roll_key, {**facts, "use": "marks", "device": device}),
            _derived(roll_key, {**facts, "use": "admissions", "device": device}),
        )

    def entry(self, voter: Voter) -> bytes:
        """Return by what the voter is found in the roll: 16 bytes."""
        return hmac.digest(self.entries.reveal(), voter.to_bytes(), "sha256")[:HASH_BYTES]

    def mark(self, voter: Voter) -> bytes:
        """Return what stands for "this voter voted here": 32 bytes that mean nothing without this key."""
        return hmac.digest(self.marks.reveal(), voter.to_bytes(), "sha256")

    def holder(self, voter: Voter) -> bytes:
        """Return by what a desk finds the number that it gave this voter: 32 bytes, other than the mark."""
        return hmac.digest(self.admissions.reveal(), voter.to_bytes(), "sha256")

    def admission(self, voter: Voter, number: str, slot: int) -> bytes:
        """Return what stands for "this voter was given this number in this stretch of time": 32 bytes."""
        said: dict[str, str | int] = {"holder": self.holder(voter).hex(), "number": number, "slot": slot}
        return hmac.digest(self.admissions.reveal(), canonical.encode(said), "sha256")

    def wipe(self) -> None:
        """Forget the keys: polls have closed."""
        self.entries.wipe()
        self.marks.wipe()
        self.admissions.wipe()


def _derived(roll_key: Secret, facts: dict[str, str]) -> Secret:
    derivation = HKDF(SHA256(), KEY_BYTES, salt=None, info=ROLL_KEYS + canonical.encode(facts))
    return Secret(derivation.derive(roll_key.reveal()))


def build_roll(voters: Iterable[tuple[Voter, Id]], definition: Definition, keys: RollKeys) -> bytes:
    """Return the roll of these voters, each with their district.

    Raises:
        RollEntryRefusedError: an unknown district, or a voter who stands twice; with the entry's number, from 1.
    """
    districts = {district.id: number for number, district in enumerate(definition.districts)}
    entries: dict[bytes, int] = {}
    for number, (voter, district) in enumerate(voters, 1):
        if district not in districts:
            raise RollEntryRefusedError(number, f"there is no district {district}")
        entry = keys.entry(voter)
        if entry in entries:
            raise RollEntryRefusedError(number, "the same person stands above already")
        entries[entry] = districts[district]
    body = b"".join(entry + entries[entry].to_bytes(2, "big") for entry in sorted(entries))
    return _MAGIC + len(entries).to_bytes(8, "big") + body


@dataclass(frozen=True, slots=True)
class Roll:
    """A roll over its bytes, which may be a mapped file. They must be those that the package's manifest names."""

    _data: memoryview = field(repr=False)
    _districts: tuple[Id, ...]

    @classmethod
    def over(cls, data: memoryview, definition: Definition) -> "Roll":
        """Look at ``data`` as the roll of ``definition``.

        Raises:
            MalformedError: it is no roll.
        """
        count = int.from_bytes(data[len(_MAGIC) : _HEADER_BYTES], "big")
        if bytes(data[: len(_MAGIC)]) != _MAGIC or len(data) != _HEADER_BYTES + count * ENTRY_BYTES:
            raise MalformedError("no roll")
        return cls(data, tuple(district.id for district in definition.districts))

    def __len__(self) -> int:
        return (len(self._data) - _HEADER_BYTES) // ENTRY_BYTES

    def district_of(self, voter: Voter, keys: RollKeys) -> Id | None:
        """Return the voter's district, or None for somebody who is not on the roll.

        Raises:
            MalformedError: the roll names a district that is not there.
        """
        wanted = keys.entry(voter)
        at = bisect_left(range(len(self)), wanted, key=self._hash)
        if at == len(self) or not hmac.compare_digest(self._hash(at), wanted):
            return None
        start = _HEADER_BYTES + at * ENTRY_BYTES + HASH_BYTES
        number = int.from_bytes(self._data[start : start + 2], "big")
        if number >= len(self._districts):
            raise MalformedError("a district that is not there")
        return self._districts[number]

    def hashes(self) -> Iterator[bytes]:
        """Return every entry's hash, in the file's order: what a thief of the disk has."""
        return (self._hash(at) for at in range(len(self)))

    def _hash(self, at: int) -> bytes:
        start = _HEADER_BYTES + at * ENTRY_BYTES
        return bytes(self._data[start : start + HASH_BYTES])
