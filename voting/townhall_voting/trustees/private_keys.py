# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Private keys of trustees: the seed of a ceremony's two key pairs, a share of the election's key, a single key.

Their files are those of belenios-tool 2.0 (``.key``, ``.dkey``, ``.privkey``), so that either program can go on with
what the other began.
"""

import hashlib
import re
from dataclasses import dataclass, field
from typing import Final

import msgspec

from townhall_voting.errors import KeyRefusedError, MalformedError, MembershipError, ProofRefusedError
from townhall_voting.group import Element, Group, Scalar
from townhall_voting.nonces import Randomness
from townhall_voting.trustees.channel import receive, send
from townhall_voting.untrusted_json import read_json

_DIGITS: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_SEED: Final = re.compile(rf"[{_DIGITS}]{{22}}")
_SEED_CHARACTERS: Final = 22
_MAX_KEY: Final = re.compile(r"[0-9]{1,700}")


@dataclass(frozen=True, slots=True)
class CeremonyKeys:
    """A trustee's two key pairs for a ceremony, which both follow from one seed."""

    group: Group
    seed: str = field(repr=False)

    @property
    def signing(self) -> Scalar:
        """The private key that signs."""
        return self._derive("sk")

    @property
    def decryption(self) -> Scalar:
        """The private key that opens what others send."""
        return self._derive("dk")

    @property
    def verification(self) -> Element:
        """The public key of ``signing``."""
        return self.group.secret_power(self.group.generator, self.signing)

    @property
    def encryption(self) -> Element:
        """The public key of ``decryption``."""
        return self.group.secret_power(self.group.generator, self.decryption)

    def _derive(self, purpose: str) -> Scalar:
        return self.group.scalar(int.from_bytes(hashlib.sha256(f"{purpose}|{self.seed}".encode()).digest(), "big"))


class _ShareWire(msgspec.Struct, forbid_unknown_fields=True):
    decryption_key: str


def new_ceremony_keys(group: Group, randomness: Randomness) -> CeremonyKeys:
    """Return fresh keys from a seed of 22 base-58 characters (128 bits).

    Raises:
        RandomnessError: the source of randomness failed.
    """
    number = int.from_bytes(randomness.read(_SEED_CHARACTERS + 16), "big")
    characters = []
    for _ in range(_SEED_CHARACTERS):
        number, digit = divmod(number, len(_DIGITS))
        characters.append(_DIGITS[digit])
    return CeremonyKeys(group, "".join(characters))


def read_ceremony_keys(group: Group, data: bytes) -> CeremonyKeys:
    """Return the keys of a ``.key`` file.

    Raises:
        KeyRefusedError: it holds no seed.
    """
    seed = data.decode("ascii", "replace").removesuffix("\n")
    if not _SEED.fullmatch(seed):
        raise KeyRefusedError("no seed of a ceremony")
    return CeremonyKeys(group, seed)


def read_single_key(group: Group, data: bytes) -> Scalar:
    """Return the private key of a ``.privkey`` file.

    Raises:
        KeyRefusedError: it holds none.
    """
    try:
        return group.parse_scalar(read_json(data, str))
    except MalformedError:
        raise KeyRefusedError("no private key") from None


def write_single_key(private: Scalar) -> bytes:
    """Return the ``.privkey`` file of a private key."""
    return msgspec.json.encode(str(int(private)))


def seal_share(keys: CeremonyKeys, share: Scalar, randomness: Randomness) -> str:
    """Return a trustee's share of the election's key as a ``.dkey`` file: a message of the trustee to itself.

    Raises:
        RandomnessError: the source of randomness failed.
    """
    message = msgspec.json.encode(_ShareWire(str(int(share)))).decode()
    return send(keys.group, keys.signing, keys.encryption, message, randomness)


def open_share(keys: CeremonyKeys, data: str) -> Scalar:
    """Return the share that a ``.dkey`` file holds.

    Raises:
        KeyRefusedError: it was not made by these keys, or was changed.
    """
    try:
        message = receive(keys.group, keys.decryption, keys.verification, data)
        digits = read_json(message, _ShareWire).decryption_key
    except (MalformedError, MembershipError, ProofRefusedError):
        raise KeyRefusedError("a share that these keys do not open") from None
    if not _MAX_KEY.fullmatch(digits):
        raise KeyRefusedError("no share")
    return keys.group.scalar(int(digits))  # belenios-tool 2.0 writes the sum as it is, not modulo the order
