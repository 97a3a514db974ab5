# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every shipped service is played by its own people: from the card to the receipt, and replayed as the centre does."""

import json
import re
from collections.abc import Callable, Coroutine, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from tests.kiosk.test_visit_repeats import finished

from townhall_crypto.recipients import RecipientPrivateKey
from townhall_crypto.sealed import open_sealed
from townhall_forms.questions import Question, RepeatState
from townhall_forms.transaction import Transaction
from townhall_kiosk import states as at
from townhall_kiosk.simulation.visit import SimulatedVisit
from townhall_kiosk.simulation.way import begin, go_on_to_document, go_on_to_sign
from townhall_kiosk.visit.asking import RepeatChange, choice_of, step_at
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_ui import screens

Play = Callable[[Callable[[SimulatedVisit], Coroutine[object, object, None]]], None]

SERVICES: Final = Path(__file__).resolve().parents[2] / "services"
FIXTURES: Final = sorted(SERVICES.glob("*/fixtures/*.json"))
LANGUAGES: Final = ("en", "et", "fr", "ar")
_INSTANCE: Final = re.compile(r"([^\[]+)\[(\d+)\]")
_DAY: Final = re.compile(r"(today|monday)(?: ([+-]) (\d+))?")


def name_of(path: Path) -> str:
    return f"{path.parents[1].name}-{path.stem}"


def answered(value: str, today: date) -> str:
    """Return what a fixture says; "today - 3" and "monday + 7" (from the next one) as days."""
    match = _DAY.fullmatch(value)
    if match is None:
        return value
    start = today if match[1] == "today" else today + timedelta(days=7 - today.weekday())
    days = int(match[3] or 0)
    return (start - timedelta(days=days) if match[2] == "-" else start + timedelta(days=days)).isoformat()


def place_of(ref: str, answers: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return what a question is called, and the answers that it belongs to: of one instance, or of all."""
    *around, name = ref.split("/")
    inside = (_INSTANCE.fullmatch(part) for part in reversed(around))
    instance = next((match for match in inside if match is not None and match[1] in answers), None)
    return name, answers if instance is None else answers[instance[1]][int(instance[2]) - 1]


class Resident:
    """Somebody who answers what is asked, as the fixture says."""

    def __init__(self, visit: SimulatedVisit, fixture: Mapping[str, Any]) -> None:
        self.visit, self.answers = visit, fixture["answers"]
        self.asked: list[str] = []

    async def fill_in(self) -> None:
        while isinstance(state := self.visit.state, at.Answering):
            assert self.visit.desk.form is not None
            step = step_at(self.visit.desk.form, state.question)
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


def test_every_shipped_service_but_the_oldest_two_has_people_of_its_own() -> None:
    with_people = {path.parents[1].name for path in FIXTURES}
    shipped = {folder.name for folder in SERVICES.iterdir() if folder.is_dir()}
    assert shipped - with_people == {"change-of-address", "residence-consent"}  # the visits of all other tests
