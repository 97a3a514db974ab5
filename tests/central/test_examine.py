# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""An agency's look at one envelope: hostile ones first. Nothing is dropped, nothing crashes, nothing is believed."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from townhall_central.agencies import InboxItem
from townhall_central.inbox.case import Case, Reason
from townhall_central.inbox.examine import TRANSACTION_KIND, Desk, Examined, examine
from townhall_central.inbox.page_again import PageFault
from townhall_central.simulation.centre import SimulatedCentre
from townhall_central.simulation.kiosk import MemoryDeviceKey, SimulatedKiosk
from townhall_crypto.envelope import Envelope, sign_envelope
from townhall_crypto.recipients import generate_recipient_key
from townhall_crypto.sealed import seal
from townhall_forms.document import DocumentModel, extract_instance
from townhall_forms.transaction import IdentityEvidence, Transaction
from townhall_smartcard.simulation.pki import Standing, TestPki
from townhall_sync import wire


def item_of(envelope: Envelope, kiosk: SimulatedKiosk) -> InboxItem:
    certificate = wire.encode_base64(kiosk.certificate)
    return InboxItem(index=0, id=envelope.header.envelope_id, server_time=1_800_000_000, certificate=certificate)


def look(envelope: Envelope, kiosk: SimulatedKiosk, desk: Desk) -> Examined:
    return examine(envelope.to_bytes(), item_of(envelope, kiosk), desk)


def case_of(sealed: bytes, kiosk: SimulatedKiosk, desk: Desk) -> Case:
    return look(kiosk.wrap(sealed, 1), kiosk, desk).case


def sealed_to(desk: Desk, payload: bytes, kind: str = TRANSACTION_KIND) -> bytes:
    return seal(payload, kind=kind, recipients=[desk.recipient_key.public])


def reasons(case: Case) -> set[str]:
    assert (case.state == "ready") == (not case.reasons)
    return {reason.code for reason in case.reasons}


def test_an_honest_transaction_is_ready(kiosk: SimulatedKiosk, desk: Desk, transaction: Transaction) -> None:
    examined = look(kiosk.wrap(sealed_to(desk, transaction.to_bytes()), 1), kiosk, desk)
    case = examined.case
    assert (case.state, case.reasons) == ("ready", [])
    assert case.signer is not None
    assert (case.signer.surname, case.signer.given_names) == ("JÕEORG", "MARI-LIIS")
    assert case.service is not None
    assert case.service.title == "Change of address"
    shown = {answer.question: answer.answer for answer in case.answers}
    assert case.signer.personal_code in shown.values()
    assert "Tallinn" in shown.values()
    assert len(case.checks_passed) == 8
    assert examined.document == transaction.document


def test_bytes_that_are_no_envelope_need_attention(kiosk: SimulatedKiosk, desk: Desk) -> None:
    item = item_of(kiosk.envelope(1), kiosk)
    assert reasons(examine(b"no envelope", item, desk).case) == {
        Reason.ENVELOPE_DOUBTFUL.code,
        Reason.DOES_NOT_OPEN.code,
    }


def test_an_envelope_that_the_kiosk_did_not_sign_needs_attention(
    kiosk: SimulatedKiosk, desk: Desk, transaction: Transaction
) -> None:
    sealed = sealed_to(desk, transaction.to_bytes())
    forged = sign_envelope(kiosk.header(sealed, 1), sealed, MemoryDeviceKey())
    assert reasons(look(forged, kiosk, desk).case) == {Reason.ENVELOPE_DOUBTFUL.code}


def test_a_kiosk_that_the_centres_authority_did_not_certify_needs_attention(
    kiosk: SimulatedKiosk, desk: Desk, transaction: Transaction, new_centre: Callable[[], SimulatedCentre]
) -> None:
    kiosk.certificate = new_centre().enrol("kiosk-1", [], key=kiosk.key).certificate
    case = case_of(sealed_to(desk, transaction.to_bytes()), kiosk, desk)
    assert reasons(case) == {Reason.ENVELOPE_DOUBTFUL.code}


