# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The income tax confirmation of somebody whom the tax register knows: nothing is typed that is known already."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from tests.forms.residents import LANGUAGES, SERVICES
from tests.kiosk.conftest import MakeAround
from tests.kiosk.register_town import DAY, KEY, extract_for
from tests.kiosk.test_visit_registers import KADRI_IN_REGISTER, Records, sign_and_hand_in

from townhall_crypto.device_key import FileDeviceKey
from townhall_crypto.recipients import RecipientPrivateKey
from townhall_crypto.sealed import open_sealed
from townhall_forms.registers.extract import read_extract
from townhall_forms.registers.register import KnownRegister, Registrar, asked_values
from townhall_forms.registers.statement import verify_statement
from townhall_forms.service import Service
from townhall_forms.session import FormSession
from townhall_forms.transaction import Transaction
from townhall_kiosk import states as at
from townhall_kiosk.simulation.ports import SimulatedOutbox
from townhall_kiosk.simulation.visit import SimulatedVisit
from townhall_kiosk.simulation.way import begin
from townhall_kiosk.visit.asking import step_at
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import KADRI
from townhall_smartcard.simulation.pki import TestPki
from townhall_ui import screens

FOLDER = SERVICES / "income-tax" / "fixtures" / "registers"
STATED: Mapping[str, str] = json.loads((FOLDER / "tax.json").read_text())
TITLES = {"en": "tax register", "et": "maksuregister", "fr": "registre fiscal", "ar": "سجل الضرائب"}
TYPED = {"has_other": "no", "declaration": "yes"}


@pytest.fixture
def income_tax(services: tuple[Service, ...]) -> Service:
    return next(each for each in services if each.id == "income-tax")


async def fill_in(visit: SimulatedVisit, changes: Mapping[str, str]) -> list[str]:
    """Confirm what stands there, type the rest; returns the names of what had to be typed."""
    typed = []
    while isinstance(state := visit.state, at.Answering):
        assert visit.desk.form is not None
        step = step_at(visit.desk.form, state.question)
        assert isinstance(visit.screen, screens.QuestionScreen)
        name = step.ref.rpartition("/")[2]
        if name in changes or (not visit.screen.value and name in TYPED):
            typed.append(name)
            await visit.answer(changes.get(name) or TYPED[name])
        else:
            assert visit.screen.source or name == "preview"
            await visit.answer(visit.screen.value)
        assert visit.state != state
    return typed


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("changes", [{}, {"wages": "20000"}], ids=["confirmed", "corrected"])
def test_a_person_whom_the_tax_register_knows_types_two_answers_and_signs(  # noqa: PLR0917  # fixtures
    make_around: MakeAround,
    pki: TestPki,
    kadri_keys: CardKeys,
    recipient: RecipientPrivateKey,
    key: FileDeviceKey,
    language: str,
    changes: Mapping[str, str],
) -> None:
    records = Records(read_extract(extract_for([(kadri_keys, KADRI_IN_REGISTER)], STATED, register="tax")))
    around = make_around("en")
    around.registers = {"tax": KnownRegister(Registrar(TITLES, (KEY,)), records.extract.head)}
    outbox, card = SimulatedOutbox(key), EstonianCard(KADRI, kadri_keys)
    recipients = {"town-hall": (recipient.public,)}
    visit = SimulatedVisit(around, pki.trust_anchors, recipients, outbox, records=records)

    async def stage() -> None:
        async with visit:
            await begin(visit, card, language)
            visit.insert(card)
            await visit.until(at.EnteringPin)
            visit.enter_pin("1234")
            await visit.until(at.ChoosingService)
            visit.press(screens.Chose("income-tax"))
            await visit.until(at.Answering)
            assert await fill_in(visit, changes) == [*changes, *TYPED]
            assert isinstance(visit.screen, screens.ReviewScreen)
            told = [answer for answer in visit.screen.answers if TITLES[language] in answer.answer + answer.note]
            assert len(told) == len(STATED)
            await sign_and_hand_in(visit, card)

    asyncio.run(stage())
    (sealed,) = outbox.sealed
    handed_in = Transaction.from_bytes(open_sealed(sealed, recipient).payload)
    assert [source for _ref, source in handed_in.corrections] == ["register:tax/income/wages"] * len(changes)
    (statement,) = handed_in.registers
    assert statement.stated == DAY
    assert len(verify_statement(statement, {"tax": (KEY,)}, KADRI_IN_REGISTER)) == len(STATED)


def test_the_register_states_exactly_what_the_form_asks_of_it(income_tax: Service) -> None:
    assert asked_values(income_tax.form) == {"tax": set(STATED)}


@pytest.mark.parametrize(
    ("wages", "withheld", "refund", "due"),
    [("8400", "0", None, "0"), ("8400", "1", "1", None), ("18400", "2200", None, "0"), ("18400.01", "2200", None, "0")],
)
def test_what_is_withheld_too_much_comes_back_to_the_cent(
    income_tax: Service, wages: str, withheld: str, refund: str | None, due: str | None
) -> None:
    now = datetime(2026, 11, 27, tzinfo=UTC)
    session = FormSession(income_tax.form, language="en", now=now, prefill={})
    for name, value in {"wages": wages, "pension": "0", "withheld": withheld, "deductions": "0"}.items():
        session.answer(f"/data/statement/{name}", value)
    shown = {each.ref.rpartition("/")[2]: each.value for each in session.questions()}
    assert (shown.get("refund"), shown.get("due")) == (refund, due)
    assert ("iban" in shown) is (refund is not None)
