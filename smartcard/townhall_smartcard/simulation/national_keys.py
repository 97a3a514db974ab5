# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Keys of simulated national cards with their certificates, and one authority a state that issues them."""

import enum
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from townhall_crypto.card_signature import CardAlgorithm, Digest, Scheme
from townhall_crypto.trust import TrustAnchors

PrivateKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

_HASHES: Final[dict[Digest, hashes.HashAlgorithm]] = {
    Digest.SHA256: hashes.SHA256(),
    Digest.SHA384: hashes.SHA384(),
    Digest.SHA512: hashes.SHA512(),
}
_BEGAN: Final = timedelta(days=90)
_LASTS: Final = timedelta(days=1460)


class KeyKind(enum.Enum):
    """Which key a simulated card has."""

    RSA_2048 = "rsa-2048"
    P256 = "p-256"
    P384 = "p-384"

    def generate(self) -> PrivateKey:
        """Make a fresh key."""
        match self:
            case KeyKind.RSA_2048:
                return rsa.generate_private_key(65537, 2048)
            case KeyKind.P256:
                return ec.generate_private_key(ec.SECP256R1())
            case KeyKind.P384:
                return ec.generate_private_key(ec.SECP384R1())


class KeyUsage(enum.Enum):
    """What a certificate is for."""

    AUTHENTICATION = "authentication"
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class NationalKey:
    """A private key and the certificate (DER) over its public half."""

    private_key: PrivateKey = field(repr=False)
    certificate: bytes = field(repr=False)

    def sign(self, algorithm: CardAlgorithm, digest: bytes) -> bytes | None:
        """Sign a digest as a card of that algorithm does; None for what its key cannot do."""
        hashed = Prehashed(_HASHES[algorithm.digest])
        if len(digest) != algorithm.digest.size_bytes:
            return None
        if isinstance(self.private_key, ec.EllipticCurvePrivateKey):
            if algorithm.scheme is not Scheme.ECDSA:
                return None
            r, s = decode_dss_signature(self.private_key.sign(digest, ec.ECDSA(hashed)))
            width = (self.private_key.key_size + 7) // 8
            return r.to_bytes(width, "big") + s.to_bytes(width, "big")
        match algorithm.scheme:
            case Scheme.RSA_PKCS1:
                return self.private_key.sign(digest, padding.PKCS1v15(), hashed)
            case Scheme.RSA_PSS:
                salted = padding.PSS(padding.MGF1(_HASHES[algorithm.digest]), algorithm.digest.size_bytes)
                return self.private_key.sign(digest, salted, hashed)
            case Scheme.ECDSA:
                return None


@dataclass(frozen=True, slots=True)
class NationalCardKeys:
    """The two keys of a card."""

    authentication: NationalKey
    signature: NationalKey


@dataclass(frozen=True, slots=True)
class CertifiedHolder:
    """Whom certificates name: nobody who lives. ``serial_number`` as that state writes it."""

    country: str
    surname: str
    given_names: str
    serial_number: str


class NationalAuthority:
    """One state's authority for its cards; its key lives in memory and ends with the object."""

    def __init__(self, country: str, at: datetime | None = None, *, name: str = "") -> None:
        """Make the key. ``at`` is the moment that everything is dated from (default: now).

        ``name`` is what it calls itself, if not the issuer of cards.
        """
        self._at: Final = (at or datetime.now(UTC)).replace(microsecond=0)
        self._key: Final = ec.generate_private_key(ec.SECP384R1())
        self._name: Final = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, country),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Townhall simulation"),
                x509.NameAttribute(NameOID.COMMON_NAME, name or f"Townhall TEST issuer of {country} cards"),
            ]
        )
        begun = self._begun(self._name, self._name, self._key.public_key())
        constraints = x509.BasicConstraints(ca=True, path_length=0)
        usage = _usage(key_cert_sign=True, crl_sign=True)
        self.anchor_der: Final = self._signed(
            begun.add_extension(constraints, critical=True).add_extension(usage, critical=True)
        )

    def issue(self, holder: CertifiedHolder, usage: KeyUsage, kind: KeyKind) -> NationalKey:
        """Make a key for a holder and certify it."""
        key = kind.generate()
        attributes = (
            (NameOID.COUNTRY_NAME, holder.country),
            (NameOID.COMMON_NAME, f"{holder.given_names} {holder.surname}"),
            (NameOID.SURNAME, holder.surname),
            (NameOID.GIVEN_NAME, holder.given_names),
            (NameOID.SERIAL_NUMBER, holder.serial_number),
        )
        name = x509.Name([x509.NameAttribute(identifier, value) for identifier, value in attributes if value])
        begun = self._begun(name, self._name, key.public_key())
        bits = {"content_commitment": True} if usage is KeyUsage.SIGNATURE else {"digital_signature": True}
        return NationalKey(key, self._signed(begun.add_extension(_usage(**bits), critical=True)))

    def issue_card_keys(self, holder: CertifiedHolder, authentication: KeyKind, signature: KeyKind) -> NationalCardKeys:
        """Make and certify both keys of a card."""
        return NationalCardKeys(
            self.issue(holder, KeyUsage.AUTHENTICATION, authentication),
            self.issue(holder, KeyUsage.SIGNATURE, signature),
        )

    def issue_register(self, country: str, name: str, kind: KeyKind, *, lasts: timedelta = _LASTS) -> NationalKey:
        """Make a key with which the state's register signs; its certificate names an office, no person.

        ``lasts`` from the moment that everything is dated from; less than nothing for one that has ended.
        """
        key = kind.generate()
        attributes = (
            (NameOID.COMMON_NAME, name),
            (NameOID.ORGANIZATION_NAME, name),
            (NameOID.COUNTRY_NAME, country),
        )
        subject = x509.Name([x509.NameAttribute(identifier, value) for identifier, value in attributes])
        begun = self._begun(subject, self._name, key.public_key(), lasts)
        usage = _usage(digital_signature=True, content_commitment=True)
        return NationalKey(key, self._signed(begun.add_extension(usage, critical=True)))

    def trusted(self) -> TrustAnchors:
        """Return what trusts this authority, with a list that revokes nobody."""
        begun = x509.CertificateRevocationListBuilder().issuer_name(self._name)
        lasting = begun.last_update(self._at - timedelta(hours=1)).next_update(self._at + timedelta(days=7))
        signed = lasting.sign(self._key, hashes.SHA384()).public_bytes(Encoding.DER)
        return TrustAnchors((self.anchor_der,), (), (signed,), self._at)

    def _begun(
        self,
        subject: x509.Name,
        issuer: x509.Name,
        key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey,
        lasts: timedelta = _LASTS,
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._at - _BEGAN)
            .not_valid_after(self._at + lasts)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )

    def _signed(self, begun: x509.CertificateBuilder) -> bytes:
        return begun.sign(self._key, hashes.SHA384()).public_bytes(Encoding.DER)


def _usage(**said: bool) -> x509.KeyUsage:
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: said.get(name, False) for name in names})
