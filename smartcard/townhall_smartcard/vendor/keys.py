# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which of the certificates that a module shows authenticates, which signs, and by what algorithm."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from asn1crypto.x509 import Certificate

from townhall_crypto.card_signature import CardAlgorithm, Digest, Scheme
from townhall_crypto.signature_key import UNREADABLE
from townhall_smartcard.errors import CardUnreadableError, CardUnsupportedError
from townhall_smartcard.messages import PinRole
from townhall_smartcard.national.pkcs15_keys import algorithm_of, certified_uses
from townhall_smartcard.vendor.messages import ShownCertificate

_MOST_ISSUERS: Final = 8
_LONGEST_NUMBER: Final = 16
"""CK_TOKEN_INFO (PKCS#11 v2.40 §3.2)."""
_SIGNS: Final = frozenset({"digital_signature", "non_repudiation"})


@dataclass(frozen=True, slots=True)
class ModuleKey:
    """A key by its certificate: the number that the module's process knows it by, and what it does."""

    number: int
    shown: ShownCertificate
    algorithm: CardAlgorithm
    bytes_wide: int
    """Of the modulus, or of a coordinate."""


def keys_by_role(shown: Sequence[ShownCertificate]) -> Mapping[PinRole, ModuleKey]:
    """Return the first key of each role: one certified for non-repudiation (RFC 5280 §4.2.1.3) signs, another does not.

    Certificates beside which a key is shown come first: many tokens hide private keys, and some show public ones. What
    cannot be read, is an authority's, or is not for signatures, is passed over.
    """
    found: dict[PinRole, ModuleKey] = {}
    for number in sorted(range(len(shown)), key=lambda each: not shown[each].has_key):
        each = shown[number]
        try:
            uses = certified_uses(each.certificate)
            if is_authority(each.certificate) or not (uses is None or uses & _SIGNS):
                continue
            algorithm, bytes_wide = _algorithm(each)
        except (CardUnreadableError, CardUnsupportedError):
            continue
        role = PinRole.SIGNATURE if uses is not None and "non_repudiation" in uses else PinRole.AUTHENTICATION
        found.setdefault(role, ModuleKey(number, each, algorithm, bytes_wide))
    return {role: found[role] for role in PinRole if role in found}


def issuers(shown: Sequence[ShownCertificate]) -> tuple[bytes, ...]:
    """Return certificates of authorities that a card has beside its holder's: untrusted, they help to find a way."""
    found = []
    for each in shown:
        try:
            if is_authority(each.certificate):
                found.append(each.certificate)
        except CardUnreadableError:
            continue
    return tuple(found[:_MOST_ISSUERS])


def document_number(keys: Iterable[ModuleKey]) -> str:
    """Return what all tokens of a card call its number; empty where they differ, or it is none that a person reads."""
    told = {key.shown.untrusted_number.strip() for key in keys}
    found = told.pop() if len(told) == 1 else ""
    return found if found.isascii() and found.isalnum() and len(found) <= _LONGEST_NUMBER else ""


def is_authority(certificate: bytes) -> bool:
    """Tell whether a certificate says that it issues others.

    Raises:
        CardUnreadableError: it cannot be read.
    """
    try:
        return bool(Certificate.load(certificate).ca)
    except UNREADABLE as exc:
        raise CardUnreadableError("a certificate that cannot be read") from exc


def _algorithm(shown: ShownCertificate) -> tuple[CardAlgorithm, int]:
    """Return what the certificate's key does, as far as its token has the mechanism for it.

    Raises:
        CardUnsupportedError: it has none that takes a digest.
    """
    algorithm, bytes_wide = algorithm_of(shown.certificate)
    if algorithm.scheme not in shown.schemes:
        if algorithm.scheme is Scheme.ECDSA or Scheme.RSA_PSS not in shown.schemes:
            raise CardUnsupportedError
        return CardAlgorithm(Scheme.RSA_PSS, Digest.SHA256), bytes_wide
    return algorithm, bytes_wide
