# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Repeats in a visit: one more, change, remove, with a count; the centre's replay takes what comes out."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from townhall_forms.form import load_form
from townhall_forms.revalidate import revalidate
from townhall_forms.service import Service
from townhall_forms.session import FormSession
from townhall_kiosk import states as at
from townhall_kiosk.simulation.visit import SimulatedVisit
from townhall_kiosk.simulation.way import be_identified, go
from townhall_kiosk.texts import Texts
from townhall_kiosk.visit.asking import asked_steps
from townhall_kiosk.visit.desk import Desk
from townhall_kiosk.visit.form_work import prefill_of
from townhall_kiosk.visit.presenters import present
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_ui import screens

Play = Callable[[Callable[[SimulatedVisit], Coroutine[object, object, None]]], None]

THINGS = b"""<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
xmlns:jr="http://openrosa.org/javarosa">
<h:head><h:title>Lost things</h:title><model>
<instance><data id="lost" version="1"><any/><thing jr:template=""><what/><worth/></thing><where/></data></instance>
<bind nodeset="/data/any" required="true()"/>
<bind nodeset="/data/thing" relevant="/data/any != 'no'"/>
<bind nodeset="/data/thing/what" required="true()"/><bind nodeset="/data/thing/worth" type="int"/>
</model></h:head>
<h:body><input ref="/data/any"><label>Any</label></input>
<group ref="/data/thing"><label>Thing</label><repeat nodeset="/data/thing">
<input ref="/data/thing/what"><label>What</label></input>
<input ref="/data/thing/worth"><label>Worth</label></input></repeat></group>
<input ref="/data/where"><label>Where</label></input></h:body></h:html>"""


async def open_form(visit: SimulatedVisit, card: EstonianCard, service: Service, form: bytes) -> None:
    """Come as far as the first question of a form, which the town offers instead of its own."""
    visit.around.services = (replace(service, form=load_form(form)),)
    await go(visit, card, until=be_identified)
    visit.press(screens.Chose(service.id))
    await visit.until(at.Answering)


async def choose(visit: SimulatedVisit, label: str) -> None:
    """Touch a choice of the repeat on the screen."""
    screen = hub(visit)
    visit.press(screens.Chose(next(choice.id for choice in screen.choices if choice.label == label)))
    await visit.settle()


async def remove(visit: SimulatedVisit, label: str) -> None:
    """Remove one, and say so once more."""
    await choose(visit, label)
    await choose(visit, "Yes, remove it")


async def go_on(visit: SimulatedVisit) -> None:
    visit.press(screens.Proceeded())
    await visit.settle()


def hub(visit: SimulatedVisit) -> screens.ChoiceScreen:
    screen = visit.screen
    assert isinstance(screen, screens.ChoiceScreen)
    return screen


def finished(visit: SimulatedVisit) -> bytes:
    """The instance, which the centre's replay takes as it is."""
    form, identity = visit.desk.form, visit.desk.identity
    assert form is not None
    assert identity is not None
    instance, now = form.finish(), visit.clock.now()
    prefill = prefill_of(identity)
    taken = revalidate(form.form, instance, prefill, now, language=form.language, record=form.record())
    assert taken.instance == instance
    return instance


def test_things_are_added_changed_and_removed(play: Play, card: EstonianCard, service: Service) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await open_form(visit, card, service, THINGS)
        await visit.answer("yes")
        assert hub(visit).introduction == "You have added nothing so far."
        assert [choice.label for choice in hub(visit).choices] == ["Add one"]
        await choose(visit, "Add one")
        assert visit.screen.frame.step.endswith("Thing 1")
        for value in ("Bag", "40"):
            await visit.answer(value)
        await choose(visit, "Add another")
        assert visit.screen.frame.step.endswith("Thing 2")
        for value in ("Phone", "300"):
            await visit.answer(value)
        assert hub(visit).introduction == "You have added 2."
        await choose(visit, "Change 1. Bag")
        for value in ("Red bag", "45"):
            await visit.answer(value)
        assert visit.question() == "what"  # the next thing, on the way back to the list
        for value in ("Phone", "300"):
            await visit.answer(value)
        await choose(visit, "Remove 2. Phone")
        assert hub(visit).frame.heading == "Remove 2. Phone?"
        await choose(visit, "No, keep it")
        assert hub(visit).introduction == "You have added 2."
        await remove(visit, "Remove 2. Phone")
        assert hub(visit).introduction == "You have added 1."
        await go_on(visit)
        assert visit.question() == "where"
        await visit.answer("Bus 5")
        assert isinstance(visit.state, at.Reviewing)
        assert b"<thing><what>Red bag</what><worth>45</worth></thing><where>" in finished(visit)

    play(scene)


