# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Schulze and the single transferable vote against ``belenios-tool method`` and published examples."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from townhall_voting.ranked.counting import Beat, Lose, Ranks, StvEvent, Tie, Win, schulze, single_transferable_vote

if TYPE_CHECKING:
    from tests.voting.conftest import BeleniosTool, NewTool

judged = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def tool(new_tool: "NewTool") -> "BeleniosTool":
    return new_tool()


def votes_of(choices: int, highest: int) -> st.SearchStrategy[list[Ranks]]:
    vote = st.tuples(*[st.integers(0, highest)] * choices).map(Ranks)
    return st.lists(vote, max_size=12)


def ordered_votes(choices: int) -> st.SearchStrategy[list[Ranks]]:
    """Mostly valid: the first some places of a permutation, the rest unranked."""

    def vote(order: list[int], ranked: int) -> Ranks:
        return Ranks(tuple(order.index(choice) + 1 if order.index(choice) < ranked else 0 for choice in range(choices)))

    one = st.builds(vote, st.permutations(range(choices)), st.integers(0, choices))
    return st.lists(one, max_size=14)


@judged
@given(votes=votes_of(4, 4), is_blank_allowed=st.booleans())
def test_schulze_is_that_of_the_tool(tool: "BeleniosTool", votes: list[Ranks], is_blank_allowed: bool) -> None:  # noqa: FBT001 - drawn
    options = ("--nchoices", "4", "--blank-allowed", str(is_blank_allowed).lower())
    said = json.loads(tool.run("method", "schulze", *options, given=json.dumps(votes).encode()))
    ours = schulze(votes, 4, is_blank_allowed=is_blank_allowed)
    assert said["raw"] == [list(row) for row in ours.preferences]
    assert said["beatpaths"] == [[[beat.wins, beat.losses] for beat in row] for row in ours.beats]
    assert said["winners"] == [list(tier) for tier in ours.tiers]
    assert said["valid"] == ours.valid
    assert said.get("blank", 0) == ours.blank


@judged
@given(votes=st.one_of(ordered_votes(5), votes_of(5, 5)), seats=st.integers(1, 4))
def test_the_transferable_vote_is_that_of_the_tool(tool: "BeleniosTool", votes: list[Ranks], seats: int) -> None:
    ours = single_transferable_vote(votes, seats)
    if len(ours.winners) < seats:  # nobody ranked enough choices: the tool of 2.0 stops at an assertion of its own
        return
    said = json.loads(tool.run("method", "stv", "--nseats", str(seats), given=json.dumps(votes).encode()))
    assert said["ballots"] == [list(order) for order in ours.preferences]
    assert said["invalid"] == [list(vote) for vote in ours.invalid]
    until = first_tie_of_fractions(ours.events)
    events = [as_the_tool_says(event) for event in ours.events]
    assert said["events"][:until] == events[:until]
    assert until is not None or (said["events"], said["winners"]) == (events, list(ours.winners))


def first_tie_of_fractions(events: Sequence[StvEvent]) -> int | None:
    """Where a tie comes after a transfer of surplus: the tool counts in floating point, and may see none there."""
    first_win = next((at for at, event in enumerate(events) if isinstance(event, Win)), len(events))
    return next((at for at, event in enumerate(events) if isinstance(event, Tie) and at > first_win), None)


def test_a_tie_of_fractions_is_one_although_the_tool_sees_none(tool: "BeleniosTool") -> None:
    """After the surplus of 3 (a sixth of each of its votes) 1 and 2 have two votes and a sixth each."""
    votes = [Ranks((0, 1, 0, 0, 0))] * 2 + [Ranks((0, 0, 1, 0, 0))] * 2 + [Ranks((0, 0, 0, 1, 0))] * 4
    votes += [Ranks((0, 2, 0, 1, 0)), Ranks((2, 0, 3, 1, 0))] + [Ranks((0, 0, 0, 0, 0))] * 4
    ours = single_transferable_vote(votes, 2)
    assert ours.events == (Win((3,)), Lose(0), Tie(2, 1, is_for_winning=False), Lose(2), Win((1,)))
    said = json.loads(tool.run("method", "stv", "--nseats", "2", given=json.dumps(votes).encode()))
    assert said["events"] == [["Win", [3]], ["Lose", 0], ["Lose", 2], ["Win", [1]]]


def as_the_tool_says(event: StvEvent) -> list[object]:
    match event:
        case Win(choices):
            return ["Win", list(choices)]
        case Lose(choice):
            return ["Lose", choice]
        case Tie(decided, other, is_for_winning):
            return ["TieWin" if is_for_winning else "TieLose", [decided, other]]


def test_schulze_elects_e_in_the_example_of_its_author() -> None:
    """M. Schulze, "A new monotonic, clone-independent ... method", 45 voters and five candidates."""
    groups = {"acbed": 5, "adecb": 5, "bedac": 8, "cabed": 3, "caebd": 7, "cbade": 2, "dceba": 7, "ebadc": 8}
    votes = [
        Ranks(tuple(order.index(name) + 1 for name in "abcde")) for order, count in groups.items() for _ in range(count)
    ]
    result = schulze(votes, 5, is_blank_allowed=False)
    assert result.tiers == ((4,), (0,), (2,), (1,), (3,))
    assert result.beats[4][0].wins == 25


def test_a_stronger_beat_has_more_wins_and_then_fewer_losses() -> None:
    assert Beat(5, 4) < Beat(6, 5)
    assert Beat(5, 4) < Beat(5, 3)
    assert not Beat(5, 4) < Beat(5, 4)


def test_a_surplus_is_transferred_in_exact_fractions() -> None:
    # Three thirds of a surplus are one whole: in floating point 1/3 three times is a tie only by luck.
    votes = [Ranks((1, 2, 0, 0))] * 7 + [Ranks((0, 0, 1, 0))] * 3 + [Ranks((0, 0, 0, 1))] * 2
    result = single_transferable_vote(votes, 2)
    assert result.quota == 5
    assert result.winners == (0, 2)
