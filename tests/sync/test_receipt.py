# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Only a receipt that proves everything it says is a receipt."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from townhall_crypto.envelope import Envelope
from townhall_sync import wire
from townhall_sync.central_service import Stored
from townhall_sync.errors import EnrolmentRefusedError, MessageMalformedError, ReceiptRefusal, ReceiptRefusedError
from townhall_sync.receipt import (
    CentreKeys,
    ExpectedReceipt,
    Outcome,
    check_continues,
    prove_kept,
    verify_fresh_checkpoint,
    verify_receipt,
)
from townhall_sync.simulated_faults import Forgery
from townhall_sync.simulated_kiosk import SimulatedKiosk
from townhall_sync.simulator import CentralServiceSimulator

Sealed = Callable[[int], bytes]


class Case:
    """A centre with three envelopes, and the receipt of the second."""

    def __init__(self, centre: CentralServiceSimulator, kiosk: SimulatedKiosk, sealed: Sealed) -> None:
        self.centre = centre
        journal = kiosk.open()
        self.ids = [journal.commit(sealed(number)).envelope_id for number in range(3)]
        self.envelopes = [journal.envelope_bytes(each) for each in self.ids]
        header = Envelope.from_bytes(self.envelopes[1]).header
        self.expected = ExpectedReceipt(header.envelope_id, header.kiosk, header.journal_id, header.seq)
        self.receipts = [self.put(number) for number in range(3)]

    def put(self, number: int) -> wire.SignedReceipt:
        outcome = asyncio.run(self.centre.put_envelope(self.ids[number], self.envelopes[number]))
        assert isinstance(outcome, Stored)
        return outcome.reply.receipt

    def refusal(self, untrusted: wire.SignedReceipt, expected: ExpectedReceipt | None = None) -> ReceiptRefusal:
        with pytest.raises(ReceiptRefusedError) as caught:
            verify_receipt(untrusted, expected or self.expected, self.centre.keys)
        return caught.value.reason

    def resigned(self, **changes: object) -> wire.SignedReceipt:
        body = msgspec.structs.replace(self.receipts[1].body, **changes)
        return wire.sign_receipt(body, self.centre._receipt_key)


@pytest.fixture
def case(centre: CentralServiceSimulator, kiosk: SimulatedKiosk, sealed: Sealed) -> Case:
    return Case(centre, kiosk, sealed)


def test_a_true_receipt_verifies(case: Case) -> None:
    receipt = verify_receipt(case.receipts[1], case.expected, case.centre.keys)
    assert (receipt.envelope_id, receipt.seq, receipt.outcome) == (case.ids[1], 2, Outcome.ACCEPTED)
    assert receipt.checkpoint.size == 2


@pytest.mark.parametrize(
    ("forgery", "reason"),
    [
        (Forgery.SIGNATURE, ReceiptRefusal.FORGED),
        (Forgery.OTHERS, ReceiptRefusal.OTHERS),
        (Forgery.CHECKPOINT, ReceiptRefusal.CHECKPOINT),
        (Forgery.PROOF, ReceiptRefusal.NOT_LOGGED),
    ],
)
def test_each_forgery_is_told_by_its_name(case: Case, forgery: Forgery, reason: ReceiptRefusal) -> None:
    case.centre.faults.forge = forgery
    assert case.refusal(case.put(1)) is reason


def test_another_envelopes_true_receipt_is_refused(case: Case) -> None:
    assert case.refusal(case.receipts[0]) is ReceiptRefusal.OTHERS


@pytest.mark.parametrize("field", ["envelope_id", "kiosk", "journal_id", "seq"])
def test_a_receipt_must_name_kiosk_journal_place_and_envelope(case: Case, field: str) -> None:
    others = {"envelope_id": "ab" * 32, "kiosk": "kiosk-2", "journal_id": "other", "seq": 9}
    expected = replace(case.expected, **{field: others[field]})  # type: ignore[arg-type]  # one field a round
    assert case.refusal(case.receipts[1], expected) is ReceiptRefusal.OTHERS


