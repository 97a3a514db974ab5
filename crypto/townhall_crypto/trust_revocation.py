# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Looks certificates up in revocation lists (RFC 5280 §6.3.3, complete lists of the issuer itself).

``cryptography`` finds one serial among 100,000 in some ten milliseconds, where walking the list in Python takes
seconds. Checking such a list's own signature takes longer than that, so it is done once for each issuer. A list that
was not signed by the issuer, is not yet valid, or limits its own scope in a way that is not understood here speaks for
nobody. A list past its next update still refuses whom it names, but no longer vouches for the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from functools import reduce
from itertools import pairwise

import asn1crypto.x509
from asn1crypto.core import Void
from asn1crypto.crl import CertificateList
from cryptography import x509

from townhall_crypto.errors import SignatureRefusedError
from townhall_crypto.signature_key import UNREADABLE, read_key, verify_signature
from townhall_crypto.state_errors import KeyRefusedError


class Verdict(Enum):
    """What the lists say about a chain."""

    GOOD = "a current list speaks for each certificate and names none"
    REVOKED = "a list names one of the certificates"
    UNKNOWN = "no current list speaks for at least one certificate"


@dataclass(frozen=True, slots=True)
class ListTimes:
    """From when until when a revocation list speaks; of several lists, the earliest of both."""

    this_update: datetime
    next_update: datetime

    def weaker(self, other: "ListTimes") -> "ListTimes":
        """Return what both together are worth."""
        return ListTimes(min(self.this_update, other.this_update), min(self.next_update, other.next_update))


@dataclass(frozen=True, slots=True)
class RevocationFinding:
    """What the lists say about a chain, and of when the oldest one is that has to be believed for it."""

    verdict: Verdict
    times: ListTimes | None
    """None: no list speaks for at least one certificate."""


@dataclass(frozen=True, slots=True)
class RevocationLists:
    """Parsed lists, of any number of issuers."""

    lists: tuple[x509.CertificateRevocationList, ...] = ()
    _originals: tuple[bytes, ...] = field(default=(), repr=False)  # as signed, beside each of ``lists``
    _signed: dict[tuple[int, bytes], bool] = field(default_factory=dict, repr=False, compare=False)
    """Whether the list (by position) is signed by the authority (by its DER); filled as it is asked."""

    @classmethod
    def parse(cls, lists_der: Sequence[bytes]) -> "RevocationLists":
        """Parse each list; raises ValueError."""
        return cls(tuple(map(_parse, lists_der)), tuple(lists_der))

    def find(self, chain: Sequence[asn1crypto.x509.Certificate], at: datetime) -> RevocationFinding:
        """Judge a validated chain, the person's certificate first, the anchor last; the anchor is not looked up."""
        times: list[ListTimes | None] = []
        for certificate, issuer in pairwise(chain):
            speaking = [each for each in self._of(certificate, issuer) if each.last_update_utc <= at]
            if any(_names(each, certificate, at) for each in speaking):
                return RevocationFinding(Verdict.REVOKED, None)
            times.append(max(map(_times, speaking), key=lambda each: each.this_update, default=None))
        return _weakest(times, at)

    def prepare(self, authorities: Sequence[asn1crypto.x509.Certificate]) -> None:
        """Check every list's signature against whichever of the authorities bears its issuer's name."""
        for position, candidate in enumerate(self.lists):
            for authority in authorities:
                if _is_named(candidate, authority):
                    self._is_signed(position, authority)

    def are_by(self, authority: asn1crypto.x509.Certificate) -> bool:
        """Tell whether the authority signed every list."""
        return all(
            _is_named(candidate, authority) and self._is_signed(position, authority)
            for position, candidate in enumerate(self.lists)
        )

    def _of(
        self, certificate: asn1crypto.x509.Certificate, issuer: asn1crypto.x509.Certificate
    ) -> list[x509.CertificateRevocationList]:
        return [
            candidate
            for position, candidate in enumerate(self.lists)
            if _is_named(candidate, issuer)
            and _covers(candidate, is_authority=bool(certificate.ca))
            and self._is_signed(position, issuer)
        ]

    def _is_signed(self, position: int, issuer: asn1crypto.x509.Certificate) -> bool:
        key = (position, issuer.dump())
        if key not in self._signed:
            self._signed[key] = _is_signed_by(self._originals[position], issuer)
        return self._signed[key]


