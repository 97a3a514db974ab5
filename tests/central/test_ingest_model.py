# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A model of the centre beside the centre: kiosks deliver, repeat, clone, damage and contradict in any order."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from townhall_central import ingest, keys, log
from townhall_central.errors import LinkContradictedError, OtherBytesError, SequenceTakenError
from townhall_central.simulation.centre import SimulatedCentre
from townhall_central.simulation.kiosk import MemoryDeviceKey, SimulatedKiosk
from townhall_central.tables import ENVELOPE
from townhall_crypto.envelope import Envelope, sign_envelope
from townhall_crypto.merkle import MerkleTree, leaf_hash
from townhall_crypto.recipients import generate_recipient_key
from townhall_sync import receipt, wire

NOW = 1_800_000_000
RECIPIENT = generate_recipient_key().public
LENGTH = 6


class CentreMachine(RuleBasedStateMachine):
    """`stored` is the model: what the centre must hold, in the log's order; `replies` what it said first."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        self.centre = SimulatedCentre.create(self.directory / "centre", NOW)
        self.stored: list[Envelope] = []
        self.first_receipts: dict[str, wire.SignedReceipt] = {}

    @initialize()
    def enrol(self) -> None:
        kiosk = self.centre.enrol("kiosk-1", [RECIPIENT])
        self.kiosk = kiosk
        self.chain = kiosk.chain(LENGTH)
        self.clone = SimulatedKiosk(kiosk.name, kiosk.key, kiosk.certificate, kiosk.recipients, kiosk.wall)
        common = LENGTH // 2
        self.clone.ids = {seq: kiosk.ids[seq] for seq in range(1, common + 1)}
        self.branch = [self.clone.envelope(seq, b"clone %d" % seq) for seq in range(common + 1, LENGTH + 1)]

    def send(self, envelope: Envelope) -> ingest.Outcome:
        return self.centre.put(self.kiosk, envelope)

    def at(self, seq: int) -> Envelope | None:
        return next((each for each in self.stored if each.header.seq == seq), None)

    def expected_conflict(self, envelope: Envelope) -> type[Exception] | None:
        header = envelope.header
        here, before, after = (self.at(header.seq + step) for step in (0, -1, 1))
        if here is not None:
            return OtherBytesError if here.header.envelope_id == header.envelope_id else SequenceTakenError
        if before is not None and before.header.envelope_id != header.prev_hash:
            return LinkContradictedError
        if after is not None and after.header.prev_hash != header.envelope_id:
            return LinkContradictedError
        return None

    def deliver(self, envelope: Envelope) -> None:
        outcome = self.send(envelope)
        identifier = envelope.header.envelope_id
        known = self.at(envelope.header.seq)
        if known is not None and known.to_bytes() == envelope.to_bytes():
            assert isinstance(outcome, ingest.Stored)
            assert not outcome.is_new
            assert outcome.reply.receipt == self.first_receipts[identifier]
            return
        conflict = self.expected_conflict(envelope)
        if conflict is not None:
            assert isinstance(outcome, ingest.Conflict)
            assert type(outcome.error) is conflict
            return
        assert isinstance(outcome, ingest.Stored)
        assert outcome.is_new
        self.stored.append(envelope)
        self.first_receipts[identifier] = outcome.reply.receipt
        header = envelope.header
        expected = receipt.ExpectedReceipt(identifier, header.kiosk, header.journal_id, header.seq)
        receipt.verify_receipt(
            outcome.reply.receipt, expected, receipt.CentreKeys.from_root(self.centre.keys.root_bytes)
        )
        assert outcome.reply.receipt.body.index == len(self.stored) - 1
        assert outcome.reply.lowest_missing_seq == self.lowest_missing()

    def lowest_missing(self) -> int:
        seqs = {each.header.seq for each in self.stored}
        return next(seq for seq in range(1, LENGTH + 2) if seq not in seqs)

    @rule(number=st.integers(0, LENGTH - 1))
    def the_kiosk_delivers(self, number: int) -> None:
        self.deliver(self.chain[number])

    @rule(number=st.integers(0, LENGTH - LENGTH // 2 - 1))
    def the_clone_delivers(self, number: int) -> None:
        self.deliver(self.branch[number])

    @rule(number=st.integers(0, LENGTH - 1))
    def a_forged_signature_comes(self, number: int) -> None:
        genuine = self.chain[number]
        self.deliver(sign_envelope(genuine.header, genuine.sealed, MemoryDeviceKey()))

    @rule(number=st.integers(0, LENGTH - 1), place=st.integers(1, 1000))
    def a_damaged_sealed_part_comes(self, number: int, place: int) -> None:
        genuine = self.chain[number]
        sealed = bytearray(genuine.sealed)
        sealed[-place] ^= 0x80
        self.deliver(Envelope(genuine.header, genuine.signature, bytes(sealed)))

    @precondition(lambda self: bool(self.stored))
    @rule()
    def the_worker_is_replaced(self) -> None:
        self.centre.database.close()
        path = self.centre.path
        self.centre = SimulatedCentre(path, keys.load_keys(path), keys.open_database(path), NOW)

    @invariant()
    def the_log_is_the_model(self) -> None:
        tree = MerkleTree.from_leaf_hashes(
            leaf_hash(wire.central_leaf(each.header.envelope_id)) for each in self.stored
        )
        with self.centre.database.read() as connection:
            head = log.read_head(connection)
            rows = connection.execute(select(ENVELOPE.c.log_index, ENVELOPE.c.bytes).order_by(ENVELOPE.c.log_index))
            found = [(index, content) for index, content in rows]
        assert found == [(index, each.to_bytes()) for index, each in enumerate(self.stored)]
        assert head.checkpoint("x").root == tree.root()

    def teardown(self) -> None:
        self.centre.database.close()
        shutil.rmtree(self.directory)


TestCentreMachine = CentreMachine.TestCase
TestCentreMachine.settings = settings(
    max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
