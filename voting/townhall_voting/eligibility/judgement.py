# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""How the eligibility board judges one statement: good, refused, or for people to decide; with a reason.

Deterministic: the same statement, package, trust data and time of arrival give the same judgement. Which of a person's
good statements counts is decided afterwards (``duplicates``), when all have come.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Protocol, TypeAlias

from townhall_crypto.errors import CertificateRefusal
from townhall_crypto.trust import TrustAnchors, ValidatedCertificate, find_revocation
from townhall_crypto.trust_revocation import Verdict
from townhall_voting.eligibility.duplicates import Candidate, OpeningHours, Pseudonym
from townhall_voting.eligibility.sentence import sentence_of
from townhall_voting.eligibility.statement import Statement, StatementFacts, read_facts, signer_of, validate_statement
from townhall_voting.errors import StatementRefusal, StatementRefusedError
from townhall_voting.hashing import Fingerprint, HexHash, hex_hash
from townhall_voting.package.contests import Id
from townhall_voting.package.definition import Definition, DeviceRole


class Voters(Protocol):
    """Who may vote, and where."""

    @property
    def version(self) -> HexHash:
        """SHA-256 of the snapshot."""

    def find(self, certificate: ValidatedCertificate) -> tuple[Pseudonym, Id] | None:
        """Return a person's pseudonym and district, or None for somebody who is not on the roll."""


class Refused(Enum):
    """Why a statement can never count; the value is its name in files."""

    UNSIGNED = "unsigned"
    MALFORMED = "malformed"
    OTHER_ELECTION = "other-election"
    OTHER_DEVICE = "other-device"
    OTHER_SENTENCE = "other-sentence"
    OTHER_ROLL = "other-roll"
    CERTIFICATE = "certificate"
    NOT_ON_ROLL = "not-on-roll"
    OTHER_DISTRICT = "other-district"


class Doubtful(Enum):
    """Why people must decide about a statement; the value is its name in files."""

    REVOKED = "revoked"
    EXPIRED = "expired"
    UNCHECKED = "unchecked"  # no revocation list of the issuer speaks for the card
    OUTSIDE_HOURS = "outside-hours"


@dataclass(frozen=True, slots=True)
class Good:
    """Signed by the card of a person on the roll, at a device and within the hours of the election."""

    candidate: Candidate
    district: Id


@dataclass(frozen=True, slots=True)
class Bad:
    """Can never count."""

    reason: Refused


@dataclass(frozen=True, slots=True)
class Open:
    """Counts only if people decide so, on the evidence; ``candidate`` is what it would be."""

    reason: Doubtful
    candidate: Candidate
    district: Id


Judgement: TypeAlias = Good | Bad | Open


@dataclass(frozen=True, slots=True)
class Bench:
    """What the board judges by."""

    definition: Definition
    definition_sha256: HexHash
    elections: Mapping[Id, Fingerprint]
    """phi of each ballot style."""
    voters: Voters
    anchors: TrustAnchors = field(repr=False)
    """With revocation lists as new as can be had."""
    now: datetime
    """When revocation is asked: after the line is back."""


_REVOCATION = {Verdict.GOOD: None, Verdict.REVOKED: Doubtful.REVOKED, Verdict.UNKNOWN: Doubtful.UNCHECKED}


def judge(untrusted: bytes, device: str, hours: OpeningHours, bench: Bench) -> Judgement:
    """Return the judgement of a statement that ``device`` delivered, which was open within ``hours``.

    Raises:
        TrustMaterialError: the trust data cannot be read.
    """
    try:
        facts = read_facts(untrusted)
    except StatementRefusedError as error:
        return Bad(_REFUSALS[error.reason])
    if (reason := _misplaced(facts, device, bench)) is not None:
        return Bad(reason)
    claimed = datetime.fromtimestamp(hours.bound(facts.time), UTC)
    statement, doubt = _validated(untrusted, claimed, bench)
    if isinstance(statement, Refused):
        return Bad(statement)
    found = bench.voters.find(statement.certificate)
    if found is None:
        return Bad(Refused.NOT_ON_ROLL)
    pseudonym, district = found
    if bench.elections[bench.definition.style_of(district)] != facts.election:
        return Bad(Refused.OTHER_DISTRICT)
    candidate = Candidate(hex_hash(untrusted), pseudonym, facts.ballot, facts.device, facts.time, facts.seq)
    if doubt is None and not _is_within_hours(claimed, facts, bench):
        doubt = Doubtful.OUTSIDE_HOURS
    return Good(candidate, district) if doubt is None else Open(doubt, candidate, district)


_REFUSALS = {
    StatementRefusal.UNSIGNED: Refused.UNSIGNED,
    StatementRefusal.MALFORMED: Refused.MALFORMED,
    StatementRefusal.OTHER_SENTENCE: Refused.OTHER_SENTENCE,
    StatementRefusal.CERTIFICATE: Refused.CERTIFICATE,
}


def _misplaced(facts: StatementFacts, device: str, bench: Bench) -> Refused | None:
    """Return why these facts are not of this election, this device or this roll."""
    definition = bench.definition
    known, place = definition.device(facts.device), definition.place_of(facts.device)
    if facts.mode is not definition.mode or facts.election not in bench.elections.values():
        return Refused.OTHER_ELECTION
    if facts.device != device or known is None or known.role is DeviceRole.BOOTH:
        return Refused.OTHER_DEVICE
    if place is None or place.id != facts.place:
        return Refused.OTHER_DEVICE
    if facts.roll_version != bench.voters.version:
        return Refused.OTHER_ROLL
    return None


def _validated(untrusted: bytes, claimed: datetime, bench: Bench) -> tuple[Statement | Refused, Doubtful | None]:
    """Validate at the claimed time, and ask of revocation now; what is late or revoked goes on, for people to see."""
    timeless = replace(bench.anchors, crls_der=())

    def validate(at: datetime) -> Statement:
        return validate_statement(untrusted, timeless, at, lambda facts: sentence_of(facts, bench.definition))

    try:
        try:
            statement = validate(claimed)
        except StatementRefusedError as error:
            if error.certificate_reason is not CertificateRefusal.EXPIRED:
                return _REFUSALS[error.reason], None
            return validate(signer_of(untrusted).not_valid_after), Doubtful.EXPIRED
    except StatementRefusedError as error:
        return _REFUSALS[error.reason], None
    return statement, _REVOCATION[find_revocation(statement.certificate, bench.anchors, bench.now).verdict]


def _is_within_hours(claimed: datetime, facts: StatementFacts, bench: Bench) -> bool:
    place = bench.definition.place_of(facts.device)
    return place is not None and any(hours.holds(claimed) for hours in bench.definition.hours_of(place))
