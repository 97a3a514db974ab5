# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a state's register signed on a card: a signature value beside the data, and the register's certificate.

Every citizen has a key under the same root as the register. So the certificate's name decides: an authority that is
trusted gives the register's name to nobody else.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from asn1crypto.algos import SignedDigestAlgorithm
from asn1crypto.core import Sequence

from townhall_crypto.errors import CertificateRefusal, CertificateRefusedError, SignatureRefusedError
from townhall_crypto.signature_key import UNREADABLE, CurveKey, SignatureKey, read_key, verify_signature
from townhall_crypto.state_errors import KeyRefusedError
from townhall_crypto.trust import TrustAnchors, find_chain, parse_certificate

_HASHES: Final = ("sha256", "sha384", "sha1", "sha512")
"""SHA-1 as with documents: see ``signature_key``."""


@dataclass(frozen=True, slots=True)
class RegisterName:
    """The whole name of a register's certificate."""

    country: str
    organisation: str
    common_name: str


BELGIAN_REGISTER: Final = RegisterName("BE", "RRN", "RRN")
"""The national register (Rijksregister, Registre national)."""


def register_key(certificate_der: bytes, name: RegisterName, anchors: TrustAnchors, at: datetime) -> SignatureKey:
    """Return the register's key, if its certificate has exactly that name and is valid ``at`` that time.

    Raises:
        CertificateRefusedError: with the reason; UNTRUSTED also for another name.
        TrustMaterialError: the anchors themselves cannot be read.
    """
    certificate = parse_certificate(certificate_der)
    try:
        named = sorted(
            (part["type"].native, part["value"].native) for each in certificate.subject.chosen for part in each
        )
        key = read_key(certificate.public_key)
    except (KeyRefusedError, *UNREADABLE):
        raise CertificateRefusedError(CertificateRefusal.UNPARSABLE) from None
    wanted = {"common_name": name.common_name, "country_name": name.country, "organization_name": name.organisation}
    if named != sorted(wanted.items()):
        raise CertificateRefusedError(CertificateRefusal.UNTRUSTED)
    find_chain(certificate, anchors, at)
    return key


def is_register_signature(key: SignatureKey, content: bytes, signature: bytes) -> bool:
    """Tell whether ``signature`` (RSA by PKCS#1 v1.5; ECDSA as DER, perhaps with bytes behind it) is over ``content``.

    The card does not say which hash the register used: each that is believed is tried.
    """
    return any(_verifies(key, algorithm, content, signature) for algorithm in _algorithms(key))


def _algorithms(key: SignatureKey) -> Iterator[SignedDigestAlgorithm]:
    scheme = "ecdsa" if isinstance(key, CurveKey) else "rsa"
    return (SignedDigestAlgorithm({"algorithm": f"{each}_{scheme}"}) for each in _HASHES)


def _verifies(key: SignatureKey, algorithm: SignedDigestAlgorithm, content: bytes, signature: bytes) -> bool:
    try:
        value = Sequence.load(signature).dump() if isinstance(key, CurveKey) else signature
        verify_signature(key, algorithm, value, content)
    except (SignatureRefusedError, *UNREADABLE):
        return False
    return True
