# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""From the card's random number to a generator that only they know who know the password (ICAO 9303-11 §4.4.3.3)."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Final, Generic, TypeAlias

from townhall_smartcard.emrtd.agreement import E, Group, Randomness
from townhall_smartcard.emrtd.cipher import Cipher
from townhall_smartcard.errors import CardUnreadableError

_CONSTANTS_128: Final = (
    bytes.fromhex("A668892A7C41E3CA739F40B057D85904"),
    bytes.fromhex("A4E136AC725F738B01C1F60217C188AD"),
)
_CONSTANTS_256: Final = (
    bytes.fromhex("D463D65234124EF7897054986DCA0A174E28DF758CBAA03F240616414D5A1676"),
    bytes.fromhex("54BD7255F0AAF831BEC3423FCF39D69B6CBF066677D0FAAE5AADD99DF8E53517"),
)
_SPARE_BITS: Final = 64


@dataclass(frozen=True, slots=True)
class Mapped(Generic[E]):
    """The new generator, and the key that the card sent for it, if the mapping has one."""

    generator: E
    card_key: E | None = None


#: Yields what to send as mapping data, is sent what the card answered, and returns the generator.
MappingSteps: TypeAlias = Generator[bytes, bytes, Mapped[E]]


def generic_mapping(group: Group[E], nonce: bytes, randomness: Randomness) -> MappingSteps[E]:
    """Generic mapping: the nonce times the standard generator, plus an element agreed upon beforehand (§4.4.3.3.1).

    Raises:
        CardUnreadableError: what the card answered is no element of the group.
    """
    scalar = group.random_scalar(randomness)
    answer = yield group.encode(group.multiple_of_generator(scalar))
    card_key = group.decode(answer)
    return Mapped(mapped(group, nonce, group.multiply(scalar, card_key)), card_key)


def mapped(group: Group[E], nonce: bytes, agreed: E) -> E:
    """Return the new generator of ``nonce`` and an element that both sides have agreed upon.

    Raises:
        CardUnreadableError: the nonce is nothing, or the sum is degenerate: no honest card meets either.
    """
    scalar = int.from_bytes(nonce, "big") % group.order
    if not scalar:
        raise CardUnreadableError("a nonce of nothing")
    return group.add(group.multiple_of_generator(scalar), agreed)


def integrated_mapping(group: Group[E], cipher: Cipher, nonce: bytes, randomness: Randomness) -> MappingSteps[E]:
    """Integrated mapping: both sides' nonces become a number, and the number an element (§4.4.3.3.2).

    Raises:
        CardUnreadableError: the card's nonce has another length than the standard's, or the number leads nowhere.
    """
    other = randomness(cipher.key_bytes)
    yield other
    return Mapped(integrated(group, cipher, nonce, other))


def integrated(group: Group[E], cipher: Cipher, nonce: bytes, other: bytes) -> E:
    """Return the generator of the card's secret nonce and the terminal's public one; raises as integrated_mapping."""
    if len(nonce) != integrated_nonce_bytes(cipher) or len(other) != cipher.key_bytes:
        raise CardUnreadableError("a nonce of another length")
    return group.element_of(int.from_bytes(pseudo_random(cipher, nonce, other, group.prime), "big") % group.prime)


def integrated_nonce_bytes(cipher: Cipher) -> int:
    """Return how long the card's nonce is: whole blocks, as few as a key takes."""
    return len(_constants(cipher)[0])


def pseudo_random(cipher: Cipher, nonce: bytes, other: bytes, prime: int) -> bytes:
    """Return the numbers of both nonces before they are taken modulo the prime (§4.4.3.3.2, figure 2)."""
    start = bytes(cipher.block_bytes)
    next_key, number = _constants(cipher)
    key = cipher.encrypt(other, start, nonce)
    drawn = b""
    while 8 * len(drawn) < prime.bit_length() + _SPARE_BITS:
        used = key[: cipher.key_bytes]
        drawn += cipher.encrypt(used, start, number)
        key = cipher.encrypt(used, start, next_key)
    return drawn


def _constants(cipher: Cipher) -> tuple[bytes, bytes]:
    return _CONSTANTS_128 if cipher.key_bytes == 16 else _CONSTANTS_256
