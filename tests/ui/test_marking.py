# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Marks and ranks without a window: never one too many, never one replaced, every ranking within reach."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from townhall_ui.errors import ScreenMalformedError
from townhall_ui.marking import MarkRules, RankRules, Refusal, marked, rank_of, taken_out
from townhall_ui.screens import Candidate, ContestScreen, Marked, Ranked

if TYPE_CHECKING:
    from tests.ui.sampler import Sampler

    from townhall_ui.screens import Ranking

ORDER = ("a", "b", "c", "d")
RULES = [MarkRules(ORDER, maximum, blank) for maximum in (1, 2, 4) for blank in (None, "blank")]
TOUCHES = st.lists(st.sampled_from([*ORDER, "blank"]), max_size=25)


@given(st.sampled_from(RULES), TOUCHES)
def test_whatever_is_touched_the_marks_can_be_cast(rules: MarkRules, touches: list[str]) -> None:
    marks: tuple[str, ...] = ()
    for touched in touches:
        if touched == "blank" and rules.blank is None:
            continue
        turned = rules.turned(marks, touched)
        if isinstance(turned, Refusal):
            assert touched not in marks
            continue
        # One touch makes or takes away the one mark that was touched and no other.
        assert set(turned) ^ set(marks) == {touched}
        assert list(turned) == [one for one in (*ORDER, "blank") if one in turned]
        rules.check(turned)
        marks = turned


def test_one_mark_too_many_is_refused_and_replaces_none() -> None:
    rules = MarkRules(ORDER, 2, None)
    assert rules.turned(("a", "c"), "b") is Refusal.TOO_MANY
    assert rules.turned(("a", "c"), "c") == ("a",)
    assert MarkRules(ORDER, 1, None).turned(("a",), "b") is Refusal.TOO_MANY


def test_the_blank_vote_and_candidates_exclude_each_other_by_refusal() -> None:
    rules = MarkRules(ORDER, 2, "blank")
    assert rules.turned(("a",), "blank") is Refusal.BLANK_NOT_WITH
    assert rules.turned(("blank",), "a") is Refusal.NOT_WITH_BLANK
    assert rules.turned(("blank",), "blank") == ()
    assert rules.turned((), "blank") == ("blank",)


def test_the_order_of_the_touches_is_not_told() -> None:
    rules = MarkRules(ORDER, 4, None)
    told = set()
    for touches in permutations("abc"):
        marks: tuple[str, ...] = ()
        for touched in touches:
            turned = rules.turned(marks, touched)
            assert not isinstance(turned, Refusal)
            marks = turned
        told.add(marks)
    assert told == {("a", "b", "c")}


ACTS = st.lists(st.tuples(st.sampled_from(["touch", "up", "down", "out"]), st.sampled_from([*ORDER, "blank"])))


RANK_RULES = [RankRules(MarkRules(ORDER, most, "blank"), is_equal) for most in (1, 3, 4) for is_equal in (False, True)]


@given(ACTS, st.sampled_from(RANK_RULES))
def test_whatever_is_moved_the_ranking_can_be_cast(acts: list[tuple[str, str]], rules: RankRules) -> None:
    ranking: Ranking = ()
    for act, one in acts:
        before = ranking
        if act == "touch":
            turned = rules.turned(ranking, one)
            ranking = ranking if isinstance(turned, Refusal) else turned
        elif rank_of(ranking, one) is not None:
            moves = {"up": rules.moved_up, "down": rules.moved_down}
            ranking = moves[act](ranking, one) if act in moves else taken_out(ranking, one)
        rules.check(ranking)
        if act in {"up", "down"}:
            assert set(marked(ranking)) == set(marked(before))


def test_a_touch_gives_the_next_rank_and_taking_out_moves_the_rest_up() -> None:
    rules = RankRules(MarkRules(ORDER, 3, None), has_equal_ranks=False)
    ranking: Ranking = ()
    for one in "dba":
        turned = rules.turned(ranking, one)
        assert not isinstance(turned, Refusal)
        ranking = turned
    assert ranking == (("d",), ("b",), ("a",))
    assert rules.turned(ranking, "c") is Refusal.TOO_MANY
    assert taken_out(ranking, "b") == (("d",), ("a",))
    assert rules.turned(ranking, "d") == (("b",), ("a",))


def test_moves_change_places_and_end_at_the_ends() -> None:
    rules = RankRules(MarkRules(ORDER, 4, None), has_equal_ranks=False)
    ranking = (("a",), ("b",), ("c",))
    assert rules.moved_up(ranking, "c") == (("a",), ("c",), ("b",))
    assert rules.moved_down(ranking, "a") == (("b",), ("a",), ("c",))
    assert rules.moved_up(ranking, "a") == ranking
    assert rules.moved_down(ranking, "c") == ranking