def test_one_more_is_added_from_the_review_and_asked_as_a_whole(
    play: Play, card: EstonianCard, service: Service
) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await open_form(visit, card, service, THINGS)
        await visit.answer("yes")
        await go_on(visit)
        await visit.answer("Bus 5")
        review = visit.screen
        assert isinstance(review, screens.ReviewScreen)
        assert [answer.question for answer in review.answers] == ["Any", "Thing", "Where"]
        visit.press(screens.AskedToChange(review.answers[1].id))
        await visit.until(at.Answering)
        await choose(visit, "Add one")
        await visit.answer("Keys")
        await visit.answer("")
        assert hub(visit).introduction == "You have added 1."
        await go_on(visit)
        assert isinstance(visit.state, at.Reviewing)
        assert b"<what>Keys</what>" in finished(visit)

    play(scene)


def test_going_back_leads_to_the_list_and_an_open_thing_is_asked_again(
    play: Play, card: EstonianCard, service: Service
) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await open_form(visit, card, service, THINGS)
        await visit.answer("yes")
        await choose(visit, "Add one")
        visit.press(screens.WentBack())
        await visit.settle()
        assert visit.question() == "any"
        await visit.answer("yes")
        assert visit.question() == "what"
        await visit.answer("")
        assert visit.question() == "what"
        await visit.answer("Bag")
        await visit.answer("")
        await remove(visit, "Remove 1. Bag")
        assert hub(visit).introduction == "You have added nothing so far."

    play(scene)


def test_what_is_left_open_is_listed_and_each_line_leads_there(
    play: Play, card: EstonianCard, service: Service
) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await open_form(visit, card, service, THINGS)
        await visit.answer("yes")
        await go_on(visit)
        await visit.answer("Bus 5")
        for _ in range(2):
            review = visit.screen
            assert isinstance(review, screens.ReviewScreen)
            visit.press(screens.AskedToChange("/data/thing"))
            await visit.until(at.Answering)
            await choose(visit, "Add another" if _ else "Add one")
            visit.press(screens.WentBack())
            await visit.until(at.Reviewing)
        await go_on(visit)
        await visit.until(at.Reviewing)
        screen = hub(visit)
        assert screen.frame.heading == "2 questions need another answer"
        assert [choice.label for choice in screen.choices] == ["What · Thing 1", "What · Thing 2"]
        assert {choice.hint for choice in screen.choices} == {"We need an answer to go on."}
        visit.press(screens.Chose(screen.choices[1].id))
        await visit.until(at.Answering)
        assert visit.screen.frame.step.endswith("Thing 2")
        await visit.answer("Phone")
        assert visit.question() == "worth"  # the rest of what was opened, and the way back to the list
        visit.press(screens.WentBack())
        await visit.until(at.Reviewing)
        assert isinstance(visit.screen, screens.ReviewScreen)

    play(scene)


def test_two_touches_in_one_moment_add_or_remove_one(play: Play, card: EstonianCard, service: Service) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await open_form(visit, card, service, THINGS)
        await visit.answer("yes")
        (add,) = hub(visit).choices
        visit.press(screens.Chose(add.id), screens.Chose(add.id))
        await visit.settle()
        await visit.answer("Bag")
        await visit.answer("")
        await choose(visit, "Add another")
        await visit.answer("Phone")
        await visit.answer("")
        remove = next(choice.id for choice in hub(visit).choices if choice.label == "Remove 1. Bag")
        visit.press(screens.Chose(remove), screens.Chose(remove))
        await visit.settle()
        yes = next(choice.id for choice in hub(visit).choices if choice.label == "Yes, remove it")
        visit.press(screens.Chose(yes), screens.Chose(yes))
        await visit.settle()
        assert hub(visit).introduction == "You have added 1."
        assert b"<what>Phone</what>" in finished(visit)

    play(scene)


