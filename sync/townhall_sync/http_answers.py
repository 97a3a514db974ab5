# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What an HTTP answer means to a kiosk: the centre's word, or nothing to conclude from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from townhall_sync.batch import MAX_REPLY_BYTES, BatchReply, EnvelopeResult
from townhall_sync.central_service import (
    REFUSAL_BY_STATUS,
    BatchAnswered,
    BatchOutcome,
    PutOutcome,
    RateLimited,
    Refused,
    Stored,
    Unreachable,
)
from townhall_sync.errors import MessageMalformedError
from townhall_sync.wire import Problem, PutReply, read

PROBLEM: Final = "application/problem+json"
_MAX_RETRY_AFTER_S: Final = 24 * 60 * 60
_DIGEST_MISMATCH: Final = "TH-CENT-003"
"""The body was damaged on its way: not the envelope's fault."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A whole answer within the size limit; nothing of it is believed yet."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def read_put_answer(answer: HttpAnswer) -> PutOutcome:
    """Return what an answer to a PUT means."""
    if answer.status not in {200, 201}:
        return read_refusal(answer)
    try:
        return Stored(read(PutReply, answer.body))
    except MessageMalformedError:
        return Unreachable("no message of the protocol")


def read_batch_answer(answer: HttpAnswer, ids: Sequence[str]) -> BatchOutcome:
    """Return what an answer to a batch of these envelopes means."""
    if answer.status != 200:
        return read_refusal(answer)
    try:
        results = read(BatchReply, answer.body, limit=MAX_REPLY_BYTES).results
    except MessageMalformedError:
        return Unreachable("no message of the protocol")
    outcomes = [_outcome(each) for each in results]
    told = [each for each in outcomes if each is not None]
    if [each.id for each in results] != list(ids) or len(told) != len(ids):
        return Unreachable("an answer to something else")
    return BatchAnswered(tuple(told))


def _outcome(result: EnvelopeResult) -> Stored | Refused | None:
    if result.reply is not None:
        return Stored(result.reply)
    refusal = REFUSAL_BY_STATUS.get(result.status)
    return None if refusal is None else Refused(result.code, refusal)


def read_refusal(answer: HttpAnswer) -> Refused | RateLimited | Unreachable:
    """Return what an answer that is no success means; only a problem with a code of ours counts as the centre's."""
    if answer.status in {429, 503}:
        return _patience(answer)
    refusal = REFUSAL_BY_STATUS.get(answer.status)
    if refusal is None or answer.headers.get("content-type", "").partition(";")[0].strip() != PROBLEM:
        return Unreachable(f"status {answer.status}")
    try:
        problem = read(Problem, answer.body)
    except MessageMalformedError:
        return Unreachable(f"status {answer.status}")
    if problem.status != answer.status or problem.code == _DIGEST_MISMATCH:
        return Unreachable(problem.code)
    return Refused(problem.code, refusal)


def _patience(answer: HttpAnswer) -> RateLimited | Unreachable:
    stated = answer.headers.get("retry-after", "")
    # RFC 9110 §10.2.3 allows a date too, which would trust two clocks.
    if stated.isascii() and stated.isdigit() and len(stated) < 10:
        return RateLimited(min(int(stated), _MAX_RETRY_AFTER_S))
    return Unreachable(f"status {answer.status}")
