# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a national card is worth by its certificates: its parts kept apart, as with documents of an ICAO chip."""

import enum
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from townhall_crypto.errors import CertificateRefusal, CertificateRefusedError
from townhall_crypto.register_signature import BELGIAN_REGISTER, is_register_signature, register_key
from townhall_crypto.signature_key import SignatureKey
from townhall_crypto.trust import SubjectName, TrustAnchors, Usage, ValidatedCertificate, validate_certificate
from townhall_crypto.trust_revocation import ListTimes
from townhall_crypto.trust_verdict import weaker
from townhall_smartcard.emrtd.passive_verdict import Standing
from townhall_smartcard.emrtd.session import ChipVerdict
from townhall_smartcard.identity import agrees
from townhall_smartcard.messages import PinRole
from townhall_smartcard.national.contract import Evidence, EvidenceAbout, EvidenceForm, NationalContents

TRUST_LASTS: Final = timedelta(days=30)
_USAGES: Final = {PinRole.AUTHENTICATION: Usage.AUTHENTICATION, PinRole.SIGNATURE: Usage.SIGNATURE}


class Part(enum.Enum):
    """The parts; the value is their name in texts and files."""

    CHAIN = "chain"  # an issuer that is trusted here made every certificate
    COUNTRY = "country"  # of the state whose card this is
    VALIDITY = "validity"  # every certificate is in force now
    REVOCATION = "revocation"  # no list names one
    FRESHNESS = "freshness"  # what is known of issuers is new enough
    AGREEMENT = "agreement"  # certificates and what the card states speak of one person
    REGISTER = "register"  # the state's register signed what the card states; of cards alone whose register signs
    CHIP = "chip"  # the card has the key of its certificate


class NationalOutcome(enum.Enum):
    """What it comes to; the value is its name in texts and files."""

    VERIFIED = "verified"
    PROVISIONAL = "provisional"  # all good as far as what is known here reaches
    ISSUER_UNKNOWN = "issuer-unknown"
    NOT_IN_FORCE = "not-in-force"
    REVOKED = "revoked"
    INCONSISTENT = "inconsistent"  # its parts do not belong together
    COPY = "copy"  # it could not prove that it has the key


@dataclass(frozen=True, slots=True)
class NationalVerdict:
    """Every part that such a card has, and whom the certificates name if an issuer that is trusted made them."""

    parts: Mapping[Part, Standing]
    subject: SubjectName | None

    @property
    def outcome(self) -> NationalOutcome:
        """What all parts together come to: the gravest is told."""
        for part, outcome in _GRAVEST:
            if self.parts.get(part) is Standing.BAD:
                return outcome
        if self.parts[Part.CHAIN] is not Standing.GOOD:
            return NationalOutcome.ISSUER_UNKNOWN
        return NationalOutcome.VERIFIED if set(self.parts.values()) == {Standing.GOOD} else NationalOutcome.PROVISIONAL

    @property
    def is_believed(self) -> bool:
        """Whether the certificates may be believed, with or without doubt."""
        return self.outcome in {NationalOutcome.VERIFIED, NationalOutcome.PROVISIONAL}


_GRAVEST: Final = (
    (Part.REVOCATION, NationalOutcome.REVOKED),
    (Part.CHIP, NationalOutcome.COPY),
    (Part.REGISTER, NationalOutcome.INCONSISTENT),
    (Part.AGREEMENT, NationalOutcome.INCONSISTENT),
    (Part.COUNTRY, NationalOutcome.INCONSISTENT),
    (Part.VALIDITY, NationalOutcome.NOT_IN_FORCE),
)
_REGISTERS: Final = {"BE": BELGIAN_REGISTER}
"""By the country of the card."""
_REFUSED: Final = {
    CertificateRefusal.REVOKED: Part.REVOCATION,
    CertificateRefusal.EXPIRED: Part.VALIDITY,
    CertificateRefusal.NOT_YET_VALID: Part.VALIDITY,
}


