# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The town's electronic seal on a results paper: PAdES B-B by the key of a seal certificate."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from townhall_crypto.pades import sign_pdf
from townhall_kiosk.errors import ConfigurationError

_OTHERS = 0o077


@dataclass(frozen=True, slots=True)
class Seal:
    """A seal certificate (DER), those between it and its root, and its key."""

    certificate: bytes = field(repr=False)
    chain: tuple[bytes, ...] = field(repr=False)
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    @classmethod
    def load(cls, certificates: Path, key: Path, passphrase: Path | None) -> "Seal":
        """Read a seal: PEM, the seal's own certificate first; the key is PKCS #8, readable by nobody else.

        Raises:
            ConfigurationError: a file is missing, exposed or not what it must be, or they do not belong together.
        """
        try:
            if any(path.stat().st_mode & _OTHERS for path in (key, passphrase) if path is not None):
                raise ConfigurationError("others may read the seal's key or its passphrase: chmod 600")
            secret = None if passphrase is None else passphrase.read_bytes().strip()
            private = load_pem_private_key(key.read_bytes(), secret)
            chain = x509.load_pem_x509_certificates(certificates.read_bytes())
        except OSError as error:
            raise ConfigurationError(f"{error.filename}: {error.strerror}") from error
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise ConfigurationError(
                "not a seal certificate and its key, or the passphrase does not open it"
            ) from error
        if not isinstance(private, ec.EllipticCurvePrivateKey) or chain[0].public_key() != private.public_key():
            raise ConfigurationError("the seal's key is not on a curve, or not the key of the first certificate")
        first, *others = (each.public_bytes(Encoding.DER) for each in chain)
        return cls(first, tuple(others), private)

    def put_on(self, pdf: bytes, at: datetime, tooltip: str) -> bytes:
        """Return the PDF with the seal; raises what ``sign_pdf`` raises."""
        return asyncio.run(
            sign_pdf(
                pdf,
                certificate=self.certificate,
                chain=self.chain,
                sign_digest=self._sign,
                signed_at=at,
                tooltip=tooltip,
            )
        )

    async def _sign(self, digest: bytes) -> bytes:
        r, s = decode_dss_signature(self.key.sign(digest, ec.ECDSA(Prehashed(SHA384()))))
        size = (self.key.key_size + 7) // 8
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")
