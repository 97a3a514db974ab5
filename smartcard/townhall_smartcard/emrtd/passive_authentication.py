# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Passive Authentication (ICAO 9303-11 §5.1): is what was read from a chip what a state signed?

Pure: bytes, trust data and a time in, a verdict out. Each part is judged for itself as far as it can be, and a clerk
sees which one failed. A document's data are believed only where the verdict ``is_accepted``.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from townhall_crypto.errors import ProgrammingError
from townhall_crypto.signed_content import SignedContent, UnverifiedContent, open_content, verify_content
from townhall_crypto.state_certificate import StateCertificate, is_document_signer, name_of, read_certificate
from townhall_crypto.state_errors import AuthorityRefusedError, ContentRefusal, ContentRefusedError
from townhall_crypto.state_trust import StateTrust
from townhall_crypto.trust_revocation import ListTimes, Verdict
from townhall_crypto.trust_verdict import Doubt, RevocationNeed, TrustEvidence, TrustPolicy, judge
from townhall_smartcard.emrtd.lds.mrz import parse_dg1
from townhall_smartcard.emrtd.lds.security_object import (
    SECURITY_INFOS,
    SecurityObject,
    open_sod,
    parse_security_object,
)
from townhall_smartcard.emrtd.passive_verdict import (
    GOOD,
    NOT_REACHED,
    Check,
    Finding,
    PassiveVerdict,
    Reason,
    Signer,
    Standing,
)
from townhall_smartcard.emrtd.states import countries_of
from townhall_smartcard.errors import DataGroupUnreadableError

POLICY: Final = TrustPolicy(RevocationNeed.PROVISIONAL, crl_age=timedelta(days=90), list_age=timedelta(days=30))
"""A state makes a new revocation list at least every 90 days (ICAO 9303-12 §7.1.4)."""

_ZONE: Final = 1
_CLOCK_TOLERANCE: Final = timedelta(minutes=5)
_DOUBTS: Final = {
    Doubt.NO_CRL: (Check.REVOCATION, Reason.NO_LIST),
    Doubt.CRL_ENDED: (Check.REVOCATION, Reason.LIST_ENDED),
    Doubt.CRL_OLD: (Check.FRESHNESS, Reason.LIST_OLD),
    Doubt.LIST_UNDATED: (Check.FRESHNESS, Reason.TRUST_UNDATED),
    Doubt.LIST_OLD: (Check.FRESHNESS, Reason.TRUST_OLD),
    Doubt.LIST_AHEAD: (Check.FRESHNESS, Reason.TRUST_AHEAD),
}


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """What was read from a chip, as it came."""

    untrusted_sod: bytes = field(repr=False)
    untrusted_groups: Mapping[int, bytes] = field(repr=False)
    """Whole files, by the numbers of their data groups. Without DG1 no document is verified."""


def authenticate(document: ReadDocument, trust: StateTrust, at: datetime) -> PassiveVerdict:
    """Judge a document by what this kiosk knows, at this time.

    Raises:
        ProgrammingError: ``at`` has no time zone.
    """
    if at.tzinfo is None:
        raise ProgrammingError("a document is judged at a time with a time zone")
    try:
        unverified = open_sod(document.untrusted_sod)
        security_object = parse_security_object(unverified.untrusted_content)
    except (ContentRefusedError, DataGroupUnreadableError):
        unreadable = Finding(Standing.BAD, (Reason.UNREADABLE,))
        return PassiveVerdict({**dict.fromkeys(Check, NOT_REACHED), Check.SIGNATURE: unreadable})
    groups = {number: _group(security_object, number, file) for number, file in document.untrusted_groups.items()}
    findings = dict.fromkeys(Check, NOT_REACHED)
    findings[Check.DATA] = _data(security_object, groups)
    findings[Check.SIGNATURE], signed = _signature(unverified)
    signer = None
    if signed is not None:
        signer, found = _judge_signer(signed, _state_of(document), trust, at)
        findings |= found
    return PassiveVerdict(findings, groups, signer)


def is_state_signed(untrusted_card_security: bytes, verdict: PassiveVerdict, trust: StateTrust, at: datetime) -> bool:
    """Tell whether EF.CardSecurity is by a signer of the state whose document was judged, and as good as that.

    Its keys are what chip authentication mapping proves; EF.SOD has no hash of it.
    """
    try:
        signed = verify_content(open_content(untrusted_card_security, SECURITY_INFOS))
    except ContentRefusedError:
        return False
    signer, findings = _judge_signer(signed, "", trust, at)
    if signer is None or verdict.signer is None or signer.country != verdict.signer.country:
        return False
    is_valid = all(findings.get(each) == GOOD for each in (Check.CHAIN, Check.VALIDITY))
    return is_valid and findings[Check.REVOCATION].standing is not Standing.BAD


def _group(security_object: SecurityObject, number: int, file: bytes) -> Standing:
    listed = security_object.hashes.get(number)
    if listed is None:
        return Standing.UNKNOWN
    is_same = hmac.compare_digest(hashlib.new(security_object.digest, file).digest(), listed)
    return Standing.GOOD if is_same else Standing.BAD


