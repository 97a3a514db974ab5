# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The whole visit with each national card that the kiosk drives: whose it is, and a form that the agency takes."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
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
from townhall_kiosk.simulation.ports import SimulatedOutbox
from townhall_kiosk.simulation.visit import SimulatedVisit
from townhall_kiosk.simulation.way import ANSWERS, begin
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_smartcard.messages import CardFamily
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_smartcard.simulation.latvian_card import LatvianCard
from townhall_smartcard.simulation.national_keys import CertifiedHolder, KeyKind, NationalAuthority
from townhall_smartcard.simulation.pki import TestPki
from townhall_smartcard.simulation.thales_chip import ESTONIA_2025, FINLAND_3, FINLAND_4, ThalesChip, ThalesProfile
from townhall_smartcard.simulation.vpcd import VirtualCard
from townhall_ui import screens

AGENCY: Final = "population-register"
FINNISH: Final = CertifiedHolder("FI", "SPECIMEN", "LIISA", "99900335E")
LATVIAN: Final = CertifiedHolder("LV", "PARAUGS", "ANNA", "PNOLV-320000-00001")
ESTONIAN: Final = CertifiedHolder("EE", KADRI.surname, KADRI.given_names, f"PNOEE-{KADRI.personal_code}")
PIN1, PIN2 = "1234", "123456"

MakeCard = Callable[[NationalAuthority], VirtualCard]


def thales(profile: ThalesProfile, holder: CertifiedHolder) -> MakeCard:
    def make(authority: NationalAuthority) -> ThalesChip:
        records = KADRI.records()[:8] if profile is ESTONIA_2025 else ()
        return ThalesChip(authority.issue_card_keys(holder, *profile.kinds), profile, records=records)

    return make


def latvian(kind: KeyKind) -> MakeCard:
    return lambda authority: LatvianCard(authority.issue_card_keys(LATVIAN, kind, kind))


CARDS: Final = {
    CardFamily.LATEID_2019.value: (LATVIAN, latvian(KeyKind.P384)),
    f"{CardFamily.LATEID_2019.value}-rsa": (LATVIAN, latvian(KeyKind.RSA_2048)),
    CardFamily.FINEID_3.value: (FINNISH, thales(FINLAND_3, FINNISH)),
    CardFamily.FINEID_4.value: (FINNISH, thales(FINLAND_4, FINNISH)),
    CardFamily.ESTEID_2025.value: (ESTONIAN, thales(ESTONIA_2025, ESTONIAN)),
}
MakeNational = Callable[[TrustAnchors], SimulatedVisit]


@pytest.fixture
def make_national(
    make_around: Callable[[str], Surroundings], recipient: RecipientPrivateKey, key: DeviceKey
) -> MakeNational:
    recipients = {AGENCY: (recipient.public,)}
    return lambda anchors: SimulatedVisit(make_around("en"), anchors, recipients, SimulatedOutbox(key))


def anchors_of(pki: TestPki, authority: NationalAuthority) -> TrustAnchors:
    ours = pki.trust_anchors
    return TrustAnchors(
        (*ours.anchors_der, authority.anchor_der), ours.intermediates_der, ours.crls_der, ours.signed_at
    )


async def whole_visit(visit: SimulatedVisit, card: VirtualCard) -> None:
    await begin(visit, card)
    visit.insert(card)
    await visit.until(at.EnteringPin)
    visit.enter_pin(PIN1)
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
    visit.enter_pin(PIN2)
    await visit.until(at.ShowingReceipt)


@pytest.mark.parametrize("name", CARDS)
def test_each_national_card_signs_a_form_that_the_agency_takes(
    make_national: MakeNational, pki: TestPki, recipient: RecipientPrivateKey, name: str
) -> None:
    holder, make = CARDS[name]
    authority = NationalAuthority(holder.country)
    anchors = anchors_of(pki, authority)

    async def stage() -> tuple[bytes, SimulatedVisit]:
        async with make_national(anchors) as visit:
            await whole_visit(visit, make(authority))
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
    assert transaction.trust.outcome is Judged.PROVISIONAL, "no list of this authority is here"
    sources = dict(transaction.provenance)
    assert sources["/data/person/surname"] == "eid:surname"
    assert ("/data/person/birth_date" in sources) is (holder.country == "EE"), "other certificates do not tell it"
    assert CardAlgorithm.named(transaction.evidence.algorithm).scheme in Scheme


@pytest.mark.parametrize("other", ["ecdsa-sha384", "rsa-pss-sha256", "rsa-pkcs1-sha384", "none-sha256", ""])
def test_evidence_under_another_algorithm_proves_nothing(pki: TestPki, other: str) -> None:
    authority = NationalAuthority("LV")
    keys = authority.issue_card_keys(LATVIAN, KeyKind.RSA_2048, KeyKind.RSA_2048)
    algorithm = CardAlgorithm(Scheme.RSA_PKCS1, Digest.SHA256)
    challenge = bytes(32)
    signature = keys.authentication.sign(algorithm, algorithm.digest.of(b"townhall:card-challenge:v1\0" + challenge))
    assert signature is not None
    said = IdentityEvidence(challenge.hex(), signature.hex(), keys.authentication.certificate.hex(), other)
    with pytest.raises(SignatureRefusedError):
        verify_evidence(said, anchors_of(pki, authority), pki.at + timedelta(seconds=1))


def test_a_card_of_a_state_that_nobody_trusts_here_is_refused_before_a_pin(
    make_national: MakeNational, pki: TestPki
) -> None:
    stranger = NationalAuthority("FI")

    async def stage() -> None:
        async with make_national(pki.trust_anchors) as visit:
            card = thales(FINLAND_4, FINNISH)(stranger)
            await begin(visit, card)
            visit.insert(card)
            assert await visit.until(at.CardRefused) == at.CardRefused(CardProblem.UNTRUSTED)

    asyncio.run(stage())
