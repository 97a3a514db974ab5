# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Block ciphers, checksums and key derivation of PACE and of secure messaging (ICAO 9303-11 §9.7 and §9.8)."""

import enum
import hashlib
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher as Encipherment
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.cmac import CMAC

from townhall_smartcard.connection import RawCommand
from townhall_smartcard.errors import CardUnreadableError

CHECKSUM_BYTES: Final = 8
_PADDING_MARK: Final = 0x80
_DES_BLOCK: Final = 8
_AES_BLOCK: Final = 16
_DES_KEY: Final = 8
_LONG_DES_KEY: Final = 24  # its first third once more: two keys; of 8 bytes three times: single DES


class KeyUse(enum.IntEnum):
    """The counter that tells keys of one secret apart (§9.7.1)."""

    ENCRYPTION = 1
    CHECKSUM = 2
    PASSWORD = 3


class Cipher(enum.Enum):
    """A cipher as the last arc of a protocol's object identifier names it; the value is the key's length in bytes."""

    TRIPLE_DES = (1, 16)
    AES_128 = (2, 16)
    AES_192 = (3, 24)
    AES_256 = (4, 32)

    @property
    def arc(self) -> int:
        """The last arc of the identifier."""
        return self.value[0]

    @property
    def key_bytes(self) -> int:
        """How long a key is."""
        return self.value[1]

    @property
    def block_bytes(self) -> int:
        """How long a block is; a send sequence counter is as long."""
        return _DES_BLOCK if self is Cipher.TRIPLE_DES else _AES_BLOCK

    def derive(self, secret: RawCommand, use: KeyUse) -> bytes:
        """Derive a key from a shared secret or a password (§9.7.1); no copy of the secret is made."""
        is_short = self.key_bytes == 16
        hashing = hashlib.sha1(secret) if is_short else hashlib.sha256(secret)  # noqa: S324  # as the standard has it
        hashing.update(use.to_bytes(4, "big"))
        key = hashing.digest()[: self.key_bytes]
        return bytes(map(_with_odd_parity, key)) if self is Cipher.TRIPLE_DES else key

    def encrypt(self, key: bytes, first_block: bytes, padded: RawCommand) -> bytes:
        """Encrypt whole blocks in CBC mode; ``first_block`` is the initialisation vector."""
        encryptor = Encipherment(self._algorithm(key), CBC(first_block)).encryptor()
        return encryptor.update(padded) + encryptor.finalize()

    def decrypt(self, key: bytes, first_block: bytes, untrusted: bytes) -> bytes:
        """Decrypt whole blocks in CBC mode.

        Raises:
            CardUnreadableError: they are no whole blocks.
        """
        if not untrusted or len(untrusted) % self.block_bytes:
            raise CardUnreadableError("torn blocks")
        decryptor = Encipherment(self._algorithm(key), CBC(first_block)).decryptor()
        return decryptor.update(untrusted) + decryptor.finalize()

    def first_block(self, key: bytes, counter: bytes) -> bytes:
        """Return the initialisation vector of one message (§9.8.6.3): zero for 3DES, the encrypted counter for AES."""
        if self is Cipher.TRIPLE_DES:
            return bytes(_DES_BLOCK)
        return self.encrypt(key, bytes(_AES_BLOCK), counter)

    def checksum(self, key: bytes, blocks: bytes) -> bytes:
        """Return the cryptographic checksum: CMAC cut to 8 bytes, or the retail MAC over whole blocks for 3DES."""
        if self is Cipher.TRIPLE_DES:
            return _retail_mac(key, blocks)
        cmac = CMAC(AES(key))
        cmac.update(blocks)
        return cmac.finalize()[:CHECKSUM_BYTES]

    def token(self, key: bytes, message: bytes) -> bytes:
        """Return PACE's authentication token over ``message`` (§4.4.3.4): for 3DES it is padded first."""
        return self.checksum(key, bytes(pad(message, _DES_BLOCK)) if self is Cipher.TRIPLE_DES else message)

    def _algorithm(self, key: bytes) -> AES | TripleDES:
        return TripleDES((3 * key)[:_LONG_DES_KEY]) if self is Cipher.TRIPLE_DES else AES(key)


@dataclass(frozen=True, slots=True)
class SessionKeys:
    """The two keys of a secure messaging session. Secret: no repr."""

    cipher: Cipher
    encryption: bytes = field(repr=False)
    checksum: bytes = field(repr=False)

    @classmethod
    def derive(cls, cipher: Cipher, secret: RawCommand) -> "SessionKeys":
        """Derive both from one shared secret."""
        return cls(cipher, cipher.derive(secret, KeyUse.ENCRYPTION), cipher.derive(secret, KeyUse.CHECKSUM))


def pad(message: RawCommand, block_bytes: int) -> bytearray:
    """Append 80 and zeros up to a whole block (ISO/IEC 9797-1, method 2); the caller wipes it if it is secret."""
    padded = bytearray(len(message) // block_bytes * block_bytes + block_bytes)
    padded[: len(message)] = message
    padded[len(message)] = _PADDING_MARK
    return padded


def unpad(untrusted: bytes) -> bytes:
    """Take that padding away; call it on what a checked checksum covers, never before.

    Raises:
        CardUnreadableError: there is none.
    """
    message = untrusted.rstrip(b"\x00")
    if not message or message[-1] != _PADDING_MARK:
        raise CardUnreadableError("no padding")
    return message[:-1]


def _with_odd_parity(byte: int) -> int:
    return byte & 0xFE | (byte & 0xFE).bit_count() & 1 ^ 1


def _retail_mac(key: bytes, blocks: bytes) -> bytes:
    """ISO/IEC 9797-1, algorithm 3 with DES: CBC under the key's first half, the last block once more by both."""
    first, second = key[:_DES_KEY], key[_DES_KEY:]
    last = Cipher.TRIPLE_DES.encrypt(first, bytes(_DES_BLOCK), blocks)[-_DES_BLOCK:]
    back = Cipher.TRIPLE_DES.decrypt(second, bytes(_DES_BLOCK), last)
    return Cipher.TRIPLE_DES.encrypt(first, bytes(_DES_BLOCK), back)
