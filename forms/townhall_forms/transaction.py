# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What is sealed for the agency: the signed document and the evidence around it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IdentityEvidence:
    """Proof that the person's card was there: a challenge, its signature, and the authentication certificate."""

    challenge: str  # hex
    signature: str  # hex
    certificate: str  # hex of DER


@dataclass(frozen=True, slots=True)
class Transaction:
    """One finished service."""

    service: str
    form_id: str
    form_version: str
    form_sha256: str  # hex
    language: str  # BCP 47
    provenance: tuple[tuple[str, str], ...]  # (ref, source) of every prefilled answer
    evidence: IdentityEvidence
    document: bytes  # signed PDF

    def to_bytes(self) -> bytes:
        raise NotImplementedError

    @classmethod
    def from_bytes(cls, untrusted: bytes) -> "Transaction":
        raise NotImplementedError
