# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A verification for programs: one JSON object (docs/formats/verification-report.md)."""

from typing import Annotated, Literal

import msgspec

from townhall_voting.election import Question, RankedQuestion
from townhall_voting.record.findings import Facts, NotVerified, Outcome
from townhall_voting.record.grammar import Phase
from townhall_voting.record.reasons import Concern
from townhall_voting.trustees.result import Counts, Rankings
from townhall_voting.trustees.threshold import ThresholdTrustees
from townhall_voting.trustees.trustee_list import Trustees

Whole = Annotated[int, msgspec.Meta(ge=0)]


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why and where a record is refused; ``detail`` is for engineers and changes without notice."""

    code: str
    name: str
    offset: Whole
    height: Whole | None
    detail: str


class TrusteeGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many of these trustees are needed; one of one is a trustee without whom nothing is decrypted."""

    needed: Whole
    size: Whole


class QuestionResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``counts``: votes for each answer, "blank" first where ``blank``; or ``rankings``: a list for each ballot."""

    question: str
    answers: tuple[str, ...]
    blank: bool
    counts: tuple[Whole, ...] | None = None
    rankings: tuple[tuple[Whole, ...], ...] | None = None


class VerificationReport(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What was found of a record, up to where it was good."""

    version: Literal[1] = 1
    outcome: Literal["complete", "good-so-far", "refused"]
    phase: Literal["nothing", "voting", "closed", "tallied", "shuffling", "shuffled", "decrypting", "complete"]
    reason: Reason | None
    concerns: tuple[str, ...]
    uuid: str | None
    name: str | None
    election: str | None
    """The election's fingerprint."""
    group: str | None
    trustees: tuple[TrusteeGroup, ...]
    verified_bytes: Whole
    last_event: str | None
    """SHA-256 of the last good event, which every byte before it leads to."""
    credentials: Whole
    ballots: Whole
    remembered: Whole
    """Ballots that an earlier verification had checked."""
    weight: Whole
    published: Whole | None
    rejected: Whole | None
    opened: Whole | None
    tally: str | None
    shuffled_by: tuple[Whole, ...]
    decrypted_by: tuple[Whole, ...]
    side_cars: bool
    """Whether the strong proofs of the shares were asked for."""
    results: tuple[QuestionResult, ...]


def report_of(outcome: Outcome) -> VerificationReport:
    """Return the outcome for programs."""
    facts = outcome.facts
    election, head = facts.election, facts.head
    return VerificationReport(
        outcome=_word(outcome),
        phase=facts.phase.value,
        reason=_reason(outcome) if isinstance(outcome, NotVerified) else None,
        concerns=tuple(concern.code for concern in facts.concerns),
        uuid=None if election is None else election.uuid,
        name=None if election is None else election.name,
        election=None if election is None else election.fingerprint,
        group=None if election is None else election.group.name,
        trustees=() if facts.trustees is None else trustee_groups(facts.trustees),
        verified_bytes=0 if head is None else head.offset,
        last_event=None if head is None else head.parent,
        credentials=facts.credential_count,
        ballots=facts.ballot_count,
        remembered=facts.remembered_count,
        weight=facts.total_weight,
        published=facts.published_count,
        rejected=facts.rejected_count,
        opened=facts.checked_count,
        tally=facts.tally,
        shuffled_by=tuple(facts.shuffled_by),
        decrypted_by=tuple(facts.decrypted_by),
        side_cars=Concern.NO_SIDE_CARS not in facts.concerns,
        results=_results(facts),
    )


def trustee_groups(trustees: Trustees) -> tuple[TrusteeGroup, ...]:
    """Return how many of whom are needed."""
    return tuple(
        TrusteeGroup(each.threshold, len(each.keys)) if isinstance(each, ThresholdTrustees) else TrusteeGroup(1, 1)
        for each in trustees.groups
    )


def _word(outcome: Outcome) -> Literal["complete", "good-so-far", "refused"]:
    if isinstance(outcome, NotVerified):
        return "refused"
    return "complete" if outcome.facts.phase is Phase.COMPLETE else "good-so-far"


def _reason(outcome: NotVerified) -> Reason:
    return Reason(outcome.reason.code, outcome.reason.name, outcome.place.offset, outcome.place.height, outcome.detail)


def _results(facts: Facts) -> tuple[QuestionResult, ...]:
    if facts.election is None or facts.result is None:
        return ()
    return tuple(
        _result(question, found)
        for question, found in zip(facts.election.questions, facts.result.questions, strict=True)
    )


def _result(question: Question, found: Counts | Rankings) -> QuestionResult:
    if isinstance(question, RankedQuestion):
        rankings = tuple(each for each in found if isinstance(each, tuple))
        return QuestionResult(question.text, question.answers, blank=False, rankings=rankings)
    counts = tuple(each for each in found if isinstance(each, int))
    return QuestionResult(question.text, question.answers, question.is_blank_allowed, counts=counts)