@pytest.mark.parametrize(
    "changes",
    [
        {"index": 0},
        {"index": 2},
        {"index": 2**53 - 1},
        {"inclusion_proof": ()},
        {"inclusion_proof": ("00" * 32,)},
    ],
)
def test_a_proof_that_leads_elsewhere_is_refused(case: Case, changes: dict[str, object]) -> None:
    assert case.refusal(case.resigned(**changes)) is ReceiptRefusal.NOT_LOGGED


@pytest.mark.parametrize("note", ["", "x", "centre.example/log\n2\nAAAA\n\n", "\n\n", "a\x00b\n\n— x AAAA\n"])
def test_a_checkpoint_that_is_none_is_refused(case: Case, note: str) -> None:
    assert case.refusal(case.resigned(checkpoint=note)) is ReceiptRefusal.CHECKPOINT


def test_a_checkpoint_of_the_same_key_but_another_envelopes_tree_is_refused(case: Case) -> None:
    assert case.refusal(case.resigned(checkpoint=case.receipts[0].body.checkpoint)) is ReceiptRefusal.NOT_LOGGED


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(offset=st.integers(min_value=0, max_value=10_000), change=st.integers(min_value=1, max_value=255))
def test_no_changed_byte_of_a_receipt_verifies(case: Case, offset: int, change: int) -> None:
    untrusted = bytearray(wire.to_json(case.receipts[1]))
    untrusted[offset % len(untrusted)] ^= change
    try:
        receipt = wire.read(wire.SignedReceipt, bytes(untrusted))
    except MessageMalformedError:
        return
    if receipt != case.receipts[1]:  # else another spelling of the same JSON
        case.refusal(receipt)


def test_a_fresh_checkpoint_answers_our_question_alone(case: Case) -> None:
    reply = asyncio.run(case.centre.checkpoint("mine"))
    assert reply is not None
    assert verify_fresh_checkpoint(reply, "mine", case.centre.keys).checkpoint.size == 3
    with pytest.raises(ReceiptRefusedError):
        verify_fresh_checkpoint(reply, "another", case.centre.keys)
    later = msgspec.structs.replace(reply, server_time=reply.server_time + 1)
    with pytest.raises(ReceiptRefusedError):
        verify_fresh_checkpoint(later, "mine", case.centre.keys)


def test_an_envelope_is_kept_when_the_fresh_log_continues_its_receipts(case: Case) -> None:
    async def ask() -> tuple[wire.CheckpointReply | None, wire.ConsistencyReply | None, wire.ConsistencyReply | None]:
        centre = case.centre
        return await centre.checkpoint("n"), await centre.consistency(2, 3), await centre.consistency(1, 3)

    reply, proof, other = asyncio.run(ask())
    assert reply is not None
    assert proof is not None
    assert other is not None
    fresh = verify_fresh_checkpoint(reply, "n", case.centre.keys)
    received = verify_receipt(case.receipts[1], case.expected, case.centre.keys).checkpoint
    assert prove_kept(2, received, fresh, proof).seq == 2
    broken = msgspec.structs.replace(proof, proof=("00" * 32, *proof.proof[1:]))
    for untrusted, reason in ((other, ReceiptRefusal.OTHERS), (broken, ReceiptRefusal.NOT_CONTINUED)):
        with pytest.raises(ReceiptRefusedError) as caught:
            check_continues(received, fresh.checkpoint, untrusted)
        assert caught.value.reason is reason


@pytest.mark.parametrize(
    "root",
    [
        b"",
        b"{}",
        wire.RootDocument(receipt_key="AAAA", log_key="AAAA", log_origin="o", device_ca="AAAA").to_bytes(),
        wire.RootDocument(
            receipt_key=wire.encode_base64(Ed25519PrivateKey.generate().public_key().public_bytes_raw()),
            log_key=wire.encode_base64(bytes(32)),
            log_origin="a b",
            device_ca="",
        ).to_bytes(),
    ],
)
def test_a_root_document_without_usable_keys_is_refused(root: bytes) -> None:
    with pytest.raises(EnrolmentRefusedError):
        CentreKeys.from_root(root)