@pytest.mark.parametrize("sealed", [b"", b"junk", b"townhall-sealed-payload/v1\n\xff\xff"])
def test_what_is_not_sealed_needs_attention(kiosk: SimulatedKiosk, desk: Desk, sealed: bytes) -> None:
    assert reasons(case_of(sealed, kiosk, desk)) == {Reason.DOES_NOT_OPEN.code}


def test_what_is_sealed_to_another_agency_needs_attention(kiosk: SimulatedKiosk, desk: Desk) -> None:
    sealed = seal(b"payload", kind=TRANSACTION_KIND, recipients=[generate_recipient_key().public])
    assert reasons(case_of(sealed, kiosk, desk)) == {Reason.DOES_NOT_OPEN.code}


def test_a_changed_sealed_part_needs_attention(kiosk: SimulatedKiosk, desk: Desk, transaction: Transaction) -> None:
    sealed = bytearray(sealed_to(desk, transaction.to_bytes()))
    sealed[-100] ^= 1
    assert reasons(case_of(bytes(sealed), kiosk, desk)) == {Reason.DOES_NOT_OPEN.code}


def test_another_kind_of_payload_needs_attention(kiosk: SimulatedKiosk, desk: Desk, transaction: Transaction) -> None:
    sealed = sealed_to(desk, transaction.to_bytes(), kind="ballot-batch")
    assert reasons(case_of(sealed, kiosk, desk)) == {Reason.OTHER_KIND.code}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(payload=st.binary(max_size=300))
def test_an_arbitrary_payload_needs_attention(kiosk: SimulatedKiosk, desk: Desk, payload: bytes) -> None:
    assert reasons(case_of(sealed_to(desk, payload), kiosk, desk)) == {Reason.UNREADABLE.code}


class Card(Protocol):
    """What the fixtures of this part call a citizen's card."""

    def evidence(self) -> IdentityEvidence: ...


class NewCard(Protocol):
    """Makes one."""

    def __call__(self, *, serial: int = ..., standing: Standing = ...) -> Card: ...


class NewDocument(Protocol):
    """Makes a signed document; `about` is the person in the form where that is not the signer."""

    def __call__(self, signer: Card, *, about: Card | None = None, instance: bytes | None = None) -> bytes: ...


Change = Callable[[Transaction], Transaction]
Judge = Callable[[Transaction], Case]


@pytest.fixture
def judge(kiosk: SimulatedKiosk, desk: Desk, pki: TestPki) -> Judge:
    """Seals, sends and looks; with the newest revocation lists."""

    def run(transaction: Transaction) -> Case:
        current = replace(desk, anchors=pki.trust_anchors)
        return case_of(sealed_to(desk, transaction.to_bytes()), kiosk, current)

    return run


def broken_evidence(transaction: Transaction) -> Transaction:
    evidence = replace(transaction.evidence, challenge="01" * 32)
    return replace(transaction, evidence=evidence)


def junk_evidence(transaction: Transaction) -> Transaction:
    return replace(transaction, evidence=IdentityEvidence("00" * 32, "00" * 96, "30" * 40))


def short_evidence(transaction: Transaction) -> Transaction:
    return replace(transaction, evidence=replace(transaction.evidence, signature="00"))


def flipped_byte(transaction: Transaction) -> Transaction:
    document = bytearray(transaction.document)
    document[len(document) // 3] ^= 1
    return replace(transaction, document=bytes(document))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda each: replace(each, service="parking-permit"), {Reason.SERVICE_UNKNOWN}),
        (lambda each: replace(each, form_sha256="0" * 64), {Reason.FORM_DIFFERS}),
        (lambda each: replace(each, form_version="0"), {Reason.FORM_DIFFERS}),
        (broken_evidence, {Reason.IDENTITY_REFUSED}),
        (junk_evidence, {Reason.IDENTITY_REFUSED}),
        (short_evidence, {Reason.IDENTITY_REFUSED}),
        (lambda each: replace(each, document=b"%PDF-1.7\n%%EOF\n"), {Reason.DOCUMENT_REFUSED, Reason.ANSWERS_MISSING}),
        (lambda each: replace(each, document=each.document + b"more"), {Reason.DOCUMENT_REFUSED}),
    ],
)
def test_a_false_claim_needs_attention_for_its_reason(
    kiosk: SimulatedKiosk, desk: Desk, transaction: Transaction, change: Change, expected: set[Reason]
) -> None:
    case = case_of(sealed_to(desk, change(transaction).to_bytes()), kiosk, desk)
    assert reasons(case) >= {reason.code for reason in expected}


