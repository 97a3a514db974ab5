# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A service is found by what people type: with a typing error, in another form of the word, by another name."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_forms.service import load_services
from townhall_kiosk.finding.service_search import Findable, ServiceSearch
from townhall_kiosk.finding.shelves import OTHER, SHELVES, are_many, shelf
from townhall_kiosk.finding.spellings import Likeness, Spellings, errors_between
from townhall_kiosk.finding.words import Stems, spelled

SERVICES: Final = load_services(Path(__file__).resolve().parents[2] / "services")
LANGUAGES: Final = ("en", "et", "fr", "ar")
LETTERS: Final[Mapping[str, str]] = {"ar": "ابتسعمنوي", "et": "aeiouõstln", "en": "aeiostrn", "fr": "aéiostrn"}
LONG_WORDS: Final = [
    (service.id, language, word)
    for service in SERVICES
    for language in LANGUAGES
    for word in service.titles[language].split()
    if len(word) >= 5
]
TYPED: Final = st.text(max_size=60)


@cache
def search(language: str) -> ServiceSearch:
    return ServiceSearch(
        language,
        [Findable(each.id, each.titles[language], each.words[language], each.summaries[language]) for each in SERVICES],
    )


@st.composite
def mistyped(draw: st.DrawFn, language: str, word: str) -> str:
    """One error in a word: a letter less, one more, another one, or two neighbours exchanged."""
    place = draw(st.integers(0, len(word) - 1))
    letter = draw(st.sampled_from(LETTERS[language]))
    return draw(
        st.sampled_from(
            [
                word[:place] + word[place + 1 :],
                word[:place] + letter + word[place:],
                word[:place] + letter + word[place + 1 :],
                word[:place] + word[place : place + 2][::-1] + word[place + 2 :],
            ]
        )
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_service_is_found_first_by_its_own_title(language: str) -> None:
    for service in SERVICES:
        assert search(language).find(service.titles[language])[0] == service.id


@given(st.sampled_from(LONG_WORDS), st.data())
def test_every_service_is_found_by_a_word_of_its_title_with_any_one_typing_error(
    known: tuple[str, str, str], data: st.DataObject
) -> None:
    service, language, word = known
    typed = data.draw(mistyped(language, word))
    assert service in search(language).find(typed), (word, typed)


@pytest.mark.parametrize(
    ("language", "typed", "first"),
    [
        ("en", "adress", "change-of-address"),
        ("en", "i am moving house", "change-of-address"),
        ("en", "appointments", "health-appointment"),
        ("en", "doctors", "health-appointment"),
        ("en", "stolen bycicle", "lost-property"),
        ("en", "i lost my wallets", "lost-property"),
        ("en", "complaining", "town-report"),
        ("en", "permits", "event-permit"),
        ("en", "children", "residence-consent"),
        ("en", "BENEFITS", "benefit-application"),
        ("et", "elukohta muuta", "change-of-address"),
        ("et", "kolimisest", "change-of-address"),
        ("et", "prugi", "bulky-waste"),
        ("et", "jäätmeid", "bulky-waste"),
        ("et", "toetuseid", "benefit-application"),
        ("et", "toetust", "benefit-application"),
        ("et", "arstile", "health-appointment"),
        ("et", "üritusi", "event-permit"),
        ("et", "kaotasin rahakoti", "lost-property"),
        ("et", "kaebused", "town-report"),
        ("et", "lastele", "residence-consent"),
        ("fr", "adresses", "change-of-address"),
        ("fr", "demenagements", "change-of-address"),
        ("fr", "encombrant", "bulky-waste"),
        ("fr", "alocations", "benefit-application"),
        ("fr", "rendez vous", "health-appointment"),
        ("fr", "rendezvous", "health-appointment"),
        ("fr", "evenements", "event-permit"),
        ("fr", "perdues", "lost-property"),
        ("fr", "reclamations", "town-report"),
        ("ar", "العناوين", "change-of-address"),
        ("ar", "نفاية", "bulky-waste"),
        ("ar", "النفيات", "bulky-waste"),
        ("ar", "موعدا", "health-appointment"),
        ("ar", "اعانات", "benefit-application"),
        ("ar", "ترخيصات", "event-permit"),
        ("ar", "شكاوى", "town-report"),
        ("ar", "ضائع", "lost-property"),
        ("ar", "للاطفال", "residence-consent"),
    ],
)
def test_other_forms_of_a_word_other_names_and_errors_lead_to_the_service(
    language: str, typed: str, first: str
) -> None:
    assert search(language).find(typed)[0] == first


def test_a_title_stands_before_words_and_words_before_a_summary() -> None:
    found = ServiceSearch(
        "en",
        [
            Findable("summary", "One", summary="about a dog"),
            Findable("words", "Two", ("dog",)),
            Findable("title", "Dog licence"),
            Findable("office", "Three", here=("Dog street",)),
        ],
    )
    assert found.find("dog") == ("title", "words", "summary", "office")


def test_more_of_the_words_and_rarer_ones_stand_first() -> None:
    plain = [Findable(f"s{number}", f"Permit {number}") for number in range(20)]
    found = ServiceSearch("en", [*plain, Findable("fishing", "Fishing permit"), Findable("boat", "Fishing boat")])
    assert found.find("permit fishing")[:2] == ("fishing", "boat")


@pytest.mark.parametrize("typed", ["", " ", "-", "\u202e\u2066", "qqqqq", "\u0301\u0301", "٪؟"])
def test_nothing_fits_what_is_in_no_service(typed: str) -> None:
    assert [search(language).find(typed) for language in LANGUAGES] == [()] * 4


@given(TYPED)
def test_any_text_is_looked_for_without_harm(typed: str) -> None:
    ids = {service.id for service in SERVICES}
    for language in LANGUAGES:
        found = search(language).find(typed)
        assert set(found) <= ids
        assert len(set(found)) == len(found)


@pytest.mark.parametrize("sign", ["a", "ع", "\u0301", "\u202e", "a\u0301", "ﷺ", "😀", "a ", "\x00"])
def test_ten_thousand_signs_are_looked_for_by_their_beginning(sign: str) -> None:
    for language in LANGUAGES:
        search(language).find(sign * 10_000)


def test_signs_that_only_steer_the_writing_hide_nothing() -> None:
    assert search("en").find("\u202eadd\u200bre\u00adss\u202c")[0] == "change-of-address"
    assert search("ar").find("\u202bعُنْ\u200fوَان")[0] in {"change-of-address", "residence-consent"}  # noqa: RUF001  # Arabic with its marks


@given(st.text("abc", max_size=9), st.text("abc", max_size=9))
def test_errors_are_counted_alike_both_ways_and_none_is_the_same_word(one: str, other: str) -> None:
    errors = errors_between(one, other, 9)
    assert errors == errors_between(other, one, 9)
    assert (errors == 0) is (one == other)
    assert errors is not None
    for most in range(3):
        assert errors_between(one, other, most) == (errors if errors <= most else None)


@given(st.lists(st.text("abcd", min_size=1, max_size=10), max_size=30), st.text("abcd", min_size=1, max_size=10))
def test_the_index_finds_exactly_what_looking_at_every_word_finds(spellings: list[str], word: str) -> None:
    index = Spellings(spellings)
    allowed = 0 if len(word) < 4 else 1 if len(word) < 8 else 2
    expected = {}
    for spelling in index.sorted:
        errors = errors_between(word, spelling, allowed)
        likeness = [
            each
            for each, holds in (
                (Likeness.SAME, spelling == word),
                (Likeness.BEGINNING, spelling.startswith(word)),
                (Likeness.ONE_ERROR, errors == 1),
                (Likeness.PART, len(word) >= 3 and word in spelling),
                (Likeness.TWO_ERRORS, errors == 2),
            )
            if holds
        ]
        if likeness:
            expected[spelling] = min(likeness)
    assert {index.sorted[number]: likeness for number, likeness in index.like(word).items()} == expected


def test_words_are_compared_without_capitals_accents_and_marks() -> None:
    assert spelled("Élu-kohta, ŒUVRE\u0301") == ("elu", "kohta", "oeuvre")
    assert spelled("إعانةُ") == spelled("اعانه")


def test_a_language_without_a_stemmer_is_searched_by_spelling() -> None:
    (word,) = Stems("lv").words("Dzīvesvietas")
    assert (word.spelling, word.stem) == ("dzivesvietas", "dzivesvietas")
    assert ServiceSearch("lv", [Findable("move", "Dzīvesvietas maiņa")]).find("dzivesveta") == ("move",)


def test_every_service_stands_on_the_shelf_of_each_of_its_life_events() -> None:
    assert not are_many(SERVICES)
    assert are_many(SERVICES * 2)
    for service in SERVICES:
        shelves = {name for name in SHELVES if service in shelf(SERVICES, name)}
        assert shelves == ({each.value for each in service.life_events} or {OTHER})
