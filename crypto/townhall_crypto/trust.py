# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Decides whether a person's certificate is good for a purpose, at a time, under given anchors, without any network.

Paths are built and checked by pyhanko-certvalidator (RFC 5280 §6.1) over asn1crypto, because a strict parser alone
refuses cards that citizens carry; revocation lists are looked up by ``trust_revocation``. Nothing here fetches, and
nothing here reads the clock.
"""

import re
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Final, NewType, TypeVar

from asn1crypto import x509
from cryptography.exceptions import UnsupportedAlgorithm
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import ExpiredError, NotYetValidError, PathError, ValidationError
from pyhanko_certvalidator.path import ValidationPath
from pyhanko_certvalidator.policy_decl import NO_REVOCATION, CertRevTrustPolicy

from townhall_crypto.errors import CertificateRefusal, CertificateRefusedError, ProgrammingError, TrustMaterialError
from townhall_crypto.signature_key import UNREADABLE
from townhall_crypto.trust_revocation import ListTimes, RevocationFinding, RevocationLists, Verdict

PersonalCode = NewType("PersonalCode", str)

_Result = TypeVar("_Result")

_SEMANTICS_IDENTIFIER: Final = re.compile(r"PNO([A-Z]{2})-([0-9A-Za-z./+-]{1,64})")
"""ETSI EN 319 412-1 §5.1.3: a national personal number, its country, the number."""
_BARE_IDENTIFIERS: Final = {
    "BE": re.compile(r"[0-9]{11}"),
    "FI": re.compile(r"[0-9]{8}[0-9A-FHJ-NPR-Y]"),
    "ES": re.compile(r"(?:IDCES-)?(?P<number>[0-9]{8}[A-Z])"),
    "LV": re.compile(r"[0-9]{6}-[0-9]{5}"),
}
"""What states put there without saying so: Belgium the number of its national register, Finland its electronic client
identifier (FINUID), Latvia on its first cards the personal code, Spain the number of the identity card, which stays
with its holder; newer certificates say so (IDC)."""


class Usage(Enum):
    """What a certificate is asked to be good for; the value is the key usage bit (RFC 5280 §4.2.1.3)."""

    AUTHENTICATION = "digital_signature"
    SIGNATURE = "non_repudiation"


@dataclass(frozen=True, slots=True)
class TrustAnchors:
    """DER of the certificates trusted as they are, of those between them and people, and of revocation lists."""

    anchors_der: tuple[bytes, ...] = field(repr=False)
    intermediates_der: tuple[bytes, ...] = field(default=(), repr=False)
    crls_der: tuple[bytes, ...] = field(default=(), repr=False)
    signed_at: datetime | None = None
    """When the trust list that named the anchors was signed; None: nobody knows."""


@dataclass(frozen=True, slots=True)
class SubjectName:
    """Whom a certificate names. Personal data: never shown by ``repr``."""

    personal_code: PersonalCode = field(repr=False)
    surname: str = field(repr=False)
    """May be empty, but not together with ``given_names``."""
    given_names: str = field(repr=False)
    country: str
    """Two capital letters: the country that gave the personal code."""


@dataclass(frozen=True, slots=True)
class ValidatedCertificate:
    """A certificate that passed, and how far the check went."""

    subject: SubjectName
    usage: Usage
    der: bytes = field(repr=False)
    not_after: datetime
    chain_der: tuple[bytes, ...] = field(repr=False)
    """The issuers: the nearest first, the anchor last."""
    revocation_checked: bool
    """Whether a list that was current at that time speaks for each certificate below the anchor."""
    revocation: ListTimes | None = None
    """Of when those lists are, current or not; None: no list speaks for at least one certificate."""


def validate_certificate(
    certificate_der: bytes, anchors: TrustAnchors, at: datetime, usage: Usage, *, others_der: tuple[bytes, ...] = ()
) -> ValidatedCertificate:
    """Return the certificate if a path from it to an anchor is valid ``at`` that time and its key fit for ``usage``.

    ``others_der`` are untrusted certificates that may help to build the path; unreadable ones are left out. An anchor's
    own end of validity is not looked at: it is trusted as long as the trust data name it.

    Raises:
        CertificateRefusedError: with the reason. A missing revocation list is no reason; see ``revocation_checked``.
        TrustMaterialError: the anchors themselves cannot be read.
        ProgrammingError: ``at`` has no time zone.
    """
    if at.tzinfo is None:
        raise ProgrammingError("a certificate is validated at a time with a time zone")
    certificate = parse_certificate(certificate_der)
    subject = _subject_of(certificate)
    _require_usage(certificate, usage)
    whole_chain, finding = find_chain(certificate, anchors, at, others_der)
    return ValidatedCertificate(
        subject=subject,
        usage=usage,
        der=certificate_der,
        not_after=certificate.not_valid_after,
        chain_der=tuple(issuer.dump() for issuer in whole_chain[1:]),
        revocation_checked=finding.verdict is Verdict.GOOD,
        revocation=finding.times,
    )


def find_chain(
    certificate: x509.Certificate, anchors: TrustAnchors, at: datetime, others_der: tuple[bytes, ...] = ()
) -> tuple[tuple[x509.Certificate, ...], RevocationFinding]:
    """Return a valid chain from a certificate to an anchor, the last, and what lists say of it; whose, is not asked.

    Raises:
        CertificateRefusedError: there is none, or a list revokes one of it.
        TrustMaterialError: as ``validate_certificate``.
    """
    path = _find_path(certificate, anchors, at, others_der)
    whole_chain = tuple(path.iter_certs(include_root=True))[::-1]
    finding = _material(anchors).lists.find(whole_chain, at)
    if finding.verdict is Verdict.REVOKED:
        raise CertificateRefusedError(CertificateRefusal.REVOKED)
    return whole_chain, finding


def find_revocation(certificate: ValidatedCertificate, anchors: TrustAnchors, at: datetime) -> RevocationFinding:
    """Return what the lists of ``anchors`` say ``at`` that time of a certificate that was validated at another.

    Raises:
        TrustMaterialError: as ``validate_certificate``.
    """
    chain = [parse_certificate(certificate.der), *map(_parse_issuer, certificate.chain_der)]
    return _material(anchors).lists.find(chain, at)


@lru_cache(maxsize=64)
def _parse_issuer(der: bytes) -> x509.Certificate:
    """A board asks for thousands of people, who have few issuers."""
    return parse_certificate(der)


def prepare_trust(anchors: TrustAnchors) -> None:
    """Parse trust data and check the lists' signatures now, so that the first person does not wait for it.

    Raises:
        TrustMaterialError: as ``validate_certificate``.
    """
    material = _material(anchors)
    material.lists.prepare([*material.anchors, *material.intermediates])


def parse_certificate(untrusted_der: bytes) -> x509.Certificate:
    """Parse one certificate completely; raises ``CertificateRefusedError(UNPARSABLE)``."""
    try:
        certificate = x509.Certificate.load(untrusted_der, strict=True)
        _touch(certificate)
    except UNREADABLE:
        raise CertificateRefusedError(CertificateRefusal.UNPARSABLE) from None
    return certificate


def _touch(certificate: x509.Certificate) -> None:
    """asn1crypto parses on access: touch all that is used later, so that it fails here or never."""
    for part in ("tbs_certificate", "signature_algorithm", "signature_value"):
        _ = certificate[part].native
    _ = (certificate.not_valid_before, certificate.not_valid_after, certificate.public_key.algorithm)


@dataclass(frozen=True, slots=True)
class _Material:
    anchors: tuple[x509.Certificate, ...]
    intermediates: tuple[x509.Certificate, ...]
    lists: RevocationLists


@lru_cache(maxsize=8)
def _material(anchors: TrustAnchors) -> _Material:
    """Trust data parsed once: a national revocation list is megabytes."""
    try:
        return _Material(
            anchors=tuple(parse_certificate(der) for der in anchors.anchors_der),
            intermediates=tuple(parse_certificate(der) for der in anchors.intermediates_der),
            lists=RevocationLists.parse(anchors.crls_der),
        )
    except (CertificateRefusedError, *UNREADABLE):
        raise TrustMaterialError("an anchor, intermediate or revocation list cannot be read") from None


def _find_path(
    certificate: x509.Certificate, anchors: TrustAnchors, at: datetime, others_der: tuple[bytes, ...]
) -> ValidationPath:
    material = _material(anchors)
    if any(certificate.dump() == anchor.dump() for anchor in material.anchors):
        # An anchor vouches for others; as a person's certificate nobody issued it.
        raise CertificateRefusedError(CertificateRefusal.UNTRUSTED)
    context = ValidationContext(
        trust_roots=list(material.anchors),
        other_certs=[*material.intermediates, *_readable(others_der)],
        moment=at,
        allow_fetching=False,
        time_tolerance=timedelta(0),
        revinfo_policy=CertRevTrustPolicy(NO_REVOCATION),  # trust_revocation looks the certificates up
    )
    validator = CertificateValidator(certificate, validation_context=context)
    try:
        return run(validator.async_validate_path())
    except ExpiredError:
        raise CertificateRefusedError(CertificateRefusal.EXPIRED) from None
    except NotYetValidError:
        raise CertificateRefusedError(CertificateRefusal.NOT_YET_VALID) from None
    except (PathError, ValidationError, UnsupportedAlgorithm, *UNREADABLE):
        # The library's texts name the person; they go no further.
        raise CertificateRefusedError(CertificateRefusal.UNTRUSTED) from None


def _readable(others_der: tuple[bytes, ...]) -> list[x509.Certificate]:
    certificates = []
    for der in others_der:
        try:
            certificates.append(parse_certificate(der))
        except CertificateRefusedError:
            continue
    return certificates


def run(coroutine: Coroutine[object, object, _Result]) -> _Result:
    """Run a coroutine that never waits: the library is asynchronous for the sake of the fetching that is off here."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: _Result = end.value
        return result
    coroutine.close()
    raise ProgrammingError("certificate validation tried to wait for something outside")