def test_a_flipped_byte_of_the_document_needs_attention(
    kiosk: SimulatedKiosk, desk: Desk, transaction: Transaction
) -> None:
    case = case_of(sealed_to(desk, flipped_byte(transaction).to_bytes()), kiosk, desk)
    assert Reason.DOCUMENT_REFUSED.code in reasons(case)
    assert case.signer is None


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_mutilated_document_never_crashes_the_inbox(
    kiosk: SimulatedKiosk, desk: Desk, transaction: Transaction, data: st.DataObject
) -> None:
    document = bytearray(transaction.document)
    start = data.draw(st.integers(0, len(document) - 1))
    end = data.draw(st.integers(start, min(len(document), start + 400)))
    document[start:end] = data.draw(st.binary(max_size=200))
    if document != transaction.document and document:
        case = case_of(sealed_to(desk, replace(transaction, document=bytes(document)).to_bytes()), kiosk, desk)
        assert case.state == "needs attention"


def test_a_form_about_somebody_else_needs_attention(
    judge: Judge, transaction: Transaction, new_card: NewCard, new_document: NewDocument
) -> None:
    signer = new_card()
    document = new_document(signer, about=new_card(serial=991))
    case = judge(replace(transaction, document=document))
    assert reasons(case) == {Reason.ANSWERS_REFUSED.code}
    assert "/data/person/personal_code" in case.reasons[0].detail
    assert case.signer is not None
    assert case.signer.personal_code not in case.reasons[0].detail


def test_a_document_signed_by_another_than_the_card_that_was_there_needs_attention(
    judge: Judge, transaction: Transaction, new_card: NewCard, new_document: NewDocument
) -> None:
    document = new_document(new_card(serial=991))
    case = judge(replace(transaction, document=document))
    assert reasons(case) == {Reason.PERSON_DIFFERS.code, Reason.PAGE_DIFFERS.code}


@pytest.mark.parametrize("standing", [Standing.REVOKED, Standing.EXPIRED, Standing.FUTURE])
def test_certificates_that_do_not_hold_need_attention(
    judge: Judge, transaction: Transaction, new_card: NewCard, new_document: NewDocument, standing: Standing
) -> None:
    card = new_card(standing=standing)
    changed = replace(transaction, evidence=card.evidence(), document=new_document(card))
    case = judge(changed)
    assert reasons(case) == {Reason.DOCUMENT_REFUSED.code, Reason.IDENTITY_REFUSED.code}
    assert case.answers, "a clerk still sees what the form says"


@pytest.mark.parametrize(
    "change",
    [
        lambda instance: instance.replace(b"12345", b"no postcode"),
        lambda instance: instance.replace(b"<flat", b"<extra/><flat"),
        lambda instance: b"<!DOCTYPE x [<!ENTITY e 'e'>]>" + instance,
        lambda _: b"\x00",
        lambda _: b"<a>" * 50_000,
    ],
)
def test_answers_that_the_form_could_not_have_produced_need_attention(
    judge: Judge, transaction: Transaction, card: Card, new_document: NewDocument, change: Callable[[bytes], bytes]
) -> None:
    instance = extract_instance(transaction.document)
    changed = change(instance)
    assert changed != instance
    document = new_document(card, instance=changed)
    case = judge(replace(transaction, document=document))
    assert reasons(case) == {Reason.ANSWERS_REFUSED.code}
    assert case.answers == []


