# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The whole visit with each national card that the kiosk drives: whose it is, and a form that the agency takes."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import pytest

from townhall_central.inbox.evidence import verify_evidence
from townhall_crypto.card_signature import CardAlgorithm, Digest, Scheme
from townhall_crypto.device_key import DeviceKey
from townhall_crypto.errors import SignatureRefusedError
from townhall_crypto.pades import validate_pdf
from townhall_crypto.recipients import RecipientPrivateKey
from townhall_crypto.sealed import open_sealed
from townhall_crypto.trust import TrustAnchors
from townhall_crypto.trust_verdict import Outcome as Judged
from townhall_forms.transaction import IdentityEvidence, Transaction
from townhall_kiosk import states as at
from townhall_kiosk.card_problem import CardProblem
from townhall_kiosk.pin_life import states as pins
from townhall_kiosk.pin_life.errand import PinWay
from townhall_kiosk.simulation.ports import SimulatedOutbox
from townhall_kiosk.simulation.visit import SimulatedVisit
from townhall_kiosk.simulation.way import ANSWERS, begin
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_smartcard.messages import PinRole
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_smartcard.simulation.every_family import EVERY_FAMILY, LATVIAN, NationalSample
from townhall_smartcard.simulation.national_keys import KeyKind, NationalAuthority
from townhall_smartcard.simulation.pki import TestPki
from townhall_smartcard.simulation.thales_chip import ESTONIA_2025, TRANSPORT_PIN, ThalesChip
from townhall_ui import screens

AGENCY: Final = "population-register"
MakeNational = Callable[[TrustAnchors], SimulatedVisit]


@pytest.fixture
def make_national(
    make_around: Callable[[str], Surroundings], recipient: RecipientPrivateKey, key: DeviceKey
) -> MakeNational:
    recipients = {AGENCY: (recipient.public,)}
    return lambda anchors: SimulatedVisit(make_around("en"), anchors, recipients, SimulatedOutbox(key))


async def whole_visit(visit: SimulatedVisit, sample: NationalSample) -> None:
    await begin(visit, sample.card)
    visit.insert(sample.card)
    if sample.access_number:
        await visit.until(at.EnteringAccessNumber)
        number = visit.enter_access_number(sample.access_number)
    await visit.until(at.EnteringPin)
    assert not sample.access_number or not any(number)
    visit.enter_pin(sample.pin1.decode())
    await visit.until(at.ChoosingService)
    visit.press(screens.Chose("change-of-address"))
    await visit.until(at.Answering)
    today = visit.clock.now().date().isoformat()
    answers = {**ANSWERS, "from_date": today, "birth_date": "1984-03-15"}
    while isinstance(visit.state, at.Answering):
        await visit.answer(answers.get(visit.question(), ""))
    visit.press(screens.Proceeded())
    await visit.until(at.ReadingDocument)
    visit.press(screens.Proceeded())
    await visit.until(at.EnteringPin)
    visit.enter_pin(sample.pin2.decode())
    await visit.until(at.ShowingReceipt)


@pytest.mark.parametrize("name", EVERY_FAMILY)
def test_each_national_card_signs_a_form_that_the_agency_takes(
    make_national: MakeNational, recipient: RecipientPrivateKey, name: str
) -> None:
    sample = EVERY_FAMILY[name]()
    holder, anchors = sample.holder, sample.anchors

    async def stage() -> tuple[bytes, SimulatedVisit]:
        async with make_national(anchors) as visit:
            await whole_visit(visit, sample)
            await visit.settle()
            assert all(not any(pin) for pin in visit.pins), "every PIN was wiped"
            (sealed,) = visit.outbox.sealed
            return sealed, visit

    sealed, visit = asyncio.run(stage())
    transaction = Transaction.from_bytes(open_sealed(sealed, recipient).payload)
    proven = verify_evidence(transaction.evidence, anchors, visit.clock.now())
    signed = validate_pdf(transaction.document, anchors, visit.clock.now()).certificate
    for subject in (proven.subject, signed.subject):
        code = holder.serial_number.rpartition("-")[2] if holder.country == "EE" else holder.serial_number
        assert (subject.country, subject.surname, subject.given_names) == (
            holder.country,
            holder.surname,
            holder.given_names,
        )
        assert subject.personal_code in code
    has_lists = bool(anchors.crls_der)
    assert transaction.trust.outcome is (Judged.ACCEPTED if has_lists else Judged.PROVISIONAL)
    sources = dict(transaction.provenance)
    assert sources["/data/person/surname"] == "eid:surname"
    assert ("/data/person/birth_date" in sources) is (holder.country == "EE"), "other certificates do not tell it"
    assert CardAlgorithm.named(transaction.evidence.algorithm).scheme in Scheme


