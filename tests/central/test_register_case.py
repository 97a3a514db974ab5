# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What an agency believes of registers: their registrars' signatures about this signer, and nothing else."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.central.conftest import NOW, PAGE, Card, signed
from tests.central.test_examine import case_of, reasons, sealed_to
from tests.forms.registered_home import FORM

from townhall_central.errors import DirectoryError
from townhall_central.inbox.case import Case, Correction, Reason
from townhall_central.inbox.examine import Desk
from townhall_central.inbox.trust_folder import load_registrars
from townhall_central.simulation.kiosk import SimulatedKiosk
from townhall_crypto.trust_verdict import Doubt, Outcome, TrustEvidence, TrustVerdict
from townhall_fonts import FONT_DIRECTORY
from townhall_forms.document import render_document
from townhall_forms.page import PageSigner, page_model
from townhall_forms.page_words import load_page_words
from townhall_forms.registers.naming import NamedExtract
from townhall_forms.registers.register import Registrar
from townhall_forms.registers.statement import Person, Statement, make_statement, verify_statement
from townhall_forms.service import Service, read_service
from townhall_forms.session import FormSession
from townhall_forms.transaction import Transaction
from townhall_smartcard.simulation.pki import TestPki

REGISTRAR = Ed25519PrivateKey.generate()
KEY = REGISTRAR.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
TITLES = {"en": "population register"}
KEEPER = Registrar(TITLES, (KEY,))
VALUES = {"address/street": "Pikk 1", "children": "2"}
STREET = "register:population/address/street"
SERVICE = b'{"version":1,"id":"home","titles":{"en":"Home"},"summaries":{"en":"Home"},"recipient":"registry"}'

TRUST = TrustVerdict(Outcome.PROVISIONAL, (Doubt.NO_CRL,), TrustEvidence(None, datetime.fromtimestamp(NOW - 9, UTC)))
Forge = Callable[[Transaction], Transaction]


@pytest.fixture(scope="module")
def home() -> Service:
    return read_service(SERVICE, FORM)


def stated(card: Card, values: dict[str, str], key: Ed25519PrivateKey = REGISTRAR) -> Statement:
    return make_statement("population", date(2026, 3, 3), Person("EE", card.person.personal_code), values, key.sign)


def handed_in(home: Service, card: Card, pki: TestPki, street: str = "") -> Transaction:
    """What an honest kiosk seals of somebody who lives at Pikk 1, by the register, and says ``street``."""
    statement = stated(card, VALUES)
    prefill = verify_statement(statement, {"population": (KEY,)}, statement.person)
    opened = datetime.fromtimestamp(NOW - 3600, UTC)
    session = FormSession(home.form, language="en", now=opened, prefill=prefill, randomness=bytes)
    if street:
        session.answer("/data/street", street)
    signer = PageSigner(card.person.given_names, card.person.surname, card.person.personal_code)
    extracts = {"population": NamedExtract(TITLES, statement.stated)}
    words = load_page_words("en")
    page = page_model(home, words, PAGE, signer, session.answers(), session.finish(), extracts)
    pdf = render_document(page, FONT_DIRECTORY)
    return Transaction(
        service=home.id,
        form_id=home.form.id,
        form_version=home.form.version,
        form_sha256=home.form.sha256,
        language="en",
        provenance=session.provenance(),
        evidence=card.evidence(),
        session=session.record(),
        document=asyncio.run(signed(pdf, card, pki)),
        trust=TRUST,
        page=PAGE,
        corrections=session.corrections(),
        registers=(statement,),
    )


@pytest.fixture
def judge(kiosk: SimulatedKiosk, desk: Desk, home: Service) -> Callable[[Transaction], Case]:
    at_home = replace(desk, services={"home": home}, registrars={"population": KEEPER})
    return lambda transaction: case_of(sealed_to(desk, transaction.to_bytes()), kiosk, at_home)


def test_a_value_that_stands_is_the_registers_and_a_changed_one_is_a_correction(
    judge: Callable[[Transaction], Case], home: Service, card: Card, pki: TestPki
) -> None:
    as_stated = judge(handed_in(home, card, pki))
    assert (as_stated.state, as_stated.corrections) == ("ready", [])
    assert [answer.source for answer in as_stated.answers] == [STREET, "register:population/children"]
    assert "what registers state is as their registrars signed it" in as_stated.checks_passed
    changed = judge(handed_in(home, card, pki, "Lai 7"))
    assert changed.state == "ready"
    assert changed.corrections == [Correction("Street", "Lai 7", STREET, "Pikk 1", "2026-03-03")]


@pytest.mark.parametrize(
    "forge",
    [
        lambda honest: replace(honest, registers=()),
        lambda honest: replace(honest, corrections=()),
        lambda honest: replace(
            honest, corrections=(*honest.corrections, ("/data/children", "register:population/children"))
        ),
        lambda honest: replace(honest, provenance=(*honest.provenance, ("/data/street", STREET))),
        lambda honest: replace(honest, registers=(replace(honest.registers[0], signature="00" * 64),)),
        lambda honest: replace(honest, registers=(replace(honest.registers[0], person=Person("EE", "38001085718")),)),
        lambda honest: replace(honest, provenance=()),
        lambda honest: replace(honest, registers=(replace(honest.registers[0], stated=date(2026, 11, 1)),)),
        lambda honest: replace(honest, registers=(honest.registers[0].disclosing({"address/street"}),)),
    ],
)
def test_a_kiosk_that_puts_words_into_the_registers_mouth_is_found_out(
    judge: Callable[[Transaction], Case], home: Service, card: Card, pki: TestPki, forge: Forge
) -> None:
    honest = handed_in(home, card, pki, "Lai 7")
    found = reasons(judge(forge(honest)))
    assert found & {Reason.REGISTER_DOUBTFUL.code, Reason.ANSWERS_REFUSED.code}


def test_a_statement_by_another_registrar_or_of_a_register_that_the_agency_does_not_know_is_doubted(
    kiosk: SimulatedKiosk, desk: Desk, home: Service, card: Card, pki: TestPki
) -> None:
    honest = handed_in(home, card, pki)
    for registrars in ({}, {"population": Registrar(TITLES, (bytes(32),))}, {"tax": KEEPER}):
        at_home = replace(desk, services={"home": home}, registrars=registrars)
        assert Reason.REGISTER_DOUBTFUL.code in reasons(case_of(sealed_to(desk, honest.to_bytes()), kiosk, at_home))


def test_a_value_that_no_kiosk_could_have_filled_in_is_doubted(
    judge: Callable[[Transaction], Case], home: Service, card: Card, pki: TestPki
) -> None:
    odd = stated(card, {**VALUES, "children": "two"})
    assert Reason.REGISTER_DOUBTFUL.code in reasons(judge(replace(handed_in(home, card, pki), registers=(odd,))))


def test_registrars_keys_are_read_from_a_folder_and_anything_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "population").mkdir()
    (tmp_path / "population" / "1.key").write_bytes(KEY)
    (tmp_path / "population" / "register.json").write_text('{"version":1,"titles":{"en":"population register"}}')
    assert load_registrars(tmp_path) == {"population": KEEPER}
    (tmp_path / "population" / "2.key").write_bytes(b"short")
    with pytest.raises(DirectoryError):
        load_registrars(tmp_path)
    with pytest.raises(DirectoryError):
        load_registrars(tmp_path / "none")
