# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The port to the centre, and the outcomes of a try: what the courier must be ready for.

``HttpCentralService`` and ``CentralServiceSimulator`` implement it and pass the same contract tests. Nothing that comes
through the port is verified yet: receipts and checkpoints are checked by ``receipt``.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol, TypeAlias

from townhall_sync.wire import CheckpointReply, ConsistencyReply, EnrolmentRequest, EnrolmentState, PutReply


class Refusal(Enum):
    """What the centre's answer says about trying again. Whatever it says, nothing is deleted here."""

    POISON = "poison"
    """About this envelope alone: after some verdicts it stands aside, and the others go on."""

    FORKED = "forked"
    """Permanent: the centre knows another history of this journal (422, 409): a cloned or rolled-back disk."""

    NOT_ENROLLED = "not-enrolled"
    """Permanent until staff act: the centre does not know this kiosk or its key (401, 403)."""


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


PutOutcome: TypeAlias = Stored | Refused | Unreachable | RateLimited


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that is a message of the protocol."""

    state: EnrolmentState


EnrolmentOutcome: TypeAlias = Answered | Refused | Unreachable | RateLimited


class CentralService(Protocol):
    """The centre as a kiosk sees it; ``None`` stands for "no usable answer now, ask again later"."""

    async def put_envelope(self, envelope_id: str, envelope: bytes) -> PutOutcome:
        """Hand over one envelope; repeating is harmless, since the centre stores it once by its id."""

    async def checkpoint(self, nonce: str) -> CheckpointReply | None:
        """Ask for the newest checkpoint of the centre's log."""

    async def consistency(self, first: int, second: int) -> ConsistencyReply | None:
        """Ask for the proof that the log of size ``second`` continues the log of size ``first``."""


class EnrolmentService(Protocol):
    """The centre as a kiosk sees it that is not enrolled yet."""

    async def ask_enrolment(self, request: EnrolmentRequest) -> EnrolmentOutcome:
        """Ask to be enrolled; repeating is harmless."""

    async def enrolment(self, enrolment_id: str) -> EnrolmentOutcome:
        """Ask how an enrolment request stands."""
