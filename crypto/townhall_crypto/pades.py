# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Signs PDFs with a card (PAdES B-B, ETSI EN 319 142-1) and validates what was signed, without any network.

The signature field is invisible and the update begins on a line of its own, so that a PDF/A and PDF/UA file stays one.
The place for the signature is twice as large as needed: the centre later puts a signature timestamp into it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner

from townhall_crypto.card_signature import ECDSA_SHA384, CardAlgorithm, Digest
from townhall_crypto.errors import (
    CardSignatureRefusedError,
    CertificateRefusedError,
    DocumentRefusal,
    DocumentRefusedError,
    ProgrammingError,
)
from townhall_crypto.pades_card import CardSigner, SignDigest
from townhall_crypto.pades_inspection import UNREADABLE_PDF, inspect, signatures_of
from townhall_crypto.pades_update import SignatureOnlyUpdate, open_for_update
from townhall_crypto.trust import TrustAnchors, Usage, ValidatedCertificate, validate_certificate

__all__ = ["RESERVED_HEX_DIGITS", "SignDigest", "ValidatedDocument", "sign_pdf", "validate_pdf"]

RESERVED_HEX_DIGITS: Final = 16384
"""The place for the CMS in the file, as hexadecimal digits: 8 KiB of DER, of which a card signature takes some 3."""

_FIELD_NAME: Final = "Signature"


@dataclass(frozen=True, slots=True)
class ValidatedDocument:
    """A PDF that one person signed as it is now, byte for byte."""

    pdf: bytes = field(repr=False)
    certificate: ValidatedCertificate
    signed_at: datetime
    """What the signer's computer claimed; proves nothing."""
    covers_whole_file: bool
    """Always true: a document whose signature leaves bytes out is refused."""


async def sign_pdf(  # noqa: PLR0913 - each is a fact of its own, all but the first by name
    pdf: bytes,
    *,
    certificate: bytes,
    chain: Sequence[bytes],
    sign_digest: SignDigest,
    signed_at: datetime,
    tooltip: str,
    algorithm: CardAlgorithm = ECDSA_SHA384,
) -> bytes:
    """Return the PDF with a signature appended; its beginning is ``pdf``, byte for byte.

    ``sign_digest`` is awaited exactly once, after everything that can be prepared is; whatever it raises comes out of
    here. ``algorithm`` is what the key of ``certificate`` (DER) does; ``chain`` (DER, see
    ``ValidatedCertificate.chain_der``) is put into the file beside it. ``tooltip`` names the invisible field to screen
    readers. Nothing is validated but the result: that it is whole, unchanged and signed by the certificate's key.

    Raises:
        CardSignatureRefusedError: ``sign_digest`` returned something that is no signature by the certificate's key.
        DocumentRefusedError: ``pdf`` cannot be read, or has a signature already.
        CertificateRefusedError: ``certificate`` or one of ``chain`` cannot be read.
        ProgrammingError: ``signed_at`` has no time zone, or the key does not sign by ``algorithm``.
    """
    if signed_at.tzinfo is None:
        raise ProgrammingError("a document is signed at a time with a time zone")
    signer = CardSigner(certificate, chain, algorithm, sign_digest)
    writer = _open_for_update(pdf)
    signed = await _append_signature(writer, signer, algorithm.digest, signed_at, tooltip)
    _require_own_signature(signed, pdf, certificate)
    return signed


def validate_pdf(pdf: bytes, anchors: TrustAnchors, at: datetime) -> ValidatedDocument:
    """Return what was signed and by whom, if one trusted person signed the whole of it and nothing changed since.

    The certificate is validated ``at`` the given time: a B-level signature proves no other.

    Raises:
        DocumentRefusedError: with the reason, and the certificate's where that is the reason.
        TrustMaterialError: the anchors cannot be read.
    """
    found = inspect(pdf)
    try:
        certificate = validate_certificate(
            found.certificate_der, anchors, at, Usage.SIGNATURE, others_der=found.others_der
        )
    except CertificateRefusedError as refused:
        raise DocumentRefusedError(DocumentRefusal.CERTIFICATE, refused.reason) from None
    return ValidatedDocument(pdf, certificate, found.signed_at, covers_whole_file=True)


def _open_for_update(pdf: bytes) -> SignatureOnlyUpdate:
    writer = open_for_update(pdf)
    try:
        has_signature = bool(signatures_of(writer.prev))
    except UNREADABLE_PDF:
        raise DocumentRefusedError(DocumentRefusal.UNREADABLE) from None
    if has_signature:
        raise DocumentRefusedError(DocumentRefusal.SEVERAL_SIGNATURES)
    return writer


async def _append_signature(
    writer: IncrementalPdfFileWriter, signer: CardSigner, digest: Digest, signed_at: datetime, tooltip: str
) -> bytes:
    metadata = PdfSignatureMetadata(_FIELD_NAME, md_algorithm=digest.value, subfilter=SigSeedSubFilter.PADES)
    field_spec = SigFieldSpec(_FIELD_NAME, readable_field_name=tooltip)
    session = PdfSigner(metadata, signer, new_field_spec=field_spec).init_signing_session(writer)
    session.system_time = signed_at.replace(microsecond=0)
    document = session.prepare_tbs_document(validation_info=None, bytes_reserved=RESERVED_HEX_DIGITS)
    prepared, output = document.digest_tbs_document()
    await document.perform_signature(prepared.document_digest, PdfCMSSignedAttributes())
    output.seek(0)
    signed: bytes = output.read()
    return signed


def _require_own_signature(signed: bytes, pdf: bytes, certificate: bytes) -> None:
    """Hand out nothing that fails: cards and readers have returned garbage before."""
    try:
        found = inspect(signed)
    except DocumentRefusedError as refused:
        if refused.reason is DocumentRefusal.SIGNATURE_BROKEN:
            raise CardSignatureRefusedError(DocumentRefusal.SIGNATURE_BROKEN.value) from None
        raise
    if found.certificate_der != certificate or not signed.startswith(pdf):
        raise ProgrammingError("the signed document is not the one that was to be signed")
