# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Signs files with a card into one container (ASiC-E, XAdES B-B) and validates what was signed, without a network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from townhall_crypto.asice_container import Container, ContainerFile, read_container, write_container
from townhall_crypto.asice_xades import Unsigned, XadesFacts, read_signatures, signed_bytes, write_signatures
from townhall_crypto.card_signature import ECDSA_SHA384, CardAlgorithm, is_card_signature
from townhall_crypto.errors import (
    CardSignatureRefusedError,
    CertificateRefusedError,
    ContainerRefusal,
    ContainerRefusedError,
    ProgrammingError,
)
from townhall_crypto.pades_card import SignDigest, expected_bytes
from townhall_crypto.trust import TrustAnchors, Usage, ValidatedCertificate, parse_certificate, validate_certificate

_BEGINNING: Final = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class InspectedContainer:
    """A container whose files are all signed by the named certificate's key. Whether to trust that one is open."""

    files: tuple[ContainerFile, ...] = field(repr=False)
    facts: XadesFacts = field(repr=False)


@dataclass(frozen=True, slots=True)
class ValidatedContainer:
    """Files that one person signed as they are now."""

    files: Mapping[str, bytes] = field(repr=False)
    certificate: ValidatedCertificate
    signed_at: datetime
    """What the signer's computer claimed; proves nothing."""
    role: str = field(repr=False)
    """What the signer claimed to act as; empty: nothing."""


def is_container(untrusted: bytes) -> bool:
    """Whether it begins as containers do and PDFs never do."""
    return untrusted.startswith(_BEGINNING)


async def sign_asice(  # noqa: PLR0913  # each is a fact of its own, all but the first by name
    files: Mapping[str, bytes],
    *,
    certificate: bytes,
    sign_digest: SignDigest,
    signed_at: datetime,
    role: str = "",
    algorithm: CardAlgorithm = ECDSA_SHA384,
) -> bytes:
    """Return a container with the files and one signature over all of them.

    ``sign_digest`` is awaited exactly once; whatever it raises comes out of here. ``algorithm`` is what the key of
    ``certificate`` (DER) does. Nothing is validated but the result: that it is whole and signed by that key.

    Raises:
        CardSignatureRefusedError: ``sign_digest`` returned something that is no signature by the certificate's key.
        CertificateRefusedError: ``certificate`` cannot be read.
        ProgrammingError: a name or the role is outside the format, the time has no zone, or the key does not sign by
            ``algorithm``.
    """
    parse_certificate(certificate)
    expected_bytes(certificate, algorithm)
    if signed_at.tzinfo is None:
        raise ProgrammingError("a document is signed at a time with a time zone")
    contents = tuple(ContainerFile(name, content) for name, content in files.items())
    facts = XadesFacts(certificate, signed_at.astimezone(UTC).replace(microsecond=0), role, algorithm=algorithm)
    write_container(Container(contents, b""))  # names are judged before the card is asked
    digest = algorithm.digest.of(signed_bytes(contents, facts))
    signed = replace(facts, signature=await sign_digest(digest))
    try:
        _verify(contents, signed)
    except ContainerRefusedError:
        raise CardSignatureRefusedError(ContainerRefusal.SIGNATURE_BROKEN.value) from None
    made = write_container(Container(contents, write_signatures(contents, signed)))
    if inspect_container(made).facts != signed:
        raise ProgrammingError("a container that would not be read back")
    return made


def inspect_container(untrusted: bytes) -> InspectedContainer:
    """Return the files and who signed them; raises ContainerRefusedError with the reason."""
    container = read_container(untrusted)
    facts = read_signatures(container.signatures, container.files)
    _verify(container.files, facts)
    return InspectedContainer(container.files, facts)


def validate_asice(untrusted: bytes, anchors: TrustAnchors, at: datetime) -> ValidatedContainer:
    """Return the files and by whom they were signed, if one trusted person signed all of them as they are now.

    The certificate is validated ``at`` the given time: a B-level signature proves no other. A container that holds more
    than level B-B is refused: kiosks make no such thing.

    Raises:
        ContainerRefusedError: with the reason, and the certificate's where that is the reason.
        TrustMaterialError: the anchors cannot be read.
    """
    found = inspect_container(untrusted)
    if found.facts.unsigned != Unsigned():
        raise ContainerRefusedError(ContainerRefusal.NOT_XADES)
    try:
        certificate = validate_certificate(found.facts.certificate_der, anchors, at, Usage.SIGNATURE)
    except CertificateRefusedError as refused:
        raise ContainerRefusedError(ContainerRefusal.CERTIFICATE, refused.reason) from None
    files = {file.name: file.content for file in found.files}
    return ValidatedContainer(files, certificate, found.facts.signed_at, found.facts.role)


def _verify(files: Sequence[ContainerFile], facts: XadesFacts) -> None:
    """Check the signature value; raises ContainerRefusedError."""
    try:
        parse_certificate(facts.certificate_der)
    except CertificateRefusedError as refused:
        raise ContainerRefusedError(ContainerRefusal.CERTIFICATE, refused.reason) from None
    digest = facts.algorithm.digest.of(signed_bytes(files, facts))
    if not is_card_signature(facts.certificate_der, facts.algorithm, digest, facts.signature):
        raise ContainerRefusedError(ContainerRefusal.SIGNATURE_BROKEN)
