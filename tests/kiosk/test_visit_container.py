# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A visit to the service that asks for a container: one PIN 2, and the page beside its very answers."""

from collections.abc import Callable, Coroutine

import pytest

from townhall_crypto.asice import validate_asice
from townhall_crypto.recipients import RecipientPrivateKey
from townhall_crypto.sealed import open_sealed
from townhall_crypto.trust_verdict import Outcome
from townhall_forms.document_attachments import extract_instance
from townhall_forms.transaction import CONTAINER_ANSWERS, CONTAINER_DOCUMENT, SignatureFormat, Transaction
from townhall_kiosk import states as at
from townhall_kiosk.simulation.visit import SimulatedVisit
from townhall_kiosk.simulation.way import be_identified, begin, go_on_to_document, go_on_to_sign
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_smartcard.simulation.pki import TestPki
from townhall_ui import screens

Play = Callable[[Callable[[SimulatedVisit], Coroutine[object, object, None]]], None]
ANSWERS = {
    "child_name": "Mari Õispuu",
    "child_code": "61503159914",
    "new_address": "Pikk 7-3, 10123 Tallinn",
    "with_whom": "other_parent",
    "with_name": "Jaan Õispuu",
    "consent": "yes",
}


async def sign_consent(visit: SimulatedVisit, card: EstonianCard, language: str) -> None:
    """From the attract screen to the document, and PIN 2."""
    await begin(visit, card, language)
    visit.insert(card)
    await visit.until(at.EnteringPin)
    visit.enter_pin("1234")
    await be_identified(visit, card)
    visit.press(screens.Chose("residence-consent"))
    await visit.until(at.Answering)
    while isinstance(visit.state, at.Answering):
        name = visit.question()
        today = visit.clock.now().date().isoformat()
        await visit.answer(today if name == "from_date" else ANSWERS.get(name, ""))
    await go_on_to_document(visit, card)
    await visit.until(at.ReadingDocument)
    await go_on_to_sign(visit, card)


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_form_is_signed_as_a_container_with_one_pin(
    play: Play, card: EstonianCard, pki: TestPki, recipient: RecipientPrivateKey, language: str
) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await sign_consent(visit, card, language)
        visit.enter_pin("12345")
        await visit.until(at.ShowingReceipt)
        (sealed,) = visit.outbox.sealed
        transaction = Transaction.from_bytes(open_sealed(sealed, recipient).payload)
        assert (transaction.service, transaction.document_format) == ("residence-consent", SignatureFormat.ASICE)
        assert transaction.trust.outcome is Outcome.ACCEPTED
        signed = validate_asice(transaction.document, pki.trust_anchors, visit.clock.now())
        assert signed.certificate.subject.personal_code == KADRI.personal_code
        page, answers = signed.files[CONTAINER_DOCUMENT], signed.files[CONTAINER_ANSWERS]
        assert extract_instance(page) == answers
        assert ANSWERS["child_code"].encode() in answers

    play(scene)


def test_a_wrong_pin_signs_nothing_and_the_next_one_does(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await sign_consent(visit, card, "en")
        visit.cards.hold()
        visit.enter_pin("99999")
        await visit.until(at.UsingPin)
        visit.cards.go_on()
        entering = await visit.until(at.EnteringPin)
        assert entering.notice is at.PinNotice.WRONG
        assert visit.outbox.sealed == []
        visit.enter_pin("12345")
        await visit.until(at.ShowingReceipt)
        assert len(visit.outbox.sealed) == 1

    play(scene)
