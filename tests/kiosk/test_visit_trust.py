# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A visit while the trust data grow old: refused, provisional or accepted, said before a form is filled in for it."""

import asyncio
import subprocess
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Protocol

import pytest

from townhall_crypto.recipients import RecipientPrivateKey
from townhall_crypto.sealed import open_sealed
from townhall_crypto.trust import TrustAnchors
from townhall_crypto.trust_verdict import POLICIES, Doubt, Outcome, ServiceClass, TrustPolicy
from townhall_forms.transaction import Transaction
from townhall_kiosk import states as at
from townhall_kiosk.card_problem import CardProblem
from townhall_kiosk.simulation.visit import SimulatedVisit
from townhall_kiosk.simulation.way import (
    answer_all,
    be_identified,
    begin,
    choose_service,
    get_document,
    go,
    go_on_to_sign,
    put_card_in,
)
from townhall_kiosk.texts import Texts
from townhall_kiosk.visit.presenters.pin_life import PINS
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_smartcard.simulation.pki import Role, Standing, TestPki
from townhall_ui import screens

DAY = timedelta(days=1)
FORM, BALLOT = POLICIES[ServiceClass.FORM_SUBMISSION], POLICIES[ServiceClass.BALLOT]


Scene = Callable[[SimulatedVisit], Coroutine[object, object, None]]


class Trusting(Protocol):
    """Plays a scene at a kiosk with some trust data, whose services have one policy."""

    def __call__(self, anchors: TrustAnchors, policy: TrustPolicy, scene: Scene) -> None: ...


@pytest.fixture
def at_kiosk(make_visit: Callable[[at.State | None], SimulatedVisit], recipient: RecipientPrivateKey) -> Trusting:
    def run(anchors: TrustAnchors, policy: TrustPolicy, scene: Scene) -> None:
        async def stage() -> None:
            plain = make_visit(None)
            around = plain.around
            around.services = tuple(replace(each, trust=policy) for each in around.services)
            recipients = {each.recipient: (recipient.public,) for each in around.services}
            async with SimulatedVisit(around, anchors, recipients, plain.outbox) as visit:
                await scene(visit)
                await visit.settle()
                assert all(not any(pin) for pin in visit.pins), "every PIN was wiped"

        asyncio.run(stage())

    return run


def printed_text(pdf: bytes) -> str:
    done = subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True)
    return " ".join(done.stdout.decode().split())


def verdict_of(visit: SimulatedVisit, recipient: RecipientPrivateKey) -> tuple[Outcome, tuple[Doubt, ...]]:
    (sealed,) = visit.outbox.sealed
    trust = Transaction.from_bytes(open_sealed(sealed, recipient).payload).trust
    return trust.outcome, trust.doubts


@pytest.mark.parametrize(
    ("change", "doubts"),
    [
        (lambda anchors: anchors, ()),
        (lambda anchors: replace(anchors, crls_der=()), (Doubt.NO_CRL,)),
        (lambda anchors: replace(anchors, signed_at=None), (Doubt.LIST_UNDATED,)),
    ],
)
def test_what_the_kiosk_knew_is_said_to_the_person_and_carried_to_the_agency(  # noqa: PLR0917 - fixtures
    at_kiosk: Trusting,
    pki: TestPki,
    card: EstonianCard,
    recipient: RecipientPrivateKey,
    change: Callable[[TrustAnchors], TrustAnchors],
    doubts: tuple[Doubt, ...],
) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        told = visit.around.text("trust.provisional")
        await go(visit, card, until=answer_all)
        review = visit.screen
        assert isinstance(review, screens.ReviewScreen)
        assert (told in review.introduction) is bool(doubts)
        visit.press(screens.Proceeded())
        await visit.until(at.ReadingDocument)
        await go_on_to_sign(visit, card)
        visit.enter_pin("12345")
        await visit.until(at.ShowingReceipt)
        receipt = visit.screen
        assert isinstance(receipt, screens.ReceiptScreen)
        assert (told in receipt.paragraphs) is bool(doubts)
        visit.press(screens.Chose("print"))
        await visit.printed(1)
        assert (told in printed_text(visit.printer.sheets[0])) is bool(doubts)
        assert verdict_of(visit, recipient) == (Outcome.PROVISIONAL if doubts else Outcome.ACCEPTED, doubts)

    at_kiosk(change(pki.trust_anchors), FORM, scene)


def test_a_service_that_needs_certainty_is_shown_as_unavailable_and_never_opened(
    at_kiosk: Trusting, pki: TestPki, card: EstonianCard, texts: Mapping[str, Texts]
) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=be_identified)
        screen = visit.screen
        assert isinstance(screen, screens.ChoiceScreen)
        *services, of_the_card = screen.choices
        assert {(each.is_available, each.hint) for each in services} == {(False, texts["en"]("services.uncertain"))}
        assert (of_the_card.id, of_the_card.is_available) == (PINS, True)
        visit.press(screens.Chose("change-of-address"))  # as a window never does for what is not available
        assert await visit.until(at.CardRefused) == at.CardRefused(CardProblem.UNCERTAIN)
        assert visit.outbox.sealed == []

    at_kiosk(replace(pki.trust_anchors, crls_der=()), BALLOT, scene)


def test_the_same_service_is_open_with_fresh_lists(at_kiosk: Trusting, pki: TestPki, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=choose_service)

    at_kiosk(pki.trust_anchors, BALLOT, scene)


def test_a_list_that_ends_while_a_form_is_filled_in_refuses_the_signature(
    at_kiosk: Trusting, pki: TestPki, card: EstonianCard
) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await go(visit, card, until=get_document)
        visit.clock.seconds += 25 * 3600
        await go_on_to_sign(visit, card)
        visit.enter_pin("12345")
        assert await visit.until(at.CardRefused) == at.CardRefused(CardProblem.UNCERTAIN)
        assert visit.outbox.sealed == []

    at_kiosk(pki.trust_anchors, BALLOT, scene)


@pytest.mark.parametrize("role", Role)
def test_a_card_with_one_revoked_certificate_is_refused_before_a_pin_is_asked(
    at_kiosk: Trusting, pki: TestPki, kadri_keys: CardKeys, role: Role
) -> None:
    revoked = pki.issue(KADRI, role, Standing.REVOKED)
    keys = CardKeys(
        revoked if role is Role.AUTHENTICATION else kadri_keys.authentication,
        revoked if role is Role.SIGNATURE else kadri_keys.signature,
    )

    async def scene(visit: SimulatedVisit) -> None:
        suspect = EstonianCard(KADRI, keys)
        await begin(visit, suspect)
        await put_card_in(visit, suspect)
        visit.cards.go_on()
        assert await visit.until(at.CardRefused) == at.CardRefused(CardProblem.REVOKED)
        assert visit.desk.contents is None

    at_kiosk(pki.trust_anchors, FORM, scene)
