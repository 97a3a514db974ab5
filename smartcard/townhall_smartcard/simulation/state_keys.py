# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Keys of simulated states, spelt in every odd way that real ones are: explicit curves, NULL parameters, PSS.

These keys protect nothing: they live for one run, and the arithmetic on curves that ``cryptography`` cannot name is not
constant in time.
"""

import enum
import hashlib
import secrets
from typing import Final

from asn1crypto import algos, core, keys
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from townhall_crypto.plain_ecdsa import multiple
from townhall_crypto.prime_curves import CURVES, PrimeCurve


class Spelling(enum.Enum):
    """How a state writes its key and its algorithm down."""

    NAMED = enum.auto()  # the curve by its name, as everybody should
    EXPLICIT = enum.auto()  # the curve by its numbers
    FORGED = enum.auto()  # the curve's numbers, but another generator
    NULL = enum.auto()  # by name; NULL behind the algorithm's identifier


class StateKey:
    """A private key that signs as a state does."""

    algorithm: algos.SignedDigestAlgorithm
    digest: str

    def sign(self, message: bytes) -> bytes:
        """Return the signature over a message."""
        raise NotImplementedError

    @property
    def public(self) -> keys.PublicKeyInfo:
        """The public key, as the state spells it."""
        raise NotImplementedError

    @property
    def identifier(self) -> bytes:
        """The subject key identifier."""
        return hashlib.sha1(self.public.dump(), usedforsecurity=False).digest()


class RsaStateKey(StateKey):
    """An RSA key, for PKCS#1 v1.5 or PSS."""

    def __init__(self, *, is_pss: bool = False, digest: str = "sha256") -> None:
        self._key = rsa.generate_private_key(65537, 2048)
        self._hash = _HASHES[digest]
        self.digest = digest
        self._is_pss = is_pss
        self.algorithm = algos.SignedDigestAlgorithm({"algorithm": f"{digest}_rsa"})
        if is_pss:
            name = {"algorithm": digest}
            parameters = {
                "hash_algorithm": name,
                "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": name},
                "salt_length": self._hash.digest_size,
            }
            self.algorithm = algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": parameters})

    def sign(self, message: bytes) -> bytes:
        """Return the signature over a message."""
        if self._is_pss:
            pss = padding.PSS(padding.MGF1(self._hash), self._hash.digest_size)
            return self._key.sign(message, pss, self._hash)
        return self._key.sign(message, padding.PKCS1v15(), self._hash)

    @property
    def public(self) -> keys.PublicKeyInfo:
        """The public key."""
        der = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return keys.PublicKeyInfo.load(der)


class CurveStateKey(StateKey):
    """An elliptic-curve key on any curve of ``townhall_crypto.prime_curves``."""

    def __init__(self, curve: str, spelling: Spelling = Spelling.NAMED, *, digest: str = "sha256") -> None:
        self._curve = CURVES[curve]
        self._spelling = spelling
        self._number = secrets.randbelow(self._curve.order - 1) + 1
        point = _multiple(self._curve, self._number)
        length = self._curve.coordinate_bytes
        self._point = b"\x04" + point[0].to_bytes(length, "big") + point[1].to_bytes(length, "big")
        self.digest = digest
        self.algorithm = algos.SignedDigestAlgorithm({"algorithm": f"{digest}_ecdsa"})
        if spelling is Spelling.NULL:
            self.algorithm["parameters"] = core.Null()

    def sign(self, message: bytes) -> bytes:
        """Return the signature over a message."""
        if self._curve.named is not None:
            key = ec.derive_private_key(self._number, self._curve.named)
            return key.sign(message, ec.ECDSA(_HASHES[self.digest]))
        return self._sign_plainly(hashlib.new(self.digest, message).digest())

    @property
    def public(self) -> keys.PublicKeyInfo:
        """The public key, as the state spells it."""
        algorithm = keys.PublicKeyAlgorithm({"algorithm": "ec", "parameters": self._parameters()})
        return keys.PublicKeyInfo({"algorithm": algorithm, "public_key": keys.ECPointBitString(self._point)})

    def _parameters(self) -> keys.ECDomainParameters:
        if self._spelling in {Spelling.NAMED, Spelling.NULL}:
            return keys.ECDomainParameters(name="named", value=keys.NamedCurve(self._curve.name))
        curve, length = self._curve, self._curve.coordinate_bytes
        base = (curve.x, curve.y) if self._spelling is Spelling.EXPLICIT else _multiple(curve, 2)
        generator = b"\x04" + b"".join(each.to_bytes(length, "big") for each in base)
        numbers = {
            "version": "ecdpVer1",
            "field_id": {"field_type": "prime_field", "parameters": core.Integer(curve.prime)},
            "curve": {"a": curve.a.to_bytes(length, "big"), "b": curve.b.to_bytes(length, "big")},
            "base": keys.ECPoint(generator),
            "order": curve.order,
            "cofactor": 1,
        }
        return keys.ECDomainParameters(name="specified", value=keys.SpecifiedECDomain(numbers))

    def _sign_plainly(self, digest: bytes) -> bytes:
        order = self._curve.order
        number = int.from_bytes(digest, "big") >> max(0, len(digest) * 8 - order.bit_length())
        once = secrets.randbelow(order - 1) + 1
        r = _multiple(self._curve, once)[0] % order
        s = pow(once, -1, order) * (number + r * self._number) % order
        return encode_dss_signature(r, s)


def _multiple(curve: PrimeCurve, scalar: int) -> tuple[int, int]:
    return multiple(curve, scalar, (curve.x, curve.y))


_HASHES: Final = {
    "sha1": hashes.SHA1(),  # noqa: S303  # old documents have it
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
