# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Fees, hours and offices of a municipality: published or refused, taken or hidden, shown where a person needs them."""

import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from tests.kiosk.test_catalogue import SERVICE, SETTINGS, Town
from tests.kiosk.test_catalogue import made as made  # noqa: PLC0414  # a fixture
from tests.kiosk.test_visit_finding import be_known, choosing, ids, press, type_in

from townhall_central.errors import CatalogueContentError
from townhall_central.repository.content import read_content
from townhall_kiosk import states as at
from townhall_kiosk.errors import MunicipalityRefusedError
from townhall_kiosk.finding import states as find
from townhall_kiosk.simulation.visit import SimulatedVisit
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_sync.catalogue_municipality import Fee, LocalFacts, Municipality, Office, decode_municipality
from townhall_ui import screens

Play = Callable[[Callable[[SimulatedVisit], Coroutine[object, object, None]]], None]

LANGUAGES = ("en", "et", "fr", "ar")


def spoken(words: str) -> dict[str, str]:
    return dict.fromkeys(LANGUAGES, words)


TAMME: dict[str, Any] = {
    "version": 1,
    "names": spoken("Tamme"),
    "services": {SERVICE: {"fee": {"amount": "5.00", "currency": "EUR"}, "hours": spoken("9 to 17")}},
}


def write(content: Path, description: object, name: str = "tamme") -> None:
    (content / "places" / f"{name}.json").write_text(json.dumps(description))


def in_tamme(made: Town) -> Town:
    kiosk = {"place": "Tamme Library", "group": "pilot", "municipality": "tamme"}
    made.edit_places(lambda places: places["kiosks"].update({"kiosk-1": kiosk}))
    return made


def test_a_kiosk_gets_what_its_own_municipality_says(made: Town) -> None:
    write(made.content, TAMME)
    write(made.content, {**TAMME, "services": {}}, "lepa")
    in_tamme(made).taken()
    provided = made.provided()
    assert provided.hidden == ()
    fee = decode_municipality(provided.provisions.municipality).services[SERVICE].fee
    assert fee == Fee("5.00", "EUR")
    assert made.provided("kiosk-2").provisions.municipality == b""


def test_it_stays_when_more_groups_follow(made: Town) -> None:
    write(made.content, TAMME)
    in_tamme(made).edit_places(lambda places: places["groups"].update(rest={"services": [SERVICE]}))
    made.administrators.publish(made.content, to=["pilot"])
    made.administrators.advance(made.content, to=["rest"])
    made.taken()
    assert made.provided().provisions.municipality


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"services": {"unknown": {}}}, "unknown"),
        ({"names": {"en": "Tamme"}}, "language"),
        ({"services": {SERVICE: {"hours": {"en": "9 to 17"}}}}, SERVICE),
        ({"services": {SERVICE: {"fee": {"amount": "5", "currency": "EUR"}}}}, "amount"),
    ],
)
def test_what_a_kiosk_would_hide_is_refused_before_it_is_signed(
    made: Town, change: dict[str, object], why: str
) -> None:
    write(made.content, {**TAMME, **change})
    with pytest.raises(CatalogueContentError, match=rf"places/tamme\.json.*{why}"):
        read_content(made.content, made.now)


def test_a_municipality_without_a_file_and_a_file_that_is_none_are_refused(made: Town) -> None:
    in_tamme(made)
    with pytest.raises(CatalogueContentError, match="tamme"):
        read_content(made.content, made.now)
    write(made.content, TAMME)
    read_content(made.content, made.now)
    (made.content / "places" / "notes.txt").write_text("")
    with pytest.raises(CatalogueContentError, match="notes"):
        read_content(made.content, made.now)


def test_what_does_not_speak_the_kiosk_s_languages_is_hidden_with_its_code_and_the_services_stay(made: Town) -> None:
    made.edit_places(lambda places: places.update(languages=["en"]))
    write(made.content, {"version": 1, "names": {"en": "Tamme"}, "services": {}})
    in_tamme(made).taken()
    provided = made.provided(settings=SETTINGS)
    assert [(hidden.what, hidden.code) for hidden in provided.hidden] == [("tamme", MunicipalityRefusedError.code)]
    assert provided.provisions.municipality == b""
    assert provided.closed == ""
    assert len(provided.provisions.services) == 1


# What a person sees

TOLD = Municipality(
    1,
    spoken("Tamme"),
    {
        SERVICE: LocalFacts(
            Fee("5.00", "EUR", {**spoken("-"), "en": "Children pay nothing."}),
            {**spoken("-"), "en": "Mon to Fri 9 to 17"},
            Office({**spoken("-"), "en": "Register desk"}, "Kopli 3, Tamme"),
        ),
        "lost-property": LocalFacts(Fee("0.00", "EUR")),
    },
)


def test_the_fee_stands_in_the_list_and_all_of_it_before_the_first_question(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        visit.around.municipality = TOLD
        await be_known(visit, card)
        await type_in(visit, "address")
        hints = {choice.id: choice.hint for choice in choosing(visit).choices}
        assert hints[SERVICE].endswith(" Fee: €5.00.")
        assert "Fee" not in hints["residence-consent"]
        await press(visit, screens.Chose(SERVICE))
        assert isinstance(visit.state, find.AboutService)
        assert isinstance(visit.screen, screens.MessageScreen)
        assert visit.screen.frame.heading == "Change of address"
        assert visit.screen.paragraphs == (
            "Fee: €5.00. Children pay nothing.",
            "Office: Register desk, Kopli 3, Tamme",
            "Open: Mon to Fri 9 to 17",
        )
        await press(visit, screens.Proceeded())
        assert visit.question() == "street"

    play(scene)


def test_one_goes_back_from_there_and_what_costs_nothing_says_so(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        visit.around.municipality = TOLD
        await be_known(visit, card)
        await type_in(visit, "stolen")
        await press(visit, screens.Chose("lost-property"))
        assert isinstance(visit.screen, screens.MessageScreen)
        assert visit.screen.paragraphs == ("Free of charge.",)
        await press(visit, screens.WentBack())
        assert isinstance(visit.state, at.ChoosingService)
        await type_in(visit, "complaint")
        await press(visit, screens.Chose("town-report"))
        assert isinstance(visit.state, at.Answering), "the municipality says nothing of it"

    play(scene)


def test_a_service_is_found_by_its_office(play: Play, card: EstonianCard) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        visit.around.municipality = TOLD
        await be_known(visit, card)
        await type_in(visit, "kopli")
        assert ids(visit)[0] == SERVICE

    play(scene)


@pytest.mark.parametrize(("language", "amount"), [("en", "€5.00"), ("et", "5,00 €"), ("fr", "5,00 €"), ("ar", "€")])
def test_amounts_are_written_as_people_of_a_language_write_them(
    play: Play, card: EstonianCard, language: str, amount: str
) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        visit.around.municipality = TOLD
        await be_known(visit, card, language)
        await type_in(visit, visit.around.services[2].titles[language])
        hint = next(choice.hint for choice in choosing(visit).choices if choice.id == SERVICE)
        assert amount in hint.replace("\u00a0", " ")

    play(scene)