def _times(candidate: x509.CertificateRevocationList) -> ListTimes:
    this_update = candidate.last_update_utc
    return ListTimes(this_update, candidate.next_update_utc or this_update)  # without an end it promises nothing


def _weakest(times: Sequence[ListTimes | None], at: datetime) -> RevocationFinding:
    known = [each for each in times if each is not None]
    if not known or len(known) != len(times):
        return RevocationFinding(Verdict.UNKNOWN, None)
    weakest = reduce(ListTimes.weaker, known)
    return RevocationFinding(Verdict.GOOD if at <= weakest.next_update else Verdict.UNKNOWN, weakest)


def _names(candidate: x509.CertificateRevocationList, certificate: asn1crypto.x509.Certificate, at: datetime) -> bool:
    entry = candidate.get_revoked_certificate_by_serial_number(certificate.serial_number)
    return entry is not None and entry.revocation_date_utc <= at


def _is_named(candidate: x509.CertificateRevocationList, authority: asn1crypto.x509.Certificate) -> bool:
    return bool(asn1crypto.x509.Name.load(candidate.issuer.public_bytes()) == authority.subject)


def _covers(candidate: x509.CertificateRevocationList, *, is_authority: bool) -> bool:
    """Whether the list's scope includes such certificates (RFC 5280 §5.2.5); what is not understood limits it."""
    try:
        critical = [extension for extension in candidate.extensions if extension.critical]
    except ValueError:
        return False
    for extension in critical:
        scope = extension.value
        if not isinstance(scope, x509.IssuingDistributionPoint):
            return False
        if scope.indirect_crl or scope.only_some_reasons or scope.only_contains_attribute_certs:
            return False
        if scope.only_contains_ca_certs if not is_authority else scope.only_contains_user_certs:
            return False
    return True


def _parse(der: bytes) -> x509.CertificateRevocationList:
    """Parse a list; what is asked of one before its signature is known is read here, so that it fails here or never."""
    try:
        parsed = x509.load_der_x509_crl(der)
    except ValueError:
        parsed = x509.load_der_x509_crl(_without_null(der))
    _ = (asn1crypto.x509.Name.load(parsed.issuer.public_bytes()).native, _times(parsed))
    return parsed


def _without_null(der: bytes) -> bytes:
    """Return a list without the NULL that some write behind ECDSA's name and must not (RFC 5758 §3.2); to read only.

    Raises:
        ValueError: there is none, or it is no list at all.
    """
    try:
        parsed = CertificateList.load(der, strict=True)
        for algorithm in (parsed["tbs_cert_list"]["signature"], parsed["signature_algorithm"]):
            if algorithm.signature_algo != "ecdsa" or algorithm["parameters"].native is not None:
                raise ValueError("an algorithm with parameters")
            algorithm["parameters"] = Void()
        return bytes(parsed.dump())
    except UNREADABLE:
        raise ValueError("no revocation list") from None


def _is_signed_by(original: bytes, issuer: asn1crypto.x509.Certificate) -> bool:
    usage = issuer.key_usage_value
    if usage is not None and "crl_sign" not in usage.native:
        return False
    candidate = CertificateList.load(original)
    signed, signature = candidate["tbs_cert_list"].dump(), candidate["signature"].native
    try:
        verify_signature(read_key(issuer.public_key), candidate["signature_algorithm"], signature, signed)
    except (KeyRefusedError, SignatureRefusedError):
        return False
    return True
