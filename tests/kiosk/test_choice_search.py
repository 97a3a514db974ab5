# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A long list of choices: a part of the answer is typed, and one of what is found is chosen."""

from collections.abc import Callable, Coroutine
from dataclasses import replace

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st
from tests.kiosk.test_visit_repeats import open_form

from townhall_forms.form import load_form
from townhall_forms.questions import FormChoice, Question, QuestionKind
from townhall_forms.service import Service
from townhall_kiosk import states as at
from townhall_kiosk.simulation.visit import SimulatedVisit
from townhall_kiosk.visit.choice_search import MOST_FOUND, SEARCH_AGAIN, find, is_searched
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_ui import screens

Play = Callable[[Callable[[SimulatedVisit], Coroutine[object, object, None]]], None]

LANGUAGES = ("en", "et", "fr", "ar")
COUNTRIES = {
    language: tuple(
        FormChoice(code.lower(), name)
        for code, name in sorted(Locale(language).territories.items())
        if len(code) == 2 and code.isalpha()
    )
    for language in LANGUAGES
}
ITEMS = "".join(f"<item><label>{each.label}</label><value>{each.value}</value></item>" for each in COUNTRIES["en"])
MOVED = f"""<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
<h:head><h:title>Moved</h:title><model>
<instance><data id="moved" version="1"><country/><why/></data></instance>
<bind nodeset="/data/country" required="true()"/>
</model></h:head>
<h:body><select1 ref="/data/country"><label>From which country?</label>{ITEMS.replace("&", "&amp;")}</select1>
<input ref="/data/why"><label>Why?</label></input></h:body></h:html>""".encode()


def found(language: str, words: str) -> list[str]:
    return [choice.value for choice in find(COUNTRIES[language], words)]


@pytest.mark.parametrize(
    ("language", "words", "first"),
    [
        ("en", "estonia", "ee"),
        ("en", "EST", "ee"),
        ("en", "kingdom united", "gb"),
        ("en", "cote", "ci"),  # with an accent and an apostrophe
        ("en", "d'ivoire", "ci"),
        ("en", "bosnia & h", "ba"),
        ("en", "afganistan", "af"),  # a letter left out
        ("en", "germnay", "de"),  # two exchanged
        ("et", "soome", "fi"),
        ("et", "tsehhi", "cz"),  # Tšehhi
        ("fr", "etats-unis", "us"),
        ("fr", "royaume", "gb"),
        ("fr", "samoa", "ws"),  # before Samoa américaines
        ("ar", "المانيا", "de"),  # written without the hamza
        ("ar", "إستونيا", "ee"),
    ],
)
def test_what_people_type_finds_the_country_first(language: str, words: str, first: str) -> None:
    assert found(language, words)[0] == first


def test_what_begins_with_the_words_stands_before_what_only_has_them() -> None:
    guineas = found("en", "guinea")
    assert guineas[0] == "gn"
    assert {"gq", "gw", "pg"} < set(guineas)
    assert "gy" not in guineas


@pytest.mark.parametrize("words", ["", " ", "-", "qqqq", "estonia qqqq", "xyz estonia"])
def test_nothing_fits_what_is_in_no_answer(words: str) -> None:
    assert found("en", words) == []


@given(st.sampled_from(LANGUAGES), st.data())
def test_every_label_finds_itself_first_and_every_beginning_finds_it(language: str, data: st.DataObject) -> None:
    choice = data.draw(st.sampled_from(COUNTRIES[language]))
    same = {each.value for each in COUNTRIES[language] if each.label.casefold() == choice.label.casefold()}
    assert find(COUNTRIES[language], choice.label)[0].value in same
    beginning = choice.label[: data.draw(st.integers(1, len(choice.label)))]
    assert choice in find(COUNTRIES[language], beginning)


@given(st.text(max_size=40))
def test_any_text_is_looked_for_without_harm(words: str) -> None:
    assert set(find(COUNTRIES["en"], words)) <= set(COUNTRIES["en"])


def test_what_is_much_too_long_is_looked_for_by_its_beginning() -> None:
    long = FormChoice("x", "Street of " + "very " * 40 + "long names")
    assert find((*COUNTRIES["en"], long), long.label * 1000) == (long,)


