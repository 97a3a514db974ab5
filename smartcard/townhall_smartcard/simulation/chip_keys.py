# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The private keys of a simulated eMRTD chip: how it agrees and how it signs, and its public keys in every form."""

import enum
import hashlib
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

from townhall_smartcard.emrtd.active_authentication import (
    HASH_OF_TRAILER,
    LONG_TRAILER,
    PARTIAL_RECOVERY,
    SHORT_TRAILER,
)
from townhall_smartcard.emrtd.agreement import Randomness
from townhall_smartcard.emrtd.cipher import SessionKeys
from townhall_smartcard.emrtd.elliptic import Curve
from townhall_smartcard.emrtd.residues import Residues
from townhall_smartcard.emrtd.security_infos import ChipAuthenticationInfo, ChipAuthenticationKey, KeyAgreement
from townhall_smartcard.tlv import encode

_INTEGER: Final = 0x02
_SEQUENCE: Final = 0x30
_OBJECT_IDENTIFIER: Final = 0x06
_EC: Final = bytes.fromhex("2A8648CE3D0201")
_PRIME_FIELD: Final = bytes.fromhex("2A8648CE3D0101")
_DH_X942: Final = bytes.fromhex("2A8648CE3E0201")
_DH_PKCS3: Final = bytes.fromhex("2A864886F70D010301")
_RSA: Final = bytes.fromhex("2A864886F70D010101")
_STANDARDISED: Final = bytes.fromhex("04007F00070102")

Group: TypeAlias = Curve | Residues


class Form(enum.Enum):
    """How a public key names its group."""

    EXPLICIT = "explicit"  # as the standard demands; PKCS #3 for residues
    COMPRESSED_GENERATOR = "compressed generator"
    X942 = "x9.42"
    STANDARDISED = "standardised"  # by its number


@dataclass(frozen=True, slots=True)
class AgreementKey:
    """A static key pair for Chip Authentication, in the way that one ChipAuthenticationInfo tells."""

    info: ChipAuthenticationInfo
    group: Group
    private: int = field(repr=False)

    def agree(self, public_key: bytes) -> SessionKeys:
        """Agree with the terminal's ephemeral key; raises CardUnreadableError for what is none."""
        match self.group:
            case Curve() as curve:
                secret = curve.secret(curve.multiply(self.private, curve.decode(public_key)))
            case Residues() as residues:
                secret = residues.secret(residues.multiply(self.private, residues.decode(public_key)))
        return SessionKeys.derive(self.info.cipher, secret)

    def public_info(self, form: Form = Form.EXPLICIT, number: int = 0) -> ChipAuthenticationKey:
        """Return the key as EF.DG14 has it; ``number`` is the group's for the standardised form."""
        agreement = KeyAgreement.ECDH if isinstance(self.group, Curve) else KeyAgreement.DH
        return ChipAuthenticationKey(agreement, public_key_info(self.group, self.private, form, number), self.info.key)


class Signer(Protocol):
    """Signs what INTERNAL AUTHENTICATE brings."""

    def sign(self, nonce: bytes) -> bytes:
        """Return the signature."""
        ...


@dataclass(frozen=True, slots=True)
class RsaSigner:
    """ISO/IEC 9796-2, scheme 1, by textbook; ``is_lesser`` signs in the way of its B.4."""

    modulus: int = field(repr=False)
    private: int = field(repr=False)
    hash_name: str
    randomness: Randomness
    has_short_trailer: bool = True
    is_lesser: bool = False

    def sign(self, nonce: bytes) -> bytes:
        """Sign; for SHA-1 the short trailer, unless told otherwise."""
        length = (self.modulus.bit_length() + 7) // 8
        if self.hash_name == "sha1" and self.has_short_trailer:
            trailer = bytes((SHORT_TRAILER,))
        else:
            number = next(each for each, name in HASH_OF_TRAILER.items() if name == self.hash_name)
            trailer = bytes((number, LONG_TRAILER))
        recovered = self.randomness(length - 1 - hashlib.new(self.hash_name).digest_size - len(trailer))
        digest = hashlib.new(self.hash_name, recovered + nonce).digest()
        block = int.from_bytes(bytes((PARTIAL_RECOVERY,)) + recovered + digest + trailer, "big")
        signature = pow(block, self.private, self.modulus)
        if self.is_lesser:
            signature = min(signature, self.modulus - signature)
        return signature.to_bytes(length, "big")


@dataclass(frozen=True, slots=True)
class EcdsaSigner:
    """ECDSA by textbook, in the plain form of BSI TR-03111."""

    curve: Curve
    private: int = field(repr=False)
    hash_name: str
    randomness: Randomness

    def sign(self, nonce: bytes) -> bytes:
        """Sign with a fresh number."""
        order, digest = self.curve.order, hashlib.new(self.hash_name, nonce).digest()
        number = int.from_bytes(digest, "big") >> max(0, 8 * len(digest) - order.bit_length())
        secret = self.curve.random_scalar(self.randomness)
        r = self.curve.multiple_of_generator(secret).x % order
        s = pow(secret, -1, order) * (number + r * self.private) % order
        length = (order.bit_length() + 7) // 8
        return r.to_bytes(length, "big") + s.to_bytes(length, "big")


def public_key_info(group: Group, private: int, form: Form = Form.EXPLICIT, number: int = 0) -> bytes:
    """Return the SubjectPublicKeyInfo of a private key."""
    match group:
        case Curve() as curve:
            key, parameters, kind = curve.encode(curve.multiple_of_generator(private)), _curve(curve, form), _EC
        case Residues() as residues:
            key = _number(residues.multiple_of_generator(private).number)
            numbers = [residues.prime, residues.generator] + [residues.order] * (form is Form.X942)
            parameters = encode(_SEQUENCE, b"".join(map(_number, numbers)))
            kind = _DH_X942 if form is Form.X942 else _DH_PKCS3
    if form is Form.STANDARDISED:
        kind, parameters = _STANDARDISED, _number(number)
    return _info(encode(_OBJECT_IDENTIFIER, kind) + parameters, key)


def rsa_key_info(modulus: int, exponent: int) -> bytes:
    """Return the SubjectPublicKeyInfo of an RSA key."""
    key = encode(_SEQUENCE, _number(modulus) + _number(exponent))
    return _info(encode(_OBJECT_IDENTIFIER, _RSA) + b"\x05\x00", key)


def _info(algorithm: bytes, key: bytes) -> bytes:
    return encode(_SEQUENCE, encode(_SEQUENCE, algorithm) + encode(0x03, b"\x00" + key))


def _curve(curve: Curve, form: Form) -> bytes:
    length = curve.coordinate_bytes
    generator = curve.encode(curve.generator)
    if form is Form.COMPRESSED_GENERATOR:
        generator = bytes((2 | curve.generator.y & 1,)) + generator[1 : 1 + length]
    return encode(
        _SEQUENCE,
        _number(1)
        + encode(_SEQUENCE, encode(_OBJECT_IDENTIFIER, _PRIME_FIELD) + _number(curve.prime))
        + encode(
            _SEQUENCE,
            b"".join(encode(0x04, each.to_bytes(length, "big")) for each in (curve.standard.a, curve.standard.b)),
        )
        + encode(0x04, generator)
        + _number(curve.order)
        + _number(1),
    )


def _number(number: int) -> bytes:
    return encode(_INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))
