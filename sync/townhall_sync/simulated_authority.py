# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The simulated centre's authority, which certifies device keys."""

import datetime as dt

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from townhall_crypto.device_key import load_device_public_key
from townhall_sync.wire import RestorationBody, SignedRestoration, sign_restoration

_FROM = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
_UNTIL = dt.datetime(2036, 1, 1, tzinfo=dt.UTC)


class SimulatedAuthority:
    """A certificate authority that lives as long as the object."""

    def __init__(self) -> None:
        """Make a key and its self-signed certificate."""
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named("Simulated device authority")
        builder = self._builder(self._name, self._key.public_key())
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.certificate_der = builder.sign(self._key, SHA256()).public_bytes(Encoding.DER)

    def issue(self, kiosk: str, public_der: bytes) -> bytes:
        """Return a certificate (DER) that the key is the kiosk's."""
        builder = self._builder(_named(kiosk), load_device_public_key(public_der))
        return builder.sign(self._key, SHA256()).public_bytes(Encoding.DER)

    def restored(self, body: RestorationBody) -> SignedRestoration:
        """Return an administrator's statement that the log was restored."""
        return sign_restoration(body, self._key)

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(_FROM)
            .not_valid_after(_UNTIL)
        )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