def judge_national(
    country: str, contents: NationalContents, chip: ChipVerdict, anchors: TrustAnchors, at: datetime
) -> NationalVerdict:
    """Judge every certificate of a card by what is known here, at this time."""
    asked = set(Part)
    if country not in _REGISTERS:
        asked.remove(Part.REGISTER)
    if not country:
        asked.remove(Part.COUNTRY)
    parts = {part: Standing.UNKNOWN for part in Part if part in asked}
    parts[Part.CHIP] = _CHIP[chip]
    found: list[ValidatedCertificate] = []
    for role, der in contents.certificates.items():
        try:
            found.append(validate_certificate(der, anchors, at, _USAGES[role], others_der=contents.issuers))
        except CertificateRefusedError as exc:
            if (part := _REFUSED.get(exc.reason)) is not None:
                parts[part] = Standing.BAD
            return NationalVerdict(parts, None)
    if not found:
        return NationalVerdict(parts, None)
    subject = found[0].subject
    is_one = len({(each.subject.country, each.subject.personal_code) for each in found}) == 1
    parts[Part.CHAIN] = parts[Part.VALIDITY] = Standing.GOOD
    if country:
        parts[Part.COUNTRY] = yes(subject.country == country)
    parts[Part.AGREEMENT] = yes(is_one and agrees(subject, contents.stated))
    if country in _REGISTERS:
        parts[Part.REGISTER] = _by_register(country, contents, anchors, at)
    times = found[0].revocation
    for each in found[1:]:
        times = weaker(times, each.revocation)
    parts[Part.REVOCATION] = Standing.UNKNOWN if has_ended(times, at) else Standing.GOOD
    is_fresh = anchors.signed_at is not None and timedelta() <= at - anchors.signed_at <= TRUST_LASTS
    parts[Part.FRESHNESS] = Standing.GOOD if is_fresh else Standing.UNKNOWN
    return NationalVerdict(parts, subject)


_DIGESTS: Final = {20: "sha1", 32: "sha256", 48: "sha384", 64: "sha512"}
"""By their length in bytes."""
_CHIP: Final = {
    ChipVerdict.PROVED: Standing.GOOD,
    ChipVerdict.NOT_PROVED: Standing.BAD,
    ChipVerdict.NOT_OFFERED: Standing.UNKNOWN,
}


def _by_register(country: str, contents: NationalContents, anchors: TrustAnchors, at: datetime) -> Standing:
    """Judge all that the register vouches for; a register whose certificate has ended since leaves a doubt."""
    by_about = {each.about: each for each in contents.evidence}
    identity = by_about.get(EvidenceAbout.IDENTITY)
    stated = contents.stated
    claimed = {EvidenceAbout.IDENTITY}
    claimed |= {EvidenceAbout.ADDRESS} if stated.address else set()
    claimed |= {EvidenceAbout.PHOTO} if stated.untrusted_photo else set()
    if identity is None or not claimed <= by_about.keys():
        return Standing.BAD
    try:
        key = register_key(identity.certificate, _REGISTERS[country], anchors, at)
    except CertificateRefusedError as exc:
        return Standing.UNKNOWN if exc.reason is CertificateRefusal.EXPIRED else Standing.BAD
    return yes(all(_is_vouched_for(each, key) for each in contents.evidence))


def _is_vouched_for(evidence: Evidence, key: SignatureKey) -> bool:
    """Tell whether a piece of evidence holds; a digest is that of the identity file, which is judged beside it."""
    match evidence.form:
        case EvidenceForm.RAW:
            return is_register_signature(key, evidence.content, evidence.signature)
        case EvidenceForm.DIGEST:
            hashed = _DIGESTS.get(len(evidence.signature))
            return hashed is not None and hashlib.new(hashed, evidence.content).digest() == evidence.signature
        case EvidenceForm.DIGEST_LIST:
            return False  # no register of the table signs so


def yes(good: bool) -> Standing:  # noqa: FBT001  # the one thing that it turns into another
    """Return what a part is that is either good or bad."""
    return Standing.GOOD if good else Standing.BAD


def has_ended(times: ListTimes | None, at: datetime) -> bool:
    """Tell whether no list is current ``at`` that time."""
    return times is None or times.next_update is None or times.next_update < at
