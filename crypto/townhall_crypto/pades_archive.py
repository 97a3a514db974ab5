# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Checks that an archived document proves its signature by itself (ETSI EN 319 102-1 §5.6.3), without any network.

The engine is pyHanko's, asked so that it neither fetches nor lets pass what nobody vouches for: revocation data are
required for everybody in every path, from the document, or for the newest time stamp from the trust data.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Final

from asn1crypto import cms, crl
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.general import (
    MultivaluedAttributeError,
    NonexistentAttributeError,
    extract_certificate_info,
    find_unique_cms_attribute,
)
from pyhanko.sign.validation.ades import AdESLTAValidationResult, ades_lta_validation
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.policy_decl import (
    LocalKnowledge,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import CRLContainer

from townhall_crypto.errors import DocumentRefusal, DocumentRefusedError
from townhall_crypto.pades_inspection import UNREADABLE_PDF
from townhall_crypto.pades_timestamp import TimeStamp
from townhall_crypto.trust import TrustAnchors, Usage, parse_certificate

_LIBRARIES: Final = ("pyhanko", "pyhanko_certvalidator")


@dataclass(frozen=True, slots=True)
class ArchivedDocument:
    """A document whose signature is proved by what it holds."""

    pdf: bytes = field(repr=False)
    proved_at: datetime
    """The signature existed at this time: its first time stamp."""
    newest: TimeStamp
    """The archive stamp over everything; a newer one is due before its authority's certificate ends."""


def validate_archived(
    pdf: bytes, anchors: TrustAnchors, timestamp_anchors: TrustAnchors, at: datetime
) -> ArchivedDocument:
    """Return what the document proves ``at`` a time, with nothing from outside but trust data. Not in an event loop.

    Raises:
        DocumentRefusedError: it does not.
    """
    try:
        reader = PdfFileReader(BytesIO(pdf), strict=True)
        signature, *_stamps = reader.embedded_regular_signatures
        newest = list(reader.embedded_timestamp_signatures)[-1]
        with _silent_libraries():
            result = asyncio.run(ades_lta_validation(signature, _question(anchors, timestamp_anchors), _moment(at)))
            stamp = _stamp_of(newest.signed_data)
    except UNREADABLE_PDF:
        raise DocumentRefusedError(DocumentRefusal.NOT_ARCHIVED) from None
    proved_at = _proved_at(result)
    if len(reader.embedded_regular_signatures) != 1 or proved_at is None or not _covers_all(newest):
        raise DocumentRefusedError(DocumentRefusal.NOT_ARCHIVED)
    return ArchivedDocument(pdf, proved_at, stamp)


def signature_timestamp(pdf: bytes) -> TimeStamp:
    """Return the time stamp in the document's signature, as ``add_signature_timestamp`` checked and put it there.

    Raises:
        DocumentRefusedError: there is none.
    """
    try:
        signature = PdfFileReader(BytesIO(pdf), strict=True).embedded_regular_signatures[0]
        token = find_unique_cms_attribute(signature.signer_info["unsigned_attrs"], "signature_time_stamp_token")
        return _stamp_of(token["content"])
    except (*UNREADABLE_PDF, NonexistentAttributeError, MultivaluedAttributeError):
        raise DocumentRefusedError(DocumentRefusal.NOT_PADES) from None


def _proved_at(result: AdESLTAValidationResult) -> datetime | None:
    """Return the time of the first stamp over the signature if all of it holds."""
    status, stamped = result.api_status, result.signature_timestamp_status
    if result.ades_subindic is not AdESPassed.OK or status is None or not (status.intact and status.valid):
        return None
    if stamped is None or stamped.ades_subindic is not AdESPassed.OK or stamped.api_status is None:
        return None
    level = status.modification_level
    if level is None or level > ModificationLevel.LTA_UPDATES or result.oldest_evidence_record_timestamp is None:
        return None
    proved: datetime = stamped.api_status.timestamp
    return proved


def _covers_all(stamp: EmbeddedPdfSignature) -> bool:
    """Whether nothing stands after the newest archive stamp."""
    _start, _length, resume, rest = (int(number) for number in stamp.byte_range)
    return bool(resume + rest == stamp.reader.stream.seek(0, 2))


def _stamp_of(signed_data: cms.SignedData) -> TimeStamp:
    certificates = extract_certificate_info(signed_data)
    authority = certificates.signer_cert
    at: datetime = signed_data["encap_content_info"]["content"].parsed["gen_time"].native
    return TimeStamp(at, authority.not_valid_after, (authority, *certificates.other_certs))


def _question(anchors: TrustAnchors, timestamp_anchors: TrustAnchors) -> PdfSignatureValidationSpec:
    known = LocalKnowledge(
        known_certs=[parse_certificate(der) for der in anchors.intermediates_der + timestamp_anchors.intermediates_der],
        known_crls=[CRLContainer(crl.CertificateList.load(der)) for der in timestamp_anchors.crls_der],
    )
    return PdfSignatureValidationSpec(
        SignatureValidationSpec(
            cert_validation_policy=_policy(anchors),
            ts_cert_validation_policy=_policy(timestamp_anchors),
            revinfo_gathering_policy=RevocationInfoGatheringSpec(RevinfoOnlineFetchingRule.LOCAL_ONLY),
            key_usage_settings=KeyUsageConstraints(key_usage={Usage.SIGNATURE.value}),
            local_knowledge=known,
        )
    )


def _policy(anchors: TrustAnchors) -> CertValidationPolicySpec:
    roots = [parse_certificate(der) for der in anchors.anchors_der]
    # Answers are asked for after the stamp that they speak for, so they must count for the time before them.
    return CertValidationPolicySpec(
        SimpleTrustManager.build(roots), CertRevTrustPolicy(REQUIRE_REVINFO, retroactive_revinfo=True)
    )


def _moment(at: datetime) -> ValidationTimingInfo:
    return ValidationTimingInfo(validation_time=at, best_signature_time=at, point_in_time_validation=True)


@contextmanager
def _silent_libraries() -> Iterator[None]:
    """Their warnings name the person."""
    loggers = [logging.getLogger(name) for name in _LIBRARIES]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
