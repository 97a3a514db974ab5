# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The evidence about a statement in words: whose card, from when to when, by whom, and what revocation lists say."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True)
class ShownCertificate:
    """The facts of a certificate that officers look at."""

    name: str = field(repr=False)
    code: str = field(repr=False)
    """The serialNumber of the subject, as ETSI EN 319 412-1 spells it: PNOEE-38001085718."""
    issuer: str
    serial: str
    """Hexadecimal, as authorities' own pages show it."""
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class ShownList:
    """What one revocation list of the issuer says of the certificate; ``revoked`` is None where it does not name it."""

    made: datetime
    next_due: datetime | None
    revoked: datetime | None
    reason: str


def show_certificate(der: bytes) -> ShownCertificate:
    """Return the facts of a certificate that was parsed before."""
    certificate = x509.load_der_x509_certificate(der)
    names = [_first(certificate.subject, each) for each in (NameOID.GIVEN_NAME, NameOID.SURNAME)]
    return ShownCertificate(
        " ".join(filter(None, names)),
        _first(certificate.subject, NameOID.SERIAL_NUMBER),
        _first(certificate.issuer, NameOID.COMMON_NAME) or certificate.issuer.rfc4514_string(),
        f"{certificate.serial_number:x}",
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
    )


def show_lists(der: bytes, lists_der: Sequence[bytes]) -> Iterator[ShownList]:
    """Return what each list of the certificate's issuer says; whether a list is believed was judged before."""
    certificate = x509.load_der_x509_certificate(der)
    for each in map(x509.load_der_x509_crl, lists_der):
        if each.issuer == certificate.issuer:
            entry = each.get_revoked_certificate_by_serial_number(certificate.serial_number)
            revoked = None if entry is None else entry.revocation_date_utc
            yield ShownList(
                each.last_update_utc, each.next_update_utc, revoked, "" if entry is None else _reason(entry)
            )


def _reason(entry: x509.RevokedCertificate) -> str:
    try:
        return entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value
    except x509.ExtensionNotFound:
        return "no reason given"


def _first(name: x509.Name, kind: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(kind)
    return str(found[0].value) if found else ""
