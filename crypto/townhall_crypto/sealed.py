# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The sealed payload, inner layer of the envelope: only its recipients can open it (docs/formats/sealed-payload.md).

``seal`` runs in the visit with public keys alone, so nothing on a kiosk opens what the kiosk queued. ``open_sealed``
runs in an agency's inbox. In between, anybody can read the inner header, and nobody the payload.
"""

import hmac
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from townhall_crypto import namespaces, suites
from townhall_crypto.errors import (
    NotARecipientError,
    PayloadTooLargeError,
    ProgrammingError,
    SealBrokenError,
    SealFault,
    SuiteRefusedError,
)
from townhall_crypto.inner_header import (
    MAX_RECIPIENTS,
    RANDOM_BYTES,
    SIZE_CLASSES,
    InnerHeader,
    SealedParts,
    join_sealed,
    split_sealed,
)
from townhall_crypto.recipients import RecipientPrivateKey, RecipientPublicKey, generate_recipient_key
from townhall_crypto.secret import Secret
from townhall_crypto.suites import PRODUCTION_SUITES, Suite

__all__ = [
    "MAX_PAYLOAD_BYTES",
    "MAX_RECIPIENTS",
    "SIZE_CLASSES",
    "InnerHeader",
    "OpenedPayload",
    "RecipientPrivateKey",
    "RecipientPublicKey",
    "Suite",
    "generate_recipient_key",
    "open_sealed",
    "read_inner_header",
    "seal",
]

_LENGTH_BYTES: Final = 4
_KEY_BYTES: Final = 32
_COMMITMENT_BYTES: Final = 32
_NONCE: Final = bytes(12)  # each content key encrypts once

MAX_PAYLOAD_BYTES: Final = SIZE_CLASSES[-1] - _LENGTH_BYTES
"""The largest payload: 16 MiB less the four bytes of its length."""

Randomness: TypeAlias = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class OpenedPayload:
    """A payload that was sealed to one of our keys, as its sealer wrote it."""

    header: InnerHeader
    payload: bytes


def seal(
    payload: bytes,
    *,
    kind: str,
    recipients: Sequence[RecipientPublicKey],
    allow: frozenset[Suite] = PRODUCTION_SUITES,
    randomness: Randomness = os.urandom,
) -> bytes:
    """Return ``payload`` sealed to every one of ``recipients`` and to nobody else, the caller included.

    ``kind`` says in the open what sort of payload it is (lower-case letters, digits, dots, hyphens; at most 64): never
    more than a bystander may know. ``randomness`` yields the secret and then the header's 16 bytes; it is a parameter
    for test vectors. The secrets made here are wiped before the call returns, as far as Python allows.

    Raises:
        PayloadTooLargeError: more than ``MAX_PAYLOAD_BYTES``.
        SuiteRefusedError: a recipient's suite is not in ``allow``, or recipients are of different suites.
        ProgrammingError: no recipient, too many, one twice, or an impossible ``kind``.
    """
    suite = _common_suite(recipients, allow)
    size_class = _size_class(len(payload))
    with Secret(randomness(suites.SECRET_BYTES)) as secret:
        salt = randomness(RANDOM_BYTES)
        content_key, commitment = _derive_keys(secret, salt)
        with content_key:
            key_ids = tuple(recipient.key_id for recipient in recipients)
            header = InnerHeader(suite, kind, key_ids, size_class, commitment, salt)
            header_bytes = header.to_bytes()
            wraps = tuple(_wrap(secret, recipient, header_bytes) for recipient in recipients)
            body = _encrypt(payload, size_class, content_key, header_bytes)
    return join_sealed(SealedParts(header, header_bytes, wraps, body))


def read_inner_header(untrusted_sealed: bytes) -> InnerHeader:
    """Return what a sealed payload says of itself in the open. It is well-formed, and authenticated by nothing.

    Raises:
        MalformedError: the bytes are no sealed payload, from the first to the last.
    """
    return split_sealed(untrusted_sealed).header


def open_sealed(
    untrusted_sealed: bytes, key: RecipientPrivateKey, *, allow: frozenset[Suite] = PRODUCTION_SUITES
) -> OpenedPayload:
    """Return the payload that was sealed to ``key``.

    That it opens proves nothing about who sealed it: the envelope's signature and the document's do.

    Raises:
        MalformedError: the bytes are no sealed payload.
        SuiteRefusedError: its suite is not in ``allow``, or not that of ``key``.
        NotARecipientError: it is sealed to others.
        SealBrokenError: it was changed, or made so that recipients would read different payloads.
    """
    parts = split_sealed(untrusted_sealed)
    header = parts.header
    if header.suite not in allow:
        raise SuiteRefusedError(f"suite {header.suite.value} is not allowed here")
    if key.public.key_id not in header.recipients:
        raise NotARecipientError
    if key.suite is not header.suite:
        raise SuiteRefusedError("the key belongs to another suite")
    untrusted_wrap = parts.wraps[header.recipients.index(key.public.key_id)]
    with key.unwrap(untrusted_wrap, namespaces.SEALED_WRAP + parts.header_bytes) as secret:
        content_key, commitment = _derive_keys(secret, header.salt)
    with content_key:
        if not hmac.compare_digest(commitment, header.commitment):
            raise SealBrokenError(SealFault.COMMITMENT)
        return OpenedPayload(header, _decrypt(parts, content_key))


def _common_suite(recipients: Sequence[RecipientPublicKey], allow: frozenset[Suite]) -> Suite:
    found = {recipient.suite for recipient in recipients}
    if not found:
        raise ProgrammingError("a payload needs a recipient")
    if len(found) > 1 or not found <= allow:
        raise SuiteRefusedError("the recipients' keys are not all of one allowed suite")
    return found.pop()


def _size_class(payload_bytes: int) -> int:
    for size_class in SIZE_CLASSES:
        if _LENGTH_BYTES + payload_bytes <= size_class:
            return size_class
    raise PayloadTooLargeError(f"{payload_bytes} bytes; the largest payload has {MAX_PAYLOAD_BYTES}")


def _derive_keys(secret: Secret, salt: bytes) -> tuple[Secret, bytes]:
    """Return the content key and the commitment.

    AES-GCM does not commit to its key: one ciphertext can be made that opens under two. The commitment in the header
    leaves room for one secret alone, so all recipients read the same payload.
    """
    derived = bytearray(_KEY_BYTES + _COMMITMENT_BYTES)
    try:
        hkdf = HKDF(algorithm=SHA256(), length=len(derived), salt=salt, info=namespaces.SEALED_KEYS)
        hkdf.derive_into(secret.reveal(), derived)
        return Secret(memoryview(derived)[:_KEY_BYTES]), bytes(derived[_KEY_BYTES:])
    finally:
        derived[:] = bytes(len(derived))


def _wrap(secret: Secret, recipient: RecipientPublicKey, header_bytes: bytes) -> bytes:
    public = suites.load_public(recipient.suite, recipient.public)
    return suites.wrap(recipient.suite, secret, public, namespaces.SEALED_WRAP + header_bytes)


def _encrypt(payload: bytes, size_class: int, content_key: Secret, header_bytes: bytes) -> bytes:
    padded = bytearray(size_class)
    padded[:_LENGTH_BYTES] = len(payload).to_bytes(_LENGTH_BYTES, "big")
    padded[_LENGTH_BYTES : _LENGTH_BYTES + len(payload)] = payload
    try:
        return AESGCM(content_key.reveal()).encrypt(_NONCE, padded, header_bytes)
    finally:
        padded[:] = bytes(size_class)


def _decrypt(parts: SealedParts, content_key: Secret) -> bytes:
    padded = bytearray(parts.header.size_class)
    try:
        AESGCM(content_key.reveal()).decrypt_into(_NONCE, parts.body, parts.header_bytes, padded)
        return _unpad(padded)
    except InvalidTag:
        raise SealBrokenError(SealFault.BODY) from None
    finally:
        padded[:] = bytes(len(padded))


def _unpad(padded: bytearray) -> bytes:
    end = _LENGTH_BYTES + int.from_bytes(padded[:_LENGTH_BYTES], "big")
    # A sealer takes the smallest class and pads with zeros: one payload has one padded form, with no room for a message
    # that only some programs see.
    if end > len(padded) or _size_class(end - _LENGTH_BYTES) != len(padded):
        raise SealBrokenError(SealFault.PADDING)
    if padded.count(0, end) != len(padded) - end:
        raise SealBrokenError(SealFault.PADDING)
    return bytes(memoryview(padded)[_LENGTH_BYTES:end])  # a slice of the buffer itself would be one more copy
