# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Digests of files that a state's office signed together: CMS whose content is SHA-256 digests, one behind the other.

The office, the citizens and the officials have certificates under the same roots. Which branch an authority serves
stands in its name: only one of them personalises cards.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from asn1crypto import x509

from townhall_crypto.errors import CertificateRefusal, CertificateRefusedError
from townhall_crypto.signature_key import UNREADABLE
from townhall_crypto.signed_content import open_content, verify_content
from townhall_crypto.state_errors import ContentRefusal, ContentRefusedError
from townhall_crypto.trust import TrustAnchors, find_chain, parse_certificate
from townhall_crypto.trust_revocation import ListTimes

_DATA: Final = frozenset({"1.2.840.113549.1.7.1"})  # id-data (RFC 5652 §4)
_DIGEST_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class DigestList:
    """Digests that a trusted office signed."""

    digests: frozenset[bytes] = field(repr=False)
    country: str
    """Of the authority that certified the signer; empty where its name has none."""
    revocation: ListTimes | None

    def has(self, file: bytes) -> bool:
        """Tell whether a file is one of those."""
        return hashlib.sha256(file).digest() in self.digests


def read_digest_list(untrusted_cms: bytes, branch: str, anchors: TrustAnchors, at: datetime) -> DigestList:
    """Return the list if a signer under an authority of that branch signed it, and was certified when it says so.

    ``branch`` stands somewhere in the common name of the signer's issuer; capitals do not matter. Without a claimed
    time of signing, the signer must be certified ``at`` that time.

    Raises:
        ContentRefusedError: it is no such list, or not signed by its signer.
        CertificateRefusedError: the signer is not certified; UNTRUSTED also for another branch.
        TrustMaterialError: the anchors themselves cannot be read.
    """
    unverified = open_content(untrusted_cms, _DATA)
    signed = verify_content(unverified)
    if not signed.content or len(signed.content) % _DIGEST_BYTES:
        raise ContentRefusedError(ContentRefusal.OTHER_CONTENT)
    signer = parse_certificate(signed.signer.dump())
    name = _names_of(signer.issuer)
    if branch not in name.get("common_name", "").casefold():
        raise CertificateRefusedError(CertificateRefusal.UNTRUSTED)
    others = tuple(each.dump() for each in unverified.untrusted_certificates)
    _chain, finding = find_chain(signer, anchors, signed.signed_at or at, others)
    starts = range(0, len(signed.content), _DIGEST_BYTES)
    digests = frozenset(signed.content[start : start + _DIGEST_BYTES] for start in starts)
    return DigestList(digests, name.get("country_name", ""), finding.times)


def _names_of(name: x509.Name) -> dict[str, str]:
    try:
        return {part["type"].native: str(part["value"].native) for each in name.chosen for part in each}
    except UNREADABLE:
        raise CertificateRefusedError(CertificateRefusal.UNPARSABLE) from None
