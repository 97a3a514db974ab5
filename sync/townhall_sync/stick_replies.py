# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the centre says by stick, read as if it had answered over HTTP; nothing of it is verified but who refused.

A receipt, a checkpoint and a proof carry their own signatures, which ``receipt`` checks. Of a refusal HTTP's TLS says
who gave it; here a signature must.
"""

from collections.abc import Iterable
from typing import Final

from townhall_sync.ballot_log import MAX_PART_BYTES, BallotLogPart, file_name
from townhall_sync.central_service import REFUSAL_BY_STATUS, Refusal, Refused, Stored, Unreachable
from townhall_sync.errors import MessageMalformedError, ReceiptRefusedError
from townhall_sync.receipt import CentreKeys, FreshCheckpoint, verify_fresh_checkpoint
from townhall_sync.stick import MAX_ANSWER_BYTES, Answer, Folder, SignedRefusal, verify_refusal
from townhall_sync.stick_files import Stick
from townhall_sync.wire import CheckpointReply, ConsistencyReply, PutReply, Restorations, read

_NOTHING: Final = Unreachable("no reply on the stick")


def read_reply(stick: Stick, envelope_id: str, kiosk: str, keys: CentreKeys) -> Stored | Refused | Unreachable:
    """Return what the centre says of an envelope of this kiosk; ``Unreachable`` where it says nothing usable."""
    content = stick.read(Folder.REPLIES, envelope_id)
    if content is None:
        return _NOTHING
    try:
        return Stored(read(PutReply, content))
    except MessageMalformedError:
        pass
    try:
        body = verify_refusal(read(SignedRefusal, content), envelope_id, kiosk, keys)
    except (MessageMalformedError, ReceiptRefusedError) as exc:
        return Unreachable(type(exc).__name__)
    return Refused(body.code, REFUSAL_BY_STATUS.get(body.status, Refusal.POISON))


def read_ballot_log(stick: Stick, origin: str) -> tuple[str, bytes] | None:
    """Return a ballot box's note and all leaves' hashes, unverified; None where there is nothing usable."""
    content = stick.read(Folder.BALLOT_LOGS, file_name(origin))
    try:
        part = None if content is None else read(BallotLogPart, content, limit=MAX_PART_BYTES)
        return None if part is None or part.start else (part.checkpoint, part.hashes())
    except MessageMalformedError:
        return None


class StickLog:
    """One answer as the centre's log; implements ``CentreLog`` for the question that it answers."""

    def __init__(self, answer: Answer, fresh: FreshCheckpoint) -> None:
        """Use ``newest``."""
        self._answer = answer
        self._proofs = {(proof.first, proof.second): proof for proof in answer.proofs}
        self.fresh = fresh

    @classmethod
    def newest(cls, stick: Stick, questions: Iterable[str], keys: CentreKeys) -> "StickLog | None":
        """Return the newest verified answer to one of these questions (by their names), or None."""
        found = [log for name in questions if (log := cls._read(stick, name, keys)) is not None]
        return max(found, key=lambda log: (log.fresh.server_time, log.fresh.checkpoint.size), default=None)

    @classmethod
    def _read(cls, stick: Stick, name: str, keys: CentreKeys) -> "StickLog | None":
        content = stick.read(Folder.ANSWERS, name)
        if content is None:
            return None
        try:
            answer = read(Answer, content, limit=MAX_ANSWER_BYTES)
            if answer.question() != name:
                return None
            return cls(answer, verify_fresh_checkpoint(answer.checkpoint, answer.checkpoint.nonce, keys))
        except (MessageMalformedError, ReceiptRefusedError):
            return None

    @property
    def nonce(self) -> str:
        """The question that this answers; it is one of those that went out."""
        return self._answer.checkpoint.nonce

    async def checkpoint(self, nonce: str) -> CheckpointReply | None:
        """Return the checkpoint that was asked for with ``nonce``."""
        return self._answer.checkpoint if nonce == self.nonce else None

    async def consistency(self, first: int, second: int) -> ConsistencyReply | None:
        """Return a proof, if the question asked for it."""
        return self._proofs.get((first, second))

    async def restorations(self) -> Restorations | None:
        """Return the centre's statements about restored backups."""
        return self._answer.restorations
