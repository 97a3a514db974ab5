# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""An agency's look at a form in a container: what was read and what is processed are one, in the format asked for."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

import pytest

from townhall_central.agencies import InboxItem
from townhall_central.inbox.case import Case, Reason
from townhall_central.inbox.examine import TRANSACTION_KIND, Desk, examine
from townhall_central.simulation.kiosk import SimulatedKiosk
from townhall_crypto.asice import inspect_container, sign_asice
from townhall_crypto.pades_inspection import inspect
from townhall_crypto.sealed import seal
from townhall_forms.document import extract_instance
from townhall_forms.service import Service
from townhall_forms.transaction import CONTAINER_ANSWERS, CONTAINER_DOCUMENT, SignatureFormat, Transaction
from townhall_smartcard.simulation.estonian_card_keys import CertifiedKey
from townhall_sync import wire

NOW = 1_800_000_000


class Card(Protocol):
    """What the fixtures of this part call a citizen's card."""

    signature: CertifiedKey


class Packed(Protocol):
    """Makes a transaction whose form is a container."""

    def __call__(self, **changes: bytes) -> Transaction: ...


@pytest.fixture
def packed(transaction: Transaction, card: Card) -> Packed:
    """Files of the container by name, with _ for the dot; the honest ones where nothing is said."""

    async def sign_digest(digest: bytes) -> bytes:
        return card.signature.sign_digest(digest)

    def make(**changes: bytes) -> Transaction:
        page = transaction.document  # a signed page is a page; its own signature is nobody's business here
        files = {CONTAINER_DOCUMENT: page, CONTAINER_ANSWERS: extract_instance(page)}
        files |= {name.replace("_", "."): content for name, content in changes.items()}
        signing = sign_asice(
            files,
            certificate=card.signature.certificate,
            sign_digest=sign_digest,
            signed_at=datetime.fromtimestamp(NOW - 3500, UTC),
        )
        return replace(transaction, document=asyncio.run(signing), document_format=SignatureFormat.ASICE)

    return make


@pytest.fixture
def judge(kiosk: SimulatedKiosk, desk: Desk, service: Service) -> Callable[[Transaction], Case]:
    asking = replace(desk, services={service.id: replace(service, signature=SignatureFormat.ASICE)})

    def run(transaction: Transaction) -> Case:
        recipients = [desk.recipient_key.public]
        envelope = kiosk.wrap(seal(transaction.to_bytes(), kind=TRANSACTION_KIND, recipients=recipients), 1)
        certificate = wire.encode_base64(kiosk.certificate)
        item = InboxItem(index=0, id=envelope.header.envelope_id, server_time=NOW, certificate=certificate)
        return examine(envelope.to_bytes(), item, asking).case

    return run


def codes(case: Case) -> list[tuple[str, str]]:
    return [(reason.code, reason.detail) for reason in case.reasons]


def test_a_pdf_where_a_container_is_asked_for_needs_attention(
    judge: Callable[[Transaction], Case], transaction: Transaction
) -> None:
    assert codes(judge(transaction)) == [(Reason.DOCUMENT_REFUSED.code, "FORMAT")]


def test_a_pdf_called_a_container_and_the_reverse_need_attention(
    judge: Callable[[Transaction], Case], transaction: Transaction, packed: Packed
) -> None:
    called = replace(transaction, document_format=SignatureFormat.ASICE)
    assert (Reason.DOCUMENT_REFUSED.code, "NOT_A_CONTAINER") in codes(judge(called))
    reverse = replace(packed(), document_format=SignatureFormat.PADES)
    assert (Reason.DOCUMENT_REFUSED.code, "UNREADABLE") in codes(judge(reverse))


@pytest.mark.parametrize(
    "changes",
    [
        {"answers_xml": b"<data/>"},
        {"document_pdf": b"%PDF-1.7\n%%EOF\n"},
    ],
)
def test_answers_that_are_not_those_of_the_page_need_attention(
    judge: Callable[[Transaction], Case], packed: Packed, changes: dict[str, bytes]
) -> None:
    case = judge(packed(**changes))
    assert codes(case) == [(Reason.ANSWERS_MISSING.code, "")]
    assert case.answers == []


def test_a_third_file_needs_attention(judge: Callable[[Transaction], Case], packed: Packed) -> None:
    assert codes(judge(packed(more_xml=b"<more/>"))) == [(Reason.DOCUMENT_REFUSED.code, "NOT_A_CONTAINER")]


def test_a_changed_container_needs_attention(judge: Callable[[Transaction], Case], packed: Packed) -> None:
    honest = packed()
    changed = bytearray(honest.document)
    changed[len(changed) // 2] ^= 1
    case = judge(replace(honest, document=bytes(changed)))
    assert {code for code, _ in codes(case)} == {Reason.DOCUMENT_REFUSED.code, Reason.ANSWERS_MISSING.code}


def test_an_honest_container_is_ready(
    judge: Callable[[Transaction], Case], packed: Packed, transaction: Transaction
) -> None:
    case = judge(packed())
    assert (case.state, case.reasons) == ("ready", [])
    assert case.signer is not None
    assert case.signer.signed_at == datetime.fromtimestamp(NOW - 3500, UTC).isoformat()
    assert case.kiosk_trust is not None
    assert (case.kiosk_trust.outcome, case.kiosk_trust.doubts) == ("provisional", ["no-crl"])
    assert inspect_container(packed().document).facts.certificate_der == inspect(transaction.document).certificate_der
