# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Card verifiable certificates (BSI TR-03110-3 §C.1): read, checked and issued, for simulated cards and eID servers.

The card reads them itself, so they hold little: who signed, whose key, for which rights, from when until when.
"""

from dataclasses import dataclass, field
from typing import Final, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from townhall_smartcard.errors import CardUnreadableError
from townhall_smartcard.tlv import encode, parse_all, value_at

CERTIFICATE, BODY, SIGNATURE = 0x7F21, 0x7F4E, 0x5F37
TEMPLATE: Final = 0x7F4C
TERMINAL_SHA_256: Final = bytes.fromhex("04007F00070202020203")
"""Terminal Authentication by ECDSA with SHA-256."""
AUTHENTICATION_TERMINAL: Final = bytes.fromhex("04007F000703010202")
_PROFILE, _AUTHORITY, _KEY, _HOLDER, _STARTS, _ENDS = 0x5F29, 0x42, 0x7F49, 0x5F20, 0x5F25, 0x5F24
_IDENTIFIER, _POINT, _BITS = 0x06, 0x86, 0x53
_ECDSA: Final = TERMINAL_SHA_256[:-1]
_HASHES: Final[dict[int, hashes.HashAlgorithm]] = {3: hashes.SHA256(), 4: hashes.SHA384(), 5: hashes.SHA512()}
_CURVES: Final[dict[int, ec.EllipticCurve]] = {
    65: ec.BrainpoolP256R1(),
    97: ec.BrainpoolP384R1(),
    129: ec.BrainpoolP512R1(),
}
_RIGHTS_BYTES: Final = 5
PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey
PublicKey: TypeAlias = ec.EllipticCurvePublicKey


@dataclass(frozen=True, slots=True)
class CardVerifiable:
    """One certificate, of which nothing is checked but its form."""

    authority: bytes
    holder: bytes
    protocol: bytes
    point: bytes
    rights: int
    """Bits of an authentication terminal; the two highest say whether it may certify others."""
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    body: bytes = field(repr=False)
    """What is signed, with its tag."""
    signature: bytes = field(repr=False)

    @property
    def public_key(self) -> PublicKey:
        """The holder's key; raises CardUnreadableError for a point of no known curve."""
        return key_at(self.point)

    def is_signed_by(self, protocol: bytes, key: PublicKey) -> bool:
        """Tell whether a key signed this, in the way that its own certificate names."""
        return is_signed(protocol, key, self.body, self.signature)


def parse_certificate(untrusted: bytes) -> CardVerifiable:
    """Read a certificate without its outermost tag, as PSO: Verify Certificate brings it.

    Raises:
        CardUnreadableError: it is none, or of another kind of terminal.
    """
    body = value_at(untrusted, BODY)
    key, template = value_at(body, _KEY), value_at(body, TEMPLATE)
    if value_at(template, _IDENTIFIER) != AUTHENTICATION_TERMINAL:
        raise CardUnreadableError("a certificate of another kind of terminal")
    return CardVerifiable(
        authority=value_at(body, _AUTHORITY),
        holder=value_at(body, _HOLDER),
        protocol=value_at(key, _IDENTIFIER),
        point=value_at(key, _POINT),
        rights=rights_in(encode(TEMPLATE, template)),
        starts=tuple(value_at(body, _STARTS)),
        ends=tuple(value_at(body, _ENDS)),
        body=encode(BODY, body),
        signature=value_at(untrusted, SIGNATURE),
    )


def rights_in(untrusted_template: bytes) -> int:
    """Return the bits of a template (7F4C); raises CardUnreadableError for one that is none of five bytes."""
    bits = value_at(untrusted_template, TEMPLATE, _BITS)
    if len(bits) != _RIGHTS_BYTES:
        raise CardUnreadableError(f"rights of {len(bits)} bytes")
    return int.from_bytes(bits, "big")


def template_of(rights: int) -> bytes:
    """Return the template of an authentication terminal with these bits."""
    bits = encode(_BITS, rights.to_bytes(_RIGHTS_BYTES, "big"))
    return encode(TEMPLATE, encode(_IDENTIFIER, AUTHENTICATION_TERMINAL) + bits)


def key_at(point: bytes) -> PublicKey:
    """Return the key at a point.

    Raises:
        CardUnreadableError: it lies on no curve that is known.
    """
    curve = _CURVES.get(len(point))
    if curve is None:
        raise CardUnreadableError(f"a point of {len(point)} bytes")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(curve, point)
    except ValueError as exc:
        raise CardUnreadableError("a point beside its curve") from exc


def point_of(key: PublicKey) -> bytes:
    """Return a key as a point is encoded."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def is_signed(protocol: bytes, key: PublicKey, message: bytes, signature: bytes) -> bool:
    """Tell whether a key signed a message by ECDSA; the signature is r and s, as long as each other."""
    hashing = _HASHES.get(protocol[-1]) if protocol[:-1] == _ECDSA else None
    half = len(signature) // 2
    if hashing is None or not half or len(signature) % 2:
        return False
    r, s = int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
    try:
        key.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashing))
    except InvalidSignature:
        return False
    return True


def signed(key: PrivateKey, message: bytes) -> bytes:
    """Sign by ECDSA with SHA-256; return r and s."""
    r, s = decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))
    length = (key.key_size + 7) // 8
    return r.to_bytes(length, "big") + s.to_bytes(length, "big")


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody with a key and a certificate for it."""

    name: bytes
    key: PrivateKey = field(repr=False)
    certificate: bytes
    """With its outermost tag."""

    def issue(self, name: bytes, rights: int, ends: str = "991231") -> "Holder":
        """Certify a new holder; ``ends`` is a day as YYMMDD."""
        return _certified(self.name, self.key, name, rights, ends)


def root(name: bytes, rights: int) -> Holder:
    """Make somebody who certifies themself."""
    return _certified(name, None, name, rights, "991231")


def _certified(authority: bytes, signer: PrivateKey | None, name: bytes, rights: int, ends: str) -> Holder:
    key = ec.generate_private_key(ec.BrainpoolP256R1())
    public = encode(_IDENTIFIER, TERMINAL_SHA_256) + encode(_POINT, point_of(key.public_key()))
    body = encode(
        BODY,
        encode(_PROFILE, b"\x00")
        + encode(_AUTHORITY, authority)
        + encode(_KEY, public)
        + encode(_HOLDER, name)
        + template_of(rights)
        + encode(_STARTS, bytes((2, 6, 0, 1, 0, 1)))
        + encode(_ENDS, bytes(int(each) for each in ends)),
    )
    certificate = encode(CERTIFICATE, body + encode(SIGNATURE, signed(signer or key, body)))
    return Holder(name, key, certificate)


def without_tag(certificate: bytes) -> bytes:
    """Return a certificate without its outermost tag; raises CardUnreadableError for what is none."""
    (outer,) = parse_all(certificate)
    return outer.value
