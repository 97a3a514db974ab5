# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Takes a signed PDF from level B-B to B-T, B-LT and B-LTA (ETSI EN 319 142-1 §6), and keeps it there.

B-T puts a time stamp into the place that the kiosk reserved, so no signed byte changes. B-LT appends the certificates,
the issuer's answer and the lists that prove the signature at that time; B-LTA a time stamp over all of it. A document
that passed ``validate_archived`` proves itself: no server, no cache, nothing beside the anchors.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Final

from asn1crypto import cms, crl, ocsp, x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.signers.pdf_signer import PdfTimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from townhall_crypto.errors import DocumentRefusal, DocumentRefusedError
from townhall_crypto.pades_inspection import UNREADABLE_PDF, inspect, signatures_of
from townhall_crypto.pades_timestamp import DIGEST, AskTsa, TimeStamp, TsaStamper, stamp
from townhall_crypto.pades_update import open_for_update
from townhall_crypto.trust import TrustAnchors, parse_certificate, run

_ARCHIVE_HEX_DIGITS: Final = 16384
"""The place for an archive time stamp: 8 KiB of DER."""


@dataclass(frozen=True, slots=True)
class Stamped:
    """A document with a time stamp, and what the stamp says."""

    pdf: bytes = field(repr=False)
    stamp: TimeStamp


@dataclass(frozen=True, slots=True)
class ValidationData:
    """What proves a signature later: DER of certificates, OCSP answers and revocation lists."""

    certificates_der: tuple[bytes, ...] = field(repr=False)
    ocsps_der: tuple[bytes, ...] = field(repr=False)
    crls_der: tuple[bytes, ...] = field(repr=False)


def add_signature_timestamp(pdf: bytes, ask: AskTsa, timestamp_anchors: TrustAnchors) -> Stamped:
    """Return the document at level B-T: no longer, and changed only in the place of its signature.

    Raises:
        DocumentRefusedError: it is not at level B-B as kiosks make it, or has no room.
        TimestampRefusedError: the authority's answer does not hold.
    """
    inspect(pdf)
    signature = _first_signature(pdf)
    content = cms.ContentInfo.load(signature.pkcs7_content)
    signer_info = content["content"]["signer_infos"][0]
    if signer_info["unsigned_attrs"].native:
        raise DocumentRefusedError(DocumentRefusal.NOT_PADES)
    token, made = stamp(signer_info["signature"].native, ask, timestamp_anchors)
    attribute = cms.CMSAttribute({"type": "signature_time_stamp_token", "values": [token]})
    signer_info["unsigned_attrs"] = cms.CMSAttributes([attribute])
    stamped = _replace_contents(pdf, signature, content.dump(force=True))
    inspect(stamped)
    return Stamped(stamped, made)


def _first_signature(pdf: bytes) -> EmbeddedPdfSignature:
    try:
        return signatures_of(PdfFileReader(BytesIO(pdf), strict=True))[0]
    except IndexError:
        raise DocumentRefusedError(DocumentRefusal.NOT_SIGNED) from None
    except UNREADABLE_PDF:
        raise DocumentRefusedError(DocumentRefusal.UNREADABLE) from None


def _replace_contents(pdf: bytes, signature: EmbeddedPdfSignature, content: bytes) -> bytes:
    _start, length, resume, _rest = (int(number) for number in signature.byte_range)
    room = resume - length - 2  # between "<" and ">"
    digits = content.hex().encode("ascii")
    if len(digits) > room:
        raise DocumentRefusedError(DocumentRefusal.NO_ROOM)
    return pdf[: length + 1] + digits.ljust(room, b"0") + pdf[resume - 1 :]


def validation_data(
    chain_der: Sequence[bytes], ocsp_der: bytes, anchors: TrustAnchors, made: TimeStamp, timestamp_anchors: TrustAnchors
) -> ValidationData:
    """Gather what proves a signature: ``chain_der`` is the person's certificate and its issuers, the anchor last.

    The person's own status is the OCSP answer; for the authorities it is whatever revocation lists the trust data hold
    of their issuers. A list of persons, which may be megabytes, is left out.
    """
    authorities = [parse_certificate(der) for der in chain_der[1:]]
    lists = [
        *lists_of({authority.issuer.dump() for authority in authorities}, anchors.crls_der),
        *lists_of({each.issuer.dump() for each in made.certificates}, timestamp_anchors.crls_der),
    ]
    stamping = [each.dump() for each in made.certificates]
    certificates = [
        *chain_der,
        *stamping,
        *timestamp_anchors.intermediates_der,
        *timestamp_anchors.anchors_der,
    ]
    return ValidationData(tuple(dict.fromkeys(certificates)), (ocsp_der,), tuple(dict.fromkeys(lists)))


def lists_of(issuers: set[bytes], crls_der: Sequence[bytes]) -> list[bytes]:
    """Return the revocation lists of these issuers (DER of their names)."""
    return [der for der in crls_der if crl.CertificateList.load(der).issuer.dump() in issuers]


def add_validation_data(pdf: bytes, proofs: ValidationData) -> bytes:
    """Return the document at level B-LT: ``pdf`` and an update after it.

    Raises:
        DocumentRefusedError: it cannot be read.
    """
    signature = _first_signature(pdf)
    writer = open_for_update(pdf)
    _store(writer, signature.pkcs7_content, proofs)
    return _written(writer)


def _store(writer: IncrementalPdfFileWriter, contents: bytes | None, proofs: ValidationData) -> None:
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        None if contents is None else contents.hex().encode("ascii"),
        certs=[x509.Certificate.load(der) for der in proofs.certificates_der],
        ocsps=[ocsp.OCSPResponse.load(der) for der in proofs.ocsps_der],
        crls=[crl.CertificateList.load(der) for der in proofs.crls_der],
    )


def _written(writer: IncrementalPdfFileWriter) -> bytes:
    output = BytesIO()
    writer.write(output)  # type: ignore[no-untyped-call]  # pyHanko left it untyped
    return output.getvalue()


def add_archive_timestamp(
    pdf: bytes, ask: AskTsa, timestamp_anchors: TrustAnchors, *, earlier: TimeStamp | None = None
) -> Stamped:
    """Return the document at level B-LTA: ``pdf`` and an update with a time stamp over all before it.

    For a renewal, ``earlier`` is the archive stamp that is there already: what proves it is stored first.

    Raises:
        DocumentRefusedError: it cannot be read.
        TimestampRefusedError: the authority's answer does not hold.
    """
    writer = open_for_update(pdf)
    stamper = TsaStamper(ask, timestamp_anchors)
    if earlier is not None:
        certificates = tuple(each.dump() for each in earlier.certificates)
        _store(writer, None, ValidationData(certificates, (), tuple(timestamp_anchors.crls_der)))
    output = run(
        PdfTimeStamper(stamper, readable_field_name="Archive time stamp").async_timestamp_pdf(
            writer, DIGEST, bytes_reserved=_ARCHIVE_HEX_DIGITS
        )
    )
    return Stamped(output.getvalue(), stamper.stamps[-1])
