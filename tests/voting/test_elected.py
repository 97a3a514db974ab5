# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who is elected by ranking: seats, ties, blanks and vacancies, and the same as ``belenios-tool method`` says."""

import json
from typing import TYPE_CHECKING

import pytest

from townhall_voting.errors import ProgrammingError
from townhall_voting.exports.elected import Candidacy, Elected, elect
from townhall_voting.package.contests import Candidate, Contest, Counting
from townhall_voting.ranked.counting import Ranks, Tie

if TYPE_CHECKING:
    from tests.voting.conftest import NewTool

ADA, BO, CY, DAN = range(4)


def contest(counting: Counting, seats: int = 1) -> Contest:
    candidates = tuple(Candidate(name, {"en": name}) for name in ("ada", "bo", "cy", "dan"))
    return Contest("board", {"en": "Board"}, candidates, 0, 4, blank=False, seats=seats, counting=counting)


def votes(*groups: tuple[int, tuple[int, ...]]) -> list[Ranks]:
    return [Ranks(ranks) for count, ranks in groups for _ in range(count)]


def test_schulze_fills_the_seats_from_the_best_tier_down() -> None:
    rankings = votes((3, (1, 2, 3, 4)), (2, (2, 1, 3, 4)), (1, (0, 0, 0, 0)))
    elected = elect(contest(Counting.SCHULZE, 2), rankings)
    assert elected == Elected((ADA, BO), (), vacant=0, counted=5, blank=1, invalid=0, decided_by_order=())
    assert [elected.standing(each) for each in (ADA, CY)] == [Candidacy.ELECTED, Candidacy.NOT_ELECTED]


def test_a_tier_with_more_candidates_than_seats_is_a_tie_that_no_order_decides() -> None:
    rankings = votes((2, (1, 2, 3, 3)), (1, (1, 3, 2, 2)), (1, (1, 3, 2, 2)))
    elected = elect(contest(Counting.SCHULZE, 2), rankings)
    assert (elected.winners, elected.tied, elected.vacant) == ((ADA,), (BO, CY, DAN), 0)
    assert elected.standing(DAN) is Candidacy.TIED
    nobody = elect(contest(Counting.SCHULZE, 4), [])
    assert (nobody.winners, nobody.tied) == ((ADA, BO, CY, DAN), ())
    assert elect(contest(Counting.SCHULZE, 3), []).tied == (ADA, BO, CY, DAN)


def test_a_full_tier_leaves_no_tie_behind_it() -> None:
    elected = elect(contest(Counting.SCHULZE, 2), votes((2, (1, 1, 2, 2))))
    assert (elected.winners, elected.tied) == ((ADA, BO), ())
    assert elected.standing(CY) is Candidacy.NOT_ELECTED


def test_a_transferable_vote_tells_its_ties_its_invalid_rankings_and_its_empty_seats() -> None:
    rankings = votes((2, (1, 2, 0, 0)), (2, (2, 1, 0, 0)), (1, (1, 1, 0, 0)), (1, (1, 3, 0, 0)), (1, (0, 0, 0, 0)))
    elected = elect(contest(Counting.STV), rankings)
    assert elected.winners == (ADA,)
    assert (elected.counted, elected.blank, elected.invalid) == (4, 1, 2)
    assert Tie(BO, ADA, is_for_winning=False) in elected.decided_by_order
    assert elect(contest(Counting.STV, 3), rankings).vacant == 1


def test_where_nobody_ranks_nobody_is_elected_this_way() -> None:
    with pytest.raises(ProgrammingError):
        elect(contest(Counting.PLURALITY), [])


def test_the_winners_are_those_of_the_tool(new_tool: "NewTool") -> None:
    tool = new_tool()
    rankings = votes((5, (1, 2, 3, 4)), (4, (4, 1, 2, 3)), (3, (3, 4, 1, 2)), (2, (2, 3, 4, 1)))
    given = json.dumps(rankings).encode()
    said = json.loads(tool.run("method", "stv", "--nseats", "2", given=given))
    assert list(elect(contest(Counting.STV, 2), rankings).winners) == said["winners"]
    said = json.loads(tool.run("method", "schulze", "--nchoices", "4", "--blank-allowed", "false", given=given))
    assert (
        elect(contest(Counting.SCHULZE, 2), rankings).winners
        == tuple(choice for tier in said["winners"] for choice in tier)[:2]
    )