@pytest.mark.parametrize("other", ["ecdsa-sha384", "rsa-pss-sha256", "rsa-pkcs1-sha384", "none-sha256", ""])
def test_evidence_under_another_algorithm_proves_nothing(other: str) -> None:
    authority = NationalAuthority("LV")
    keys = authority.issue_card_keys(LATVIAN, KeyKind.RSA_2048, KeyKind.RSA_2048)
    algorithm = CardAlgorithm(Scheme.RSA_PKCS1, Digest.SHA256)
    challenge = bytes(32)
    signature = keys.authentication.sign(algorithm, algorithm.digest.of(b"townhall:card-challenge:v1\0" + challenge))
    assert signature is not None
    said = IdentityEvidence(challenge.hex(), signature.hex(), keys.authentication.certificate.hex(), other)
    with pytest.raises(SignatureRefusedError):
        verify_evidence(said, TrustAnchors((authority.anchor_der,)), datetime.now(UTC))


def test_a_card_of_a_state_that_nobody_trusts_here_is_refused_before_a_pin(
    make_national: MakeNational, pki: TestPki
) -> None:
    card = EVERY_FAMILY["Finland 4"]().card

    async def stage() -> None:
        async with make_national(pki.trust_anchors) as visit:
            await begin(visit, card)
            visit.insert(card)
            assert await visit.until(at.CardRefused) == at.CardRefused(CardProblem.UNTRUSTED)

    asyncio.run(stage())


def test_a_new_card_s_pins_are_set_one_after_the_other_by_the_envelope_and_the_visit_goes_on(
    make_national: MakeNational,
) -> None:
    authority = NationalAuthority("EE")
    keys = authority.issue_card_keys(EVERY_FAMILY["Estonia 2025"]().holder, *ESTONIA_2025.kinds)
    card = ThalesChip(keys, ESTONIA_2025, records=KADRI.records()[:8], pins=None)

    async def stage() -> None:
        async with make_national(authority.trusted()) as visit:
            await begin(visit, card)
            visit.insert(card)
            for role, from_envelope, own in (
                (PinRole.AUTHENTICATION, TRANSPORT_PIN, "8052"),
                (PinRole.SIGNATURE, TRANSPORT_PIN, "90274"),
            ):
                offered = await visit.until(pins.OfferingNewPin)
                assert (offered.errand.role, offered.errand.way) == (role, PinWay.ACTIVATE)
                visit.press(screens.Proceeded())
                for code, following in (
                    (from_envelope.decode(), pins.EnteringNewPin),
                    (own, pins.RepeatingNewPin),
                    (own, pins.NewPinSet),
                ):
                    visit.enter_pin(code)
                    await visit.until(following)
                visit.press(screens.Proceeded())
                await visit.until(at.ReadingCard)
            await visit.until(at.EnteringPin)
            visit.enter_pin("8052")
            await visit.until(at.ChoosingService)
            assert all(not any(pin) for pin in visit.pins)

    asyncio.run(stage())
    assert card.tries_left() == (3, 3)


def test_a_new_card_that_nobody_has_the_envelope_of_is_sent_no_pin(make_national: MakeNational) -> None:
    authority = NationalAuthority("EE")
    keys = authority.issue_card_keys(EVERY_FAMILY["Estonia 2025"]().holder, *ESTONIA_2025.kinds)
    card = ThalesChip(keys, ESTONIA_2025, records=KADRI.records()[:8], pins=None)

    async def stage() -> None:
        async with make_national(authority.trusted()) as visit:
            await begin(visit, card)
            visit.insert(card)
            await visit.until(pins.OfferingNewPin)
            visit.press(screens.Stopped())
            await visit.until(at.TakingCard)

    asyncio.run(stage())
    assert card.tries_left() == (3, 3)
