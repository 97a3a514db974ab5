# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Certificates of states: country signing authorities (CSCA), the signers of documents and of lists (ICAO 9303-12 §7).

Read with asn1crypto, and no more of it than is used: what a state writes into the rest of its certificate decides
nothing here.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from asn1crypto import x509

from townhall_crypto.errors import SignatureRefusedError
from townhall_crypto.signature_key import UNREADABLE, SignatureKey, read_key, verify_signature
from townhall_crypto.state_errors import AuthorityRefusal, AuthorityRefusedError, KeyRefusedError

LIST_SIGNING: Final = "2.23.136.1.1.3"
"""id-icao-cscaMasterListSigningKey: the extended key usage of who signs master lists."""


@dataclass(frozen=True, slots=True)
class StateCertificate:
    """A certificate with a key whose signatures can be checked. Equal are those with equal bytes."""

    der: bytes = field(repr=False)
    country: str = field(compare=False)
    """As the certificate says, in capital letters."""
    key: SignatureKey = field(repr=False, compare=False)
    key_identifier: bytes | None = field(repr=False, compare=False)
    authority_key_identifier: bytes | None = field(repr=False, compare=False)
    not_before: datetime = field(compare=False)
    not_after: datetime = field(compare=False)
    parsed: x509.Certificate = field(repr=False, compare=False)

    @property
    def subject(self) -> x509.Name:
        """Whose certificate it is."""
        return self.parsed.subject

    @property
    def issuer(self) -> x509.Name:
        """By whom it says it is."""
        return self.parsed.issuer

    @property
    def is_self_issued(self) -> bool:
        """Whether it names itself as its issuer."""
        return bool(self.subject == self.issuer)

    def may_be_by(self, authority: "StateCertificate") -> bool:
        """Whether ``authority`` is worth trying as the issuer: by key identifier, or by name; the signature decides."""
        identifier = self.authority_key_identifier
        by_identifier = identifier is not None and identifier == authority.key_identifier
        return by_identifier or bool(self.issuer == authority.subject)

    def is_signed_by(self, authority: "StateCertificate") -> bool:
        """Tell whether the authority's key signed it."""
        parsed = self.parsed
        try:
            signed = parsed["tbs_certificate"].dump()
            verify_signature(authority.key, parsed["signature_algorithm"], parsed.signature, signed)
        except SignatureRefusedError:
            return False
        return True

    def is_valid_at(self, at: datetime) -> bool:
        """Tell whether ``at`` lies within its validity."""
        return self.not_before <= at <= self.not_after


def read_certificate(untrusted: bytes | x509.Certificate) -> StateCertificate:
    """Read one certificate.

    Raises:
        AuthorityRefusedError: it cannot be read, names no country, or its key is of no kind that is served.
    """
    try:
        parsed = x509.Certificate.load(untrusted, strict=True) if isinstance(untrusted, bytes) else untrusted
        country = _country_of(parsed.subject) or _country_of(parsed.issuer)
        if not country:
            raise AuthorityRefusedError(AuthorityRefusal.NO_COUNTRY)
        _touch(parsed)
        return StateCertificate(
            der=parsed.dump(),
            country=country,
            key=read_key(parsed.public_key),
            key_identifier=parsed.key_identifier,
            authority_key_identifier=parsed.authority_key_identifier,
            not_before=_aware(parsed.not_valid_before),
            not_after=_aware(parsed.not_valid_after),
            parsed=parsed,
        )
    except KeyRefusedError as exc:
        raise AuthorityRefusedError(AuthorityRefusal.KEY, exc.reason.value) from None
    except UNREADABLE:
        raise AuthorityRefusedError(AuthorityRefusal.UNREADABLE) from None


def require_authority(certificate: StateCertificate) -> None:
    """Check that a certificate may issue others.

    One that says nothing about that is taken at its list's word if it names itself: some states' first ones are so.

    Raises:
        AuthorityRefusedError: it says that it is no authority.
    """
    constraints, usage = certificate.parsed.basic_constraints_value, certificate.parsed.key_usage_value
    is_authority = certificate.is_self_issued if constraints is None else bool(constraints["ca"].native)
    if not is_authority or (usage is not None and "key_cert_sign" not in usage.native):
        raise AuthorityRefusedError(AuthorityRefusal.NOT_AN_AUTHORITY)


def is_document_signer(certificate: StateCertificate) -> bool:
    """Tell whether a certificate may sign documents: no authority, and its key for signatures if it says for what."""
    constraints, usage = certificate.parsed.basic_constraints_value, certificate.parsed.key_usage_value
    is_authority = constraints is not None and bool(constraints["ca"].native)
    return not is_authority and (usage is None or "digital_signature" in usage.native)


def is_list_signer(certificate: StateCertificate) -> bool:
    """Tell whether a certificate may sign master lists: it must say so (ICAO 9303-12 §7.1.3)."""
    usage = certificate.parsed.extended_key_usage_value
    return is_document_signer(certificate) and usage is not None and LIST_SIGNING in [each.dotted for each in usage]


def name_of(untrusted: bytes) -> str:
    """Return the country and the name that a certificate claims, for tables; empty where they cannot be read."""
    try:
        subject = x509.Certificate.load(untrusted).subject
        said = subject.native
        names = (said.get(each) for each in ("country_name", "common_name", "organization_name"))
        words = [each for each in names if isinstance(each, str) and each.isprintable()]
    except UNREADABLE:
        return ""
    return " ".join(words[:2])


def _touch(parsed: x509.Certificate) -> None:
    """asn1crypto parses on access: touch all that is used later, so that it fails here or never."""
    _ = (parsed.subject.hashable, parsed.issuer.hashable, parsed.serial_number, parsed.signature)
    _ = parsed["signature_algorithm"].native
    for extension in (parsed.basic_constraints_value, parsed.key_usage_value, parsed.extended_key_usage_value):
        _ = None if extension is None else extension.native


def _country_of(name: x509.Name) -> str:
    found = [
        attribute["value"].native
        for relative_name in name.chosen
        for attribute in relative_name
        if attribute["type"].native == "country_name"
    ]
    return str(found[0]).strip().upper() if found else ""


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
