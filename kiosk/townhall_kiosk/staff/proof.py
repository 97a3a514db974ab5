# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Proof that a member of staff is here and wants this: their card signs the keeper's own challenge with PIN 1.

Neither a signature made for a citizen's visit nor one for another kiosk, purpose or act can stand for it: the signed
bytes have a namespace of their own and name all of these.
"""

import enum
import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Final

import msgspec

from townhall_crypto import canonical
from townhall_crypto.card_key import is_signature
from townhall_crypto.errors import CertificateRefusedError
from townhall_crypto.namespaces import STAFF_CHALLENGE
from townhall_crypto.trust import TrustAnchors, Usage, validate_certificate
from townhall_kiosk.staff.errors import StaffRefusedError
from townhall_kiosk.staff.roster import Roster, StaffRole

NONCE_BYTES: Final = 32


class Purpose(enum.Enum):
    """What a proof is for."""

    SESSION = "session"  # to come in
    AGREEMENT = "agreement"  # to agree, as a further person, to one act


class StaffChallenge(msgspec.Struct, frozen=True, tag=True):
    """What the keeper wants signed; ``act`` is empty, or the digest of the act that is agreed to."""

    kiosk: str
    visit: str
    purpose: Purpose
    act: str
    nonce: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]+$", min_length=64, max_length=64)]

    def signed_bytes(self) -> bytes:
        """Return the bytes that the card's authentication key signs."""
        return STAFF_CHALLENGE + canonical.encode(
            {
                "kiosk": self.kiosk,
                "visit": self.visit,
                "purpose": self.purpose.value,
                "act": self.act,
                "nonce": self.nonce,
            }
        )

    def digest(self) -> bytes:
        """Return the SHA-384 of ``signed_bytes``: what goes to the card. Staff have cards with keys on P-384."""
        return hashlib.sha384(self.signed_bytes()).digest()


@dataclass(frozen=True, slots=True)
class StaffMember:
    """Somebody who just proved to be on the list. ``person`` is personal data: compared, never shown or stored."""

    role: StaffRole
    person: tuple[str, str] = field(repr=False)  # country and personal code
    certificate: bytes = field(repr=False)


def verify_proof(  # noqa: PLR0913  # keyword-only; what a proof hangs on
    challenge: StaffChallenge,
    *,
    certificate: bytes,
    signature: bytes,
    anchors: TrustAnchors,
    roster: Roster,
    place: str,
    at: datetime,
) -> StaffMember:
    """Return who signed ``challenge``; ``certificate`` (DER) and ``signature`` (r || s) are untrusted.

    A missing or old revocation list is no reason to refuse: staff are who brings the new one. A revoked card is.

    Raises:
        StaffRefusedError: the certificate is not accepted, did not sign this, or is not on the list here and now.
    """
    try:
        validated = validate_certificate(certificate, anchors, at, Usage.AUTHENTICATION)
    except CertificateRefusedError as exc:
        raise StaffRefusedError(f"certificate: {exc.reason.name}") from None
    if not is_signature(validated.der, challenge.digest(), signature):
        raise StaffRefusedError("the card did not sign the challenge")
    role = roster.role_of(certificate, place, at)
    if role is None:
        raise StaffRefusedError("not on the list of staff, here and now")
    return StaffMember(role, (validated.subject.country, validated.subject.personal_code), certificate)
