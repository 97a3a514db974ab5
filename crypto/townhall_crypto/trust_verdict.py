# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a card is worth to a service while nobody outside can be asked: accepted, provisional or refused.

Pure: it compares the times of the trust data with the policy of a service. A certificate that is revoked, expired or
of an unknown issuer never comes here; ``trust`` has refused it. Here is only the question how much a silent list is
worth that may be old.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from types import MappingProxyType
from typing import Final

from townhall_crypto.errors import ProgrammingError
from townhall_crypto.trust_revocation import ListTimes


class RevocationNeed(Enum):
    """What a service asks to be known about revocation before it serves somebody."""

    REQUIRED = "required"
    PROVISIONAL = "provisional"
    NOT_NEEDED = "not-needed"


class ServiceClass(Enum):
    """Kinds of services by what a mistaken identity would cost."""

    IDENTIFICATION = "identification"
    FORM_SUBMISSION = "form-submission"
    BALLOT = "ballot"


@dataclass(frozen=True, slots=True)
class TrustPolicy:
    """What a service needs; ages are limits that may still be reached, not passed."""

    revocation: RevocationNeed
    crl_age: timedelta
    """From a revocation list's thisUpdate."""
    list_age: timedelta
    """From the signing of the trust list."""


POLICIES: Final[Mapping[ServiceClass, TrustPolicy]] = MappingProxyType(
    {
        ServiceClass.IDENTIFICATION: TrustPolicy(RevocationNeed.NOT_NEEDED, timedelta(days=7), timedelta(days=30)),
        ServiceClass.FORM_SUBMISSION: TrustPolicy(RevocationNeed.PROVISIONAL, timedelta(days=7), timedelta(days=30)),
        ServiceClass.BALLOT: TrustPolicy(RevocationNeed.REQUIRED, timedelta(days=1), timedelta(days=30)),
    }
)
"""What each class needs where a service says nothing else."""


class Doubt(Enum):
    """Why it is not certain that a card is in force; the value is its name in files."""

    NO_CRL = "no-crl"  # no revocation list speaks for a certificate of the path
    CRL_ENDED = "crl-ended"  # past its own nextUpdate
    CRL_OLD = "crl-old"  # older than the service allows
    LIST_UNDATED = "list-undated"  # nobody knows of when the trust list is
    LIST_OLD = "list-old"  # the trust list is older than the service allows
    LIST_AHEAD = "list-ahead"  # the trust list is of a time to come: the clock is wrong, or the list


class Outcome(Enum):
    """What follows for the person."""

    ACCEPTED = "accepted"
    PROVISIONAL = "provisional"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class TrustEvidence:
    """Of when the trust data are that a card was found good by."""

    revocation: ListTimes | None
    list_at: datetime | None


@dataclass(frozen=True, slots=True)
class TrustVerdict:
    """The outcome and everything that led there."""

    outcome: Outcome
    doubts: tuple[Doubt, ...]
    evidence: TrustEvidence


_CLOCK_TOLERANCE: Final = timedelta(minutes=5)


def judge(evidence: TrustEvidence, policy: TrustPolicy, at: datetime) -> TrustVerdict:
    """Return what a card with a valid, unrevoked path is worth to a service with this policy.

    Raises:
        ProgrammingError: ``at`` has no time zone.
    """
    if at.tzinfo is None:
        raise ProgrammingError("a card is judged at a time with a time zone")
    doubts = [*_doubts_of_list(evidence.list_at, policy, at)]
    if policy.revocation is not RevocationNeed.NOT_NEEDED:
        doubts += _doubts_of_revocation(evidence.revocation, policy, at)
    if not doubts:
        outcome = Outcome.ACCEPTED
    else:
        outcome = Outcome.REFUSED if policy.revocation is RevocationNeed.REQUIRED else Outcome.PROVISIONAL
    return TrustVerdict(outcome, tuple(doubts), evidence)


def _doubts_of_list(list_at: datetime | None, policy: TrustPolicy, at: datetime) -> list[Doubt]:
    if list_at is None:
        return [Doubt.LIST_UNDATED]
    if list_at - at > _CLOCK_TOLERANCE:
        return [Doubt.LIST_AHEAD]
    return [Doubt.LIST_OLD] if at - list_at > policy.list_age else []


def _doubts_of_revocation(times: ListTimes | None, policy: TrustPolicy, at: datetime) -> list[Doubt]:
    if times is None:
        return [Doubt.NO_CRL]
    doubts = []
    if at > times.next_update:
        doubts.append(Doubt.CRL_ENDED)
    if at - times.this_update > policy.crl_age:
        doubts.append(Doubt.CRL_OLD)
    return doubts


def weaker(one: ListTimes | None, other: ListTimes | None) -> ListTimes | None:
    """Return what the lists behind two certificates of one card are worth together."""
    return one.weaker(other) if one is not None and other is not None else None