def question(count: int, **changes: object) -> Question:
    choices = tuple(FormChoice(str(number), f"Place {number}") for number in range(count))
    return replace(Question("/q", "Where?", "", QuestionKind.CHOOSE_ONE, "", choices), **changes)  # type: ignore[arg-type]


def test_a_short_list_is_shown_and_a_long_one_or_one_that_asks_for_it_is_searched() -> None:
    assert not is_searched(question(20))
    assert is_searched(question(21))
    assert is_searched(question(3, appearance=frozenset({"autocomplete"})))
    assert not is_searched(question(21, is_read_only=True))
    assert not is_searched(question(21, kind=QuestionKind.CHOOSE_MANY))


def shown(visit: SimulatedVisit) -> screens.QuestionScreen:
    screen = visit.screen
    assert isinstance(screen, screens.QuestionScreen)
    return screen


async def answer(visit: SimulatedVisit, value: str) -> screens.QuestionScreen:
    visit.press(screens.Answered(value))
    await visit.settle()
    return shown(visit)


def test_a_person_types_chooses_and_goes_on(play: Play, card: EstonianCard, service: Service) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await open_form(visit, card, service, MOVED)
        asked = shown(visit)
        assert asked.kind is screens.EntryKind.TEXT
        assert asked.choices == ()
        assert "first letters" in asked.hint
        result = await answer(visit, "guin")
        assert result.kind is screens.EntryKind.CHOOSE_ONE
        assert [choice.id for choice in result.choices][-1] == SEARCH_AGAIN
        assert "gn" in [choice.id for choice in result.choices]
        assert "guin" in result.hint
        following = await answer(visit, "gn")
        assert following.frame.heading == "Why?"
        assert visit.desk.form is not None
        assert next(line.shown for line in visit.desk.form.answers()) == "Guinea"

    play(scene)


def test_what_is_not_found_is_told_and_stays_to_be_mended(play: Play, card: EstonianCard, service: Service) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await open_form(visit, card, service, MOVED)
        asked = await answer(visit, "qqqq")
        assert asked.problem == visit.around.text("search.none")
        assert (asked.kind, asked.value) == (screens.EntryKind.TEXT, "qqqq")
        nothing = await answer(visit, "")
        assert nothing.problem == visit.around.text("form.answer-needed")
        assert (await answer(visit, "fin")).problem == ""

    play(scene)


def test_one_can_search_again_and_a_second_touch_changes_nothing(
    play: Play, card: EstonianCard, service: Service
) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await open_form(visit, card, service, MOVED)
        visit.press(screens.Answered("fin"), screens.Answered("fin"))
        await visit.settle()
        assert shown(visit).kind is screens.EntryKind.CHOOSE_ONE
        assert shown(visit).problem == ""
        without_choice = await answer(visit, "")
        assert without_choice.problem == visit.around.text("form.answer-needed")
        assert without_choice.kind is screens.EntryKind.CHOOSE_ONE
        assert (await answer(visit, SEARCH_AGAIN)).kind is screens.EntryKind.TEXT
        many = await answer(visit, "a")
        assert len(many.choices) == MOST_FOUND + 1
        assert many.hint == visit.around.text("search.best", words="a")

    play(scene)


def test_who_comes_back_finds_what_was_chosen_and_who_leaves_takes_the_words_away(
    play: Play, card: EstonianCard, service: Service
) -> None:
    async def scene(visit: SimulatedVisit) -> None:
        await open_form(visit, card, service, MOVED)
        await answer(visit, "finl")
        await answer(visit, "fi")
        visit.press(screens.WentBack())
        await visit.settle()
        assert [choice.id for choice in shown(visit).choices if choice.is_chosen] == ["fi"]
        again = await answer(visit, SEARCH_AGAIN)
        assert again.value == "Finland"
        await answer(visit, "norw")
        desk = visit.desk
        assert desk.sought is not None
        assert "norw" not in repr(desk.sought)
        visit.remove()
        await visit.until(at.StoppedEarly)
        assert desk.sought is None

    play(scene)


def test_the_form_of_these_tests_is_a_form() -> None:
    assert load_form(MOVED).version == "1"
