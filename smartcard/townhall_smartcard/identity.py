# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who stands at the kiosk: the subject of a validated certificate whose key just signed a fresh challenge.

What a card states in plain files is signed by nobody. It is believed only where it agrees with the certificate: in the
personal code and in the names. A card that states nothing is as good: the certificate says who its holder is.
"""

import enum
import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from townhall_crypto.card_signature import ECDSA_SHA384, CardAlgorithm, is_card_signature
from townhall_crypto.errors import CertificateRefusal, CertificateRefusedError
from townhall_crypto.namespaces import CARD_CHALLENGE
from townhall_crypto.trust import SubjectName, TrustAnchors, Usage, validate_certificate
from townhall_smartcard.messages import CardContents, CardStatement, PinRole

CHALLENGE_BYTES: Final = 32
_CENTURIES: Final = {"1": 1800, "2": 1800, "3": 1900, "4": 1900, "5": 2000, "6": 2000, "7": 2100, "8": 2100}


class RefusalReason(enum.Enum):
    """Why nobody was identified, by what the person or the staff can do."""

    UNTRUSTED = "untrusted"  # the authentication certificate, as also the next three
    EXPIRED = "expired"
    REVOKED = "revoked"
    NOT_YET_VALID = "not-yet-valid"
    CHALLENGE_FAILED = "challenge-failed"  # the card does not hold the certificate's key
    CARD_INCONSISTENT = "card-inconsistent"  # its parts speak of different people, or its second certificate is bad

    @property
    def code(self) -> str:
        """The failure code (docs/failure-codes.md) that a screen shows."""
        return _CODES[self]


_CODES: Final = {
    RefusalReason.UNTRUSTED: "TH-CARD-020",
    RefusalReason.EXPIRED: "TH-CARD-021",
    RefusalReason.REVOKED: "TH-CARD-022",
    RefusalReason.NOT_YET_VALID: "TH-CARD-023",
    RefusalReason.CHALLENGE_FAILED: "TH-CARD-024",
    RefusalReason.CARD_INCONSISTENT: "TH-CARD-025",
}
_CERTIFICATE_REASONS: Final = {
    CertificateRefusal.EXPIRED: RefusalReason.EXPIRED,
    CertificateRefusal.REVOKED: RefusalReason.REVOKED,
    CertificateRefusal.NOT_YET_VALID: RefusalReason.NOT_YET_VALID,
}


@dataclass(frozen=True, slots=True)
class IdentityRefused:
    """Nobody was identified."""

    reason: RefusalReason


@dataclass(frozen=True, slots=True)
class Identity:
    """A person, as certified; ``stated`` adds what the card says beyond that. Personal data: no repr."""

    personal_code: str = field(repr=False)
    surname: str = field(repr=False)
    given_names: str = field(repr=False)
    birth_date: date | None = field(repr=False)  # from the certified personal code
    authentication_certificate: bytes = field(repr=False)  # DER, as the next
    signature_certificate: bytes = field(repr=False)
    stated: CardStatement = field(repr=False)
    country: str = ""  # two capital letters: which gave the personal code


def challenge_bytes(challenge: bytes) -> bytes:
    """Return the bytes that the card's authentication key signs for ``challenge`` (32 random bytes).

    Raises:
        ValueError: the challenge has another length.
    """
    if len(challenge) != CHALLENGE_BYTES:
        raise ValueError(f"challenge of {len(challenge)} bytes")
    return CARD_CHALLENGE + challenge


def challenge_digest(challenge: bytes, algorithm: CardAlgorithm = ECDSA_SHA384) -> bytes:
    """Return the digest of ``challenge_bytes`` that goes to a card of this algorithm."""
    return algorithm.digest.of(challenge_bytes(challenge))


def verify_identity(
    contents: CardContents, challenge: bytes, signature: bytes, anchors: TrustAnchors, at: datetime
) -> Identity | IdentityRefused:
    """Return who holds this card, now, or why that is not known.

    ``signature`` is the card's over ``challenge_digest`` by its algorithm; all of ``contents`` is untrusted.
    """
    try:
        authentication = validate_certificate(contents.authentication_certificate, anchors, at, Usage.AUTHENTICATION)
    except CertificateRefusedError as exc:
        return IdentityRefused(_CERTIFICATE_REASONS.get(exc.reason, RefusalReason.UNTRUSTED))
    algorithm = contents.algorithms[PinRole.AUTHENTICATION]
    if not is_card_signature(authentication.der, algorithm, challenge_digest(challenge, algorithm), signature):
        return IdentityRefused(RefusalReason.CHALLENGE_FAILED)
    try:
        second = validate_certificate(contents.signature_certificate, anchors, at, Usage.SIGNATURE)
    except CertificateRefusedError:
        return IdentityRefused(RefusalReason.CARD_INCONSISTENT)
    subject = authentication.subject
    if not (_is_same_person(subject, second.subject) and agrees(subject, contents.stated)):
        return IdentityRefused(RefusalReason.CARD_INCONSISTENT)
    return Identity(
        personal_code=subject.personal_code,
        surname=subject.surname,
        given_names=subject.given_names,
        birth_date=birth_date_of(subject.personal_code) if subject.country == "EE" else None,
        authentication_certificate=authentication.der,
        signature_certificate=second.der,
        stated=contents.stated,
        country=subject.country,
    )


def birth_date_of(personal_code: str) -> date | None:
    """Return the date of birth that an Estonian personal code begins with, None if it holds none."""
    if len(personal_code) != 11 or not (personal_code.isascii() and personal_code.isdecimal()):
        return None
    century = _CENTURIES.get(personal_code[0])
    year, month, day = (int(personal_code[at : at + 2]) for at in (1, 3, 5))
    try:
        return None if century is None else date(century + year, month, day)
    except ValueError:
        return None


def _is_same_person(one: SubjectName, other: SubjectName) -> bool:
    return (one.country, one.personal_code) == (other.country, other.personal_code)


def agrees(subject: SubjectName, stated: CardStatement) -> bool:
    """Tell whether a card states what is certified. Many state nothing; one that does states all of it."""
    said = (stated.personal_code, _same(stated.surname), _same(stated.given_names))
    return not any(said) or said == (subject.personal_code, _same(subject.surname), _same(subject.given_names))


def _same(name: str) -> str:
    """Bring a name to one form of letters, case and spaces, in which equal names are equal."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(folded.split())
