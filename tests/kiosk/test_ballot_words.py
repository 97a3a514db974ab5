# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The words of a ballot: what the window asks of a model holds in every language and for every number of marks."""

from collections.abc import Callable

import pytest

from townhall_kiosk.texts import Texts
from townhall_kiosk.visit.presenters import ballot_words as words
from townhall_kiosk.visit.presenters.frames import frame
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_ui.marking import MarkRules, RankRules
from townhall_ui.screens import Candidate, ContestScreen, RankedScreen

LANGUAGES = ("en", "et", "fr", "ar")
MOST = 25
CANDIDATES = tuple(Candidate(f"c{number}", f"Candidate {number}") for number in range(MOST))


@pytest.mark.parametrize("language", LANGUAGES)
def test_contests_of_any_size_are_worded_whole(make_around: Callable[[str], Surroundings], language: str) -> None:
    around = make_around(language)
    text, blank = around.text, words.blank_vote(around.text)
    for maximum in range(1, MOST + 1):
        heading = frame(around, "Council", proceed=text("button.continue"))
        counts = words.contest_words(text, maximum)
        contest = ContestScreen(heading, words.choose_up_to(text, maximum), CANDIDATES, maximum, counts, blank=blank)
        assert MarkRules.of(contest).blank == words.BLANK
        ranked = RankedScreen(
            heading,
            words.rank_up_to(text, maximum),
            CANDIDATES,
            maximum,
            words.ranked_words(text, maximum),
            words.rank_words(text, maximum),
            has_equal_ranks=True,
            blank=blank,
        )
        assert RankRules.of(ranked).marks.maximum == maximum
        assert len(set(ranked.rank_words.ranks)) == maximum
        assert len(set(counts.counts)) == maximum + 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_left_open_is_named_and_nothing_else(language: str) -> None:
    text = Texts(language)
    assert words.left_open(text, 3, 3) == ""
    assert words.left_open(text, 0, 3) == text("ballot.nothing-chosen")
    assert len({words.left_open(text, chosen, 3) for chosen in (1, 2)}) == 2


def test_numbers_of_marks_and_ranks_are_said_as_people_say_them() -> None:
    text = Texts("en")
    assert words.choose_up_to(text, 1) == "Choose 1"
    assert words.choose_up_to(text, 2) == "Choose up to 2"
    assert words.contest_words(text, 2).counts[1] == "You have chosen 1 of 2"
    assert words.rank_words(text, 4).ranks == ("1st choice", "2nd choice", "3rd choice", "Choice number 4")
    assert words.left_open(text, 1, 2) == "You can choose 1 more"
    assert words.contest_words(text, 1).paging.page_of == "{first} to {last} of {total}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_screens_after_the_marks_say_the_slip_and_never_a_choice(
    make_around: Callable[[str], Surroundings], language: str
) -> None:
    around = make_around(language)
    asked = words.check_or_cast(around, "lake tiger seven green")
    assert asked.slip == "lake tiger seven green"
    assert [way.id for way in asked.ways] == [words.CHECK, words.CAST]
    assert asked.frame.proceed is None
    opened = words.checked(around, "seed and all")
    assert opened.qr.startswith(b"\x89PNG")
    assert opened.paragraphs[0] == around.text("checked.void")
    signed = words.cast_statement(around, "I cast it.")
    assert signed.statement == "I cast it."
    stored = words.vote_receipt(
        around, election="Council", words="lake tiger", named=("Tracker", "k3x7 q9fd"), code="code"
    )
    assert stored.number == "lake tiger"
    assert "k3x7 q9fd" in dict(stored.facts).values()
    assert words.slip_to_desk(around, "bukat-bukat-bukat-bukat").frame.proceed
