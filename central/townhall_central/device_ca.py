# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The authority that certifies kiosks' device keys: a P-256 key that only an approving administrator can open."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from townhall_central.errors import PassphraseRefusedError
from townhall_crypto.device_key import load_device_public_key
from townhall_crypto.errors import MalformedError
from townhall_crypto.secret import Secret

MIN_PASSPHRASE_BYTES = 12
DEVICE_CERTIFICATE_DAYS = 90
_AUTHORITY_DAYS = 3653
# A kiosk whose clock is behind must not hold a certificate "of tomorrow"; nobody is refused for it (see ADR 0010).
_BACKDATED = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class NewAuthority:
    """A fresh device CA: its key under the passphrase, its self-signed certificate."""

    encrypted_key_pem: bytes = field(repr=False)
    certificate_der: bytes


def create(origin: str, passphrase: Secret, now: int) -> NewAuthority:
    """Make a device CA for ten years; raises PassphraseRefusedError under 12 bytes of passphrase."""
    if len(passphrase.reveal()) < MIN_PASSPHRASE_BYTES:
        raise PassphraseRefusedError(f"the passphrase needs {MIN_PASSPHRASE_BYTES} characters or more")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Device CA of {origin}"[:64])])
    builder = (
        _builder(name, name, key.public_key(), now, _AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
    )
    certificate = builder.sign(key, hashes.SHA256())
    encryption = BestAvailableEncryption(bytes(passphrase.reveal()))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    return NewAuthority(pem, certificate.public_bytes(Encoding.DER))


def open_key(encrypted_pem: bytes, passphrase: Secret) -> ec.EllipticCurvePrivateKey:
    """Return the CA's private key; raises PassphraseRefusedError where the passphrase does not open it."""
    try:
        key = load_pem_private_key(encrypted_pem, password=bytes(passphrase.reveal()))
    except (ValueError, TypeError, UnsupportedAlgorithm) as exc:
        raise PassphraseRefusedError("the passphrase does not open the device CA's key") from exc
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise PassphraseRefusedError("this is not the device CA's key")
    return key


def certifier(
    encrypted_pem: bytes, passphrase: Secret, authority_der: bytes, now: int
) -> Callable[[str, bytes], bytes]:
    """Return what certifies (kiosk, public key) for 90 days from `now`; raises PassphraseRefusedError."""
    key = open_key(encrypted_pem, passphrase)
    return lambda kiosk, public_key_der: issue(key, authority_der, kiosk, public_key_der, now)


def issue(key: ec.EllipticCurvePrivateKey, authority_der: bytes, kiosk: str, public_key_der: bytes, now: int) -> bytes:
    """Return a 90-day certificate (DER) that `public_key_der` is the kiosk's; MalformedError unless `is_device_key`."""
    authority = x509.load_der_x509_certificate(authority_der)
    public_key = load_device_public_key(public_key_der)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, kiosk)])
    builder = (
        _builder(name, authority.subject, public_key, now, DEVICE_CERTIFICATE_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def is_device_key(untrusted_der: bytes) -> bool:
    """Tell whether the bytes are a P-256 public key in the one DER spelling that we would write ourselves."""
    try:
        load_device_public_key(untrusted_der)
    except MalformedError:
        return False
    return True


def certified_key(untrusted_certificate: bytes, authority_der: bytes, kiosk: str) -> bytes | None:
    """Return the device key (SPKI) that the authority certified for `kiosk`, or None where it did not.

    Validity times are not looked at: what a kiosk signed is judged when it arrives, weeks later perhaps.
    """
    try:
        certificate = x509.load_der_x509_certificate(untrusted_certificate)
        certificate.verify_directly_issued_by(x509.load_der_x509_certificate(authority_der))
        names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        public_der = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return None
    return public_der if [name.value for name in names] == [kiosk] and is_device_key(public_der) else None


def _builder(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, now: int, days: int
) -> x509.CertificateBuilder:
    moment = dt.datetime.fromtimestamp(now, dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - _BACKDATED)
        .not_valid_after(moment + dt.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
