# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What Passive Authentication found, its parts kept apart: a person reads one sentence, a clerk all of it."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final


class Check(enum.Enum):
    """The parts; the value is their name in texts and files."""

    DATA = "data"  # what was read is what the security object says
    SIGNATURE = "signature"  # the security object is what its signer signed
    CHAIN = "chain"  # a trusted authority vouches for the signer
    COUNTRY = "country"  # the authority is of the state that the document names
    VALIDITY = "validity"  # the certificates were valid when the document was signed
    REVOCATION = "revocation"  # no list names the signer
    FRESHNESS = "freshness"  # what this kiosk knows of authorities is new enough


class Standing(enum.Enum):
    """What a part is worth."""

    GOOD = "good"
    UNKNOWN = "unknown"  # could not be checked
    BAD = "bad"


class Reason(enum.Enum):
    """Why a part is not good; the value is its name in texts and files."""

    UNREADABLE = "unreadable"
    NOTHING_READ = "nothing-read"
    CHANGED = "changed"
    NOT_LISTED = "not-listed"
    NOT_SIGNED = "not-signed"
    SIGNER_MISSING = "signer-missing"
    SIGNER_UNUSABLE = "signer-unusable"
    NO_DOCUMENT_SIGNER = "no-document-signer"
    AUTHORITY_UNKNOWN = "authority-unknown"
    STATE_UNKNOWN = "state-unknown"
    OTHER_COUNTRY = "other-country"
    SIGNED_LATER = "signed-later"
    SIGNER_NOT_VALID = "signer-not-valid"
    AUTHORITY_NOT_VALID = "authority-not-valid"
    REVOKED = "revoked"
    NO_LIST = "no-list"
    LIST_ENDED = "list-ended"
    LIST_OLD = "list-old"
    TRUST_UNDATED = "trust-undated"
    TRUST_OLD = "trust-old"
    TRUST_AHEAD = "trust-ahead"
    NOT_REACHED = "not-reached"  # what it builds on failed


@dataclass(frozen=True, slots=True)
class Finding:
    """One part's standing, and why if it is not good."""

    standing: Standing
    reasons: tuple[Reason, ...] = ()


GOOD: Final = Finding(Standing.GOOD)
NOT_REACHED: Final = Finding(Standing.UNKNOWN, (Reason.NOT_REACHED,))


class Outcome(enum.Enum):
    """What it comes to; the value is its name in texts and files. In this order: the first that fits is told."""

    UNREADABLE = "unreadable"  # there is nothing signed to look at
    CHANGED = "changed"  # the data are not what the state signed
    FORGED = "forged"  # the signature, or who signed, is not as it must be
    REVOKED = "revoked"
    ISSUER_UNKNOWN = "issuer-unknown"  # a state that this kiosk does not know, or nobody
    PROVISIONAL = "provisional"  # all good as far as what this kiosk knows reaches
    VERIFIED = "verified"


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed, for a clerk; nothing personal."""

    country: str
    serial_number: int
    authority: str = ""
    """The name of the authority that vouches; empty: none does."""
    signed_at: datetime | None = None
    """As the signer claims."""
    lists_at: datetime | None = None
    """Of when the revocation list is that was looked at."""
    trust_at: datetime | None = None
    """Of when the trust data are."""


@dataclass(frozen=True, slots=True)
class PassiveVerdict:
    """Every part, once each."""

    findings: Mapping[Check, Finding]
    groups: Mapping[int, Standing] = field(default_factory=lambda: MappingProxyType({}))
    """The data groups that were read, by number."""
    signer: Signer | None = None

    @property
    def outcome(self) -> Outcome:
        """What all parts together come to. Nothing that is unknown makes a document verified."""
        of = {check: finding.standing for check, finding in self.findings.items()}
        if Reason.UNREADABLE in self.findings[Check.SIGNATURE].reasons:
            return Outcome.UNREADABLE
        if of[Check.DATA] is Standing.BAD:
            return Outcome.CHANGED
        if of[Check.REVOCATION] is Standing.BAD:
            return Outcome.REVOKED
        if Standing.BAD in of.values():
            return Outcome.FORGED
        if any(of[each] is not Standing.GOOD for each in _NEEDED):
            return Outcome.ISSUER_UNKNOWN
        return Outcome.VERIFIED if set(of.values()) == {Standing.GOOD} else Outcome.PROVISIONAL

    @property
    def is_accepted(self) -> bool:
        """Whether the data may be believed, with or without doubt."""
        return self.outcome in {Outcome.VERIFIED, Outcome.PROVISIONAL}


_NEEDED: Final = (Check.DATA, Check.SIGNATURE, Check.CHAIN, Check.COUNTRY, Check.VALIDITY)
"""Without these nobody knows whose word it is; the others only say how fresh the knowledge is."""
