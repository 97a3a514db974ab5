# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Basic Access Control (ICAO 9303-11 §4.3), the terminal's side, without a wire; for chips that know no PACE.

Whoever listens and knows something of the document guesses its keys offline: where PACE is offered, it comes first.
"""

import hmac
from dataclasses import dataclass
from typing import Final, TypeAlias

from townhall_smartcard.apdu import CommandApdu, Ins
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.emrtd.agreement import Randomness
from townhall_smartcard.emrtd.cipher import CHECKSUM_BYTES, Cipher, SessionKeys, pad
from townhall_smartcard.emrtd.steps import Steps
from townhall_smartcard.errors import CardUnreadableError, UnexpectedStatusError
from townhall_smartcard.status import StatusWord

SEED_BYTES: Final = 16
NONCE_BYTES: Final = 8
KEY_BYTES: Final = 16
_CIPHER: Final = Cipher.TRIPLE_DES
_MESSAGE_BYTES: Final = 2 * NONCE_BYTES + KEY_BYTES
_REFUSALS: Final = frozenset(
    {
        StatusWord.VERIFICATION_FAILED,
        StatusWord.SECURITY_STATUS_NOT_SATISFIED,
        StatusWord.CONDITIONS_NOT_SATISFIED,
        StatusWord.SECURE_MESSAGING_OBJECTS_WRONG,
    }
)


@dataclass(frozen=True, slots=True)
class BacSession:
    """Keys for secure messaging, and where its counter begins."""

    keys: SessionKeys
    counter: int


@dataclass(frozen=True, slots=True)
class BacRefused:
    """The card does not take the key: what was read from the document, or typed, is not what the chip has."""


BacOutcome: TypeAlias = BacSession | BacRefused


def establish(secret: RawCommand, randomness: Randomness) -> Steps[BacOutcome]:
    """Authenticate to the selected application and agree upon session keys.

    ``secret`` is that of an MRZ password; its first 16 bytes are the seed. The one status word for a wrong key that the
    standard gives is "other" (§4.3.4.2); those that chips in the field give are taken for it.

    Raises:
        CardUnreadableError: the card does not keep to the protocol, or did not know the key itself.
        UnexpectedStatusError: it refuses a step for another reason than a wrong key.
    """
    keys = SessionKeys.derive(_CIPHER, secret[:SEED_BYTES])
    answer = yield CommandApdu(0x00, Ins.GET_CHALLENGE, 0x00, 0x00, le=NONCE_BYTES)
    challenge = answer.data
    if not answer.is_ok:
        raise UnexpectedStatusError("GET CHALLENGE", answer.status)
    if len(challenge) != NONCE_BYTES:
        raise CardUnreadableError(f"a challenge of {len(challenge)} bytes")
    nonce, own = randomness(NONCE_BYTES), randomness(KEY_BYTES)
    data = sealed(keys, nonce + challenge + own)
    answer = yield CommandApdu(0x00, Ins.EXTERNAL_AUTHENTICATE, 0x00, 0x00, data, le=len(data))
    if answer.status in _REFUSALS:
        return BacRefused()
    if not answer.is_ok:
        raise UnexpectedStatusError("EXTERNAL AUTHENTICATE", answer.status)
    message = unsealed(keys, answer.data)
    if not hmac.compare_digest(message[: 2 * NONCE_BYTES], challenge + nonce):
        raise CardUnreadableError("an answer to another challenge")
    return session(own, message[2 * NONCE_BYTES :], challenge, nonce)


def session(own: bytes, theirs: bytes, challenge: bytes, nonce: bytes) -> BacSession:
    """Return what both sides agree upon (§4.3.1 step 5, §9.8.6.3)."""
    seed = bytes(mine ^ other for mine, other in zip(own, theirs, strict=True))
    counter = challenge[NONCE_BYTES // 2 :] + nonce[NONCE_BYTES // 2 :]
    return BacSession(SessionKeys.derive(_CIPHER, seed), int.from_bytes(counter, "big"))


def sealed(keys: SessionKeys, message: bytes) -> bytes:
    """Encrypt both nonces and a share of the key, with a checksum behind (§4.3.3)."""
    cryptogram = _CIPHER.encrypt(keys.encryption, bytes(_CIPHER.block_bytes), message)
    return cryptogram + _checksum(keys, cryptogram)


def unsealed(keys: SessionKeys, untrusted: bytes) -> bytes:
    """Return the other side's message.

    Raises:
        CardUnreadableError: it is not covered by a right checksum.
    """
    cryptogram, checksum = untrusted[:-CHECKSUM_BYTES], untrusted[-CHECKSUM_BYTES:]
    if len(untrusted) != _MESSAGE_BYTES + CHECKSUM_BYTES:
        raise CardUnreadableError("a message of another length")
    if not hmac.compare_digest(checksum, _checksum(keys, cryptogram)):
        raise CardUnreadableError("wrong checksum")
    return _CIPHER.decrypt(keys.encryption, bytes(_CIPHER.block_bytes), cryptogram)


def _checksum(keys: SessionKeys, cryptogram: bytes) -> bytes:
    return _CIPHER.checksum(keys.checksum, bytes(pad(cryptogram, _CIPHER.block_bytes)))