def test_where_ranks_may_be_shared_a_move_joins_and_the_next_passes() -> None:
    rules = RankRules(MarkRules(ORDER, 4, None), has_equal_ranks=True)
    ranking = (("a",), ("b",), ("c",))
    joined = rules.moved_up(ranking, "c")
    assert joined == (("a",), ("b", "c"))
    passed = rules.moved_up(joined, "c")
    assert passed == (("a",), ("c",), ("b",))
    assert rules.moved_down(passed, "c") == (("a",), ("b", "c"))
    assert rules.moved_down(joined, "c") == (("a",), ("b",), ("c",))


def test_every_ranking_is_reached_by_touches_and_moves() -> None:
    rules = RankRules(MarkRules(("a", "b", "c"), 3, None), has_equal_ranks=True)
    seen: set[Ranking] = {()}
    todo: list[Ranking] = [()]
    while todo:
        ranking = todo.pop()
        for one in "abc":
            nexts = [rules.turned(ranking, one)]
            if rank_of(ranking, one) is not None:
                nexts += [rules.moved_up(ranking, one), rules.moved_down(ranking, one)]
            for new in nexts:
                if not isinstance(new, Refusal) and new not in seen:
                    seen.add(new)
                    todo.append(new)
    # Weak orders of every subset of three: 1 + 3 * 1 + 3 * 3 + 13.
    assert len(seen) == 26


def test_only_what_has_a_rank_can_be_moved() -> None:
    with pytest.raises(ScreenMalformedError):
        RankRules(MarkRules(ORDER, 2, None), has_equal_ranks=False).moved_up((("a",),), "b")


def _contest(sampler: Sampler) -> ContestScreen:
    return sampler.contest(3, has_blank=True)


@pytest.mark.parametrize(
    "change",
    [
        {"maximum": 0},
        {"maximum": 4},
        {"candidates": ()},
        {"candidates": (Candidate("a", "A"), Candidate("a", "B"), Candidate("c", "C"))},
        {"candidates": (Candidate("a b", "A"), Candidate("b", "B"))},
        {"candidates": (Candidate("", "A"), Candidate("b", "B"))},
        {"candidates": (Candidate("blank", "A"), Candidate("b", "B"))},
        {"words": "one count too few"},
        {"words": "no blank words"},
        {"words": "no word for too many"},
    ],
    ids=lambda change: str(next(iter(change.items())))[:40],
)
def test_a_contest_that_contradicts_itself_is_refused(english: Sampler, change: dict[str, object]) -> None:
    screen = _contest(english)
    changes = {
        "one count too few": replace(screen.words, counts=screen.words.counts[:2]),
        "no blank words": replace(screen.words, not_with_blank=""),
        "no word for too many": replace(screen.words, too_many=""),
    }
    if isinstance(change.get("words"), str):
        change = {"words": changes[str(change["words"])]}
    with pytest.raises(ScreenMalformedError):
        MarkRules.of(replace(screen, **change))  # type: ignore[arg-type]  # a table of changes


@pytest.mark.parametrize(
    "marks",
    [("nobody",), ("candidate1", "candidate1"), ("candidate1", "candidate2", "candidate3"), ("candidate1", "blank")],
    ids="-".join,
)
def test_marks_that_nobody_can_have_made_are_refused(english: Sampler, marks: tuple[str, ...]) -> None:
    with pytest.raises(ScreenMalformedError):
        MarkRules.of(_contest(english)).check(marks)


@pytest.mark.parametrize(
    "ranking",
    [(("park1", "park2"),), ((),), (("nobody",),), (("park1",), ("park1",)), (("park1",), ("blank",))],
    ids=lambda ranking: "-".join("+".join(rank) or "none" for rank in ranking),
)
def test_ranks_that_nobody_can_have_given_are_refused(english: Sampler, ranking: Ranking) -> None:
    with pytest.raises(ScreenMalformedError):
        RankRules.of(english.ranked(ranking, has_blank=True))


def test_ranks_without_words_are_refused(english: Sampler) -> None:
    screen = english.ranked(is_equal=True)
    for words in (replace(screen.rank_words, ranks=("1st choice",)), replace(screen.rank_words, shared="shared")):
        with pytest.raises(ScreenMalformedError):
            RankRules.of(replace(screen, rank_words=words))


def test_no_choice_is_in_what_a_screen_or_an_intent_says_of_itself(english: Sampler) -> None:
    told = [
        repr(replace(english.contest(3), marks=("candidate2",), candidates=())),
        repr(replace(english.ranked((("park3",),)), candidates=())),
        repr(Marked(("candidate2",))),
        repr(Ranked((("park3",),))),
    ]
    assert not [text for text in told if "candidate2" in text or "park3" in text]


def test_models_are_frozen_and_slotted(english: Sampler) -> None:
    for model in (english.contest(2), english.ranked(), *english.casting().values()):
        with pytest.raises((AttributeError, TypeError)):
            model.frame = None  # type: ignore[misc,assignment]  # the point
        assert not hasattr(model, "__dict__")
