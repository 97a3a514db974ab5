# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Somebody who carries a USB stick to the centre and back at each call: the centre as a kiosk without a line sees it.

Implements ``CentralService``, so that the contract tests hold the stick to what they hold HTTP to.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from townhall_central.simulation.centre import SimulatedCentre
from townhall_central.stick import StickDesk
from townhall_crypto.device_key import DeviceKey
from townhall_sync.batch import NamedEnvelope
from townhall_sync.central_service import BatchAnswered, BatchOutcome, PutOutcome, Refused, Stored, Unreachable
from townhall_sync.receipt import CentreKeys
from townhall_sync.stick import (
    MAX_ANSWER_BYTES,
    Answer,
    ConsignmentBody,
    Folder,
    Item,
    Question,
    sign_consignment,
)
from townhall_sync.stick_files import Stick
from townhall_sync.stick_replies import read_reply
from townhall_sync.wire import CheckpointReply, ConsistencyReply, Restorations, read, to_json


class StickPost:
    """Carries what the kiosk ``name`` signs with ``key``; ``journal_id`` is its journal's."""

    def __init__(
        self, directory: Path, centre: SimulatedCentre, wall: Callable[[], int], *, name: str, key: DeviceKey
    ) -> None:
        """Use the stick in ``directory``; ``wall`` is the centre's clock."""
        directory.mkdir(exist_ok=True)
        self._directory = directory
        self._centre = centre
        self._wall = wall
        self._name = name
        self._key = key

    async def put_envelope(self, envelope_id: str, envelope: bytes) -> PutOutcome:
        """Carry one envelope."""
        return self._put([NamedEnvelope(envelope_id, envelope)])[0]

    async def put_envelopes(self, envelopes: Sequence[NamedEnvelope]) -> BatchOutcome:
        """Carry several."""
        outcomes = self._put(envelopes)
        answered = tuple(each for each in outcomes if isinstance(each, Stored | Refused))
        return BatchAnswered(answered) if len(answered) == len(outcomes) else Unreachable("no reply on the stick")

    def _put(self, envelopes: Sequence[NamedEnvelope]) -> list[Stored | Refused | Unreachable]:
        items = tuple(Item(id=each.id, sha256=hashlib.sha256(each.content).hexdigest()) for each in envelopes)
        body = ConsignmentBody(kiosk=self._name, journal_id="journal-1", items=items)
        keys = CentreKeys.from_root(self._centre.keys.root_bytes)
        with Stick(self._directory) as stick:
            for each in envelopes:
                stick.write(Folder.ENVELOPES, each.id, each.content)
            stick.write(Folder.CONSIGNMENTS, body.name(), to_json(sign_consignment(body, self._key)))
            self._carry(stick)
            stick.remove(Folder.CONSIGNMENTS, body.name())
            return [read_reply(stick, each.id, self._name, keys) for each in envelopes]

    def _carry(self, stick: Stick) -> None:
        StickDesk(self._centre.database, self._centre.keys, self._wall, stick).work()

    def _ask(self, nonce: str, *sizes: int) -> Answer | None:
        question = Question(nonce=nonce, sizes=sizes)
        with Stick(self._directory) as stick:
            stick.write(Folder.QUESTIONS, question.name(), to_json(question))
            self._carry(stick)
            content = stick.read(Folder.ANSWERS, question.name())
        return None if content is None else read(Answer, content, limit=MAX_ANSWER_BYTES)

    async def checkpoint(self, nonce: str) -> CheckpointReply | None:
        """Carry the question for the newest checkpoint."""
        answer = self._ask(nonce)
        return None if answer is None else answer.checkpoint

    async def consistency(self, first: int, second: int) -> ConsistencyReply | None:
        """Carry the question for a proof."""
        answer = self._ask(os.urandom(8).hex(), first)
        proofs = () if answer is None else answer.proofs
        return next((proof for proof in proofs if (proof.first, proof.second) == (first, second)), None)

    async def restorations(self) -> Restorations | None:
        """Carry the question for the statements of restored backups."""
        answer = self._ask(os.urandom(8).hex())
        return None if answer is None else answer.restorations
