# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Messages between trustees that only the recipient reads and that the sender signed (Belenios 2.0, "channels")."""

import hashlib

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from townhall_voting.errors import MalformedError, ProgrammingError
from townhall_voting.group import Element, Group, Scalar
from townhall_voting.nonces import Randomness, draw_scalar
from townhall_voting.trustees.signed_message import SignedWire, check_signature, parse_signed, sign_message
from townhall_voting.untrusted_json import read_json

MAX_TEXT_BYTES = 65_535
"""Two bytes hold the length (CCM with a nonce of 13 bytes, RFC 3610)."""

_TAG_BYTES = 8


class _EncryptedWire(msgspec.Struct, forbid_unknown_fields=True):
    alpha: str
    beta: str
    data: str


class _ChannelWire(msgspec.Struct, forbid_unknown_fields=True):
    recipient: str
    message: str


def send(group: Group, signing_key: Scalar, recipient: Element, message: str, randomness: Randomness) -> str:
    """Return ``message``, signed, for the owner of the encryption key ``recipient`` alone.

    Raises:
        ProgrammingError: the message is too long.
        RandomnessError: the source of randomness failed.
    """
    addressed = msgspec.json.encode(_ChannelWire(str(int(recipient)), message)).decode()
    signed = sign_message(group, signing_key, addressed, randomness)
    return _encrypt(group, recipient, msgspec.json.encode(signed.wire), randomness)


def receive(group: Group, decryption_key: Scalar, sender: Element, untrusted: str) -> str:
    """Return the message that the owner of the verification key ``sender`` sent to the owner of ``decryption_key``.

    Raises:
        MalformedError: it is encrypted to somebody else, changed, or addressed to somebody else.
        MembershipError: it holds a number that is no element, perhaps to learn something of the key.
        ProofRefusedError: the sender did not sign it.
    """
    signed = parse_signed(group, read_json(_decrypt(group, decryption_key, untrusted), SignedWire))
    check_signature(group, sender, signed.message, signed.signature)
    addressed = read_json(signed.message, _ChannelWire)
    if addressed.recipient != str(int(group.secret_power(group.generator, decryption_key))):
        raise MalformedError("a message to somebody else")
    return addressed.message


def _encrypt(group: Group, recipient: Element, text: bytes, randomness: Randomness) -> str:
    if len(text) > MAX_TEXT_BYTES:
        raise ProgrammingError("a message that is too long")
    nonce, key_exponent = draw_scalar(randomness, group), draw_scalar(randomness, group)
    alpha = group.secret_power(group.generator, nonce)
    key = group.secret_power(group.generator, key_exponent)
    beta = group.multiply(group.secret_power(recipient, nonce), key)
    data = _cipher(key).encrypt(_iv(alpha), text, None)
    return msgspec.json.encode(_EncryptedWire(str(int(alpha)), str(int(beta)), data.hex())).decode()


def _decrypt(group: Group, decryption_key: Scalar, untrusted: str) -> bytes:
    wire = read_json(untrusted, _EncryptedWire)
    alpha, beta = group.element(wire.alpha), group.element(wire.beta)
    key = group.divide(beta, group.secret_power(alpha, decryption_key))
    try:
        return _cipher(key).decrypt(_iv(alpha), bytes.fromhex(wire.data), None)
    except (InvalidTag, ValueError) as error:
        raise MalformedError("a message to somebody else, or a changed one") from error


def _cipher(key: Element) -> AESCCM:
    return AESCCM(hashlib.sha256(f"key|{int(key)}".encode()).digest(), _TAG_BYTES)


def _iv(alpha: Element) -> bytes:
    return hashlib.sha256(f"iv|{int(alpha)}".encode()).digest()[:13]
