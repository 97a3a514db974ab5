# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every shipped service on the real window: a resident fills it in by keyboard alone, signs and leaves."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from tests.forms.residents import FIXTURES, LANGUAGES, SERVICES, answered, place_of
from tests.journeys.conftest import Town

from townhall_forms.questions import QuestionKind, RepeatState
from townhall_forms.service import load_services
from townhall_kiosk.demo.person import Hands
from townhall_kiosk.demo.script import Visitor
from townhall_kiosk.demo.world import World
from townhall_kiosk.texts import Texts
from townhall_kiosk.visit.asking import asked_steps
from townhall_smartcard.simulation.estonian_card_person import KADRI

PLAYED = (
    *("alone", "charity-market", "cold", "dark-street", "from-abroad", "other-parent", "sofa", "stolen-bag"),
    "unknown",
)
"""One resident of each service, with the letters that the desk's keyboard has."""
RESIDENTS = sorted((path for path in FIXTURES if path.stem in PLAYED), key=lambda path: path.parents[1].name)


class EveryService(World):
    """A town that offers all that is shipped."""

    services = tuple(sorted(folder.name for folder in SERVICES.iterdir() if folder.is_dir()))


@dataclass(slots=True)
class Resident(Visitor):
    """A visitor who answers as a fixture says, thing by thing where there are several."""

    said: dict[str, Any] = field(default_factory=dict)

    def fill_in(self) -> Iterator[str]:
        self.choose(self.service.titles[self.text.language])
        form, position = self._own_copy(), 0
        while position < len(steps := asked_steps(form)):
            step = steps[position]
            if isinstance(step, RepeatState):
                self.person.wait_for("ChoiceScreen", step.label or self.text("repeat.heading"))
                if len(step.instances) < len(self.said.get(step.ref.rsplit("/", 1)[-1], ())):
                    self.person.press(self.text("repeat.add-another" if step.instances else "repeat.add"))
                    added = form.add_repeat(step.ref)
                    inside = (n for n, each in enumerate(asked_steps(form)) if each.ref.startswith(f"{added}/"))
                    position = next(inside)
                    continue
            else:
                self._at_question(step.label)
                name, own = place_of(step.ref, self.said)
                value = answered(own.get(name, ""), date.today())  # noqa: DTZ011  # a person's own calendar
                self._enter(step, value)
                yield f"question-{name}"
                if step.kind is not QuestionKind.NOTE:
                    form.answer(step.ref, value)
            self.person.press(self.text("button.continue"))
            position += 1


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    log = tmp_path_factory.mktemp("services") / "log"
    services = {each.id: each for each in load_services(SERVICES)}
    with EveryService(KADRI, agency="town-hall", log=log) as world:
        yield Town(world, log, services["town-report"])


def test_a_resident_of_every_service_is_played() -> None:
    assert len({path.parents[1].name for path in RESIDENTS}) == len(RESIDENTS)
    assert {path.parents[1].name for path in RESIDENTS} == {path.parents[1].name for path in FIXTURES}


@pytest.mark.parametrize(
    ("number", "language"),
    [
        pytest.param(number, language, marks=() if number % len(LANGUAGES) == turn else pytest.mark.long)
        for number in range(len(PLAYED))
        for turn, language in enumerate(LANGUAGES)
    ],
)
def test_a_resident_fills_it_in_by_keyboard_alone(kiosk: Town, number: int, language: str) -> None:
    path = RESIDENTS[number]
    service = next(each for each in load_services(SERVICES) if each.id == path.parents[1].name)
    kiosk.person.hands = Hands.KEYBOARD
    reader, card = kiosk.world.readers[0], kiosk.card()
    resident = Resident(
        person=kiosk.person,
        holder=KADRI,
        text=Texts(language),
        service=service,
        watch=lambda _name: None,
        insert_card=lambda: reader.insert(card),
        remove_card=reader.remove_slowly,
        said=json.loads(path.read_text())["answers"],
    )
    assert [*resident.steps()][-1] == "attract-again"
    assert kiosk.stored()