def as_line(model: DocumentModel, place: int, shown: str) -> DocumentModel:
    lines = list(model.answers)
    lines[place] = replace(lines[place], shown=shown)
    return replace(model, answers=tuple(lines))


@pytest.mark.parametrize(
    "change",
    [
        lambda model: as_line(model, 4, "Another street"),
        lambda model: replace(model, answers=model.answers[:-1]),
        lambda model: replace(model, statement="I give my house to the town."),
        lambda model: replace(model, title="Sale of a house"),
        lambda model: replace(model, issuer="Another place"),
        lambda model: replace(model, facts=model.facts[1:]),
        lambda model: replace(model, language="et"),
        lambda model: replace(model, created=model.created + timedelta(seconds=1)),
    ],
)
def test_a_page_that_does_not_belong_to_its_answers_needs_attention(
    judge: Judge,
    transaction: Transaction,
    page: DocumentModel,
    sign_page: Callable[[DocumentModel], bytes],
    change: Callable[[DocumentModel], DocumentModel],
) -> None:
    """A kiosk that was taken over shows one thing and attaches another: the card signs both."""
    assert judge(replace(transaction, document=sign_page(page))).reasons == []
    case = judge(replace(transaction, document=sign_page(change(page))))
    assert reasons(case) == {Reason.PAGE_DIFFERS.code}
    assert case.answers, "a clerk still sees what the form says"


def test_a_page_of_another_moment_or_place_than_the_transaction_states_needs_attention(
    judge: Judge, transaction: Transaction
) -> None:
    for page in (
        replace(transaction.page, place="Another place"),
        replace(transaction.page, made=transaction.page.made + timedelta(hours=1)),
    ):
        assert reasons(judge(replace(transaction, page=page))) == {Reason.PAGE_DIFFERS.code}


def test_a_page_in_the_towns_own_words_is_known_to_an_agency_that_has_them(
    kiosk: SimulatedKiosk,
    desk: Desk,
    transaction: Transaction,
    page: DocumentModel,
    sign_page: Callable[[DocumentModel], bytes],
) -> None:
    document = sign_page(replace(page, statement="All of it is so."))
    sealed = sealed_to(desk, replace(transaction, document=document).to_bytes())
    assert reasons(case_of(sealed, kiosk, desk)) == {Reason.PAGE_DIFFERS.code}
    words = b'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
    words += b'msgid "document.statement"\nmsgstr "All of it is so."\n'
    assert case_of(sealed, kiosk, replace(desk, words={"en": words})).reasons == []
    broken = case_of(sealed, kiosk, replace(desk, words={"en": b'msgid "a'}))
    assert [(each.code, each.detail) for each in broken.reasons] == [
        (Reason.PAGE_DIFFERS.code, PageFault.NO_WORDS.value)
    ]


@pytest.mark.parametrize("language", ["xx", "de", "zz-ZZ"])
def test_a_page_in_a_language_that_the_service_does_not_speak_needs_attention(
    judge: Judge, transaction: Transaction, language: str
) -> None:
    case = judge(replace(transaction, language=language))
    assert PageFault.NO_WORDS.value in {each.detail for each in case.reasons}


def test_another_trust_list_refuses_the_same_card(kiosk: SimulatedKiosk, desk: Desk, transaction: Transaction) -> None:
    stranger = replace(desk, anchors=TestPki().trust_anchors)
    case = case_of(sealed_to(desk, transaction.to_bytes()), kiosk, stranger)
    assert reasons(case) == {Reason.DOCUMENT_REFUSED.code, Reason.IDENTITY_REFUSED.code}


def test_no_reason_and_no_check_names_a_person(judge: Judge, transaction: Transaction) -> None:
    case = judge(broken_evidence(transaction))
    said = " ".join([*(f"{each.what} {each.detail}" for each in case.reasons), *case.checks_passed])
    assert "JÕEORG" not in said
    assert case.signer is not None
    assert case.signer.personal_code not in said
