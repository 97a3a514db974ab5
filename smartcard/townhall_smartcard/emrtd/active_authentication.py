# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Active Authentication (ICAO 9303-11 §6.1): the chip signs a number of ours. Whoever copied its files cannot."""

import hashlib
import hmac
from collections.abc import Iterable
from typing import Final

from asn1crypto.algos import SignedDigestAlgorithm
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from townhall_crypto.errors import SignatureRefusedError
from townhall_crypto.signature_key import CurveKey, verify_signature
from townhall_smartcard.apdu import CommandApdu, Ins
from townhall_smartcard.emrtd.public_keys import EllipticKey, PublicKey, ResidueKey, RsaKey
from townhall_smartcard.emrtd.security_infos import ActiveAuthenticationInfo, SecurityInfo

NONCE_BYTES: Final = 8
PARTIAL_RECOVERY: Final = 0x6A
SHORT_TRAILER: Final = 0xBC
LONG_TRAILER: Final = 0xCC
HASH_OF_TRAILER: Final = {0x33: "sha1", 0x34: "sha256", 0x35: "sha512", 0x36: "sha384", 0x38: "sha224"}
_PLAIN_ECDSA: Final = bytes.fromhex("04007F000701010401")  # BSI TR-03111 §5.2.1.2
_X962_SHA2: Final = bytes.fromhex("2A8648CE3D0403")
_HASHES: Final = {
    _PLAIN_ECDSA + b"\x01": "sha1",
    _PLAIN_ECDSA + b"\x02": "sha224",
    _PLAIN_ECDSA + b"\x03": "sha256",
    _PLAIN_ECDSA + b"\x04": "sha384",
    _PLAIN_ECDSA + b"\x05": "sha512",
    bytes.fromhex("2A8648CE3D0401"): "sha1",
    _X962_SHA2 + b"\x01": "sha224",
    _X962_SHA2 + b"\x02": "sha256",
    _X962_SHA2 + b"\x03": "sha384",
    _X962_SHA2 + b"\x04": "sha512",
}


def challenge(nonce: bytes, longest: int) -> CommandApdu:
    """Return the command that has the chip sign ``nonce``, for an answer of at most ``longest`` bytes."""
    return CommandApdu(0x00, Ins.INTERNAL_AUTHENTICATE, 0x00, 0x00, nonce, le=longest)


def signature_bytes(key: PublicKey) -> int:
    """Return how long a signature is; one by ECDSA in the other form is a few bytes longer."""
    match key:
        case RsaKey(modulus, _):
            return (modulus.bit_length() + 7) // 8
        case EllipticKey(curve, _):
            return 2 * ((curve.order.bit_length() + 7) // 8)
        case ResidueKey():
            return 0


def is_signed(key: PublicKey, infos: Iterable[SecurityInfo], nonce: bytes, untrusted: bytes) -> bool:
    """Tell whether the chip that has ``key``'s private half signed ``nonce``; ``infos`` are those of EF.DG14, if any.

    That says something of the document only once Passive Authentication says that the key is this chip's.
    """
    match key:
        case RsaKey():
            return len(untrusted) == signature_bytes(key) and _is_signed_by_rsa(key, nonce, untrusted)
        case EllipticKey():
            signature = _plain_as_der(untrusted) if len(untrusted) == signature_bytes(key) else untrusted
            return any(_is_signed_by_ecdsa(key, each, nonce, signature) for each in _hashes(key, infos))
        case ResidueKey():
            return False


def _is_signed_by_rsa(key: RsaKey, nonce: bytes, untrusted: bytes) -> bool:
    """ISO/IEC 9796-2, scheme 1, partial recovery, both trailers; both of its ways to sign (B.4, B.6)."""
    number = int.from_bytes(untrusted, "big")
    if number >= key.modulus:
        return False
    opened = pow(number, key.exponent, key.modulus)
    if opened & 0x0F != 0x0C:
        opened = key.modulus - opened
    block = opened.to_bytes(len(untrusted), "big")
    if block[-1] == SHORT_TRAILER:
        name, trailer = "sha1", 1
    elif block[-1] == LONG_TRAILER and block[-2] in HASH_OF_TRAILER:
        name, trailer = HASH_OF_TRAILER[block[-2]], 2
    else:
        return False
    length = hashlib.new(name).digest_size
    recovered, digest = block[1 : -trailer - length], block[-trailer - length : -trailer]
    expected = hashlib.new(name, recovered + nonce).digest()
    return block[0] == PARTIAL_RECOVERY and hmac.compare_digest(digest, expected)


def _hashes(key: EllipticKey, infos: Iterable[SecurityInfo]) -> tuple[str, ...]:
    """Return the hash that DG14 names; without a name each that the key may go with (§6.1.2.3), for older chips."""
    named = [each.algorithm for each in infos if isinstance(each, ActiveAuthenticationInfo)]
    if named:
        return tuple(_HASHES[each] for each in named if each in _HASHES)
    longest = key.curve.order.bit_length() + 7 & ~7
    return tuple(name for name in HASH_OF_TRAILER.values() if 8 * hashlib.new(name).digest_size <= longest)


def _plain_as_der(untrusted: bytes) -> bytes:
    """Write r and s as DER; there are cards (Portugal's) that give them so, against §6.1.2.3."""
    half = len(untrusted) // 2
    return encode_dss_signature(*(int.from_bytes(each, "big") for each in (untrusted[:half], untrusted[half:])))


def _is_signed_by_ecdsa(key: EllipticKey, name: str, nonce: bytes, signature: bytes) -> bool:
    algorithm = SignedDigestAlgorithm({"algorithm": f"{name}_ecdsa"})
    try:
        verify_signature(CurveKey(key.curve.standard, key.point.x, key.point.y), algorithm, signature, nonce)
    except SignatureRefusedError:
        return False
    return True
