# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every shipped service is played by its own people: from the card to the receipt, and replayed as the centre does."""

import json
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.forms.residents import FIXTURES, LANGUAGES, SERVICES, answered, name_of, place_of
from tests.kiosk.test_visit_repeats import finished

from townhall_crypto.recipients import RecipientPrivateKey
from townhall_crypto.sealed import open_sealed
from townhall_forms.form import load_form
from townhall_forms.questions import Accepted, Question, RepeatState
from townhall_forms.session import FormSession
from townhall_forms.transaction import Transaction
from townhall_kiosk import states as at
from townhall_kiosk.simulation.visit import SimulatedVisit
from townhall_kiosk.simulation.way import begin, go_on_to_document, go_on_to_sign
from townhall_kiosk.visit.asking import RepeatChange, choice_of, step_at
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_ui import screens

Play = Callable[[Callable[[SimulatedVisit], Coroutine[object, object, None]]], None]


class Resident:
    """Somebody who answers what is asked, as the fixture says."""

    def __init__(self, visit: SimulatedVisit, fixture: Mapping[str, Any]) -> None:
        self.visit, self.answers = visit, fixture["answers"]
        self.asked: list[str] = []
        self.label = ""

    async def fill_in(self) -> None:
        while isinstance(state := self.visit.state, at.Answering):
            assert self.visit.desk.form is not None
            step = step_at(self.visit.desk.form, state.question)
            self.label = "" if isinstance(step, RepeatState) else self.label
            await (self._grow(step) if isinstance(step, RepeatState) else self._answer(step))
            assert state != self.visit.state or isinstance(step, RepeatState), self.visit.screen
            assert not getattr(self.visit.state, "problem", ""), self.visit.screen

    async def _grow(self, step: RepeatState) -> None:
        wanted = self.answers.get(step.ref.rsplit("/", 1)[-1], [])
        is_more = len(step.instances) < len(wanted)
        self.visit.press(screens.Chose(choice_of(RepeatChange.ADD, step)) if is_more else screens.Proceeded())
        await self.visit.settle()

    async def _answer(self, step: Question) -> None:
        name, own = place_of(step.ref, self.answers)
        self.asked.append(name)
        assert step.label != self.label, "two questions in a row look like one"
        self.label = step.label
        await self.visit.answer(answered(own.get(name, ""), self.visit.clock.now().date()))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", FIXTURES, ids=name_of)
def test_a_resident_comes_from_the_card_to_the_receipt(
    play: Play, card: EstonianCard, recipient: RecipientPrivateKey, path: Path, language: str
) -> None:
    fixture, service = json.loads(path.read_text()), path.parents[1].name

    async def scene(visit: SimulatedVisit) -> None:
        await begin(visit, card, language)
        visit.insert(card)
        await visit.until(at.EnteringPin)
        visit.enter_pin("1234")
        await visit.until(at.ChoosingService)
        visit.press(screens.Chose(service))
        await visit.until(at.Answering)
        resident = Resident(visit, fixture)
        await resident.fill_in()
        assert isinstance(visit.state, at.Reviewing)
        assert set(fixture.get("asked", ())) <= set(resident.asked)
        assert not set(fixture.get("not_asked", ())) & set(resident.asked)
        instance = finished(visit).decode()
        for name, value in fixture.get("expected", {}).items():
            assert f"<{name}>{value}</{name}>" in instance
        await go_on_to_document(visit, card)
        await visit.until(at.ReadingDocument)
        assert visit.desk.document is not None
        await go_on_to_sign(visit, card)
        visit.enter_pin("12345")
        await visit.until(at.ShowingReceipt)
        (sealed,) = visit.outbox.sealed
        assert Transaction.from_bytes(open_sealed(sealed, recipient).payload).service == service

    play(scene)


@pytest.mark.parametrize(("postcode", "street", "is_known"), [("10123", " Pikk ", True), ("10124", "Pikk", False)])
def test_a_case_that_the_town_publishes_is_told_to_those_who_live_there(
    postcode: str, street: str, *, is_known: bool
) -> None:
    shipped = (SERVICES / "bulky-waste" / "form.xml").read_text()
    example = "<postcode>postcode</postcode>", "<street>street</street>"
    assert all(shipped.count(each) == 1 for each in example)
    published = shipped.replace(example[0], "<postcode>10123</postcode>").replace(example[1], "<street>pikk</street>")
    now = datetime(2026, 11, 27, tzinfo=UTC)
    form = FormSession(load_form(published.encode()), language="en", now=now, prefill={})
    for name, value in {"street": street, "postcode": postcode}.items():
        assert isinstance(form.answer(f"/data/place/{name}", value), Accepted)
    assert any(each.ref.endswith("/already") for each in form.questions()) is is_known


@pytest.mark.parametrize(
    ("service", "answers", "needed"),
    [
        ("health-appointment", {"need/reason": "check", "wish/wants": "yes"}, "email"),
        ("health-appointment", {"need/reason": "check", "wish/wants": "yes", "contact/phone": "5555 0000"}, ""),
        ("health-appointment", {"need/reason": "check", "wish/wants": "no"}, ""),
        ("bulky-waste", {"pickup/can_carry": "no"}, "phone"),
        ("bulky-waste", {"pickup/can_carry": "yes"}, ""),
    ],
)
def test_whoever_is_promised_word_can_be_reached(service: str, answers: Mapping[str, str], needed: str) -> None:
    form = load_form((SERVICES / service / "form.xml").read_bytes())
    session = FormSession(form, language="en", now=datetime(2026, 11, 27, tzinfo=UTC), prefill={})
    for path, value in answers.items():
        assert isinstance(session.answer(f"/data/{path}", value), Accepted)
    missing = {each.ref.rsplit("/", 1)[-1] for each in session.problems()}
    assert missing & {"phone", "email"} == ({needed} if needed else set())


def test_every_shipped_service_has_people_of_its_own() -> None:
    with_people = {path.parents[1].name for path in FIXTURES}
    assert with_people == {folder.name for folder in SERVICES.iterdir() if folder.is_dir()}