def _data(security_object: SecurityObject, groups: Mapping[int, Standing]) -> Finding:
    """Without DG1 nobody is named; a group without a hash was not signed by the state."""
    reasons = []
    if Standing.BAD in groups.values():
        reasons.append(Reason.CHANGED)
    if not groups.keys() <= security_object.hashes.keys():
        reasons.append(Reason.NOT_LISTED)
    if reasons:
        return Finding(Standing.BAD, tuple(reasons))
    return GOOD if _ZONE in groups else Finding(Standing.UNKNOWN, (Reason.NOTHING_READ,))


def _signature(unverified: UnverifiedContent) -> tuple[Finding, SignedContent | None]:
    try:
        return GOOD, verify_content(unverified)
    except ContentRefusedError as exc:
        if exc.reason is ContentRefusal.NO_CERTIFICATE:
            return Finding(Standing.UNKNOWN, (Reason.SIGNER_MISSING,)), None
        return Finding(Standing.BAD, (Reason.NOT_SIGNED,)), None


def _judge_signer(
    signed: SignedContent, state: str, trust: StateTrust, at: datetime
) -> tuple[Signer | None, dict[Check, Finding]]:
    try:
        certificate = read_certificate(signed.signer)
    except AuthorityRefusedError:
        return None, {Check.CHAIN: Finding(Standing.BAD, (Reason.SIGNER_UNUSABLE,))}
    serial_number = int(certificate.parsed.serial_number)
    signer = Signer(certificate.country, serial_number, signed_at=signed.signed_at, trust_at=trust.signed_at)
    if not is_document_signer(certificate):
        return signer, {Check.CHAIN: Finding(Standing.BAD, (Reason.NO_DOCUMENT_SIGNER,))}
    issuer = trust.issuer_of(certificate, signed.signed_at or at)
    if issuer is None:
        return signer, {Check.CHAIN: Finding(Standing.UNKNOWN, (Reason.AUTHORITY_UNKNOWN,))}
    revocation, fresh, times = _knowledge(certificate, issuer, trust, at)
    findings = {
        Check.CHAIN: GOOD,
        Check.COUNTRY: _country(state, certificate, issuer),
        Check.VALIDITY: _validity(certificate, issuer, signed.signed_at, at),
        Check.REVOCATION: revocation,
        Check.FRESHNESS: fresh,
    }
    lists_at = times.this_update if times is not None else None
    authority = name_of(issuer.der)
    return Signer(certificate.country, serial_number, authority, signed.signed_at, lists_at, trust.signed_at), findings


def _state_of(document: ReadDocument) -> str:
    """Return the issuing state as DG1 names it; empty where nothing can be read there."""
    try:
        return parse_dg1(document.untrusted_groups.get(_ZONE, b"")).issuer
    except DataGroupUnreadableError:
        return ""


def _country(state: str, certificate: StateCertificate, issuer: StateCertificate) -> Finding:
    if not state:
        return Finding(Standing.UNKNOWN, (Reason.NOTHING_READ,))
    countries = countries_of(state)
    if not countries:
        return Finding(Standing.UNKNOWN, (Reason.STATE_UNKNOWN,))
    if certificate.country in countries and issuer.country in countries:
        return GOOD
    return Finding(Standing.BAD, (Reason.OTHER_COUNTRY,))


def _validity(
    certificate: StateCertificate, issuer: StateCertificate, signed_at: datetime | None, at: datetime
) -> Finding:
    """Judge by the claimed time of signing; without one, by now: a signer outlives the documents that it signed."""
    moment = signed_at or at
    reasons = []
    if moment - at > _CLOCK_TOLERANCE:
        reasons.append(Reason.SIGNED_LATER)
    if not certificate.is_valid_at(moment):
        reasons.append(Reason.SIGNER_NOT_VALID)
    if not issuer.is_valid_at(moment):
        reasons.append(Reason.AUTHORITY_NOT_VALID)
    return Finding(Standing.BAD, tuple(reasons)) if reasons else GOOD


def _knowledge(
    certificate: StateCertificate, issuer: StateCertificate, trust: StateTrust, at: datetime
) -> tuple[Finding, Finding, ListTimes | None]:
    """Return what the revocation lists say, how fresh everything is, and of when the lists are."""
    found = trust.find_revocation(certificate, issuer, at)
    doubts = judge(TrustEvidence(found.times, trust.signed_at), POLICY, at).doubts
    reasons: dict[Check, list[Reason]] = {Check.REVOCATION: [], Check.FRESHNESS: []}
    for doubt in doubts:
        check, reason = _DOUBTS[doubt]
        reasons[check].append(reason)
    revocation, fresh = (Finding(Standing.UNKNOWN, tuple(each)) if each else GOOD for each in reasons.values())
    if found.verdict is Verdict.REVOKED:
        revocation = Finding(Standing.BAD, (Reason.REVOKED,))
    return revocation, fresh, found.times
