# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The centre's side of a USB stick: takes what kiosks sent exactly as HTTP does, and writes its answers beside it.

Who sends is known by the signature on the consignment, as it is by the request's signature over HTTP: an envelope that
no consignment names, or with other bytes, is left alone. What was answered before is answered the same again.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from typing import Final

import msgspec

from townhall_central import ballot_logs, ingest, log
from townhall_central.database import Database
from townhall_central.errors import UnknownKioskError
from townhall_central.keys import CentreKeys
from townhall_sync import wire
from townhall_sync.ballot_log import file_name
from townhall_sync.batch import BatchLoad, NamedEnvelope
from townhall_sync.errors import MessageMalformedError, RequestSignatureError, StickFullError, StickReadOnlyError
from townhall_sync.stick import (
    Answer,
    Consignment,
    Folder,
    Question,
    RefusalBody,
    sign_refusal,
    verify_consignment,
)
from townhall_sync.stick_files import Stick

MAX_QUESTIONS: Final = 1_000
"""Questions answered in one go: each costs up to 2,000 proofs."""
MAX_STRANGERS: Final = 1_000
"""Refusals written for kiosks that nobody knows."""


@dataclass(slots=True)
class StickReport:
    """What came of a stick; the counts are envelopes, except of the last three.

    `lost`: named by a consignment, but not on the stick, or with other bytes: the kiosk writes it again.
    `unanswered`: answers that found no room, or a stick that cannot be written to: what came is stored all the same.
    `refused_consignments`: lists that their kiosk did not sign, or that cannot be read.
    """

    new: int = 0
    known: int = 0
    quarantined: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    unanswered: int = 0
    refused_consignments: int = 0
    questions: int = 0

    def to_json(self) -> str:
        """Return the report for a person or a script."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2).decode()


class StickDesk:
    """Works one stick off."""

    def __init__(self, database: Database, keys: CentreKeys, now: Callable[[], int], stick: Stick) -> None:
        """``now`` is the centre's clock."""
        self._database = database
        self._keys = keys
        self._now = now
        self._stick = stick
        self._report = StickReport()

    def work(self) -> StickReport:
        """Take everything, answer everything.

        Raises:
            BusyError: the database; what was stored before counts. Do it again.
            StickError: the stick cannot be read, or was pulled. Do it again.
        """
        self._stick.sweep()
        for name in self._stick.names(Folder.CONSIGNMENTS):
            self._take_consignment(self._stick.read(Folder.CONSIGNMENTS, name) or b"")
        # Last: the checkpoint covers what just came.
        for name in islice(self._stick.names(Folder.QUESTIONS), MAX_QUESTIONS):
            self._answer_question(name, self._stick.read(Folder.QUESTIONS, name) or b"")
        with self._database.read() as connection:
            logs = ballot_logs.all_whole(connection)
        for origin, part in logs:
            self._write(Folder.BALLOT_LOGS, file_name(origin), wire.to_json(part))
        return self._report

    def _take_consignment(self, untrusted: bytes) -> None:
        try:
            consignment = wire.read(Consignment, untrusted)
            kiosk = consignment.body.kiosk
            with self._database.read() as connection:
                caller = ingest.find_caller(connection, kiosk)
            if caller is None:
                for item in consignment.body.items:
                    self._refuse_unknown(item.id, kiosk)
                return
            body = verify_consignment(consignment, caller.public_key)
        except (MessageMalformedError, RequestSignatureError):
            self._report.refused_consignments += 1
            return
        load = BatchLoad()
        for item in body.items:
            content = self._stick.read(Folder.ENVELOPES, item.id)
            if content is None or sha256(content).hexdigest() != item.sha256:
                self._report.lost += 1
                continue
            envelope = NamedEnvelope(item.id, content)
            if not load.has_room_for(envelope):
                self._take(load.envelopes, caller)
                load = BatchLoad()
            load.add(envelope)
        self._take(load.envelopes, caller)

    def _take(self, envelopes: Sequence[NamedEnvelope], caller: ingest.Caller) -> None:
        outcomes = ingest.put_all(self._database, envelopes, caller, keys=self._keys, now=self._now())
        for envelope, outcome in zip(envelopes, outcomes, strict=True):
            if isinstance(outcome, ingest.Stored):
                self._report.new += outcome.is_new
                self._report.known += not outcome.is_new
                self._report.quarantined += outcome.is_new and outcome.reply.receipt.body.status == "quarantined"
                self._write(Folder.REPLIES, envelope.id, wire.to_json(outcome.reply))
            else:
                self._refuse(envelope.id, caller.kiosk, outcome.error)

    def _refuse(self, envelope_id: str, kiosk: str, error: ingest.Refusal) -> None:
        self._report.refused[error.code] += 1
        body = RefusalBody(id=envelope_id, kiosk=kiosk, status=error.status, code=error.code)
        self._write(Folder.REPLIES, envelope_id, wire.to_json(sign_refusal(body, self._keys.receipt)))

    def _refuse_unknown(self, envelope_id: str, kiosk: str) -> None:
        # Nobody is known to have signed this list: it must not take a reply away that an envelope has got, or fill
        # the stick.
        is_one_too_many = self._report.refused[UnknownKioskError.code] >= MAX_STRANGERS
        if not is_one_too_many and self._stick.read(Folder.REPLIES, envelope_id) is None:
            self._refuse(envelope_id, kiosk, UnknownKioskError())

    def _answer_question(self, name: str, untrusted: bytes) -> None:
        try:
            question = wire.read(Question, untrusted)
        except MessageMalformedError:
            return
        if question.name() != name:
            return
        with self._database.read() as connection:  # one state: the proofs lead to this head
            head = log.read_head(connection)
            restorations = log.restorations(connection)
            restored = (each.body.size for each in restorations.restorations)
            proofs = tuple(
                wire.ConsistencyReply(
                    first=size,
                    second=head.size,
                    proof=tuple(node.hex() for node in log.consistency_proof(connection, size, head.size)),
                )
                for size in dict.fromkeys((*restored, *question.sizes))
                if size <= head.size
            )
        checkpoint = ingest.fresh_checkpoint(head, question.nonce, self._keys, self._now())
        answer = Answer(checkpoint=checkpoint, proofs=proofs, restorations=restorations)
        self._report.questions += 1
        self._write(Folder.ANSWERS, name, wire.to_json(answer))

    def _write(self, folder: Folder, name: str, content: bytes) -> None:
        try:
            self._stick.write(folder, name, content)
        except (StickFullError, StickReadOnlyError):
            self._report.unanswered += 1
