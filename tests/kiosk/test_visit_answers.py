# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Forms of other people with ranges and ranks: asked, answered, and taken by the centre's replay."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from townhall_forms.form import load_form
from townhall_forms.revalidate import revalidate
from townhall_forms.service import Service
from townhall_kiosk import states as at
from townhall_kiosk.simulation.visit import SimulatedVisit
from townhall_kiosk.simulation.way import be_identified, go
from townhall_kiosk.visit.form_work import prefill_of
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_ui import screens

Play = Callable[[Callable[[SimulatedVisit], Coroutine[object, object, None]]], None]

KINDS = b"""<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
<h:head><h:title>When, where, how much</h:title><model>
<instance><data id="kinds" version="1"><at/><moment/><place/><part/></data></instance>
<bind nodeset="/data/at" type="time"/><bind nodeset="/data/moment" type="dateTime"/>
<bind nodeset="/data/place" type="geopoint"/><bind nodeset="/data/part" type="int"/>
</model></h:head>
<h:body><input ref="/data/at"><label>At</label></input><input ref="/data/moment"><label>Moment</label></input>
<input ref="/data/place"><label>Place</label></input>
<range ref="/data/part" start="0" end="100" step="5"><label>Part</label></range></h:body></h:html>"""


async def open_form(visit: SimulatedVisit, card: EstonianCard, service: Service, form: bytes) -> None:
    """Come as far as the first question of a form, which the town offers instead of its own."""
    visit.around.services = (replace(service, form=load_form(form)),)
    await go(visit, card, until=be_identified)
    visit.press(screens.Chose(service.id))
    await visit.until(at.Answering)


def asked(visit: SimulatedVisit) -> screens.QuestionScreen:
    screen = visit.screen
    assert isinstance(screen, screens.QuestionScreen)
    return screen


async def replayed(visit: SimulatedVisit) -> list[str]:
    """Go on to the document, and return what the centre reads of the answers."""
    assert isinstance(visit.state, at.Reviewing)
    visit.press(screens.Proceeded())
    await visit.until(at.ReadingDocument)
    form, identity = visit.desk.form, visit.desk.identity
    assert form is not None
    assert identity is not None
    taken = revalidate(
        form.form,
        form.finish(),
        prefill_of(identity),
        visit.clock.now(),
        language=form.language,
        record=form.record(),
    )
    assert taken.instance == form.finish()
    return [line.shown for line in taken.answers]


@pytest.mark.corpus
def test_ranges_of_few_numbers_are_choices(play: Play, card: EstonianCard, service: Service, corpus: Path) -> None:
    form = (corpus / "web-forms" / "controls" / "range-controls.xml").read_bytes()

    async def scene(visit: SimulatedVisit) -> None:
        await open_form(visit, card, service, form)
        first = asked(visit)
        assert first.kind is screens.EntryKind.CHOOSE_ONE
        assert [choice.id for choice in first.choices] == ["-2", "-1.5", "-1", "-0.5", "0", "0.5", "1", "1.5", "2"]
        assert first.value == "1"
        await visit.answer("-1.5")
        await visit.answer("4")
        many = asked(visit)
        assert many.kind is screens.EntryKind.RANGE
        assert many.scale is not None
        assert (many.scale.low, many.scale.high) == (Decimal(-5), Decimal(7))
        assert many.hint == "From -5 to 7, in steps of 0.5."
        await visit.answer("0.3")
        assert asked(visit).problem
        await visit.answer("6.5")
        await visit.answer("3")
        assert await replayed(visit) == ["-1.5", "4", "6.5", "3"]

    play(scene)


@pytest.mark.corpus
def test_a_rank_is_asked_until_all_are_ranked(play: Play, card: EstonianCard, service: Service, corpus: Path) -> None:
    form = (corpus / "web-forms" / "rank" / "1-rank.xml").read_bytes()

    async def scene(visit: SimulatedVisit) -> None:
        await open_form(visit, card, service, form)
        screen = asked(visit)
        assert screen.kind is screens.EntryKind.RANK
        assert screen.ranks is not None
        assert len(screen.ranks.ranks) == len(screen.choices) == 10
        ids = [choice.id for choice in screen.choices]
        await visit.answer(" ".join(ids[:9]))
        assert asked(visit).problem
        await visit.answer(" ".join(reversed(ids)))
        (told,) = await replayed(visit)
        labels = {choice.id: choice.label for choice in screen.choices}
        assert told.startswith(labels[ids[-1]])

    play(scene)


def test_times_and_places_are_told_as_people_read_them(play: Play, card: EstonianCard, service: Service) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await open_form(visit, card, service, KINDS)
        await visit.answer("24:10")
        assert asked(visit).problem
        await visit.answer("14:05")
        await visit.answer("2027-03-01T09:30")
        await visit.answer("58.38 -26.7")
        assert asked(visit).hint == "From 0 to 100, in steps of 5."
        await visit.answer("35")
        time, moment, place, part = await replayed(visit)
        assert (place, part) == ("58.38, -26.7", "35")
        assert "2:05" in time
        assert "March" in moment
        assert "9:30" in moment
        assert visit.desk.form is not None
        assert b"<place>58.38 -26.7 0.0 0.0</place>" in visit.desk.form.finish()

    play(scene)


def test_a_button_that_is_hammered_answers_the_question_on_the_screen_and_no_other(
    play: Play, card: EstonianCard, service: Service
) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await open_form(visit, card, service, KINDS)
        first = visit.state
        while visit.state == first:
            visit.press(screens.Answered("10:30"))
            await asyncio.sleep(0)
        await visit.settle()
        assert (asked(visit).frame.heading, asked(visit).value, asked(visit).problem) == ("Moment", "", "")

    play(scene)
