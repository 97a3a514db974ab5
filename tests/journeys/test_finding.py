# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""On the real window: somebody who mistypes finds one service among many, and reads what it costs here."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.journeys.conftest import Town
from tests.journeys.test_services import EveryService

from townhall_forms.service import load_services
from townhall_kiosk.demo.person import Hands
from townhall_kiosk.demo.script import Visitor
from townhall_kiosk.demo.world import LANGUAGES, SERVICES
from townhall_kiosk.texts import Texts
from townhall_smartcard.simulation.estonian_card_person import KADRI

COPIES = ("grave-plot", "parking-permit")
"""The shipped services are few: with these they are many. Nobody looks for them."""


class ManyServices(EveryService):
    """A town that offers more than eight services, in a municipality that says what one of them costs."""

    def _write_content(self) -> Path:
        content = super()._write_content()
        for name in COPIES:
            copy = shutil.copytree(content / "services" / "town-report", content / "services" / name)
            description = json.loads((copy / "service.json").read_bytes())
            described = {"id": name, "titles": dict.fromkeys(LANGUAGES, name), "words": {}, "life_events": []}
            (copy / "service.json").write_text(json.dumps({**description, **described}))
        path = content / "places" / "places.json"
        places = json.loads(path.read_bytes())
        places["groups"]["all"]["services"].extend(COPIES)
        places["kiosks"] = {name: {**kiosk, "municipality": "tamme"} for name, kiosk in places["kiosks"].items()}
        path.write_text(json.dumps(places))
        facts = {"fee": {"amount": "15.00", "currency": "EUR"}}
        names = dict.fromkeys(LANGUAGES, "Tamme")
        tamme = {"version": 1, "names": names, "services": {"event-permit": facts}}
        (content / "places" / "tamme.json").write_text(json.dumps(tamme))
        return content


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    log = tmp_path_factory.mktemp("finding") / "log"
    services = {each.id: each for each in load_services(SERVICES)}
    with ManyServices(KADRI, agency="town-hall", log=log) as world:
        yield Town(world, log, services["event-permit"])


def test_a_mistyped_word_finds_the_service_and_its_fee_by_keyboard_alone(kiosk: Town) -> None:
    kiosk.person.hands = Hands.KEYBOARD
    reader, card, text, title = kiosk.world.readers[0], kiosk.card(), Texts("en"), kiosk.service.titles["en"]
    visitor = Visitor(
        person=kiosk.person,
        holder=KADRI,
        text=text,
        service=kiosk.service,
        watch=lambda _name: None,
        insert_card=lambda: reader.insert(card),
        remove_card=reader.remove_slowly,
    )
    assert [*visitor.identify()][-1] == "services"
    person = kiosk.person
    visitor.choose(text("life.moving"))
    person.wait_for("ChoiceScreen", text("life.moving"))
    person.press(text("button.back"))
    person.wait_for("ChoiceScreen", text("services.heading", name="KADRI-LIIS ÕISPUU"))
    visitor.choose(text("services.search"))
    person.wait_for("QuestionScreen", text("find.heading"))
    person.type("concrets permitt")
    person.press(text("services.search"))
    person.wait_until(lambda seen: seen.kind == "ChoiceScreen" and "found" in seen.heading, "what was found")
    visitor.choose(title)
    person.wait_for("MessageScreen", title)
    assert "€15.00" in person.read()
    person.press(text("button.continue"))
    person.wait_until(lambda seen: seen.kind == "QuestionScreen" and bool(seen.step), "the first question")
    reader.remove_slowly()
    person.wait_for("MessageScreen", text("stopped.heading"))
    person.press(text("stopped.button"))
    person.wait_for_next_visit()
