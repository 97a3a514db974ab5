# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Content that an office of a state signed: CMS signed data (RFC 5652) as ICAO 9303-10 and 9303-12 narrow it down.

What is returned was signed by the key of the certificate that is returned with it. Whether that certificate is to be
believed is another question, and asked elsewhere.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from asn1crypto import cms, core, x509

from townhall_crypto.errors import SignatureRefusedError
from townhall_crypto.signature_key import UNREADABLE, read_key, verify_signature
from townhall_crypto.state_errors import ContentRefusal, ContentRefusedError, KeyRefusedError

_DIGESTS: Final = frozenset({"sha1", "sha224", "sha256", "sha384", "sha512"})
_ATTRIBUTES: Final = frozenset({"content_type", "message_digest", "signing_time"})


@dataclass(frozen=True, slots=True)
class UnverifiedContent:
    """Signed data taken apart; nothing of it was checked."""

    untrusted_content: bytes = field(repr=False)
    untrusted_certificates: tuple[x509.Certificate, ...] = field(repr=False)
    signer: cms.SignerInfo = field(repr=False)
    content_type: str


@dataclass(frozen=True, slots=True)
class SignedContent:
    """Content with the certificate whose key signed it."""

    content: bytes = field(repr=False)
    signer: x509.Certificate = field(repr=False)
    signed_at: datetime | None
    """As the signer claims; None: it claims nothing."""
    digest: str
    """The hash that stands for the content, as asn1crypto spells it."""


def open_content(untrusted: bytes, content_types: frozenset[str]) -> UnverifiedContent:
    """Take CMS signed data apart, whose content must be of one of the types (dotted object identifiers).

    Raises:
        ContentRefusedError: it cannot be read, holds something else, or was not signed by exactly one signer.
    """
    try:
        info = cms.ContentInfo.load(untrusted)
        if info["content_type"].native != "signed_data":
            raise ContentRefusedError(ContentRefusal.UNREADABLE)
        signed = info["content"]
        encapsulated = signed["encap_content_info"]
        content_type = encapsulated["content_type"].dotted
        content = _octets(encapsulated["content"])
        signers = list(signed["signer_infos"])
        # Certificates that cannot be read, and attribute certificates, are nobody's signer.
        certificates = tuple(each.chosen for each in signed["certificates"] or () if each.name == "certificate")
    except UNREADABLE:
        raise ContentRefusedError(ContentRefusal.UNREADABLE) from None
    if content_type not in content_types:
        raise ContentRefusedError(ContentRefusal.OTHER_CONTENT)
    if len(signers) != 1:
        raise ContentRefusedError(ContentRefusal.SIGNERS)
    return UnverifiedContent(content, certificates, signers[0], content_type)


def _octets(content: core.Asn1Value) -> bytes:
    """Return what is signed; some states give the version of PKCS #7, where asn1crypto expects no octets."""
    return bytes(content.parse(core.OctetString) if isinstance(content, core.Any) else content)


def verify_content(unverified: UnverifiedContent) -> SignedContent:
    """Return the content if its signer's certificate is in it and its key signed exactly these bytes, as this type.

    Raises:
        ContentRefusedError: with the reason.
    """
    try:
        return _verify(unverified)
    except UNREADABLE:
        raise ContentRefusedError(ContentRefusal.UNREADABLE) from None


def _verify(unverified: UnverifiedContent) -> SignedContent:
    signer, content = unverified.signer, unverified.untrusted_content
    certificate = _certificate_of(signer, unverified.untrusted_certificates)
    digest = signer["digest_algorithm"]["algorithm"].native
    bound = _attributes_of(signer)
    if digest not in _DIGESTS or bound.content_type != unverified.content_type:
        raise ContentRefusedError(ContentRefusal.NOT_BOUND)
    if not hmac.compare_digest(hashlib.new(digest, content).digest(), bound.digest):
        raise ContentRefusedError(ContentRefusal.CHANGED)
    _verify_signature(signer, certificate, digest)
    return SignedContent(content, certificate, bound.signed_at, digest)


def _certificate_of(signer: cms.SignerInfo, certificates: tuple[x509.Certificate, ...]) -> x509.Certificate:
    identifier = signer["sid"].chosen
    for certificate in certificates:
        if signer["sid"].name == "subject_key_identifier":
            is_it = certificate.key_identifier == identifier.native
        else:
            is_number = certificate.serial_number == identifier["serial_number"].native
            is_it = is_number and certificate.issuer == identifier["issuer"]
        if is_it:
            return certificate
    raise ContentRefusedError(ContentRefusal.NO_CERTIFICATE)


@dataclass(frozen=True, slots=True)
class _Bound:
    """What the signed attributes say."""

    content_type: str
    digest: bytes
    signed_at: datetime | None


def _attributes_of(signer: cms.SignerInfo) -> _Bound:
    """Read the signed attributes; one that stands twice, or without one value, binds nothing (RFC 5652 §11)."""
    found = {}
    for attribute in signer["signed_attrs"]:
        name = attribute["type"].native
        if name in found or (name in _ATTRIBUTES and len(attribute["values"]) != 1):
            raise ContentRefusedError(ContentRefusal.NOT_BOUND)
        found[name] = attribute["values"]
    if not {"content_type", "message_digest"} <= found.keys():
        raise ContentRefusedError(ContentRefusal.NOT_BOUND)
    signed_at = found["signing_time"][0].native if "signing_time" in found else None
    if signed_at is not None and signed_at.tzinfo is None:
        signed_at = signed_at.replace(tzinfo=UTC)
    return _Bound(found["content_type"][0].dotted, bytes(found["message_digest"][0]), signed_at)


def _verify_signature(signer: cms.SignerInfo, certificate: x509.Certificate, digest: str) -> None:
    try:
        key = read_key(certificate.public_key)
        # The signature is over the attributes as a SET (RFC 5652 §5.4).
        message = signer["signed_attrs"].untag().dump()
        signature = bytes(signer["signature"])
        verify_signature(key, signer["signature_algorithm"], signature, message, digest=digest)
    except (KeyRefusedError, SignatureRefusedError):
        raise ContentRefusedError(ContentRefusal.SIGNATURE_BROKEN) from None