def _require_usage(certificate: x509.Certificate, usage: Usage) -> None:
    constraints = certificate.basic_constraints_value
    is_authority = constraints is not None and constraints["ca"].native
    key_usage = certificate.key_usage_value
    if is_authority or key_usage is None or usage.value not in key_usage.native:
        raise CertificateRefusedError(CertificateRefusal.WRONG_USAGE)


def _subject_of(certificate: x509.Certificate) -> SubjectName:
    values: dict[str, str] = {}
    for relative_name in certificate.subject.chosen:
        for attribute in relative_name:
            kind = attribute["type"].native
            if kind in values and kind in {"serial_number", "surname", "given_name"}:
                raise CertificateRefusedError(CertificateRefusal.UNPARSABLE)
            values[kind] = str(attribute["value"].native)
    surname, given_names = values.get("surname", ""), values.get("given_name", "")
    identified = _identified(values.get("serial_number", ""), values.get("country_name", ""))
    if identified is None or not (surname or given_names):
        raise CertificateRefusedError(CertificateRefusal.UNPARSABLE)
    country, personal_code = identified
    return SubjectName(personal_code, surname, given_names, country)


def _identified(serial_number: str, country: str) -> tuple[str, PersonalCode] | None:
    """Return the country that gave the number, and the number."""
    found = _SEMANTICS_IDENTIFIER.fullmatch(serial_number)
    if found is not None:
        return found[1], PersonalCode(found[2])
    bare = _BARE_IDENTIFIERS.get(country)
    known = None if bare is None else bare.fullmatch(serial_number)
    return None if known is None else (country, PersonalCode(known.groupdict().get("number", serial_number)))