def test_an_answer_about_removing_counts_on_its_own_screen_alone(
    play: Play, card: EstonianCard, service: Service
) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await open_form(visit, card, service, THINGS)
        await visit.answer("yes")
        for value in ("Bag", "Phone"):
            await choose(visit, "Add one" if value == "Bag" else "Add another")
            await visit.answer(value)
            await visit.answer("")
        await choose(visit, "Remove 1. Bag")
        assert visit.screen.frame.back is None
        keep, yes = (choice.id for choice in hub(visit).choices)
        other = yes.replace("thing[1]", "thing[2]")
        assert other != yes
        visit.press(screens.Chose(other))
        await visit.settle()
        assert hub(visit).frame.heading == "Remove 1. Bag?"
        await go_on(visit)
        assert hub(visit).frame.heading == "Remove 1. Bag?"
        visit.press(screens.Chose(keep))
        await visit.settle()
        visit.press(screens.Chose(yes))  # nobody was asked any more
        await visit.settle()
        assert hub(visit).introduction == "You have added 2."

    play(scene)


def test_a_repeat_that_does_not_apply_is_not_offered(play: Play, card: EstonianCard, service: Service) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await open_form(visit, card, service, THINGS)
        await visit.answer("yes")
        await choose(visit, "Add one")
        visit.press(screens.WentBack())
        await visit.settle()
        await visit.answer("no")
        assert visit.question() == "where"
        await visit.answer("")
        assert b"thing" not in finished(visit)

    play(scene)


@pytest.mark.corpus
def test_a_repeat_in_a_repeat_of_somebody_elses_form(
    play: Play, card: EstonianCard, service: Service, corpus: Path
) -> None:
    form = (corpus / "web-forms" / "repeats" / "12-NestedRepeat.xml").read_bytes()

    async def scene(visit: SimulatedVisit) -> None:
        await open_form(visit, card, service, form)
        for value in ("Ada", "English"):
            await visit.answer(value)
        assert hub(visit).frame.heading == "Languages"
        await choose(visit, "Add another")
        await visit.answer("French")
        await go_on(visit)
        assert visit.question() == "country"
        await visit.answer("England")
        assert hub(visit).frame.heading == "Persons"
        await choose(visit, "Add another")
        await visit.answer("Bo")
        assert hub(visit).introduction == "You have added nothing so far."
        await go_on(visit)
        await visit.answer("Sweden")
        assert [choice.label for choice in hub(visit).choices][1:] == [
            *("Change 1. Ada", "Remove 1. Ada", "Change 2. Bo", "Remove 2. Bo")
        ]
        await go_on(visit)
        assert isinstance(visit.state, at.Reviewing)
        instance = finished(visit)
        assert b"<language>English</language>" in instance
        assert b"<language>French</language>" in instance
        assert b"<country>Sweden</country>" in instance

    play(scene)


@pytest.mark.parametrize("language", ["en", "et", "fr", "ar"])
def test_the_list_is_told_in_every_language(
    language: str,
    make_around: Callable[[str], Surroundings],
    make_desk: Callable[[str], Desk],
    texts: Mapping[str, Texts],
) -> None:
    around, desk = make_around(language), make_desk(language)
    assert desk.form is not None
    form = desk.form = FormSession(
        load_form(THINGS), language=language, now=desk.form.state.environment.now, prefill={}
    )
    form.answer("/data/any", "yes")
    for count in range(4):
        position = [step.ref for step in asked_steps(form)].index("/data/thing")
        screen = present(at.Answering("A", position), desk, around)
        assert isinstance(screen, screens.ChoiceScreen)
        text = texts[language]
        told = text.counted("repeat.count", count) if count else text("repeat.none")
        assert screen.introduction == told
        assert len(screen.choices) == 1 + 2 * count
        form.add_repeat("/data/thing")
