# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Public keys as states write them, and what they signed: by RSA (PKCS#1 v1.5 and PSS) or ECDSA.

asn1crypto reads the key and its algorithm, whatever the spelling; OpenSSL checks the signature by the key's numbers and
the curve's name. So an odd spelling never decides whether a citizen's document is believed.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from asn1crypto.algos import SignedDigestAlgorithm
from asn1crypto.keys import PublicKeyInfo
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from townhall_crypto.errors import SignatureRefusedError
from townhall_crypto.plain_ecdsa import is_ecdsa_signature
from townhall_crypto.prime_curves import PrimeCurve, curve_of
from townhall_crypto.state_errors import KeyRefusal, KeyRefusedError

UNREADABLE: Final = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)
"""What asn1crypto raises at bytes that are not what they should be."""

_HASHES: Final[Mapping[str, Callable[[], hashes.HashAlgorithm]]] = {
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
"""SHA-1 stays: who forges a state's signature needs a second preimage, and documents of that time are in use."""
_RSA_BITS: Final = range(1024, 16384 + 1)
_MAX_EXPONENT_BITS: Final = 64


@dataclass(frozen=True, slots=True)
class CurveKey:
    """A point of one of the curves that states use."""

    curve: PrimeCurve
    x: int = field(repr=False)
    y: int = field(repr=False)


SignatureKey: TypeAlias = rsa.RSAPublicKey | CurveKey


def read_key(untrusted: PublicKeyInfo) -> SignatureKey:
    """Return the key that a certificate holds.

    Raises:
        KeyRefusedError: with the reason.
    """
    try:
        kind = untrusted["algorithm"]["algorithm"].native
        if kind in {"rsa", "rsassa_pss"}:
            return _rsa_key(untrusted)
        if kind == "ec":
            return _curve_key(untrusted)
    except UNREADABLE:
        raise KeyRefusedError(KeyRefusal.UNREADABLE) from None
    raise KeyRefusedError(KeyRefusal.KIND)


def describe(key: SignatureKey) -> str:
    """Return a word for tables: ``RSA-2048``, ``brainpoolp256r1``."""
    return key.curve.name if isinstance(key, CurveKey) else f"RSA-{key.key_size}"


def verify_signature(
    key: SignatureKey, algorithm: SignedDigestAlgorithm, signature: bytes, message: bytes, *, digest: str = ""
) -> None:
    """Check a signature over a message; ``digest`` is the hash where the algorithm names none (CMS).

    Raises:
        SignatureRefusedError: it is not by this key, or by an algorithm that is not believed.
    """
    try:
        kind = algorithm.signature_algo
        if isinstance(key, CurveKey) and kind == "ecdsa":
            _verify_ecdsa(key, _hash_of(algorithm, digest), signature, message)
        elif isinstance(key, rsa.RSAPublicKey) and kind == "rsassa_pkcs1v15":
            key.verify(signature, message, padding.PKCS1v15(), _hash_of(algorithm, digest))
        elif isinstance(key, rsa.RSAPublicKey) and kind == "rsassa_pss":
            _verify_pss(key, algorithm, signature, message)
        else:
            raise SignatureRefusedError("the algorithm is not one of this key")
    except (InvalidSignature, UnsupportedAlgorithm, *UNREADABLE):
        raise SignatureRefusedError("not by this key") from None


def _rsa_key(untrusted: PublicKeyInfo) -> rsa.RSAPublicKey:
    numbers = untrusted["public_key"].parsed
    modulus, exponent = numbers["modulus"].native, numbers["public_exponent"].native
    if modulus.bit_length() not in _RSA_BITS or exponent.bit_length() > _MAX_EXPONENT_BITS:
        raise KeyRefusedError(KeyRefusal.WEAK)
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()


def _curve_key(untrusted: PublicKeyInfo) -> CurveKey:
    curve = curve_of(untrusted["algorithm"]["parameters"])
    x, y = _coordinates(curve, bytes(untrusted["public_key"]))
    if not curve.has(x, y):
        raise KeyRefusedError(KeyRefusal.POINT)
    return CurveKey(curve, x, y)


def _coordinates(curve: PrimeCurve, encoded: bytes) -> tuple[int, int]:
    """Take a point apart (SEC 1 §2.3.4)."""
    length = curve.coordinate_bytes
    if len(encoded) == 1 + 2 * length and encoded[0] in {4, 6, 7}:
        return int.from_bytes(encoded[1 : 1 + length], "big"), int.from_bytes(encoded[1 + length :], "big")
    if len(encoded) != 1 + length or encoded[0] not in {2, 3}:
        raise KeyRefusedError(KeyRefusal.POINT)
    if curve.named is not None:
        point = ec.EllipticCurvePublicKey.from_encoded_point(curve.named, encoded).public_numbers()
        return point.x, point.y
    x = int.from_bytes(encoded[1:], "big")
    # The primes of those curves are 3 modulo 4 (RFC 5639 §3.1); whether there is a root shows at the point's check.
    y = pow(x * x * x + curve.a * x + curve.b, (curve.prime + 1) // 4, curve.prime)
    return x, y if y % 2 == encoded[0] % 2 else curve.prime - y


def _hash_of(algorithm: SignedDigestAlgorithm, digest: str) -> hashes.HashAlgorithm:
    try:
        name = algorithm.hash_algo
    except ValueError:
        name = digest  # CMS names the hash elsewhere (RFC 5754 §3.2)
    return _hash_named(name)


def _hash_named(name: str) -> hashes.HashAlgorithm:
    if name not in _HASHES:
        raise SignatureRefusedError("a hash that is not believed")
    return _HASHES[name]()


def _verify_ecdsa(key: CurveKey, algorithm: hashes.HashAlgorithm, signature: bytes, message: bytes) -> None:
    curve = key.curve
    if curve.named is not None:
        numbers = ec.EllipticCurvePublicNumbers(key.x, key.y, curve.named)
        numbers.public_key().verify(signature, message, ec.ECDSA(algorithm))
        return
    digest = hashlib.new(algorithm.name, message).digest()
    if not is_ecdsa_signature(curve, (key.x, key.y), digest, decode_dss_signature(signature)):
        raise InvalidSignature


def _verify_pss(key: rsa.RSAPublicKey, algorithm: SignedDigestAlgorithm, signature: bytes, message: bytes) -> None:
    """Check by the parameters that the algorithm spells out (RFC 4055 §3.1)."""
    parameters = algorithm["parameters"]
    mask = parameters["mask_gen_algorithm"]
    if mask["algorithm"].native != "mgf1" or parameters["trailer_field"].native != "trailer_field_bc":
        raise SignatureRefusedError("a mask that nobody uses")
    mask_hash = _hash_named(mask["parameters"]["algorithm"].native)
    salted = padding.PSS(mgf=padding.MGF1(mask_hash), salt_length=parameters["salt_length"].native)
    key.verify(signature, message, salted, _hash_named(parameters["hash_algorithm"]["algorithm"].native))
