# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The port to the centre, and the outcomes of a try: what the courier must be ready for.

``HttpCentralService`` and ``CentralServiceSimulator`` implement it and pass the same contract tests. Nothing that comes
through the port is verified yet: receipts and checkpoints are checked by ``receipt``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol, TypeAlias

from townhall_sync.batch import NamedEnvelope
from townhall_sync.wire import (
    CheckpointReply,
    ConsistencyReply,
    EnrolmentRequest,
    EnrolmentState,
    PutReply,
    Restorations,
)


class Refusal(Enum):
    """What the centre's answer says about trying again. Whatever it says, nothing is deleted here."""

    POISON = "poison"
    """About this envelope alone: after some verdicts it stands aside, and the others go on."""

    FORKED = "forked"
    """Permanent: the centre knows another history of this journal (422, 409): a cloned or rolled-back disk."""

    NOT_ENROLLED = "not-enrolled"
    """Permanent until staff act: the centre does not know this kiosk or its key (401, 403)."""


REFUSAL_BY_STATUS: Final = {
    400: Refusal.POISON,
    401: Refusal.NOT_ENROLLED,
    403: Refusal.NOT_ENROLLED,
    404: Refusal.POISON,
    405: Refusal.POISON,
    409: Refusal.FORKED,
    413: Refusal.POISON,
    415: Refusal.POISON,
    422: Refusal.FORKED,
}
"""What the centre's statuses mean to a kiosk, by whatever road they come."""


@dataclass(frozen=True, slots=True)
class Stored:
    """The centre says that it has the envelope; only the receipt inside, once verified, is proof."""

    reply: PutReply


@dataclass(frozen=True, slots=True)
class Refused:
    """The centre answered and does not take it; ``code`` is its stable code."""

    code: str
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Unreachable:
    """No usable answer: no line, a captive portal, a broken server. ``reason`` is for engineers."""

    reason: str


@dataclass(frozen=True, slots=True)
class RateLimited:
    """The centre asks for patience; ``retry_after_s`` seconds, at least."""

    retry_after_s: int


@dataclass(frozen=True, slots=True)
class Absent:
    """The centre answered that it has no such file."""


@dataclass(frozen=True, slots=True)
class Oversized:
    """The answer was longer than it may be; it was not read to its end."""


Untrusted: TypeAlias = bytes | Absent | Oversized | Unreachable
"""One file of a source that nobody has verified yet, or why there is none."""

PutOutcome: TypeAlias = Stored | Refused | Unreachable | RateLimited


@dataclass(frozen=True, slots=True)
class BatchAnswered:
    """The centre took the batch apart: what it says of each envelope, in the batch's order."""

    outcomes: tuple[Stored | Refused, ...]


BatchOutcome: TypeAlias = BatchAnswered | Refused | Unreachable | RateLimited
"""``Refused`` is about the request: it says nothing of any envelope inside."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that is a message of the protocol."""

    state: EnrolmentState


EnrolmentOutcome: TypeAlias = Answered | Refused | Unreachable | RateLimited


class CentreLog(Protocol):
    """The centre's log as a kiosk watches it; ``None`` stands for "no usable answer now, ask again later"."""

    async def checkpoint(self, nonce: str) -> CheckpointReply | None:
        """Ask for the newest checkpoint of the centre's log."""

    async def consistency(self, first: int, second: int) -> ConsistencyReply | None:
        """Ask for the proof that the log of size ``second`` continues the log of size ``first``."""

    async def restorations(self) -> Restorations | None:
        """Ask what the centre states about restored backups of its log."""


class CentralService(CentreLog, Protocol):
    """The centre as a kiosk sees it."""

    async def put_envelope(self, envelope_id: str, envelope: bytes) -> PutOutcome:
        """Hand over one envelope; repeating is harmless, since the centre stores it once by its id."""

    async def put_envelopes(self, envelopes: Sequence[NamedEnvelope]) -> BatchOutcome:
        """Hand over several that fit into one batch (``batch.BatchLoad``); each is taken as if it came alone."""


class EnrolmentService(Protocol):
    """The centre as a kiosk sees it that is not enrolled yet."""

    async def ask_enrolment(self, request: EnrolmentRequest) -> EnrolmentOutcome:
        """Ask to be enrolled; repeating is harmless."""

    async def enrolment(self, enrolment_id: str) -> EnrolmentOutcome:
        """Ask how an enrolment request stands."""
