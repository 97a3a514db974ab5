# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The steps of a document on its way to proving itself: each asks at most one service, and returns what was reached.

A PDF goes from B-B over B-T and B-LT to B-LTA and is renewed there; a container (ASiC-E) ends at B-LT.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

from asn1crypto import crl

from townhall_central.inbox.assurance_store import Progress
from townhall_central.inbox.case import Level, Verdict
from townhall_crypto.asice import inspect_container, is_container
from townhall_crypto.asice_levels import add_container_proofs, container_timestamp, stamp_container, validate_proved
from townhall_crypto.pades_archive import signature_timestamp, validate_archived
from townhall_crypto.pades_inspection import inspect
from townhall_crypto.pades_levels import (
    Stamped,
    add_archive_timestamp,
    add_signature_timestamp,
    add_validation_data,
    validation_data,
)
from townhall_crypto.pades_timestamp import TimeStamp
from townhall_crypto.trust import TrustAnchors, Usage, parse_certificate, validate_certificate
from townhall_crypto.trust_ocsp import ocsp_request, read_ocsp_answer

RENEW_BEFORE_S = 90 * 24 * 3600
"""So long before its authority's certificate ends, an archive stamp gets the next one around it."""
_DAY_S = 24 * 3600

Clock = Callable[[], int]


class TrustLine(Protocol):
    """Whom we ask."""

    def time_stamp(self, request: bytes) -> bytes:
        """Carry a TimeStampReq to the time-stamping authority; raises TrustServiceError."""

    def ocsp(self, request: bytes) -> bytes:
        """Carry an OCSPRequest to the issuer's responder; raises TrustServiceError."""


@dataclass(frozen=True, slots=True)
class Archive:
    """What documents are made to prove themselves with."""

    line: TrustLine
    anchors: TrustAnchors
    timestamp_anchors: TrustAnchors
    clock: Clock


@dataclass(frozen=True, slots=True)
class _Signed:
    """What a step needs to know of a signed file, whatever its format."""

    certificate_der: bytes
    others_der: tuple[bytes, ...]
    signed_at: datetime
    stamp: TimeStamp


def step(archive: Archive, progress: Progress) -> Progress:
    """Return what the next step reaches; raises CryptoError, TrustServiceError."""
    match progress.level:
        case Level.B:
            return _stamp(archive, progress)
        case Level.T:
            return _ask_issuer(archive, progress)
        case Level.LT:
            return _archive(archive, progress)
        case Level.LTA:
            return _renew(archive, progress)


def _stamp(archive: Archive, progress: Progress) -> Progress:
    add = stamp_container if is_container(progress.document) else add_signature_timestamp
    made = add(progress.document, archive.line.time_stamp, archive.timestamp_anchors)
    at = int(made.stamp.at.timestamp())
    return replace(progress, level=Level.T, document=made.pdf, stamped_at=at, due_at=archive.clock())


def _ask_issuer(archive: Archive, progress: Progress) -> Progress:
    found = _signed(archive, progress.document)
    # Whether the card itself was revoked is the issuer's to say, with the time; about issuers the lists speak.
    anchors = _without_lists_of(archive.anchors, found.certificate_der)
    certificate = validate_certificate(
        found.certificate_der, anchors, found.stamp.at, Usage.SIGNATURE, others_der=found.others_der
    )
    untrusted = archive.line.ocsp(ocsp_request(certificate))
    answer = read_ocsp_answer(untrusted, certificate, anchors, found.stamp.at)
    if answer.revoked_at is not None:
        is_before = answer.revoked_at <= found.signed_at
        return replace(
            progress,
            verdict=Verdict.REVOKED_BEFORE_SIGNING if is_before else Verdict.REVOKED_AFTER_SIGNING,
            revoked_at=int(answer.revoked_at.timestamp()),
            ocsp=answer.der,
            due_at=None,
        )
    chain = (certificate.der, *certificate.chain_der)
    proofs = validation_data(chain, answer.der, anchors, found.stamp, archive.timestamp_anchors)
    if is_container(progress.document):
        return _proved(archive, replace(progress, ocsp=answer.der), add_container_proofs(progress.document, proofs))
    document = add_validation_data(progress.document, proofs)
    return replace(progress, level=Level.LT, document=document, ocsp=answer.der, due_at=archive.clock())


def _signed(archive: Archive, document: bytes) -> _Signed:
    if is_container(document):
        facts = inspect_container(document).facts
        stamp = container_timestamp(document, archive.timestamp_anchors)
        return _Signed(facts.certificate_der, (), facts.signed_at, stamp)
    found = inspect(document)
    return _Signed(found.certificate_der, found.others_der, found.signed_at, signature_timestamp(document))


def _proved(archive: Archive, progress: Progress, container: bytes) -> Progress:
    """Keep no container that does not prove itself; it stays as it is then."""
    proved = validate_proved(container, archive.anchors, archive.timestamp_anchors)
    until = int(proved.stamp.authority_ends.timestamp())
    return replace(
        progress,
        level=Level.LT,
        verdict=Verdict.ACCEPTED,
        document=container,
        archive_until=until,
        due_at=None,
    )


def _without_lists_of(anchors: TrustAnchors, certificate_der: bytes) -> TrustAnchors:
    issuer = parse_certificate(certificate_der).issuer.dump()
    lists = [der for der in anchors.crls_der if crl.CertificateList.load(der).issuer.dump() != issuer]
    return replace(anchors, crls_der=tuple(lists))


def _archive(archive: Archive, progress: Progress) -> Progress:
    made = add_archive_timestamp(progress.document, archive.line.time_stamp, archive.timestamp_anchors)
    return _checked(archive, progress, made)


def _renew(archive: Archive, progress: Progress) -> Progress:
    now = datetime.fromtimestamp(archive.clock(), UTC)
    before = validate_archived(progress.document, archive.anchors, archive.timestamp_anchors, now)
    made = add_archive_timestamp(
        progress.document, archive.line.time_stamp, archive.timestamp_anchors, earlier=before.newest
    )
    return _checked(archive, progress, made)


def _checked(archive: Archive, progress: Progress, made: Stamped) -> Progress:
    """Keep nothing that does not prove itself by what it holds."""
    now = max(datetime.fromtimestamp(archive.clock(), UTC), made.stamp.at)
    archived = validate_archived(made.pdf, archive.anchors, archive.timestamp_anchors, now)
    until = int(archived.newest.authority_ends.timestamp())
    return replace(
        progress,
        level=Level.LTA,
        verdict=Verdict.ACCEPTED,
        document=made.pdf,
        archive_until=until,
        due_at=_renewal(until, archive.clock()),
    )


def _renewal(until: int, now: int) -> int:
    """Return when the next archive stamp is due; an authority that goes on with an old certificate is asked rarely."""
    usual = until - RENEW_BEFORE_S
    return usual if usual > now else now + max((until - now) // 2, _DAY_S)
